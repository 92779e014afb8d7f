// Several connections in one tree: added, opened, closed, renamed and removed by mouse and by keyboard; the same machines in two of
// them are told apart; one that fails says why and is tried again; and what axe-core says of it.
// Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { debianGuest } from '../support/debian-guest'
import { launch, type RunningApp } from './app'
import { seriousViolations } from './axe'
import { CreateDomainPage } from './create-domain-page'
import type { ManagerPage } from './manager-page'
import { ownApp } from './own-app'
import { openWindow, settle } from './scenes'
import { undoByKey } from './undo-key'

const own = ownApp()

async function start(script: object = { domains: 3, running: 2 }, folder?: string, delayMs = 40) {
  const env = { RINGMASTER_TEST_SCRIPT: JSON.stringify(script), RINGMASTER_TEST_DELAY_MS: String(delayMs) }
  const app = own(await launch({ env, keepFolder: true, ...(folder !== undefined && { folder }) }))
  return { app, manager: await app.manager() }
}

/** Names of connections and machines in the order of the list. */
async function tree(manager: ManagerPage): Promise<readonly string[]> {
  const rows = await manager.page.locator('.domain-list .row').evaluateAll((nodes) =>
    nodes
      .map((node) => ({
        index: Number(node.getAttribute('aria-rowindex')),
        name: node.querySelector('.group-name, .name-name')?.textContent ?? '',
      }))
      .filter(({ name }) => name !== '')
      .sort((a, b) => a.index - b.index),
  )
  return rows.map(({ name }) => name)
}

/** What is there of connections, as main says it. */
async function listed(app: RunningApp, manager: ManagerPage): Promise<readonly { name: string | null; state: string }[]> {
  const { value } = await app.call(manager.page, 'connectionList', {})
  const all: unknown = Object.values(value)
  return Array.isArray(all) ? all.map(({ name, state }) => ({ name, state })) : []
}

it('shows each connection with its machines below, tells the same machine in two of them apart, and keeps all over a restart', async () => {
  const { app, manager } = await start()
  await manager.addConnection('Second')
  await manager.waitForConnection('Second', 'Connected')
  const below = ['Domain 0', 'db-01', 'mail-01', 'web-01']
  await expect.poll(() => tree(manager)).toEqual(['Test driver', ...below, 'Second', ...below])

  await manager.row('mail-01').nth(1).click({ button: 'right' })
  await manager.menuItem('Pause').click()
  await manager.row('mail-01').nth(1).locator('.name-state', { hasText: 'Paused' }).waitFor()
  expect(await manager.state('mail-01').first().textContent()).toBe('Running')

  // Everything of both at once, and what is filtered.
  await manager.list().focus()
  await manager.page.keyboard.press('Control+a')
  await manager.page.getByText('6 chosen').or(manager.page.getByText('6 selected')).waitFor()
  await manager.page.keyboard.type('paused')
  await expect.poll(() => tree(manager)).toEqual(['Second', 'mail-01'])
  await manager.page.keyboard.press('Control+a')
  await manager.filter().fill('')

  const window = await app.domain(() => manager.row('mail-01').nth(1).dblclick())
  await window.page.getByRole('tab', { name: 'Details' }).click()
  await window.page.getByText('7e570000-0000-4000-8000-000000000002').waitFor()
  await window.page.locator('.facts').getByText('Second', { exact: true }).waitFor()
  expect(await seriousViolations(manager.page)).toEqual([])

  await app.close()
  const again = await start({ domains: 3, running: 2 }, app.folder)
  await again.manager.waitForConnection('Second', 'Connected')
  await expect.poll(() => tree(again.manager)).toEqual(['Test driver', ...below, 'Second', ...below])
  fs.rmSync(app.folder, { recursive: true, force: true })
})

