// Snapshots through the window, on the test driver: taking, the tree and the timeline by mouse and by keyboard, going back, renaming,
// a branch, a running copy, a clone, deleting. Runs in: plain Node; starts the real Electron on a virtual display.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { type LaunchOptions, launch, type RunningApp } from './app'
import type { DomainPage } from './domain-page'
import { ownApp } from './own-app'
import { SnapshotsPage } from './snapshots-page'

const keep = ownApp()

const uuid = '11111111-2222-4333-8444-555555555555'

async function start(
  options: LaunchOptions = {},
): Promise<{ app: RunningApp; domain: DomainPage; page: Page; snapshots: SnapshotsPage }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-e2e-'))
  for (const name of ['definitions', 'disks']) fs.mkdirSync(path.join(folder, name))
  const kernel = path.join(folder, 'vmlinuz')
  const disk = path.join(folder, 'disks', 'server.raw')
  for (const file of [kernel, disk]) fs.writeFileSync(file, '')
  fs.truncateSync(disk, 1 << 20)
  const devices = [
    { kind: 'vbd', dev: 'xvda', path: disk, format: 'raw', readonly: false, removable: false },
    { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] },
    { kind: 'vfb', width: 800, height: 600 },
  ]
  const config = { name: 'server', memoryMiB: 256, vcpus: 1, kernel, ramdisk: null, cmdline: 'console=hvc0', devices }
  const definition = { version: 2, uuid, config, managedSave: null, savedConfig: null }
  fs.writeFileSync(path.join(folder, 'definitions', `${uuid}.json`), JSON.stringify(definition))
  const app = await launch({ ...options, folder })
  keep(app)
  const manager = await app.manager()
  const domain = await app.domain(() => manager.row('server').dblclick())
  await app.call(domain.page, 'domainCreate', { uuid, fresh: false })
  await domain.page.getByRole('tab').nth(4).click()
  return { app, domain, page: domain.page, snapshots: new SnapshotsPage(domain.page) }
}

