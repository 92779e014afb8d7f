// Details of a machine that runs: what applies at once and what at the next start, changes that would be left behind, and two
// windows that change one machine. On the test driver. Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import path from 'node:path'
import type { Locator } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { readDomainXml } from '../../src-main/config/domain-xml'
import type { CallName } from '../../src-main/public/calls'
import type { Device } from '../../src-main/public/device'
import { explainError } from '../../src-main/public/error-code'
import { closing, pressAndClose, type RunningApp } from './app'
import { startMachine, UUID } from './domain-setup'
import { ownApp } from './own-app'

const keep = ownApp()
const start = (devices: readonly Device[]) => startMachine(devices, keep)

const nic: Device = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] }
const screen: Device = { kind: 'vfb', width: 800, height: 600 }

/** The second before what the first does can have ended. */
async function pressBoth(first: Locator, second: Locator): Promise<void> {
  const [one, other] = [await first.elementHandle(), await second.elementHandle()]
  await first.page().evaluate(
    (pressed) => {
      for (const element of pressed) if (element instanceof HTMLElement) element.click()
    },
    [one, other],
  )
}

const stored = (app: RunningApp) => {
  const text = fs.readFileSync(path.join(app.folder, 'definitions', `${UUID}.xml`), 'utf8')
  const read = readDomainXml(text, { newMac: () => '' })
  if (!read.ok) throw new Error(explainError(read.error).cause)
  return read.value.config
}

