// Errors with a button that mends: each is met as a user would, says cause and consequence, and is gone once the button was pressed, or
// the window is open where it is mended. Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { launch, type RunningApp } from './app'
import { seriousViolations } from './axe'
import type { ManagerPage } from './manager-page'
import { ownApp } from './own-app'
import { stageFolder } from './scenes'

const keep = ownApp()

async function start(language: 'en' | 'de' = 'en'): Promise<{ app: RunningApp; manager: ManagerPage; page: Page }> {
  const app = keep(await launch({ folder: stageFolder({ language }), env: { RINGMASTER_TEST_DELAY_MS: '0' } }))
  const manager = await app.manager()
  return { app, manager, page: manager.page }
}

const card = (page: Page, words: string) => page.locator('.activity .notice', { hasText: words })

/** The network as it is, stopped. */
async function stopDefault(app: RunningApp, page: Page): Promise<void> {
  const { value } = await app.call(page, 'networkList', {})
  const [first] = Object.values(value)
  const network = Reflect.get(Object(first), 'network')
  await app.call(page, 'networkDefine', { network: { ...network, stopped: true }, replaces: 'default' })
}

async function configOf(app: RunningApp, page: Page, name: string): Promise<{ devices: readonly { mac?: string }[] }> {
  const listed = JSON.stringify(await app.call(page, 'domainList', {}))
  const domains: { name: string; config: { devices: { mac?: string }[] } }[] = JSON.parse(listed).value
  return domains.find((each) => each.name === name)?.config ?? { devices: [] }
}

async function uuidOf(app: RunningApp, page: Page, name: string): Promise<string> {
  const domains: { name: string; uuid: string }[] = JSON.parse(JSON.stringify(await app.call(page, 'domainList', {}))).value
  return domains.find((each) => each.name === name)?.uuid ?? ''
}

it('starts the network that a machine needs, by keyboard, and then the machine starts', async () => {
  const { app, manager, page } = await start()
  await stopDefault(app, page)
  await manager.choose('server', 'Run')
  const refused = card(page, 'The virtual network “default” is stopped. Nothing was changed.')
  await refused.waitFor()
  await app.picture(page, 'remedy-network')
  expect(await seriousViolations(page)).toEqual([])
  await refused.getByRole('button', { name: 'Start the network' }).focus()
  await page.keyboard.press('Enter')
  await refused.waitFor({ state: 'detached' })
  await manager.choose('server', 'Run')
  await manager.waitForState('server', 'Running')
})

it('opens the doctor for a file that is gone, in German, and the host window at the page that is meant', async () => {
  const { app, manager, page } = await start('de')
  fs.rmSync(path.join(app.folder, 'disks', 'server.img'))
  await manager.choose('server', 'Starten')
  const refused = card(page, 'Es wurde nichts geändert.')
  await refused.getByText('server.img').waitFor()
  await app.picture(page, 'remedy-doctor-german')
  const doctor = await app.other(() => refused.getByRole('button', { name: 'Diagnose öffnen' }).click())
  await doctor.locator('.finding', { hasText: 'server.img' }).waitFor()
  await refused.waitFor({ state: 'detached' })

  const storage = (host: Page) => host.getByRole('tab', { name: 'Datenspeicher', selected: true })
  const host = await app.other(
    async () => void (await app.call(page, 'windowOpen', { view: 'host', uuid: null, page: 'storage' })),
  )
  await storage(host).waitFor()
  await host.getByRole('tab', { name: 'Überblick' }).click()
  await app.call(page, 'windowOpen', { view: 'host', uuid: null, page: 'storage' })
  await storage(host).waitFor()
})

