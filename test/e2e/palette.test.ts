// The command palette of the manager window: every command and every machine by name, and what commands do that have no button there.
// Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { closing } from './app'
import { startList } from './list-setup'
import { ownApp } from './own-app'

const keep = ownApp()
const start = (script: object) => startList(keep, script)

it('has every command in the palette, and every machine by name', async () => {
  const { app, manager } = await start({ domains: 30, running: 15 })
  const { page } = manager
  await page.keyboard.press('Control+Shift+P')
  await manager.palette().waitFor()
  // All of it is there before anything is typed, what cannot be done now last.
  const offered = (await manager.palette().locator('.palette-label').allTextContents()).join('\n')
  for (const last of ['Preferences', 'Doctor', 'About', 'Quit', 'Migrate', 'Reset columns']) expect(offered).toContain(last)
  await page.keyboard.type('mail-02')
  await app.picture(page, 'palette')
  await page.keyboard.press('Enter')
  await expect.poll(() => manager.focused()).toContain('mail-02')
  await manager.command('host cpu show')
  await expect.poll(() => page.locator('.column-name').allTextContents()).toContain('Host CPU')
  // A page of the chosen machine's window; and what is said where nothing fits stands below the field.
  await page.keyboard.press('Control+k')
  await page.keyboard.type('no such command')
  const field = await manager.palette().getByRole('combobox').boundingBox()
  const nothing = await manager.palette().getByText('Nothing fits.').boundingBox()
  expect(nothing?.y).toBeGreaterThan((field?.y ?? 0) + (field?.height ?? 0))
  await manager.palette().getByRole('combobox').fill('snapshots')
  const domain = await app.domain(() => page.keyboard.press('Enter'))
  await expect.poll(() => domain.tab('Snapshots').getAttribute('aria-selected')).toBe('true')
  await manager.page.bringToFront()
  await page.keyboard.press('Control+/')
  await manager.dialog().getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor()
  await app.picture(page, 'keyboard-shortcuts')
  await page.keyboard.press('Escape')
  await manager.dialog().waitFor({ state: 'detached' })
})

it('moves columns, zooms, fills the screen and closes the window from the palette', { tags: 'long' }, async () => {
  const { app, manager } = await start({ domains: 3, running: 3 })
  const { page } = manager
  const choose = async (words: string) => {
    await manager.command(words)
    await manager.palette().waitFor({ state: 'detached' })
  }
  await choose('tags left')
  await expect
    .poll(() => page.locator('.column-name').allTextContents())
    .toEqual(['Name', 'State', 'CPU', 'Memory', 'Tags', 'Network'])
  const ratio = () => page.evaluate(() => window.devicePixelRatio)
  const usual = await ratio()
  await choose('zoom in')
  await expect.poll(ratio).toBeGreaterThan(usual)
  await choose('actual size')
  await expect.poll(ratio).toBe(usual)
  await choose('zoom out')
  await expect.poll(ratio).toBeLessThan(usual)
  await choose('actual size')
  const isFull = () => app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isFullScreen() === true)
  await choose('full screen')
  await expect.poll(isFull).toBe(true)
  await choose('full screen')
  await expect.poll(isFull).toBe(false)
  const other = await app.other(() => choose('about'))
  await other.waitForLoadState()
  await closing(page, () => manager.command('close the window'))
})

it('takes a snapshot and a running copy, changes the theme and collects the report from the palette', {
  tags: 'long',
}, async () => {
  const { app, manager } = await start({ domains: 3, running: 3 })
  const { page } = manager
  await manager.row('web-01').click()
  await manager.command('take snapshot')
  await manager.dialog().getByLabel('Name', { exact: true }).fill('from the list')
  await app.picture(page, 'list-snapshot')
  await page.keyboard.press('Enter')
  await manager.dialog().waitFor({ state: 'detached' })
  await manager.command('running copy')
  await manager.dialog().getByRole('textbox').fill('second')
  await page.keyboard.press('Enter')
  await manager.row('second').waitFor()

  const dressed = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)
  await manager.command('theme dark')
  await expect.poll(dressed).toContain('dark')
  await manager.command('theme light')
  await expect.poll(dressed).toContain('light')

  const zip = path.join(app.folder, 'report.zip')
  await app.answerFileDialogs(zip)
  const doctor = await app.other(() => manager.command('collect report'))
  await doctor.getByText('The report was saved').waitFor()
  expect(fs.existsSync(zip)).toBe(true)
  // The window that is open collects once more.
  fs.rmSync(zip)
  await page.bringToFront()
  await manager.command('collect report')
  await expect.poll(() => fs.existsSync(zip)).toBe(true)
})
