// TCP segments in place and on their way out (RFC 9293 section 3.1), with the options we know: MSS, window scale (RFC 7323), and
// that selective acknowledgements are permitted (RFC 2018), which we send and do not read; others are skipped. Sequence numbers are
// unsigned and wrap: they are compared by their distance.
// Runs in: domain 0.

import { type Ipv4Packet, PROTOCOL_TCP } from '../ip/ipv4'
import { checksum, fold, pseudoSum } from '../switch/checksum'
import { get16, get32, set16, set32 } from '../switch/frame'
import type { SendQueue } from './send-queue'

export const FIN = 1
export const SYN = 2
export const RST = 4
export const PSH = 8
export const ACK = 16

export const TCP_HEADER = 20
/** RFC 9293 section 3.7.1, when the option is missing. */
export const DEFAULT_MSS = 536
const OPTION_END = 0
const OPTION_NOP = 1
const OPTION_MSS = 2
const OPTION_SCALE = 3
const OPTION_SACK_PERMITTED = 4
const OPTION_SACK = 5
/** As many as fit in a header. */
export const SACK_BLOCKS = 4
/** RFC 7323 section 2.3. */
const SCALE_MOST = 14

/** What came beyond a hole: from the first number to the one after the last. */
export interface SackBlock {
  readonly from: number
  readonly to: number
}

export interface Segment {
  readonly sequence: number
  readonly acknowledgement: number
  readonly flags: number
  /** As it stands in the header, not scaled. */
  readonly window: number
  /** A view of the packet. */
  readonly data: Uint8Array
  readonly mss: number | undefined
  readonly scale: number | undefined
  readonly sackPermitted?: boolean | undefined
}

export interface Ports {
  readonly source: number
  readonly target: number
}

/** a - b, as a signed distance. */
export function distance(a: number, b: number): number {
  return (a - b) | 0
}

export function plus(sequence: number, bytes: number): number {
  return (sequence + bytes) >>> 0
}

/** Sequence numbers a segment takes: its data, and one for each of SYN and FIN. */
export function segmentLength({ data, flags }: Segment): number {
  return data.length + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0)
}

export function tcpPorts(packet: Ipv4Packet): Ports {
  return { source: get16(packet.bytes, packet.at), target: get16(packet.bytes, packet.at + 2) }
}

/** Undefined: malformed, or damaged on the way. */
export function parseTcp(packet: Ipv4Packet): Segment | undefined {
  const { bytes, at, end, source, target } = packet
  if (end < at + TCP_HEADER) return undefined
  const data = at + ((bytes[at + 12] ?? 0) >> 4) * 4
  if (data < at + TCP_HEADER || data > end) return undefined
  if (!packet.trusted && checksum(bytes, at, end, pseudoSum(source, target, PROTOCOL_TCP, end - at)) !== 0) return undefined
  const flags = bytes[at + 13] ?? 0
  const options = flags & SYN ? synOptions(bytes, at + TCP_HEADER, data) : undefined
  return {
    sequence: get32(bytes, at + 4),
    acknowledgement: get32(bytes, at + 8),
    flags,
    window: get16(bytes, at + 14),
    data: bytes.subarray(data, end),
    mss: options?.mss,
    scale: options?.scale,
    sackPermitted: options?.sackPermitted,
  }
}

/** Options that only a SYN has; a malformed one ends the list. */
function synOptions(bytes: Uint8Array, from: number, to: number) {
  const found: { mss?: number; scale?: number; sackPermitted?: boolean } = {}
  for (let at = from; at < to; ) {
    const kind = bytes[at] ?? 0
    if (kind === OPTION_END) break
    if (kind === OPTION_NOP) {
      at++
      continue
    }
    const length = at + 1 < to ? (bytes[at + 1] ?? 0) : 0
    if (length < 2 || at + length > to) break
    if (kind === OPTION_MSS && length === 4) found.mss = get16(bytes, at + 2)
    if (kind === OPTION_SCALE && length === 3) found.scale = Math.min(bytes[at + 2] ?? 0, SCALE_MOST)
    if (kind === OPTION_SACK_PERMITTED && length === 2) found.sackPermitted = true
    at += length
  }
  return found
}

/** What goes in a header; `mss`, `scale` and `sackPermitted` only with SYN, `sack` only without data, which would not leave it room. */
export interface TcpHeader {
  readonly sequence: number
  readonly acknowledgement: number
  readonly flags: number
  readonly window: number
  readonly mss?: number | undefined
  readonly scale?: number | undefined
  readonly sackPermitted?: boolean | undefined
  /** At most SACK_BLOCKS. */
  readonly sack?: readonly SackBlock[] | undefined
}

export function headerLength({ mss, scale, sackPermitted, sack }: TcpHeader): number {
  const syn = (mss === undefined ? 0 : 4) + (scale === undefined ? 0 : 4) + (sackPermitted ? 4 : 0)
  return TCP_HEADER + syn + (sack && sack.length > 0 ? 4 + 8 * sack.length : 0)
}

/**
 * Writes a segment at `at`, the data from `offset` of the queue. Its checksum is left blank, the pseudo header's sum alone:
 * most guests take it so, and for the others the switch fills it in.
 */
export function writeTcp(
  bytes: Uint8Array,
  at: number,
  ends: { readonly source: number; readonly sourcePort: number; readonly target: number; readonly targetPort: number },
  header: TcpHeader,
  queue: SendQueue | undefined,
  offset: number,
  length: number,
): void {
  const size = headerLength(header)
  set16(bytes, at, ends.sourcePort)
  set16(bytes, at + 2, ends.targetPort)
  set32(bytes, at + 4, header.sequence)
  set32(bytes, at + 8, header.acknowledgement)
  bytes[at + 12] = (size / 4) << 4
  bytes[at + 13] = header.flags
  set16(bytes, at + 14, header.window)
  set16(bytes, at + 16, fold(pseudoSum(ends.source, ends.target, PROTOCOL_TCP, size + length)))
  let option = at + TCP_HEADER
  if (header.mss !== undefined) {
    bytes[option] = OPTION_MSS
    bytes[option + 1] = 4
    set16(bytes, option + 2, header.mss)
    option += 4
  }
  if (header.scale !== undefined) {
    bytes[option] = OPTION_NOP
    bytes[option + 1] = OPTION_SCALE
    bytes[option + 2] = 3
    bytes[option + 3] = header.scale
    option += 4
  }
  if (header.sackPermitted) {
    bytes.set([OPTION_NOP, OPTION_NOP, OPTION_SACK_PERMITTED, 2], option)
    option += 4
  }
  if (header.sack && header.sack.length > 0) {
    bytes.set([OPTION_NOP, OPTION_NOP, OPTION_SACK, 2 + 8 * header.sack.length], option)
    option += 4
    for (const { from, to } of header.sack) {
      set32(bytes, option, from)
      set32(bytes, option + 4, to)
      option += 8
    }
  }
  queue?.copy(offset, length, bytes, at + size)
}

/** The RST for a segment that belongs to no connection (RFC 9293 section 3.10.7.1); none for an RST. */
export function resetFor(segment: Segment): TcpHeader | undefined {
  if (segment.flags & RST) return undefined
  if (segment.flags & ACK) return { sequence: segment.acknowledgement, acknowledgement: 0, flags: RST, window: 0 }
  const acknowledgement = plus(segment.sequence, segmentLength(segment))
  return { sequence: 0, acknowledgement, flags: RST | ACK, window: 0 }
}
