// Gives a qcow2 image another backing file, or none. Safe: whatever the image takes from the old one and the new one has
// differently is copied into it first, so the disk reads as before. Unsafe: only the header is changed, for a backing file
// that was moved. Invariant: copies are synced before the header changes. Runs in: the image's thread, nobody else writing.
import type { ImageFormat } from '../public/protocol/device'
import { ok } from '../public/result'
import { fail, type ImageResult } from './error'
import type { File, OpenFile } from './file'
import type { Allocated, Image } from './image'
import { openNodeFile } from './node-file'
import { openImage, openQcow2 } from './open'
import { OrderedImage } from './ordered-image'
import { encodeNames } from './qcow2/create'
import { readHeader } from './qcow2/header'
import { Qcow2Format } from './qcow2/qcow2'
import { Reachable } from './reachable'

export interface RebaseOptions {
  /** Name as it will stand in the image; left out, the image stands alone afterwards. */
  readonly backing?: { readonly name: string; readonly format: ImageFormat }
  readonly mode: 'safe' | 'unsafe'
  readonly allowed?: readonly string[]
  /** Format of the old backing file, where the image does not tell. */
  readonly backingFormat?: ImageFormat
  readonly progress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
  readonly openFile?: OpenFile
}

const CHUNK = 1024 * 1024

export async function rebaseImage(path: string, options: RebaseOptions): Promise<ImageResult<void>> {
  const reachable = await Reachable.from(path, options.allowed ?? [])
  if (!reachable.ok) return reachable
  const openFile = options.openFile ?? openNodeFile
  let below: Image | undefined
  if (options.backing) {
    const found = await reachable.value.find(options.backing.name)
    if (!found.ok) return found
    if (options.mode === 'safe') {
      const allowed = [...(options.allowed ?? []), found.value]
      const opened = await openImage(found.value, { format: options.backing.format, readonly: true, allowed }, openFile)
      if (!opened.ok) return opened
      below = opened.value
    }
  }
  const copied = options.mode === 'safe' ? await copyDifferences(path, reachable.value, below, options) : ok(undefined)
  await below?.close()
  if (!copied.ok) return copied
  const file = await openFile(path, 'write')
  if (!file.ok) return file
  const named = await rename(file.value, options.backing)
  await file.value.close()
  return named
}

async function copyDifferences(
  path: string,
  reachable: Reachable,
  below: Image | undefined,
  options: RebaseOptions,
): Promise<ImageResult<void>> {
  const openFile = options.openFile ?? openNodeFile
  const file = await openFile(path, 'write')
  if (!file.ok) return file
  const { allowed, backingFormat } = options
  const open = {
    format: 'qcow2',
    readonly: false,
    ...(allowed ? { allowed } : {}),
    ...(backingFormat ? { backingFormat } : {}),
  } as const
  const state = await openQcow2(file.value, open, reachable, openFile)
  if (!state.ok) {
    await file.value.close()
    return state
  }
  const format = new Qcow2Format(state.value, false)
  const image = new OrderedImage(format, path, false)
  let done: ImageResult<void> = ok(undefined)
  for (let at = 0; at < image.size && done.ok; ) {
    const chunk = Math.max(CHUNK, image.granularity)
    const own = await format.ownMapping(at, image.size - at)
    if (!own.ok) done = own
    else {
      let { length } = own.value
      if (options.signal?.aborted) done = fail('cancelled', `The change of ${path} was called off.`)
      else if (!own.value.own) {
        const alike = await knownAlike(format, below, at, length)
        if (alike.ok && alike.value.alike) length = alike.value.length
        else if (!alike.ok) done = alike
        else {
          length = Math.min(alike.value.length, chunk)
          done = await copyDifferent(image, below, at, length)
        }
      }
      at += length
      options.progress?.(at, image.size)
    }
  }
  const closed = await image.close()
  return done.ok ? closed : done
}

/**
 * What is known of the bytes from `offset` on without reading them: that they are the same now and then, as both are zeroes or come from one
 * file below both, or that nothing is known.
 */
async function knownAlike(
  now: Qcow2Format,
  then: Image | undefined,
  offset: number,
  length: number,
): Promise<ImageResult<{ readonly alike: boolean; readonly length: number }>> {
  const found = await now.allocation(offset, length)
  if (!found.ok) return found
  const there = Math.min(found.value.length, Math.max((then?.size ?? 0) - offset, 0))
  const below: ImageResult<Allocated> =
    then && there > 0 ? await then.allocation(offset, there) : ok({ kind: 'zero', length: found.value.length })
  if (!below.ok) return below
  const [a, b] = [found.value, below.value]
  const alike = a.kind === b.kind && (a.kind === 'zero' || (a.source !== undefined && a.source === b.source))
  return ok({ alike, length: b.length })
}

async function copyDifferent(
  image: Image,
  below: Image | undefined,
  offset: number,
  length: number,
): Promise<ImageResult<void>> {
  const now = Buffer.alloc(length)
  const then = Buffer.alloc(length)
  const read = await image.read(offset, now)
  if (!read.ok) return read
  const there = Math.min(length, Math.max((below?.size ?? 0) - offset, 0))
  if (below && there > 0) {
    const readThen = await below.read(offset, then.subarray(0, there))
    if (!readThen.ok) return readThen
  }
  const step = image.granularity
  for (let at = 0; at < length; ) {
    const end = Math.min(at + step - ((offset + at) % step), length)
    if (now.compare(then, at, end, at, end) !== 0) {
      const written = await image.write(offset + at, now.subarray(at, end))
      if (!written.ok) return written
    }
    at = end
  }
  return ok(undefined)
}

/** The header's cluster with other names, in one write. */
async function rename(file: File, backing: RebaseOptions['backing']): Promise<ImageResult<void>> {
  const header = await readHeader(file)
  if (!header.ok) return header
  const { clusterSize, headerLength, extensions } = header.value
  const bytes = new Uint8Array(clusterSize)
  const read = await file.read(0, [bytes])
  if (!read.ok) return read
  const named = encodeNames(bytes, headerLength, extensions, backing)
  if (!named.ok) return named
  const written = await file.write(0, [bytes])
  return written.ok ? file.sync() : written
}
