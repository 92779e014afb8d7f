// Every dialog there is and how it is opened, on the stage of scenes.ts (a machine "server" that runs, with a snapshot, and others).
// `setDialogStage` adds what some of them need. A new dialog is a row here. Runs in: end-to-end tests.
import fs from 'node:fs'
import path from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { TestImages } from '../../src-main/driver/test/test-images'
import type { WindowView } from '../../src-main/public/types'
import type { RunningApp } from './app'
import { SERVER } from './scenes'

export interface DialogRow {
  readonly name: string
  readonly view: WindowView
  readonly uuid?: string
  open(page: Page, folder: string): Promise<void>
  /** Takes back what opening it needed, once it was left. */
  after?(page: Page): Promise<void>
}

/** A machine with a saved state, a network nobody uses, and an image that refers to a file elsewhere. */
export async function setDialogStage(app: RunningApp, manager: Page): Promise<void> {
  const images = new TestImages(async () => undefined)
  const elsewhere = path.join(app.folder, 'elsewhere.raw')
  fs.writeFileSync(elsewhere, Buffer.alloc(1 << 20))
  fs.writeFileSync(path.join(app.folder, 'disks', 'loose.img'), Buffer.alloc(1 << 20))
  await images.overlay(path.join(app.folder, 'disks', 'refers.qcow2'), { path: elsewhere, format: 'raw' })
  const spare = { name: 'spare', kind: 'isolated', address: '10.0.9.1', prefix: 24, hosts: [], hostLoopback: false }
  await app.call(manager, 'networkDefine', { network: spare, replaces: null })
  const config = { name: 'asleep', memoryMiB: 64, vcpus: 1, kernel: path.join(app.folder, 'vmlinuz-6.1.0-cloud-amd64') }
  const whole = { ...config, ramdisk: null, cmdline: '', devices: [] }
  const { value } = await app.call(manager, 'domainDefine', { config: whole, images: [], start: true })
  await app.call(manager, 'domainManagedSave', { uuid: value['uuid'] })
  await row(manager, 'asleep').getByText('Saved').waitFor()
}

const row = (page: Page, name: string): Locator => page.getByRole('row').filter({ hasText: name }).first()
const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true })
const tab = (page: Page, name: string): Promise<void> => page.getByRole('tab', { name, exact: true }).click()

async function fromMenu(page: Page, machine: string, action: string): Promise<void> {
  await row(page, machine).click({ button: 'right' })
  await page.getByRole('menuitem', { name: action }).first().click()
}

async function fromPalette(page: Page, command: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.keyboard.type(command)
  await page.getByRole('option', { name: command }).first().waitFor()
  await page.keyboard.press('Enter')
  await page.locator('.palette').waitFor({ state: 'detached' })
}

const ofList = (action: string, machine = 'web-01'): DialogRow => ({
  name: `${action} of ${machine}`,
  view: 'manager',
  open: (page) => fromMenu(page, machine, action),
})

const ofCommand = (command: string): DialogRow => ({
  name: command,
  view: 'manager',
  open: (page) => fromPalette(page, command),
})

const ofSnapshot = (action: string): DialogRow => ({
  name: `${action} of a snapshot`,
  view: 'domain',
  uuid: SERVER,
  open: async (page) => {
    await tab(page, 'Snapshots')
    await page.getByRole('row', { name: 'First', exact: true }).click()
    await button(page, action).click()
  },
})

const ofVolume = (action: string, volume = 'loose.img'): DialogRow => ({
  name: `${action} of a volume`,
  view: 'host',
  open: async (page) => {
    await tab(page, 'Storage')
    await row(page, volume).click()
    await button(page, action).click()
  },
})

const ofDevice = (kind: string): DialogRow => ({
  name: `adding a ${kind}`,
  view: 'domain',
  uuid: SERVER,
  open: async (page) => {
    await tab(page, 'Details')
    await button(page, 'Add a device').click()
    await page.getByRole('menuitem', { name: kind }).click()
  },
})

