// Devices in Details of a machine that runs, on the test driver: they come, go and change; what images refer to; a full host; XenStore.
// Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { TestImages } from '../../src-main/driver/test/test-images'
import type { Device } from '../../src-main/public/device'
import { startMachine, UUID } from './domain-setup'
import { ownApp } from './own-app'

const keep = ownApp()

const screen: Device = { kind: 'vfb', width: 800, height: 600 }

describe('the details of a machine', () => {
  it('lists its devices; disks and network interfaces come and go while it runs', async () => {
    const { app, domain } = await startMachine([], keep)
    const { page } = domain
    await domain.tab('Details').click()
    await domain.addDevice('Disk')
    await app.picture(page, 'details-add-disk')
    await domain.dialog().getByRole('button', { name: 'Add', exact: true }).click()
    await domain.part('Disk xvda').waitFor()
    await domain.details().getByText('attached').waitFor()
    // A guest without the driver does not see it, whatever domain 0 offers.
    const { domid } = (await app.call(page, 'domainInfo', { uuid: UUID })).value
    const state = { uuid: UUID, path: `/local/domain/0/backend/vbd/${JSON.stringify(domid)}/51712/state` }
    await app.call(page, 'storeWrite', { ...state, value: '2' })
    await domain.details().getByText('not taken: xen-blkfront is not loaded in the guest').waitFor()
    await app.picture(page, 'details-not-taken')
    await app.call(page, 'storeWrite', { ...state, value: '4' })
    await domain.details().getByText('attached', { exact: true }).waitFor()
    expect(fs.existsSync(path.join(app.folder, 'disks', 'server.qcow2'))).toBe(true)
    await domain.addDevice('Network interface')
    await expect.poll(() => domain.dialog().getByLabel('MAC address').inputValue()).toMatch(/^00:16:3e:/)
    await page.keyboard.press('Enter')
    await domain.part('Network interface 0').waitFor()
    // The page of a screen that is not there leads to the dialog that adds one; Run, which does nothing, is not offered.
    await domain.tab('Screen').click()
    await page.getByText('server has no screen.').waitFor()
    await app.picture(page, 'screen-none')
    expect(await page.getByRole('tabpanel', { name: 'Screen' }).getByRole('button', { name: 'Run' }).count()).toBe(0)
    await domain.button('Add a screen…').click()
    await domain.dialog().getByText('It will be there at the next start.').waitFor()
    await domain.dialog().getByRole('button', { name: 'Add', exact: true }).click()
    await domain.details().getByText('from the next start on').waitFor()
    await app.picture(page, 'details-devices')
    await domain.part('Disk xvda').click()
    await domain.button('Remove').click()
    await domain.dialog().getByText('server.qcow2 stays').waitFor()
    await page.keyboard.press('Escape')
    await domain.part('Disk xvda').waitFor()
    await domain.button('Remove').click()
    await domain.dialog().getByRole('button', { name: 'Remove' }).click()
    await domain.part('Disk xvda').waitFor({ state: 'detached' })
    expect(fs.existsSync(path.join(app.folder, 'disks', 'server.qcow2'))).toBe(true)
  })

  it('changes a medium, sets the memory at once, and says what applies at the next start', { tags: 'long' }, async () => {
    const drive: Device = { kind: 'vbd', dev: 'xvdb', path: '', format: 'raw', readonly: true, removable: true }
    const { app, domain } = await startMachine([drive], keep)
    const { page } = domain
    const image = path.join(app.folder, 'cd.iso')
    fs.writeFileSync(image, Buffer.alloc(2048))
    await domain.tab('Details').click()
    await domain.part('Drive xvdb').click()
    await app.answerFileDialogs(image)
    await domain.button('Change medium…').click()
    await domain.details().getByText(image).waitFor()
    await domain.button('Eject').click()
    await domain.details().getByText('no medium').waitFor()

    await domain.part('Memory').click()
    const slider = page.getByRole('slider')
    await slider.focus()
    await page.keyboard.press('PageDown')
    await page.keyboard.press('Home')
    await domain.details().getByText('16 MiB', { exact: true }).waitFor()
    await page.getByLabel('Maximum').fill('512')
    await page.getByLabel('Maximum').press('Tab')
    await page.getByText('At the next start: Memory.').waitFor()
    await domain.part('Boot').click()
    await page.getByLabel('Command line').fill('console=hvc0 quiet')
    await app.picture(page, 'details-edits')
    await domain.button('Apply').click()
    await page.getByText('Nothing is changed.').waitFor()
    await domain.button('Shut down').click()
    await domain.waitForState('Shut off')
    await domain.button('Run').first().click()
    await domain.waitForState('Running')
    await domain.part('Memory').click()
    // What it was given while it ran, of what it may have now.
    await domain.details().getByText('16 MiB of 512 MiB').waitFor()
  })

  it('says the size of a disk again when its image was resized, and when the page comes back into sight', {
    tags: 'long',
  }, async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-e2e-'))
    const image = path.join(folder, 'disks', 'data.raw')
    const disk: Device = { kind: 'vbd', dev: 'xvda', path: image, format: 'raw', readonly: false, removable: false }
    const prepare = () => {
      fs.writeFileSync(image, '')
      fs.truncateSync(image, 8 << 20)
    }
    const { app, domain } = await startMachine([disk], keep, { folder, prepare })
    await domain.tab('Details').click()
    await domain.part('Disk xvda').click()
    await domain.details().getByText('8 MiB;').waitFor()
    // Another program writes to it, which no event tells.
    fs.truncateSync(image, 12 << 20)
    await domain.tab('Log').click()
    await domain.tab('Details').click()
    await domain.details().getByText('12 MiB;').waitFor()
    await domain.button('Shut down').click()
    await domain.waitForState('Shut off')
    const done = await app.call(domain.page, 'volumeResize', { pool: 'default', name: 'data.raw', sizeMiB: 16 })
    expect(done.ok, JSON.stringify(done)).toBe(true)
    await domain.details().getByText('16 MiB;').waitFor()
  })

  it('asks before an image may refer to a file that nobody chose, and keeps the answer', { tags: 'long' }, async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-disk-'))
    const [secret = '', below = '', image = ''] = ['secret.raw', 'below.qcow2', 'image.qcow2'].map((name) =>
      path.join(folder, name),
    )
    fs.writeFileSync(secret, Buffer.alloc(1 << 20))
    const images = new TestImages(async () => undefined)
    await images.overlay(below, { path: secret, format: 'raw' })
    await images.overlay(image, { path: below, format: 'qcow2' })
    const { app, manager, kernel, domain } = await startMachine([], keep)
    const { page } = domain
    await domain.tab('Details').click()
    await domain.addDevice('Disk')
    await domain.dialog().getByText('Existing file').click()
    await app.answerFileDialogs(image)
    await domain.dialog().getByRole('button', { name: 'Browse for the image of xvda' }).click()
    await domain.dialog().getByText('qcow2, 1 MiB').waitFor()
    await domain.dialog().getByRole('button', { name: 'Add', exact: true }).click()
    // First the one it builds on, then what that builds on.
    const question = page.getByRole('alertdialog', { name: 'Open a file that you did not choose?' })
    await question.getByText(below, { exact: true }).waitFor()
    await app.picture(page, 'backing-question')
    await question.getByRole('button', { name: 'Open it' }).click()
    await question.getByText(secret, { exact: true }).waitFor()
    await page.keyboard.press('Enter')
    await question.waitFor({ state: 'detached' })
    await domain.dialog().getByRole('button', { name: 'Add', exact: true }).click()
    await question.getByText(secret, { exact: true }).waitFor()
    await question.getByRole('button', { name: 'Open it' }).click()
    await domain.part('Disk xvda').waitFor()
    const definition = () => fs.readFileSync(path.join(app.folder, 'definitions', `${UUID}.xml`), 'utf8')
    expect(definition()).toContain(`${secret}</`)

    // What the definition does not allow is asked about at the start.
    await domain.button('Shut down').click()
    await domain.waitForState('Shut off')
    const disk = { kind: 'vbd', dev: 'xvda', path: image, format: 'qcow2', readonly: false, removable: false }
    const devices = [{ ...disk, allowedBacking: [below] }]
    const config = { name: 'server', memoryMiB: 256, vcpus: 1, kernel, ramdisk: null, cmdline: '', devices }
    expect(await app.call(page, 'domainRedefine', { uuid: UUID, config })).toMatchObject({ ok: true })
    expect(definition()).not.toContain(secret)
    await domain.button('Run').first().click()
    await question.getByText(secret, { exact: true }).waitFor()
    await question.getByRole('button', { name: 'Do not open' }).click()
    await domain.waitForState('Shut off')
    await manager.row('server').click()
    await manager.button('Run').first().click()
    const there = manager.page.getByRole('alertdialog', { name: 'Open a file that you did not choose?' })
    await there.getByRole('button', { name: 'Open it' }).click()
    await domain.waitForState('Running')
    expect(definition()).toContain(`${secret}</`)
    fs.rmSync(folder, { recursive: true })
  })

  it('says why a machine stands when its disk has no room here, until there is some; and lets choose', {
    tags: 'long',
  }, async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-disk-'))
    const image = path.join(folder, 'disk.raw')
    fs.writeFileSync(image, Buffer.alloc(1 << 20))
    const disk: Device = { kind: 'vbd', dev: 'xvda', path: image, format: 'raw', readonly: false, removable: false }
    const { app, manager, domain } = await startMachine([disk], keep)
    await domain.tab('Details').click()
    await domain.part('Disk xvda').click()
    await domain.button('The guest sees an I/O error Host disk full').click()
    await domain.page.getByRole('option', { name: 'The machine is paused until there is room' }).click()
    await domain.page.getByText('At the next start: Disk xvda.').waitFor()
    await domain.button('Apply').click()
    await domain.page.getByText('Nothing is changed.').waitFor()
    expect(fs.readFileSync(path.join(app.folder, 'definitions', `${UUID}.xml`), 'utf8')).toMatch(/error_policy=.enospace./)

    await domain.tab('Text console').click()
    await domain.waitForText('Try “help”')
    await domain.type('hostfull\r')
    await domain
      .notice()
      .filter({ hasText: `Free some space where ${image} lies` })
      .waitFor()
    await domain.waitForState('Paused')
    await manager.row('server').getByText('Paused: no room on this computer').waitFor()
    await app.picture(domain.page, 'host-full')
    await domain.type('hostroom\r')
    await domain.waitForState('Running')
    await domain.notice().waitFor({ state: 'detached' })
    fs.rmSync(folder, { recursive: true })
  })

  it('lets choose when writes are safe and whether room is given back, when a disk is added and in Details', {
    tags: 'long',
  }, async () => {
    const { app, domain } = await startMachine([], keep)
    await domain.tab('Details').click()
    await domain.addDevice('Disk')
    const { page } = domain
    const choose = async (field: string, name: string) => {
      await page.getByRole('button', { name: field }).click()
      await page.getByRole('option', { name }).click()
    }
    // By the keyboard alone: the folded part is the browser's own.
    await domain.dialog().getByText('Advanced').focus()
    await page.keyboard.press('Enter')
    await domain.dialog().getByText('The guest says when its writes must be on the disk').waitFor()
    await choose('Cache mode', 'Never waited for (unsafe)')
    await choose('Discard mode', 'Keep it (ignore)')
    await domain.dialog().getByText('a power cut here can cost the guest its files').waitFor()
    await app.picture(page, 'disk-modes-added')
    await domain.dialog().getByRole('button', { name: 'Add', exact: true }).click()
    await domain.part('Disk xvda').click()
    const definition = () => fs.readFileSync(path.join(app.folder, 'definitions', `${UUID}.xml`), 'utf8')
    expect(definition()).toMatch(/<driver .*cache=.unsafe.*discard=.ignore./)

    await choose('Cache mode', 'Safe at once (writethrough)')
    await choose('Discard mode', 'Give room back (unmap)')
    await page.getByText('At the next start: Disk xvda.').waitFor()
    await app.picture(page, 'disk-modes-details')
    await domain.button('Apply').click()
    await page.getByText('Nothing is changed.').waitFor()
    expect(definition()).toMatch(/<driver .*cache=.writethrough.*discard=.unmap./)
  })

  it('shows XenStore as a tree that can be searched', async () => {
    const { app, domain } = await startMachine([screen], keep)
    await domain.tab('Inside').click()
    await domain.part('XenStore').click()
    const tree = domain.page.getByRole('treegrid')
    await tree.getByText('control', { exact: true }).waitFor()
    await app.picture(domain.page, 'xenstore')
    await domain.page.getByLabel('Filter by path or value').fill('backend')
    await tree.getByText('/local/domain/0/backend/vfb/1/0').waitFor()
    await tree.getByText('control', { exact: true }).waitFor({ state: 'detached' })
  })
})