describe('the Snapshots page', () => {
  it('takes snapshots, shows them as a tree and in time, goes back and renames', async () => {
    const { app, domain, page, snapshots } = await start()
    await snapshots.take('Before the update', 'Everything works.')
    await snapshots.take('After the update')
    expect(await snapshots.levels()).toEqual(['Before the update 1', 'After the update 2', 'Now 3'])
    await snapshots.choose('Before the update')
    await snapshots.words('Everything works.').waitFor()
    await app.picture(page, 'snapshots-tree')
    await snapshots.button('Go back…').click()
    await snapshots.dialog().waitFor()
    await page.keyboard.press('Escape')
    await snapshots.dialog().waitFor({ state: 'detached' })
    await snapshots.button('Go back…').click()
    await snapshots.dialog().getByRole('button', { name: 'Go back', exact: true }).click()
    await expect
      .poll(() => snapshots.levels(), { timeout: 60_000 })
      .toEqual(['Before the update 1', 'After the update 2', 'Now 2'])
    await domain.waitForState('Running')
    await snapshots.take('Another way')
    expect(await snapshots.levels()).toEqual(['Before the update 1', 'After the update 2', 'Another way 2', 'Now 3'])
    await page.getByRole('radio', { name: 'Timeline' }).check({ force: true })
    expect(await page.getByRole('option').allTextContents()).toHaveLength(4)
    await app.picture(page, 'snapshots-time')
    // By keyboard alone.
    await page.getByRole('option').first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.getByRole('heading', { name: 'Another way' }).waitFor()
    await snapshots.button('Rename…').focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('Renamed')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Renamed' }).waitFor()
    expect(app.errors).toEqual([])
  })

  it('makes machines: a branch, a running copy, a clone; and deletes', async () => {
    const { app, page, snapshots } = await start()
    const names = async (): Promise<string[]> => {
      const list = await app.call(page, 'domainList', {})
      return Object.values(list.value)
        .flatMap((one) => ('name' in one && typeof one.name === 'string' ? [one.name] : []))
        .sort()
    }
    await snapshots.take('First')
    await snapshots.choose('First')
    await snapshots.button('Branch…').click()
    await snapshots.submit('Branch')
    await expect.poll(names, { timeout: 60_000 }).toContain('server First')
    // What was made belongs to no window that is open: this one, which asked for it, says so and opens it.
    await snapshots.words('“server First” is ready.').waitFor()
    await app.picture(page, 'snapshots-made')
    const branch = await app.domain(() => snapshots.button('Open').click())
    await branch.waitForState('Running')
    await branch.page.close()
    await snapshots.words('“server First” is ready.').waitFor({ state: 'detached' })
    await snapshots.button('Clone…').click()
    await app.picture(page, 'snapshots-clone')
    await snapshots.submit('Clone')
    await expect.poll(names, { timeout: 60_000 }).toContain('server clone')
    await snapshots.choose('Now')
    await snapshots.button('Running copy…').click()
    await snapshots.submit('Running copy')
    await expect.poll(names, { timeout: 60_000 }).toContain('server copy')
    await snapshots.choose('First')
    await snapshots.button('Delete…').click()
    await app.picture(page, 'snapshots-delete')
    await snapshots.submit('Delete')
    await expect.poll(() => snapshots.levels(), { timeout: 60_000 }).toEqual(['Now 1'])
    await snapshots.words(/No snapshots yet/).waitFor()
    expect(app.errors).toEqual([])
  })

  it('says what differs, and merges the disks of a deleted one under the running machine', { tags: 'long' }, async () => {
    const { app, domain, page, snapshots } = await start()
    const disks = path.join(app.folder, 'disks')
    await snapshots.take('Before')
    expect(fs.readdirSync(disks)).toHaveLength(2)
    await snapshots.choose('Before')
    await snapshots.words('No difference.').waitFor()
    const { value } = await app.call(page, 'domainInfo', { uuid })
    const config = { ...value['config'], title: 'The server', memoryMiB: 512, autostart: true }
    await app.call(page, 'domainRedefine', { uuid, config })
    const row = (name: string) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) })
    await expect.poll(() => row('Memory').textContent()).toBe('Memory256 MiB512 MiB')
    expect(await row('Title').textContent()).toBe('Title–The server')
    expect(await row('Autostart').textContent()).toBe('Autostartoffon')
    await app.picture(page, 'snapshots-differences')
    // Deleted with the machine would be its own file, not only what was written since.
    const manager = await app.manager()
    await manager.row('server').click()
    await manager.page.keyboard.press('Delete')
    const box = manager.page.getByRole('checkbox', { name: `${disks}/server.raw, with what was written since its snapshots` })
    await box.waitFor()
    await app.picture(manager.page, 'delete-with-snapshots')
    await manager.page.keyboard.press('Escape')
    await box.waitFor({ state: 'detached' })
    await snapshots.button('Delete…').click()
    await snapshots.dialog().getByText('while the machine runs on').waitFor()
    await snapshots.submit('Delete')
    await expect.poll(() => fs.readdirSync(disks)).toEqual(['server.raw'])
    await domain.waitForState('Running')
    expect(await snapshots.levels()).toEqual(['Now 1'])
  })

  it('compares a snapshot with another one and with now, whichever it is', { tags: 'long' }, async () => {
    const { app, domain, page, snapshots } = await start()
    await app.call(page, 'domainDestroy', { uuid })
    await domain.waitForState('Shut off')
    const { value } = await app.call(page, 'domainInfo', { uuid })
    const give = (memoryMiB: number) => app.call(page, 'domainRedefine', { uuid, config: { ...value['config'], memoryMiB } })
    await snapshots.take('Before')
    await give(512)
    await snapshots.take('After')
    await give(1024)
    await snapshots.choose('Before')
    const memory = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'Memory', exact: true }) })
    await expect.poll(() => memory.textContent()).toBe('Memory256 MiB1024 MiB')
    await snapshots.words(/^From “Before” to “Now” .+ were written to the disks\.$/).waitFor()
    await snapshots.compareWith('After')
    await expect.poll(() => memory.textContent()).toBe('Memory256 MiB512 MiB')
    await snapshots.words(/^From “Before” to “After” .+ were written to the disks\.$/).waitFor()
    await page.getByRole('columnheader', { name: 'After', exact: true }).waitFor()
    await app.picture(page, 'snapshots-compared')
    // The other one itself, and one whose partner is gone, are compared with now.
    await snapshots.choose('After')
    await expect.poll(() => memory.textContent()).toBe('Memory512 MiB1024 MiB')
    await snapshots.button('Delete…').click()
    await snapshots.submit('Delete')
    await snapshots.choose('Before')
    await expect.poll(() => memory.textContent()).toBe('Memory256 MiB1024 MiB')
    expect(app.errors).toEqual([])
  })

  it('tells where it was asked for that a machine could not be made', { tags: 'long' }, async () => {
    const { app, page, snapshots } = await start()
    await snapshots.take('First')
    const folder = path.join(app.folder, 'snapshots', uuid)
    for (const name of fs.readdirSync(folder)) if (name.endsWith('.save')) fs.rmSync(path.join(folder, name))
    await snapshots.choose('First')
    await snapshots.button('Branch…').click()
    await snapshots.submit('Branch')
    await page.getByRole('alert').filter({ hasText: '.save' }).waitFor()
    await app.picture(page, 'snapshots-not-made')
  })

  it('is whole in German and in the dark', { tags: 'long' }, async () => {
    const { app, page, snapshots } = await start({ preferences: { language: 'de', theme: 'dark' } })
    await app.call(page, 'snapshotCreate', { uuid, name: 'Vor dem Update', description: 'Alles geht.' })
    await snapshots.choose('Vor dem Update')
    await app.picture(page, 'snapshots-german-dark')
    expect(app.errors).toEqual([])
  })
})
