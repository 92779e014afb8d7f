// Every dialog, filled in at random and left by Escape or by Cancel: nothing is changed, neither in what main tells nor in the app's
// folder, no job was started, and the keyboard is somewhere. Fixed seeds; more rounds, and each dialog both ways, in the long tier.
// Runs in: plain Node; starts the real Electron on a virtual display.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { CallName } from '../../src-main/public/calls'
import { randomFrom } from '../support/random'
import { count, LONG } from '../support/tier'
import type { RunningApp } from './app'
import { seriousViolations } from './axe'
import { leave, shown, stageDialogs } from './dialog-stage'
import { type DialogRow, dialogs } from './dialogs'
import { focusNow } from './focus'
import { ownApp } from './own-app'
import { openWindow, SERVER, settle } from './scenes'

const ROUNDS = count(1, 6)
const SEED = 20261126
const keep = ownApp()

const asked: readonly [CallName, object][] = [
  ['domainList', {}],
  ['jobList', {}],
  ['metadataList', {}],
  ['trashList', {}],
  ['volumeTrash', {}],
  ['networkList', {}],
  ['preferencesGet', {}],
  ['listLayoutGet', {}],
  ['poolList', {}],
  ['snapshotTree', { uuid: SERVER }],
]

/** What main tells of everything, and what lies in the app's folder but for figures and logs, which go on by themselves. */
async function everything(app: RunningApp, page: Page): Promise<unknown> {
  const told: [string, unknown][] = []
  for (const [name, params] of asked) {
    const answer = await app.call(page, name, params)
    // Free space is the host's.
    told.push([
      name,
      JSON.parse(
        JSON.stringify(answer, (key, value) => (/^(available|allocation|presentBytes)$/.test(key) ? undefined : value)),
      ),
    ])
  }
  const files = fs
    .readdirSync(app.folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /^(definitions|disks|revisions|trash|snapshots|saved|metadata|networks|preferences|list)/.test(file))
    .filter((file) => fs.statSync(path.join(app.folder, file)).isFile())
    .map(
      (file) =>
        `${file} ${createHash('sha256')
          .update(fs.readFileSync(path.join(app.folder, file)))
          .digest('hex')}`,
    )
  return { told, files: files.sort() }
}

/** Types into a few fields and turns a few boxes, whatever they are. */
async function fillIn(page: Page, below: (limit: number) => number): Promise<void> {
  const fields = shown(page).locator('input:visible:enabled:not([readonly]), textarea:visible:enabled:not([readonly])')
  for (let times = below(5); times > 0; times--) {
    const number = await fields.count()
    if (number === 0) return
    const field = fields.nth(below(number))
    const type = (await field.getAttribute('type')) ?? 'text'
    if (type === 'checkbox' || type === 'radio') await field.click({ force: true })
    else await field.fill(['', 'other', 'ä “x”', '4096', '../../etc/passwd', 'x'.repeat(300)][below(6)] ?? '')
  }
}

const WAYS = ['Escape', 'Cancel'] as const

/** Those to leave in this way: each in both; in the ordinary tier one of eight this way, the next the other. */
const left = (by: (typeof WAYS)[number]) => dialogs.filter((_, index) => LONG || WAYS[index % 8] === by)

describe('a dialog that is left', () => {
  it.each(WAYS)('by %s has changed nothing', { timeout: 300_000 + ROUNDS * 120_000 }, async (by) => {
    const { app, manager } = await stageDialogs(keep)
    const views = new Map<string, DialogRow[]>()
    for (const dialog of left(by)) views.set(dialog.view, [...(views.get(dialog.view) ?? []), dialog])
    const wrong: string[] = []
    for (const [view, rows] of views) {
      const [first] = rows
      if (first === undefined) continue
      const page = first.view === 'manager' ? manager : await openWindow(app, manager, first.view, first.uuid ?? null)
      await settle(page)
      const before = await everything(app, manager)
      for (let round = 0; round < ROUNDS; round++) {
        for (const [number, dialog] of rows.entries()) {
          const below = randomFrom(SEED + round * 1000 + number)
          try {
            await dialog.open(page, app.folder)
            await shown(page).waitFor({ timeout: 60_000 })
            if (round === 0) for (const finding of await seriousViolations(page)) wrong.push(`${dialog.name}: ${finding}`)
            await fillIn(page, below)
            await leave(page, by)
            await dialog.after?.(page)
            // It comes back a frame after the dialog has gone, which is late on a busy machine.
            const focus = expect.poll(() => focusNow(page), { timeout: 30_000, message: 'nothing has the keyboard' })
            await focus.not.toBeNull()
          } catch (thrown) {
            wrong.push(`${view}, ${dialog.name}: ${String(thrown).split('\n').slice(0, 3).join(' ')}`)
            await app.picture(page, `dialog-${view}-${dialog.name.replace(/\W+/g, '-')}`)
            await page.reload()
            await settle(page)
          }
          if (page === manager) await page.locator('.filter input').fill('')
        }
      }
      expect(await everything(app, manager), `after the dialogs of ${view}`).toEqual(before)
      if (page !== manager) await page.close()
    }
    expect(wrong).toEqual([])
  })

  it('would be noticed if it changed something', async () => {
    const { app, manager } = await stageDialogs(keep)
    const before = await everything(app, manager)
    await app.call(manager, 'domainRename', { uuid: SERVER, name: 'another' })
    expect(await everything(app, manager)).not.toEqual(before)
  })
})
