// Files dropped onto the manager window: a new machine, a configuration, another kernel, disk or medium for a machine.
// Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { TestImages } from '../../src-main/driver/test/test-images'
import { CreateDomainPage } from './create-domain-page'
import { startList } from './list-setup'
import { ownApp } from './own-app'
import { undoByKey } from './undo-key'

const keep = ownApp()
const start = (script: object) => startList(keep, script)

it('fills in a new machine from dropped files, and makes one of a dropped configuration', async () => {
  const { app, manager } = await start({ domains: 3, running: 1 })
  const file = (name: string, content: Buffer | string) => {
    fs.writeFileSync(path.join(app.folder, name), content)
    return path.join(app.folder, name)
  }
  const kernel = file('vmlinuz', Buffer.concat([Buffer.alloc(0x202), Buffer.from('HdrS'), Buffer.alloc(64)]))
  const image = file('disk.qcow2', Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), Buffer.alloc(1000)]))
  const create = new CreateDomainPage(await app.other(() => manager.drop([kernel, image])))
  await expect.poll(() => create.field('Kernel').inputValue()).toBe(kernel)
  await expect.poll(() => create.page.getByLabel('File', { exact: true }).inputValue()).toBe(image)
  await create.page.close()
  const config = file('guest.cfg', `name = "from-file"\nkernel = "${process.execPath}"\nmemory = 128\n`)
  await app.domain(() => manager.drop([config]))
  await manager.row('from-file').waitFor()
  // Once more: a machine of its own under a name of its own, which is said.
  await app.domain(() => manager.drop([config]))
  await manager.row('from-file 2').waitFor()
  await expect.poll(() => manager.undoBar().textContent()).toContain('Made “from-file 2” from guest.cfg')
  // Several become as many, in one step that can be taken back, and open no window each.
  const several = ['red', 'green'].map((name) =>
    file(`${name}.cfg`, `name = "${name}"\nkernel = "${process.execPath}"\nmemory = 128\n`),
  )
  const windows = app.electron.windows().length
  await manager.drop(several)
  await manager.row('red').waitFor()
  await manager.row('green').waitFor()
  await expect.poll(() => manager.undoBar().textContent()).toContain('Made from configurations: red, green')
  expect(app.electron.windows().length).toBe(windows)
  await manager.undoBar().getByRole('button', { name: 'Undo' }).click()
  for (const name of ['red', 'green']) await manager.row(name).waitFor({ state: 'detached' })
  await manager.drop([file('letter.txt', 'Dear reader,')])
  await expect.poll(() => manager.failures().textContent()).toContain('It cannot be told what')
})

it('changes the machine that files are dropped on, once asked, and takes it back', { tags: 'long' }, async () => {
  const { app, manager } = await start({ domains: 3, running: 1 })
  const { page } = manager
  const file = (name: string, content: Buffer | string) => {
    fs.writeFileSync(path.join(app.folder, name), content)
    return path.join(app.folder, name)
  }
  const info = async () => {
    const listed = JSON.stringify(await app.call(page, 'domainList', {}))
    const domains: { name: string; config: { kernel: string; devices: { path?: string; readonly?: boolean }[] } }[] =
      JSON.parse(listed).value
    return domains.find(({ name }) => name === 'db-01')?.config
  }
  const before = await info()
  const kernel = file('vmlinuz', Buffer.concat([Buffer.alloc(0x202), Buffer.from('HdrS'), Buffer.alloc(64)]))
  const disc = file('cd.iso', Buffer.concat([Buffer.alloc(32769), Buffer.from('CD001'), Buffer.alloc(4096)]))

  await manager.drop([kernel, disc], 'db-01')
  await manager.dialog().getByText(kernel).waitFor()
  await manager.dialog().getByText('raw, only read').waitFor()
  await app.picture(page, 'list-dropped-on')
  await page.keyboard.press('Escape')
  await manager.dialog().waitFor({ state: 'detached' })
  expect(await info()).toEqual(before)

  await manager.drop([kernel, disc], 'db-01')
  await manager.dialog().getByRole('button', { name: 'Change', exact: true }).click()
  await manager.dialog().waitFor({ state: 'detached' })
  expect(await info()).toMatchObject({ kernel, devices: [...(before?.devices ?? []), { path: disc, readonly: true }] })
  await undoByKey(page)
  await expect.poll(async () => (await info())?.kernel).toBe(before?.kernel)
  expect((await info())?.devices).toContainEqual(expect.objectContaining({ path: disc }))
  await undoByKey(page)
  await expect.poll(info).toEqual(before)

  // A file elsewhere that an image stands on is asked about, and the rest follows by itself.
  const images = new TestImages(async () => undefined)
  fs.mkdirSync(path.join(app.folder, 'elsewhere'))
  fs.mkdirSync(path.join(app.folder, 'disks'), { recursive: true })
  const [base, over] = [path.join(app.folder, 'elsewhere', 'base.raw'), path.join(app.folder, 'disks', 'over.qcow2')]
  await images.create({ path: base, format: 'raw', sizeMiB: 1 })
  await images.overlay(over, { path: base, format: 'raw' })
  await manager.drop([kernel, over], 'db-01')
  await manager.dialog().getByRole('button', { name: 'Change', exact: true }).click()
  await page.getByRole('alertdialog').getByText(base, { exact: true }).waitFor()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Open it' }).click()
  await manager.dialog().waitFor({ state: 'detached' })
  expect(await info()).toMatchObject({ kernel, devices: [...(before?.devices ?? []), { path: over, allowedBacking: [base] }] })
  for (let step = 0; step < 2; step++) await undoByKey(page)
  await expect.poll(info).toEqual(before)

  // A configuration says of its disks itself what there are.
  const text = `name = "db-01"\nkernel = "${process.execPath}"\nmemory = 192\n`
  await manager.drop([file('guest.cfg', text), file('other.cfg', text), disc], 'db-01')
  await manager.dialog().getByText('guest.cfg').waitFor()
  expect(await manager.dialog().textContent()).not.toContain(disc)
  // What is not used is named.
  await manager.dialog().getByText('cd.iso, other.cfg').waitFor()
  await manager.dialog().getByRole('button', { name: 'Change', exact: true }).click()
  await manager.dialog().waitFor({ state: 'detached' })
  expect(await info()).toMatchObject({ memoryMiB: 192, devices: [] })
  expect(app.errors).toEqual([])
})
