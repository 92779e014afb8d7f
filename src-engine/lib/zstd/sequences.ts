// The sequences of a block: so many literals, then a copy of what came before. Codes stand for ranges of numbers with further bits.
// Spec: RFC 8878, section 3.1.1.3.2. Runs in: anything.
import { BackwardBits, DamagedZstd } from './bits'
import { constantTable, type FseTable, fseTable, readFse } from './fse'

/** Of a code: the least number it stands for, and how many bits are added. */
interface Codes {
  readonly bases: readonly number[]
  readonly bits: readonly number[]
}

function codes(first: number, plain: number, bits: readonly number[]): Codes {
  const all = [...new Array<number>(plain).fill(0), ...bits]
  let base = first
  const bases = all.map((count) => {
    const own = base
    base += 2 ** count
    return own
  })
  return { bases, bits: all }
}

const LITERALS = codes(0, 16, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
const MATCHES = codes(3, 32, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
/** A copy from further back has no place in what we unpack. */
const OFFSET_CODE_MOST = 30
/** Fewer bytes are sooner copied one by one. */
const WORTH_A_VIEW = 64

interface Kind {
  readonly symbolsMost: number
  readonly accuracyMost: number
  readonly usual: FseTable
}

const some = (count: number, share: number): number[] => new Array<number>(count).fill(share)
const KINDS: Readonly<Record<keyof Tables, Kind>> = {
  literals: {
    symbolsMost: 36,
    accuracyMost: 9,
    usual: fseTable([4, 3, ...some(11, 2), 1, 1, 1, ...some(9, 2), 3, 2, 1, 1, 1, 1, 1, ...some(4, -1)], 6),
  },
  offsets: {
    symbolsMost: 32,
    accuracyMost: 8,
    usual: fseTable([...some(6, 1), 2, 2, 2, ...some(15, 1), ...some(5, -1)], 5),
  },
  matches: {
    symbolsMost: 53,
    accuracyMost: 9,
    usual: fseTable([1, 4, 3, ...some(6, 2), ...some(37, 1), ...some(7, -1)], 6),
  },
}

interface Tables {
  literals?: FseTable
  offsets?: FseTable
  matches?: FseTable
}

/** What a block takes over from the one before. */
export class SequenceState {
  readonly tables: Tables = {}
  /** Distances of the last copies. */
  readonly repeated = [1, 4, 8]
}

/** Where a block's bytes go: after `at`, and never beyond `end`. */
export interface Target {
  readonly bytes: Uint8Array
  at: number
  end: number
}

const USUAL = 0
const CONSTANT = 1
const DESCRIBED = 2

/** A block's content from its literals and its section of sequences. */
export function runSequences(section: Uint8Array, literals: Uint8Array, state: SequenceState, target: Target): void {
  const { count, length } = countOf(section)
  let taken = 0
  if (count > 0) {
    const modes = section[length] ?? 0
    if ((modes & 3) !== 0) throw new DamagedZstd('sequences are coded in an unknown way')
    let at = length + 1
    for (const [kind, shift] of [['literals', 6] as const, ['offsets', 4] as const, ['matches', 2] as const]) {
      at += readTable(section.subarray(at), (modes >> shift) & 3, kind, state)
    }
    taken = copyAll(new BackwardBits(section.subarray(at)), count, literals, state, target)
  } else if (length !== section.length) throw new DamagedZstd('a block is longer than its sequences')
  append(literals, taken, literals.length, target)
}

function countOf(section: Uint8Array): { count: number; length: number } {
  const [first = 0, second = 0, third = 0] = section
  const length = first < 128 ? 1 : first < 255 ? 2 : 3
  if (section.length < length) throw new DamagedZstd('a block is cut off')
  const count = first < 128 ? first : first < 255 ? ((first - 128) << 8) + second : second + (third << 8) + 0x7f00
  return { count, length }
}

/** Returns how long its description was. */
function readTable(bytes: Uint8Array, mode: number, kind: keyof Tables, state: SequenceState): number {
  const { symbolsMost, accuracyMost, usual } = KINDS[kind]
  if (mode === USUAL) state.tables[kind] = usual
  else if (mode === CONSTANT) {
    const symbol = bytes[0] ?? symbolsMost
    if (symbol >= symbolsMost) throw new DamagedZstd('a table has symbols that are none')
    state.tables[kind] = constantTable(symbol)
    return 1
  } else if (mode === DESCRIBED) {
    const { table, length } = readFse(bytes, symbolsMost, accuracyMost)
    state.tables[kind] = table
    return length
  }
  return 0
}

/** Returns how many literals it took. */
function copyAll(source: BackwardBits, count: number, literals: Uint8Array, state: SequenceState, target: Target): number {
  const { literals: byLiterals, offsets: byOffset, matches: byMatch } = state.tables
  if (!byLiterals || !byOffset || !byMatch) throw new DamagedZstd('a table is used before it is told')
  let inLiterals = source.take(byLiterals.accuracy)
  let inOffset = source.take(byOffset.accuracy)
  let inMatch = source.take(byMatch.accuracy)
  let taken = 0
  for (let left = count; ; left--) {
    const offsetCode = byOffset.symbols[inOffset] ?? 0
    const matchCode = byMatch.symbols[inMatch] ?? 0
    const literalsCode = byLiterals.symbols[inLiterals] ?? 0
    if (offsetCode > OFFSET_CODE_MOST) throw new DamagedZstd('a copy is from before the start')
    // Two parts: a piece of the stream has 25 bits at most.
    const upper = Math.max(0, offsetCode - 16)
    const value = 2 ** offsetCode + source.take(upper) * 2 ** (offsetCode - upper) + source.take(offsetCode - upper)
    const match = (MATCHES.bases[matchCode] ?? 0) + source.take(MATCHES.bits[matchCode] ?? 0)
    const fresh = (LITERALS.bases[literalsCode] ?? 0) + source.take(LITERALS.bits[literalsCode] ?? 0)
    if (source.left < 0 || taken + fresh > literals.length) throw new DamagedZstd('sequences are cut off')
    append(literals, taken, taken + fresh, target)
    taken += fresh
    copy(distanceOf(value, fresh === 0, state.repeated), match, target)
    if (left === 1) break
    inLiterals = (byLiterals.bases[inLiterals] ?? 0) + source.take(byLiterals.bits[inLiterals] ?? 0)
    inMatch = (byMatch.bases[inMatch] ?? 0) + source.take(byMatch.bits[inMatch] ?? 0)
    inOffset = (byOffset.bases[inOffset] ?? 0) + source.take(byOffset.bits[inOffset] ?? 0)
  }
  if (source.left !== 0) throw new DamagedZstd('sequences do not fill their stream')
  return taken
}

/** How far back a copy begins; 1 to 3 name one of the last distances, another one when no literals go before. */
function distanceOf(value: number, alone: boolean, repeated: number[]): number {
  const [first = 0, second = 0, third = 0] = repeated
  const place = value > 3 ? 3 : value - 1 + (alone ? 1 : 0)
  if (place === 0) return first
  const distance = value > 3 ? value - 3 : place === 1 ? second : place === 2 ? third : first - 1
  if (place > 1) repeated[2] = second
  repeated[1] = first
  repeated[0] = distance
  return distance
}

function append(literals: Uint8Array, from: number, to: number, target: Target): void {
  const { bytes, at } = target
  if (to - from > target.end - at) throw new DamagedZstd('a block is larger than it may be')
  if (to - from >= WORTH_A_VIEW) bytes.set(literals.subarray(from, to), at)
  else for (let i = from; i < to; i++) bytes[at + i - from] = literals[i] ?? 0
  target.at = at + to - from
}

function copy(distance: number, length: number, target: Target): void {
  const { bytes, at } = target
  if (distance <= 0 || distance > at) throw new DamagedZstd('a copy is from before the start')
  if (length > target.end - at) throw new DamagedZstd('a block is larger than it may be')
  target.at = at + length
  if (distance >= length && length >= WORTH_A_VIEW) {
    bytes.copyWithin(at, at - distance, at - distance + length)
    return
  }
  // Where they overlap it copies what it has just written.
  for (let i = at; i < at + length; i++) bytes[i] = bytes[i - distance] ?? 0
}
