// UDP headers (RFC 768). A checksum of zero means that there is none. Runs in: domain 0.
import { checksum, pseudoSum } from '../switch/checksum'
import { get16, set16 } from '../switch/frame'
import { type Ipv4Packet, PROTOCOL_UDP } from './ipv4'

export const UDP_HEADER = 8

export interface Datagram {
  readonly source: number
  readonly sourcePort: number
  readonly target: number
  readonly targetPort: number
  /** A view of the packet. */
  readonly data: Uint8Array
  readonly packet: Ipv4Packet
}

/** Undefined: malformed, or damaged on the way. */
export function parseUdp(packet: Ipv4Packet): Datagram | undefined {
  const { bytes, at, end, source, target } = packet
  if (end < at + UDP_HEADER) return undefined
  const length = get16(bytes, at + 4)
  if (length < UDP_HEADER || at + length > end) return undefined
  if (!packet.trusted && get16(bytes, at + 6) !== 0) {
    if (checksum(bytes, at, at + length, pseudoSum(source, target, PROTOCOL_UDP, length)) !== 0) return undefined
  }
  const data = bytes.subarray(at + UDP_HEADER, at + length)
  return { source, sourcePort: get16(bytes, at), target, targetPort: get16(bytes, at + 2), data, packet }
}

/** A UDP message, header and data, with its checksum. */
export function buildUdp(source: number, sourcePort: number, target: number, targetPort: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(UDP_HEADER + data.length)
  set16(bytes, 0, sourcePort)
  set16(bytes, 2, targetPort)
  set16(bytes, 4, bytes.length)
  bytes.set(data, UDP_HEADER)
  set16(bytes, 6, checksum(bytes, 0, bytes.length, pseudoSum(source, target, PROTOCOL_UDP, bytes.length)) || 0xffff)
  return bytes
}
