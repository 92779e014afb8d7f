// Buttons pressed twice, as people from other desktops press them: what they are for is done once, and nobody is told off. On the test driver.
// Runs in: plain Node; starts the real Electron on a virtual display.
import { expect, it } from 'vitest'
import { launch } from './app'
import { ownApp } from './own-app'

const keep = ownApp()

it('runs, pauses and saves a machine once where the button is double clicked', async () => {
  const domains = JSON.stringify({ domains: 2, running: 1 })
  const app = keep(await launch({ env: { RINGMASTER_TEST_DELAY_MS: '500', RINGMASTER_TEST_SCRIPT: domains } }))
  const manager = await app.manager()
  const names = (await manager.names()).filter((name) => name !== 'Domain 0')
  const [off = ''] = (await manager.row(names[0] ?? '').innerText()).includes('Shut off') ? names : names.reverse()

  await manager.row(off).click()
  await manager.button('Run').dblclick()
  await manager.waitForState(off, 'Running')
  await manager.button('Pause').dblclick()
  await manager.waitForState(off, 'Paused')
  expect(await manager.failures().allTextContents()).toEqual([])

  await app.electron.evaluate(({ dialog }) => {
    Reflect.set(globalThis, 'filesAskedFor', 0)
    dialog.showSaveDialog = async () => {
      Reflect.set(globalThis, 'filesAskedFor', Reflect.get(globalThis, 'filesAskedFor') + 1)
      await new Promise((resolve) => setTimeout(resolve, 500))
      return { canceled: true, filePath: '' }
    }
  })
  const domain = await app.domain(() => manager.row(off).dblclick())
  await domain.page.getByRole('button', { name: 'Save…' }).dblclick()
  const askedFor = (): Promise<number> => app.electron.evaluate(() => Reflect.get(globalThis, 'filesAskedFor'))
  await expect.poll(askedFor).toBe(1)
  // One of its own again when the first has been answered, which takes half a second: presses before are part of it.
  await expect
    .poll(async () => {
      await domain.page.getByRole('button', { name: 'Save…' }).click()
      return askedFor()
    })
    .toBeGreaterThan(1)
  expect(await manager.failures().allTextContents()).toEqual([])
})
