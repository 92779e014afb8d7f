// Random lives of four guests on our own engine, through the toolstack: starts, pauses, resumes, saves, restores, reboots and
// ends in any order and at any moment; afterwards no process, open file, temporary file or memory is left over.
// A slice with a fixed seed in the ordinary tier, 20 in the long one; test/long/sequences.test.ts kills processes beneath as well.
// Runs in: vitest, plain Node.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EmbeddedDriver } from '../../src-main/driver/embedded/embedded-driver'
import type { DomainConfig } from '../../src-main/public/types'
import { NodeChannels, NodeForker } from '../../src-main/supervisor/node'
import { Supervisor } from '../../src-main/supervisor/supervisor'
import { debianGuest } from '../support/debian-guest'
import { randomFrom } from '../support/random'
import { count } from '../support/tier'
import { makeToolstack, testCaller } from '../support/toolstack'

const bundleFolder = join(__dirname, '../../out/main')
const files = await debianGuest('cloud')
const ready = files.ok && existsSync(join(bundleFolder, 'domain.cjs'))

const SEQUENCES = count(2, 20)
const STEPS = 6
const SEED = 20261123

function children(): string[] {
  const lines = execFileSync('ps', ['-o', 'ppid=,args=', '-e'], { encoding: 'utf8' }).trim().split('\n')
  return lines.filter((line) => line.trim().startsWith(`${process.pid} `) && /(dom0|domain)\.cjs/.test(line))
}
const openFiles = (): number => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0)

describe.skipIf(!ready)('random lives of four guests', () => {
  it(`leave nothing behind after ${SEQUENCES} sequences`, { timeout: SEQUENCES * 120_000 }, async () => {
    if (!files.ok) return
    const { kernel, ramdisk, commandLine } = files.value
    const folder = mkdtempSync(join(tmpdir(), 'ringmaster-random-'))
    const channels = new NodeChannels()
    const supervisor = new Supervisor({ forker: new NodeForker(), channels, bundleFolder })
    const made = await makeToolstack({ folder, driver: new EmbeddedDriver(supervisor, join(folder, 'domain0')) })
    const { toolstack, servers } = made
    const { domains, jobs } = toolstack
    const config = (name: string): DomainConfig => ({
      name,
      memoryMiB: 128,
      vcpus: 1,
      kernel,
      ramdisk,
      cmdline: commandLine,
      devices: [],
    })
    const uuids: string[] = []
    for (const name of ['A', 'B', 'C', 'D']) {
      const defined = await domains.define(config(name))
      if (defined.ok) uuids.push(defined.value)
    }
    const saved = (uuid: string) => join(folder, `${uuid}.rmsave`)
    const wait = async (started: { ok: true; value: number } | { ok: false }) => {
      if (started.ok) await jobs.wait(started.value)
    }
    const actions: readonly ((uuid: string, below: (limit: number) => number) => Promise<unknown>)[] = [
      (uuid) => domains.create(uuid, false),
      (uuid) => domains.create(uuid, true),
      (uuid) => domains.suspend(uuid),
      (uuid) => domains.resume(uuid),
      (uuid) => domains.destroy(uuid),
      (uuid) => domains.shutdown(uuid),
      (uuid) => domains.setMemory(uuid, 96),
      (uuid) => wait(domains.managedSave(uuid)),
      (uuid) => wait(domains.save(uuid, saved(uuid))),
      async (uuid, below) => {
        const saving = domains.managedSave(uuid)
        await new Promise((resolve) => setTimeout(resolve, below(300)))
        if (saving.ok) jobs.cancel(saving.value)
        await wait(saving)
      },
      async (uuid) => {
        // As itself only: a sibling would be a fifth guest.
        const info = domains.info(uuid)
        const atRest = info.ok && info.value.operations.includes('restore')
        if (atRest && existsSync(saved(uuid))) await jobs.wait(domains.restore(saved(uuid)))
      },
      async (uuid, below) => {
        const starting = domains.create(uuid, false)
        await new Promise((resolve) => setTimeout(resolve, below(200)))
        await domains.destroy(uuid)
        await starting
      },
      (uuid) => Promise.resolve(servers.consoleOpen({ uuid, fromOffset: undefined }, testCaller())),
    ]

    let first: { rss: number; files: number } | undefined
    for (let sequence = 0; sequence < SEQUENCES; sequence++) {
      const below = randomFrom(SEED + sequence)
      const lives = uuids.map(async (uuid) => {
        for (let step = 0; step < STEPS; step++) {
          await actions[below(actions.length)]?.(uuid, below)
          await new Promise((resolve) => setTimeout(resolve, below(120)))
        }
      })
      await Promise.all(lives)
      const active = domains.active()
      await expect.poll(() => children().length).toBe(active.length + 1)
      expect(jobs.running()).toEqual([])
      const crashed = domains.list().filter(({ state }) => state === 'crashed')
      expect(crashed.map(({ name, detail }) => `${name}: ${detail}`)).toEqual([])
      if (sequence === Math.min(10, SEQUENCES - 1)) first = { rss: process.memoryUsage().rss, files: openFiles() }
    }
    await toolstack.guests.destroyAll()
    expect(domains.active()).toEqual([])
    await expect.poll(() => children().length).toBe(1)
    const grown = process.memoryUsage().rss - (first?.rss ?? 0)
    expect(grown).toBeLessThan(64 * 1024 * 1024)
    expect(openFiles() - (first?.files ?? 0)).toBeLessThan(8)
    await toolstack.close()
    await expect.poll(children).toEqual([])
    const names = uuids.flatMap((uuid) => [`${uuid}.save`, `${uuid}.rmsave`])
    const left = [...readdirSync(join(folder, 'saved')), ...readdirSync(folder).filter((name) => name.includes('rmsave'))]
    expect(left.filter((name) => !names.includes(name))).toEqual([])
    expect(readdirSync(join(folder, 'running'))).toEqual([])
    rmSync(folder, { recursive: true, force: true })
  })
})
