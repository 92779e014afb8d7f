// The host's disk is full while windows are open: each change says so in one sentence and shows again what is stored; with room it is done.
// The system's answer is put into main's own file calls. Runs in: plain Node; starts the real Electron on a virtual display.
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { launch, type RunningApp } from './app'
import { ownApp } from './own-app'
import { openWindow, SERVER, settle, stageFolder } from './scenes'

const keep = ownApp()

/** From here on no file can be written, or all can. */
async function fill(app: RunningApp, full: boolean): Promise<void> {
  await app.electron.evaluate((_electron, isFull) => {
    const calls = process.mainModule?.require('node:fs/promises')
    calls.realOpen ??= calls.open
    calls.open = async (file: string, flags: string, mode: number) => {
      if (isFull && /w/.test(flags)) throw Object.assign(new Error('ENOSPC: no space left on device, open'), { code: 'ENOSPC' })
      return calls.realOpen(file, flags, mode)
    }
  }, full)
}

describe('a full disk', () => {
  it('is said once for each change, and nothing is lost', async () => {
    const folder = stageFolder({})
    const app = keep(await launch({ folder }))
    const manager = await app.manager()
    const { page } = manager
    const stored = path.join(folder, 'definitions')
    await app.call(page, 'domainRename', { uuid: SERVER, name: 'server' })
    const before = fs.readFileSync(path.join(stored, `${SERVER}.xml`), 'utf8')
    await fill(app, true)
    await manager.row('server').click()
    await page.keyboard.press('F2')
    await page.keyboard.type('renamed')
    await page.keyboard.press('Enter')
    // The name stays in its field with the reason, until Escape.
    await page.getByRole('alert').getByText('There is no space left for').waitFor()
    await page.keyboard.press('Escape')
    const said = page.locator('.activity').getByText('There is no space left for')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('Hide column Memory')
    await page.keyboard.press('Enter')
    await expect.poll(() => said.count()).toBe(1)
    await page.keyboard.press('Control+k')
    await page.keyboard.type('Hide column Tags')
    await page.keyboard.press('Enter')
    await page.getByRole('columnheader', { name: 'Tags' }).waitFor({ state: 'detached' })
    // The same sentence is not said twice.
    expect(await said.count()).toBe(1)
    await app.picture(page, 'full-disk')
    const preferences = await openWindow(app, page, 'preferences', null)
    await settle(preferences)
    await preferences.getByText('Dark', { exact: true }).click()
    await preferences.getByText('There is no space left for').waitFor()
    await app.picture(preferences, 'full-disk-preferences')
    expect(fs.readFileSync(path.join(stored, `${SERVER}.xml`), 'utf8')).toBe(before)
    expect(fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp'))).toEqual([])
    await fill(app, false)
    await manager.row('server').click()
    await page.keyboard.press('F2')
    await page.keyboard.type('renamed')
    await page.keyboard.press('Enter')
    await manager.row('renamed').waitFor()
    expect(fs.readFileSync(path.join(stored, `${SERVER}.xml`), 'utf8')).toContain('<name>renamed</name>')
  })
})
