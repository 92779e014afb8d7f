// What a qcow2 image claims of itself does not decide how much memory or how many reads its check takes: snapshots that share their
// tables, tables of bitmaps as large as a sparse file, L1 tables without end, refcount blocks of many places, leaks one by one, clusters
// far from each other. Runs in: vitest, plain Node.
import { readFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { createImage } from '../../../src-engine/image/create-image'
import type { ImageResult } from '../../../src-engine/image/error'
import { openImage } from '../../../src-engine/image/open'
import { type Comparison, compareRefcounts } from '../../../src-engine/image/qcow2/check'
import { readHeader } from '../../../src-engine/image/qcow2/header'
import type { ViewList } from '../../../src-engine/image/views'
import { pattern, value } from '../../support/image-work'
import { scratch } from '../../support/qemu-img'
import { RecordingFile } from '../../support/recording-file'

const CLUSTER = 4096
const GIB = 1024 ** 3
const place = scratch()
let made = 0
afterAll(place.remove)

/** A file that is longer than what is in it, and tells what was read. */
class SparseFile extends RecordingFile {
  claimed = 0
  largest = 0
  readonly reads = new Map<number, number>()

  override get size(): number {
    return Math.max(super.size, this.claimed)
  }

  override read(offset: number, targets: ViewList): Promise<ImageResult<void>> {
    for (const target of targets) this.largest = Math.max(this.largest, target.byteLength)
    this.reads.set(offset, (this.reads.get(offset) ?? 0) + 1)
    return super.read(offset, targets)
  }
}

/** An image with some data in it, changed, with `more` behind it, which begins at a cluster. */
async function image(change: (bytes: Buffer, end: number) => Buffer): Promise<SparseFile> {
  const path = place.file(`bounds-${made++}.qcow2`)
  value(await createImage(path, { format: 'qcow2', size: 8 * 1024 * 1024, clusterSize: CLUSTER }))
  const opened = value(await openImage(path, { format: 'qcow2', readonly: false }))
  value(await opened.write(0, pattern(5 * CLUSTER, 1)))
  value(await opened.close())
  const bytes = readFileSync(path)
  const end = Math.ceil(bytes.length / CLUSTER) * CLUSTER
  const more = change(bytes, end)
  return new SparseFile(path, Buffer.concat([bytes, Buffer.alloc(end - bytes.length), more]))
}

async function check(file: SparseFile): Promise<ImageResult<Comparison>> {
  return compareRefcounts(file, value(await readHeader(file)))
}

/** A table of snapshots, each with its L1 table there and that long. */
function snapshots(
  bytes: Buffer,
  end: number,
  l1: (snapshot: number) => readonly [offset: number, size: number],
  count: number,
): Buffer {
  bytes.writeUInt32BE(count, 60)
  bytes.writeBigUInt64BE(BigInt(end), 64)
  const table = Buffer.alloc(40 * count)
  for (let i = 0; i < count; i++) {
    const [offset, size] = l1(i)
    table.writeBigUInt64BE(BigInt(offset), 40 * i)
    table.writeUInt32BE(size, 40 * i + 8)
  }
  return table
}

function bitmap(bytes: Buffer, end: number, entries: number): Buffer {
  const header = bytes.readUInt32BE(100)
  bytes.writeBigUInt64BE(1n, 88)
  bytes.fill(0, header, header + 40)
  bytes.writeUInt32BE(0x23852875, header)
  bytes.writeUInt32BE(24, header + 4)
  bytes.writeUInt32BE(1, header + 8)
  bytes.writeBigUInt64BE(24n, header + 16)
  bytes.writeBigUInt64BE(BigInt(end), header + 24)
  const row = Buffer.alloc(CLUSTER)
  row.writeBigUInt64BE(BigInt(end + CLUSTER), 0)
  row.writeUInt32BE(entries, 8)
  return row
}

it('thousands of snapshots with one L1 table: each table is read once, and counted as often as it is referred to', async () => {
  let l2 = 0
  const file = await image((bytes, end) => {
    const l1 = Number(bytes.readBigUInt64BE(40))
    l2 = Number(bytes.readBigUInt64BE(l1) & 0x00ff_ffff_ffff_fe00n)
    return snapshots(bytes, end, () => [l1, bytes.readUInt32BE(36)], 5000)
  })
  file.reads.clear()
  const { report } = value(await check(file))
  expect(file.reads.get(l2)).toBe(1)
  const first = l2 / CLUSTER
  expect(report.errors).toContain(`cluster ${first} is counted 1 times but used 5001 times`)
  // The L1 table, the L2 table, five data clusters, and those of the snapshot table.
  expect(report.errors.filter((text) => text.includes('used 5001 times'))).toHaveLength(7)
})

it('a refcount block that the whole table refers to is read once, and is an error', async () => {
  let block = 0n
  const file = await image((bytes) => {
    const table = Number(bytes.readBigUInt64BE(48))
    block = bytes.readBigUInt64BE(table)
    for (let at = 8; at < CLUSTER; at += 8) bytes.writeBigUInt64BE(block, table + at)
    return Buffer.alloc(0)
  })
  file.reads.clear()
  const { report, rebuild } = value(await check(file))
  expect(file.reads.get(Number(block))).toBe(1)
  expect(report.errors).toContain('the refcount block of clusters 2048 on is that of others too')
  expect(rebuild).toBe(true)
})

it('leaks one by one are counted, and only so many are kept: with more all counts are made anew', async () => {
  const blocks = 120
  const file = await image((bytes, end) => {
    const table = Number(bytes.readBigUInt64BE(48))
    for (let i = 0; i < blocks; i++) bytes.writeBigUInt64BE(BigInt(end + i * CLUSTER), table + 8 * (i + 1))
    const more = Buffer.alloc(blocks * CLUSTER)
    for (let at = 0; at < more.length; at += 4) more.writeUInt16BE(1, at)
    return more
  })
  const { report, leaked, rebuild } = value(await check(file))
  expect(report.leaks).toBeGreaterThan(blocks * 1000)
  expect([leaked.length, rebuild]).toEqual([100_000, true])
})

it('clusters so far from each other that counting them takes more than any image does are too much', async () => {
  const apart = 4096 * CLUSTER
  const tables = 70
  const file = await image((bytes, end) => {
    bytes.writeUInt32BE(tables, 36)
    bytes.writeBigUInt64BE(BigInt(end), 40)
    const more = Buffer.alloc((1 + tables) * CLUSTER)
    for (let i = 0; i < tables; i++) {
      more.writeBigUInt64BE(BigInt(end + (i + 1) * CLUSTER), 8 * i)
      for (let at = 0; at < CLUSTER; at += 8) {
        more.writeBigUInt64BE(BigInt((i * 512 + at / 8) * apart + 64 * CLUSTER), (i + 1) * CLUSTER + at)
      }
    }
    return more
  })
  file.claimed = tables * 512 * apart
  expect(await check(file)).toMatchObject({ ok: false, error: { code: 'unsupported' } })
})

it('L1 tables that are longer together than any image has are too much', async () => {
  const file = await image((bytes, end) => snapshots(bytes, end, (i) => [0, 2 ** 22 - i], 65))
  file.claimed = GIB
  expect(await check(file)).toMatchObject({
    ok: false,
    error: { code: 'unsupported', message: expect.stringContaining('too large') },
  })
})

it('a bitmap whose table is as long as a sparse file takes no memory for it', async () => {
  const file = await image((bytes, end) => bitmap(bytes, end, 2 ** 25))
  file.claimed = GIB
  const { report } = value(await check(file))
  expect(report.errors).toContain('a bitmap is larger than one can be')
  expect(file.largest).toBeLessThan(64 * 1024)
})

it('the largest bitmap that there can be is read in pieces, and its clusters are counted', async () => {
  const entries = (512 * 1024 * 1024) / CLUSTER
  const file = await image((bytes, end) => Buffer.concat([bitmap(bytes, end, entries), Buffer.alloc(8 * entries)]))
  const before = value(await check(file))
  expect(before.report.errors.filter((text) => text.includes('bitmap'))).toEqual([])
  expect(file.largest).toBeLessThan(64 * 1024)
  const last = file.size - 8
  const entry = Buffer.alloc(8)
  entry.writeBigUInt64BE(BigInt(CLUSTER))
  value(await file.write(last, [entry]))
  const used = Number(
    /cluster 1 is counted (\d+) times but used (\d+) times/.exec(value(await check(file)).report.errors.join('\n'))?.[2],
  )
  expect(used).toBe(2)
})

it('bitmaps that lie on each other are too much together', async () => {
  const file = await image((bytes, end) => {
    const row = bitmap(bytes, end, 2 ** 17).subarray(0, 24)
    const rows = Buffer.concat(Array.from({ length: 1025 }, () => row))
    const header = bytes.readUInt32BE(100)
    bytes.writeBigUInt64BE(BigInt(rows.length), header + 16)
    return rows
  })
  file.claimed = GIB
  expect(await check(file)).toMatchObject({ ok: false, error: { code: 'unsupported' } })
})
