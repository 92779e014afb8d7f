// Buffers of a vectored request as one run of bytes: cut, filled, counted. Nothing is copied but where the name says so.
// Runs in: any thread.
import type { Views } from './image'

export type ViewList = readonly Uint8Array[]

const ZEROES = new Uint8Array(64 * 1024)

export function listOf(views: Views): ViewList {
  return views instanceof Uint8Array ? [views] : views
}

export function lengthOf(views: ViewList): number {
  let length = 0
  for (const view of views) length += view.length
  return length
}

/** The part of `length` bytes from byte `offset` on. */
export function cut(views: ViewList, offset: number, length: number): ViewList {
  const first = views[0]
  if (first !== undefined && offset + length <= first.length) {
    return offset === 0 && length === first.length ? [first] : [first.subarray(offset, offset + length)]
  }
  const parts: Uint8Array[] = []
  let at = 0
  let left = length
  for (const view of views) {
    if (left === 0) break
    const from = Math.max(offset - at, 0)
    at += view.length
    if (from >= view.length) continue
    const part = view.subarray(from, Math.min(view.length, from + left))
    parts.push(part)
    left -= part.length
  }
  return parts
}

export function fillZero(views: ViewList): void {
  for (const view of views) view.fill(0)
}

/** Copies from `source` into the views, as far as both go. */
export function scatter(source: Uint8Array, views: ViewList): void {
  let at = 0
  for (const view of views) {
    if (at >= source.length) return
    const part = source.subarray(at, at + view.length)
    view.set(part)
    at += part.length
  }
}

/** Views of a shared buffer of zeroes, together `length` bytes, to be written and never changed. */
export function zeroViews(length: number): ViewList {
  const views: Uint8Array[] = []
  for (let left = length; left > 0; left -= ZEROES.length) views.push(left >= ZEROES.length ? ZEROES : ZEROES.subarray(0, left))
  return views
}

export function isZero(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < buffer.length; at += ZEROES.length) {
    const end = Math.min(at + ZEROES.length, buffer.length)
    if (buffer.compare(ZEROES, 0, end - at, at, end) !== 0) return false
  }
  return true
}

/** A DataView over just these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A u64 below 2^53; larger ones come out as Infinity, so that every check of bounds refuses them. */
export function u64(view: DataView, at: number, littleEndian = false): number {
  const high = view.getUint32(littleEndian ? at + 4 : at, littleEndian)
  const low = view.getUint32(littleEndian ? at : at + 4, littleEndian)
  return high >= 0x20_0000 ? Number.POSITIVE_INFINITY : high * 0x1_0000_0000 + low
}

export function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / 0x1_0000_0000))
  view.setUint32(at + 4, value % 0x1_0000_0000)
}
