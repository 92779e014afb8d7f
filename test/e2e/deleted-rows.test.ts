// What has the keyboard and is chosen after an entry of a list was deleted: the one that took its place. Snapshots, devices, volumes, networks.
// Runs in: plain Node; starts the real Electron on a virtual display.
import fs from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { launch, type RunningApp } from './app'
import { ownApp } from './own-app'
import { openWindow, settle, stageFolder } from './scenes'

const STORE = '22222222-2222-4333-8444-555555555555'
const keep = ownApp()

/** The row that has the keyboard, and is the chosen one. */
const chosenRow = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const activeElement = document.activeElement?.closest('[role=row], [role=option]') ?? document.activeElement
    const isChosen = activeElement?.getAttribute('aria-selected') === 'true'
    return isChosen ? (activeElement.textContent ?? '') : `${activeElement?.tagName}: ${activeElement?.textContent}`
  })

/** By keyboard, from the chosen row. */
async function remove(page: Page, button: string, answer: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('alertdialog').getByRole('button', { name: answer, exact: true }).press('Enter')
}

async function start(): Promise<{ app: RunningApp; manager: Page }> {
  const folder = stageFolder({})
  for (const name of ['a', 'b', 'c']) fs.writeFileSync(path.join(folder, 'disks', `free-${name}.img`), Buffer.alloc(1 << 20))
  const app = keep(await launch({ folder }))
  const { page: manager } = await app.manager()
  return { app, manager }
}

it('is the next row in Details and of the snapshots', { timeout: 240_000 }, async () => {
  const { app, manager } = await start()
  const page = await openWindow(app, manager, 'domain', STORE)
  await settle(page)
  await page.getByRole('tab', { name: 'Details' }).click()
  await page.getByRole('option', { name: 'Disk xvda' }).click()
  await remove(page, 'Remove', 'Remove')
  await expect.poll(() => chosenRow(page)).toContain('Disk xvdb')
  await page.getByRole('heading', { name: 'Disk xvdb' }).waitFor()

  await page.getByRole('tab', { name: 'Snapshots' }).click()
  for (const name of ['one', 'two', 'three']) {
    await app.call(manager, 'snapshotCreate', { uuid: STORE, name, description: '' })
    await page.getByRole('row', { name, exact: true }).waitFor()
    await page.getByRole('button', { name: 'Take snapshot…' }).and(page.locator(':enabled')).waitFor()
  }
  await page.getByRole('row', { name: 'two', exact: true }).click()
  await remove(page, 'Delete…', 'Delete')
  await expect.poll(() => chosenRow(page), { timeout: 30_000 }).toContain('three')
  await page.getByRole('heading', { name: 'three' }).waitFor()
  await page.getByRole('radio', { name: 'Timeline' }).check({ force: true })
  await page.getByRole('option').filter({ hasText: 'one' }).click()
  await remove(page, 'Delete…', 'Delete')
  await expect.poll(() => chosenRow(page), { timeout: 30_000 }).toContain('three')
})

it('is the next row of the volumes and networks, and the one above where none is below', {
  tags: 'long',
  timeout: 240_000,
}, async () => {
  const { app, manager } = await start()
  const host = await openWindow(app, manager, 'host', null)
  await settle(host)
  await host.getByRole('tab', { name: 'Storage' }).click()
  await host.getByRole('row', { name: 'free-b.img' }).click()
  await remove(host, 'Delete…', 'Delete')
  await expect.poll(() => chosenRow(host)).toContain('free-c.img')

  const networks = await openWindow(app, manager, 'networks', null)
  await settle(networks)
  for (const [name, third] of [
    ['one', 21],
    ['two', 22],
  ] as const) {
    const address = `10.0.${third}.1`
    const dhcp = { first: `10.0.${third}.15`, last: `10.0.${third}.99` }
    const network = { name, kind: 'isolated', address, prefix: 24, hosts: [], hostLoopback: false, dhcp }
    await app.call(manager, 'networkDefine', { network, replaces: null })
  }
  await networks.getByRole('option', { name: 'one' }).click()
  await remove(networks, 'Delete', 'Delete')
  await expect.poll(() => chosenRow(networks)).toContain('two')
  await networks.getByRole('heading', { name: 'two' }).waitFor()
  await remove(networks, 'Delete', 'Delete')
  await expect.poll(() => chosenRow(networks)).toContain('lab')
})
