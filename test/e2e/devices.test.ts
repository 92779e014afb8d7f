// Devices through the windows, on the test driver: the wizard with disks, network and screen; Details, Screen, figures and
// XenStore of a machine that runs; virtual networks. Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { TestImages } from '../../src-main/driver/test/test-images'
import type { Device } from '../../src-main/public/device'
import { readPng } from '../support/png'
import { LONG } from '../support/tier'
import { type LaunchOptions, launch, type RunningApp } from './app'
import type { CreateDomainPage } from './create-domain-page'
import type { DomainPage } from './domain-page'
import type { ManagerPage } from './manager-page'
import { NetworksPage } from './networks-page'
import { ownApp } from './own-app'
import { undoByKey } from './undo-key'

const keep = ownApp()
const UUID = '11111111-2222-4333-8444-555555555555'

interface Started {
  readonly app: RunningApp
  readonly manager: ManagerPage
  readonly kernel: string
}

async function start(options: LaunchOptions = {}): Promise<Started> {
  const app = await launch(options)
  keep(app)
  const kernel = path.join(app.folder, 'vmlinuz')
  fs.writeFileSync(kernel, 'kernel')
  return { app, manager: await app.manager(), kernel }
}

/** A definition in the folder before the app starts, and its window once it runs. */
async function startWith(devices: readonly Device[], options: LaunchOptions = {}): Promise<Started & { domain: DomainPage }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-e2e-'))
  const uuid = UUID
  for (const name of ['definitions', 'disks']) fs.mkdirSync(path.join(folder, name))
  const kernel = path.join(folder, 'vmlinuz')
  fs.writeFileSync(kernel, 'kernel')
  const config = { name: 'server', memoryMiB: 256, vcpus: 1, kernel, ramdisk: null, cmdline: 'console=hvc0', devices }
  const definition = { version: 2, uuid, config, managedSave: null, savedConfig: null }
  fs.writeFileSync(path.join(folder, 'definitions', `${uuid}.json`), JSON.stringify(definition))
  const app = await launch({ env: { RINGMASTER_TEST_DELAY_MS: '100' }, ...options, folder })
  keep(app)
  const manager = await app.manager()
  const domain = await app.domain(() => manager.row('server').dblclick())
  await domain.button('Run').first().click()
  await domain.waitForState('Running')
  return { app, manager, kernel, domain }
}

const screen: Device = { kind: 'vfb', width: 800, height: 600 }

function wizard({ app, manager }: Started): Promise<CreateDomainPage> {
  return app.createDomain(() => manager.button('New virtual machine').first().click())
}

