// The window of virtual networks on the test driver: made, changed, stopped and deleted, with leases, fixed addresses, forwarded ports and undo.
// Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Device } from '../../src-main/public/device'
import { startMachine } from './domain-setup'
import { NetworksPage } from './networks-page'
import { ownApp } from './own-app'
import { undoByKey } from './undo-key'

const keep = ownApp()

describe('virtual networks', () => {
  it('are made, changed and deleted, with leases and forwarded ports shown', async () => {
    const forwards = [{ protocol: 'tcp', hostPort: 2222, guestPort: 22 } as const]
    const card: Device = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards }
    const { app, manager } = await startMachine([card], keep)
    await manager.button('Application menu').click()
    const page = await app.other(() => manager.menuItem('Virtual networks').click())
    const networks = new NetworksPage(page)
    await page.getByText('TCP 127.0.0.1:2222 → server: 22').waitFor()
    await page.getByRole('cell', { name: '10.0.2.15' }).waitFor()
    await expect.poll(() => networks.button('Delete').isDisabled()).toBe(true)
    await app.picture(page, 'networks')

    // What an interface has it keeps; another one's is written down.
    await networks.button('Keep this address for 00:16:3e:00:00:01').click()
    await networks.button('Add an address').click()
    await networks.field('MAC address').last().fill('00:16:3E:00:00:09')
    await networks.field('Address').last().fill('10.0.3.9')
    await page.getByText('This network has 10.0.2.1 to 10.0.2.254').waitFor()
    await expect.poll(() => networks.button('Apply').isDisabled()).toBe(true)
    await networks.field('Address').last().fill('10.0.2.9')
    await app.picture(page, 'networks-fixed')
    await networks.button('Apply').click()
    await page.getByText('Nothing is changed.').waitFor()
    const file = path.join(app.folder, 'networks.json')
    const hosts = [
      { mac: '00:16:3e:00:00:01', address: '10.0.2.15' },
      { mac: '00:16:3e:00:00:09', address: '10.0.2.9' },
    ]
    expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toMatchObject({ networks: [{ name: 'default', hosts }] })
    await page.getByRole('cell', { name: 'yes', exact: true }).waitFor()
    await networks.button('Remove this address').last().click()
    await networks.button('Apply').click()
    await page.getByText('Nothing is changed.').waitFor()
    expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toMatchObject({ networks: [{ hosts: hosts.slice(0, 1) }] })

    await networks.button('New network').click()
    await networks.field('Name').fill('lab')
    await networks.open('Kind')
    for (const kind of ['routed', 'bridged']) {
      await expect.poll(() => networks.choice(kind).getAttribute('aria-disabled')).toBe('true')
    }
    await app.picture(page, 'networks-kinds')
    await networks.choice('isolated').click()
    await page.getByText('Routed and bridged networks need a helper with special rights; they come later.').waitFor()
    await networks.field('Gateway').fill('10.0.2.5')
    await networks.button('Create').click()
    await page.getByText('overlap').waitFor()
    await networks.field('Gateway').fill('10.9.0')
    await page.getByText('Four numbers with dots').waitFor()
    await networks.field('Gateway').fill('10.9.0.1')
    await expect.poll(() => networks.field('From').inputValue()).toBe('10.9.0.15')
    await networks.button('Create').click()
    await networks.item('lab').waitFor()
    await networks.field('To').fill('10.9.0.30')
    await networks.button('Apply').click()
    await page.getByText('Nothing is changed.').waitFor()
    const stored = fs.readFileSync(path.join(app.folder, 'networks.json'), 'utf8')
    expect(stored).toContain('10.9.0.30')
    // Stopped by mouse, started by keyboard; what is typed in the form meanwhile stays.
    await networks.field('From').fill('10.9.0.16')
    await networks.button('Stop').click()
    await networks.item('lab').getByText('isolated, stopped').waitFor()
    await app.picture(page, 'networks-stopped')
    expect(JSON.parse(fs.readFileSync(path.join(app.folder, 'networks.json'), 'utf8'))).toMatchObject({
      networks: [{ name: 'default' }, { name: 'lab', stopped: true, dhcp: { first: '10.9.0.15' } }],
    })
    expect(await networks.field('From').inputValue()).toBe('10.9.0.16')
    await networks.button('Start').focus()
    await page.keyboard.press('Enter')
    await networks.button('Stop').waitFor()
    expect(await networks.item('lab').getByText('stopped').count()).toBe(0)
    await networks.button('Revert').click()
    await networks.button('Delete').click()
    await networks.dialog().getByRole('button', { name: 'Delete' }).click()
    await networks.item('lab').waitFor({ state: 'detached' })
    // What was done is taken back, the newest first: by the bar, then by the key.
    await page.locator('.undo-bar').getByRole('button', { name: 'Undo' }).click()
    await networks.item('lab').click()
    await expect.poll(() => networks.field('To').inputValue()).toBe('10.9.0.30')
    await app.picture(page, 'networks-undone')
    await networks.item('lab').focus()
    await undoByKey(page)
    await networks.button('Start').waitFor()
    await networks.item('lab').focus()
    await undoByKey(page)
    await networks.button('Stop').waitFor()
    await networks.item('lab').focus()
    await undoByKey(page)
    await expect.poll(() => networks.field('To').inputValue()).toBe('10.9.0.250')
    // Another window changed it since: that stays, and is said.
    const lab = { name: 'lab', kind: 'isolated', address: '10.9.0.1', prefix: 25, hosts: [], hostLoopback: true }
    await app.call(page, 'networkDefine', { network: lab, replaces: 'lab' })
    await networks.item('lab').focus()
    await undoByKey(page)
    await page.getByText('“lab” was changed elsewhere').waitFor()
    await app.picture(page, 'networks-undo-refused')
    await networks.item('lab').waitFor()
  })
})
