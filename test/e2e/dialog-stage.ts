// What the tests and the pictures of all dialogs share: the stage they are opened on, the one in front, and leaving it.
// Runs in: plain Node, in tests and outside of them.
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import type { Preferences } from '../../src-main/public/preferences'
import { launch, type RunningApp } from './app'
import { dialogs, setDialogStage } from './dialogs'
import { openWindow, type PlayOptions, SERVER, settle, stageFolder } from './scenes'

/** The one in front. */
export const shown = (page: Page) => page.locator('[role=dialog], [role=alertdialog], .palette').last()

/** One after the other, where one was opened from another. */
export async function leave(page: Page, by: 'Escape' | 'Cancel'): Promise<void> {
  const open = page.locator('[role=dialog], [role=alertdialog], .palette')
  for (let number = await open.count(); number > 0; number = await open.count()) {
    const cancel = shown(page)
      .getByRole('button', { name: /^(Cancel|Close|Keep editing|Do not open)$/ })
      .last()
    if (by === 'Cancel' && (await cancel.count()) > 0) await cancel.click()
    else {
      // The first may close a list of proposals that a field shows.
      for (let presses = 0; presses < 2 && (await open.count()) === number; presses++) {
        await page.keyboard.press('Escape')
        await page.waitForTimeout(250)
      }
    }
    await until('a dialog that is left', async () => (await open.count()) < number)
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let left = 300; !(await holds()); left--) {
    if (left === 0) throw new Error(`waited in vain for ${what}`)
    await delay(100)
  }
}

export interface StageOptions {
  readonly preferences?: Partial<Preferences>
  readonly scale?: number
}

/** The app on the stage that dialogs.ts opens dialogs on, with a snapshot. */
export async function stageDialogs(
  keep: (app: RunningApp) => RunningApp,
  { preferences = {}, scale }: StageOptions = {},
): Promise<{ app: RunningApp; manager: Page }> {
  const folder = stageFolder(preferences)
  const script = JSON.stringify({ domains: 6, running: 2, idle: true })
  const app = keep(await launch({ folder, env: { RINGMASTER_TEST_SCRIPT: script }, ...(scale !== undefined && { scale }) }))
  const { page: manager } = await app.manager()
  const other = path.join(folder, 'other.cfg')
  fs.writeFileSync(other, `name = "other"\nkernel = "${path.join(folder, 'vmlinuz')}"\nmemory = 128\n`)
  await app.answerFileDialogs(other)
  const tells = async (call: 'snapshotTree' | 'jobList', params: object) =>
    JSON.stringify(await app.call(manager, call, params))
  await app.call(manager, 'domainCreate', { uuid: SERVER, fresh: true })
  await setDialogStage(app, manager)
  await app.call(manager, 'snapshotCreate', { uuid: SERVER, name: 'First', description: 'As it was' })
  await until('the snapshot', async () => (await tells('snapshotTree', { uuid: SERVER })).includes('"First"'))
  await until('the jobs', async () => !(await tells('jobList', {})).includes('"running"'))
  return { app, manager }
}

/** Each dialog, opened and left. Their rows find things by English words, so another language is chosen while the dialog is open. */
export async function playDialogs(
  options: Pick<PlayOptions, 'language' | 'theme' | 'scale' | 'show' | 'failed'>,
): Promise<void> {
  const { language, theme, scale, show, failed } = options
  const { app, manager } = await stageDialogs((one) => one, { preferences: { language: 'en', theme }, scale })
  const speak = async (page: Page, wanted: Preferences['language']): Promise<void> => {
    const kept = await app.call(manager, 'preferencesGet', {})
    await app.call(manager, 'preferencesSet', { ...kept.value, language: wanted })
    await page.locator(`html[lang=${wanted}]`).waitFor()
  }
  try {
    for (const dialog of dialogs) {
      const page = dialog.view === 'manager' ? manager : await openWindow(app, manager, dialog.view, dialog.uuid ?? null)
      try {
        await settle(page)
        await dialog.open(page, app.folder)
        await shown(page).waitFor()
        if (language !== 'en') await speak(page, language)
        await settle(page)
        await show(page, `dialog-${dialog.view}-${dialog.name.replace(/[^\w]+/g, '-')}`)
        if (language !== 'en') await speak(page, 'en')
        await leave(page, 'Escape')
        await dialog.after?.(page)
      } catch (thrown) {
        failed(dialog.name, thrown)
        await speak(manager, 'en')
        if (page === manager) await page.reload()
      }
      if (page === manager) await page.locator('.filter input').fill('')
      else await page.close()
    }
  } finally {
    await app.close()
  }
}
