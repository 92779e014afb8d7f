// What a window has no room for: menus that scroll and do not move by themselves, a disk that is added below the window's edge, and a bar
// that floats over a page. On the test driver.
// Runs in: plain Node; starts the real Electron on a virtual display.
import { expect, it } from 'vitest'
import { launch } from './app'
import { startMachine } from './domain-setup'
import { ownApp } from './own-app'

const keep = ownApp()

it('a menu that has to scroll keeps its entries in one line each, and stands still', { tags: 'long' }, async () => {
  const app = keep(await launch({ preferences: { language: 'de' } }))
  const { page } = await app.manager()
  // Of all heights at which it scrolls, one or another made the entries turn over and back.
  for (const height of [425, 400, 375]) {
    await app.electron.evaluate(({ BrowserWindow }, wanted) => {
      for (const window of BrowserWindow.getAllWindows()) window.setContentSize(720, wanted)
    }, height)
    await expect.poll(() => page.evaluate(() => window.innerHeight)).toBe(height)
    await page.getByRole('button', { name: 'Anwendungsmenü' }).click()
    await page.getByRole('menuitem', { name: 'Papierkorb …' }).hover()
    const seen = await page.evaluate(async () => {
      const places = new Set<string>()
      for (let frame = 0; frame < 20; frame++) {
        await new Promise((resolve) => requestAnimationFrame(resolve))
        const entries = [...document.querySelectorAll('[role="menuitem"]')].map((each) => each.getBoundingClientRect())
        places.add(entries.map(({ top, height }) => `${top} ${height}`).join())
      }
      const entries = [...document.querySelectorAll<HTMLElement>('[role="menuitem"]')]
      const scroller = document.querySelector('.popover')
      return {
        places: places.size,
        heights: [...new Set(entries.map(({ offsetHeight }) => offsetHeight))].length,
        scrolls: scroller !== null && scroller.scrollHeight > scroller.clientHeight,
        hidden: scroller === null ? 1 : scroller.scrollWidth - scroller.clientWidth,
      }
    })
    expect(seen, `${height} high`).toEqual({ places: 1, heights: 1, scrolls: true, hidden: 0 })
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
  }
})

it('a disk added in the wizard comes in sight', { tags: 'long' }, async () => {
  const app = keep(await launch())
  const manager = await app.manager()
  const create = await app.createDomain(() => manager.button('New virtual machine').first().click())
  await create.button('Add a disk').click()
  const below = () =>
    create.disk('xvda').evaluate((disk) => {
      const foot = document.querySelector('.window-foot')
      return disk.getBoundingClientRect().bottom - (foot?.getBoundingClientRect().top ?? 0)
    })
  await expect.poll(below).toBeLessThanOrEqual(0)
})

it('the last change’s Undo covers no button of Details', { tags: 'long' }, async () => {
  const { domain } = await startMachine([], keep)
  await domain.tab('Details').click()
  await domain.page.getByLabel('Title').fill('other')
  await domain.button('Apply').click()
  await domain.page.locator('.undo-bar').waitFor()
  await domain.button('Add a device').click()
  await domain.page.getByRole('menu').waitFor()
  expect(await domain.page.locator('.undo-bar').count()).toBe(1)
})

it('a table of Inside shows rows at 300 %, where words above it take the window’s height', { tags: 'long' }, async () => {
  const { app, domain } = await startMachine([], keep, { scale: 3, language: 'de' })
  await domain.page.getByRole('tab', { name: 'Innen' }).click()
  await domain.page.getByRole('option', { name: 'Freigaben' }).click()
  const table = domain.page.locator('.inside-page .data-table')
  const room = () => table.evaluate((box) => box.clientHeight - (box.querySelector('thead')?.offsetHeight ?? 0))
  await expect.poll(room).toBeGreaterThanOrEqual(40)
  await table.getByRole('row').nth(1).scrollIntoViewIfNeeded()
  await app.picture(domain.page, 'inside-300')
})

it('the list of Details shows five entries at 300 %, and the button below it comes in sight by keyboard', async () => {
  const { app, domain } = await startMachine([], keep, { scale: 3, language: 'de' })
  const { page } = domain
  await page.getByRole('tab', { name: 'Details' }).click()
  const list = page.getByRole('listbox', { name: 'Teile der Maschine' })
  const inSight = () =>
    list.getByRole('option').evaluateAll((all) => {
      const foot = document.querySelector('.details-foot')?.getBoundingClientRect().top ?? 0
      return all.filter((each) => each.getBoundingClientRect().bottom <= foot + 8).length
    })
  await expect.poll(inSight).toBeGreaterThanOrEqual(5)
  await app.picture(page, 'details-300')
  await list.getByRole('option').first().click()
  await page.keyboard.press('Tab')
  const button = page.getByRole('button', { name: 'Gerät hinzufügen' })
  await expect.poll(() => button.evaluate((each) => each === document.activeElement)).toBe(true)
  const out = () =>
    button.evaluate((each) => {
      const foot = document.querySelector('.details-foot')?.getBoundingClientRect().top ?? 0
      return each.getBoundingClientRect().bottom - foot
    })
  await expect.poll(out).toBeLessThanOrEqual(0)
})