it('stands in a dialog too: the machine that uses the image is opened from there, and what was typed stays', {
  tags: 'long',
}, async () => {
  const { app, manager, page } = await start()
  await manager.choose('server', 'Run')
  await manager.waitForState('server', 'Running')
  const create = await app.createDomain(() =>
    page.getByRole('toolbar').getByRole('button', { name: 'New virtual machine' }).click(),
  )
  await create.startFrom('Image')
  await create.field('Image file').fill(path.join(app.folder, 'disks', 'server.img'))
  await create.field('Kernel').fill(process.execPath)
  await create.field('Name').fill('copied')
  await create.button('Create and run').click()
  const refused = create.page.locator('.notice', { hasText: 'server.img' })
  await refused.getByText('Nothing was changed.').waitFor()
  await refused.scrollIntoViewIfNeeded()
  await app.picture(create.page, 'remedy-dialog')
  expect(await seriousViolations(create.page)).toEqual([])
  const window = await app.domain(() => refused.getByRole('button').click())
  await window.waitForState('Running')
  await refused.waitFor({ state: 'detached' })
  expect(await create.field('Name').inputValue()).toBe('copied')

  // In a machine's own window nothing leads to a page of its own.
  await window.tab('Details').click()
  await window.addDevice('Network interface')
  const mac = (await configOf(app, page, 'server')).devices.find((device) => device.mac !== undefined)?.mac ?? ''
  await window.dialog().getByLabel('MAC address').fill(mac)
  await window.dialog().getByRole('button', { name: 'Add', exact: true }).click()
  const taken = window.dialog().locator('.notice', { hasText: mac })
  await taken.waitFor()
  expect(await taken.getByRole('button').count()).toBe(0)
  await window.page.keyboard.press('Escape')
})

it('gives back a machine that was deleted under an open dialog, and the dialog is done then', { tags: 'long' }, async () => {
  const { app, manager, page } = await start()
  await manager.choose('store-01', 'Clone…')
  const before = await uuidOf(app, page, 'store-01')
  await app.call(page, 'domainUndefine', { uuid: before, disks: [] })
  await manager.row('store-01').waitFor({ state: 'detached' })
  const clone = manager.dialog().getByRole('button', { name: 'Clone', exact: true })
  await clone.click()
  const refused = manager.dialog().locator('.notice', { hasText: '“store-01” has been deleted. Nothing was changed.' })
  await refused.getByRole('button', { name: 'Restore it' }).click()
  await refused.waitFor({ state: 'detached' })
  expect(await uuidOf(app, page, 'store-01')).toBe(before)
  await clone.click()
  await manager.row('store-01 clone').waitFor()
})

it('opens the machine that was to start, where the error does not name it', { tags: 'long' }, async () => {
  const { app, manager, page } = await start()
  const uuid = await uuidOf(app, page, 'store-01')
  const config = { ...(await configOf(app, page, 'store-01')), kernel: '', devices: [] }
  expect((await app.call(page, 'domainRedefine', { uuid, config })).ok).toBe(true)
  await manager.choose('store-01', 'Run')
  const refused = card(page, 'No kernel file was given. Nothing was changed.')
  const window = await app.domain(() => refused.getByRole('button', { name: 'Open Details' }).click())
  await window.page.getByRole('tab', { name: 'Details', selected: true }).waitFor()
})

it('says of a disk that is gone what follows, on its page of Details, and leads to the doctor', { tags: 'long' }, async () => {
  const { app, manager } = await start()
  fs.rmSync(path.join(app.folder, 'disks', 'server.img'))
  const window = await app.domain(() => manager.choose('server', 'Details…'))
  await window.page.getByRole('option', { name: 'Disk xvda' }).click()
  const wrong = window.page.locator('.notice', { hasText: 'The machine does not start with it.' })
  await wrong.getByText('server.img').waitFor()
  const doctor = await app.other(() => wrong.getByRole('button', { name: 'Ask the doctor' }).click())
  await doctor.locator('.finding', { hasText: 'server.img' }).waitFor()
})

it('opens New virtual machine for a dropped file that nothing can be told of', { tags: 'long' }, async () => {
  const { app, manager, page } = await start()
  const file = path.join(app.folder, 'notes.txt')
  fs.writeFileSync(file, 'nothing a machine could be made of')
  await manager.drop([file])
  const refused = card(page, 'notes.txt')
  await app.createDomain(() => refused.getByRole('button', { name: 'New virtual machine' }).click())
  await refused.waitFor({ state: 'detached' })
})

