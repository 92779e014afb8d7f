// Every window and dialog, opened one after another on the test driver with a few machines: for pictures and for whatever else is
// to be looked at everywhere (names for screen readers, contrast). Windows are opened by the call a page itself makes, and
// parts are found by their words in the catalogue, so that a scene plays in each language.
// Invariant: a scene leaves nothing open but its own window, which is closed after it. Runs in: plain Node.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { TestImages } from '../../src-main/driver/test/test-images'
import type { Device, Network } from '../../src-main/public/device'
import type { Preferences } from '../../src-main/public/preferences'
import type { WindowView } from '../../src-main/public/types'
import { type Language, makeTranslator, type Translator } from '../../src-renderer/lib/translate'
import { launch, type RunningApp } from './app'

export const SERVER = '11111111-2222-4333-8444-555555555555'

export interface Stage {
  readonly app: RunningApp
  readonly t: Translator
  /** Looks at what the page shows now. */
  show(page: Page, name: string): Promise<void>
}

export interface Scene {
  readonly name: string
  readonly view: WindowView
  readonly uuid?: string
  play(stage: Stage, page: Page): Promise<void>
}

const devices: readonly Device[] = [
  { kind: 'vbd', dev: 'xvda', path: '', format: 'raw', readonly: false, removable: false },
  { kind: 'vbd', dev: 'xvdc', path: '', format: 'raw', readonly: true, removable: true },
  {
    kind: 'vif',
    index: 0,
    network: 'default',
    mac: '00:16:3e:3a:51:7c',
    forwards: [{ protocol: 'tcp', hostPort: 2222, guestPort: 22, hostAddress: '0.0.0.0' }],
  },
  { kind: 'vif', index: 1, network: 'lab', mac: '00:16:3e:3a:51:7d', forwards: [], link: 'down' },
  { kind: 'vfb', width: 1024, height: 768 },
]

const lab: Network = {
  name: 'lab',
  kind: 'isolated',
  address: '10.0.7.1',
  prefix: 24,
  hosts: [],
  hostLoopback: false,
  dhcp: { first: '10.0.7.15', last: '10.0.7.99' },
}

/** Off, with disks of its own: what is asked of such a machine. */
const STORE = '22222222-2222-4333-8444-555555555555'

/** A folder with a machine that has all kinds of devices, and one that is off. */
export function stageFolder(preferences: Partial<Preferences>): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-scenes-'))
  for (const name of ['definitions', 'disks']) fs.mkdirSync(path.join(folder, name))
  const kernel = path.join(folder, 'vmlinuz-6.1.0-cloud-amd64')
  const ramdisk = path.join(folder, 'initrd.img-6.1.0-cloud-amd64')
  const image = path.join(folder, 'disks', 'server.img')
  fs.writeFileSync(kernel, '\x7fELF')
  fs.writeFileSync(ramdisk, '070701')
  fs.writeFileSync(image, Buffer.alloc(1 << 20))
  const placed = devices.map((device) => (device.kind === 'vbd' && device.dev === 'xvda' ? { ...device, path: image } : device))
  const cmdline = 'console=hvc0 root=/dev/xvda1 rw'
  const config = { name: 'server', memoryMiB: 512, vcpus: 1, kernel, ramdisk, cmdline, devices: placed }
  const definition = { version: 2, uuid: SERVER, config, managedSave: null, savedConfig: null }
  fs.writeFileSync(path.join(folder, 'definitions', `${SERVER}.json`), JSON.stringify(definition))
  const own = ['xvda', 'xvdb'].map((dev): Device => {
    const file = path.join(folder, 'disks', `store-01-${dev}.img`)
    fs.writeFileSync(file, Buffer.alloc(1 << 20))
    return { kind: 'vbd', dev, path: file, format: 'raw', readonly: false, removable: false }
  })
  const store = { ...definition, uuid: STORE, config: { ...config, name: 'store-01', devices: own } }
  fs.writeFileSync(path.join(folder, 'definitions', `${STORE}.json`), JSON.stringify(store))
  fs.writeFileSync(path.join(folder, 'networks.json'), JSON.stringify({ version: 1, networks: [lab] }))
  fs.writeFileSync(path.join(folder, 'preferences.json'), JSON.stringify({ trayIcon: false, ...preferences }))
  return folder
}

