// IPv4 headers, read with suspicion and written. Spec: RFC 791, RFC 1122 section 3.2.1; options are checked and skipped,
// source routes refused (RFC 7126). Runs in: domain 0.
import { checksum } from '../switch/checksum'
import { get16, get32, set16, set32 } from '../switch/frame'
import type { DropReason } from './drops'

export const PROTOCOL_ICMP = 1
export const PROTOCOL_TCP = 6
export const PROTOCOL_UDP = 17
export const IPV4_HEADER = 20
export const MTU = 1500
export const IP_BROADCAST = 0xffff_ffff
const TTL = 64
const FLAG_DF = 0x4000
const FLAG_MORE = 0x2000
const OPTION_END = 0
const OPTION_NOP = 1
const SOURCE_ROUTES = new Set([131, 137])

/** A packet in place: `at` to `end` of `bytes` is what it carries, `header` where its IPv4 header begins. */
export interface Ipv4Packet {
  readonly bytes: Uint8Array
  readonly header: number
  readonly at: number
  readonly end: number
  readonly source: number
  readonly target: number
  readonly protocol: number
  readonly ttl: number
  readonly id: number
  /** Offset in bytes of a fragment, and whether more come after it. */
  readonly offset: number
  readonly more: boolean
  /** The transport checksum needs no look: it is blank, or vouched for. */
  readonly trusted: boolean
}

/** The packet whose header is at `header`, or why there is none. */
export function parseIpv4(bytes: Uint8Array, header: number, trusted: boolean): Ipv4Packet | DropReason {
  if (bytes.length < header + IPV4_HEADER) return 'header'
  const first = bytes[header] ?? 0
  if (first >> 4 !== 4) return 'version'
  const at = header + (first & 15) * 4
  const end = header + get16(bytes, header + 2)
  if (at < header + IPV4_HEADER || at > bytes.length) return 'header'
  if (end < at || end > bytes.length) return 'length'
  if (checksum(bytes, header, at) !== 0) return 'checksum'
  if (at > header + IPV4_HEADER && !optionsAreGood(bytes, header + IPV4_HEADER, at)) return 'options'
  const fragment = get16(bytes, header + 6)
  return {
    bytes,
    header,
    at,
    end,
    source: get32(bytes, header + 12),
    target: get32(bytes, header + 16),
    protocol: bytes[header + 9] ?? 0,
    ttl: bytes[header + 8] ?? 0,
    id: get16(bytes, header + 4),
    offset: (fragment & 0x1fff) * 8,
    more: (fragment & FLAG_MORE) !== 0,
    trusted,
  }
}

function optionsAreGood(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; ) {
    const type = bytes[at] ?? 0
    if (type === OPTION_END) return true
    if (type === OPTION_NOP) {
      at++
      continue
    }
    const length = at + 1 < to ? (bytes[at + 1] ?? 0) : 0
    if (length < 2 || at + length > to || SOURCE_ROUTES.has(type)) return false
    at += length
  }
  return true
}

export interface Ipv4Header {
  readonly source: number
  readonly target: number
  readonly protocol: number
  /** Bytes after the header. */
  readonly length: number
  readonly id?: number
  readonly offset?: number
  readonly more?: boolean
  readonly dontFragment?: boolean
}

export function writeIpv4(bytes: Uint8Array, at: number, header: Ipv4Header): void {
  bytes[at] = 0x45
  bytes[at + 1] = 0
  set16(bytes, at + 2, IPV4_HEADER + header.length)
  set16(bytes, at + 4, header.id ?? 0)
  set16(bytes, at + 6, ((header.offset ?? 0) >> 3) | (header.more ? FLAG_MORE : 0) | (header.dontFragment ? FLAG_DF : 0))
  bytes[at + 8] = TTL
  bytes[at + 9] = header.protocol
  set16(bytes, at + 10, 0)
  set32(bytes, at + 12, header.source)
  set32(bytes, at + 16, header.target)
  set16(bytes, at + 10, checksum(bytes, at, at + IPV4_HEADER))
}

/** 224.0.0.0/4, 240.0.0.0/4 and 255.255.255.255: no single host. */
export function isGroupAddress(address: number): boolean {
  return address >= 0xe000_0000
}

/** Never forwarded: this network, loopback, link-local (RFC 1122 section 3.2.1.3, RFC 3927 section 7), groups. */
export function isMartian(address: number): boolean {
  const first = address >>> 24
  return first === 0 || first === 127 || address >>> 16 === 0xa9fe || isGroupAddress(address)
}
