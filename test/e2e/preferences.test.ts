// Preferences through their window, and what they change elsewhere: the wizard, consoles, screens, themes, and files of settings that
// cannot be read. Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { makeTranslator } from '../../src-renderer/lib/translate'
import { launch, type RunningApp } from './app'
import type { ManagerPage } from './manager-page'
import { ownApp } from './own-app'
import { openWindow, SERVER, stageFolder } from './scenes'

const keep = ownApp()

async function start(folder = stageFolder({})): Promise<{ app: RunningApp; manager: ManagerPage }> {
  const app = await launch({ folder })
  keep(app)
  return { app, manager: await app.manager() }
}

async function choosePage(page: Page, name: string): Promise<void> {
  await page.getByRole('tab', { name }).click()
}

const stored = (app: RunningApp): unknown => JSON.parse(fs.readFileSync(path.join(app.folder, 'preferences.json'), 'utf8'))

/** Whether the desktop has notifications, whatever this computer has. */
function pretendNotes(app: RunningApp, supported: boolean): Promise<void> {
  return app.electron.evaluate(({ Notification }, answer) => {
    Notification.isSupported = () => answer
  }, supported)
}

describe('preferences', () => {
  it('say where no notification can appear, and keep what was chosen', { tags: 'long' }, async () => {
    const { app, manager } = await start()
    await pretendNotes(app, false)
    const page = await openWindow(app, manager.page, 'preferences', null)
    await page.getByText('the library libnotify is missing').waitFor()
    const box = page.getByRole('checkbox', { name: 'Notify when' })
    expect([await box.isDisabled(), await box.isChecked()]).toEqual([true, true])
    const reason = await box.evaluate(
      (input) => document.getElementById(input.getAttribute('aria-describedby') ?? '')?.textContent,
    )
    expect(reason).toContain('libnotify')
    await app.picture(page, 'preferences-no-notifications')
  })

  it('apply at once: theme, language, what a new machine is proposed with, keys, consoles', async () => {
    const { app, manager } = await start()
    await pretendNotes(app, true)
    const page = await openWindow(app, manager.page, 'preferences', null)
    await page.getByText('High contrast').click()
    for (const shown of [page, manager.page]) {
      await expect.poll(() => shown.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(0, 0, 0)')
    }

    await page.getByText('Notify when').click()
    await expect.poll(() => stored(app)).toMatchObject({ notifications: false })
    await app.picture(page, 'preferences-general')

    await choosePage(page, 'Confirmations')
    await page.getByText('pausing a machine').click()
    const started = await manager.page.evaluate(
      (uuid) => Reflect.get(window, 'ringmaster').call('domainCreate', { uuid, fresh: true }),
      SERVER,
    )
    expect(started).toMatchObject({ ok: true })
    await manager.choose('server', 'Pause')
    await manager.dialog().getByText('Pause: “server”?').waitFor()
    await manager.page.keyboard.press('Escape')
    await manager.dialog().waitFor({ state: 'detached' })
    await manager.waitForState('server', 'Running')

    await choosePage(page, 'New machines')
    const memory = page.getByLabel('Memory', { exact: true })
    await memory.fill('5')
    await memory.press('Tab')
    await page.locator('.field-message.error').waitFor()
    await memory.fill('384')
    await memory.press('Tab')
    await page.getByText('raw', { exact: true }).click()
    await page.locator('.field', { hasText: 'Screen' }).locator('.select-button').click()
    await page.getByRole('option', { name: '1280 × 720' }).click()

    await choosePage(page, 'Screen and console')
    await page.getByRole('button', { name: 'Change…' }).click()
    await expect.poll(() => page.getByRole('application').evaluate((node) => node === document.activeElement)).toBe(true)
    await page.keyboard.press('ShiftLeft')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.down('ControlRight')
    await page.keyboard.up('ControlRight')
    await expect.poll(() => page.getByTestId('grab-keys').textContent()).toBe('right Ctrl')
    const font = page.getByLabel('Console text', { exact: true })
    await font.fill('20')
    await font.press('Tab')
    await expect
      .poll(() => stored(app))
      .toMatchObject({ version: 1, theme: 'contrast', newMemoryMiB: 384, newDiskFormat: 'raw', grabKeys: ['ControlRight'] })

    const wizard = await app.createDomain(() => manager.button('New virtual machine').first().click())
    await expect.poll(() => wizard.field('Memory').inputValue()).toBe('384')
    await expect.poll(() => wizard.summary().textContent()).toContain('screen 1280 × 720')
    await wizard.button('Add a disk').click()
    await expect.poll(() => wizard.summary().textContent()).toContain('xvda: new, 8 GiB')
    const format = wizard.disk('xvda').locator('.field', { hasText: 'Format' }).locator('.select-value')
    await expect.poll(() => format.textContent()).toBe('raw')

    const domain = await openWindow(app, manager.page, 'domain', SERVER)
    await domain.getByRole('tab', { name: 'Text console' }).click()
    await expect.poll(() => domain.locator('.xterm-rows').evaluate((rows) => getComputedStyle(rows).fontSize)).toBe('20px')

    await choosePage(page, 'General')
    await page.getByText('Deutsch').click()
    const german = makeTranslator('de')
    await page.getByRole('tab', { name: german('preferences.page-keyboard') }).click()
    await page.getByText('Strg rechts').waitFor()
    await expect.poll(() => manager.page.title()).toBe('Ringmaster')
    await expect.poll(() => manager.page.evaluate(() => document.documentElement.lang)).toBe('de')
  })

  it('leave the menu bars where they are, in the language chosen', { tags: 'long' }, async () => {
    const { app, manager } = await start()
    const bars = () =>
      app.electron.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows().map((window) => `${window.getTitle()}: ${window.isMenuBarVisible()}`),
      )
    await expect.poll(bars).toEqual(['Ringmaster: true'])
    const page = await openWindow(app, manager.page, 'preferences', null)
    await page.getByText('Deutsch').click()
    await manager.page.getByText('Neue virtuelle Maschine').first().waitFor()
    await expect.poll(async () => (await bars()).find((bar) => bar.startsWith('Ringmaster:'))).toBe('Ringmaster: true')
  })

  it('by keyboard alone: pages by arrows, a choice by arrows, a check box by the space bar', async () => {
    const { app, manager } = await start()
    const page = await openWindow(app, manager.page, 'preferences', null)
    await page.getByRole('tab', { name: 'General' }).focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => page.getByRole('radio', { name: 'Light' }).isChecked()).toBe(true)
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Tab')
    const ask = page.getByRole('checkbox', { name: 'forcing a machine off' })
    await expect.poll(() => ask.evaluate((node) => node === document.activeElement)).toBe(true)
    await page.keyboard.press('Space')
    await expect.poll(() => stored(app)).toMatchObject({ theme: 'light', confirmDestroy: false })
  })

  it('of a newer version are put aside and reported, and the app starts with the defaults', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-e2e-'))
    fs.writeFileSync(path.join(folder, 'preferences.json'), JSON.stringify({ version: 99, theme: 'dark' }))
    const { manager } = await start(folder)
    await manager.page.getByText('written by a newer version of Ringmaster').waitFor()
    expect(fs.readdirSync(folder).some((name) => /^preferences\.json\.\d+\.newer$/.test(name))).toBe(true)
  })
})