export async function openWindow(app: RunningApp, from: Page, view: WindowView, uuid: string | null): Promise<Page> {
  return app.other(async () => {
    await from.evaluate(([name, id]) => Reflect.get(window, 'ringmaster').call('windowOpen', { view: name, uuid: id }), [
      view,
      uuid,
    ] as const)
  })
}

/** Until fonts and answers are there and nothing moves any more. */
export async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('load')
  await page.locator('#root > :not(.skeleton)').first().waitFor({ timeout: 60_000 })
  await page.waitForTimeout(350)
}

/** Each in turn, by clicking it; the first is what shows already. */
async function showEach(stage: Stage, page: Page, items: Locator, name: string): Promise<void> {
  const count = await items.count()
  for (let index = 0; index < count; index++) {
    const item = items.nth(index)
    const key = (await item.getAttribute('data-key')) ?? String(index)
    await item.click()
    await settle(page)
    await stage.show(page, `${name}-${key.replace(/[^\w-]+/g, '-')}`)
  }
}

async function showDialog(stage: Stage, page: Page, name: string, open: () => Promise<void>): Promise<void> {
  await open()
  await page.getByRole('dialog').or(page.getByRole('alertdialog')).or(page.getByRole('menu')).first().waitFor()
  await page.waitForTimeout(250)
  await stage.show(page, name)
  await page.keyboard.press('Escape')
  await page.waitForTimeout(150)
}

const row = (page: Page, name: string): Locator => page.getByRole('row').filter({ hasText: name }).first()

async function playManager(stage: Stage, page: Page): Promise<void> {
  const { t } = stage
  await showDialog(stage, page, 'context-menu', () => row(page, 'server').click({ button: 'right' }))
  const menuItem = (label: string) => page.getByRole('menuitem', { name: label }).first()
  await showDialog(stage, page, 'delete', async () => {
    await row(page, 'store-01').click({ button: 'right' })
    await menuItem(t('action.delete')).click()
  })
  await showDialog(stage, page, 'delete-running', async () => {
    await row(page, 'server').click({ button: 'right' })
    await menuItem(t('action.delete')).click()
  })
  await showDialog(stage, page, 'clone', async () => {
    await row(page, 'store-01').click({ button: 'right' })
    await menuItem(t('action.clone')).click()
  })
  await showDialog(stage, page, 'template', async () => {
    await row(page, 'store-01').click({ button: 'right' })
    await menuItem(t('action.template')).click()
  })
  await showDialog(stage, page, 'force-off', async () => {
    await row(page, 'server').click({ button: 'right' })
    await menuItem(t('action.force-off')).click()
  })
  await showDialog(stage, page, 'app-menu', () => page.getByRole('button', { name: t('action.more') }).click())
  await showDialog(stage, page, 'trash', async () => {
    await page.getByRole('button', { name: t('action.more') }).click()
    await menuItem(t('action.trash')).click()
  })
  await showDialog(stage, page, 'quit', async () => {
    await page.evaluate(() => Reflect.get(window, 'ringmaster').call('quit', {}))
  })
  // At 300 % only a few rows are in sight, and only those are there.
  await page.getByRole('treegrid').press('Home')
  const connection = page.locator('.row.connection').first()
  await showDialog(stage, page, 'connection-menu', () => connection.click({ button: 'right' }))
  for (const action of ['add', 'properties', 'close'] as const) {
    await showDialog(stage, page, `connection-${action}`, async () => {
      await connection.click({ button: 'right' })
      // By key: where the menu scrolls, Playwright's own scrolling before a click never comes to rest.
      await menuItem(t(`connection.${action}`)).press('Enter')
      await page.getByRole('dialog').or(page.getByRole('alertdialog')).first().waitFor()
    })
  }
  // Last, so that there are figures by then.
  await row(page, 'server').click()
  await settle(page)
  await stage.show(page, 'list')
}

