// Copies a disk from one image to another, leaving out what reads as zeroes; the target must be new.
// Invariant: under the target's name there is nothing or the whole copy, also when this process is killed: it grows under a hidden name
// beside it, which says whose it is.
// A few chunks are in flight at a time; between them the event loop has its turns. Runs in: the image's thread.
import { randomUUID } from 'node:crypto'
import { unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ok } from '../public/result'
import { unfinishedCopyName } from '../public/unfinished-copy'
import { createImage, type NewImage } from './create-image'
import { fail, type ImageResult } from './error'
import type { OpenFile } from './file'
import type { Image, OpenOptions } from './image'
import { openNodeFile } from './node-file'
import { openImage } from './open'
import { isZero } from './views'
import { isFree, nameIt } from './whole-file'

export interface ConvertOptions {
  readonly source: OpenOptions
  readonly target: Omit<NewImage, 'size' | 'backing' | 'allowed'>
  /** Told now and then: bytes of the disk that are done. */
  readonly progress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
  readonly openFile?: OpenFile
}

const CHUNK = 1024 * 1024
const IN_FLIGHT = 4

export async function convertImage(from: string, to: string, options: ConvertOptions): Promise<ImageResult<void>> {
  const openFile = options.openFile ?? openNodeFile
  const source = await openImage(from, { ...options.source, readonly: true }, openFile)
  if (!source.ok) return source
  const growing = join(dirname(to), unfinishedCopyName(process.pid, randomUUID()))
  const free = await isFree(to)
  const made = free.ok ? await createImage(growing, { ...options.target, size: source.value.size }, openFile) : free
  if (!made.ok) {
    await source.value.close()
    return made
  }
  const target = await openImage(growing, { format: options.target.format, readonly: false }, openFile)
  let done: ImageResult<void> = target.ok ? await copyDisk(source.value, target.value, options) : target
  if (target.ok) {
    const closed = await target.value.close()
    if (done.ok) done = closed
  }
  await source.value.close()
  if (done.ok) done = await nameIt(growing, to)
  if (!done.ok) await unlink(growing).catch(() => {})
  return done
}

async function copyDisk(source: Image, target: Image, options: ConvertOptions): Promise<ImageResult<void>> {
  const { size } = source
  // As fine as the target can leave something out, but not so fine that the copy falls into crumbs.
  const grain = Math.max(target.granularity, 4096)
  const chunk = Math.max(CHUNK, grain)
  let next = 0
  let failed: ImageResult<void> = ok(undefined)
  const worker = async (): Promise<void> => {
    const buffer = new Uint8Array(chunk)
    while (failed.ok && next < size) {
      const at = next
      next = Math.min(at + chunk, size)
      const bytes = buffer.subarray(0, next - at)
      const done = options.signal?.aborted
        ? fail('cancelled', `The copy of ${source.path} was called off.`)
        : await copyChunk(source, target, at, bytes, grain)
      if (!done.ok && failed.ok) failed = done
      options.progress?.(next, size)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
  return failed.ok ? target.flush() : failed
}

async function copyChunk(
  source: Image,
  target: Image,
  at: number,
  bytes: Uint8Array,
  grain: number,
): Promise<ImageResult<void>> {
  for (let done = 0; done < bytes.length; ) {
    const found = await source.allocation(at + done, bytes.length - done)
    if (!found.ok) return found
    const { length } = found.value
    if (found.value.kind === 'data') {
      const part = bytes.subarray(done, done + length)
      const read = await source.read(at + done, part)
      if (!read.ok) return read
      const written = await writeSparse(target, at + done, part, grain)
      if (!written.ok) return written
    }
    done += length
  }
  return ok(undefined)
}

/** Writes the grains that are not all zero, neighbours together. */
async function writeSparse(target: Image, offset: number, bytes: Uint8Array, grain: number): Promise<ImageResult<void>> {
  let from = 0
  let dirty = false
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(at + grain - ((offset + at) % grain), bytes.length)
    const zero = isZero(bytes.subarray(at, end))
    if (zero && dirty) {
      const done = await target.write(offset + from, bytes.subarray(from, at))
      if (!done.ok) return done
    }
    if (zero) dirty = false
    else if (!dirty) {
      dirty = true
      from = at
    }
    at = end
  }
  return dirty ? target.write(offset + from, bytes.subarray(from)) : ok(undefined)
}
