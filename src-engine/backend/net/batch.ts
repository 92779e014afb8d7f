// What pump and service of a network interface tell each other: frames, several in one record, and how many bytes of them the other
// has done with. Both directions are alike. A record that makes no sense ends the link.
// Record: kind u8 @0, pad, count u16 @2, bytes u32 @4 (TAKEN: bytes done with). FRAMES: then `count` frames, each a header (length u32
// @0, flags u8 @4, pad, GSO size u16 @6) and its bytes, padded to 4. Little-endian. Runs in: anything.
import { toKeep } from '../../lib/bytes'
import { type Frame, SUPER_FRAME_MOST } from '../../net/switch/frame'

export const KIND = { FRAMES: 1, TAKEN: 2 } as const
export const RECORD_HEADER = 8
export const FRAME_HEADER = 8
/** Frames are put into one record up to this; one frame may be a little longer. */
export const RECORD_BYTES = 64 * 1024
/** Bytes of frames on the way that the other side has not reported as done with, headers included. */
export const NET_WINDOW = 1024 * 1024
/**
 * Frames done with are reported when they are this many bytes, or with frames that go anyway: a report for each would wake the other
 * process once more for each packet. Well below the window, so that nobody waits for one that does not come.
 */
export const REPORT_BYTES = NET_WINDOW / 4
const BLANK = 1
const VALIDATED = 2

/** What a frame costs in a record. */
export function frameCost(length: number): number {
  return FRAME_HEADER + ((length + 3) & ~3)
}

/** Collects frames into records. */
export class FrameWriter {
  count = 0
  private parts: Uint8Array[] = []
  private bytes = 0

  /** What the record would cost with one more frame of that length. */
  fits(length: number): boolean {
    return this.count === 0 || this.bytes + frameCost(length) <= RECORD_BYTES
  }

  add(frame: Frame): void {
    const header = new Uint8Array(FRAME_HEADER)
    const view = new DataView(header.buffer)
    view.setUint32(0, frame.bytes.length, true)
    view.setUint8(4, frame.checksum === 'blank' ? BLANK : frame.checksum === 'validated' ? VALIDATED : 0)
    view.setUint16(6, frame.gsoSize, true)
    this.parts.push(header, frame.bytes)
    const padding = -frame.bytes.length & 3
    if (padding > 0) this.parts.push(PADDING.subarray(0, padding))
    this.bytes += frameCost(frame.bytes.length)
    this.count++
  }

  /** The record in parts, and what it costs; the writer is empty then. */
  take(): { parts: Uint8Array[]; bytes: number } {
    const head = new Uint8Array(RECORD_HEADER)
    const view = new DataView(head.buffer)
    view.setUint8(0, KIND.FRAMES)
    view.setUint16(2, this.count, true)
    view.setUint32(4, this.bytes, true)
    const taken = { parts: [head, ...this.parts], bytes: this.bytes }
    this.parts = []
    this.bytes = 0
    this.count = 0
    return taken
  }
}

const PADDING = new Uint8Array(3)

export function takenRecord(bytes: number): Uint8Array {
  const record = new Uint8Array(RECORD_HEADER)
  const view = new DataView(record.buffer)
  view.setUint8(0, KIND.TAKEN)
  view.setUint32(4, bytes, true)
  return record
}

export type NetRecord =
  | { readonly kind: 'frames'; readonly frames: readonly Frame[]; readonly bytes: number }
  | { readonly kind: 'taken'; readonly bytes: number }

/** A record, or what is wrong with it. Its frames are parts of the body, unless that would keep much more than it. */
export function readRecord(body: Uint8Array, view: DataView): NetRecord | string {
  if (body.length < RECORD_HEADER) return 'record cut off'
  const bytes = view.getUint32(4, true)
  switch (view.getUint8(0)) {
    case KIND.TAKEN:
      return body.length === RECORD_HEADER ? { kind: 'taken', bytes } : 'record of a wrong size'
    case KIND.FRAMES:
      break
    default:
      return 'record of an unknown kind'
  }
  const count = view.getUint16(2, true)
  if (count === 0 || body.length !== RECORD_HEADER + bytes) return 'record of a wrong size'
  const own = toKeep(body)
  const frames: Frame[] = []
  let at = RECORD_HEADER
  for (let i = 0; i < count; i++) {
    if (at + FRAME_HEADER > own.length) return 'frame cut off'
    const length = view.getUint32(at, true)
    const flags = view.getUint8(at + 4)
    const start = at + FRAME_HEADER
    if (length > SUPER_FRAME_MOST || start + length > own.length) return 'frame cut off'
    frames.push({
      bytes: own.subarray(start, start + length),
      checksum: flags & BLANK ? 'blank' : flags & VALIDATED ? 'validated' : 'complete',
      gsoSize: view.getUint16(at + 6, true),
    })
    at += frameCost(length)
  }
  return at === own.length ? { kind: 'frames', frames, bytes } : 'frames do not fill their record'
}
