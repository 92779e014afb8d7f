// Every dialog there is and how it is opened, on the stage of scenes.ts (a machine "server" that runs, with a snapshot, and others).
// A new dialog is a row here. Runs in: end-to-end tests.
import type { Locator, Page } from 'playwright-core'
import type { WindowView } from '../../src-main/public/types'
import { SERVER } from './scenes'

export interface DialogRow {
  readonly name: string
  readonly view: WindowView
  readonly uuid?: string
  open(page: Page): Promise<void>
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
  await page.keyboard.press('Enter')
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

const ofVolume = (action: string): DialogRow => ({
  name: `${action} of a volume`,
  view: 'host',
  open: async (page) => {
    await tab(page, 'Storage')
    await row(page, 'loose.img').click()
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
  ofList('Force off', 'server'),
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
      await fromPalette(page, 'Keep this filter')
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
  ofVolume('Copy or convert…'),
  ofVolume('Delete…'),
  {
    name: 'the keys that give the keyboard back',
    view: 'preferences',
    open: async (page) => {
      await tab(page, 'Screen and console')
      await button(page, 'Change…').click()
    },
  },
]