it('closes one by keyboard, asking what becomes of its guests, opens it again, renames and removes it, and undoes that', async () => {
  const { app, manager } = await start()
  const { page } = manager
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }
  await manager.addConnection('Second')
  await manager.waitForConnection('Second', 'Connected')
  await manager.list().focus()
  await press('End', 'ArrowLeft')
  await expect.poll(() => manager.focused()).toContain('Second')

  await press('Shift+F10')
  await manager.menuItem('Disconnect').waitFor()
  await page.keyboard.type('Disconnect')
  await press('Enter')
  await manager.dialog().getByText('web-01').waitFor({ state: 'detached' })
  await manager.dialog().getByText('db-01').waitFor()
  await press('Escape')
  await manager.dialog().waitFor({ state: 'detached' })
  await manager.waitForConnection('Second', 'Connected')
  await expect.poll(() => manager.focused()).toContain('Second')

  await press('Shift+F10')
  await manager.menuItem('Disconnect').waitFor()
  await page.keyboard.type('Disconnect')
  await press('Enter')
  await manager.dialog().waitFor()
  await press('ArrowDown', 'ArrowDown', 'Enter')
  await manager.waitForConnection('Second', 'Not connected')
  await expect.poll(() => tree(manager)).toEqual(['Test driver', 'Domain 0', 'db-01', 'mail-01', 'web-01', 'Second'])
  expect(await manager.announcements()).toContain('Second: Not connected')

  await press('F2')
  await manager.dialog().getByLabel('Name', { exact: true }).fill('Test driver')
  await manager.dialog().getByText('Another connection has this name').waitFor()
  await manager.dialog().getByLabel('Name', { exact: true }).fill('Renamed')
  await press('Enter')
  await manager.connection('Renamed').waitFor()

  await expect.poll(() => manager.focused()).toContain('Renamed')
  await press('Delete')
  await manager.dialog().getByText('nothing is deleted').waitFor()
  await press('Escape')
  await manager.dialog().waitFor({ state: 'detached' })
  expect(await listed(app, manager)).toHaveLength(2)
  await expect.poll(() => manager.focused()).toContain('Renamed')
  await press('Delete')
  await manager.dialog().waitFor()
  await press('Tab', 'Enter')
  await manager.connection('Renamed').waitFor({ state: 'detached' })
  await undoByKey(page)
  await manager.connection('Renamed').waitFor()
  await manager.connection('Renamed').click()
  await press('Enter')
  await manager.waitForConnection('Renamed', 'Connected')
  expect(await seriousViolations(page)).toEqual([])
  await app.close()
  fs.rmSync(app.folder, { recursive: true, force: true })
})

it('takes up one that was removed again, with its machines, from the dialog that adds one', { tags: 'long' }, async () => {
  const { app, manager } = await start()
  const { page } = manager
  await manager.addConnection('Second')
  await manager.waitForConnection('Second', 'Connected')
  await manager.row('web-01').nth(1).click()
  await page.keyboard.press('F2')
  await page.keyboard.type('mine')
  await page.keyboard.press('Enter')
  await manager.row('mine').waitFor()
  await manager.chooseOfConnection('Second', 'Disconnect')
  await manager.dialog().waitFor()
  await page.keyboard.press('Enter')
  await manager.waitForConnection('Second', 'Not connected')
  await manager.chooseOfConnection('Second', 'Remove connection')
  await manager.dialog().getByRole('button', { name: 'Remove' }).click()
  await manager.connection('Second').waitFor({ state: 'detached' })
  expect(await tree(manager)).not.toContain('mine')

  await manager.button('Application menu').click()
  await manager.menuItem('Add connection').click()
  await manager.dialog().getByRole('button', { name: 'Machines' }).click()
  await app.picture(page, 'connection-choices')
  await page.getByRole('option', { name: 'Of “Second”, removed (3 virtual machines)' }).click()
  await expect.poll(() => manager.dialog().getByLabel('Name', { exact: true }).inputValue()).toBe('Second')
  expect(await manager.dialog().getByRole('radio', { name: 'Embedded' }).isDisabled()).toBe(true)
  await app.picture(page, 'connection-taken-up')
  expect(await seriousViolations(page)).toEqual([])
  await manager.button('Add and connect').click()
  await manager.waitForConnection('Second', 'Connected')
  await manager.row('mine').waitFor()
  await app.close()
  fs.rmSync(app.folder, { recursive: true, force: true })
})

it('asks what becomes of jobs at work, waits for them, and disconnects when they have ended', { tags: 'long' }, async () => {
  const { app, manager } = await start({ domains: 1, running: 0 }, undefined, 4000)
  const { page } = manager
  await manager.addConnection('Second')
  await manager.waitForConnection('Second', 'Connected')
  const { value } = await app.call(page, 'connectionList', {})
  const connection = String(Reflect.get(Object.values(value)[1] ?? {}, 'connection'))
  const volume = { connection, pool: 'default', name: 'a.raw', format: 'raw' }
  const disks = path.join(app.folder, 'connections', connection.slice(0, 8), 'disks')
  await app.call(page, 'volumeCreate', { ...volume, sizeMiB: 1, backing: null })
  await expect.poll(() => fs.existsSync(path.join(disks, 'a.raw'))).toBe(true)
  await app.call(page, 'volumeClone', { ...volume, to: 'b.raw' })
  await manager.chooseOfConnection('Second', 'Disconnect')
  await manager.dialog().getByText('Jobs are at work there').waitFor()
  await app.picture(page, 'connection-busy')
  await page.keyboard.press('Escape')
  await manager.dialog().waitFor({ state: 'detached' })
  await manager.waitForConnection('Second', 'Connected')
  // One of its own for the second question: the first may have ended.
  await app.call(page, 'volumeClone', { ...volume, to: 'c.raw' })
  await manager.chooseOfConnection('Second', 'Disconnect')
  await manager.dialog().getByText('Jobs are at work there').waitFor()
  await page.keyboard.press('Enter')
  await manager.waitForConnection('Second', 'Not connected')
  expect(fs.readdirSync(disks).sort()).toEqual(['a.raw', 'b.raw', 'c.raw'])
  await app.close()
  fs.rmSync(app.folder, { recursive: true, force: true })
})

