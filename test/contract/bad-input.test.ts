// Bad kernels, ramdisks, sizes and save files given to the embedded driver: each gives one clear error, no process is left,
// and a guest that runs meanwhile goes on. Runs in: vitest, plain Node.
import { execFileSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DriverEvent, Progress } from '../../src-main/driver/driver'
import { EmbeddedDriver } from '../../src-main/driver/embedded/embedded-driver'
import { explainError } from '../../src-main/public/error-code'
import type { DomainConfig } from '../../src-main/public/types'
import { NodeChannels, NodeForker } from '../../src-main/supervisor/node'
import { Supervisor } from '../../src-main/supervisor/supervisor'
import { debianGuest } from '../support/debian-guest'

const bundleFolder = join(__dirname, '../../out/main')
const files = await debianGuest('cloud')
const ready = files.ok && existsSync(join(bundleFolder, 'domain.cjs'))
const quiet: Progress = { report: () => {}, signal: new AbortController().signal }

describe.skipIf(!ready)('the embedded driver given bad input', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringmaster-bad-'))
  const good = files.ok ? files.value : { kernel: '', ramdisk: '', commandLine: '' }
  const config: DomainConfig = {
    name: 'bad',
    memoryMiB: 128,
    vcpus: 1,
    kernel: good.kernel,
    ramdisk: good.ramdisk,
    cmdline: good.commandLine,
    devices: [],
  }
  const events: DriverEvent[] = []
  const channels = new NodeChannels()
  const supervisor = new Supervisor({ forker: new NodeForker(), channels, bundleFolder })
  const driver = new EmbeddedDriver(supervisor, join(folder, 'domain0'))
  const bystander = randomUUID()
  const path = (name: string) => join(folder, name)
  const processes = (): number => {
    const lines = execFileSync('ps', ['-o', 'ppid=,args=', '-e'], { encoding: 'utf8' }).trim().split('\n')
    return lines.filter((line) => line.trim().startsWith(`${process.pid} `) && line.includes('domain.cjs')).length
  }

  beforeAll(async () => {
    const kernel = readFileSync(good.kernel)
    writeFileSync(path('empty'), '')
    writeFileSync(path('random'), randomBytes(1 << 20))
    writeFileSync(path('cut'), kernel.subarray(0, kernel.length >> 1))
    writeFileSync(path('elf'), Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), Buffer.alloc(4096)]))
    writeFileSync(path('large'), '')
    truncateSync(path('large'), 200 << 20)
    mkdirSync(path('folder'))
    expect((await driver.open((event) => events.push(event))).ok).toBe(true)
    expect((await driver.create(bystander, { ...config, name: 'bystander' })).ok).toBe(true)
  })
  afterAll(async () => {
    await driver.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each<[string, Partial<DomainConfig>, string]>([
    ['an empty kernel', { kernel: path('empty') }, 'INVALID_ARG'],
    ['a kernel of random bytes', { kernel: path('random') }, 'INVALID_ARG'],
    ['a kernel cut in half', { kernel: path('cut') }, 'INVALID_ARG'],
    ['an ELF file that is no kernel', { kernel: path('elf') }, 'INVALID_ARG'],
    ['a kernel that is not there', { kernel: path('nothing') }, 'INVALID_ARG'],
    ['a folder for a kernel', { kernel: path('folder') }, 'INVALID_ARG'],
    ['a ramdisk that is not there', { ramdisk: path('nothing') }, 'INVALID_ARG'],
    ['a ramdisk larger than the memory', { ramdisk: path('large') }, 'INVALID_ARG'],
    ['no memory', { memoryMiB: 0 }, 'INVALID_ARG'],
    ['more memory than there can be', { memoryMiB: 4096 }, 'INVALID_ARG'],
    ['too little memory for its kernel', { memoryMiB: 16 }, 'INVALID_ARG'],
    ['more vcpus than there can be', { vcpus: 9 }, 'INVALID_ARG'],
  ])('refuses %s with one sentence', async (_what, part, code) => {
    const uuid = randomUUID()
    const answer = await driver.create(uuid, { ...config, ...part })
    expect(answer).toMatchObject({ ok: false, error: { code } })
    if (!answer.ok) {
      const { cause } = explainError(answer.error)
      expect(cause).toMatch(/^[A-Z“].*\.$/)
      expect(cause).not.toMatch(/undefined|Error:|\n|\{/)
    }
    expect(processes()).toBe(1)
    expect(events.filter((event) => event.kind === 'stopped')).toEqual([])
  })

  it('refuses a save file with any byte flipped, a cut one and a longer one, and accepts it whole', {
    tags: 'long',
    timeout: 240_000,
  }, async () => {
    const uuid = randomUUID()
    const saved = path('good.rmsave')
    expect((await driver.create(uuid, config)).ok).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(await driver.save(uuid, config, saved, quiet)).toEqual({ ok: true, value: null })
    const whole = readFileSync(saved)
    const places = [0, 9, 13, 17, 40, whole.length >> 2, whole.length >> 1, whole.length - 30, whole.length - 1]
    const bad = path('bad.rmsave')
    const refused = async (what: string, content: Buffer): Promise<void> => {
      writeFileSync(bad, content)
      const answer = await driver.restore(uuid, config, bad, quiet)
      expect(answer.ok, what).toBe(false)
      if (!answer.ok) expect(explainError(answer.error).cause, what).toMatch(/^The machine was not restored: .*\.$/)
    }
    for (const place of places) {
      const flipped = Buffer.from(whole)
      flipped[place] = (flipped[place] ?? 0) ^ 0x10
      await refused(`byte ${place} flipped`, flipped)
    }
    await refused('cut', whole.subarray(0, whole.length - 100))
    await refused('longer', Buffer.concat([whole, Buffer.from('more')]))
    const newer = Buffer.from(whole)
    newer.writeUInt32LE(99, 8)
    await refused('newer', newer)
    expect(processes()).toBe(1)
    expect((await driver.restore(uuid, config, saved, quiet)).ok).toBe(true)
    await driver.destroy(uuid)
  })

  it('lets a guest go on whose save cannot be written', async () => {
    for (const target of [path('no/such/folder/x.rmsave'), '/proc/x.rmsave', '/dev/full/x.rmsave']) {
      const answer = await driver.save(bystander, config, target, quiet)
      expect(answer).toMatchObject({ ok: false, error: { reason: 'save-failed' } })
    }
    const order = { path: path('no/such/folder/x.rmsave'), disks: [], plain: false, switched: () => {} }
    const snapshot = await driver.snapshot(bystander, order, quiet)
    expect(snapshot).toMatchObject({ ok: false, error: { reason: 'snapshot-failed' } })
    // Where it goes is not chosen.
    if (!snapshot.ok) expect(explainError(snapshot.error).action).toBe('Free some space there, and try again.')
    expect(await driver.suspend(bystander)).toEqual({ ok: true, value: null })
    expect(await driver.resume(bystander)).toEqual({ ok: true, value: null })
  })

  it('lets a guest go on whose disk is full during the save, and leaves no file', async ({ skip }) => {
    const small = path('small')
    mkdirSync(small)
    chmodSync(small, 0o777)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small], { stdio: 'ignore' })
    } catch {
      skip('a file system of 1 MiB cannot be mounted here')
    }
    try {
      const answer = await driver.save(bystander, config, join(small, 'x.rmsave'), quiet)
      expect(answer).toMatchObject({ ok: false, error: { reason: 'save-failed' } })
      if (!answer.ok) expect(explainError(answer.error).cause).toContain('the disk is full')
      expect(readdirSync(small)).toEqual([])
    } finally {
      execFileSync('umount', [small])
    }
    expect(await driver.suspend(bystander)).toEqual({ ok: true, value: null })
    expect(await driver.resume(bystander)).toEqual({ ok: true, value: null })
  })
})
