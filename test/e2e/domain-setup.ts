// A machine that is defined before the app starts, and its window once it runs. Runs in: end-to-end tests.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Device } from '../../src-main/public/device'
import { type Language, makeTranslator } from '../../src-renderer/lib/translate'
import { type LaunchOptions, launch, type RunningApp } from './app'
import type { DomainPage } from './domain-page'
import type { ManagerPage } from './manager-page'

export const UUID = '11111111-2222-4333-8444-555555555555'

export interface RunningMachine {
  readonly app: RunningApp
  readonly manager: ManagerPage
  readonly kernel: string
  readonly domain: DomainPage
}

/**
 * `keep` is told of the app at once, so that it is ended whatever happens after. `config`: what is not as in every test's machine.
 * `language`: of the windows, where it is not English.
 */
export async function startMachine(
  devices: readonly Device[],
  keep: (app: RunningApp) => void,
  options: LaunchOptions & {
    readonly prepare?: (folder: string) => void
    readonly config?: object
    readonly language?: Language
  } = {},
): Promise<RunningMachine> {
  const folder = options.folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-e2e-'))
  for (const name of ['definitions', 'disks']) fs.mkdirSync(path.join(folder, name), { recursive: true })
  const kernel = path.join(folder, 'vmlinuz')
  fs.writeFileSync(kernel, 'kernel')
  const usual = { name: 'server', memoryMiB: 256, vcpus: 1, kernel, ramdisk: null, cmdline: 'console=hvc0', devices }
  const config = { ...usual, ...options.config }
  const definition = { version: 2, uuid: UUID, config, managedSave: null, savedConfig: null }
  fs.writeFileSync(path.join(folder, 'definitions', `${UUID}.json`), JSON.stringify(definition))
  options.prepare?.(folder)
  const { language = 'en' } = options
  const preferences = { ...options.preferences, ...(language === 'en' ? {} : { language }) }
  const launched = { env: { RINGMASTER_TEST_DELAY_MS: '100' }, ...options, folder }
  const app = await launch(Object.keys(preferences).length > 0 ? { ...launched, preferences } : launched)
  keep(app)
  const manager = await app.manager()
  const domain = await app.domain(() => manager.row('server').dblclick())
  const t = makeTranslator(language)
  await domain.button(t('action.run')).first().click()
  await domain.waitForState(t('state.running'))
  return { app, manager, kernel, domain }
}
