// Copies files of a disk into a new file, one behind the other at multiples of four bytes: ramdisks together as the kernel unpacks them.
// Runs in: the image process.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { File } from '../file'
import type { Image } from '../image'
import type { FileSystem, FoundNode } from './file-system'

export interface CopyOrder {
  readonly image: Image
  readonly system: FileSystem
  readonly nodes: readonly FoundNode[]
  readonly target: File
  readonly progress: (done: number) => void
  readonly signal?: AbortSignal
}

const CHUNK = 1024 * 1024
const SECTOR = 512
const ALIGNED = 4

export async function writePieces(order: CopyOrder): Promise<ImageResult<void>> {
  const { system, nodes, target, progress } = order
  let at = 0
  let done = 0
  for (const { node } of nodes) {
    const pieces = await system.pieces(node)
    if (!pieces.ok) return pieces
    at = Math.ceil(at / ALIGNED) * ALIGNED
    for (const { place, length } of pieces.value) {
      for (let within = 0; within < length; within += CHUNK) {
        const part = Math.min(CHUNK, length - within)
        const copied = await copyPart(order, place === undefined ? undefined : place + within, part, at + within)
        if (!copied.ok) return copied
        progress(done + within + part)
      }
      at += length
      done += length
    }
  }
  const padded = Math.ceil(at / ALIGNED) * ALIGNED
  return nodes.length > 1 && padded > at ? target.write(at, [new Uint8Array(padded - at)]) : ok(undefined)
}

/** Where a file has nothing it is written as zeroes. */
async function copyPart(
  { image, target, signal }: CopyOrder,
  place: number | undefined,
  length: number,
  to: number,
): Promise<ImageResult<void>> {
  if (signal?.aborted) return fail('cancelled', `Taking files out of ${image.path} was called off.`)
  const buffer = new Uint8Array(Math.ceil(length / SECTOR) * SECTOR)
  const read = place === undefined ? ok(undefined) : await image.read(place, buffer)
  return read.ok ? target.write(to, [buffer.subarray(0, length)]) : read
}
