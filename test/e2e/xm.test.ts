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

function xmOf(app: RunningApp) {
  return (...line: string[]) => {
    const bundle = path.resolve(import.meta.dirname, '../../out/main/xm.cjs')
    const env = { ...process.env, RINGMASTER_FOLDER: app.folder }
    return spawnSync(process.execPath, [bundle, ...line], { encoding: 'utf8', env, cwd: os.tmpdir(), input: '' })
  }
}

it('xm reaches the app that runs, and says when none does', async () => {
  const app = await launch()
  running = app
  const manager = await app.manager()
  const xm = xmOf(app)
  await expect.poll(() => xm('list').stdout, { timeout: 60_000 }).toMatch(/^Domain-0 +0 /m)
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

it('xm reset of the only machine, with no window open and a slow disk, does not end the app between off and on', {
  tags: 'long',
}, async () => {
  const app = await launch()
  running = app
  const manager = await app.manager()
  const xm = xmOf(app)
  await app.domain(() => manager.pressDemoGuest())
  await manager.waitForState('Debian demo', 'Running')
  // What is kept of definitions is written, and taken away, through these.
  await app.electron.evaluate(() => {
    const files = process.mainModule?.require('node:fs/promises')
    for (const name of ['rm', 'unlink', 'rename', 'writeFile'] as const) {
      const real = files[name]
      files[name] = async (...args: unknown[]) => {
        await new Promise((resolve) => setTimeout(resolve, 600))
        return Reflect.apply(real, files, args)
      }
    }
  })
  await app.electron.evaluate(({ BrowserWindow }) => {
    for (const window of BrowserWindow.getAllWindows()) window.close()
  })
  expect(xm('reset', 'Debian demo')).toMatchObject({ status: 0, stderr: '' })
  expect(xm('list').stdout).toMatch(/^Debian demo +2 /m)
  const gone = new Promise((resolve) => app.electron.process().once('exit', resolve))
  xm('destroy', 'Debian demo')
  expect(await gone).toBe(0)
})