export const dialogs: readonly DialogRow[] = [
  ofList('Delete'),
  ofList('Clone…'),
  ofList('Move to folder…'),
  ofList('Tags…'),
  ofList('Force reset', 'server'),
  ofList('Force off', 'server'),
  ofList('Discard saved state and start', 'asleep'),
  ofCommand('Keyboard shortcuts'),
  ofCommand('Import'),
  ofCommand('Trash'),
  ofCommand('Add connection'),
  ofCommand('Connection properties'),
  ofCommand('Disconnect'),
  { name: 'the command palette', view: 'manager', open: (page) => page.keyboard.press('Control+k') },
  {
    name: 'keeping a filter',
    view: 'manager',
    open: async (page) => {
      await page.locator('.filter input').fill('web')
      await fromPalette(page, 'Save this filter')
    },
  },
  {
    name: 'quitting',
    view: 'manager',
    open: (page) => page.evaluate(() => Reflect.get(window, 'ringmaster').call('quit', {})),
  },
  ofDevice('Disk'),
  ofDevice('Network'),
  {
    name: 'choosing a volume',
    view: 'domain',
    uuid: SERVER,
    open: async (page, folder) => {
      await ofDevice('Disk').open(page, folder)
      await page.getByRole('dialog').getByText('Existing file', { exact: true }).click()
      await page.getByRole('button', { name: /^Volumes for/ }).click()
      await page.getByRole('dialog', { name: 'Choose a volume' }).waitFor()
    },
  },
  {
    name: 'the question about a file elsewhere',
    view: 'domain',
    uuid: SERVER,
    open: async (page, folder) => {
      await ofDevice('Disk').open(page, folder)
      const dialog = page.getByRole('dialog')
      await dialog.getByText('Existing file', { exact: true }).click()
      await dialog.getByLabel('File', { exact: true }).fill(path.join(folder, 'disks', 'refers.qcow2'))
      await dialog.getByText('Read-only').click()
      await dialog.getByText('qcow2, 1 MiB').waitFor()
      await dialog.getByRole('button', { name: 'Add', exact: true }).click()
      await page.getByRole('alertdialog').waitFor()
    },
  },
  {
    name: 'writing to XenStore',
    view: 'domain',
    uuid: SERVER,
    open: async (page) => {
      await tab(page, 'Inside')
      await page.getByRole('option', { name: 'XenStore' }).click()
      await page.getByRole('searchbox').last().fill('memory/target')
      await page.getByRole('treegrid').getByText('target', { exact: true }).click()
      await button(page, 'Edit…').click()
    },
  },
  {
    name: 'leaving Details with changes',
    view: 'domain',
    uuid: SERVER,
    open: async (page) => {
      await tab(page, 'Details')
      await page.getByRole('option', { name: 'Overview' }).click()
      await page.getByLabel('Title').fill('draft')
      await tab(page, 'Log')
    },
    after: async (page) => {
      if ((await page.getByLabel('Title').inputValue()) !== 'draft') throw new Error('what was typed is gone')
      await button(page, 'Revert').click()
    },
  },
  {
    name: 'taking a drive away',
    view: 'domain',
    uuid: SERVER,
    open: async (page) => {
      await tab(page, 'Details')
      await page.getByRole('option', { name: 'Drive xvdc' }).click()
      await button(page, 'Remove').click()
    },
  },
  {
    name: 'taking a snapshot',
    view: 'domain',
    uuid: SERVER,
    open: async (page) => {
      await tab(page, 'Snapshots')
      await button(page, 'Take snapshot…').click()
    },
  },
  {
    name: 'a running copy',
    view: 'domain',
    uuid: SERVER,
    open: async (page) => {
      await tab(page, 'Snapshots')
      await page.getByRole('row', { name: 'Now', exact: true }).click()
      await button(page, 'Running copy…').click()
    },
  },
  ofSnapshot('Go back…'),
  ofSnapshot('Branch…'),
  ofSnapshot('Clone…'),
  ofSnapshot('Rename…'),
  ofSnapshot('Delete…'),
  {
    name: 'a new volume',
    view: 'host',
    open: async (page) => {
      await tab(page, 'Storage')
      await button(page, 'New volume…').click()
    },
  },
  {
    name: 'taking in a file',
    view: 'host',
    open: async (page) => {
      await tab(page, 'Storage')
      await button(page, 'Take in a file…').click()
    },
  },
  {
    name: 'adding a folder',
    view: 'host',
    open: async (page) => {
      await tab(page, 'Storage')
      await button(page, 'Add a folder…').click()
    },
  },
  ofVolume('Resize…'),
  ofVolume('Backing file…', 'refers.qcow2'),
  ofVolume('Copy or convert…'),
  ofVolume('Delete…'),
  {
    name: 'deleting a network',
    view: 'networks',
    open: async (page) => {
      await page.getByRole('option', { name: 'spare' }).click()
      await button(page, 'Delete').click()
    },
  },
  {
    name: 'the keys that give the keyboard back',
    view: 'preferences',
    open: async (page) => {
      await tab(page, 'Screen and console')
      await button(page, 'Change…').click()
    },
  },
]
