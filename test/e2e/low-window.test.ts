// Menus in a window that is too low for them: they scroll, and nothing of them moves by itself. On the test driver.
// Runs in: plain Node; starts the real Electron on a virtual display.
import { expect, it } from 'vitest'
import { launch } from './app'
import { ownApp } from './own-app'

const keep = ownApp()

it('a menu that has to scroll keeps its entries in one line each, and stands still', async () => {
  const app = keep(await launch({ preferences: { language: 'de' } }))
  const { page } = await app.manager()
  // Of all heights at which it scrolls, one or another made the entries turn over and back.
  for (const height of [425, 400, 375]) {
    await app.electron.evaluate(({ BrowserWindow }, wanted) => {
      for (const window of BrowserWindow.getAllWindows()) window.setContentSize(720, wanted)
    }, height)
    await expect.poll(() => page.evaluate(() => window.innerHeight)).toBe(height)
    await page.getByRole('button', { name: 'Anwendungsmenü' }).click()
    await page.getByRole('menuitem', { name: 'Papierkorb …' }).hover({ timeout: 10_000 })
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
