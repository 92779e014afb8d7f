// Directory records of ECMA-119 (9.1) and what Rock Ridge says in their system use areas (SUSP 1.12, RRIP 1.12). Tables of bytes in,
// values out; what makes no sense ends a directory, as a reader that knows no more of it than that can do nothing better.
// Invariant: no record reaches beyond the bytes given, and a chain of continuations ends. Runs in: the image process.
import { latin1 } from '../lib/bytes'
import { ok } from '../public/result'
import type { ImageResult } from './error'
import { viewOf } from './views'

export type RecordNames = 'plain' | 'joliet' | 'rock-ridge'

export interface IsoRecord {
  /** The first block of its contents. */
  readonly block: number
  readonly length: number
  /** 2: a directory; 0x80: goes on in another record. */
  readonly flags: number
  readonly interleaved: boolean
  /** Without version; `\0` for the directory itself, `\x01` for its parent. */
  readonly name: string
  /** From where to where its system use area is in the bytes given. */
  readonly use: readonly [number, number]
}

/** Length of a record without its name. */
const RECORD_HEAD = 33
const SECTOR = 2048

/** The records of a directory; they do not cross sectors, and a zero ends a sector. */
export function isoRecords(bytes: Uint8Array, names: 'plain' | 'joliet'): IsoRecord[] {
  const view = viewOf(bytes)
  const records: IsoRecord[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = bytes[at] ?? 0
    if (size === 0) {
      at = (Math.floor(at / SECTOR) + 1) * SECTOR
      continue
    }
    const nameLength = bytes[at + 32] ?? 0
    if (size < RECORD_HEAD + nameLength || at + size > bytes.length) break
    const nameEnd = at + RECORD_HEAD + nameLength
    const useAt = Math.min(nameEnd + (nameLength % 2 === 0 ? 1 : 0), at + size)
    records.push({
      block: view.getUint32(at + 2, true) + (bytes[at + 1] ?? 0),
      length: view.getUint32(at + 10, true),
      flags: bytes[at + 25] ?? 0,
      interleaved: (bytes[at + 26] ?? 0) !== 0 || (bytes[at + 27] ?? 0) !== 0,
      name: nameOf(bytes.subarray(at + RECORD_HEAD, nameEnd), names),
      use: [useAt, at + size],
    })
    at += size
  }
  return records
}

function nameOf(bytes: Uint8Array, names: 'plain' | 'joliet'): string {
  const text = names === 'joliet' && bytes.length > 1 ? new TextDecoder('utf-16be').decode(bytes) : latin1(bytes)
  const unversioned = text.replace(/;\d+$/, '')
  return names === 'plain' ? unversioned.replace(/\.$/, '') : unversioned
}

/** How much of each system use area is another's, by the SP entry that begins the root's own; undefined: there is no SUSP. */
export function suspSkip(area: Uint8Array): number | undefined {
  // CD-ROM XA has 14 bytes before it.
  for (const start of [0, 14]) {
    const entry = area.subarray(start, start + 7)
    if (entry.length === 7 && latin1(entry.subarray(0, 2)) === 'SP' && entry[4] === 0xbe && entry[5] === 0xef)
      return entry[6] ?? 0
  }
  return undefined
}

export interface SystemUse {
  /** Undefined: Rock Ridge says no name. */
  readonly name: string | undefined
  readonly kind: 'plain' | 'link' | 'compressed'
}

export interface Continuation {
  readonly block: number
  readonly offset: number
  readonly length: number
}

const MOST_CONTINUATIONS = 8
const NAME_MOST = 1024
/** Symbolic links, and directories that were moved: neither is a file that can be read here. */
const LINKS: readonly string[] = ['SL', 'CL', 'RE']

export async function readSystemUse(
  first: Uint8Array,
  read: (place: Continuation) => Promise<ImageResult<Uint8Array>>,
): Promise<ImageResult<SystemUse>> {
  const name: number[] = []
  let kind: SystemUse['kind'] = 'plain'
  let area: Uint8Array | undefined = first
  for (let count = 0; area !== undefined && count <= MOST_CONTINUATIONS; count++) {
    let next: Continuation | undefined
    for (const { signature, entry } of entriesOf(area)) {
      if (signature === 'NM' && name.length < NAME_MOST) name.push(...entry.subarray(5))
      else if (LINKS.includes(signature)) kind = 'link'
      else if (signature === 'ZF') kind = 'compressed'
      else if (signature === 'CE' && entry.length >= 28) next = continuationOf(entry)
    }
    if (next === undefined) break
    const continued: ImageResult<Uint8Array> = await read(next)
    if (!continued.ok) return continued
    area = continued.value
  }
  return ok({ name: name.length === 0 ? undefined : new TextDecoder().decode(Uint8Array.from(name)), kind })
}

function continuationOf(entry: Uint8Array): Continuation {
  const view = viewOf(entry)
  return { block: view.getUint32(4, true), offset: view.getUint32(12, true), length: view.getUint32(20, true) }
}

function* entriesOf(area: Uint8Array): Generator<{ signature: string; entry: Uint8Array }> {
  for (let at = 0; at + 4 <= area.length; ) {
    const size = area[at + 2] ?? 0
    const signature = latin1(area.subarray(at, at + 2))
    if (size < 4 || at + size > area.length || signature === 'ST') return
    yield { signature, entry: area.subarray(at, at + size) }
    at += size
  }
}
