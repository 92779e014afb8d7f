// A key that is typed draws the field it is typed in, and none of the others: a page of many fields answers as fast as one of few.
// Runs in: vitest, real Electron on the test driver.

import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { drawnAgain, rested, watchDrawing } from './drawing'
import { startList } from './list-setup'
import { ownApp } from './own-app'
import { openWindow, settle } from './scenes'

const keep = ownApp()

const PARTS = '.input, .segment, .select-button, .checkbox, .side-list, .store-tree'

/** The window of a machine that does not run, on one of its tabs. */
async function tabOf(name: string) {
  const { app, manager } = await startList(keep, { domains: 2 })
  await watchDrawing(app)
  const page = await app.other(() => manager.row('web-01').dblclick())
  await settle(page)
  await page.getByRole('tab', { name }).click()
  return { app, page }
}

/** Letters that are typed where more than their own field was drawn. */
const LETTERS = 3

/**
 * Labels of the fields that one more letter draws, once the field before has been left and the keyboard is in use. Where there are several,
 * those that each of some letters draws: on a busy machine a field may draw what it has measured of itself at any later time, once.
 */
async function drawnBy(page: Page, label: string, letter: string): Promise<readonly string[]> {
  const field = page.getByLabel(label, { exact: true })
  await field.press('End')
  let drawn: readonly string[] | undefined
  for (let i = 0; i < LETTERS && drawn?.length !== 1; i++) {
    await rested(page)
    const now = await drawnAgain(page, PARTS, async () => {
      await field.press(letter)
      await settle(page)
    })
    drawn = drawn?.filter((each) => now.includes(each)) ?? now
  }
  return drawn ?? []
}

it('a letter in New virtual machine draws its own field', async () => {
  const { app, manager } = await startList(keep, { domains: 2 })
  await watchDrawing(app)
  const page = await openWindow(app, manager.page, 'create-domain', null)
  await settle(page)
  expect(await drawnBy(page, 'Name', 'x')).toEqual(['Name'])
  expect(await drawnBy(page, 'Command line', 'x')).toEqual(['Command line'])
  expect(await drawnBy(page, 'Memory', '1')).toEqual(['Memory'])
  // What stands between a number and its buttons comes by another way than the field, and makes it no wider or narrower.
  const widthOf = async (label: string) => (await page.getByLabel(label, { exact: true }).boundingBox())?.width
  expect(await widthOf('Virtual CPUs')).toBe(await widthOf('Memory'))

  await page.getByRole('button', { name: 'Add a disk' }).click()
  await settle(page)
  // Where its image goes follows the name.
  expect(await drawnBy(page, 'Name', 'y')).toEqual(['Name', 'Place'])
})

it('a letter in Details draws its own field', async () => {
  const { app, page } = await tabOf('Details')
  await settle(page)
  // The first change is what Apply waits for, below.
  await drawnBy(page, 'Title', 'x')
  expect(await drawnBy(page, 'Title', 'x')).toEqual(['Title'])
  expect(await drawnBy(page, 'Name', 'x')).toEqual(['Name'])
  expect(app.errors).toEqual([])
})

it('a letter that finds the same of XenStore draws no tree', async () => {
  const { page } = await tabOf('Inside')
  await page.getByRole('option', { name: 'XenStore' }).click()
  const filter = page.getByRole('searchbox', { name: 'Filter by path or value' })
  await filter.fill('nowhere')
  await page.getByText('No path and no value contains this.').waitFor()
  // The filter has no words of its own.
  expect(await drawnBy(page, 'Filter by path or value', 'x')).toEqual([''])
  await filter.fill('')
  await page
    .getByRole('row', { name: /^name / })
    .first()
    .waitFor()
})

it('a letter that finds the same machines draws no row, no head and no button of the list', async () => {
  const { app, manager } = await startList(keep, { domains: 6 })
  await watchDrawing(app)
  const { page } = manager
  await page.reload()
  await manager.ready()
  const filter = page.locator('.filter input')
  await filter.pressSequentially('we')
  await settle(page)
  const drawn = await drawnAgain(page, '.row, .list-head, .toolbar .button, .toolbar .input', async () => {
    await filter.press('b')
    await settle(page)
  })
  // The field that is typed in has no words.
  expect(drawn).toEqual([''])
  // What is drawn no more goes on by what is new: the order is turned from the order as it is now.
  const head = page.getByRole('columnheader', { name: 'Name' })
  for (const order of ['descending', 'ascending']) {
    await head.click()
    await expect.poll(() => head.getAttribute('aria-sort')).toBe(order)
  }
})
