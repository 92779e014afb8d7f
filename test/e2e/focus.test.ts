// Keyboard focus can be seen on everything that the Tab key reaches, in every window: an outline on the control, on the label around it
// or on the row that is the current one. Runs in: plain Node; starts the real Electron on a virtual display.

import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { launch } from './app'
import { ownApp } from './own-app'
import { openWindow, scenes, settle, stageFolder } from './scenes'

const PRESSES = 14

const keep = ownApp()

/** What has the keyboard, and whether that can be seen; null while nothing has it. */
function focusNow(page: Page): Promise<{ readonly name: string; readonly seen: boolean } | null> {
  return page.evaluate(() => {
    const focused = document.activeElement
    if (focused === null || focused === document.body) return null
    // A guest's console and screen show their own cursor.
    if (focused.closest('.xterm, [data-testid="screen"]') !== null) return null
    const label = focused.closest('label')
    const current = document.getElementById(focused.getAttribute('aria-activedescendant') ?? '')
    const marked = [focused, focused.closest('[data-focus-visible]'), label, current, ...(label?.querySelectorAll('*') ?? [])]
    const seen = marked.some((element) => {
      if (element === null) return false
      const { outlineStyle, outlineWidth } = getComputedStyle(element)
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1.5
    })
    return {
      name: `${focused.tagName} ${focused.className} ${focused.getAttribute('aria-label') ?? ''} ${focused.textContent?.slice(0, 30)}`,
      seen,
    }
  })
}

it('is seen wherever the Tab key goes', { timeout: 240_000 }, async () => {
  const app = await launch({ folder: stageFolder({}) })
  keep(app)
  const { page: manager } = await app.manager()
  const unseen: string[] = []
  for (const { view, uuid } of scenes) {
    const page = view === 'manager' ? manager : await openWindow(app, manager, view, uuid ?? null)
    await settle(page)
    const names = new Set<string>()
    for (let press = 0; press < PRESSES; press++) {
      await page.keyboard.press('Tab')
      const focus = await focusNow(page)
      if (focus === null) continue
      names.add(focus.name)
      if (!focus.seen) unseen.push(`${view}: ${focus.name}`)
    }
    expect(names.size, `${view}: ${[...names].join('; ')}`).toBeGreaterThan(1)
    if (page !== manager) await page.close()
  }
  expect([...new Set(unseen)]).toEqual([])
  // And it would be noticed.
  await manager.addStyleTag({ content: '* { outline: none !important }' })
  await manager.keyboard.press('Tab')
  expect(await focusNow(manager)).toMatchObject({ seen: false })
})
