// Which blocks a file of ext2, ext3 or ext4 has: by its tree of extents, or by the older lists of blocks.
// Invariant: each level of a tree is one lower than the one above, so it ends; logical blocks only go up; what is beyond the file's size
// is not followed; no more runs than MOST are kept. Spec: Linux Documentation/filesystems/ext4/dynamic.rst. Runs in: the image process.
import { ok } from '../../public/result'
import type { ImageResult } from '../error'
import { viewOf } from '../views'
import type { DiskReader } from './disk-reader'

/** Blocks that follow each other in the file and on the disk. */
export interface Run {
  readonly logical: number
  /** Undefined: they were never written, and read as zeroes. */
  readonly physical: number | undefined
  readonly count: number
}

export interface MapSource {
  readonly disk: DiskReader
  readonly blockSize: number
  /** The bytes of a block of the file system. */
  block(number: number): Promise<ImageResult<Uint8Array>>
}

const MOST_RUNS = 262_144
const EXTENT_MAGIC = 0xf30a
const MOST_DEPTH = 5
/** An extent that is longer than this was set aside and not yet written. */
const WRITTEN_MOST = 32_768
const DIRECT = 12

/** `map` is the inode's 60 bytes; `blocks` is how many blocks its size makes. */
export async function runsOf(
  source: MapSource,
  map: Uint8Array,
  usesExtents: boolean,
  blocks: number,
): Promise<ImageResult<readonly Run[]>> {
  const runs = new Runs(source, blocks)
  const read = usesExtents ? await extents(source, map, runs, undefined) : await blockMap(source, map, runs)
  if (!read.ok) return read
  if (runs.all.length >= MOST_RUNS) return source.disk.damaged()
  return ok(runs.all)
}

async function blockMap(source: MapSource, map: Uint8Array, runs: Runs): Promise<ImageResult<void>> {
  const view = viewOf(map)
  for (let index = 0; index < DIRECT; index++) runs.addBlock(view.getUint32(4 * index, true))
  for (let level = 1; level <= 3 && !runs.full; level++) {
    const done = await blockList(source, view.getUint32(4 * (DIRECT + level - 1), true), level, runs)
    if (!done.ok) return done
  }
  return ok(undefined)
}

class Runs {
  readonly all: Run[] = []
  private next = 0
  private readonly source: MapSource
  private readonly blocks: number

  constructor(source: MapSource, blocks: number) {
    this.source = source
    this.blocks = blocks
  }

  get full(): boolean {
    return this.next >= this.blocks || this.all.length >= MOST_RUNS
  }

  /** The next block of an old list; 0 is a hole. */
  addBlock(physical: number): void {
    if (this.full) return
    this.append(this.next, physical === 0 ? undefined : physical, 1)
  }

  skip(count: number): void {
    this.next += count
  }

  add(logical: number, physical: number | undefined, count: number): ImageResult<void> {
    if (logical < this.next) return this.source.disk.damaged()
    if (logical >= this.blocks) return ok(undefined)
    this.append(logical, physical, Math.min(count, this.blocks - logical))
    return ok(undefined)
  }

  private append(logical: number, physical: number | undefined, count: number): void {
    const last = this.all.at(-1)
    const joins =
      last !== undefined &&
      last.logical + last.count === logical &&
      (physical === undefined
        ? last.physical === undefined
        : last.physical !== undefined && last.physical + last.count === physical)
    if (joins) this.all[this.all.length - 1] = { ...last, count: last.count + count }
    else this.all.push({ logical, physical, count })
    this.next = logical + count
  }
}

async function extents(
  source: MapSource,
  bytes: Uint8Array,
  runs: Runs,
  depthWanted: number | undefined,
): Promise<ImageResult<void>> {
  const view = viewOf(bytes)
  const [magic, entries, depth] = [view.getUint16(0, true), view.getUint16(2, true), view.getUint16(6, true)]
  const sound = magic === EXTENT_MAGIC && 12 + 12 * entries <= bytes.length && depth <= (depthWanted ?? MOST_DEPTH)
  if (!sound || (depthWanted !== undefined && depth !== depthWanted)) {
    return source.disk.damaged()
  }
  for (let at = 12; at < 12 + 12 * entries && !runs.full; at += 12) {
    const logical = view.getUint32(at, true)
    if (depth === 0) {
      const length = view.getUint16(at + 4, true)
      const physical = view.getUint16(at + 6, true) * 0x1_0000_0000 + view.getUint32(at + 8, true)
      const isWritten = length <= WRITTEN_MOST
      const added = runs.add(logical, isWritten ? physical : undefined, isWritten ? length : length - WRITTEN_MOST)
      if (!added.ok) return added
      continue
    }
    const below = await source.block(view.getUint16(at + 8, true) * 0x1_0000_0000 + view.getUint32(at + 4, true))
    if (!below.ok) return below
    const done = await extents(source, below.value, runs, depth - 1)
    if (!done.ok) return done
  }
  return ok(undefined)
}

/** A block full of numbers of blocks, or of such blocks. */
async function blockList(source: MapSource, number: number, level: number, runs: Runs): Promise<ImageResult<void>> {
  const perBlock = source.blockSize / 4
  if (number === 0) {
    runs.skip(perBlock ** level)
    return ok(undefined)
  }
  const bytes = await source.block(number)
  if (!bytes.ok) return bytes
  const view = viewOf(bytes.value)
  for (let index = 0; index < perBlock && !runs.full; index++) {
    const entry = view.getUint32(4 * index, true)
    if (level === 1) {
      runs.addBlock(entry)
      continue
    }
    const done = await blockList(source, entry, level - 1, runs)
    if (!done.ok) return done
  }
  return ok(undefined)
}
