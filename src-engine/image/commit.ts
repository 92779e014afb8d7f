// Puts what an overlay holds into its backing file, so that the backing file alone reads as the overlay did. The overlay is not
// changed: called off or cut off in the middle, the two together still read as before, and the work may be done again.
// Invariant: when it has answered well everything is on the disk. Nobody else has either open, and nobody else stands on the
// backing file. Runs in: the image's thread.
import type { ImageFormat } from '../public/protocol/device'
import { ok } from '../public/result'
import { fail, type ImageResult } from './error'
import { openNodeFile } from './node-file'
import { openImage, openQcow2 } from './open'
import { OrderedImage } from './ordered-image'
import { Qcow2Format } from './qcow2/qcow2'
import { Reachable } from './reachable'

export interface CommitOptions {
  readonly into: string
  readonly intoFormat: ImageFormat
  /** Files outside the overlay's folder that it stands on. */
  readonly allowed: readonly string[]
  readonly progress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

const CHUNK = 1024 * 1024

export async function commitImage(path: string, options: CommitOptions): Promise<ImageResult<void>> {
  const { into, intoFormat: format, allowed } = options
  const reachable = await Reachable.from(path, allowed)
  if (!reachable.ok) return reachable
  const file = await openNodeFile(path, 'read')
  if (!file.ok) return file
  const state = await openQcow2(file.value, { format: 'qcow2', readonly: true, allowed }, reachable.value, openNodeFile)
  if (!state.ok) {
    await file.value.close()
    return state
  }
  const own = new Qcow2Format(state.value, true)
  const overlay = new OrderedImage(own, path, true)
  const target = await openImage(into, { format, readonly: false, allowed })
  if (!target.ok) {
    await overlay.close()
    return target
  }
  let done: ImageResult<void> = target.value.size < overlay.size ? await target.value.resize(overlay.size) : ok(undefined)
  for (let at = 0; at < overlay.size && done.ok; ) {
    const found = await own.ownMapping(at, Math.min(CHUNK, overlay.size - at))
    if (!found.ok) {
      done = found
      break
    }
    const { own: mine, length } = found.value
    if (options.signal?.aborted) done = fail('cancelled', `The merge of ${path} was called off.`)
    else if (mine) {
      const bytes = new Uint8Array(length)
      const read = await overlay.read(at, bytes)
      done = read.ok ? await target.value.write(at, bytes) : read
    }
    at += length
    options.progress?.(at, overlay.size)
  }
  await overlay.close()
  const closed = await target.value.close()
  return done.ok ? closed : done
}
