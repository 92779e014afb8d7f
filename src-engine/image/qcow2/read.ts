// Reading: each run from where it is mapped, the runs of one request side by side.
// Invariant: a read holds an epoch from the look at the tables to its end, so that no cluster it reads is used anew meanwhile.
// Runs in: the image's thread.
import { err, ok, type Result } from '../../public/result'
import { fail, type ImageResult } from '../error'
import { cut, fillZero, lengthOf, scatter, type ViewList } from '../views'
import { decompressCluster } from './decompress'
import { compressedAt } from './entry'
import { corrupt, locate, type Mapping } from './mapping'
import type { State } from './state'

/** Pieces of one request in flight at once. */
const SIDE_BY_SIDE = 64

export async function readGuest(state: State, offset: number, targets: ViewList): Promise<ImageResult<void>> {
  const epoch = state.epochs.enter()
  const total = lengthOf(targets)
  let first: ImageResult<void> = ok(undefined)
  let parts: Promise<ImageResult<void>>[] = []
  const settle = async () => {
    for (const done of await Promise.all(parts)) if (!done.ok && first.ok) first = done
    parts = []
  }
  for (let at = 0; at < total && first.ok; ) {
    let mapping = locate(state, offset + at, total - at)
    if (mapping instanceof Promise) {
      const loaded = await mapping
      if (!loaded.ok) {
        first = loaded
        break
      }
      mapping = loaded.value
    }
    const views = at === 0 && mapping.length === total ? targets : cut(targets, at, mapping.length)
    const part = readMapped(state, offset + at, mapping, views)
    if (part) parts.push(part)
    at += mapping.length
    if (parts.length >= SIDE_BY_SIDE) await settle()
  }
  await settle()
  state.epochs.leave(epoch)
  return first
}

function readMapped(state: State, offset: number, mapping: Mapping, views: ViewList): Promise<ImageResult<void>> | undefined {
  switch (mapping.kind) {
    case 'data':
      return state.data.read(mapping.host, views)
    case 'zero':
      fillZero(views)
      return undefined
    case 'unallocated':
      return readBacking(state, offset, views)
    case 'compressed':
      return readCompressed(state, offset, mapping, views)
    case 'corrupt':
      return Promise.resolve(corrupt(state, offset))
  }
}

function readBacking(state: State, offset: number, views: ViewList): Promise<ImageResult<void>> | undefined {
  const length = lengthOf(views)
  const there = Math.min(Math.max(state.backingSize - offset, 0), length)
  if (there < length) fillZero(cut(views, there, length - there))
  if (there === 0 || !state.backing) return undefined
  return state.backing.read(offset, cut(views, 0, there))
}

async function readCompressed(
  state: State,
  offset: number,
  mapping: Mapping & { kind: 'compressed' },
  views: ViewList,
): Promise<ImageResult<void>> {
  const unpacked = await state.decompressed.get(mapping.high, mapping.low, () => unpack(state, mapping.high, mapping.low))
  if (!unpacked.ok) {
    return fail('corrupt', `${state.file.path} has a damaged compressed cluster at ${offset}: ${unpacked.error}.`)
  }
  scatter(unpacked.value.subarray(mapping.at, mapping.at + mapping.length), views)
  return ok(undefined)
}

async function unpack(state: State, high: number, low: number): Promise<Result<Uint8Array, string>> {
  const { header, file } = state
  const { host, length } = compressedAt(high, low, header.clusterBits)
  if (host >= file.size) return err('it lies beyond the end of the file')
  const bytes = new Uint8Array(Math.min(length, file.size - host))
  const read = await file.read(host, [bytes])
  if (!read.ok) {
    state.decompressed.clear()
    return err(read.error.message)
  }
  return decompressCluster(header.compression, bytes, header.clusterSize)
}
