// Save files: a domain and back, and everything that can be wrong with a file. Runs in: vitest.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DOMAIN_TABLE, EVENT_CHANNEL_ENTRY, MAX_PORTS } from '../../../src-engine/hypervisor/domain-layout'
import { crc32 } from '../../../src-engine/lib/bytes'
import { ok } from '../../../src-engine/public/result'
import { writerOf } from '../../../src-engine/public/unfinished-copy'
import { EVTCHNSTAT } from '../../../src-engine/public/xen/event-channel'
import { E820_MAX } from '../../../src-engine/public/xen/memory'
import { captureDomain, restoreDomain, type SavedIdentity, saveDomain, writeCapture } from '../../../src-engine/save/checkpoint'
import { loadRegisters, saveRegisters } from '../../../src-engine/save/domain-records'
import { decodeFields, encodeFields, encodeFileHeader } from '../../../src-engine/save/records'
import { readSaveFile } from '../../../src-engine/save/save-file'
import { Registers } from '../../../src-engine/vcpu/registers'
import { type FakeDomain, FakeGuest, fakeDomain, RAM_MIB } from '../../support/fake-domain'
import { count } from '../../support/tier'

const IDENTITY: SavedIdentity = { handle: 'h', name: 'n', savedAtMs: 1_700_000_000_000, memoryMiB: RAM_MIB, vcpus: 1 }
const QUIET = { progress: () => {}, cancelled: () => false }
const PUMPS = Uint8Array.of(1, 2, 3)

let folder = ''
let file = ''
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'save-test-'))
  file = path.join(folder, 'guest.save')
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

/** A domain with something in every table. */
function busyDomain(): FakeDomain {
  const fake = fakeDomain()
  const guest = new FakeGuest(fake)
  const { domain, memory } = fake
  for (let page = 16; page < 400; page += 3) memory.view.setFloat64(memory.addressOf(page * 4096 + 8), page * 1.25, true)
  memory.view.setFloat64(memory.addressOf(1000 * 4096), -0, true)
  guest.words([0, 0x7ff0], [4, 0], [16, 1])
  guest.call('memory_op', 7, FakeGuest.ARG)
  guest.words([0, 0x7ff0], [4, 1], [8, 0], [16, 0x20000])
  guest.call('memory_op', 7, FakeGuest.ARG)
  guest.words([0, 0x14], [8, 0x40])
  guest.call('vcpu_op', 10, 0, FakeGuest.ARG)
  guest.words([0, 0x15ff0])
  guest.call('vcpu_op', 5, 0, FakeGuest.ARG)
  domain.p2m.remove(700)
  domain.p2m.remove(800)
  domain.p2m.populate(800)
  domain.events.raise(domain.events.bindVirq(0, 0))
  domain.timers.setSingleshot(0, 5_000_000n)
  domain.grants.prefill(9, 0, 20)
  domain.messages.log('before')
  const registers = new Registers(memory.buffer, 0)
  registers.setGpr(7, 0x1234_5678_9abc_def0n)
  registers.set64('RIP', 0xffff_ffff_8100_0000n)
  registers.set64('RETIRED', 77n)
  fake.clock.ns += 123_456n
  domain.time.freeze()
  return fake
}

async function save(fake: FakeDomain): Promise<void> {
  const saved = await saveDomain(file, fake.domain, IDENTITY, PUMPS, QUIET)
  expect(saved.ok).toBe(true)
}

const restore = (from = file) => restoreDomain(from, () => ok(fakeDomain(9)), QUIET)

