// DHCP messages (RFC 2131 section 2) and their options (RFC 2132, RFC 3396 on long and overloaded ones).
// Runs in: domain 0.
import { readMac, writeMac } from '../switch/address'
import { get16, get32, set16, set32 } from '../switch/frame'

export const DHCP_SERVER_PORT = 67
export const DHCP_CLIENT_PORT = 68
export const DHCPDISCOVER = 1
export const DHCPOFFER = 2
export const DHCPREQUEST = 3
export const DHCPDECLINE = 4
export const DHCPACK = 5
export const DHCPNAK = 6
export const DHCPRELEASE = 7
export const DHCPINFORM = 8

/** The options we read or write, by the names of RFC 2132. */
export const OPTION = {
  subnetMask: 1,
  router: 3,
  domainNameServer: 6,
  hostName: 12,
  domainName: 15,
  broadcastAddress: 28,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  serverIdentifier: 54,
  message: 56,
  renewalTime: 58,
  rebindingTime: 59,
  clientIdentifier: 61,
  end: 255,
} as const

const FIXED = 240
const MAGIC = 0x6382_5363
/** BOOTP's size: some clients drop shorter messages. */
const SHORTEST = 300
/** An honest message fits in one frame; a longer one, come in fragments, is work for nothing. */
const LONGEST = 1500
const OPTION_MOST = 255
const SNAME = { at: 44, length: 64 }
const FILE = { at: 108, length: 128 }

export interface DhcpMessage {
  readonly xid: number
  readonly flags: number
  readonly ciaddr: number
  readonly giaddr: number
  readonly mac: number
  readonly type: number
  readonly options: ReadonlyMap<number, Uint8Array>
}

/** A client's message, or undefined when it is none. */
export function parseDhcp(bytes: Uint8Array): DhcpMessage | undefined {
  if (bytes.length < FIXED || bytes.length > LONGEST || get32(bytes, 236) !== MAGIC) return undefined
  // A request, of an Ethernet card.
  if (bytes[0] !== 1 || bytes[1] !== 1 || bytes[2] !== 6) return undefined
  const options = new Map<number, Uint8Array>()
  if (!readOptions(bytes.subarray(FIXED), options)) return undefined
  const overload = options.get(OPTION.overload)?.[0] ?? 0
  if (overload & 1 && !readOptions(bytes.subarray(FILE.at, FILE.at + FILE.length), options)) return undefined
  if (overload & 2 && !readOptions(bytes.subarray(SNAME.at, SNAME.at + SNAME.length), options)) return undefined
  const type = options.get(OPTION.messageType)
  if (type?.length !== 1) return undefined
  return {
    xid: get32(bytes, 4),
    flags: get16(bytes, 10),
    ciaddr: get32(bytes, 12),
    giaddr: get32(bytes, 24),
    mac: readMac(bytes, 28),
    type: type[0] ?? 0,
    options,
  }
}

function readOptions(bytes: Uint8Array, options: Map<number, Uint8Array>): boolean {
  for (let at = 0; at < bytes.length; ) {
    const code = bytes[at++] ?? 0
    if (code === OPTION.end) return true
    if (code === 0) continue
    const length = bytes[at++]
    if (length === undefined || at + length > bytes.length) return false
    const before = options.get(code)
    const value = bytes.slice(at, at + length)
    options.set(code, before ? Uint8Array.of(...before, ...value) : value)
    at += length
  }
  return true
}

/** An option that is one address; undefined when it is missing or not one. */
export function addressOption(message: DhcpMessage, code: number): number | undefined {
  const value = message.options.get(code)
  return value?.length === 4 ? get32(value, 0) : undefined
}

export interface DhcpReply {
  readonly type: number
  readonly yiaddr: number
  readonly ciaddr: number
  readonly options: readonly Option[]
}

type Option = readonly [code: number, value: Uint8Array]

/** What is longer than an option can be is several of one code, to be joined again (RFC 3396 section 5). */
function pieces([code, value]: Option): Option[] {
  const count = Math.max(1, Math.ceil(value.length / OPTION_MOST))
  return Array.from({ length: count }, (_, i) => [code, value.subarray(i * OPTION_MOST, (i + 1) * OPTION_MOST)])
}

export function buildReply(request: DhcpMessage, reply: DhcpReply): Uint8Array {
  const options = [[OPTION.messageType, Uint8Array.of(reply.type)] as const, ...reply.options].flatMap(pieces)
  const length = options.reduce((sum, [, value]) => sum + 2 + value.length, FIXED + 1)
  const bytes = new Uint8Array(Math.max(length, SHORTEST))
  bytes.set([2, 1, 6, 0])
  set32(bytes, 4, request.xid)
  set16(bytes, 10, request.flags)
  set32(bytes, 12, reply.ciaddr)
  set32(bytes, 16, reply.yiaddr)
  set32(bytes, 24, request.giaddr)
  writeMac(bytes, 28, request.mac)
  set32(bytes, 236, MAGIC)
  let at = FIXED
  for (const [code, value] of options) {
    bytes[at] = code
    bytes[at + 1] = value.length
    bytes.set(value, at + 2)
    at += 2 + value.length
  }
  bytes[at] = OPTION.end
  return bytes
}