it('says in its row why one cannot be connected, leaves the others, and connects it once the reason is gone', async () => {
  const { app, manager } = await start()
  fs.writeFileSync(path.join(app.folder, 'connections'), 'a file where a folder should be')
  await manager.addConnection('Second')
  await manager.waitForConnection('Second', /Could not connect: .+/)
  await manager.waitForConnection('Test driver', 'Connected')
  await manager.choose('mail-01', 'Pause')
  await manager.waitForState('mail-01', 'Paused')
  expect(await seriousViolations(manager.page)).toEqual([])
  fs.rmSync(path.join(app.folder, 'connections'))
  await manager.button('Try again').click()
  await manager.waitForConnection('Second', 'Connected')
  await app.close()
  fs.rmSync(app.folder, { recursive: true, force: true })
})

it('calls off one that does not connect, from its row, its menu and the palette', { tags: 'long' }, async () => {
  const { app, manager } = await start({ domains: 1, running: 0, openMs: 3_600_000 })
  const { page } = manager
  const off = async () => {
    await manager.waitForConnection('Test driver', 'Not connected')
    expect(await tree(manager)).toEqual(['Test driver'])
    expect(await listed(app, manager)).toEqual([{ name: null, state: 'disconnected' }])
  }
  await manager.waitForConnection('Test driver', 'Connecting…')
  expect(await seriousViolations(page)).toEqual([])
  await manager.connection('Test driver').getByRole('button', { name: 'Cancel connecting' }).waitFor()
  await app.picture(page, 'connection-connecting')
  await manager.connection('Test driver').getByRole('button', { name: 'Cancel connecting' }).click()
  await off()

  await manager.chooseOfConnection('Test driver', 'Connect')
  await manager.waitForConnection('Test driver', 'Connecting…')
  await manager.chooseOfConnection('Test driver', 'Cancel connecting')
  await off()

  await manager.connection('Test driver').click()
  await page.keyboard.press('Enter')
  await manager.waitForConnection('Test driver', 'Connecting…')
  await manager.command('Cancel connecting')
  await off()
  expect(await manager.announcements()).toContain('Test driver: Not connected')
  await app.close()
  fs.rmSync(app.folder, { recursive: true, force: true })
})

it('offers what cannot be connected to yet greyed with the reason, and changes nothing when it is left', async () => {
  const { app, manager } = await start()
  await manager.button('Application menu').click()
  await manager.menuItem('Add connection').click()
  for (const name of ['QEMU/KVM', 'libvirt']) {
    expect(await manager.dialog().getByRole('radio', { name }).isDisabled()).toBe(true)
    await manager.dialog().locator('.way', { hasText: name }).getByText('Not possible yet').waitFor()
  }
  await manager.dialog().getByLabel('Name', { exact: true }).fill(' ')
  expect(await manager.button('Add and connect').isDisabled()).toBe(true)
  await manager.dialog().getByLabel('Name', { exact: true }).fill('Third')
  await manager.page.keyboard.press('Escape')
  await manager.dialog().waitFor({ state: 'detached' })
  expect(await listed(app, manager)).toEqual([{ name: null, state: 'connected' }])
  expect(fs.existsSync(path.join(app.folder, 'connections.json'))).toBe(false)
  await app.close()
  fs.rmSync(app.folder, { recursive: true, force: true })
})

