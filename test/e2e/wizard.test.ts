// New virtual machine from an ISO image, a tree of the network, an image, an existing disk, a configuration file and a template; the command that is shown is run, and makes
// the same machine as the button. Runs in: vitest, real Electron on the test driver.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { TestImages } from '../../src-main/driver/test/test-images'
import type { DomainConfig } from '../../src-main/public/types'
import { type LaunchOptions, launch, type RunningApp } from './app'
import type { CreateDomainPage } from './create-domain-page'
import type { ManagerPage } from './manager-page'
import { ownApp } from './own-app'

const keep = ownApp()
const images = new TestImages(async () => undefined)

async function start(
  options: LaunchOptions = {},
): Promise<{ app: RunningApp; manager: ManagerPage; create: CreateDomainPage; kernel: string }> {
  const app = await launch(options)
  keep(app)
  const manager = await app.manager()
  const kernel = path.join(app.folder, 'vmlinuz')
  fs.writeFileSync(kernel, 'kernel')
  return { app, manager, kernel, create: await wizard(app, manager) }
}

function wizard(app: RunningApp, manager: ManagerPage): Promise<CreateDomainPage> {
  return app.createDomain(() => manager.page.getByRole('toolbar').getByRole('button', { name: 'New virtual machine' }).click())
}

/** Definitions by name, as the toolstack has them. */
async function configs(manager: ManagerPage): Promise<Record<string, DomainConfig>> {
  const list: { value: readonly { name: string; config: DomainConfig | null }[] } = await manager.page.evaluate(
    "ringmaster.call('domainList', {})",
  )
  return Object.fromEntries(list.value.flatMap(({ name, config }) => (config === null ? [] : [[name, config]])))
}

/** What two machines cannot have in common. */
function apart(config: DomainConfig | undefined): unknown {
  const devices = (config?.devices ?? []).map((device) => {
    if (device.kind === 'vif') return { ...device, mac: '' }
    return device.kind === 'vbd' ? { ...device, path: path.extname(device.path) } : device
  })
  return { ...config, name: '', devices }
}

/** As a user would paste it. */
function shell(app: RunningApp, command: string) {
  const env = { ...process.env, NODE_OPTIONS: '' }
  return spawnSync('sh', ['-c', command], { encoding: 'utf8', env, cwd: app.folder })
}

/** A CD image as far as the test driver looks into one: its volume's label. */
function disc(file: string, label: string): string {
  const image = Buffer.alloc(17 * 2048)
  image.write(`\x01CD001\x01`, 16 * 2048, 'latin1')
  image.write(label.padEnd(32), 16 * 2048 + 40, 'latin1')
  fs.writeFileSync(file, image)
  return file
}

