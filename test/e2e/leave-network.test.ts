// Changes of a network that were not applied: whoever chooses another network, makes one or closes the window is asked. On the test driver.
// Runs in: plain Node; starts the real Electron on a virtual display.
import { expect, it } from 'vitest'
import { closing, launch, pressAndClose, type RunningApp } from './app'
import { NetworksPage } from './networks-page'
import { ownApp } from './own-app'
import { openWindow } from './scenes'

const keep = ownApp()

/** As the frame's own button does. */
async function closeWindow(app: RunningApp): Promise<void> {
  await app.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()
      .find((each) => each.webContents.getURL().includes('view=networks'))
      ?.close(),
  )
}

it('are not left behind unasked; Escape stays and loses nothing', async () => {
  const app = keep(await launch())
  const { page: manager } = await app.manager()
  const page = await openWindow(app, manager, 'networks', null)
  const networks = new NetworksPage(page)
  await networks.button('New network').click()
  await networks.field('Name').fill('lab')

  // One that is only begun.
  await networks.item('default').click()
  await networks.dialog().getByText('Create the network “lab”?').waitFor()
  await page.keyboard.press('Escape')
  await networks.dialog().waitFor({ state: 'detached' })
  expect(await networks.field('Name').inputValue()).toBe('lab')
  await networks.item('default').click()
  await networks.dialog().getByRole('button', { name: 'Create' }).click()
  await networks.item('lab').waitFor()
  await page.getByRole('heading', { name: 'default' }).waitFor()

  // Dropped, and kept with the window closed.
  await networks.item('lab').click()
  await networks.field('To').fill('10.0.3.99')
  await networks.button('New network').click()
  await networks.dialog().getByText('Apply the changes to “lab”?').waitFor()
  await app.picture(page, 'networks-leave')
  // What was done before stands whole in the bar, beside which jobs have their part of the window.
  const done = page.locator('.undo-bar > span')
  expect(await done.textContent()).toBe('Made the network lab')
  expect(
    await done.evaluate((words) => words.scrollWidth <= words.clientWidth && words.scrollHeight <= words.clientHeight),
  ).toBe(true)
  await networks.dialog().getByRole('button', { name: 'Discard' }).click()
  await page.getByRole('heading', { name: 'New network' }).waitFor()
  await networks.item('lab').click()
  await page.getByRole('heading', { name: 'lab' }).waitFor()
  expect(await networks.field('To').inputValue()).not.toBe('10.0.3.99')
  await networks.field('To').fill('10.0.3.88')
  await closeWindow(app)
  await networks.dialog().getByText('Apply the changes to “lab”?').waitFor()
  await closing(page, () => page.keyboard.press('Enter'))
  const again = new NetworksPage(await openWindow(app, manager, 'networks', null))
  await again.item('lab').click()
  await expect.poll(() => again.field('To').inputValue()).toBe('10.0.3.88')

  // Apply has answered for who closes the window at once.
  await again.field('To').fill('10.0.3.77')
  await pressAndClose(again.button('Apply'))
  const last = new NetworksPage(await openWindow(app, manager, 'networks', null))
  await last.item('lab').click()
  await expect.poll(() => last.field('To').inputValue()).toBe('10.0.3.77')

  // Nothing changed, nobody asked.
  await last.item('default').click()
  const unasked = last.page.waitForEvent('close')
  await closeWindow(app)
  await unasked
})

it('are not asked about while they are applied: who chooses another network then gets there and stays', {
  tags: 'long',
}, async () => {
  const app = keep(await launch())
  const { page: manager } = await app.manager()
  const page = await openWindow(app, manager, 'networks', null)
  const networks = new NetworksPage(page)
  await networks.button('New network').click()
  await networks.field('Name').fill('lab')
  await networks.button('Create').click()
  await page.getByRole('heading', { name: 'lab' }).waitFor()
  await networks.field('To').fill('10.0.3.99')
  // Both before anything can have answered.
  const pressed = await Promise.all([networks.button('Apply').elementHandle(), networks.item('default').elementHandle()])
  await page.evaluate((elements) => {
    for (const element of elements) {
      const at = { bubbles: true, cancelable: true, pointerType: 'mouse', isPrimary: true }
      for (const name of ['pointerdown', 'pointerup']) element?.dispatchEvent(new PointerEvent(name, at))
      if (element instanceof HTMLElement) element.click()
    }
  }, pressed)
  await page.locator('.undo-bar').getByText('Changed the network lab').waitFor()
  await page.getByRole('heading', { name: 'default' }).waitFor()
  await expect.poll(() => networks.item('default').getAttribute('aria-selected')).toBe('true')
  expect(await networks.dialog().count()).toBe(0)
  await networks.item('lab').click()
  await page.getByRole('heading', { name: 'lab' }).waitFor()
  expect(await networks.field('To').inputValue()).toBe('10.0.3.99')
})
