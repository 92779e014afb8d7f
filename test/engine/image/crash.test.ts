// What a crash may leave: a trace of writes, discards and flushes on a recording file; then, for moments of the trace, the
// disk with everything that was synced and any part of the rest. Each such disk is free of errors for `qemu-img check`
// (leaks are allowed), and each sector holds what the last flush before that moment made safe, or something written later.
// Runs in: vitest, plain Node with qemu-utils.
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import type { OpenFile } from '../../../src-engine/image/file'
import type { Image } from '../../../src-engine/image/image'
import { openNodeFile } from '../../../src-engine/image/node-file'
import { openImage } from '../../../src-engine/image/open'
import { ok } from '../../../src-engine/public/result'
import { readAll, value } from '../../support/image-work'
import { NO_QEMU_IMG, qemuCheck, qemuImg, qemuIo, scratch } from '../../support/qemu-img'
import { randomFrom } from '../../support/random'
import { RecordingFile } from '../../support/recording-file'
import { count } from '../../support/tier'

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

/** The stamps that each sector may show at a time of the clock. */
function allowed(events: readonly Event[], time: number, start: Uint32Array): Set<number>[] {
  const values = Array.from({ length: SECTORS }, (_, i) => [{ request: 0, stamp: start[i] ?? 0 }])
  for (const event of events) {
    if (event.at > time) continue
    for (let i = event.first; i < event.first + event.sectors; i++) {
      const list = values[i] ?? []
      if (event.kind === 'asked') list.push({ request: event.request, stamp: event.stamp })
      else values[i] = list.filter(({ request }) => request >= event.request)
    }
  }
  return values.map((list) => new Set(list.map(({ stamp }) => stamp)))
}

const stampOf = (disk: Buffer, sector: number) => {
  const first = disk.readUInt32LE(512 * sector)
  for (let at = 0; at < 512; at += 128) if (disk.readUInt32LE(512 * sector + at) !== first) return -1
  return first
}

describe.skipIf(NO_QEMU_IMG)(`a crash${NO_QEMU_IMG ? ` (${NO_QEMU_IMG})` : ''}`, () => {
  it.each(KINDS)(
    'leaves an image without errors that holds what was flushed: $name',
    async ({ name, options, backing, snapshot }) => {
      const path = place.file(`${name}.qcow2`)
      if (backing) {
        const base = Buffer.alloc(SIZE)
        for (let i = 0; i < SECTORS; i++)
          for (let at = 0; at < 512; at += 128) base.writeUInt32LE(0x8000_0000 + i, 512 * i + at)
        writeFileSync(place.file(`${name}.base`), base)
        await qemuImg('create', '-f', 'qcow2', '-o', options, '-b', `${name}.base`, '-F', 'raw', path, String(SIZE))
      } else await qemuImg('create', '-f', 'qcow2', '-o', options, path, String(SIZE))
      if (snapshot) {
        // Sectors of equal words: a stamp like any other.
        await qemuIo(path, ['write -P 1 0 512k'])
        await qemuImg('snapshot', '-c', 'one', path)
        await qemuIo(path, ['write -P 2 64k 64k'])
      }
      const file = new RecordingFile(path, readFileSync(path))
      const openRecording: OpenFile = async (wanted, mode) => (wanted === path ? ok(file) : openNodeFile(wanted, mode))
      const image = value(await openImage(path, { format: 'qcow2', readonly: false }, openRecording))
      const before = await readAll(image)
      const start = new Uint32Array(SECTORS).map((_, i) => stampOf(before, i))
      const events = await trace(image, file, count(200, 2000), 11)

      const random = randomFrom(5)
      // In the slice half of the moments are of the first records, where the tables begin to grow.
      const moments = count(10, file.records.length)
      for (let i = 0; i < moments; i++) {
        const moment = moments === file.records.length ? i : random(i % 2 ? 40 : file.records.length + 1)
        const often = random(3)
        const disk = file.crashed(moment, () => (often === 0 ? false : often === 1 ? random(2) === 0 : random(8) !== 0))
        writeFileSync(path, disk)
        const found = await qemuCheck(path)
        if (found !== 'clean' && found !== 'leaks') throw new Error(`moment ${moment}: ${found}`)
        const left = new RecordingFile(path, disk)
        const openLeft: OpenFile = async (wanted, mode) => (wanted === path ? ok(left) : openNodeFile(wanted, mode))
        const opened = value(await openImage(path, { format: 'qcow2', readonly: true }, openLeft))
        const bytes = await readAll(opened)
        value(await opened.close())
        const may = allowed(events, file.timeOf(moment), start)
        const wrong = may.flatMap((set, sector) => {
          const stamp = stampOf(bytes, sector)
          return set.has(stamp) ? [] : [`sector ${sector} shows ${stamp}, allowed ${[...set].join(' ')}`]
        })
        expect(wrong.slice(0, 5), `moment ${moment} of ${file.records.length}`).toEqual([])
      }
    },
    count(120_000, 7_200_000),
  )
})
