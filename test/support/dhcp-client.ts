// A DHCP client over a guest of network-guest.ts: it sends messages as a client does and tells the answers in words.
import { expect } from 'vitest'
import { fromLatin1 } from '../../src-engine/lib/bytes'
import { ipText, MAC_BROADCAST, readMac, writeMac } from '../../src-engine/net/switch/address'
import { get16, get32, set16, set32 } from '../../src-engine/net/switch/frame'
import { ip, udp } from './frames'
import { GATEWAY, type Guest } from './network-guest'

const TYPES = ['', 'DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE', 'INFORM'] as const
type TypeName = (typeof TYPES)[number]

interface Fields {
  readonly ciaddr?: string
  readonly requested?: string
  readonly server?: string
  readonly flags?: number
  readonly mac?: number
  readonly giaddr?: string
  readonly name?: string
  readonly more?: readonly number[]
}

/** A message as a client builds it. */
export function message(guest: Guest, type: TypeName, fields: Fields): Uint8Array {
  const address = (code: number, text: string | undefined): number[] =>
    text === undefined ? [] : [code, 4, ...text.split('.').map(Number)]
  const name = fields.name === undefined ? [] : [12, fields.name.length, ...fromLatin1(fields.name)]
  const options = [
    53,
    1,
    TYPES.indexOf(type),
    ...address(50, fields.requested),
    ...address(54, fields.server),
    ...name,
    ...(fields.more ?? []),
    255,
  ]
  const bytes = new Uint8Array(240 + options.length)
  bytes.set([1, 1, 6, 0])
  set32(bytes, 4, 0xabcd1234)
  set16(bytes, 10, fields.flags ?? 0)
  if (fields.ciaddr) set32(bytes, 12, ip(fields.ciaddr))
  if (fields.giaddr) set32(bytes, 24, ip(fields.giaddr))
  writeMac(bytes, 28, fields.mac ?? guest.mac)
  set32(bytes, 236, 0x63825363)
  bytes.set(options, 240)
  return bytes
}

/** Sends a message as a client does and tells the answer in words. */
export function ask(guest: Guest, type: TypeName, fields: Fields = {}): string | undefined {
  const from = fields.ciaddr ?? '0.0.0.0'
  const to = fields.ciaddr && type !== 'INFORM' ? GATEWAY : '255.255.255.255'
  guest.send(
    udp({ source: from, target: to }, 68, 67, message(guest, type, fields)),
    to === GATEWAY ? guest.gatewayMac : MAC_BROADCAST,
  )
  // Other clients' broadcasts are not for this one.
  const answer = guest.packets().find(({ body }) => get16(body, 0) === 67)
  if (!answer) return undefined
  const dhcp = answer.body.subarray(8)
  expect([get16(answer.body, 0), get16(answer.body, 2), get32(dhcp, 4), dhcp[0]]).toEqual([67, 68, 0xabcd1234, 2])
  const where = readMac(answer.frame.bytes, 0) === MAC_BROADCAST ? 'all' : 'one'
  return `${TYPES[options(dhcp).get(53)?.[0] ?? 0]} ${ipText(get32(dhcp, 16))} to ${answer.target} (${where})`
}

export function options(dhcp: Uint8Array): Map<number, number[]> {
  const found = new Map<number, number[]>()
  for (let at = 240; dhcp[at] !== 255 && at < dhcp.length; at += 2 + (dhcp[at + 1] ?? 0)) {
    found.set(dhcp[at] ?? 0, [...dhcp.subarray(at + 2, at + 2 + (dhcp[at + 1] ?? 0))])
  }
  return found
}

/** Gets an address. */
export const bind = (guest: Guest, name?: string): string | undefined => {
  const offer = ask(guest, 'DISCOVER')
  const requested = offer?.split(' ')[1] ?? ''
  return ask(guest, 'REQUEST', { requested, server: GATEWAY, ...(name === undefined ? {} : { name }) })
}
