// The DNS proxy at the gateway: names of guests on the network are answered here, names without a dot by the system's own
// resolver, everything else by the system's name servers, byte for byte; when none of them answers, addresses by the
// system's resolver again. Each query has a socket of its own, so that a forged answer has to guess its port too.
// Names of the network's own domain never leave it. Limits: queries under way of one guest and of all. Runs in: domain 0.
import { randomInt } from 'node:crypto'
import type { Clock } from '../../lib/clock'
import type { Host, HostDatagrams } from '../host'
import { ipText, parseIp } from '../switch/address'
import { get16, set32 } from '../switch/frame'
import {
  answers,
  CLASS_IN,
  dnsHeader,
  encodeName,
  FORMERR,
  NOERROR,
  NOTIMP,
  NXDOMAIN,
  type Question,
  question,
  respond,
  reverseAddress,
  SERVFAIL,
  TCP_MOST,
  TYPE_A,
  TYPE_AAAA,
  TYPE_ANY,
  TYPE_PTR,
  UDP_MOST,
  withId,
} from './message'

export const QUERIES_PER_GUEST = 32
const QUERIES_MOST = 256
export const SERVER_TIMEOUT_MS = 3000
const SERVERS_MOST = 3

export interface DnsOptions {
  readonly clock: Clock
  readonly host: Host
  /** The network's own domain: `name.domain` and `name` are the same guest. */
  readonly domain: string
  /** Guests by name. */
  names(): ReadonlyMap<string, number>
  /** Whether an address is of this network. */
  isInside(address: number): boolean
}

export class DnsProxy {
  private readonly options: DnsOptions
  private readonly underWay = new Map<number, number>()
  private total = 0

  constructor(options: DnsOptions) {
    this.options = options
  }

  /** Calls back once with the response; false: garbage, or too many of a guest at a time, and there will be none. */
  ask(query: Uint8Array, guest: number, answer: (response: Uint8Array) => void, overTcp = false): boolean {
    const most = overTcp ? TCP_MOST : UDP_MOST
    const header = dnsHeader(query)
    if (!header || header.response) return false
    if (header.opcode !== 0) {
      answer(respond(query, 12, most, { rcode: NOTIMP }))
      return true
    }
    const asked = header.questions === 1 ? question(query) : undefined
    if (!asked) {
      answer(respond(query, 12, most, { rcode: FORMERR }))
      return true
    }
    const local = this.local(query, asked, most)
    if (local) {
      answer(local)
      return true
    }
    const own = this.underWay.get(guest) ?? 0
    if (own >= QUERIES_PER_GUEST || this.total >= QUERIES_MOST) return false
    this.underWay.set(guest, own + 1)
    this.total++
    const done = (response: Uint8Array): void => {
      const left = (this.underWay.get(guest) ?? 1) - 1
      if (left > 0) this.underWay.set(guest, left)
      else this.underWay.delete(guest)
      this.total--
      answer(response)
    }
    const copy = query.slice()
    if (isAddress(asked) && !asked.name.includes('.')) this.lookUp(copy, asked, NXDOMAIN, most, done)
    else if (overTcp) this.forwardStream(copy, asked, 0, done)
    else this.forward(copy, asked, 0, done)
    return true
  }

  /** What is known here. */
  private local(query: Uint8Array, asked: Question, most: number): Uint8Array | undefined {
    if (asked.qclass !== CLASS_IN) return undefined
    const { domain, names, isInside } = this.options
    if (asked.type === TYPE_PTR) {
      const address = parseIp(reverseAddress(asked.name) ?? '')
      if (address === undefined || !isInside(address)) return undefined
      for (const [name, other] of names()) {
        if (other !== address) continue
        return respond(query, asked.end, most, { rcode: NOERROR, records: [encodeName(`${name}.${domain}`)] })
      }
      return respond(query, asked.end, most, { rcode: NXDOMAIN })
    }
    const ours = asked.name === domain || asked.name.endsWith(`.${domain}`)
    const name = ours ? asked.name.slice(0, -domain.length - 1) : asked.name
    const address = names().get(name)
    if (address !== undefined) {
      const record = new Uint8Array(4)
      set32(record, 0, address)
      const has = asked.type === TYPE_A || asked.type === TYPE_ANY
      return respond(query, asked.end, most, { rcode: NOERROR, records: has ? [record] : [], type: TYPE_A })
    }
    // The domain itself is there, since names below it are, and has no records (RFC 2308 section 2.2).
    if (asked.name === domain) return respond(query, asked.end, most, { rcode: NOERROR })
    return ours ? respond(query, asked.end, most, { rcode: NXDOMAIN }) : undefined
  }

