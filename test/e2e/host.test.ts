// The host window on the test driver: overview, networks, storage with making, copying and deleting volumes; who uses what.
// Runs in: plain Node; starts the real Electron on a virtual display.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { TestImages } from '../../src-main/driver/test/test-images'
import { type LaunchOptions, launch, type RunningApp } from './app'
import { ownApp } from './own-app'
import { undoByKey } from './undo-key'

const keep = ownApp()

async function start(options: LaunchOptions = {}): Promise<{ app: RunningApp; page: Page; folder: string }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-e2e-'))
  const uuid = '11111111-2222-4333-8444-555555555555'
  for (const name of ['definitions', 'disks']) fs.mkdirSync(path.join(folder, name))
  const kernel = path.join(folder, 'vmlinuz')
  fs.writeFileSync(kernel, 'kernel')
  for (const name of ['server.raw', 'old.raw']) {
    fs.writeFileSync(path.join(folder, 'disks', name), Buffer.alloc(64 << 10, 1))
    fs.truncateSync(path.join(folder, 'disks', name), 1 << 20)
  }
  const disk = path.join(folder, 'disks', 'server.raw')
  const devices = [{ kind: 'vbd', dev: 'xvda', path: disk, format: 'raw', readonly: false, removable: false }]
  const config = { name: 'server', memoryMiB: 256, vcpus: 1, kernel, ramdisk: null, cmdline: 'console=hvc0', devices }
  const definition = { version: 2, uuid, config, managedSave: null, savedConfig: null }
  fs.writeFileSync(path.join(folder, 'definitions', `${uuid}.json`), JSON.stringify(definition))
  const app = await launch({ ...options, folder })
  keep(app)
  const manager = await app.manager()
  await app.call(manager.page, 'domainCreate', { uuid, fresh: false })
  const page = await app.other(async () => {
    await app.call(manager.page, 'windowOpen', { view: 'host', uuid: null })
  })
  await page.getByRole('tab').nth(3).waitFor()
  return { app, page, folder }
}

const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name }).first()