describe('the details of a machine that runs', () => {
  it('have a guest start again when it powers off, at once and by the keyboard alone', async () => {
    const { app, domain } = await start([])
    const { page } = domain
    await domain.tab('Details').click()
    await domain.part('Boot').click()
    await page.getByText('or the default of its first disk’s boot menu').waitFor()
    await page.getByRole('button', { name: /^It stays off Powers off/ }).focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByText('At once: Powers off.').waitFor()
    const outlines = await page.getByRole('button', { name: /Powers off/ }).evaluate((button) => {
      return [button, button.closest('.field')].map((each) => each && getComputedStyle(each).outlineStyle)
    })
    expect(outlines).toEqual(['solid', 'none'])
    await app.picture(page, 'details-stops')
    await domain.button('Apply').click()
    await page.getByText('Nothing is changed.').waitFor()
    expect(stored(app)).toMatchObject({ onPoweroff: 'restart' })
    await domain.tab('Text console').click()
    await domain.waitForText('Try “help”')
    await domain.type('poweroff\r')
    await domain.tab('Log').click()
    await domain.logLine(/Domain 1 stopped: poweroff/).waitFor()
    await domain.logLine(/Domain 2 .* was created/).waitFor()
    await domain.waitForState('Running')
    await domain.button('Shut down').click()
    await domain.waitForState('Shut off')
  })

  it('have the kernel come from the disk itself, and say which that is, or why there is none', { tags: 'long' }, async () => {
    const disk = (folder: string, content: (image: Buffer) => void) => {
      const image = Buffer.alloc(1 << 20)
      content(image)
      fs.writeFileSync(path.join(folder, 'disks', 'own.raw'), image)
    }
    const { app, domain, kernel } = await startMachine([], keep, {
      prepare: (folder) => {
        disk(folder, (image) => image.writeUInt16LE(0xef53, 1024 + 56))
        const file = path.join(folder, 'definitions', `${UUID}.json`)
        const definition = JSON.parse(fs.readFileSync(file, 'utf8'))
        const device = { kind: 'vbd', dev: 'xvda', path: path.join(folder, 'disks', 'own.raw'), format: 'raw' }
        definition.config.devices = [{ ...device, readonly: false, removable: false }]
        fs.writeFileSync(file, JSON.stringify(definition))
      },
    })
    const { page } = domain
    const found = page.getByTestId('disk-kernel')
    await domain.tab('Details').click()
    await domain.part('Boot').click()
    await page.getByText('Start from its own disk').click()
    expect(await found.textContent()).toBe('Read when the machine next starts')
    await page.getByText('The kernel below starts as long as the disk has none').waitFor()
    await page.getByText('At the next start: Start from its own disk.').waitFor()
    await domain.button('Apply').click()
    await page.getByText('Nothing is changed.').waitFor()
    expect(stored(app)).toMatchObject({ bootloader: 'pygrub', kernel })
    await domain.button('Shut down').click()
    await domain.waitForState('Shut off')
    await expect.poll(() => found.textContent()).toBe('Debian GNU/Linux (/boot/vmlinuz-6.1.0-10-amd64)')
    await app.picture(page, 'details-own-kernel')
    for (const [content, words] of [
      [(image: Buffer) => void image.write('FAT32   ', 82), 'No kernel, only FAT'],
      [() => {}, 'No kernel yet'],
      [(image: Buffer) => void image.write('XFSB'), 'has XFS, which cannot be read'],
    ] as const) {
      disk(app.folder, content)
      await domain.part('CPUs').click()
      await domain.part('Boot').click()
      await expect.poll(() => found.textContent()).toContain(words)
    }
    // The whole reason can be read.
    expect(
      await found.evaluate((node) => [getComputedStyle(node).whiteSpace, node.scrollWidth > node.clientWidth + 1]),
    ).toEqual(['normal', false])
    await app.picture(page, 'details-own-kernel-unread')
    await page.getByText('Start from its own disk').click()
    await found.waitFor({ state: 'detached' })
    await domain.button('Apply').click()
    await page.getByText('Nothing is changed.').waitFor()
    expect(stored(app).bootloader).toBe(undefined)
  })

  it('take vcpus off and give them back at once, and say how many the guest uses', { tags: 'long' }, async () => {
    const { app, domain } = await startMachine([], keep, { config: { vcpus: 4 } })
    const { page } = domain
    await domain.tab('Details').click()
    await domain.part('CPUs').click()
    const now = page.getByRole('region', { name: 'Now' })
    const uses = now.locator('dd')
    await expect.poll(() => uses.textContent()).toBe('4')
    const slider = now.getByRole('slider', { name: 'For the guest' })
    await slider.focus()
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    await now.getByText('2 of 4').waitFor()
    await expect.poll(() => uses.textContent()).toBe('2')
    await app.picture(page, 'details-vcpus')
    await page.keyboard.press('End')
    await expect.poll(() => uses.textContent()).toBe('4')
    // Its definition is as it was: Apply has nothing to do.
    await page.getByText('Nothing is changed.').waitFor()
    await domain.button('Pause').click()
    await domain.waitForState('Paused')
    await expect.poll(() => slider.isDisabled()).toBe(true)
  })

  it('say how many vcpus it starts with and may have; one takes the other along', { tags: 'long' }, async () => {
    const { app, domain } = await startMachine([], keep, { config: { vcpus: 4 } })
    const { page } = domain
    await domain.tab('Details').click()
    await domain.part('CPUs').click()
    const [current, most] = [page.getByLabel('Current allocation'), page.getByLabel('Maximum allocation')]
    await expect.poll(() => current.inputValue()).toBe('4')
    await current.fill('2')
    await page.keyboard.press('Tab')
    await page.getByText('At the next start: Virtual CPUs at the start.').waitFor()
    await app.picture(page, 'details-vcpus-start')
    await domain.button('Apply').click()
    await page.getByText('Nothing is changed.').waitFor()
    expect(stored(app)).toMatchObject({ vcpus: 4, currentVcpus: 2 })
    await current.fill('6')
    await page.keyboard.press('Tab')
    await expect.poll(() => most.inputValue()).toBe('6')
    await most.fill('3')
    await page.keyboard.press('Tab')
    await expect.poll(() => current.inputValue()).toBe('3')
    await domain.button('Apply').click()
    await page.getByText('Nothing is changed.').waitFor()
    expect(stored(app)).toMatchObject({ vcpus: 3 })
    expect(stored(app).currentVcpus).toBe(undefined)
  })

  it('say of a disk whose image does not begin as its name says that it is damaged, and not that it is raw', {
    tags: 'long',
  }, async () => {
    const { app, domain } = await startMachine([], keep, {
      prepare: (folder) => {
        const broken = path.join(folder, 'disks', 'broken.qcow2')
        fs.writeFileSync(broken, 'X'.repeat(4096))
        const file = path.join(folder, 'definitions', `${UUID}.json`)
        const definition = JSON.parse(fs.readFileSync(file, 'utf8'))
        definition.config.devices = [
          { kind: 'vbd', dev: 'xvda', path: broken, format: 'raw', readonly: false, removable: false },
        ]
        fs.writeFileSync(file, JSON.stringify(definition))
      },
    })
    await domain.tab('Details').click()
    await domain.part('Disk xvda').click()
    await domain.details().getByText('is called qcow2, but does not begin like one').waitFor()
    expect(await domain.details().locator('dt', { hasText: 'Format' }).locator('+ dd').textContent()).toBe('–')
    await app.picture(domain.page, 'details-damaged')
  })

  it('say where devices are added why other hardware is not there', { tags: 'long' }, async () => {
    const { app, domain } = await start([])
    const { page } = domain
    await domain.tab('Details').click()
    await domain.button('Add a device').click()
    const other = page.getByRole('menuitem', { name: /^Other hardware/ })
    await other.getByText('no buses for sound, USB, PCI').waitFor()
    expect(await other.getAttribute('aria-disabled')).toBe('true')
    await app.picture(page, 'details-add-menu')
    await page.keyboard.press('Escape')
    await other.waitFor({ state: 'detached' })
  })

  it('say what applies now and what at the next start, and do so', async () => {
    const { app, domain } = await start([nic, screen])
    const { page } = domain
    await domain.tab('Details').click()
    await page.getByLabel('Title').fill('The web server')
    await page.getByLabel('Description').fill('One line\nand another')
    await domain.part('Boot').click()
    await page.getByText('Start together with Ringmaster').click()
    await domain.part('Network interface 0').click()
    await domain.details().getByText('10.0.2.15').waitFor()
    await page.getByText('plugged in').click()
    await page.getByLabel('Rate limit').fill('nothing')
    await domain.details().getByText('A whole number of KiB a second').waitFor()
    await expect.poll(() => domain.button('Apply').isDisabled()).toBe(true)
    await page.getByLabel('Rate limit').fill('2048')
    const capture = path.join(app.folder, 'frames.pcap')
    await app.answerFileDialogs(capture)
    await domain.button('Browse for the capture file').click()
    await expect.poll(() => page.getByLabel('Capture', { exact: true }).inputValue()).toBe(capture)
    await domain.part('Screen').click()
    await page.getByText('Other computers', { exact: true }).click()
    await page.getByText('Others can see and control it.').waitFor()
    await domain.details().getByText('let in only with a password').waitFor()
    await page.getByLabel('Password').fill('secret')
    await app.picture(page, 'details-exposed')
    await page.getByText('This computer', { exact: true }).click()
    await domain.part('CPUs').click()
    await page.getByRole('textbox', { name: 'Processors' }).fill('0,9')
    await domain.details().getByText('This computer has 0 to 7').waitFor()
    await app.picture(page, 'details-processors')
    await page.getByRole('textbox', { name: 'Processors' }).fill('0,3')
    await domain.part('Memory').click()
    await page.getByLabel('Maximum').fill('512')
    await page.getByLabel('Maximum').press('Tab')
    await page.getByLabel('Current memory', { exact: true }).fill('192')
    await page.getByLabel('Current memory', { exact: true }).press('Tab')
    const now = 'Title, Description, Autostart, Current memory, Processors, Network interface 0, Screen'
    await page.getByText(`At once: ${now}. At the next start: Memory.`).waitFor()
    await app.picture(page, 'details-when')
    await domain.button('Apply').click()
    await page.getByText('Nothing is changed.').waitFor()
    await domain.part('Screen').click()
    await domain
      .details()
      .getByText(/^127\.0\.0\.1:59/)
      .waitFor()
    expect(stored(app)).toMatchObject({
      title: 'The web server',
      autostart: true,
      memoryMiB: 512,
      currentMiB: 192,
      cpuSet: '0,3',
      devices: [{ link: 'down', rateKiB: 2048, capture }, { vnc: { kind: 'tcp', address: '127.0.0.1', password: 'secret' } }],
    })
  })

  it('are not left with changes unasked; Escape stays and loses nothing', async () => {
    const { app, domain } = await start([])
    const { page } = domain
    await domain.tab('Details').click()
    await page.getByLabel('Title').fill('draft')
    await domain.tab('Log').click()
    await domain.dialog().getByText('At once: Title.').waitFor()
    await app.picture(page, 'details-leave')
    await page.keyboard.press('Escape')
    await domain.dialog().waitFor({ state: 'detached' })
    expect(await page.getByLabel('Title').inputValue()).toBe('draft')
    // The window's own close button asks too.
    await app.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()
        .find((each) => each.webContents.getURL().includes('view=domain'))
        ?.close(),
    )
    await domain.dialog().waitFor()
    await domain.dialog().getByRole('button', { name: 'Keep editing' }).click()
    await domain.tab('Log').click()
    await domain.dialog().getByRole('button', { name: 'Discard' }).click()
    await domain.page.locator('.log-lines').waitFor()
    await domain.tab('Details').click()
    expect(await page.getByLabel('Title').inputValue()).toBe('')
    await page.getByLabel('Title').fill('kept')
    await domain.tab('Log').click()
    // Enter applies.
    await domain.dialog().waitFor()
    await page.keyboard.press('Enter')
    await domain.page.locator('.log-lines').waitFor()
    expect(stored(app).title).toBe('kept')
    // Who goes on while the changes are being applied has answered: another page, and the window's close.
    await domain.tab('Details').click()
    await page.getByLabel('Title').fill('pressed')
    await pressBoth(domain.button('Apply'), domain.tab('Log'))
    await domain.page.locator('.log-lines').waitFor()
    expect(await domain.dialog().count()).toBe(0)
    expect(stored(app).title).toBe('pressed')
    await domain.tab('Details').click()
    await page.getByLabel('Title').fill('closed')
    await pressAndClose(domain.button('Apply'))
    expect(stored(app).title).toBe('closed')
  })

  it('keep what is typed while changes are applied', { tags: 'long' }, async () => {
    const { app, domain } = await start([])
    const { page } = domain
    await domain.tab('Details').click()
    await page.getByLabel('Title').fill('first')
    const [apply, title] = [await domain.button('Apply').elementHandle(), await page.getByLabel('Title').elementHandle()]
    await page.evaluate(
      ([button, input]) => {
        if (!(button instanceof HTMLElement && input instanceof HTMLInputElement)) return
        button.click()
        // As typing would, before the answer can be here.
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input, 'second')
        input.dispatchEvent(new Event('input', { bubbles: true }))
      },
      [apply, title] as const,
    )
    await expect.poll(() => stored(app).title).toBe('first')
    await domain.button('Revert').click()
    await page.getByText('Nothing is changed.').waitFor()
    expect(await page.getByLabel('Title').inputValue()).toBe('first')
    await page.getByLabel('Title').fill('third')
    await domain.button('Apply').click()
    await expect.poll(() => stored(app).title).toBe('third')
  })

  it('say which operating system it is: one of the list, or whatever is typed', { tags: 'long' }, async () => {
    const { app, domain } = await start([])
    const { page } = domain
    await domain.tab('Details').click()
    const field = page.getByRole('combobox', { name: 'Operating system' })
    await field.fill('rocky')
    await page.getByRole('option', { name: 'Rocky Linux 9' }).click()
    await page.getByText('At once: Operating system.').waitFor()
    await app.picture(page, 'details-os')
    await domain.button('Apply').click()
    await page.getByText('Nothing is changed.').waitFor()
    expect(stored(app).os).toBe('http://rockylinux.org/rocky/9')
    expect(await field.inputValue()).toBe('Rocky Linux 9')
    await field.fill('My own system')
    await domain.button('Apply').click()
    await page.getByText('Nothing is changed.').waitFor()
    expect(stored(app).os).toBe('My own system')
    expect(await field.inputValue()).toBe('My own system')
  })

  it('tell of what another window changed meanwhile, and of a machine deleted under an open dialog', {
    tags: 'long',
  }, async () => {
    const { app, manager, domain } = await start([])
    const { page } = domain
    await domain.tab('Details').click()
    await page.getByLabel('Title').fill('mine')
    const call = (name: CallName, params: object) => app.call(manager.page, name, { uuid: UUID, ...params })
    const elsewhere = async (part: object) => {
      const { value } = await call('domainInfo', {})
      return call('domainRedefine', { config: { ...value['config'], ...part } })
    }
    await elsewhere({ description: 'theirs' })
    await page.getByText('At once: Title.').waitFor()
    expect(await page.getByText('Changed elsewhere too').count()).toBe(0)
    await elsewhere({ title: 'theirs' })
    await page.getByText('Changed elsewhere too, meanwhile: Title.').waitFor()
    await app.picture(page, 'details-clash')
    await domain.button('Apply').click()
    await page.getByText('Nothing is changed.').waitFor()
    expect(stored(app)).toMatchObject({ title: 'mine', description: 'theirs' })
    await domain.addDevice('Disk')
    await call('domainDestroy', {})
    await call('domainUndefine', {})
    const gone = page.getByText('“server” was deleted.')
    await gone.waitFor()
    expect(await domain.dialog().count()).toBe(0)
    // Back from the trash it is here again.
    const { value } = await app.call(manager.page, 'trashList', {})
    const [entry] = Object.values(value)
    await app.call(manager.page, 'trashRestore', { id: Reflect.get(entry ?? {}, 'id') })
    await domain.waitForState('Shut off')
    await call('domainUndefine', {})
    await gone.waitFor()
    await closing(page, () => page.keyboard.press('Enter'))
  })
})
