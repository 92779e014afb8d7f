// What the tests of all dialogs share: the stage they are opened on, the one in front, and leaving it. Runs in: end-to-end tests.
import fs from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { launch, type RunningApp } from './app'
import { setDialogStage } from './dialogs'
import type { ownApp } from './own-app'
import { SERVER, stageFolder } from './scenes'

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
    await expect.poll(() => open.count(), { timeout: 30_000 }).toBeLessThan(number)
  }
}

/** The app on the stage that dialogs.ts opens dialogs on, with a snapshot. */
export async function stageDialogs(keep: ReturnType<typeof ownApp>): Promise<{ app: RunningApp; manager: Page }> {
  const folder = stageFolder({})
  const app = keep(
    await launch({ folder, env: { RINGMASTER_TEST_SCRIPT: JSON.stringify({ domains: 6, running: 2, idle: true }) } }),
  )
  const { page: manager } = await app.manager()
  const other = path.join(folder, 'other.cfg')
  fs.writeFileSync(other, `name = "other"\nkernel = "${path.join(folder, 'vmlinuz')}"\nmemory = 128\n`)
  await app.answerFileDialogs(other)
  await app.call(manager, 'domainCreate', { uuid: SERVER, fresh: true })
  await setDialogStage(app, manager)
  await app.call(manager, 'snapshotCreate', { uuid: SERVER, name: 'First', description: 'As it was' })
  await expect.poll(async () => JSON.stringify(await app.call(manager, 'snapshotTree', { uuid: SERVER }))).toContain('"First"')
  await expect.poll(async () => JSON.stringify(await app.call(manager, 'jobList', {}))).not.toContain('"running"')
  return { app, manager }
}
