// The command line beside the windows: what it does is seen there, and the other way round. Runs in: vitest, real Electron.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { launch, type RunningApp } from './app'

let running: RunningApp | undefined
afterEach(async () => {
  const app = running
  running = undefined
  await app?.close()
  expect(app?.errors ?? []).toEqual([])
})

it('xm reaches the app that runs, and says when none does', async () => {
  const app = await launch()
  running = app
  const manager = await app.manager()
  const xm = (...line: string[]) => {
    const bundle = path.resolve(import.meta.dirname, '../../out/main/xm.cjs')
    const env = { ...process.env, RINGMASTER_FOLDER: app.folder }
    return spawnSync(process.execPath, [bundle, ...line], { encoding: 'utf8', env, cwd: os.tmpdir(), input: '' })
  }
  await expect.poll(() => xm('list').stdout, { timeout: 30_000 }).toMatch(/^Domain-0 +0 /m)
  fs.writeFileSync(path.join(app.folder, 'kernel'), 'kernel')
  fs.writeFileSync(path.join(app.folder, 'web.cfg'), `name = "web"\nmemory = 64\nkernel = "${app.folder}/kernel"\n`)
  expect(xm('create', path.join(app.folder, 'web.cfg'))).toMatchObject({ status: 0, stdout: '' })
  await manager.waitForState('web', 'Running')
  expect(xm('pause', 'web').status).toBe(0)
  await manager.waitForState('web', 'Paused')
  expect(xm('destroy', 'web').status).toBe(0)
  await manager.waitForState('web', 'Shut off')
  expect(xm('console', 'web')).toMatchObject({ status: 1, stderr: 'web is not running\n' })
  await app.close()
  running = undefined
  expect(xm('list')).toMatchObject({ status: 1, stderr: expect.stringMatching(/^Ringmaster is not running/) })
})
