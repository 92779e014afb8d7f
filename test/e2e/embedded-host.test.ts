// The host's things on our own engine, through the windows, with a guest that can tell: a forwarded port with a web server of the guest's behind
// it, a network stopped under it and started again, one made and deleted, a volume resized, the orphans among volumes, a running copy of the guest and
// a linked clone. Skipped where Debian's packages cannot be had. Runs in: plain Node; starts the real Electron on a virtual display.
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { debianGuest, insmods, kernelModules, ramdiskWith } from '../support/debian-guest'
import { launch, type RunningApp } from './app'
import type { DomainPage } from './domain-page'
import { GuestShell } from './guest-shell'
import type { ManagerPage } from './manager-page'
import { NetworksPage } from './networks-page'
import { ownApp } from './own-app'
import { openWindow } from './scenes'
import { SnapshotsPage } from './snapshots-page'

const NAME = 'web'
const PROMPT = 'demo:~#'
const BOOT_MS = 240_000
const ANSWER_MS = 90_000
const PAGE = 'from the guest'
const keep = ownApp()

/** A port of this computer that nobody listens at. */
function freePort(): Promise<number> {
  const server = net.createServer()
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    }),
  )
}

/** What the web server behind a port says, or why there is none. */
function fetched(port: number): Promise<string> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/', agent: false, timeout: 3000 }
    const request = http.get(options, (response) => {
      let text = ''
      response.on('data', (data: Buffer) => {
        text += data.toString('utf8')
      })
      response.on('end', () => resolve(text.trim()))
      response.on('error', () => resolve('cut off'))
    })
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', (error) => resolve(`none: ${error.message}`))
  })
}

async function open(app: RunningApp, manager: ManagerPage, name: string): Promise<{ domain: DomainPage; shell: GuestShell }> {
  const domain = await app.domain(() => manager.row(name).dblclick())
  await domain.tab('Text console').click()
  await domain.connection().filter({ hasText: 'Connected' }).waitFor()
  return { domain, shell: new GuestShell(domain) }
}

/** In Details, while the guest runs. */
async function forwardPort(domain: DomainPage, port: number): Promise<void> {
  await domain.tab('Details').click()
  await domain.part('Network interface 0').click()
  await domain.button('Add a port').click()
  await domain.page.getByLabel('Host port').fill(String(port))
  await domain.page.getByLabel('Guest port').fill('80')
  await domain.button('Apply').click()
  await domain.tab('Text console').click()
}

async function networksByWindow(app: RunningApp, page: Page, port: number): Promise<void> {
  await page.getByRole('tab', { name: 'Virtual networks' }).click()
  const networks = new NetworksPage(page)
  await networks.item('default').click()
  await page.getByText(`TCP 127.0.0.1:${port} → ${NAME}: 80`).waitFor()
  await networks.button('Stop').click()
  await networks.item('default').getByText('stopped').waitFor()
  await expect.poll(() => fetched(port), { timeout: ANSWER_MS }).toMatch(/^none: /)
  await app.picture(page, 'embedded-host-stopped')
  await networks.button('Start').click()
  await expect.poll(() => fetched(port), { timeout: ANSWER_MS }).toBe(PAGE)
  await networks.button('New network').click()
  await networks.field('Name').fill('lab')
  await networks.button('Create').click()
  await networks.item('lab').waitFor()
  await networks.button('Delete').click()
  await networks.dialog().getByRole('button', { name: 'Delete' }).click()
  await networks.item('lab').waitFor({ state: 'detached' })
}

