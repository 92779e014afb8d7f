// DNS messages as far as a proxy needs them (RFC 1035 section 4): the header, the one question, and answers of our own.
// Everything else passes through as it came. Runs in: domain 0.
import { fromLatin1, latin1 } from '../../lib/bytes'
import { get16, set16, set32 } from '../switch/frame'

export const TYPE_A = 1
export const TYPE_PTR = 12
export const TYPE_AAAA = 28
export const TYPE_ANY = 255
export const CLASS_IN = 1
export const NOERROR = 0
export const FORMERR = 1
export const SERVFAIL = 2
export const NXDOMAIN = 3
export const NOTIMP = 4
export const REFUSED = 5

const HEADER = 12
const QR = 0x8000
const OPCODE = 0x7800
const RD = 0x0100
const AA = 0x0400
const TC = 0x0200
const RA = 0x0080
const NAME_MOST = 255
/** What every resolver takes over UDP, section 4.2.1. Answers of our own have no OPT record (RFC 6891) and go by this. */
export const UDP_MOST = 512
export const TCP_MOST = 65535
const TTL_SECONDS = 30

export interface Question {
  /** Lower case, without the last dot. */
  readonly name: string
  readonly type: number
  readonly qclass: number
  /** Where it ends in the message. */
  readonly end: number
}

export interface DnsHeader {
  readonly id: number
  readonly response: boolean
  readonly opcode: number
  readonly questions: number
}

export function dnsHeader(bytes: Uint8Array): DnsHeader | undefined {
  if (bytes.length < HEADER) return undefined
  const flags = get16(bytes, 2)
  return {
    id: get16(bytes, 0),
    response: (flags & QR) !== 0,
    opcode: (flags & OPCODE) >> 11,
    questions: get16(bytes, 4),
  }
}

/** The first question. Its name is not compressed: there is nothing before it to point to. */
export function question(bytes: Uint8Array): Question | undefined {
  const labels: string[] = []
  let at = HEADER
  for (;;) {
    const length = bytes[at++]
    if (length === undefined || length > 63 || at + length > bytes.length || at - HEADER > NAME_MOST) return undefined
    if (length === 0) break
    labels.push(latin1(bytes.subarray(at, at + length)).toLowerCase())
    at += length
  }
  if (at + 4 > bytes.length || at - HEADER > NAME_MOST) return undefined
  return { name: labels.join('.'), type: get16(bytes, at), qclass: get16(bytes, at + 2), end: at + 4 }
}

/** Whether a response is to this query: same question, byte for byte (its case is part of the defence), same id. */
export function answers(response: Uint8Array, query: Uint8Array, end: number): boolean {
  if (response.length < end || get16(response, 0) !== get16(query, 0) || (get16(response, 2) & QR) === 0) return false
  if (get16(response, 4) !== 1) return false
  for (let at = HEADER; at < end; at++) if (response[at] !== query[at]) return false
  return true
}

export function withId(bytes: Uint8Array, id: number): Uint8Array {
  const copy = bytes.slice()
  set16(copy, 0, id)
  return copy
}

export interface Answer {
  readonly rcode: number
  readonly records?: readonly Uint8Array[]
  readonly authoritative?: boolean
  /** Of the records; otherwise that asked for. */
  readonly type?: number
}

/**
 * A response of our own: the question again, and records of one type. Records that do not fit in `most` bytes are left out, and TC
 * has the guest ask again over TCP.
 */
export function respond(query: Uint8Array, end: number, most: number, answer: Answer): Uint8Array {
  const { rcode, records = [], authoritative = true, type = get16(query, end - 4) } = answer
  let length = end
  const fitting = records.filter((record) => {
    const fits = length + 12 + record.length <= most
    if (fits) length += 12 + record.length
    return fits
  })
  const cut = fitting.length < records.length ? TC : 0
  const bytes = new Uint8Array(length)
  bytes.set(query.subarray(0, end))
  set16(bytes, 2, QR | (get16(query, 2) & (OPCODE | RD)) | RA | (authoritative ? AA : 0) | cut | rcode)
  set16(bytes, 4, end > HEADER ? 1 : 0)
  set16(bytes, 6, fitting.length)
  set32(bytes, 8, 0)
  let at = end
  for (const record of fitting) {
    // A pointer to the question's name, and its class.
    set16(bytes, at, 0xc000 | HEADER)
    set16(bytes, at + 2, type)
    bytes.set(query.subarray(end - 2, end), at + 4)
    set32(bytes, at + 6, TTL_SECONDS)
    set16(bytes, at + 10, record.length)
    bytes.set(record, at + 12)
    at += 12 + record.length
  }
  return bytes
}

/** A name in wire form. */
export function encodeName(name: string): Uint8Array {
  const parts = name.split('.').filter((label) => label !== '')
  return Uint8Array.of(...parts.flatMap((label) => [label.length, ...fromLatin1(label)]), 0)
}

/** The address a reverse name asks about, 15.2.0.10.in-addr.arpa → 10.0.2.15 in text. */
export function reverseAddress(name: string): string | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name)
  return match ? `${match[4]}.${match[3]}.${match[2]}.${match[1]}` : undefined
}
