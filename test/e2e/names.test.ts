// A machine called by an emoji, letters with marks and letters from right to left, through the windows: made, filtered, found in the
// palette, renamed in place, put into a folder, tagged, cloned, a snapshot, deleted, undone. A name that deceives is refused in one sentence.
// Runs in: vitest, real Electron on the test driver.

import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { launch } from './app'
import { ownApp } from './own-app'
import { SnapshotsPage } from './snapshots-page'
import { undoByKey } from './undo-key'

const NAME = '🦊 Füchse 👩‍💻'
const HEBREW = 'שרת (בדיקה) 2'

const keep = ownApp()

it('a machine may be called anything that can be read', { tags: 'long' }, async () => {
  const app = await launch()
  keep(app)
  const manager = await app.manager()
  const { page } = manager
  const kernel = path.join(app.folder, 'vmlinuz')
  fs.writeFileSync(kernel, 'kernel')

  // Made: what deceives is refused beside the field, and accents are put together however they were typed.
  const create = await app.createDomain(() => manager.button('New virtual machine').first().click())
  await create.field('Kernel').fill(kernel)
  for (const [typed, sentence] of [
    ['\u202egnp.exe', 'The name holds U+202E, an invisible character that turns the text around it.'],
    ['\u200b', 'The name has no visible character.'],
    ['a/b', 'The name “a/b” holds a slash, which separates folders.'],
    ['🦊'.repeat(65), 'The name takes 260 bytes; at most 256 are allowed.'],
  ] as const) {
    await create.field('Name').fill(typed)
    await create.button('Create and run').click()
    await expect.poll(() => create.message('Name').textContent()).toBe(sentence)
  }
  await create.field('Name').fill(NAME.normalize('NFD'))
  await app.picture(create.page, 'names-wizard')
  const domain = await app.domain(() => create.button('Create and run').click())
  await expect.poll(() => domain.page.title()).toContain(NAME)
  await manager.waitForState(NAME, 'Running')

  // Found.
  await manager.filter().fill('FÜCHSE'.normalize('NFD'))
  await expect.poll(() => manager.names()).toEqual([NAME])
  await manager.filter().fill('👩‍💻')
  await expect.poll(() => manager.names()).toEqual([NAME])
  await manager.filter().fill('')
  await page.keyboard.press('Control+k')
  await manager.palette().getByRole('combobox').fill('füchse'.normalize('NFD'))
  await expect.poll(() => manager.palette().getByRole('option').first().textContent()).toContain(NAME)
  await page.keyboard.press('Escape')

  // A snapshot, and a clone of what is off, with the names that are proposed.
  await domain.tab('Snapshots').click()
  const snapshots = new SnapshotsPage(domain.page)
  await snapshots.take('📸 vor dem Umzug')
  await app.picture(domain.page, 'names-snapshots')
  await manager.choose(NAME, 'Force off')
  await manager.dialog().getByRole('button', { name: 'Force off', exact: true }).click()
  await manager.waitForState(NAME, 'Shut off')
  await manager.choose(NAME, 'Clone')
  await manager.dialog().getByRole('button', { name: 'Clone', exact: true }).click()
  await expect.poll(async () => (await manager.names()).filter((name) => name.includes('🦊')).length).toBe(2)

  // Folder and tags.
  await manager.choose(NAME, 'Move to folder')
  await manager.dialog().getByLabel('Folder').fill('🏠/ביתי')
  await manager.button('Apply').click()
  await manager.folder('ביתי').waitFor()
  await manager.choose(NAME, 'Tags')
  await manager.dialog().getByRole('textbox').fill('👩‍💻, می‌خواهم')
  await manager.button('Apply').click()

  // Renamed in place, over a refusal.
  await manager.row(NAME).click()
  await page.keyboard.press('F2')
  await page.getByLabel(`New name of ${NAME}`).fill('.')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').filter({ hasText: 'would not take “.” for a name' }).waitFor()
  await page.getByLabel(`New name of ${NAME}`).fill(HEBREW)
  await page.keyboard.press('Enter')
  await manager.row(HEBREW).waitFor()
  // It runs from right to left, so that what is cut off where the column is narrow is its end.
  await expect
    .poll(() =>
      manager
        .row(HEBREW)
        .locator('.name-name')
        .evaluate((node) => getComputedStyle(node).direction),
    )
    .toBe('rtl')
  await app.picture(page, 'names-list')

  // Deleted, and back.
  await manager.choose(HEBREW, 'Delete')
  await app.picture(page, 'names-delete')
  await manager.dialog().getByRole('button', { name: 'Delete', exact: true }).click()
  await manager.row(HEBREW).waitFor({ state: 'detached' })
  await undoByKey(page)
  await manager.row(HEBREW).waitFor()
  expect(await manager.failures().count()).toBe(0)
})