async function playCreate(stage: Stage, page: Page): Promise<void> {
  const { t } = stage
  await stage.show(page, 'first')
  await page.getByRole('button', { name: t('create.disk-add') }).click()
  await settle(page)
  await page.getByRole('button', { name: t('create.disk-add') }).scrollIntoViewIfNeeded()
  await stage.show(page, 'devices')
  await page.getByLabel(t('create.name'), { exact: true }).fill('')
  await page
    .getByRole('button', { name: new RegExp(`^(${t('create.button')}|${t('create.button-start')})$`) })
    .last()
    .click()
  await settle(page)
  await stage.show(page, 'errors')
  await showEach(stage, page, page.getByRole('radiogroup', { name: t('create.from') }).locator('.segment'), 'way')
}

async function playDomain(stage: Stage, page: Page): Promise<void> {
  const { t } = stage
  const tabs = page.getByRole('tablist', { name: t('domain.tabs') }).getByRole('tab')
  await showEach(stage, page, tabs, 'tab')
  await page.getByRole('tab', { name: t('domain.tab-details') }).click()
  await showEach(stage, page, page.getByRole('listbox', { name: t('details.list') }).getByRole('option'), 'details')
  for (const kind of ['vbd', 'vif'] as const) {
    await showDialog(stage, page, `add-${kind}`, async () => {
      await page.getByRole('button', { name: t('details.add') }).click()
      await page.getByRole('menuitem', { name: t(`details.add-${kind}`) }).click()
      await page.getByRole('dialog').waitFor()
    })
  }
}

async function playFullScreen(stage: Stage, page: Page): Promise<void> {
  const { t } = stage
  await page.getByRole('tab', { name: t('domain.tab-screen') }).click()
  const fill = page.getByRole('button', { name: t('screen.full'), exact: true })
  await page.locator('[data-testid="screen"] canvas').first().waitFor()
  await fill.click()
  await page.getByRole('button', { name: t('screen.full-leave') }).waitFor()
  await settle(page)
  // The bar comes in sight for a pointer at the upper edge.
  await page.mouse.move(400, 2)
  await settle(page)
  await stage.show(page, 'bar')
  await page.getByRole('button', { name: t('screen.full-leave') }).click()
  await fill.waitFor()
}

async function playInside(stage: Stage, page: Page): Promise<void> {
  const { t } = stage
  await page.getByRole('tab', { name: t('domain.tab-inside') }).click()
  await showEach(stage, page, page.getByRole('listbox', { name: t('inside.list') }).getByRole('option'), 'part')
}

async function playBacking(stage: Stage, page: Page): Promise<void> {
  const { t, app } = stage
  const [secret = '', below = '', image = ''] = ['secret.raw', 'below.qcow2', 'image.qcow2'].map((name) =>
    path.join(app.folder, name),
  )
  const images = new TestImages(async () => undefined)
  fs.writeFileSync(secret, Buffer.alloc(1 << 20))
  await images.overlay(below, { path: secret, format: 'raw' })
  await images.overlay(image, { path: 'below.qcow2', format: 'qcow2' })
  await page.getByRole('tab', { name: t('domain.tab-details') }).click()
  await page.getByRole('button', { name: t('details.add') }).click()
  await page.getByRole('menuitem', { name: t('details.add-vbd') }).click()
  await page.getByRole('dialog').getByText(t('disk.source-file')).click()
  await page.getByRole('dialog').getByLabel(t('disk.file'), { exact: true }).fill(image)
  await page.getByRole('dialog').getByText(t('disk.readonly')).click()
  await page.getByRole('dialog').getByText('qcow2, 1 MiB').waitFor()
  await showDialog(stage, page, 'question', async () => {
    await page.getByRole('button', { name: t('details.add-button'), exact: true }).click()
    await page.getByText(t('backing.title')).waitFor()
  })
  await page.keyboard.press('Escape')
}

async function playHostFull(stage: Stage, page: Page): Promise<void> {
  await page.getByRole('tab', { name: stage.t('domain.tab-console') }).click()
  const terminal = page.locator('.xterm-helper-textarea')
  await terminal.focus()
  await page.keyboard.type('hostfull\r')
  await page.getByText(stage.t('domain.host-full')).waitFor()
  await settle(page)
  await stage.show(page, 'console')
  await page.getByRole('button', { name: stage.t('console.find') }).click()
  await page.getByRole('searchbox', { name: stage.t('console.find') }).fill('host')
  await settle(page)
  await stage.show(page, 'console-find')
  await page.keyboard.press('Escape')
  await terminal.focus()
  await page.keyboard.type('hostroom\r')
  await page.getByText(stage.t('domain.host-full')).waitFor({ state: 'detached' })
}

