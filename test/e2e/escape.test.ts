// Escape closes the windows that are dialogs; a new machine that was begun is asked about first, and a list that is open closes alone.
// Runs in: plain Node; starts the real Electron on a virtual display.

import { expect, it } from 'vitest'
import { closing, launch } from './app'
import { CreateDomainPage } from './create-domain-page'
import { ownApp } from './own-app'
import { openWindow, settle } from './scenes'

const keep = ownApp()

it('closes a window that is a dialog', { timeout: 240_000 }, async () => {
  const app = await launch()
  keep(app)
  const { page: manager } = await app.manager()
  for (const view of ['create-domain', 'preferences', 'about', 'doctor'] as const) {
    const page = await openWindow(app, manager, view, null)
    await settle(page)
    await closing(page, () => page.keyboard.press('Escape'))
  }
})

it('asks about a new machine that was begun, and leaves an open list first', { timeout: 240_000 }, async () => {
  const app = await launch()
  keep(app)
  const { page: manager } = await app.manager()
  const page = await openWindow(app, manager, 'create-domain', null)
  const create = new CreateDomainPage(page)
  await settle(page)
  const lists = page.getByRole('listbox')
  const question = page.getByRole('alertdialog')
  await page.locator('.field', { hasText: 'Operating system' }).getByRole('button').first().click()
  await lists.waitFor()
  await page.keyboard.press('Escape')
  await lists.waitFor({ state: 'hidden' })
  expect(page.isClosed()).toBe(false)

  await create.field('Name').fill('web')
  await page.keyboard.press('Escape')
  await question.waitFor()
  await page.keyboard.press('Escape')
  await question.waitFor({ state: 'hidden' })
  await expect.poll(() => create.field('Name').evaluate((field) => field === document.activeElement)).toBe(true)
  expect(await create.field('Name').inputValue()).toBe('web')

  await page.keyboard.press('Escape')
  await app.picture(page, 'wizard-leave')
  await closing(page, () => question.getByRole('button', { name: 'Throw away' }).click())
})