describe('a new virtual machine', () => {
  it('is installed from an ISO image: its kernel and ramdisk, a new disk, a screen, and the image in a drive', async () => {
    const { app, manager, create } = await start()
    const iso = disc(path.join(app.folder, 'netinst.iso'), 'Debian 12.8.0 amd64 n')
    const other = disc(path.join(app.folder, 'other.iso'), 'UNKNOWN')
    await create.startFrom('ISO image')
    await create.button('Create and run').click()
    await expect.poll(() => create.message('ISO file').textContent()).toBe('An ISO image is needed')
    await create.field('ISO file').fill(other)
    await expect.poll(() => create.message('ISO file').textContent()).toContain('no kernel with a ramdisk')
    await app.answerFileDialogs(iso)
    await create.button('Browse for the ISO image').click()
    await expect.poll(() => create.page.getByTestId('iso-kernel').textContent()).toBe('install.amd/vmlinuz')
    expect(await create.page.getByTestId('iso-system').textContent()).toBe('Debian 12.8.0 amd64 n')
    expect(await create.page.getByTestId('iso-ramdisk').textContent()).toBe('install.amd/initrd.gz')
    await expect.poll(() => create.field('Name').inputValue()).toBe('Debian 12.8.0 amd64 n')
    expect(await create.page.getByRole('combobox', { name: 'Operating system' }).inputValue()).toBe('Debian 12')
    expect(await create.field('Command line').inputValue()).toBe('')
    expect(await create.field('Memory').inputValue()).toBe('800')
    expect(await create.summary().textContent()).toMatch(
      / · Debian 12 · .*xvda: new.*xvdb: netinst\.iso.*network default.*1024 × 768/,
    )
    await app.picture(create.page, 'wizard-iso')
    await create.field('Name').fill('by-command')
    await create.show('Command')
    await expect.poll(() => create.text().textContent()).toContain('by-command')
    const command = (await create.text().textContent()) ?? ''
    expect(shell(app, command)).toMatchObject({ status: 0 })
    await manager.waitForState('by-command', 'Running')
    await create.field('Name').fill('by-button')
    await app.domain(() => create.button('Create and run').click())
    await manager.waitForState('by-button', 'Running')
    const made = await configs(manager)
    const boot = path.join(app.folder, 'boot')
    for (const name of ['by-command', 'by-button']) {
      const { kernel = '', ramdisk, devices = [], onReboot, bootloader, os } = made[name] ?? {}
      expect([bootloader, onReboot, os]).toEqual(['pygrub', undefined, 'http://debian.org/debian/12'])
      expect(path.dirname(path.dirname(kernel))).toBe(boot)
      expect([kernel, ramdisk ?? ''].map((file) => path.basename(file))).toEqual(['vmlinuz', 'initrd.gz'])
      expect(fs.readFileSync(kernel, 'utf8') + fs.readFileSync(ramdisk ?? '', 'utf8')).toBe('HdrS070701')
      expect(devices).toMatchObject([
        { kind: 'vbd', dev: 'xvda', readonly: false },
        { kind: 'vbd', dev: 'xvdb', path: iso, readonly: true, removable: true },
        { kind: 'vif', network: 'default' },
        { kind: 'vfb', width: 1024 },
      ])
    }
    expect(fs.readdirSync(boot)).toHaveLength(2)
    // Another way to begin takes away what the image brought.
    const next = await wizard(app, manager)
    await next.startFrom('ISO image')
    await next.field('ISO file').fill(iso)
    await next.page.getByTestId('iso-kernel').waitFor()
    await next.startFrom('Kernel and ramdisk')
    expect(await next.field('Kernel').inputValue()).toBe('')
    expect(await next.field('Command line').inputValue()).toBe('console=hvc0')
    expect(await next.page.getByRole('combobox', { name: 'Operating system' }).inputValue()).toBe('')
    await expect.poll(() => next.summary().textContent()).toContain('no disk')
  })

  it('is installed over the network: by the address of a tree, which is downloaded and remembered', async () => {
    const { app, manager, create } = await start()
    const address = 'http://example.com/debian/dists/bookworm/'
    await create.startFrom('Network install')
    await create.button('Create and run').click()
    await expect.poll(() => create.message('Address').textContent()).toBe('An address is needed')
    await create.field('Address').fill('example.com')
    await expect.poll(() => create.message('Address').textContent()).toContain('begins with http:// or https://')
    await create.field('Address').fill('https://nowhere.invalid/debian')
    await expect.poll(() => create.message('Address').textContent()).toContain('no server called nowhere.invalid')
    await create.field('Address').fill('https://empty.example/')
    await expect.poll(() => create.message('Address').textContent()).toContain('no kernel with a ramdisk')
    await create.field('Address').fill(address)
    await expect.poll(() => create.page.getByTestId('iso-system').textContent()).toBe('Debian 12.8')
    expect(await create.page.getByTestId('iso-kernel').textContent()).toMatch(/^main\/installer-amd64\/.*\/linux$/)
    await create.page.getByText('38 MiB are downloaded').waitFor()
    await expect.poll(() => create.field('Name').inputValue()).toBe('Debian 12.8')
    expect(await create.field('Memory').inputValue()).toBe('800')
    expect(await create.summary().textContent()).toMatch(/xvda: new.*network default.*1024 × 768/)
    expect(await create.summary().textContent()).not.toContain('xvdb')
    await app.picture(create.page, 'wizard-tree')
    await create.field('Command line').fill('quiet priority=low')
    await create.field('Name').fill('by-command')
    await create.show('Command')
    await expect.poll(() => create.text().textContent()).toContain('by-command')
    const command = (await create.text().textContent()) ?? ''
    expect(command).toContain(`media-extract ${address} `)
    expect(shell(app, command)).toMatchObject({ status: 0 })
    await manager.waitForState('by-command', 'Running')
    await create.field('Name').fill('by-button')
    await app.domain(() => create.button('Create and run').click())
    await manager.waitForState('by-button', 'Running')
    const made = await configs(manager)
    const boot = path.join(app.folder, 'boot')
    for (const name of ['by-command', 'by-button']) {
      const { kernel = '', ramdisk, devices = [], bootloader, cmdline } = made[name] ?? {}
      expect([bootloader, cmdline]).toEqual(['pygrub', 'quiet priority=low'])
      expect(path.dirname(path.dirname(kernel))).toBe(boot)
      expect([kernel, ramdisk ?? ''].map((file) => path.basename(file))).toEqual(['linux', 'initrd.gz'])
      expect(devices).toMatchObject([{ kind: 'vbd', dev: 'xvda', readonly: false }, { kind: 'vif' }, { kind: 'vfb' }])
    }
    const next = await wizard(app, manager)
    await next.startFrom('Network install')
    await next.button(/Addresses used before/).click()
    await next.page.getByRole('option', { name: address }).click()
    await expect.poll(() => next.page.getByTestId('iso-system').textContent()).toBe('Debian 12.8')
    // Another way to begin takes away what the tree brought.
    await next.startFrom('ISO image')
    expect(await next.field('ISO file').inputValue()).toBe('')
    await expect.poll(() => next.summary().textContent()).toContain('no disk')
  })

  it('shows the job over its fields, and none of the foot below is covered', { tags: 'long' }, async () => {
    const { app, create } = await start({ env: { RINGMASTER_TEST_DELAY_MS: '4000' } })
    await create.startFrom('Network install')
    await create.field('Address').fill('http://example.com/debian/dists/bookworm/')
    await expect.poll(() => create.page.getByTestId('iso-system').textContent(), { timeout: 60_000 }).toBe('Debian 12.8')
    await create.button('Create and run').click()
    const card = create.page.locator('.activity-card').first()
    await card.waitFor()
    await app.picture(create.page, 'wizard-job')
    const [over, foot] = [await card.boundingBox(), await create.page.locator('.window-foot').boundingBox()]
    expect((over?.y ?? 0) + (over?.height ?? Number.POSITIVE_INFINITY)).toBeLessThanOrEqual(foot?.y ?? 0)
    await card.getByRole('button', { name: /^Cancel/ }).click()
    await card.waitFor({ state: 'detached', timeout: 30_000 })
  })

  it('waits for the look at an ISO image when Create is pressed at once, and boots no kernel that was named before', {
    tags: 'long',
  }, async () => {
    const { app, manager, create, kernel } = await start()
    const iso = disc(path.join(app.folder, 'netinst.iso'), 'DEBIAN')
    const other = disc(path.join(app.folder, 'other.iso'), 'UNKNOWN')
    await create.field('Kernel').fill(kernel)
    await create.startFrom('ISO image')
    await create.button('Create and run').click()
    await expect.poll(() => create.message('ISO file').textContent()).toBe('An ISO image is needed')
    // Both in one turn of the page, before it can have looked.
    const typeAndPress = (file: string) =>
      create.field('ISO file').evaluate((node, typed) => {
        if (!(node instanceof HTMLInputElement)) return
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(node, typed)
        node.dispatchEvent(new Event('input', { bubbles: true }))
        node.form?.requestSubmit()
      }, file)
    await typeAndPress(other)
    await expect.poll(() => create.message('ISO file').textContent()).toContain('no kernel with a ramdisk')
    await expect.poll(() => create.page.evaluate(() => document.activeElement?.getAttribute('aria-invalid'))).toBe('true')
    expect(await configs(manager)).toEqual({})
    const domain = await app.domain(() => typeAndPress(iso))
    await domain.waitForState('Running')
    const made = Object.values(await configs(manager))
    expect(made.map(({ name, devices }) => [name, devices.length])).toEqual([['DEBIAN', 4]])
    expect(made[0]?.kernel).not.toBe(kernel)
  })

  it('is proposed for an ISO image that was dropped onto the list', { tags: 'long' }, async () => {
    const { app, manager, create } = await start()
    await create.page.close()
    const iso = disc(path.join(app.folder, 'netinst.iso'), 'DEBIAN')
    const opened = await app.createDomain(() => manager.drop([iso]))
    await expect.poll(() => opened.page.getByTestId('iso-kernel').textContent()).toBe('install.amd/vmlinuz')
    await expect.poll(() => opened.summary().textContent()).toMatch(/^DEBIAN · .*xvda: new.*xvdb: netinst\.iso/)
  })

  it('is filled in from files that are dropped onto its window: kernel and image, an ISO image, a configuration', {
    tags: 'long',
  }, async () => {
    const { app, create } = await start()
    const file = (name: string, content: Buffer | string) => {
      fs.writeFileSync(path.join(app.folder, name), content)
      return path.join(app.folder, name)
    }
    const bzImage = file('bzImage', Buffer.concat([Buffer.alloc(0x202), Buffer.from('HdrS'), Buffer.alloc(64)]))
    const image = path.join(app.folder, 'disk.qcow2')
    await images.create({ path: image, format: 'qcow2', sizeMiB: 64 })
    const iso = disc(path.join(app.folder, 'netinst.iso'), 'DEBIAN')

    await create.startFrom('ISO image')
    await create.drop([bzImage, image])
    await expect.poll(() => create.field('Kernel').inputValue()).toBe(bzImage)
    await expect.poll(() => create.disk('xvda').getByLabel('File', { exact: true }).inputValue()).toBe(image)

    await create.drop([iso])
    await expect.poll(() => create.page.getByTestId('iso-kernel').textContent()).toBe('install.amd/vmlinuz')
    await create.drop([bzImage])
    await expect.poll(() => create.field('Kernel').inputValue()).toBe(bzImage)

    await create.drop([file('guest.cfg', `name = "from-file"\nkernel = "${bzImage}"\nmemory = 96\n`)])
    await expect.poll(() => create.field('Name').inputValue()).toBe('from-file')
    expect(await create.field('Memory').inputValue()).toBe('96')
    expect(await create.page.getByTestId('config-file').textContent()).toBe('guest.cfg')

    // Of several the first fills in the page; the others are named, and made by one press, but for what is refused.
    const config = (name: string) => file(`${name}.cfg`, `name = "${name}"\nkernel = "${bzImage}"\nmemory = 96\n`)
    // Nobody chose that file: a drop gives no right to write to what a configuration names, and main's question is answered with no.
    await app.electron.evaluate(({ dialog }) => {
      dialog.showMessageBox = async () => ({ response: 1, checkboxChecked: false })
    })
    const foreign = `name = "wrong"\nkernel = "${bzImage}"\nmemory = 96\ndisk = ['/etc/hostname,raw,xvda,w']\n`
    const several = [config('one'), config('two'), config('three'), file('wrong.cfg', foreign)]
    await create.drop(several)
    await expect.poll(() => create.field('Name').inputValue()).toBe('one')
    const left = create.page.getByRole('status').filter({ hasText: 'from one.cfg' })
    await expect.poll(() => left.textContent()).toContain('Left over: two.cfg, three.cfg, wrong.cfg.')
    await app.picture(create.page, 'wizard-several-configurations')
    await create.button('Import what is left over').click()
    await expect.poll(() => left.textContent()).toContain('Left over: wrong.cfg. Imported, not started: two, three.')
    await expect.poll(() => create.refusal().textContent()).toContain('/etc/hostname')
    const listed: { name: string; state: string }[] = Object.values((await app.call(create.page, 'domainList', {})).value).map(
      (each) => JSON.parse(JSON.stringify(each)),
    )
    expect(
      listed.filter(({ name }) => ['one', 'two', 'three', 'wrong'].includes(name)).map(({ name, state }) => [name, state]),
    ).toEqual([
      ['two', 'shutoff'],
      ['three', 'shutoff'],
    ])
    await create.drop([file('guest.cfg', `name = "from-file"\nkernel = "${bzImage}"\nmemory = 96\n`)])
    await expect.poll(() => create.field('Name').inputValue()).toBe('from-file')

    await create.drop([file('letter.txt', 'Dear reader,')])
    await expect.poll(() => create.refusal().textContent()).toContain('It cannot be told what')
    expect(await create.field('Name').inputValue()).toBe('from-file')
  })

  it('says of a disk that is not there by its field, before Create is pressed', async () => {
    const { app, create } = await start()
    const gone = path.join(app.folder, 'gone.qcow2')
    await create.startFrom('Existing disk')
    await create.field('Disk file').fill(gone)
    await expect.poll(() => create.message('Disk file').textContent()).toContain(gone)
    await create.startFrom('Kernel and ramdisk')
    await create.field('Kernel').fill(path.join(app.folder, 'no-kernel'))
    await expect.poll(() => create.message('Kernel').textContent()).toContain('no-kernel')
  })

  it('begins with a copy of an image, and the command that is shown makes the same', { tags: 'long' }, async () => {
    const { app, manager, create, kernel } = await start()
    const image = path.join(app.folder, "cloud's image.qcow2")
    await images.create({ path: image, format: 'qcow2', sizeMiB: 3 * 1024 })
    await create.show('Command')
    await create.page.getByText('Shown once what is missing').waitFor()
    await create.startFrom('Image')
    await create.button('Create and run').click()
    await expect.poll(() => create.message('Image file').textContent()).toBe('A file is needed')
    await app.answerFileDialogs(image)
    await create.button('Browse for the image').first().click()
    await expect.poll(() => create.disk('xvda').getByLabel('File', { exact: true }).inputValue()).toBe(image)
    expect(await create.field('Command line').inputValue()).toBe('console=hvc0 root=/dev/xvda1 rw')
    await create.field('Kernel').fill(kernel)
    await create.field('Name').fill('by-command')
    await expect.poll(() => create.text().textContent()).toContain('by-command')
    // The page scrolls within the window, never the window itself.
    expect(await create.page.evaluate('document.documentElement.scrollHeight - window.innerHeight')).toBeLessThan(2)
    await create.text().scrollIntoViewIfNeeded()
    await app.picture(create.page, 'wizard-command')
    const command = (await create.text().textContent()) ?? ''
    const ran = shell(app, command)
    expect(ran).toMatchObject({ status: 0 })
    await manager.waitForState('by-command', 'Running')
    await create.field('Name').fill('by-button')
    await create.show('Domain XML')
    await expect.poll(() => create.text().textContent()).toContain('<name>by-button</name>')
    await create.show('xl.cfg file')
    await expect.poll(() => create.text().textContent()).toContain("name = 'by-button'")
    await create.show('Summary')
    await expect.poll(() => create.summary().textContent()).toContain("xvda: copy of cloud's image.qcow2")
    await app.domain(() => create.button('Create and run').click())
    await manager.waitForState('by-button', 'Running')
    const made = await configs(manager)
    expect(apart(made['by-command'])).toEqual(apart(made['by-button']))
    const [first, second] = ['by-command', 'by-button'].map((name) => made[name]?.devices.find(({ kind }) => kind === 'vbd'))
    for (const disk of [first, second]) {
      if (disk?.kind !== 'vbd') throw new Error('no disk')
      expect(path.dirname(disk.path)).toBe(path.join(app.folder, 'disks'))
      expect(await images.inspect(disk.path)).toMatchObject({ value: { format: 'qcow2', virtualSize: 8 * 1024 ** 3 } })
    }
    // The next one that begins with a disk has the kernel of the machine started last.
    const next = await wizard(app, manager)
    await next.startFrom('Existing disk')
    await expect.poll(() => next.field('Kernel').inputValue()).toBe(kernel)
  })

  it('asks about a file elsewhere that the image to be copied stands on, and goes on by itself once it may be opened', {
    tags: 'long',
  }, async () => {
    const { app, manager, create, kernel } = await start()
    fs.mkdirSync(path.join(app.folder, 'elsewhere'))
    const [base, image] = [path.join(app.folder, 'elsewhere', 'base.raw'), path.join(app.folder, 'over.qcow2')]
    await images.create({ path: base, format: 'raw', sizeMiB: 64 })
    await images.overlay(image, { path: base, format: 'raw' })
    await create.startFrom('Image')
    await create.field('Image file').fill(image)
    await create.field('Kernel').fill(kernel)
    await create.field('Name').fill('copied')
    await create.button('Create and run').click()
    const question = create.page.getByRole('alertdialog', { name: 'Open a file that you did not choose?' })
    await question.getByText(base, { exact: true }).waitFor()
    await question.getByText('The image of xvda').waitFor()
    await app.picture(create.page, 'wizard-backing')
    await question.getByRole('button', { name: 'Do not open' }).click()
    await question.waitFor({ state: 'detached' })
    expect((await configs(manager))['copied']).toBe(undefined)
    await create.button('Create and run').click()
    await app.domain(() => question.getByRole('button', { name: 'Open it' }).click())
    await manager.waitForState('copied', 'Running')
    const disk = (await configs(manager))['copied']?.devices.find(({ kind }) => kind === 'vbd')
    // A copy stands alone: nothing is left to be allowed.
    expect(disk).not.toHaveProperty('allowedBacking')
  })

  it('uses a disk that is there as it is, and without a start the command defines only', { tags: 'long' }, async () => {
    const { app, manager, create, kernel } = await start()
    const disk = path.join(app.folder, 'disks', 'mine.raw')
    fs.mkdirSync(path.dirname(disk), { recursive: true })
    fs.writeFileSync(disk, Buffer.alloc(1 << 20))
    await create.startFrom('Existing disk')
    await create.field('Disk file').fill(disk)
    await create.field('Kernel').fill(kernel)
    await create.page.getByText('Start it now').click()
    await create.show('Command')
    await expect.poll(() => create.text().textContent()).toContain(disk)
    const command = (await create.text().textContent()) ?? ''
    expect(command).not.toContain('image-')
    expect(shell(app, command)).toMatchObject({ status: 0 })
    await manager.waitForState('guest-1', 'Shut off')
    await create.page.close()
    const made = await configs(manager)
    expect(made['guest-1']?.devices).toMatchObject([{ kind: 'vbd', dev: 'xvda', path: disk, format: 'raw' }, { kind: 'vif' }])
  })

  it('starts what a disk has by itself, as is shown, unless files are wanted', { tags: 'long' }, async () => {
    const { app, manager, create, kernel } = await start()
    const disk = path.join(app.folder, 'disks', 'debian.raw')
    fs.mkdirSync(path.dirname(disk), { recursive: true })
    const image = Buffer.alloc(1 << 20)
    image.writeUInt16LE(0xef53, 1024 + 56)
    fs.writeFileSync(disk, image)
    await create.startFrom('Existing disk')
    await create.field('Disk file').fill(disk)
    await expect
      .poll(() => create.page.getByTestId('disk-kernel').textContent())
      .toBe('Debian GNU/Linux (/boot/vmlinuz-6.1.0-10-amd64)')
    expect(await create.page.getByLabel('Kernel', { exact: true }).count()).toBe(0)
    expect(await create.field('Command line').inputValue()).toBe('')
    await app.picture(create.page, 'wizard-own-kernel')
    const from = create.page.getByRole('radiogroup', { name: 'Kernel from' })
    await from.getByText('Files', { exact: true }).click()
    await create.field('Kernel').fill(kernel)
    await from.getByText('The disk itself', { exact: true }).click()
    await create.field('Name').fill('own')
    const opened = await app.domain(() => create.button('Create and run').click())
    await manager.waitForState('own', 'Running')
    expect((await configs(manager))['own']).toMatchObject({ bootloader: 'pygrub', kernel: '', ramdisk: null, cmdline: '' })
    expect(opened).toBeDefined()
    // As a template it starts its own disk still, and the page says so.
    await manager.choose('own', 'Force off')
    await manager.dialog().getByRole('button', { name: 'Force off' }).click()
    await manager.waitForState('own', 'Shut off')
    await manager.choose('own', 'Save as template')
    await manager.nameTemplate('Golden')
    const again = await wizard(app, manager)
    await again.startFromTemplate('Golden')
    await again.page.getByRole('radiogroup', { name: 'Kernel from' }).waitFor()
    expect(await again.page.getByLabel('Kernel', { exact: true }).count()).toBe(0)
    await app.picture(again.page, 'wizard-own-kernel-template')
    // Images of the test driver are copied without what is in them, so there is nothing to start.
    await again.page.getByText('Start it now').click()
    await again.page.getByRole('button', { name: 'Create', exact: true }).click()
    await manager.waitForState('Golden-1', 'Shut off')
    expect((await configs(manager))['Golden-1']).toMatchObject({ bootloader: 'pygrub', kernel: '' })
    // The row always says something: that somebody looks, or why nobody does.
    const third = await wizard(app, manager)
    await third.startFromTemplate('Golden')
    const line = third.page.getByTestId('disk-kernel')
    await line.evaluate((node) => {
      const said = [node.textContent]
      Reflect.set(window, 'said', said)
      new MutationObserver(() => said.push(node.textContent)).observe(node, {
        childList: true,
        characterData: true,
        subtree: true,
      })
    })
    await third.disk('xvda').getByText('Existing file', { exact: true }).click()
    await expect.poll(() => line.textContent()).toBe('No disk yet')
    await third.disk('xvda').getByLabel('File', { exact: true }).fill(path.join(app.folder, 'nothing.img'))
    await expect.poll(() => line.textContent()).toContain('nothing.img')
    await third.disk('xvda').getByLabel('File', { exact: true }).fill(disk)
    await expect.poll(() => line.textContent()).toContain('/boot/vmlinuz')
    await third.disk('xvda').getByText('New', { exact: true }).click()
    await expect.poll(() => line.textContent()).toBe('No kernel yet')
    const said: unknown[] = await third.page.evaluate('said')
    expect(said).toContain('Looking for a kernel there …')
    expect(said).not.toContain('')
  })

  it('never takes an image for another format, however soon Create is pressed', { tags: 'long' }, async () => {
    const { app, manager, create, kernel } = await start()
    const disk = path.join(app.folder, 'disks', 'mine.img')
    fs.mkdirSync(path.dirname(disk), { recursive: true })
    await images.create({ path: disk, format: 'qcow2', sizeMiB: 1024 })
    await create.startFrom('Existing disk')
    await create.field('Kernel').fill(kernel)
    // In one task, so that no answer comes in between.
    await create.page.evaluate(`{
      const input = document.querySelector('[aria-label="Browse for the image"]').closest('.field').querySelector('input')
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, ${JSON.stringify(disk)})
      input.dispatchEvent(new Event('input', { bubbles: true }))
      queueMicrotask(() => document.querySelector('form').requestSubmit())
    }`)
    await manager.waitForState('guest-1', 'Running')
    const made = await configs(manager)
    expect(made['guest-1']?.devices).toMatchObject([{ kind: 'vbd', path: disk, format: 'qcow2' }, { kind: 'vif' }])
  })

  it('is filled in from a configuration file, and keeps what the page does not show', { tags: 'long' }, async () => {
    const { app, manager, create, kernel } = await start()
    const file = path.join(app.folder, 'old.xml')
    fs.writeFileSync(
      file,
      `<domain type='xen'><name>old</name><memory unit='MiB'>192</memory><vcpu>2</vcpu><title>Old</title>
       <os><type>xen</type><kernel>${kernel}</kernel><cmdline>console=hvc0 quiet</cmdline></os>
       <devices><rng model='virtio'/></devices></domain>`,
    )
    await create.startFrom('Configuration file')
    await app.answerFileDialogs(file)
    await create.button('Browse for the configuration').click()
    await expect.poll(() => create.field('Name').inputValue()).toBe('old')
    expect(await create.field('Command line').inputValue()).toBe('console=hvc0 quiet')
    expect(await create.field('Memory').inputValue()).toBe('192')
    await create.page.getByText('without effect here: rng').waitFor()
    await app.picture(create.page, 'wizard-config')
    await create.field('Memory').fill('256')
    await app.domain(() => create.field('Kernel').press('Enter'))
    await manager.waitForState('old', 'Running')
    const made = await configs(manager)
    expect(made['old']).toMatchObject({ memoryMiB: 256, vcpus: 2, title: 'Old' })
    const [definition] = fs.readdirSync(path.join(app.folder, 'definitions')).filter((name) => name.endsWith('.xml'))
    expect(fs.readFileSync(path.join(app.folder, 'definitions', definition ?? ''), 'utf8')).toContain("<rng model='virtio'/>")
    const broken = await wizard(app, manager)
    fs.writeFileSync(file, '<domain>')
    await broken.startFrom('Configuration file')
    await broken.button('Browse for the configuration').click()
    await expect.poll(() => broken.refusal().textContent()).toContain('line 1')
    // Below the edge of the window nobody would see why nothing happens.
    await expect
      .poll(() =>
        broken.refusal().evaluate((notice) => {
          const foot = document.querySelector('.window-foot')?.getBoundingClientRect().top ?? 0
          return notice.getBoundingClientRect().bottom < foot + 1
        }),
      )
      .toBe(true)
  })

  it('is made from a template, with disks and addresses of its own; templates are removed after a question', {
    tags: 'long',
  }, async () => {
    const { app, manager, create, kernel } = await start()
    await create.field('Kernel').fill(kernel)
    await create.field('Name').fill('web')
    await create.button('Add a disk').click()
    await create.page.getByText('Start it now').click()
    await create.button(/^Create/).click()
    await manager.row('web').waitFor()
    await manager.choose('web', 'Save as template')
    await manager.dialog().waitFor()
    await app.picture(manager.page, 'template-save')
    await manager.nameTemplate('Web server')
    const again = await wizard(app, manager)
    await again.startFromTemplate('Web server')
    await expect.poll(() => again.field('Name').inputValue()).toBe('Web server-1')
    await expect.poll(() => again.field('Kernel').inputValue()).toBe(kernel)
    await expect.poll(() => again.summary().textContent()).toContain('xvda: copy of Web-server-template-xvda.qcow2')
    await app.picture(again.page, 'wizard-template')
    await again.page.getByText('Start it now').click()
    await again.button(/^Create/).click()
    await manager.row('Web server-1').waitFor()
    const made = await configs(manager)
    expect(apart(made['Web server-1'])).toEqual(apart(made['web']))
    const unlike = (name: string) =>
      made[name]?.devices.map((device) => (device.kind === 'vif' ? device.mac : 'path' in device && device.path))
    expect(unlike('web')?.filter((each) => each !== false && unlike('Web server-1')?.includes(each))).toEqual([])
    const last = await wizard(app, manager)
    await last.startFromTemplate('Web server')
    await last.button('Remove the template “Web server”').click()
    await last.page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
    await expect.poll(() => last.templates().textContent()).toContain('no template yet')
  })
})