describe('a checkpoint', () => {
  it('brings back memory, registers, tables, timers and the clock', async () => {
    const before = busyDomain()
    await save(before)
    const restored = await restore()
    if (!restored.ok) throw new Error(restored.error.message)
    const after = restored.value.made
    expect(restored.value.identity).toEqual(IDENTITY)
    expect(restored.value.pumps).toEqual(PUMPS)
    for (let gfn = 0; gfn < 0x20100; gfn++) {
      const [a, b] = [before.memory.pageOf(gfn), after.memory.pageOf(gfn)]
      expect(b === 0).toBe(a === 0)
      if (a === 0) continue
      const same = Buffer.compare(before.memory.u8.subarray(a, a + 4096), after.memory.u8.subarray(b, b + 4096)) === 0
      // The vcpu's clock record is written anew.
      expect(same || gfn === 0x14).toBe(true)
    }
    const [a, b] = [before.domain, after.domain]
    expect(b.get('DOMID')).toBe(5)
    expect(b.get('TOTAL_PAGES')).toBe(a.get('TOTAL_PAGES'))
    expect(b.get('FREE_COUNT')).toBe(a.get('FREE_COUNT'))
    expect(b.events.status(1)).toEqual(a.events.status(1))
    expect(b.events.pending(1)).toBe(true)
    expect(b.timers.next(0)).toBe(5_000_000n)
    expect(b.time.systemTime()).toBe(a.time.systemTime())
    expect(b.vget(0, 'INFO')).toBe(after.memory.addressOf(0x14040))
    expect(b.vget(0, 'RUNSTATE_AREA', 0)).toBe(after.memory.addressOf(0x15ff0))
    expect(b.vget(0, 'RUNSTATE_AREA', 1)).toBe(after.memory.addressOf(0x16000))
    expect(b.messages.read().text).toContain('before')
    expect(b.get('INCARNATION')).toBe(1)
    const registers = new Registers(after.memory.buffer, 0)
    expect(registers.gpr(7)).toBe(0x1234_5678_9abc_def0n)
    expect(registers.get64('RETIRED')).toBe(77n)
    after.clock.ns += 1000n
    b.time.thaw()
    expect(b.time.systemTime()).toBe(a.time.systemTime())
  })

  it('has nothing of a TLB, and one of a version that saved an empty one is read', () => {
    const before = busyDomain().domain
    const body = saveRegisters(before, 0)
    const fields = new Map(decodeFields(body, 4))
    expect([...fields.keys()].filter((name) => name.startsWith('TLB'))).toEqual([])
    const older = encodeFields(fields.set('TLB_CHECKED', new Uint8Array(32768)), body.subarray(0, 4))
    const after = fakeDomain(9)
    expect(loadRegisters(after.domain, older)).toBe(true)
    expect(new Registers(after.memory.buffer, 0).gpr(7)).toBe(0x1234_5678_9abc_def0n)
    expect(loadRegisters(after.domain, encodeFields(fields.set('TLB_OTHER', new Uint8Array(8)), body.subarray(0, 4)))).toBe(
      false,
    )
  })

  it.each([false, true])('of a copy holds what was when it was taken (plain: %s)', async (plain) => {
    const fake = busyDomain()
    const was = [...fake.memory.u8.subarray(fake.memory.pageOf(0x14), fake.memory.pageOf(0x14) + 64)]
    const capture = captureDomain(fake.domain, IDENTITY, PUMPS, 1 << 30)
    expect(capture.copied).toBe(true)
    expect(captureDomain(fake.domain, IDENTITY, PUMPS, 0).copied).toBe(false)
    await save(fake)
    const one = await restore()
    for (let gfn = 0; gfn < 0x20100; gfn++) {
      const page = fake.memory.pageOf(gfn)
      if (page !== 0) fake.memory.u8.fill(0x5a, page, page + 4096)
    }
    new Registers(fake.memory.buffer, 0).setGpr(7, 1n)
    expect(was).not.toEqual([...fake.memory.u8.subarray(fake.memory.pageOf(0x14), fake.memory.pageOf(0x14) + 64)])
    expect(await writeCapture(file, capture, QUIET, plain)).toMatchObject({ ok: true })
    const two = await restore()
    if (!one.ok || !two.ok) throw new Error('not restored')
    const [a, b] = [one.value.made.memory, two.value.made.memory]
    for (let gfn = 0; gfn < 0x20100; gfn++) {
      const [x, y] = [a.pageOf(gfn), b.pageOf(gfn)]
      if (x === 0 || gfn === 0x14) continue
      expect(Buffer.compare(a.u8.subarray(x, x + 4096), b.u8.subarray(y, y + 4096))).toBe(0)
    }
    expect(new Registers(two.value.made.memory.buffer, 0).gpr(7)).toBe(0x1234_5678_9abc_def0n)
  })

  it('for a fork holds pages as they are, and brings them back', async () => {
    const fake = busyDomain()
    await save(fake)
    const compressed = await restore()
    const capture = captureDomain(fake.domain, IDENTITY, PUMPS, 0)
    expect(await writeCapture(file, capture, QUIET, true)).toMatchObject({ ok: true })
    const bytes = fs.readFileSync(file)
    expect(bytes.includes(Buffer.from(fake.memory.u8.slice(fake.memory.pageOf(16), fake.memory.pageOf(16) + 4096)))).toBe(true)
    const plain = await restore()
    if (!compressed.ok || !plain.ok) throw new Error('not restored')
    const [a, b] = [compressed.value.made.memory, plain.value.made.memory]
    for (let gfn = 0; gfn < 0x20100; gfn++) {
      const [x, y] = [a.pageOf(gfn), b.pageOf(gfn)]
      expect(y).toBe(x)
      if (x !== 0) expect(Buffer.compare(a.u8.subarray(x, x + 4096), b.u8.subarray(y, y + 4096))).toBe(0)
    }
    fs.truncateSync(file, bytes.length - 5000)
    expect(await restore()).toMatchObject({ ok: false, error: { kind: 'CORRUPT' } })
  })

  it.each([
    ['the processor of before, which had a leaf less', '[2147483656,', true],
    ['another processor', '[2147483657,', false],
  ] as const)('of a guest that has seen %s', async (_what, highest, restored) => {
    const capture = captureDomain(busyDomain().domain, IDENTITY, PUMPS, 1 << 30)
    const records = capture.records.map(([name, body]) => {
      if (name !== 'CPUID') return [name, body] as const
      const before = new TextDecoder()
        .decode(body)
        .replace('[2147483681,', highest)
        .replace(/,\[2147483681,\[[\d,]+\]\]/, '')
      return [name, new TextEncoder().encode(before)] as const
    })
    expect(await writeCapture(file, { ...capture, records }, QUIET)).toMatchObject({ ok: true })
    const result = await restore()
    expect(result.ok).toBe(restored)
    if (!result.ok) expect(result.error.message).toContain('has seen a processor that this program does not offer')
  })

  it('leaves out pages of zeroes', async () => {
    const fake = busyDomain()
    await save(fake)
    expect(fs.statSync(file).size).toBeLessThan(400_000)
  })

  // The full count reads a file of 180 KiB as many times as it has bytes.
  it('finds every flipped byte', { timeout: count(60_000, 1_800_000) }, async () => {
    const fake = fakeDomain()
    fake.domain.time.freeze()
    await save(fake)
    const good = fs.readFileSync(file)
    const stride = count(Math.ceil(good.length / 300), 1)
    const places = new Set<number>()
    for (let at = 0; at < good.length; at += stride) places.add(at)
    for (let at = 0; at < 200; at++) places.add(at).add(good.length - 1 - at)
    const found: number[] = []
    const open = fs.openSync(file, 'r+')
    for (const at of places) {
      const byte = good[at] ?? 0
      fs.writeSync(open, Uint8Array.of(byte ^ (1 << (at % 8))), 0, 1, at)
      const read = await readSaveFile(file, async () => ok(undefined))
      if (read.ok) found.push(at)
      fs.writeSync(open, Uint8Array.of(byte), 0, 1, at)
    }
    fs.closeSync(open)
    expect(await readSaveFile(file, async () => ok(undefined))).toMatchObject({ ok: true })
    expect(found).toEqual([])
  })

  it('finds a file that is cut off, has more after its end, or has its records in another number', async () => {
    await save(busyDomain())
    const good = fs.readFileSync(file)
    for (const length of [0, 5, 16, 40, good.length - 1, good.length - 24]) {
      fs.writeFileSync(file, good.subarray(0, length))
      expect((await restore()).ok).toBe(false)
    }
    fs.writeFileSync(file, Buffer.concat([good, Buffer.of(0)]))
    expect((await restore()).ok).toBe(false)
    fs.writeFileSync(file, Buffer.concat([good.subarray(0, 16), good.subarray(good.length - 24)]))
    expect((await restore()).ok).toBe(false)
  })

  it('refuses a newer version by its number', async () => {
    fs.writeFileSync(file, encodeFileHeader(2))
    const result = await restore()
    expect(result).toMatchObject({ ok: false, error: { kind: 'NEWER' } })
    expect(!result.ok && result.error.message).toContain('version 2')
  })

  it('skips an optional record it does not know and refuses a mandatory one', async () => {
    await save(busyDomain())
    const good = fs.readFileSync(file)
    for (const [flags, accepted] of [
      [1, true],
      [0, false],
    ] as const) {
      const header = Buffer.alloc(16)
      header.writeUInt32LE(999, 0)
      header.writeUInt32LE(flags, 4)
      const trailer = Buffer.alloc(4)
      trailer.writeUInt32LE(crc32(header), 0)
      const end = Buffer.alloc(24)
      good.copy(end, 0, good.length - 24)
      end.writeUInt32LE(good.readUInt32LE(good.length - 8) + 1, 16)
      end.writeUInt32LE(crc32(end.subarray(0, 20)), 20)
      fs.writeFileSync(file, Buffer.concat([good.subarray(0, good.length - 24), header, trailer, end]))
      expect((await restore()).ok).toBe(accepted)
    }
  })

  it.each<[string, (fake: FakeDomain) => void]>([
    ['more grant frames than there can be', ({ domain }) => domain.set('GRANT_FRAMES', 0x7fff_ffff)],
    ['a memory map beyond its table', ({ domain }) => domain.set('MEMORY_MAP_ENTRIES', E820_MAX + 1)],
    ['a reason beyond its place', ({ domain }) => domain.set('REASON_LENGTH', 4_000_000_000)],
    [
      'a port of a vcpu that is not there',
      ({ domain, memory }) => {
        memory.u32[
          (domain.geometry.domainBase + DOMAIN_TABLE.EVENT_CHANNEL + EVENT_CHANNEL_ENTRY.SIZE + EVENT_CHANNEL_ENTRY.VCPU) >>> 2
        ] = 1
      },
    ],
    [
      'a channel to a port beyond the last',
      ({ domain, memory }) => {
        domain.events.allocUnbound(0)
        const entry = domain.geometry.domainBase + DOMAIN_TABLE.EVENT_CHANNEL + EVENT_CHANNEL_ENTRY.SIZE
        memory.u8[entry + EVENT_CHANNEL_ENTRY.STATE] = EVTCHNSTAT.interdomain
        memory.u32[(entry + EVENT_CHANNEL_ENTRY.REMOTE) >>> 2] = MAX_PORTS
      },
    ],
    ['a polled port beyond the last', ({ domain }) => domain.vset(0, 'POLL_PORTS', 1 << 30, 3)],
    ['a run state that is none', ({ domain }) => domain.vset(0, 'RUNSTATE', 4)],
    ['an upcall vector that is none', ({ domain }) => domain.vset(0, 'UPCALL_VECTOR', 256)],
    ['a record whose first piece goes beyond its page', ({ domain }) => domain.vset(0, 'RUNSTATE_SPLIT', 48)],
    [
      'a record whose second piece goes beyond its page',
      ({ domain }) => domain.vset(0, 'RUNSTATE_AREA', domain.vget(0, 'RUNSTATE_AREA', 1) + 4090, 1),
    ],
    ['a record that is longer than any', ({ domain }) => domain.vset(0, 'TIME_SPLIT', 4096)],
  ])('refuses a file with %s, though its checksums are right', async (_what, spoil) => {
    const fake = busyDomain()
    spoil(fake)
    await save(fake)
    expect(await restore()).toMatchObject({ ok: false, error: { kind: 'CORRUPT' } })
  })

  it('is called an unfinished copy of this process until it is whole, also where its own name is of full length', async () => {
    const long = path.join(folder, 'x'.repeat(255))
    const seen = new Set<string>()
    const look = (): void => {
      for (const name of fs.readdirSync(folder)) seen.add(name)
    }
    const saved = await saveDomain(long, busyDomain().domain, IDENTITY, PUMPS, { progress: look, cancelled: () => false })
    expect(saved.ok).toBe(true)
    expect([...seen].map((name) => writerOf(name))).toEqual([process.pid])
    expect(fs.readdirSync(folder)).toEqual([path.basename(long)])
  })

  it('can be cancelled, and leaves neither a file nor a part of one', async () => {
    const fake = busyDomain()
    const saved = await saveDomain(file, fake.domain, IDENTITY, PUMPS, { progress: () => {}, cancelled: () => true })
    expect(saved).toMatchObject({ ok: false, error: { kind: 'CANCELLED' } })
    expect(fs.readdirSync(folder)).toEqual([])
  })

  it('says in one sentence when it cannot be written, and leaves an older file alone', async () => {
    const fake = busyDomain()
    const nowhere = await saveDomain(path.join(folder, 'no', 'x'), fake.domain, IDENTITY, PUMPS, QUIET)
    expect(!nowhere.ok && nowhere.error.message).toMatch(/no such file or folder\.$/)
    fs.writeFileSync(file, 'older')
    await saveDomain(file, fake.domain, IDENTITY, PUMPS, { progress: () => {}, cancelled: () => true })
    expect(fs.readFileSync(file, 'utf8')).toBe('older')
  })

  it('says that the disk is full, and leaves no part of a file', async ({ skip }) => {
    const small = path.join(folder, 'small')
    fs.mkdirSync(small)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small], { stdio: 'ignore' })
    } catch {
      return skip('a small file system cannot be mounted here')
    }
    try {
      const saved = await saveDomain(path.join(small, 'x'), busyDomain().domain, IDENTITY, PUMPS, QUIET)
      expect(!saved.ok && saved.error.message).toMatch(/the disk is full\.$/)
      expect(fs.readdirSync(small)).toEqual([])
    } finally {
      execFileSync('umount', [small])
    }
  })
})
