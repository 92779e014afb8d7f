// ICMP (RFC 792): echo and the errors a router tells. An error is never sent about an error, a fragment but the first, a
// broadcast, or to what is no single host (RFC 1122 section 3.2.2), and a guest gets only a few a second. Runs in: domain 0.
import type { Clock } from '../../lib/clock'
import { checksum } from '../switch/checksum'
import { set16 } from '../switch/frame'
import { IPV4_HEADER, type Ipv4Packet, isGroupAddress, PROTOCOL_ICMP } from './ipv4'

export const ECHO_REPLY = 0
export const UNREACHABLE = 3
export const ECHO_REQUEST = 8
export const TIME_EXCEEDED = 11
export const NET_UNREACHABLE = 0
export const HOST_UNREACHABLE = 1
export const PROTOCOL_UNREACHABLE = 2
export const PORT_UNREACHABLE = 3
export const PROHIBITED = 13

const QUERIES = new Set([0, 8, 13, 14])
/** RFC 1812 section 4.3.2.3: as much of the packet as fits in 576 bytes. */
const QUOTE_MOST = 576 - IPV4_HEADER - 8
export const ERRORS_PER_GUEST = 100

/** Whether RFC 1122 lets an error be sent about this packet. */
export function mayComplain(packet: Ipv4Packet): boolean {
  if (packet.offset !== 0 || packet.source === 0 || isGroupAddress(packet.source) || isGroupAddress(packet.target)) return false
  return packet.protocol !== PROTOCOL_ICMP || (packet.end > packet.at && QUERIES.has(packet.bytes[packet.at] ?? 0))
}

/** The message of an error about a packet. */
export function icmpError(type: number, code: number, packet: Ipv4Packet): Uint8Array {
  const quoted = packet.bytes.subarray(packet.header, Math.min(packet.end, packet.header + QUOTE_MOST))
  const message = new Uint8Array(8 + quoted.length)
  message[0] = type
  message[1] = code
  message.set(quoted, 8)
  set16(message, 2, checksum(message, 0, message.length))
  return message
}

/** The reply to an echo request, which is a whole ICMP message. */
export function echoReply(request: Uint8Array): Uint8Array {
  const reply = request.slice()
  reply[0] = ECHO_REPLY
  set16(reply, 2, 0)
  set16(reply, 2, checksum(reply, 0, reply.length))
  return reply
}

/** This many errors a second for each guest and no more. */
export class ErrorLimit {
  private readonly clock: Clock
  private second = 0
  private readonly sent = new Map<number, number>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** `guest`: whose limits count (`Gateway.guestOf`). */
  take(guest: number): boolean {
    const second = Math.floor(this.clock.now() / 1000)
    if (second !== this.second) {
      this.second = second
      this.sent.clear()
    }
    const sent = this.sent.get(guest) ?? 0
    if (sent >= ERRORS_PER_GUEST) return false
    this.sent.set(guest, sent + 1)
    return true
  }
}
