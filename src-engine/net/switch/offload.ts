// What a network card's offloads would do, for receivers that cannot: blank checksums are filled in, super frames are cut
// into TCP segments. And the check that a guest's offload flags fit its frame, before anyone relies on them.
// Spec: Xen netif.h on csum_blank and GSO; RFC 791, 793 for the fields that change from segment to segment. Runs in: domain 0.
import { addSum, checksum, fold, pseudoSumAt } from './checksum'
import {
  ETHERNET_HEADER,
  ETHERTYPE_IPV4,
  etherType,
  FRAME_MOST,
  type Frame,
  get16,
  get32,
  type Offload,
  set16,
  set32,
} from './frame'

export const PROTOCOL_TCP = 6
export const PROTOCOL_UDP = 17
/** A smaller segment size would make thousands of frames out of one. Linux allows an MSS of 48. */
const GSO_LEAST = 48
const FIN_PSH = 0x09
const CWR = 0x80

interface Transport {
  readonly protocol: number
  /** Offsets in the frame: transport header, its checksum field, end of the packet. */
  readonly at: number
  readonly sumAt: number
  readonly end: number
}

/** Where the TCP or UDP header of an unfragmented IPv4 packet is; undefined when there is none whole. */
function transportOf(bytes: Uint8Array): Transport | undefined {
  const ip = ETHERNET_HEADER
  if (bytes.length < ip + 20 || etherType(bytes) !== ETHERTYPE_IPV4 || (bytes[ip] ?? 0) >> 4 !== 4) return undefined
  const header = ((bytes[ip] ?? 0) & 15) * 4
  const end = ip + get16(bytes, ip + 2)
  if (header < 20 || end > bytes.length || (get16(bytes, ip + 6) & 0x3fff) !== 0) return undefined
  const protocol = bytes[ip + 9] ?? 0
  const at = ip + header
  if (protocol === PROTOCOL_TCP && at + 20 <= end) return { protocol, at, sumAt: at + 16, end }
  if (protocol === PROTOCOL_UDP && at + 8 <= end) return { protocol, at, sumAt: at + 6, end }
  return undefined
}

/** Whether the flags fit the frame. */
export function offloadIsGood(frame: Frame): boolean {
  if (frame.gsoSize === 0 && frame.checksum !== 'blank') return true
  const transport = transportOf(frame.bytes)
  if (!transport) return false
  if (frame.gsoSize === 0) return true
  const header = ((frame.bytes[transport.at + 12] ?? 0) >> 4) * 4
  return (
    transport.protocol === PROTOCOL_TCP &&
    frame.gsoSize >= GSO_LEAST &&
    header >= 20 &&
    transport.at + header < transport.end &&
    // Its segments are frames like others: who cannot take super frames has no room for longer ones.
    transport.at + header + frame.gsoSize <= FRAME_MOST &&
    // SYN, RST and URG are not for cutting up.
    ((frame.bytes[transport.at + 13] ?? 0) & 0x26) === 0
  )
}

/** A copy whose checksum stands. The frame's flags were checked. */
export function completeChecksum(bytes: Uint8Array): Uint8Array {
  const transport = transportOf(bytes)
  const copy = bytes.slice()
  if (transport) writeSum(copy, transport)
  return copy
}

function writeSum(bytes: Uint8Array, { protocol, at, sumAt, end }: Transport): void {
  set16(bytes, sumAt, 0)
  const sum = checksum(bytes, at, end, pseudoSumAt(bytes, ETHERNET_HEADER, protocol, end - at))
  // RFC 768: a UDP checksum of zero means none, so zero is sent as its other form.
  set16(bytes, sumAt, sum === 0 && protocol === PROTOCOL_UDP ? 0xffff : sum)
}

/** The TCP segments a super frame stands for, each complete. */
export function cut(frame: Frame): Frame[] {
  const transport = transportOf(frame.bytes)
  if (!transport) return []
  const { bytes } = frame
  const { at, end } = transport
  const ip = ETHERNET_HEADER
  const data = at + ((bytes[at + 12] ?? 0) >> 4) * 4
  const id = get16(bytes, ip + 4)
  const sequence = get32(bytes, at + 4)
  const flags = bytes[at + 13] ?? 0
  const segments: Frame[] = []
  for (let from = data, number = 0; from < end; from += frame.gsoSize, number++) {
    const length = Math.min(frame.gsoSize, end - from)
    const segment = new Uint8Array(data + length)
    segment.set(bytes.subarray(0, data))
    segment.set(bytes.subarray(from, from + length), data)
    set16(segment, ip + 2, segment.length - ip)
    set16(segment, ip + 4, (id + number) & 0xffff)
    set16(segment, ip + 10, 0)
    set16(segment, ip + 10, ~fold(addSum(segment, ip, at)) & 0xffff)
    set32(segment, at + 4, (sequence + (from - data)) >>> 0)
    // FIN and PSH belong to the last segment, CWR to the first.
    segment[at + 13] = flags & ~(from + length < end ? FIN_PSH : 0) & ~(number > 0 ? CWR : 0)
    writeSum(segment, { ...transport, end: segment.length })
    segments.push({ bytes: segment, checksum: 'validated', gsoSize: 0 })
  }
  return segments
}

/** Calls `deliver` with the frame in a form that the receiver takes. */
export function adapt(frame: Frame, offload: Offload, deliver: (frame: Frame) => void): void {
  if (frame.gsoSize > 0 && !offload.gso) {
    for (const segment of cut(frame)) deliver(segment)
  } else if (frame.checksum === 'blank' && !offload.blankChecksum) {
    deliver({ bytes: completeChecksum(frame.bytes), checksum: 'validated', gsoSize: frame.gsoSize })
  } else deliver(frame)
}
