// The wiring of networks in the host window on the test driver: by mouse, by keyboard, in the list; undone; what a running guest
// has afterwards is asked of its XenStore and of its definition. Runs in: plain Node; starts the real Electron on a virtual display.
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Preferences } from '../../src-main/public/preferences'
import { launch, type RunningApp } from './app'
import { ownApp } from './own-app'
import { openWindow, SERVER, settle, stageFolder } from './scenes'
import { undoByKey } from './undo-key'

const keep = ownApp()

async function start(
  preferences: Partial<Preferences> = {},
  domains = 2,
): Promise<{ app: RunningApp; page: Page; manager: Page }> {
  const folder = stageFolder(preferences)
  const app = await launch({ folder, env: { RINGMASTER_TEST_SCRIPT: JSON.stringify({ domains }) } })
  keep(app)
  const { page: manager } = await app.manager()
  await app.call(manager, 'domainCreate', { uuid: SERVER, fresh: true })
  const page = await openWindow(app, manager, 'host', null)
  await settle(page)
  await page.getByRole('tab').nth(2).click()
  return { app, page, manager }
}

const plug = (page: Page, index: number) =>
  page.getByTestId('topology-drawing').getByRole('button', { name: new RegExp(`^server, .*nterface ${index}`) })
const network = (page: Page, name: string) =>
  page.getByTestId('topology-drawing').getByRole('button', { name: new RegExp(`^${name}`) })

/** Networks and cables of the machine's interfaces as they are attached, and as they are defined. */
async function wiring(app: RunningApp, page: Page): Promise<unknown> {
  const { value } = await app.call(page, 'domainInfo', { uuid: SERVER })
  const of = (config: unknown) =>
    (Reflect.get(Object(config), 'devices') as { kind: string; network: string; link?: string }[])
      .filter(({ kind }) => kind === 'vif')
      .map(({ network: name, link = 'up' }) => `${name} ${link}`)
  return { running: of(value['running']), config: of(value['config']) }
}

describe('the wiring of networks', () => {
  it('moves an interface of a running guest by drag, and back by undo', async () => {
    const { app, page } = await start()
    const before = ['default up', 'lab down']
    expect(await wiring(app, page)).toEqual({ running: before, config: before })
    await app.picture(page, 'topology')
    const [from, to] = [await plug(page, 0).boundingBox(), await network(page, 'lab').boundingBox()]
    if (from === null || to === null) throw new Error('nothing is drawn')
    const carry = async () => {
      await page.mouse.move(from.x + 30, from.y + 20)
      await page.mouse.down()
      await page.mouse.move(from.x - 80, from.y + 40, { steps: 4 })
    }
    // Let go over nothing, or given up: nothing happens.
    await carry()
    await page.mouse.up()
    await carry()
    await page.mouse.move(to.x + 30, to.y + 20, { steps: 4 })
    await page.keyboard.press('Escape')
    await page.mouse.up()
    expect(await wiring(app, page)).toEqual({ running: before, config: before })
    await carry()
    await page.mouse.move(to.x + 30, to.y + 20, { steps: 4 })
    await app.picture(page, 'topology-carried')
    await page.mouse.up()
    await plug(page, 0)
      .and(page.getByRole('button', { name: / lab ·/ }))
      .waitFor()
    const after = ['lab up', 'lab down']
    expect(await wiring(app, page)).toEqual({ running: after, config: after })
    await undoByKey(page)
    await plug(page, 0)
      .and(page.getByRole('button', { name: / default ·/ }))
      .waitFor()
    expect(await wiring(app, page)).toEqual({ running: before, config: before })
  })

  it('is all there by keyboard: the next network, the cable, the way to the network itself', async () => {
    const { app, page } = await start()
    await page.getByRole('tab', { name: 'Wiring' }).focus()
    const reached = () => page.evaluate(() => document.activeElement?.textContent ?? '')
    for (let presses = 0; !/^\S+, .*nterface/.test(await reached()) && presses < 12; presses++) await page.keyboard.press('Tab')
    await page.keyboard.press('Home')
    for (let presses = 0; !/^server, .*nterface 1/.test(await reached()) && presses < 6; presses++) {
      await page.keyboard.press('ArrowDown')
      await page.waitForTimeout(60)
    }
    await page.keyboard.press('Enter')
    await page.locator('[role=menuitem]:focus').waitFor()
    await page.keyboard.press('Enter')
    await plug(page, 1)
      .and(page.getByRole('button', { name: / default ·/ }))
      .waitFor()
    expect(await reached()).toMatch(/^server, .*nterface 1/)
    await page.keyboard.press('Enter')
    await page.locator('[role=menuitem]:focus').waitFor()
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await page.getByText('server, interface 1: cable plugged in', { exact: true }).first().waitFor()
    expect(await wiring(app, page)).toMatchObject({ running: ['default up', 'default up'] })
    await page.getByRole('status').getByRole('button', { name: 'Undo' }).focus()
    await page.keyboard.press('Enter')
    await undoByKey(page)
    await plug(page, 1)
      .and(page.getByRole('button', { name: / lab ·/ }))
      .waitFor()
    expect(await wiring(app, page)).toMatchObject({ running: ['default up', 'lab down'] })
    await network(page, 'lab').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'lab' }).waitFor()
  })

  it('does the same as a list, filtered, in German and in the dark', { tags: 'long' }, async () => {
    const { app, page } = await start({ language: 'de', theme: 'dark' })
    await page.getByRole('radio', { name: 'Liste' }).check({ force: true })
    await page.getByRole('searchbox').fill('lab')
    const rows = page.getByRole('row').filter({ hasText: 'server' })
    await page.getByRole('row').filter({ hasText: 'web-01' }).waitFor({ state: 'detached' })
    await rows.nth(1).locator('.checkbox').click()
    await expect.poll(() => wiring(app, page)).toMatchObject({ running: ['default up', 'lab up'] })
    await rows.nth(0).getByRole('button').click()
    await page.getByRole('option', { name: 'lab' }).click()
    await page.getByText('server, Karte 0: von default nach lab', { exact: true }).first().waitFor()
    expect(await wiring(app, page)).toMatchObject({ running: ['lab up', 'lab up'], config: ['lab up', 'lab up'] })
    await app.picture(page, 'topology-list-german')
  })

  it('draws a thousand machines as fast as a few', { tags: 'long' }, async () => {
    const { app, page } = await start({}, 1000)
    await page.getByRole('button', { name: /1,001 interfaces/ }).waitFor()
    expect(await page.locator('[data-plug]').count()).toBeLessThan(40)
    await page.locator('[data-plug]').first().focus()
    await page.keyboard.press('End')
    await page.waitForFunction(() => document.activeElement?.textContent?.startsWith('web-100') === true)
    await app.picture(page, 'topology-thousand')
  })
})