async function storageByWindow(app: RunningApp, page: Page): Promise<void> {
  const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name}`) })
  await page.getByRole('tab', { name: 'Storage' }).click()
  await row('data.raw').getByText(`${NAME} (running)`).waitFor()
  await row('loose.raw').click()
  await page.getByRole('button', { name: 'Resize…' }).click()
  await page.getByRole('dialog').getByLabel('Size', { exact: true }).fill('16')
  await page.keyboard.press('Tab')
  await page.getByRole('dialog').getByRole('button', { name: 'Resize', exact: true }).click()
  await row('loose.raw').getByText('16 MiB', { exact: true }).waitFor({ timeout: ANSWER_MS })
  expect(fs.statSync(path.join(app.folder, 'disks', 'loose.raw')).size).toBe(16 << 20)
  await page.getByText('Unused only').click()
  await row('data.raw').waitFor({ state: 'detached' })
  await row('loose.raw').waitFor()
  await app.picture(page, 'embedded-host-unused')
  await page.getByText('Unused only').click()
  await row('data.raw').waitFor()
}

it('networks, ports, volumes and copies do what they say to a guest', { tags: 'long', timeout: 900_000 }, async ({ skip }) => {
  const debian = await debianGuest('standard')
  if (!debian.ok) return skip(debian.error)
  const modules = await kernelModules(debian.value, ['xen-blkfront', 'xen-netfront', 'af-packet'])
  if (!modules.ok) return skip(modules.error)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-e2e-'))
  const disks = path.join(folder, 'disks')
  fs.mkdirSync(disks)
  for (const name of ['data.raw', 'loose.raw']) {
    fs.writeFileSync(path.join(disks, name), 'on the disk')
    fs.truncateSync(path.join(disks, name), 8 << 20)
  }
  const app = keep(await launch({ driver: 'embedded', folder }))
  const manager = await app.manager()
  const disk = {
    kind: 'vbd',
    dev: 'xvda',
    path: path.join(disks, 'data.raw'),
    format: 'raw',
    readonly: false,
    removable: false,
  }
  const config = {
    ...{ name: NAME, memoryMiB: 192, vcpus: 1, kernel: debian.value.kernel, ramdisk: ramdiskWith(debian.value, modules.value) },
    cmdline: `${debian.value.commandLine} console=hvc0 quiet`,
    devices: [disk, { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] }],
  }
  const made = await app.call(manager.page, 'domainDefine', { config, images: [], start: true })
  expect(made.ok, JSON.stringify(made)).toBe(true)
  const { domain, shell } = await open(app, manager, NAME)
  await domain.waitForText(PROMPT, BOOT_MS)
  await shell.says(insmods(modules.value))
  await shell.says(`printf '#!/bin/sh\\nip addr add $ip/24 dev $interface\\n' >/tmp/up; chmod 755 /tmp/up; ip link set eth0 up`)
  await shell.says('udhcpc -n -q -i eth0 -s /tmp/up >/dev/null 2>&1')
  expect(await shell.says('ip addr show eth0 | grep -c "inet 10.0.2."')).toBe('1')
  await shell.says(`mkdir /www; echo ${PAGE} >/www/index.html; httpd -h /www`)

  // Traffic through a port that is forwarded while it runs.
  const port = await freePort()
  await forwardPort(domain, port)
  await expect.poll(() => fetched(port), { timeout: ANSWER_MS }).toBe(PAGE)

  const host = await openWindow(app, manager.page, 'host', null)
  await networksByWindow(app, host, port)
  await storageByWindow(app, host)
  await host.close()

  // A running copy goes on beside it; only the first has the port.
  await domain.tab('Snapshots').click()
  const snapshots = new SnapshotsPage(domain.page)
  await snapshots.choose('Now')
  await snapshots.button('Running copy…').click()
  await snapshots.submit('Running copy')
  await manager.waitForState(`${NAME} copy`, 'Running')
  const copy = await open(app, manager, `${NAME} copy`)
  expect(await copy.shell.says('cat /www/index.html; dd if=/dev/xvda bs=11 count=1 2>/dev/null')).toBe(`${PAGE}\non the disk`)
  await copy.shell.says('echo changed >/www/index.html; echo of the copy >/dev/xvda; sync')
  expect(await fetched(port)).toBe(PAGE)
  await domain.tab('Text console').click()
  expect(await shell.says('dd if=/dev/xvda bs=11 count=1 2>/dev/null')).toBe('on the disk')
  await app.picture(copy.domain.page, 'embedded-host-copy')
  for (const name of [`${NAME} copy`, NAME]) {
    await manager.choose(name, 'Force off')
    await manager.dialog().getByRole('button', { name: 'Force off' }).click()
    await manager.waitForState(name, 'Shut off')
  }

  // A linked clone stands on the disk of the machine, and boots.
  await manager.choose(NAME, 'Clone…')
  await manager.dialog().getByRole('button', { name: 'xvda in the clone' }).click()
  await manager.page.getByRole('option', { name: 'Linked' }).click()
  await app.picture(manager.page, 'embedded-host-clone')
  await manager.dialog().getByRole('button', { name: 'Clone', exact: true }).click()
  await manager.waitForState(`${NAME} clone`, 'Shut off')
  await manager.choose(`${NAME} clone`, 'Run')
  await manager.waitForState(`${NAME} clone`, 'Running')
  const clone = await open(app, manager, `${NAME} clone`)
  await clone.domain.waitForText(PROMPT, BOOT_MS)
  await clone.shell.says(insmods(modules.value))
  await expect
    .poll(() => clone.shell.says('dd if=/dev/xvda bs=11 count=1 2>/dev/null'), { timeout: ANSWER_MS })
    .toBe('on the disk')
  const linked = fs.readdirSync(disks).filter((name) => name.includes('clone'))
  expect(linked).toHaveLength(1)
  expect(fs.statSync(path.join(disks, linked[0] ?? '')).size).toBeLessThan(2 << 20)
  expect(app.errors).toEqual([])
})
