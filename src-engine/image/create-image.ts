// Makes a new image file: raw or qcow2. A file that is there already is never touched; one that could not be finished is
// removed. Runs in: the image's thread.
import { unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../lib/sync-folder'
import type { ImageFormat } from '../public/protocol/device'
import { ok } from '../public/result'
import { fail, type ImageResult } from './error'
import type { File, OpenFile } from './file'
import { openNodeFile } from './node-file'
import { openImage, openQcow2 } from './open'
import { OrderedImage } from './ordered-image'
import { reserveRoom } from './punch'
import { createQcow2 } from './qcow2/create'
import { preallocateQcow2 } from './qcow2/preallocate'
import { Qcow2Format } from './qcow2/qcow2'
import { RawFormat } from './raw'
import { Reachable } from './reachable'
import { zeroViews } from './views'

export interface NewImage {
  readonly format: 'raw' | 'qcow2'
  /** Bytes, whole sectors. Left out with a backing file: that file's size. */
  readonly size?: number
  readonly clusterSize?: number
  readonly refcountBits?: number
  /** `name` as it will stand in the image: relative to the image's folder. */
  readonly backing?: { readonly name: string; readonly format: ImageFormat }
  /** Files outside the image's folder that the backing file may be or refer to. */
  readonly allowed?: readonly string[]
  /** `metadata`: all clusters mapped; `falloc`: and their room on the host reserved. */
  readonly preallocation?: 'off' | 'metadata' | 'falloc'
}

const CLUSTER = 65536
const ZERO_CHUNK = 1024 * 1024

export async function createImage(
  path: string,
  options: NewImage,
  openFile: OpenFile = openNodeFile,
): Promise<ImageResult<void>> {
  const file = await openFile(path, 'create')
  if (!file.ok) return file
  const done = await fillNew(file.value, path, options, openFile)
  const closed = await file.value.close()
  if (done.ok && closed.ok) {
    await syncFolder(dirname(path))
    return ok(undefined)
  }
  await unlink(path).catch(() => {})
  return done.ok ? closed : done
}

async function fillNew(file: File, path: string, options: NewImage, openFile: OpenFile): Promise<ImageResult<void>> {
  const size = await sizeOf(path, options, openFile)
  if (!size.ok) return size
  if (!Number.isSafeInteger(size.value) || size.value < 0 || size.value % 512 !== 0) {
    return fail('range', `${size.value} bytes is no size for a disk: it must be a multiple of 512.`)
  }
  const room = options.preallocation ?? 'off'
  if (options.format === 'raw') {
    if (options.backing) return fail('unsupported', 'A raw image has no backing file.')
    const sized = await file.truncate(size.value)
    if (!sized.ok || room === 'off') return sized
    return reserve(file, new OrderedImage(new RawFormat(file), path, false))
  }
  if (options.backing && room !== 'off') return fail('unsupported', 'An image with a backing file is not preallocated.')
  const made = await createQcow2(file, {
    size: size.value,
    clusterSize: options.clusterSize ?? CLUSTER,
    refcountBits: options.refcountBits ?? 16,
    ...(options.backing ? { backing: options.backing } : {}),
  })
  if (!made.ok || room === 'off') return made
  const reachable = await Reachable.from(path, [])
  if (!reachable.ok) return reachable
  const state = await openQcow2(file, { format: 'qcow2', readonly: false }, reachable.value, openNodeFile)
  if (!state.ok) return state
  const mapped = await preallocateQcow2(state.value)
  if (!mapped.ok) return mapped
  const image = new OrderedImage(new Qcow2Format(state.value, false), path, false)
  const reserved = room === 'falloc' ? await reserve(file, image) : ok(undefined)
  const closed = await image.close()
  return reserved.ok ? closed : reserved
}

/** The host's own way, or zeroes written. */
async function reserve(file: File, image: OrderedImage): Promise<ImageResult<void>> {
  if (file.descriptor !== undefined && (await reserveRoom(file.descriptor, file.size))) return file.sync()
  for (let at = 0; at < image.size; at += ZERO_CHUNK) {
    const done = await image.write(at, zeroViews(Math.min(ZERO_CHUNK, image.size - at)))
    if (!done.ok) return done
  }
  return image.flush()
}

async function sizeOf(path: string, options: NewImage, openFile: OpenFile): Promise<ImageResult<number>> {
  const { backing } = options
  if (!backing) {
    return options.size === undefined ? fail('range', 'A new disk without a backing file needs a size.') : ok(options.size)
  }
  const reachable = await Reachable.from(path, options.allowed ?? [])
  if (!reachable.ok) return reachable
  const found = await reachable.value.find(backing.name)
  if (!found.ok) return found
  const allowed = [...(options.allowed ?? []), found.value]
  const opened = await openImage(found.value, { format: backing.format, readonly: true, allowed }, openFile)
  if (!opened.ok) return opened
  const { size } = opened.value
  await opened.value.close()
  return ok(options.size ?? size)
}
