// The app starts with a connection that never answers: the others are connected, and the command line is served.
// Runs in: plain Node; starts the real Electron on a virtual display.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { LOCAL_CONNECTION } from '../../src-main/public/connection'
import { launch } from './app'
import { ownApp } from './own-app'

const own = ownApp()

it('the first connection hangs: the second is connected, and xm is served, of the first one too', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-e2e-'))
  const first = { connection: LOCAL_CONNECTION, name: null, driver: 'test', autoconnect: true }
  const second = { connection: '5ec0d000-0000-4000-8000-000000000001', name: 'Second', driver: 'embedded', autoconnect: true }
  fs.writeFileSync(path.join(folder, 'connections.json'), JSON.stringify({ version: 1, connections: [first, second] }))
  const env = { RINGMASTER_TEST_SCRIPT: JSON.stringify({ domains: 1, openMs: 3_600_000 }) }
  const app = own(await launch({ folder, env }))
  const manager = await app.manager()
  await manager.waitForConnection('Second', 'Connected')
  await manager.waitForConnection('Test driver', 'Connecting…')
  const bundle = path.resolve(import.meta.dirname, '../../out/main/xm.cjs')
  const xm = (...line: string[]): string =>
    spawnSync(process.execPath, [bundle, ...line], { encoding: 'utf8', env: { ...process.env, RINGMASTER_FOLDER: folder } })
      .stdout
  await expect.poll(() => xm('-c', 'Second', 'list'), { timeout: 60_000 }).toMatch(/^Domain-0 +0 /m)
  expect(xm('list')).toMatch(/^web-01 /m)
  await app.close()
  fs.rmSync(folder, { recursive: true, force: true })
})
