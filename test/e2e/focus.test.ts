// Keyboard focus can be seen on everything that the Tab key reaches, in every window: an outline on the control, on the label around it
// or on the row that is the current one. Runs in: plain Node; starts the real Electron on a virtual display.

import { expect, it } from 'vitest'
import { launch } from './app'
import { focusNow } from './focus'
import { ownApp } from './own-app'
import { openWindow, scenes, settle, stageFolder } from './scenes'

const PRESSES = 14

const keep = ownApp()

it('is seen wherever the Tab key goes', { timeout: 240_000 }, async () => {
  const app = await launch({ folder: stageFolder({}) })
  keep(app)
  const { page: manager } = await app.manager()
  const unseen: string[] = []
  // Several scenes are of one window.
  const windows = new Map(scenes.map(({ view, uuid }) => [view, uuid]))
  for (const [view, uuid] of windows) {
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