describe('the wizard', () => {
  it('makes a Debian guest with one press: disk, network and screen are there', async () => {
    const started = await start()
    const form = await wizard(started)
    await started.app.picture(form.page, 'ready-guests')
    const domain = await started.app.domain(() => form.button('Make a Debian guest').click())
    await started.manager.waitForState('Debian', 'Running')
    await started.app.picture(domain.page, 'debian-guest')
    await expect.poll(() => form.page.isClosed()).toBe(true)
  })

  it('makes a machine with a new disk, a network with a forwarded port and a screen', async () => {
    const started = await start()
    const create = await wizard(started)
    const { page } = create
    await create.field('Name').fill('server')
    await create.field('Kernel').fill(started.kernel)
    await create.button('Add a disk').click()
    const place = create.disk('xvda').getByLabel('Place')
    await expect.poll(() => place.getAttribute('placeholder')).toBe(path.join(started.app.folder, 'disks', 'server.qcow2'))
    await create.disk('xvda').getByLabel('Size').fill('3')
    await create.disk('xvda').getByLabel('Size').press('Tab')
    await expect.poll(() => create.field('MAC address').inputValue()).toMatch(/^00:16:3e:/)
    await create.button('Add a port').click()
    await page.getByLabel('Host port').fill('2222')
    await page.getByLabel('Guest port').fill('22')
    await create.choose('Mode', '800 × 600')
    await expect
      .poll(() => create.summary().textContent())
      .toBe('server · 256 MiB · xvda: new, 3 GiB · network default · screen 800 × 600')
    await started.app.picture(page, 'wizard-devices')
    const domain = await started.app.domain(() => create.button('Create and run').click())
    await domain.waitForState('Running')
    expect(
      fs
        .readFileSync(path.join(started.app.folder, 'disks', 'server.qcow2'))
        .subarray(0, 3)
        .toString(),
    ).toBe('QFI')
  })

  it('says beside its field what is wrong with a device, and asks before a guest may write to a typed file', async () => {
    const started = await start()
    const create = await wizard(started)
    const { page } = create
    const image = path.join(started.app.folder, 'mine.raw')
    fs.writeFileSync(image, Buffer.alloc(4096))
    await create.field('Kernel').fill(started.kernel)
    await create.button('Add a disk').click()
    await create.disk('xvda').getByText('Existing file').click()
    await create.field('MAC address').fill('01:16:3e:00:00:01')
    await create.button('Add a port').click()
    await create.button('Create and run').click()
    await create.disk('xvda').getByText('A file is needed').waitFor()
    await page.getByText('Six pairs of hexadecimal digits').waitFor()
    await page.getByText('Ports go from 1 to 65535').waitFor()
    await started.app.picture(page, 'wizard-device-errors')
    await create.field('MAC address').fill('00-16-3E-00-00-01')
    await create.button('Remove this forward').click()
    await create.disk('xvda').getByLabel('File', { exact: true }).fill(image)
    await create.disk('xvda').getByText('raw, 4 KiB').waitFor()

    const answer = (response: number) =>
      started.app.electron.evaluate(({ dialog }, chosen) => {
        dialog.showMessageBox = async () => ({ response: chosen, checkboxChecked: false })
      }, response)
    await answer(1)
    await create.button('Create and run').click()
    await create.refusal().waitFor()
    await expect.poll(() => create.refusal().textContent()).toContain('You did not allow')
    await answer(0)
    const domain = await started.app.domain(() => create.button('Create and run').click())
    await domain.waitForState('Running')
  })

  it('makes a machine on another network or on none, with disks of each format, without a screen', async () => {
    const started = await start()
    const { app, manager } = started
    const lab = { name: 'lab', kind: 'isolated', address: '10.9.0.1', prefix: 24, hosts: [], hostLoopback: true }
    expect(await app.call(manager.page, 'networkDefine', { network: lab, replaces: null })).toMatchObject({ ok: true })
    const definitions = () => {
      const folder = path.join(app.folder, 'definitions')
      const names = fs.readdirSync(folder).filter((name) => name.endsWith('.xml'))
      return names.map((name) => fs.readFileSync(path.join(folder, name), 'utf8'))
    }
    for (const [name, network] of [
      ['inner', 'lab'],
      ['alone', 'No network'],
    ] as const) {
      const create = await wizard(started)
      await create.field('Name').fill(name)
      await create.field('Kernel').fill(started.kernel)
      for (const [dev, format] of [
        ['xvda', 'qcow2'],
        ['xvdb', 'raw'],
      ] as const) {
        await create.button('Add a disk').click()
        await create.disk(dev).locator('.field', { hasText: 'Format' }).locator('.select-button').click()
        await create.page.getByRole('option', { name: format }).click()
        await create.disk(dev).getByLabel('Size').fill('1')
        await create.disk(dev).getByLabel('Size').press('Tab')
      }
      await create.choose('Attached to', network)
      await expect
        .poll(() => create.summary().textContent())
        .toMatch(network === 'lab' ? /network lab · text console only$/ : /no network · text console only$/)
      const domain = await app.domain(() => create.button('Create and run').click())
      await domain.waitForState('Running')
      const text = definitions().find((one) => one.includes(`<name>${name}</name>`)) ?? ''
      expect(/<source network=.lab./.test(text)).toBe(network === 'lab')
      expect(text).not.toMatch(/<graphics|<interface.*default/)
      expect([...text.matchAll(/<driver [^>]*type=.(\w+)/g)].map((match) => match[1])).toEqual(['qcow2', 'raw'])
    }
    // qcow2's magic word, or a GiB that is not there yet.
    const kind = (name: string) => {
      const file = path.join(app.folder, 'disks', name)
      const head = Buffer.alloc(3)
      const fd = fs.openSync(file, 'r')
      fs.readSync(fd, head)
      fs.closeSync(fd)
      return head.toString() === 'QFI' ? 'qcow2' : fs.statSync(file).size
    }
    expect(['inner.qcow2', 'alone.qcow2'].map(kind)).toEqual(['qcow2', 'qcow2'])
    expect(['inner.raw', 'alone.raw'].map(kind)).toEqual([2 ** 30, 2 ** 30])
  })

  it('is filled in and sent with the keyboard alone', async () => {
    const started = await start()
    const create = await wizard(started)
    const { page } = create
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '')
    const tabTo = async (words: string) => {
      for (let presses = 0; presses < 40 && !(await focused()).includes(words); presses += 1) await page.keyboard.press('Tab')
      expect(await focused()).toContain(words)
    }
    await expect.poll(() => create.field('MAC address').inputValue()).toMatch(/^00:16:3e:/)
    // The kernel has the keyboard from the start.
    await page.keyboard.type(started.kernel)
    await tabTo('Add a disk')
    await page.keyboard.press('Enter')
    await create.disk('xvda').waitFor()
    await tabTo('qcow2')
    await page.keyboard.press('ArrowDown')
    await page.getByRole('option', { name: 'raw' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await tabTo('None')
    await page.keyboard.type('1024')
    await expect.poll(() => create.summary().textContent()).toContain('screen 1024 × 768')
    await tabTo('Create and run')
    const domain = await started.app.domain(() => page.keyboard.press('Enter'))
    await domain.waitForState('Running')
    expect(fs.existsSync(path.join(started.app.folder, 'disks', 'guest-1.raw'))).toBe(true)
  })
})

describe('the screen of a machine', () => {
  it('shows the guest, takes keys and pointer, and gives the keyboard back at Ctrl+Alt', async () => {
    const { app, domain } = await startWith([screen])
    const { page } = domain
    await domain.waitForScreen()
    await expect.poll(() => domain.screenCanvas().getAttribute('aria-label')).toContain('Screen of server')
    await domain.screenCanvas().click({ position: { x: 50, y: 40 } })
    await expect.poll(() => domain.keyboard().textContent()).toContain('Keyboard: guest')
    await page.keyboard.press('a')
    await page.keyboard.press('Tab')
    await app.picture(page, 'screen')
    await domain.button('Send key').click()
    await page.getByRole('menuitem', { name: 'Ctrl+Alt+Delete' }).click()
    await expect.poll(() => domain.keyboard().textContent()).toContain('Keyboard: guest')
    // A modifier held from the menu is down for one key.
    await domain.button('Send key').click()
    await page.getByRole('menuitem', { name: 'Hold Super for the next key' }).click()
    await expect.poll(() => domain.keyboard().textContent()).toContain('Held for the next key: Super')
    await app.picture(page, 'screen-held')
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('CANVAS')
    await page.keyboard.press('b')
    await expect.poll(() => domain.keyboard().textContent()).toContain('Keyboard: guest')
    await page.keyboard.down('ControlLeft')
    await page.keyboard.down('AltLeft')
    await page.keyboard.up('AltLeft')
    await page.keyboard.up('ControlLeft')
    await expect.poll(() => domain.keyboard().textContent()).toContain('Keyboard: here')
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('tab')
    await domain.tab('Log').click()
    for (const key of ['61', 'ff09', 'ffff', 'ffeb', '62']) {
      await domain.logLine(`screen: key ${key} down`).waitFor()
      await domain.logLine(`screen: key ${key} up`).waitFor()
    }
    // Nothing stays down in the guest.
    const lines = await page.locator('.log-text').allTextContents()
    const count = (end: string) => lines.filter((line) => line.startsWith('screen: key') && line.endsWith(end)).length
    expect(count('down')).toBe(count('up'))
    await domain.logLine(/screen: pointer \d+ \d+ buttons 1/).waitFor()
  })

  it.each(LONG ? [1, 1.25, 1.5, 2, 3] : [1.5])(
    'is drawn pixel on pixel at %s, and a click arrives on its pixel',
    async (scale) => {
      const { app, domain } = await startWith([screen], { scale })
      const { page } = domain
      await domain.waitForScreen()
      await page.getByText('1:1').click()
      const box = () => domain.screenCanvas().boundingBox()
      await expect.poll(async () => Math.round(((await box())?.width ?? 0) * scale * 64) / 64).toBe(800)
      const found = await box()
      if (found === null) throw new Error('no canvas')
      // Whole device pixels, or it would be blurred.
      for (const edge of [found.x, found.y]) expect(Math.abs(edge * scale - Math.round(edge * scale))).toBeLessThan(0.02)
      // And what the window shows there is the picture, pixel by pixel: its stripes and its ramp, which stand still.
      const compared = async () => {
        const pixels = await domain.screenPixels()
        const shown = readPng(await page.screenshot())
        const [left, top] = [Math.round(found.x * scale), Math.round(found.y * scale)]
        const wrong = pixels.filter((pixel, at) => {
          const [x, y] = [at % 800, Math.floor(at / 800)]
          return x < 400 && y >= 60 && y < 150 && shown.pixels[(top + y) * shown.width + left + x] !== pixel
        })
        return { wrong: wrong.length, colourful: new Set(pixels).size > 200 }
      }
      await expect.poll(compared, { timeout: 60_000 }).toEqual({ wrong: 0, colourful: true })
      await page.mouse.click(found.x + (123 + 0.5) / scale, found.y + (45 + 0.5) / scale)
      await app.picture(page, `screen-exact-${scale}`)
      await domain.tab('Log').click()
      await domain.logLine('screen: pointer').first().waitFor()
      const line = (await domain.logLine('buttons 1').first().textContent()) ?? ''
      const [, x = 0, y = 0] = (/pointer (\d+) (\d+)/.exec(line) ?? []).map(Number)
      expect(Math.abs(x - 123)).toBeLessThanOrEqual(1)
      expect(Math.abs(y - 45)).toBeLessThanOrEqual(1)
    },
  )

  it('is typed what was copied, on the keyboard the guest has', async () => {
    const { app, domain } = await startWith([screen])
    const { page } = domain
    await domain.waitForScreen()
    await app.electron.evaluate(({ clipboard }) => clipboard.writeText('yZ{'))
    await domain.button('Paste as typing').click()
    await page.getByRole('menuitem', { name: 'Type it: guest has a German keyboard' }).click()
    await expect.poll(() => domain.keyboard().textContent()).toContain('Typed 3 of 3')
    await domain.button('Send key').click()
    await page.getByRole('menuitem', { name: 'Ctrl+Alt+Shift+Esc' }).click()
    await domain.tab('Log').click()
    for (const key of ['79', '5a', '7b', 'ff1b']) await domain.logLine(`screen: key ${key} up`).waitFor()
    const lines = await page.locator('.log-text').allTextContents()
    const count = (end: string) => lines.filter((line) => line.startsWith('screen: key') && line.endsWith(end)).length
    expect(count('down')).toBe(count('up'))
  })

  it('is saved as a picture, fills the screen and comes back', async () => {
    const { app, domain } = await startWith([screen])
    const { page } = domain
    await domain.waitForScreen()
    const file = path.join(app.folder, 'shot.png')
    await app.answerFileDialogs(file)
    await domain.button('Save a picture of the screen').click()
    await expect.poll(() => fs.existsSync(file)).toBe(true)
    expect(fs.readFileSync(file).readUInt32BE(16)).toBe(800)
    const tell = (on: boolean) =>
      app.electron.evaluate(({ BrowserWindow }, full) => {
        const window = BrowserWindow.getAllWindows().find((each) => each.webContents.getURL().includes('view=domain'))
        window?.emit(full ? 'enter-full-screen' : 'leave-full-screen')
      }, on)
    // Without a window manager a virtual display has no full screen: its event is what the page acts on.
    await domain.button('Full screen').click()
    await tell(true)
    await page.locator('.toolbar').waitFor({ state: 'hidden' })
    await app.picture(page, 'screen-full')
    await page.getByRole('button', { name: 'Leave full screen' }).waitFor()
    // Its bar tells what the status line does, and stays while a key is held.
    const bar = page.getByRole('toolbar', { name: 'Full screen' })
    await bar.hover()
    await bar.getByText('1:1').click()
    await expect.poll(async () => (await domain.screenCanvas().boundingBox())?.width).toBe(800)
    await bar.getByRole('button', { name: 'Send key' }).click()
    await page.getByRole('menuitem', { name: 'Hold Super for the next key' }).click()
    await page.mouse.move(400, 300)
    await expect.poll(() => domain.keyboard().textContent()).toContain('Held for the next key: Super')
    await expect.poll(async () => (await bar.boundingBox())?.y).toBe(0)
    await app.picture(page, 'screen-full-held')
    await page.keyboard.press('b')
    await expect.poll(async () => (await bar.boundingBox())?.y ?? 0).toBeLessThan(0)
    await tell(false)
    await page.locator('.toolbar').waitFor()
    // Fitted in full screen alone, as the preferences may say.
    const kept = await app.call(page, 'preferencesGet', {})
    expect(await app.call(page, 'preferencesSet', { ...kept.value, screenScale: 'fullScreen' })).toMatchObject({ ok: true })
    const width = async () => Math.round((await domain.screenCanvas().boundingBox())?.width ?? 0)
    await expect.poll(width).toBe(800)
    await tell(true)
    await page.locator('.toolbar').waitFor({ state: 'hidden' })
    await expect.poll(width).toBeGreaterThan(800)
    await tell(false)
    await expect.poll(width).toBe(800)
  })

  it('follows the guest through a reboot, and says so when there is none', async () => {
    const { domain } = await startWith([screen], { env: { RINGMASTER_TEST_DELAY_MS: '4000' } })
    await domain.waitForScreen()
    await domain.button('More ways to stop').click()
    await domain.page.getByRole('menuitem', { name: 'Reboot' }).click()
    await domain.page.getByTestId('screen-connection').filter({ hasText: 'Not connected' }).waitFor()
    await domain.waitForScreen()
    await domain.button('Shut down').click()
    await domain.page.getByText('server is off.').first().waitFor()
  })
})

describe('the details of a machine', () => {
  it('lists its devices; disks and network interfaces come and go while it runs', async () => {
    const { app, domain } = await startWith([])
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

  it('changes a medium, sets the memory at once, and says what applies at the next start', async () => {
    const drive: Device = { kind: 'vbd', dev: 'xvdb', path: '', format: 'raw', readonly: true, removable: true }
    const { app, domain } = await startWith([drive])
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

  it('asks before an image may refer to a file that nobody chose, and keeps the answer', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-disk-'))
    const [secret = '', below = '', image = ''] = ['secret.raw', 'below.qcow2', 'image.qcow2'].map((name) =>
      path.join(folder, name),
    )
    fs.writeFileSync(secret, Buffer.alloc(1 << 20))
    const images = new TestImages(async () => undefined)
    await images.overlay(below, { path: secret, format: 'raw' })
    await images.overlay(image, { path: below, format: 'qcow2' })
    const { app, manager, kernel, domain } = await startWith([])
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

  it('says why a machine stands when its disk has no room here, until there is some; and lets choose', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-disk-'))
    const image = path.join(folder, 'disk.raw')
    fs.writeFileSync(image, Buffer.alloc(1 << 20))
    const disk: Device = { kind: 'vbd', dev: 'xvda', path: image, format: 'raw', readonly: false, removable: false }
    const { app, manager, domain } = await startWith([disk])
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

  it('lets choose when writes are safe and whether room is given back, when a disk is added and in Details', async () => {
    const { app, domain } = await startWith([])
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
    const { app, domain } = await startWith([screen])
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

describe('figures of devices', () => {
  it('are charts with axes and legends beside processor and memory, and columns of the list when wanted', async () => {
    const drive: Device = { kind: 'vbd', dev: 'xvda', path: '', format: 'raw', readonly: true, removable: true }
    const card: Device = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] }
    const { app, manager, domain } = await startWith([drive, card])
    await domain.tab('Performance').click()
    for (const name of ['Drive xvda', 'Network interface 0']) {
      const chart = domain.chart(name)
      await chart.waitFor()
      await expect.poll(() => chart.getAttribute('aria-label')).toMatch(/iB\/s|B\/s/)
    }
    await domain.page.getByText('Requests', { exact: true }).click()
    await expect.poll(() => domain.chart('Drive xvda').getAttribute('aria-label')).toMatch(/^Drive xvda: \d+\/s, \d+\/s$/)
    await app.picture(domain.page, 'performance-devices')

    const columns = () => manager.page.locator('.column-name').allTextContents()
    await expect.poll(columns).toEqual(['Name', 'State', 'CPU', 'Memory', 'Network', 'Tags'])
    await manager.button('Columns').click()
    await manager.menuItem('Disk').click()
    await manager.menu().waitFor({ state: 'detached' })
    await expect.poll(columns).toEqual(['Name', 'State', 'CPU', 'Memory', 'Disk', 'Network', 'Tags'])
    await expect.poll(() => manager.row('server').locator('.figure.traffic').count()).toBe(2)
    await app.picture(manager.page, 'list-traffic')
  })
})

describe('virtual networks', () => {
  it('are made, changed and deleted, with leases and forwarded ports shown', async () => {
    const forwards = [{ protocol: 'tcp', hostPort: 2222, guestPort: 22 } as const]
    const card: Device = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards }
    const { app, manager } = await startWith([card])
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
