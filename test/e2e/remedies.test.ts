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
