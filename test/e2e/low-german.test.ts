// The smallest windows in German, which has the longer words: titles keep their line, and buttons have no more lines than they need.
// Runs in: plain Node; starts the real Electron on a virtual display.
import { expect, it } from 'vitest'
import { launch } from './app'
import { ownApp } from './own-app'
import { openWindow, SERVER, settle, stageFolder } from './scenes'

const keep = ownApp()

it('the storage of the host and the title of a device', { timeout: 240_000 }, async () => {
  const app = keep(await launch({ folder: stageFolder({ language: 'de' }) }))
  const { page: manager } = await app.manager()
  const shrink = () =>
    app.electron.evaluate(({ BrowserWindow }) => {
      for (const window of BrowserWindow.getAllWindows()) {
        const [width = 0, height = 0] = window.getMinimumSize()
        window.setContentSize(width, height)
      }
    })
  const host = await openWindow(app, manager, 'host', null)
  await settle(host)
  await shrink()
  await host.getByRole('tab', { name: 'Datenspeicher' }).click()
  const lines = (place: string) =>
    host
      .locator(`${place} button`)
      .evaluateAll((buttons) => new Set(buttons.map((each) => each.getBoundingClientRect().top)).size)
  await expect.poll(() => host.evaluate(() => innerWidth)).toBe(620)
  await expect.poll(() => lines('.storage-foot')).toBe(2)
  expect(await lines('.storage-head')).toBe(2)
  await app.picture(host, 'storage-smallest')

  const page = await openWindow(app, manager, 'domain', SERVER)
  await settle(page)
  await shrink()
  await page.getByRole('tab', { name: 'Details' }).click()
  await page.getByRole('option', { name: 'Netzwerkkarte 0' }).click()
  const title = page.getByRole('heading', { name: 'Netzwerkkarte 0' })
  await expect.poll(() => page.evaluate(() => innerWidth)).toBe(560)
  const titleLines = () =>
    title.evaluate((heading) => {
      const words = document.createRange()
      words.selectNodeContents(heading)
      return words.getClientRects().length
    })
  await expect.poll(titleLines).toBe(1)
  await app.picture(page, 'device-smallest')
})