it('discards a saved state that is damaged, after asking, and starts the machine anew', { tags: 'long' }, async () => {
  const { app, manager, page } = await start()
  await manager.choose('server', 'Run')
  await manager.waitForState('server', 'Running')
  await manager.choose('server', 'Save state and turn off')
  await manager.waitForState('server', /^Saved/)
  const saved = path.join(app.folder, 'saved', `${await uuidOf(app, page, 'server')}.save`)
  fs.writeFileSync(saved, 'no saved state')
  await manager.choose('server', 'Run')
  const refused = card(page, 'The saved state of “server” cannot be used')
  await refused.getByText('Nothing was changed.').waitFor()
  await app.picture(page, 'remedy-saved')
  await refused.getByRole('button', { name: 'Discard and start…' }).click()
  await manager.dialog().getByRole('button', { name: 'Cancel' }).click()
  await manager.dialog().waitFor({ state: 'detached' })
  await manager.waitForState('server', /^Saved/)
  await refused.getByRole('button', { name: 'Discard and start…' }).click()
  await manager.dialog().getByRole('button', { name: 'Discard and start' }).click()
  await manager.waitForState('server', 'Running')
  await refused.waitFor({ state: 'detached' })
})

it('says what follows from a folder of disks that is gone, once Refresh is pressed, and is quiet when it is back', {
  tags: 'long',
}, async () => {
  const { app, page } = await start()
  const gone = path.join(app.folder, 'elsewhere')
  fs.mkdirSync(gone)
  const host = await app.other(
    async () => void (await app.call(page, 'windowOpen', { view: 'host', uuid: null, page: 'storage' })),
  )
  await app.answerFileDialogs(gone)
  await host.getByRole('button', { name: 'Add a folder…' }).click()
  await host.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  await host.getByText(gone, { exact: true }).waitFor()
  fs.rmdirSync(gone)
  await host.getByRole('button', { name: 'Refresh' }).click()
  const wrong = host.locator('.notice', { hasText: 'machines with disks there do not start' })
  await wrong.waitFor()
  await app.picture(host, 'remedy-pool')
  fs.mkdirSync(gone)
  await host.getByRole('button', { name: 'Refresh' }).click()
  await wrong.waitFor({ state: 'detached' })
})

it('shows a file that was put aside where it lies, and no other file', { tags: 'long' }, async () => {
  const folder = stageFolder({})
  fs.writeFileSync(path.join(folder, 'preferences.json'), 'not what it was')
  const app = keep(await launch({ folder, env: { RINGMASTER_TEST_DELAY_MS: '0' } }))
  const { page } = await app.manager()
  await app.electron.evaluate(({ shell }) => {
    shell.showItemInFolder = (shown) => {
      process.env['RINGMASTER_TEST_SHOWN'] = shown
    }
  })
  const shown = () => app.electron.evaluate(() => process.env['RINGMASTER_TEST_SHOWN'] ?? '')
  const refused = card(page, 'A file of settings was damaged')
  await refused.waitFor()
  await app.picture(page, 'remedy-file')
  expect(await app.call(page, 'asideShow', { path: path.join(folder, 'preferences.json') })).toMatchObject({ ok: false })
  expect(await app.call(page, 'asideShow', { path: `/etc/passwd.1.damaged` })).toMatchObject({ ok: false })
  expect(await app.call(page, 'asideShow', { path: path.join(folder, 'gone.1.damaged') })).toMatchObject({ ok: false })
  expect(await shown()).toBe('')
  await refused.getByRole('button', { name: 'Show the file' }).click()
  await expect.poll(shown).toMatch(/preferences\.json\.\d+\.damaged$/)
  expect(fs.readFileSync(await shown(), 'utf8')).toBe('not what it was')
  await refused.waitFor({ state: 'detached' })
})
