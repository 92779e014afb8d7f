// Bad input beyond what exit-status.test.ts has: kernels, files that cannot be read, a disk that is full in the middle of a save,
// save files with flipped bytes, of a newer version, or made up by someone hostile with all checksums right. Each gives one clear
// message, through the runner or through toolstack and supervisor, and the guest beside it does not notice.
// Runs in: vitest, plain Node, on the bundles in out/main.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { crc32 } from '../../src-engine/lib/bytes'
import { ok } from '../../src-engine/public/result'
import { FILE_HEADER_SIZE, RECORD_HEADER_SIZE, recordName } from '../../src-engine/save/records'
import { readSaveFile } from '../../src-engine/save/save-file'
import { explainError } from '../../src-main/public/error-code'
import { headlessGuest } from '../support/headless-guest'
import { oneMachine, Sibling } from '../support/one-machine'
import { good } from '../support/supervised'
import { count } from '../support/tier'
import { tinyKernel } from '../support/tiny-kernel'
import { WorkerLines } from '../support/worker-guest'

const frame = oneMachine('bad-input')
const { cannot, folder, machine, kernel } = frame
const sibling = new Sibling(frame)
const file = (name: string, content: Uint8Array): string => {
  const at = path.join(folder, name)
  writeFileSync(at, content)
  return at
}
let mounted: string | undefined
afterAll(() => {
  if (mounted !== undefined) execFileSync('umount', ['-l', mounted])
})

/** A bzImage of the least that the format asks for. */
function bzImage(payload: Uint8Array): Uint8Array {
  const image = Buffer.alloc(1024 + payload.length)
  image[0x1f1] = 1
  image.write('HdrS', 0x202, 'latin1')
  image.writeUInt16LE(0x20f, 0x206)
  image.writeUInt32LE(0, 0x248)
  image.writeUInt32LE(payload.length, 0x24c)
  image.set(payload, 1024)
  return image
}

describe('one clear line and status 2 for', () => {
  const rows: [what: string, args: () => string[], error: RegExp][] = [
    [
      'a kernel of unknown compression',
      () => ['--kernel', file('unknown', bzImage(Buffer.alloc(64, 0x77)))],
      /compressed in a way we do not know/,
    ],
    [
      'a kernel compressed with lzo',
      () => ['--kernel', file('lzo', bzImage(Buffer.from('\x89LZO'.padEnd(64), 'latin1')))],
      /lzo.*not supported/,
    ],
    ['a kernel that cannot be read to its end', () => ['--kernel', '/proc/self/mem'], /cannot be read/],
    ['a ramdisk that is a folder', () => ['--kernel', file('good', tinyKernel('spin')), '--ramdisk', folder], /cannot be read/],
    ['a save file of a newer version', () => ['--restore', file('newer', newerVersion())], /version 2/],
    ['a save file that is a kernel', () => ['--restore', file('good', tinyKernel('spin'))], /not a save file/],
    ['a save file that is empty', () => ['--restore', file('empty', new Uint8Array(0))], /not a save file|cut|damaged/],
  ]
  for (const [what, args, error] of rows) {
    it(what, async ({ skip }) => {
      if (what.includes('to its end') && process.platform !== 'linux') return skip('no such file here')
      const run = await headlessGuest(...args())
      expect(run.status, run.errors).toBe(2)
      expect(run.errors.trim()).toMatch(error)
      expect(run.errors.trim().split('\n').length, run.errors).toBe(1)
    })
  }
})

function newerVersion(): Uint8Array {
  const header = Buffer.alloc(FILE_HEADER_SIZE)
  header.write('RMDOMAIN', 0, 'latin1')
  header.writeUInt32LE(2, 8)
  header.writeUInt32LE(crc32(header.subarray(0, 12)), 12)
  return header
}

/** A saved worker, small and real. */
async function savedWorker(name: string): Promise<string> {
  const uuid = await machine.start(name, kernel, 'pulse=20')
  await machine.console(uuid, (text) => text.includes('LINE 5 '))
  const at = path.join(folder, `${name}.save`)
  await machine.save(uuid, at)
  good(await machine.toolstack.domains.undefine(uuid))
  return at
}

/** Where each record begins, and where its body does and ends. */
function recordsOf(bytes: Buffer): { name: string; start: number; body: number; end: number }[] {
  const found = []
  for (let at = FILE_HEADER_SIZE; at < bytes.length; ) {
    const body = at + RECORD_HEADER_SIZE
    const end = body + Number(bytes.readBigUInt64LE(at + 8))
    found.push({ name: recordName(bytes.readUInt32LE(at)) ?? '?', start: at, body, end })
    at = end + 4
  }
  return found
}

function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** Restores and says what came of it; nothing of it stays. */
async function tryRestore(at: string): Promise<{ ok: boolean; sentence: string }> {
  const { jobs, domains } = machine.toolstack
  const job = domains.restore(at)
  const done = await jobs.wait(job)
  if (done.ok) {
    const uuid = jobs.list().find((info) => info.job === job)?.uuid ?? ''
    await domains.destroy(uuid)
    await expect.poll(() => ['shutoff', 'crashed'].includes(machine.state(uuid)), { timeout: 60_000 }).toBe(true)
    await domains.undefine(uuid)
    return { ok: true, sentence: '' }
  }
  const text = explainError(done.error)
  return { ok: false, sentence: `${text.cause} ${text.action}` }
}

