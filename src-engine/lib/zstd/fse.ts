// Tables of finite state entropy: a state is a symbol, and says how many bits lead to the next state.
// Spec: RFC 8878, section 4.1. Runs in: anything.
import { DamagedZstd, ForwardBits, highestBit } from './bits'

export interface FseTable {
  /** Bits of a state. */
  readonly accuracy: number
  /** By state. */
  readonly symbols: Uint8Array
  readonly bits: Uint8Array
  readonly bases: Uint16Array
}

const ACCURACY_LEAST = 5

/** The table for shares that add up to 2^accuracy; -1: less than one, which counts as one. */
export function fseTable(shares: readonly number[], accuracy: number): FseTable {
  const size = 1 << accuracy
  const symbols = new Uint8Array(size)
  const next = new Uint16Array(shares.length)
  let high = size
  for (const [symbol, share] of shares.entries()) {
    if (share === -1) symbols[--high] = symbol
    next[symbol] = Math.abs(share)
  }
  const step = (size >> 1) + (size >> 3) + 3
  let at = 0
  for (const [symbol, share] of shares.entries()) {
    for (let i = 0; i < share; i++) {
      symbols[at] = symbol
      do at = (at + step) & (size - 1)
      while (at >= high)
    }
  }
  const bits = new Uint8Array(size)
  const bases = new Uint16Array(size)
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] ?? 0
    const number = next[symbol] ?? 0
    next[symbol] = number + 1
    const count = accuracy - highestBit(number)
    bits[state] = count
    bases[state] = (number << count) - size
  }
  return { accuracy, symbols, bits, bases }
}

/** A table that always says the same. */
export function constantTable(symbol: number): FseTable {
  return { accuracy: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), bases: new Uint16Array(1) }
}

/** A table's description at the start of the bytes, and how long it is. */
export function readFse(bytes: Uint8Array, symbolsMost: number, accuracyMost: number): { table: FseTable; length: number } {
  const source = new ForwardBits(bytes)
  const accuracy = source.take(4) + ACCURACY_LEAST
  if (accuracy > accuracyMost) throw new DamagedZstd('a table is larger than it may be')
  const shares: number[] = []
  let left = 1 << accuracy
  while (left > 0) {
    const share = readShare(source, left)
    left -= Math.abs(share)
    shares.push(share)
    for (let more = share === 0 ? 3 : 0; more === 3; ) {
      more = source.take(2)
      for (let i = 0; i < more; i++) shares.push(0)
    }
    if (shares.length > symbolsMost) throw new DamagedZstd('a table has symbols that are none')
  }
  return { table: fseTable(shares, accuracy), length: source.used }
}

/** One share, of `left` that are not given out: small ones take a bit less. */
function readShare(source: ForwardBits, left: number): number {
  const most = left + 1
  const bits = highestBit(most) + 1
  const value = source.peek(bits)
  const low = value & ((1 << (bits - 1)) - 1)
  const spare = (1 << bits) - 1 - most
  if (low < spare) {
    source.skip(bits - 1)
    return low - 1
  }
  source.skip(bits)
  return (value === low ? value : value - spare) - 1
}