  /** Over UDP, one server after the other. */
  private forward(query: Uint8Array, asked: Question, server: number, done: (response: Uint8Array) => void): void {
    const target = this.options.host.resolvers()[server]
    if (!target || server >= SERVERS_MOST) {
      this.lookUp(query, asked, SERVFAIL, UDP_MOST, done)
      return
    }
    const sent = withId(query, randomInt(0x1_0000))
    let socket: HostDatagrams | undefined
    let over = false
    const end = (then: () => void): void => {
      if (over) return
      over = true
      cancel()
      socket?.close()
      then()
    }
    const next = (): void => end(() => this.forward(query, asked, server + 1, done))
    const cancel = this.options.clock.after(SERVER_TIMEOUT_MS, next)
    socket = this.options.host.openUdp(target, {
      received: (bytes) => {
        if (answers(bytes, sent, asked.end)) end(() => done(withId(bytes, get16(query, 0))))
      },
      failed: next,
    })
    socket.send(sent)
  }

  /** Over TCP: a length of two bytes goes before each message. */
  private forwardStream(query: Uint8Array, asked: Question, server: number, done: (response: Uint8Array) => void): void {
    const target = this.options.host.resolvers()[server]
    if (!target || server >= SERVERS_MOST) {
      this.lookUp(query, asked, SERVFAIL, TCP_MOST, done)
      return
    }
    let got = new Uint8Array(0)
    let over = false
    const end = (then: () => void): void => {
      if (over) return
      over = true
      cancel()
      stream.reset()
      then()
    }
    const next = (): void => end(() => this.forwardStream(query, asked, server + 1, done))
    const cancel = this.options.clock.after(SERVER_TIMEOUT_MS, next)
    const stream = this.options.host.connectTcp(target, {
      connected: () => {
        stream.write(framed(query), () => {})
      },
      received: (bytes) => {
        const joined = new Uint8Array(got.length + bytes.length)
        joined.set(got)
        joined.set(bytes, got.length)
        got = joined
        const length = got.length >= 2 ? get16(got, 0) : Number.POSITIVE_INFINITY
        if (got.length < 2 + length) return
        const response = got.slice(2, 2 + length)
        if (answers(response, query, asked.end)) end(() => done(response))
        else next()
      },
      finished: next,
      closed: next,
    })
  }

  private lookUp(
    query: Uint8Array,
    asked: Question,
    otherwise: number,
    most: number,
    done: (response: Uint8Array) => void,
  ): void {
    if (!isAddress(asked)) {
      done(respond(query, asked.end, most, { rcode: otherwise, authoritative: false }))
      return
    }
    const family = asked.type === TYPE_A ? 4 : 6
    this.options.host.lookup(asked.name, family, (found) => {
      const records = (found ?? []).flatMap((address) => addressBytes(address, family) ?? []).slice(0, 16)
      // A name may well have no IPv6 address and be there.
      const rcode = found === undefined ? SERVFAIL : records.length > 0 || family === 6 ? NOERROR : NXDOMAIN
      done(respond(query, asked.end, most, { rcode, records, authoritative: false }))
    })
  }
}

/** A message as it goes over TCP. */
export function framed(message: Uint8Array): Uint8Array {
  return Uint8Array.of(message.length >> 8, message.length & 255, ...message)
}

function isAddress({ type, qclass }: Question): boolean {
  return qclass === CLASS_IN && (type === TYPE_A || type === TYPE_AAAA)
}

function addressBytes(text: string, family: 4 | 6): Uint8Array[] | undefined {
  if (family === 4) {
    const address = parseIp(text)
    return address === undefined ? undefined : [Uint8Array.from(ipText(address).split('.').map(Number))]
  }
  const halves =
    text
      .split('%')[0]
      ?.split('::')
      .map((half) => half.split(':').filter((group) => group !== '')) ?? []
  const [head, tail] = [halves[0] ?? [], halves[1] ?? []]
  const missing = 8 - head.length - tail.length
  if (missing < 0 || (halves.length < 2 && missing > 0)) return undefined
  const groups = [...head, ...new Array<string>(missing).fill('0'), ...tail].map((group) => Number.parseInt(group, 16))
  if (groups.some((group) => !(group >= 0 && group <= 0xffff))) return undefined
  return [Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]))]
}
