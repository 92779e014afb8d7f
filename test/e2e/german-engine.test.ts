// A German window shows no English of the engine: kernels that cannot be started, a guest that ends badly, a process that is killed, and the
// log of all that, on our own engine with kernels of a few instructions. Runs in: plain Node; starts the real Electron on a virtual display.

import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { tinyKernel } from '../support/tiny-kernel'
import { launch } from './app'
import { ownApp } from './own-app'

const keep = ownApp()

/** A folder with a machine for each of these kernels, named as they are. */
function folderOf(kernels: Readonly<Record<string, Uint8Array>>): { folder: string; uuids: Readonly<Record<string, string>> } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-german-'))
  const definitions = path.join(folder, 'definitions')
  fs.mkdirSync(definitions)
  const uuids: Record<string, string> = {}
  for (const [name, content] of Object.entries(kernels)) {
    const kernel = path.join(folder, `${name}.elf`)
    fs.writeFileSync(kernel, content)
    const uuid = randomUUID()
    uuids[name] = uuid
    const config = { name, memoryMiB: 16, vcpus: 1, kernel, ramdisk: null, cmdline: '', devices: [] }
    fs.writeFileSync(
      path.join(definitions, `${uuid}.json`),
      JSON.stringify({ version: 2, uuid, config, managedSave: null, savedConfig: null }),
    )
  }
  fs.writeFileSync(path.join(folder, 'preferences.json'), JSON.stringify({ trayIcon: false, language: 'de' }))
  return { folder, uuids }
}

/** Words that every English sentence of the engine has one of, and no German one. */
const ENGLISH = /\b(the|of|is|was|to|with|has|at|by|and)\b/

it('says in German why a kernel cannot be started and why a guest ended, in the list, on cards and in the log', async () => {
  const { folder, uuids } = folderOf({
    fault: tinyKernel('tripleFault'),
    junk: new Uint8Array(5000).fill(0x5a),
    short: tinyKernel('spin').subarray(0, 40),
    spin: tinyKernel('spin'),
  })
  const app = keep(await launch({ driver: 'embedded', folder }))
  const manager = await app.manager()

  const refusals = {
    junk: 'Die Kerneldatei ist weder ein bzImage noch ein ELF-Kernel (oder sie ist abgeschnitten)',
    short: 'Der Kernel ist eine abgeschnittene ELF-Datei',
  }
  for (const [name, words] of Object.entries(refusals)) {
    await manager.choose(name, 'Starten')
    await expect.poll(() => manager.page.locator('.activity').textContent()).toContain(words)
  }
  await app.picture(manager.page, 'german-refusals')

  await manager.choose('fault', 'Starten')
  await manager.waitForState('fault', 'Abgestürzt: dreifacher Fehler (triple fault) bei RIP')

  await manager.choose('spin', 'Starten')
  await manager.waitForState('spin', 'Läuft')
  const pid = await app.electron.evaluate(
    ({ app: electron }) => electron.getAppMetrics().find(({ name }) => name?.includes('guest spin') === true)?.pid,
  )
  if (pid === undefined) throw new Error('the process of the guest is not there')
  process.kill(pid, 'SIGKILL')
  await manager.waitForState('spin', 'Abgestürzt: Der Prozess der Maschine')
  await app.picture(manager.page, 'german-crashes')
  for (const name of Object.keys(uuids)) expect(await manager.row(name).textContent()).not.toMatch(ENGLISH)

  for (const name of ['fault', 'spin']) {
    const page = await app.other(async () => {
      await app.call(manager.page, 'windowOpen', { view: 'domain', uuid: uuids[name], page: 'log' })
    })
    const log = page.locator('.log-text')
    await log.filter({ hasText: 'Abgestürzt' }).first().waitFor()
    await app.picture(page, `german-log-${name}`)
    const lines = await log.allTextContents()
    expect(lines.length).toBeGreaterThan(5)
    expect(lines.filter((line) => ENGLISH.test(line))).toEqual([])
    await page.close()
  }
})
