// What a crash may leave: a trace of writes, discards and flushes on a recording file; then, for moments of the trace, the
// disk with everything that was synced and of the rest all, some or parts of some. Each such disk is free of errors for `qemu-img
// check` (leaks are allowed), and each sector holds what the last flush before that moment made safe, or something written later.
// Runs in: vitest, plain Node with qemu-utils.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import type { File, OpenFile } from '../../../src-engine/image/file'
import type { Image } from '../../../src-engine/image/image'
import { openImage } from '../../../src-engine/image/open'
import { ok } from '../../../src-engine/public/result'
import { CrashReplay, type Survival } from '../../support/crash-replay'
import { readAll, value } from '../../support/image-work'
import { MemoryFile } from '../../support/memory-file'
import { QemuCheckers } from '../../support/qemu-checkers'
import { NO_QEMU_IMG, qemuImg, qemuIo, scratch } from '../../support/qemu-img'
import { randomFrom } from '../../support/random'
import { type Recorded, RecordingFile } from '../../support/recording-file'
import { count, LONG } from '../../support/tier'

const place = scratch()
afterAll(place.remove)

const SIZE = 2 * 1024 * 1024
const SECTORS = SIZE / 512

interface Kind {
  readonly name: string
  readonly options: string
  readonly backing?: boolean
  readonly snapshot?: boolean
}

const KINDS: readonly Kind[] = [
  { name: 'plain', options: 'cluster_size=4k' },
  { name: 'tiny-clusters', options: 'cluster_size=512,refcount_bits=64' },
  { name: 'overlay', options: 'cluster_size=16k', backing: true },
  { name: 'version-2', options: 'compat=0.10,cluster_size=4k' },
  { name: 'snapshots', options: 'cluster_size=4k', snapshot: true },
  { name: 'subclusters', options: 'extended_l2=on,cluster_size=16k', backing: true },
]

/** Sectors carry the number of the request that wrote them; 0 is zeroes, or what was there at the start. */
function stamped(request: number, sectors: number): Uint8Array {
  const bytes = new Uint8Array(512 * sectors)
  const words = new Uint32Array(bytes.buffer)
  for (let i = 0; i < words.length; i += 32) words[i] = request
  return bytes
}

interface Event {
  readonly at: number
  readonly kind: 'asked' | 'safe'
  readonly request: number
  readonly first: number
  readonly sectors: number
  readonly stamp: number
}

/** Runs the trace; tells when each request was asked, and when a flush had made it safe. */
async function trace(image: Image, file: RecordingFile, requests: number, seed: number): Promise<Event[]> {
  const random = randomFrom(seed)
  const events: Event[] = []
  let answered: Event[] = []
  let flying: Promise<unknown>[] = []
  for (let request = 1; request <= requests; request++) {
    if (random(12) === 0) {
      const covered = answered
      answered = []
      flying.push(
        image.flush().then((done) => {
          value(done)
          for (const one of covered) events.push({ ...one, kind: 'safe', at: file.clock })
        }),
      )
    } else {
      const sectors = 1 + random(random(4) === 0 ? 96 : 12)
      const first = random(SECTORS - sectors + 1)
      const zero = random(5) === 0
      const event: Event = { at: file.clock, kind: 'asked', request, first, sectors, stamp: zero ? 0 : request }
      events.push(event)
      const [offset, length] = [first * 512, sectors * 512]
      const done = zero ? image.writeZeroes(offset, length, random(2) === 0) : image.write(offset, stamped(request, sectors))
      flying.push(
        done.then((result) => {
          value(result)
          answered.push(event)
        }),
      )
    }
    if (flying.length >= 6) {
      await Promise.all(flying)
      flying = []
    }
  }
  await Promise.all(flying)
  value(await image.close())
  return events
}

/** The stamps that each sector may show, as time goes on. */
class Allowed {
  private readonly events: readonly Event[]
  private next = 0
  private readonly sectors: { request: number; stamp: number }[][]

  constructor(events: readonly Event[], start: Uint32Array) {
    this.events = events
    this.sectors = Array.from({ length: SECTORS }, (_, i) => [{ request: 0, stamp: start[i] ?? 0 }])
  }

  goTo(time: number): void {
    for (; ; this.next++) {
      const event = this.events[this.next]
      if (!event || event.at > time) return
      for (let i = event.first; i < event.first + event.sectors; i++) {
        const list = this.sectors[i] ?? []
        if (event.kind === 'asked') list.push({ request: event.request, stamp: event.stamp })
        else this.sectors[i] = list.filter(({ request }) => request >= event.request)
      }
    }
  }