describe.skipIf(cannot)('a save file', () => {
  it('with a flipped byte is refused, wherever the byte is', async () => {
    const bytes = readFileSync(await savedWorker('flipped'))
    const places = new Set<number>()
    for (let at = 0; at < FILE_HEADER_SIZE; at++) places.add(at)
    for (const { start, body, end } of recordsOf(bytes)) {
      for (let at = start; at < body; at++) places.add(at)
      for (let at = end; at < end + 4; at++) places.add(at)
    }
    const random = randomFrom(99)
    const stride = Math.ceil(bytes.length / count(100, 60_000))
    for (let at = random(stride) + 1; at < bytes.length; at += stride) places.add(at)
    const missed: number[] = []
    const bad = file('flip', bytes)
    const open = openSync(bad, 'r+')
    for (const at of places) {
      const byte = bytes[at] ?? 0
      writeSync(open, Uint8Array.of(byte ^ (1 << random(8))), 0, 1, at)
      const read = await readSaveFile(bad, async () => ok(undefined))
      if (read.ok) missed.push(at)
      writeSync(open, Uint8Array.of(byte), 0, 1, at)
    }
    closeSync(open)
    console.log(`${places.size} of ${bytes.length} bytes flipped, one at a time`)
    expect((await readSaveFile(bad, async () => ok(undefined))).ok).toBe(true)
    expect(missed).toEqual([])
    // A few of them through everything: one sentence, nothing left behind.
    const known = [...places]
    for (let round = 0; round < count(2, 40); round++) {
      const at = known[random(known.length)] ?? 0
      const copy = Buffer.from(bytes)
      copy[at] = (copy[at] ?? 0) ^ (1 << random(8))
      const tried = await tryRestore(file('flip', copy))
      expect(tried.ok, `byte ${at}`).toBe(false)
      expect(tried.sentence).toMatch(/damaged|not a save file|newer|version/)
    }
    expect(machine.toolstack.domains.list()).toHaveLength(1)
    expect(machine.pids('domain')).toHaveLength(1)
    await sibling.works()
  }, 1_200_000)

  it('made up by someone hostile, checksums right, is refused or harms only its own domain', async () => {
    const bytes = readFileSync(await savedWorker('hostile'))
    const records = recordsOf(bytes).filter(({ name }) => name !== 'END')
    const random = randomFrom(4)
    const outcomes = { refused: 0, ran: 0 }
    for (let round = 0; round < count(4, 150); round++) {
      const copy = Buffer.from(bytes)
      // Every kind of record has its turn; RAM is what the guest could have written itself.
      const kinds = [...new Set(records.map(({ name }) => name))].filter((name) => name !== 'RAM' || round % 5 === 0)
      const kind = kinds[round % kinds.length]
      const candidates = records.filter(({ name }) => name === kind)
      const record = candidates[random(candidates.length)]
      if (!record) continue
      for (let changes = 1 + random(8); changes > 0; changes--) {
        const at = record.body + random(record.end - record.body)
        copy[at] = random(3) === 0 ? 0xff : random(256)
      }
      copy.writeUInt32LE(crc32(copy.subarray(record.start, record.end)), record.end)
      const tried = await tryRestore(file('hostile', copy))
      if (tried.ok) outcomes.ran++
      else {
        outcomes.refused++
        expect(tried.sentence, `${record.name}, round ${round}`).not.toMatch(/of undefined|TypeError|RangeError| at \w+ \(/)
      }
      expect(machine.pids('domain'), `${record.name}, round ${round}`).toHaveLength(1)
    }
    console.log(`hostile save files: ${outcomes.refused} refused, ${outcomes.ran} ran`)
    expect(outcomes.refused).toBeGreaterThan(0)
    expect(machine.domain0Ends).toBe(0)
    await sibling.works()
  }, 1_200_000)
})

describe.skipIf(cannot)('a disk that is full', () => {
  it('fails the save in one sentence, leaves no file, and the guest goes on', async ({ skip }) => {
    const disk = path.join(folder, 'disk')
    mkdirSync(disk)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'ignore' })
      mounted = disk
    } catch {
      return skip('a small file system can be mounted by root only')
    }
    const { domains, jobs } = machine.toolstack
    const uuid = await machine.start('full', kernel, 'pulse=20')
    await machine.console(uuid, (text) => text.includes('LINE 4 '))
    for (const paused of [false, true]) {
      if (paused) good(await domains.suspend(uuid))
      const failed = await jobs.wait(good(domains.save(uuid, path.join(disk, 'x.save'))))
      expect(failed).toMatchObject({ ok: false, error: { code: 'OPERATION_FAILED' } })
      expect(failed.ok ? '' : explainError(failed.error).cause).toMatch(/disk is full/)
      expect(readdirSync(disk)).toEqual([])
      expect(machine.state(uuid)).toBe(paused ? 'paused' : 'running')
    }
    good(await domains.resume(uuid))
    const own = new WorkerLines()
    const text = await machine.console(uuid, (shown) => own.check(shown).last > 20)
    expect(own.check(text).wrong).toBeUndefined()
    await sibling.works()
    const run = await headlessGuest(
      ...['--kernel', kernel, '--extra', 'pulse=20', '--memory', '16', '--timeout', '30'],
      ...['--save', path.join(disk, 'y.save'), '--save-after', 'LINE 3 '],
    )
    expect(run.status).not.toBe(0)
    expect(run.errors).toMatch(/disk is full/)
    expect(run.errors.trim().split('\n')).toHaveLength(1)
    expect(readdirSync(disk)).toEqual([])
    good(await domains.destroy(uuid))
  }, 120_000)
})