describe('the host window', () => {
  it('shows the host, its networks and its storage, and works on volumes', async () => {
    const { app, page, folder } = await start({ preferences: { newDiskGiB: 6 } })
    await page.getByText('1 of 1 running').waitFor()
    // Measured before the window was there: curves and figures of the host and of its machines.
    const memory = page.locator('figure').filter({ hasText: 'Memory used' })
    await memory.getByText(/^[\d.,]+ ([MG]iB), [\d.,]+ \1$/).waitFor()
    await page.getByText('24 hours').click()
    await memory.getByText(/^[\d.,]+ ([MG]iB), [\d.,]+ \1$/).waitFor()
    await page.getByText('1 minute', { exact: true }).click()
    await app.picture(page, 'host-overview')
    await page.getByRole('tab', { name: 'Virtual networks' }).click()
    await page.getByRole('option', { name: 'default' }).waitFor()
    await page.getByRole('tab', { name: 'Storage' }).click()
    await row(page, 'server (running)').waitFor()
    await row(page, 'server.raw').click()
    expect(await page.getByRole('button', { name: 'Delete…' }).isDisabled()).toBe(true)
    await app.picture(page, 'host-storage')
    // By keyboard: the unused one is chosen and copied.
    await page.keyboard.press('ArrowUp')
    await page.getByRole('button', { name: 'Copy or convert…' }).focus()
    await page.keyboard.press('Enter')
    await app.picture(page, 'host-copy')
    await page.keyboard.press('Enter')
    await row(page, 'old-copy.raw').waitFor()
    await page.getByRole('button', { name: 'New volume…' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('fresh')
    // What the preferences propose; another unit writes the same size.
    const size = page.getByRole('dialog').getByLabel('Size', { exact: true })
    await expect.poll(() => size.inputValue()).toBe('6')
    await page.getByRole('dialog').getByRole('button', { name: 'Unit of Size' }).click()
    await page.getByRole('option', { name: 'MiB' }).click()
    await expect.poll(() => size.inputValue()).toBe('6144')
    await size.fill('1536')
    await page.getByRole('dialog').getByRole('button', { name: 'Unit of Size' }).press('ArrowRight')
    await expect.poll(() => size.inputValue()).toBe('1.5')
    await app.picture(page, 'host-create')
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
    // What was made is chosen, for what is done with it next.
    await row(page, 'fresh.qcow2').and(page.locator('[aria-selected="true"]')).waitFor()
    await row(page, 'fresh.qcow2').getByText('1.5 GiB', { exact: true }).waitFor()
    // It is put on another one, which is used from then on, and taken off it again.
    await page.getByRole('button', { name: 'Backing file…' }).click()
    const rebase = page.getByRole('dialog', { name: 'Backing file of fresh.qcow2' })
    await expect.poll(() => rebase.getByRole('button', { name: 'Change' }).isDisabled()).toBe(true)
    await rebase.getByRole('button', { name: /^None Backing file/ }).click()
    await page.getByRole('option', { name: 'old-copy.raw' }).click()
    await app.picture(page, 'host-rebase')
    await rebase.getByRole('button', { name: 'Change' }).click()
    await page.getByText('below fresh.qcow2').waitFor()
    await page.locator('.undo-bar').getByText('Rebased fresh.qcow2').waitFor()
    await row(page, 'fresh.qcow2').focus()
    await undoByKey(page)
    await page.getByText('below fresh.qcow2').waitFor({ state: 'detached' })
    await row(page, 'old-copy.raw').click()
    await expect.poll(() => page.getByRole('button', { name: 'Backing file…' }).isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Delete…' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await row(page, 'old-copy.raw').waitFor({ state: 'detached' })
    // Undone, newest first: what was deleted is there again, what was made is in the trash.
    const undo = page.locator('.undo-bar').getByRole('button', { name: 'Undo' })
    await app.picture(page, 'host-undo')
    await undo.click()
    await row(page, 'old-copy.raw').waitFor()
    await page.locator('.undo-bar').getByText('Made fresh.qcow2').waitFor()
    await undo.click()
    await row(page, 'fresh.qcow2').waitFor({ state: 'detached' })
    await row(page, 'old.raw').click()
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    const foot = () => page.locator('.storage-foot').evaluate((each) => each.getBoundingClientRect().top)
    const above = await foot()
    await page.locator('.storage-line').getByText('No errors in old.raw').waitFor()
    expect(await foot()).toBe(above)
    await page.getByRole('button', { name: 'Resize…' }).click()
    await page.getByRole('dialog').getByLabel('Size', { exact: true }).fill('0')
    await expect
      .poll(() => page.getByRole('dialog').getByLabel('Size', { exact: true }).getAttribute('aria-invalid'))
      .toBe('true')
    await page.getByRole('dialog').getByLabel('Size', { exact: true }).fill('8')
    await page.keyboard.press('Tab')
    await page.getByRole('dialog').getByRole('button', { name: 'Resize', exact: true }).click()
    await row(page, 'old.raw').getByText('8 MiB', { exact: true }).waitFor()
    await page.locator('.undo-bar').getByText('Enlarged old.raw').waitFor()
    await row(page, 'old.raw').focus()
    await undoByKey(page)
    await row(page, 'old.raw').getByText('1 MiB', { exact: true }).waitFor()
    const more = path.join(folder, 'more')
    fs.mkdirSync(more)
    await app.answerFileDialogs(more)
    await page.getByRole('button', { name: 'Add a folder…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click()
    await page.getByRole('option', { name: 'more' }).waitFor()
    await page.getByText('No disk images here.').waitFor()
    await page.getByRole('button', { name: 'Take the folder off the list; its files stay' }).click()
    await page.getByRole('option', { name: 'more' }).waitFor({ state: 'detached' })
    await undo.click()
    await page.getByRole('option', { name: 'more' }).waitFor()
    await undo.click()
    await page.getByRole('option', { name: 'more' }).waitFor({ state: 'detached' })
    // The manager's trash has the image that was made by mistake.
    const { page: list } = await app.manager()
    await list.keyboard.press('Control+k')
    await list.keyboard.type('Trash')
    await list.keyboard.press('Enter')
    await list.getByText('disk image in').waitFor()
    await app.picture(list, 'host-trash')
    await list.getByRole('button', { name: 'Delete “fresh.qcow2” for good' }).click()
    await app.picture(list, 'host-trash-asked')
    await list.getByRole('button', { name: 'Delete for good' }).click()
    await list.getByText('The trash is empty.').waitFor()
    expect(app.errors).toEqual([])
  })

  it('asks before it resizes an image that leads to a file elsewhere, or puts another on it', { tags: 'long' }, async () => {
    const { app, page, folder } = await start()
    const images = new TestImages(async () => undefined)
    const below = path.join(folder, 'elsewhere.raw')
    fs.writeFileSync(below, Buffer.alloc(1 << 20))
    await images.overlay(path.join(folder, 'disks', 'leads.qcow2'), { path: below, format: 'raw' })
    await images.create({ path: path.join(folder, 'disks', 'own.qcow2'), format: 'qcow2', sizeMiB: 1 })
    await page.getByRole('tab', { name: 'Storage' }).click()
    await row(page, 'leads.qcow2').click()
    await page.getByRole('button', { name: 'Resize…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Size', { exact: true }).fill('8')
    await page.keyboard.press('Tab')
    await dialog.getByRole('button', { name: 'Resize', exact: true }).click()
    const question = page.getByRole('alertdialog')
    await question.getByText('leads.qcow2 leads to the last of these files:').waitFor()
    await question.getByText(below, { exact: true }).waitFor()
    await app.picture(page, 'host-resize-question')
    await question.getByRole('button', { name: 'Do not open' }).click()
    await dialog.getByRole('button', { name: 'Resize', exact: true }).click()
    await question.getByRole('button', { name: 'Open it' }).click()
    await row(page, 'leads.qcow2').getByText('8 MiB', { exact: true }).waitFor()
    // The answer holds for the way back too.
    await page.locator('.undo-bar').getByText('Enlarged leads.qcow2').waitFor()
    await row(page, 'leads.qcow2').focus()
    await undoByKey(page)
    await row(page, 'leads.qcow2').getByText('1 MiB', { exact: true }).waitFor()
    // So it is where another one is put on it: of what that one leads to.
    await row(page, 'own.qcow2').click()
    await page.getByRole('button', { name: 'Backing file…' }).click()
    await dialog.getByRole('button', { name: /^None Backing file/ }).click()
    await page.getByRole('option', { name: 'leads.qcow2' }).click()
    await dialog.getByRole('button', { name: 'Change' }).click()
    await question.getByText('leads.qcow2 leads to the last of these files:').waitFor()
    await question.getByText('It is read and not changed.').waitFor()
    await app.picture(page, 'host-rebase-question')
    await question.getByRole('button', { name: 'Open it' }).click()
    await page.getByText('below own.qcow2').waitFor()
  })

  it('keeps the dialog and what was typed where a name is taken, and cuts long names of machines', {
    timeout: 60_000,
  }, async () => {
    const { app, page, folder } = await start()
    const name = `a machine of ${'very '.repeat(30)}long name`
    const disk = path.join(folder, 'disks', 'old.raw')
    const devices = [{ kind: 'vbd', dev: 'xvda', path: disk, format: 'raw', readonly: false, removable: false }]
    const kernel = path.join(folder, 'vmlinuz')
    const config = { name, memoryMiB: 64, vcpus: 1, kernel, ramdisk: null, cmdline: '', devices }
    await app.call(page, 'domainDefine', { config, images: [], start: false })
    await page.getByRole('tab', { name: 'Storage' }).click()
    const uses = page.getByRole('row', { name: /^old\.raw/ }).locator('.storage-uses')
    await uses.getByText(name).waitFor()
    expect(await uses.getAttribute('title')).toBe(name)
    const heights = await page.locator('.storage-row').evaluateAll((rows) => rows.map(({ clientHeight }) => clientHeight))
    expect(heights).toHaveLength(2)
    expect(heights[0]).toBe(heights[1])
    // What it does with the disk is not cut with its name.
    const { value } = await app.call(page, 'domainList', {})
    const one = Object.values(value).find((each) => 'name' in each && each.name === name)
    if (one === undefined || !('uuid' in one)) throw new Error('not there')
    await app.call(page, 'domainCreate', { uuid: one.uuid, fresh: true })
    await uses.getByText('(running)').waitFor()
    const [cell, shown] = await uses.evaluate((box) => {
      const range = document.createRange()
      const last = box.querySelector('.storage-use')?.lastChild ?? box
      range.selectNodeContents(last)
      return [box.getBoundingClientRect().right, range.getBoundingClientRect().right]
    })
    expect(shown).toBeLessThanOrEqual((cell ?? 0) + 0.5)
    await app.picture(page, 'host-long-use')
    const own = path.join(folder, 'old.raw')
    fs.writeFileSync(own, Buffer.alloc(1 << 20))
    await app.answerFileDialogs(own)
    await page.getByRole('button', { name: 'Take in a file…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Another volume here has this name').waitFor()
    expect(await dialog.getByRole('button', { name: 'Take in a file' }).isDisabled()).toBe(true)
    await app.picture(page, 'host-name-taken')
    // One that the list does not know yet: refused in the dialog, which keeps what was typed.
    fs.writeFileSync(path.join(folder, 'disks', 'late.raw'), '')
    await dialog.getByLabel('Name').fill('late.raw')
    await page.keyboard.press('Enter')
    await dialog.getByText('exists already').waitFor()
    expect(await dialog.getByLabel('Name').inputValue()).toBe('late.raw')
    await app.picture(page, 'host-name-late')
    await dialog.getByLabel('Name').fill('new.raw')
    await page.keyboard.press('Enter')
    await row(page, 'new.raw').waitFor()
    expect(app.errors).toEqual([])
  })

  it('orders volumes by any column, names all who use one, and says what is damaged', { tags: 'long' }, async () => {
    const { app, page, folder } = await start()
    const disks = path.join(folder, 'disks')
    fs.writeFileSync(path.join(disks, 'broken.qcow2'), 'X'.repeat(4096))
    const base = { pool: 'default', format: 'qcow2', sizeMiB: 1, backing: 'old.raw' }
    for (const name of ['one.qcow2', 'two.qcow2', 'three.qcow2', 'four.qcow2', 'five.qcow2']) {
      await app.call(page, 'volumeCreate', { ...base, name })
      await expect.poll(() => fs.existsSync(path.join(disks, name))).toBe(true)
    }
    await page.getByRole('tab', { name: 'Storage' }).click()
    await page.getByRole('button', { name: 'Refresh' }).click()
    await row(page, 'broken.qcow2').getByText('is called qcow2, but does not begin like one').waitFor()
    const uses = page.getByRole('row', { name: /^old\.raw/ }).locator('.storage-uses')
    await uses.getByText('and 2 more').waitFor()
    expect((await uses.getAttribute('title'))?.split(', ')).toHaveLength(5)
    expect(await uses.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBeLessThanOrEqual(0)
    await app.picture(page, 'host-uses')
    const names = () => page.locator('.storage-row [role=rowheader] .storage-file:first-child').allTextContents()
    expect((await names())[0]).toBe('broken.qcow2')
    const head = (name: string) => page.getByRole('columnheader', { name })
    await head('Used by').click()
    await head('Used by').click()
    await expect.poll(async () => (await names())[0]).toBe('old.raw')
    expect(await head('Used by').getAttribute('aria-sort')).toBe('descending')
    // By keyboard.
    await head('Name').press('Enter')
    await expect.poll(async () => (await names())[0]).toBe('broken.qcow2')
    await head('Name').press('Enter')
    await expect.poll(async () => (await names())[0]).toBe('two.qcow2')
    await app.picture(page, 'host-ordered')
    // What a field opens is as broad as the field.
    await page.getByRole('button', { name: 'New volume…' }).click()
    const field = page.locator('.field', { hasText: 'Backing file' }).locator('.select-button')
    await field.click()
    const opened = page.locator('.popover', { has: page.getByRole('option', { name: 'None' }) })
    await opened.waitFor()
    await app.picture(page, 'host-select')
    const width = (shown: Locator) => shown.evaluate((node) => node.getBoundingClientRect().width)
    expect(await width(opened)).toBeGreaterThanOrEqual(await width(field))
    expect(app.errors).toEqual([])
  })

  it('lends its volumes to the window of a machine, whose new disk is picked from them', { tags: 'long' }, async () => {
    const { app, page, folder } = await start()
    const domain = await app.domain(async () => {
      await app.call(page, 'windowOpen', { view: 'domain', uuid: '11111111-2222-4333-8444-555555555555' })
    })
    await domain.page.getByRole('tab', { name: 'Details' }).click()
    await domain.addDevice('Disk')
    await domain.page.getByRole('radio', { name: 'Existing file' }).check({ force: true })
    await domain.page.getByRole('button', { name: /^Volumes for/ }).click()
    const picker = domain.page.getByRole('dialog', { name: 'Choose a volume' })
    await picker.getByRole('row').filter({ hasText: 'old.raw' }).click()
    await app.picture(domain.page, 'host-picker')
    await picker.getByRole('button', { name: 'Choose volume', exact: true }).click()
    await picker.waitFor({ state: 'detached' })
    // The dialog beneath is still there, with what was picked.
    expect(await domain.page.getByRole('dialog').getByLabel('File', { exact: true }).inputValue()).toBe(
      path.join(folder, 'disks', 'old.raw'),
    )
    await domain.page.keyboard.press('Escape')
    expect(app.errors).toEqual([])
  })

  it('is whole in German and in the dark', { tags: 'long' }, async () => {
    const { app, page } = await start({ preferences: { language: 'de', theme: 'dark' } })
    await page.getByRole('tab').nth(3).click()
    await row(page, 'server (läuft)').waitFor()
    await app.picture(page, 'host-german-dark')
    expect(app.errors).toEqual([])
  })
})
