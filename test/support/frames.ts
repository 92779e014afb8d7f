// Frames for tests of the network, built field by field, with everything else right.
import { parseIp, parseMac, writeMac } from '../../src-engine/net/switch/address'
import { checksum, pseudoSumAt } from '../../src-engine/net/switch/checksum'
import { type Frame, plainFrame, set16, set32 } from '../../src-engine/net/switch/frame'

export function mac(text: string): number {
  const value = parseMac(text)
  if (value === undefined) throw new Error(`no MAC: ${text}`)
  return value
}

export function ip(text: string): number {
  const value = parseIp(text)
  if (value === undefined) throw new Error(`no address: ${text}`)
  return value
}

export function ethernet(to: number, from: number, type: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(14 + body.length)
  writeMac(bytes, 0, to)
  writeMac(bytes, 6, from)
  set16(bytes, 12, type)
  bytes.set(body, 14)
  return bytes
}

export interface Ipv4Fields {
  readonly source: string
  readonly target: string
  readonly protocol: number
  readonly ttl?: number
  readonly id?: number
  /** Offset in bytes and "more" of a fragment. */
  readonly offset?: number
  readonly more?: boolean
  readonly options?: Uint8Array
  readonly total?: number
}

export function ipv4(fields: Ipv4Fields, body: Uint8Array): Uint8Array {
  const options = fields.options ?? new Uint8Array(0)
  const header = 20 + options.length
  const bytes = new Uint8Array(header + body.length)
  bytes[0] = 0x40 | (header / 4)
  set16(bytes, 2, fields.total ?? bytes.length)
  set16(bytes, 4, fields.id ?? 1)
  set16(bytes, 6, ((fields.offset ?? 0) >> 3) | (fields.more ? 0x2000 : 0))
  bytes[8] = fields.ttl ?? 64
  bytes[9] = fields.protocol
  set32(bytes, 12, ip(fields.source))
  set32(bytes, 16, ip(fields.target))
  bytes.set(options, 20)
  set16(bytes, 10, checksum(bytes, 0, header))
  bytes.set(body, header)
  return bytes
}

/** UDP with its checksum, which needs the addresses. */
export function udp(fields: Omit<Ipv4Fields, 'protocol'>, from: number, to: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + body.length)
  set16(bytes, 0, from)
  set16(bytes, 2, to)
  set16(bytes, 4, bytes.length)
  bytes.set(body, 8)
  const packet = ipv4({ ...fields, protocol: 17 }, bytes)
  const at = packet.length - bytes.length
  set16(packet, at + 6, checksum(packet, at, packet.length, pseudoSumAt(packet, 0, 17, bytes.length)) || 0xffff)
  return packet
}

export interface TcpFields {
  readonly from: number
  readonly to: number
  readonly sequence?: number
  readonly acknowledgement?: number
  readonly flags?: number
  readonly window?: number
  readonly options?: Uint8Array
}

export function tcp(
  fields: Omit<Ipv4Fields, 'protocol'>,
  segment: TcpFields,
  body: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const options = segment.options ?? new Uint8Array(0)
  const header = 20 + options.length
  const bytes = new Uint8Array(header + body.length)
  set16(bytes, 0, segment.from)
  set16(bytes, 2, segment.to)
  set32(bytes, 4, segment.sequence ?? 0)
  set32(bytes, 8, segment.acknowledgement ?? 0)
  bytes[12] = (header / 4) << 4
  bytes[13] = segment.flags ?? 0
  set16(bytes, 14, segment.window ?? 65535)
  bytes.set(options, 20)
  bytes.set(body, header)
  const packet = ipv4({ ...fields, protocol: 6 }, bytes)
  const at = packet.length - bytes.length
  set16(packet, at + 16, checksum(packet, at, packet.length, pseudoSumAt(packet, 0, 6, bytes.length)))
  return packet
}

export function plain(to: number, from: number, type: number, body: Uint8Array): Frame {
  return plainFrame(ethernet(to, from, type, body))
}

/** Bytes that are all different for a while. */
export function pattern(length: number, from = 0): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = from + i + ((from + i) >> 8)
  return bytes
}