  wrong(disk: Buffer): string[] {
    return this.sectors.flatMap((list, sector) => {
      const shows = stampOf(disk, sector)
      if (list.some(({ stamp }) => stamp === shows)) return []
      return [`sector ${sector} shows ${shows}, allowed ${list.map(({ stamp }) => stamp).join(' ')}`]
    })
  }
}

const stampOf = (disk: Buffer, sector: number) => {
  const first = disk.readUInt32LE(512 * sector)
  for (let at = 0; at < 512; at += 128) if (disk.readUInt32LE(512 * sector + at) !== first) return -1
  return first
}

/** Is it nothing but stamped sectors, as no table of an image is? */
function onlyStamps(offset: number, bytes: Uint8Array): boolean {
  if (offset % 512 !== 0 || bytes.length % 512 !== 0) return false
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  return words.every((word, i) => word === (i % 32 === 0 ? words[i - (i % 128)] : 0))
}

/**
 * Tells states apart by what `qemu-img check` may look at: the file's length and each cluster that at any time held something else
 * than stamps. Two states that differ in nothing of this need only one check.
 */
class Tables {
  private readonly clusters: number[]
  private readonly clusterSize: number
  private readonly seen = new Set<string>()

  constructor(file: RecordingFile) {
    this.clusterSize = 2 ** Buffer.from(file.first).readUInt32BE(20)
    const start: Recorded[] = []
    for (let at = 0; at < file.first.length; at += this.clusterSize)
      start.push({ kind: 'write', offset: at, bytes: file.first.slice(at, at + this.clusterSize), answeredAt: 0 })
    const clusters = new Set<number>()
    for (const record of [...start, ...file.records]) {
      if (record.kind !== 'write' || onlyStamps(record.offset, record.bytes)) continue
      const last = Math.floor((record.offset + record.bytes.length - 1) / this.clusterSize)
      for (let cluster = Math.floor(record.offset / this.clusterSize); cluster <= last; cluster++) clusters.add(cluster)
    }
    this.clusters = [...clusters]
  }

  /** Is this the first state like this? */
  fresh(disk: Uint8Array): boolean {
    const hash = createHash('sha1').update(String(disk.length))
    for (const cluster of this.clusters)
      hash.update(disk.subarray(cluster * this.clusterSize, (cluster + 1) * this.clusterSize))
    const key = hash.digest('base64')
    if (this.seen.has(key)) return false
    this.seen.add(key)
    return true
  }

  get different(): number {
    return this.seen.size
  }
}

/** What may be on the disk of the records that no sync had made safe. The first is the plain prefix of the trace. */
const SURVIVALS: readonly ((random: (below: number) => number) => (index: number) => Survival)[] = [
  () => () => 'all',
  (random) => {
    const often = random(3)
    return () => (often === 0 || random(often === 1 ? 2 : 8) === 0 ? 'nothing' : 'all')
  },
  // Power that fails in the middle of a write: some of its sectors.
  (random) => () => () => random(2) === 0,
]

async function make({ name, options, backing, snapshot }: Kind): Promise<string> {
  const path = place.file(`${name}.qcow2`)
  if (backing) {
    const base = Buffer.alloc(SIZE)
    for (let i = 0; i < SECTORS; i++) for (let at = 0; at < 512; at += 128) base.writeUInt32LE(0x8000_0000 + i, 512 * i + at)
    writeFileSync(place.file(`${name}.base`), base)
    await qemuImg('create', '-f', 'qcow2', '-o', options, '-b', `${name}.base`, '-F', 'raw', path, String(SIZE))
  } else await qemuImg('create', '-f', 'qcow2', '-o', options, path, String(SIZE))
  if (snapshot) {
    // Sectors of equal words: a stamp like any other.
    await qemuIo(path, ['write -P 1 0 512k'])
    await qemuImg('snapshot', '-c', 'one', path)
    await qemuIo(path, ['write -P 2 64k 64k'])
  }
  return path
}

