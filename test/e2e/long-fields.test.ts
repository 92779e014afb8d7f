// Ten thousand characters in every field of every dialog, then its button: it is taken, or refused in a sentence that stands beside the
// field or in the dialog. The dialog stays within the window, its buttons in sight, and the window answers. What is long is an emoji each,
// which no limit counted in letters cuts in two. Fields that a window itself has are tested the same way.
// Runs in: plain Node; starts the real Electron.
import type { Locator, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { count } from '../support/tier'
import { leave, shown, stageDialogs } from './dialog-stage'
import { dialogs } from './dialogs'
import { ownApp } from './own-app'
import { openWindow, SERVER, settle } from './scenes'

const LONG = '🦊'.repeat(5000)
const SENTENCE_MOST = 1000
/** All; in the ordinary tier a quarter. */
const taken = dialogs.filter((_, index) => index % count(4, 1) === count(2, 0))
const keep = ownApp()

const textFields = (within: Locator): Locator =>
  within.locator(
    'input[type=text]:visible:enabled:not([readonly]), input[type=search]:visible:enabled, input[type=password]:visible:enabled, textarea:visible:enabled:not([readonly])',
  )

async function fillAll(within: Locator): Promise<number> {
  const fields = textFields(within)
  const number = await fields.count()
  for (let index = 0; index < number; index++) {
    const field = fields.nth(index)
    if (await field.isVisible()) await field.fill(LONG, { timeout: 30_000 })
  }
  return number
}

/** What of a dialog is out of the window, or wider than it. */
async function outside(page: Page): Promise<string[]> {
  return shown(page).evaluate((dialog) => {
    const found: string[] = []
    const inside = ({ left, right, top, bottom }: DOMRect) =>
      left >= -1 && top >= -1 && right <= window.innerWidth + 1 && bottom <= window.innerHeight + 1
    if (!inside(dialog.getBoundingClientRect())) found.push('the dialog is not within the window')
    for (const button of dialog.querySelectorAll('.dialog-foot button'))
      if (!inside(button.getBoundingClientRect())) found.push(`${button.textContent} is out of sight`)
    const body = dialog.querySelector('.dialog-body')
    if (body !== null && body.scrollWidth > body.clientWidth + 1) found.push('it scrolls sideways')
    if (document.documentElement.scrollWidth > window.innerWidth + 1) found.push('the window scrolls sideways')
    return found
  })
}

/** It is done and closed, or says what is wrong. */
async function answered(page: Page): Promise<string | undefined> {
  const open = page.locator('[role=dialog], [role=alertdialog]')
  if ((await open.count()) === 0) return ''
  const said = shown(page).locator('.field-message.error:visible, .notice:visible')
  const words = (await said.allTextContents()).join(' ')
  return words === '' ? undefined : words
}

it('each dialog takes or refuses ten thousand characters, and stays in shape', { timeout: 600_000 }, async () => {
  const { app, manager } = await stageDialogs(keep)
  const wrong: string[] = []
  let filled = 0
  for (const view of new Set(taken.map((dialog) => dialog.view))) {
    const rows = taken.filter((dialog) => dialog.view === view)
    const page = view === 'manager' ? manager : await openWindow(app, manager, view, rows[0]?.uuid ?? null)
    await settle(page)
    for (const dialog of rows) {
      try {
        await dialog.open(page, app.folder)
        await shown(page).waitFor({ timeout: 60_000 })
        const number = await fillAll(shown(page))
        filled += number
        if (number > 0) {
          wrong.push(...(await outside(page)).map((what) => `${view}, ${dialog.name}: ${what}`))
          const button = shown(page).locator('.dialog-foot button').last()
          if ((await button.count()) > 0 && (await button.isEnabled())) {
            await button.click()
            await expect.poll(() => answered(page), { timeout: 60_000 }).toBeDefined()
          }
          const words = (await answered(page)) ?? ''
          if (words.length > SENTENCE_MOST) wrong.push(`${view}, ${dialog.name}: it says ${words.length} characters`)
          if ((await shown(page).count()) > 0)
            wrong.push(...(await outside(page)).map((what) => `${view}, ${dialog.name}, refused: ${what}`))
        }
        await leave(page, 'Escape')
        await dialog.after?.(page)
      } catch (thrown) {
        wrong.push(`${view}, ${dialog.name}: ${String(thrown).split('\n').slice(0, 3).join(' ')}`)
        await app.picture(page, `long-${view}-${dialog.name.replace(/\W+/g, '-')}`)
        await page.reload()
        await settle(page)
      }
      if (page === manager) await page.locator('.filter input').fill('')
    }
    if (page !== manager) await page.close()
  }
  expect(wrong).toEqual([])
  expect(filled).toBeGreaterThan(count(5, 20))
})

const PAGES = ['Overview', 'CPUs', 'Memory', 'Boot', 'Display']

it('a window’s own forms do too', { tags: 'long', timeout: 300_000 }, async () => {
  const { app, manager } = await stageDialogs(keep)
  const sideways = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  const create = await app.createDomain(() =>
    manager.getByRole('toolbar').getByRole('button', { name: 'New virtual machine' }).click(),
  )
  await create.button('Add a disk').click()
  expect(await fillAll(create.page.locator('body'))).toBeGreaterThan(4)
  await create.button('Create and run').click()
  await expect.poll(() => create.message('Name').textContent()).toBe('The name takes 20000 bytes; at most 256 are allowed.')
  for (const field of ['Kernel', 'Ramdisk', 'Command line']) {
    await expect.poll(() => create.message(field).textContent()).not.toMatch(/^$|🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊/)
  }
  expect(await sideways(create.page)).toBeLessThan(2)
  await app.picture(create.page, 'long-wizard')
  await create.page.close()

  const domain = await openWindow(app, manager, 'domain', SERVER)
  await settle(domain)
  await domain.getByRole('tab', { name: 'Details', exact: true }).click()
  for (const page of PAGES) {
    const option = domain.getByRole('option', { name: page, exact: true })
    if ((await option.count()) === 0) continue
    await option.click()
    await fillAll(domain.getByRole('tabpanel'))
    expect(await sideways(domain), page).toBeLessThan(2)
    if (page === 'Overview') await domain.getByText('The name takes 20000 bytes; at most 256 are allowed.').waitFor()
    await app.picture(domain, `long-details-${page}`)
    const apply = domain.getByRole('button', { name: 'Apply', exact: true })
    if (await apply.isEnabled()) {
      await apply.click()
      await expect
        .poll(
          async () =>
            (await domain.locator('.field-message.error:visible, .notice:visible').count()) > 0 || !(await apply.isEnabled()),
        )
        .toBe(true)
    }
    const revert = domain.getByRole('button', { name: 'Revert', exact: true })
    if (await revert.isEnabled()) await revert.click()
  }
  await domain.close()

  const networks = await openWindow(app, manager, 'networks', null)
  await settle(networks)
  await networks.getByRole('option', { name: 'spare' }).click()
  expect(await fillAll(networks.locator('body'))).toBeGreaterThan(1)
  expect(await sideways(networks)).toBeLessThan(2)
  await networks.locator('.field-message.error:visible').first().waitFor()
  await app.picture(networks, 'long-networks')
})
