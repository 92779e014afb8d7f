// Reading ahead: a guest that reads in order is answered from what was asked before it did, and never gets what it has overwritten.
// The other side of each test is a model of the disk: a buffer.
import fs from 'node:fs'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import { KIND, readBatchHead } from '../../../../src-engine/backend/blk/batch'
import { ReadAhead } from '../../../../src-engine/backend/blk/read-ahead'
import { BlkRequest } from '../../../../src-engine/backend/blk/request'
import { BounceArea, BounceFile } from '../../../../src-engine/link/bounce-file'
import type { Disk } from '../../../../src-engine/public/protocol/device'
import { BLKIF_OP } from '../../../../src-engine/public/xen/io/blkif'
import { DATA, DiskScene, MIB, RING } from '../../../support/disk-scene'
import { randomFrom } from '../../../support/random'
import { count } from '../../../support/tier'
import { handleOf } from '../../../support/xenstore-script'

let scene: DiskScene
afterEach(() => scene?.close())

/** A disk of 4 MiB with other bytes in each sector, and the buffer it equals. */
async function diskOf(disk: Partial<Disk> = {}): Promise<Buffer> {
  scene = new DiskScene('x86_64-abi', [RING], disk)
  const model = Buffer.alloc(4 * MIB)
  const random = randomFrom(11)
  for (let at = 0; at < model.length; at += 4) model.writeUInt32LE(random(2 ** 31), at)
  fs.writeFileSync(scene.image, model)
  expect(await scene.domain()).toBe(undefined)
  await scene.connect()
  return model
}

const pagesFrom = (page: number, pages: number) => Array.from({ length: pages }, (_, i) => ({ page: page + i }))

function read(sector: number, page: number, pages: number): Promise<number> {
  // The list of segments has a page of its own, in front of the data.
  return scene.front.indirect(BLKIF_OP.BLKIF_OP_READ, sector, page, pagesFrom(page + 1, pages))
}

const got = (page: number, pages: number): Buffer =>
  Buffer.from(scene.plain.bytes.slice((page + 1) * 4096, (page + 1 + pages) * 4096))

async function requestsOfService(): Promise<number> {
  const counters = await scene.calls.call('deviceCounters', { handle: handleOf(1) })
  return counters.ok ? (counters.value.devices[0]?.readRequests ?? Number.NaN) : Number.NaN
}

it('a disk read from end to end costs domain 0 a fraction of the requests, and brings each byte', async () => {
  const model = await diskOf()
  for (let at = 0; at < 4 * MIB; at += 16 * 4096) {
    expect(await read(at / 512, DATA, 16)).toBe(0)
    expect(got(DATA, 16).equals(model.subarray(at, at + 16 * 4096)), `at ${at}`).toBe(true)
  }
  expect(await requestsOfService()).toBeLessThan(20)
  expect(scene.front.wrong).toEqual([])
})

it.each([
  ['of a removable drive', { removable: true }, (i: number) => i],
  ['in no order', {}, (i: number) => (i * 7) % 64],
])('%s nothing is read ahead', async (_name, disk, place) => {
  await diskOf(disk)
  for (let i = 0; i < 64; i++) expect(await read(place(i) * 128, DATA, 16)).toBe(0)
  expect(await requestsOfService()).toBe(64)
})

it('reads in order among writes, discards and deaths of domain 0 bring what was written last', async () => {
  const model = await diskOf()
  const random = randomFrom(12)
  let at = 0
  for (let turn = 0; turn < count(300, 6000); turn++) {
    const taken: [number, number][] = []
    const free = (first: number, sectors: number): boolean => {
      if (first + sectors > 8192 || taken.some(([from, to]) => first < to && from < first + sectors)) return false
      taken.push([first, first + sectors])
      return true
    }
    const jobs: Promise<void>[] = []
    const good = async (asked: Promise<number>, then = (): void => {}): Promise<void> => {
      expect(await asked).toBe(0)
      then()
    }
    if (random(20) === 0) at = 8 * random(1000)
    const reads = 1 + random(4)
    for (let i = 0; i < reads; i++) {
      const pages = 1 + random(24)
      const sector = at
      if (!free(sector, 8 * pages)) {
        at = 0
        break
      }
      at += 8 * pages
      const page = DATA + 32 * i
      const check = (): void => {
        const wanted = model.subarray(sector * 512, sector * 512 + pages * 4096)
        expect(got(page, pages).equals(wanted), `turn ${turn}, sector ${sector}`).toBe(true)
      }
      jobs.push(good(read(sector, page, pages), check))
    }
    // Somewhere near where it reads next.
    const changed = Math.max(0, at + 8 * (random(300) - 100))
    const what = random(3)
    if (what === 0 && free(changed, 16)) {
      for (const page of [DATA + 200, DATA + 201]) scene.fill(page, random(256))
      for (const [i, page] of [DATA + 200, DATA + 201].entries()) scene.page(page).copy(model, changed * 512 + 4096 * i)
      jobs.push(good(scene.front.write(changed, pagesFrom(DATA + 200, 2))))
    } else if (what === 1 && random(4) === 0 && free(changed, 2048)) {
      // What a discarded range reads as is the host's choice.
      const now = (): void => void scene.onDisk(changed * 512, MIB).copy(model, changed * 512)
      jobs.push(good(scene.front.discard(changed, 2048), now))
    }
    if (random(100) === 0) {
      await scene.kill()
      await scene.domain()
    }
    await Promise.all(jobs)
  }
  expect(scene.front.wrong).toEqual([])
  expect(scene.onDisk(0, 4 * MIB).equals(model)).toBe(true)
})

it('a chunk that could not be read gives its place back once: no two payloads ever share one', () => {
  const file = BounceFile.make('read-ahead-test', 4 * MIB)
  if (!file.ok) throw new Error(file.error)
  // Whatever becomes of the test, nothing of it stays in memory.
  file.value.unlink()
  onTestFinished(() => file.value.close())
  const area = new BounceArea(file.value)
  const asked: { tag: number; place: number; bytes: number }[] = []
  const waiting: BlkRequest[] = []
  let tags = 0
  const ahead = new ReadAhead(1_000_000, {
    tag: () => ++tags,
    serve: () => {},
    ask: (request) => waiting.push(request),
  })
  ahead.attach({
    wake() {},
    send: (message: Uint8Array) => {
      const head = readBatchHead(new DataView(message.buffer))
      expect(head.kind).toBe(KIND.READ)
      asked.push(head)
    },
    bounce: area,
  })
  const eight = Array.from({ length: 16 }, (_, i) => i)
  const readOf = (sector: number): BlkRequest =>
    new BlkRequest({
      does: BLKIF_OP.BLKIF_OP_READ,
      idLow: 0,
      idHigh: 0,
      sector,
      sectors: 0,
      refs: eight,
      first: eight.map(() => 0),
      last: eight.map(() => 7),
    })
  for (const sector of [0, 128, 256]) expect(ahead.take(readOf(sector))).toBe(false)
  ahead.fill(4 * MIB)
  expect(asked).toHaveLength(2)
  // One waits for the first chunk, which the host cannot read; the second comes, unwanted by then.
  expect(ahead.take(readOf(384))).toBe(true)
  for (const [i, { tag }] of asked.entries()) expect(ahead.answered(tag, i > 0)).toBe(true)
  expect(waiting).toHaveLength(1)
  expect(ahead.inFlight).toBe(0)
  const places: number[] = []
  for (let at = area.take(4096); at >= 0; at = area.take(4096)) places.push(at)
  expect(new Set(places).size).toBe(places.length)
  expect(places).toHaveLength((4 * MIB) / 4096)
})