/** Opens an image whose own file is this one; the file behind it, if it has one, is read once. */
function opener(path: string): (file: File, readonly: boolean) => Promise<Image> {
  const behind = new Map<string, Uint8Array>()
  return async (file, readonly) => {
    const openFile: OpenFile = async (wanted) => {
      if (wanted === path) return ok(file)
      const bytes = behind.get(wanted) ?? readFileSync(wanted)
      behind.set(wanted, bytes)
      return ok(new MemoryFile(wanted, bytes))
    }
    return value(await openImage(path, { format: 'qcow2', readonly }, openFile))
  }
}

/** The moments to look at: every one, or some; of these half are of the first records, where the tables begin to grow. */
function momentsOf(records: number): number[] {
  if (LONG) return Array.from({ length: records + 1 }, (_, i) => i)
  const random = randomFrom(5)
  return Array.from({ length: 25 }, (_, i) => random(i % 2 ? 40 : records + 1)).sort((a, b) => a - b)
}

describe.skipIf(NO_QEMU_IMG)(`a crash${NO_QEMU_IMG ? ` (${NO_QEMU_IMG})` : ''}`, () => {
  it.each(KINDS)(
    'leaves an image without errors that holds what was flushed: $name',
    async (kind) => {
      const path = await make(kind)
      const open = opener(path)
      const file = new RecordingFile(path, readFileSync(path))
      const image = await open(file, false)
      const before = await readAll(image)
      const start = new Uint32Array(SECTORS).map((_, i) => stampOf(before, i))
      const allowed = new Allowed(await trace(image, file, count(200, 2000), 11), start)

      const ways = SURVIVALS.map((survival, way) => {
        const random = randomFrom(4 + way)
        return () => survival(random)
      })
      const replay = new CrashReplay(file)
      const tables = new Tables(file)
      const checkers = new QemuCheckers(['one', 'two'].map((each) => place.file(`${kind.name}-${each}.qcow2`)))
      let states = 0
      try {
        for (const moment of momentsOf(file.records.length)) {
          replay.goTo(moment)
          allowed.goTo(file.timeOf(moment))
          for (const [way, survival] of ways.entries()) {
            states++
            const label = `moment ${moment} of ${file.records.length}, way ${way}`
            const disk = replay.left(survival())
            if (tables.fresh(disk)) await checkers.check(label, disk)
            const opened = await open(new MemoryFile(path, disk), true)
            const wrong = allowed.wrong(await readAll(opened))
            value(await opened.close())
            expect(wrong.slice(0, 5), label).toEqual([])
          }
        }
        await checkers.end()
      } finally {
        checkers.dispose()
      }
      console.log(
        `${kind.name}: ${states} states after ${file.records.length} records, ${tables.different} with tables of their own`,
      )
    },
    count(120_000, 7_200_000),
  )

  // Why the count of a freed cluster goes down, and the cluster is used again, only after a sync (frees.ts): while the entry that let go of
  // it may still be lost, it may not hold anything of somebody else.
  it('before a discard is safe does not show in its place what was written elsewhere after it', async () => {
    const path = await make({ name: 'discarded', options: 'cluster_size=4k' })
    const open = opener(path)
    const file = new RecordingFile(path, readFileSync(path))
    const image = await open(file, false)
    const half = SECTORS / 2
    const write = async (request: number, first: number, sectors: number) =>
      value(await image.write(512 * first, stamped(request, sectors)))
    await write(1, 0, half)
    value(await image.flush())
    const entries = file.records.length
    value(await image.discard(0, 512 * half))
    expect(file.records.length).toBe(entries + 1)
    for (let first = half; first < SECTORS; first += half / 8) await write(2, first, half / 8)
    value(await image.flush())
    value(await image.close())

    const replay = new CrashReplay(file)
    let lost = 0
    for (let moment = entries + 1; moment <= file.records.length; moment++) {
      replay.goTo(moment)
      const disk = replay.left((index) => (index === entries ? 'nothing' : 'all'))
      const opened = await open(new MemoryFile(path, disk), true)
      const all = await readAll(opened)
      value(await opened.close())
      const stamps = new Set(Array.from({ length: half }, (_, sector) => stampOf(all, sector)))
      expect([...stamps], `moment ${moment} of ${file.records.length}`).toHaveLength(1)
      const [stamp] = stamps
      expect(stamp === 0 || stamp === 1, `moment ${moment} shows ${stamp}`).toBe(true)
      if (stamp === 1) lost++
    }
    // So it was the discard's write that was lost, with all that was written after it on the disk.
    expect(lost).toBeGreaterThan(10)
  })
})