it('makes a machine on the connection that is chosen, and shows the host of each', { tags: 'long' }, async () => {
  const { app, manager } = await start({ domains: 0 })
  await manager.addConnection('Second')
  await manager.waitForConnection('Second', 'Connected')
  fs.writeFileSync(path.join(app.folder, 'kernel'), 'kernel')
  await manager.connection('Second').click()
  const page = await app.other(() => manager.page.getByRole('button', { name: 'New virtual machine' }).first().click())
  await settle(page)
  const wizard = new CreateDomainPage(page)
  await page
    .getByRole('button', { name: /Connection/ })
    .getByText('Second')
    .waitFor()
  expect(await page.title()).toBe('New virtual machine – Second')
  await page.getByLabel('Kernel', { exact: true }).fill(path.join(app.folder, 'kernel'))
  await page.getByText('Start it now').click()
  await wizard.page.getByRole('button', { name: 'Create', exact: true }).click()
  await expect.poll(() => tree(manager)).toEqual(['Test driver', 'Domain 0', 'Second', 'Domain 0', 'guest-1'])

  const { value } = await app.call(manager.page, 'connectionList', {})
  const second = String(Reflect.get(Object.values(value)[1] ?? {}, 'connection'))
  const host = await openWindow(app, manager.page, 'host', second)
  await settle(host)
  expect(await host.title()).toContain('Second')
  await host.getByRole('tab', { name: 'Storage' }).click()
  await host
    .getByText(path.join('connections', second.slice(0, 8), 'disks'))
    .first()
    .waitFor()
  const first = await openWindow(app, manager.page, 'host', null)
  await settle(first)
  expect(await first.title()).toContain('Test driver')
  await app.close()
  fs.rmSync(app.folder, { recursive: true, force: true })
})

const guest = await debianGuest('cloud')

it.skipIf(!guest.ok)(
  'runs a guest on a second engine of our own beside the first, saves it when its connection is closed, and goes on with it',
  async () => {
    const app = own(await launch({ driver: 'embedded' }))
    const manager = await app.manager()
    await manager.waitForConnection('Embedded', 'Connected')
    await manager.addConnection('Second', 'Embedded')
    await manager.waitForConnection('Second', 'Connected')
    const { value } = await app.call(manager.page, 'connectionList', {})
    const connection = String(Reflect.get(Object.values(value)[1] ?? {}, 'connection'))
    if (!guest.ok) return
    const { kernel, ramdisk } = guest.value
    const config = { name: 'there', memoryMiB: 128, vcpus: 1, kernel, ramdisk, cmdline: 'console=hvc0', devices: [] }
    const made = await app.call(manager.page, 'domainDefine', { connection, config, images: [], start: true })
    expect(made).toMatchObject({ ok: true })
    await manager.waitForState('there', 'Running')
    await expect.poll(() => manager.cpuFigure('there').textContent(), { timeout: 60_000 }).toMatch(/[1-9]/)

    await manager.chooseOfConnection('Second', 'Disconnect')
    await manager.page.keyboard.press('Enter')
    await manager.waitForConnection('Second', 'Not connected')
    await manager.waitForConnection('Embedded', 'Connected')
    await manager.chooseOfConnection('Second', 'Connect')
    await manager.waitForState('there', 'Saved')
    await manager.choose('there', 'Run')
    await manager.waitForState('there', 'Running')
    const file = fs.readdirSync(path.join(app.folder, 'connections', connection.slice(0, 8), 'definitions'))
    expect(file.some((name) => name.endsWith('.xml'))).toBe(true)
    expect(fs.readdirSync(path.join(app.folder, 'definitions')).filter((name) => name.endsWith('.xml'))).toEqual([])
  },
)

it('makes of dropped files a machine where they were dropped: the connection under the pointer, else that of what is chosen', {
  tags: 'long',
}, async () => {
  const { app, manager } = await start()
  await manager.addConnection('Second')
  await manager.waitForConnection('Second', 'Connected')
  const kernel = path.join(app.folder, 'vmlinuz')
  fs.writeFileSync(kernel, Buffer.concat([Buffer.alloc(0x202), Buffer.from('HdrS'), Buffer.alloc(64)]))
  const opened = async (onto?: Parameters<ManagerPage['drop']>[1]): Promise<string> => {
    const create = new CreateDomainPage(await app.other(() => manager.drop([kernel], onto)))
    await expect.poll(() => create.field('Kernel').inputValue()).toBe(kernel)
    const chosen = (await create.page.getByRole('button', { name: 'Connection' }).textContent()) ?? ''
    await create.page.close()
    return chosen
  }
  await manager.connection('Test driver').click()
  expect(await opened()).toContain('Test driver')
  expect(await opened(manager.connection('Second'))).toContain('Second')
  await manager.row('mail-01').nth(1).click()
  expect(await opened()).toContain('Second')
  expect(await opened(manager.connection('Test driver'))).toContain('Test driver')
  const config = path.join(app.folder, 'guest.cfg')
  fs.writeFileSync(config, `name = "from-file"\nkernel = "${process.execPath}"\nmemory = 128\n`)
  await app.domain(() => manager.drop([config], manager.connection('Second')))
  await expect
    .poll(async () => (await tree(manager)).indexOf('from-file'))
    .toBeGreaterThan((await tree(manager)).indexOf('Second'))
})