async function playWall(stage: Stage, page: Page): Promise<void> {
  const { t } = stage
  await page.getByTestId('thumbnail-text').or(page.getByTestId('thumbnail-picture')).first().waitFor()
  await stage.show(page, 'all')
  for (const index of [0, 1]) {
    await page.getByRole('tab', { name: t('wall.all'), exact: true }).click()
    await page.getByRole('grid').getByRole('row').nth(index).dblclick()
  }
  await page.getByRole('button', { name: t('wall.beside') }).click()
  await settle(page)
  await stage.show(page, 'beside')
}

async function playNetworks(stage: Stage, page: Page): Promise<void> {
  await stage.show(page, 'default')
  await page.getByRole('button', { name: stage.t('network.new') }).click()
  await settle(page)
  await stage.show(page, 'new')
}

async function playHost(stage: Stage, page: Page): Promise<void> {
  const { t } = stage
  await showEach(stage, page, page.getByRole('tab'), 'page')
  await page.getByRole('tab', { name: t('host.tab-topology') }).click()
  await settle(page)
  await showDialog(stage, page, 'plug-menu', () => page.locator('[data-plug]').first().click())
  await page.locator('.segment', { hasText: t('topology.list') }).click()
  await settle(page)
  await stage.show(page, 'wiring-list')
}

async function playDoctor(stage: Stage, page: Page): Promise<void> {
  await page.locator('.finding, .doctor-fine').first().waitFor({ timeout: 60_000 })
  await settle(page)
  await stage.show(page, 'first')
}

export const scenes: readonly Scene[] = [
  { name: 'manager', view: 'manager', play: playManager },
  { name: 'domain', view: 'domain', uuid: SERVER, play: playDomain },
  { name: 'full-screen', view: 'domain', uuid: SERVER, play: playFullScreen },
  { name: 'inside', view: 'domain', uuid: SERVER, play: playInside },
  { name: 'backing', view: 'domain', uuid: SERVER, play: playBacking },
  { name: 'host-full', view: 'domain', uuid: SERVER, play: playHostFull },
  { name: 'wall', view: 'wall', play: playWall },
  { name: 'create-domain', view: 'create-domain', play: playCreate },
  { name: 'networks', view: 'networks', play: playNetworks },
  { name: 'host', view: 'host', play: playHost },
  { name: 'preferences', view: 'preferences', play: (stage, page) => showEach(stage, page, page.getByRole('tab'), 'page') },
  { name: 'doctor', view: 'doctor', play: playDoctor },
  { name: 'about', view: 'about', play: (stage, page) => stage.show(page, 'first') },
]

export interface PlayOptions {
  readonly language: Language
  readonly theme: Preferences['theme']
  readonly scale: number
  readonly only?: string
  /** How long machines run before the first scene, for figures to be there. */
  readonly ageMs?: number
  show(page: Page, name: string): Promise<void>
  failed(scene: string, reason: unknown): void
}

/** Starts the app, plays the scenes, ends it. */
export async function playScenes(options: PlayOptions): Promise<void> {
  const { language, theme, scale, only } = options
  const t = makeTranslator(language)
  const app = await launch({
    scale,
    folder: stageFolder({ language, theme }),
    env: { RINGMASTER_TEST_SCRIPT: JSON.stringify({ domains: 12, running: 8 }) },
  })
  try {
    const { page: manager } = await app.manager()
    await manager.evaluate((uuid) => Reflect.get(window, 'ringmaster').call('domainCreate', { uuid, fresh: true }), SERVER)
    if (options.ageMs !== undefined) await manager.waitForTimeout(options.ageMs)
    for (const scene of scenes) {
      if (only !== undefined && scene.name !== only) continue
      const page = scene.view === 'manager' ? manager : await openWindow(app, manager, scene.view, scene.uuid ?? null)
      try {
        await settle(page)
        await scene.play({ app, t, show: (shown, name) => options.show(shown, `${scene.name}-${name}`) }, page)
      } catch (thrown) {
        options.failed(scene.name, thrown)
      }
      if (page !== manager) await page.close()
    }
  } finally {
    await app.close()
  }
}
