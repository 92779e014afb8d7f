// The Huffman code of a block's literals: its tree as weights, and the streams coded with it.
// Spec: RFC 8878, section 4.2. Runs in: anything.
import { BackwardBits, DamagedZstd, highestBit } from './bits'
import { readFse } from './fse'

export interface HuffmanTable {
  /** Bits of the longest code. */
  readonly most: number
  /** By the next `most` bits. */
  readonly symbols: Uint8Array
  readonly bits: Uint8Array
}

const BITS_MOST = 11
const SYMBOLS_MOST = 256
const WEIGHTS_ACCURACY = 6

/** A tree's description at the start of the bytes, and how long it is. */
export function readHuffman(bytes: Uint8Array): { table: HuffmanTable; length: number } {
  const first = bytes[0] ?? 0
  // 128 and more: so many weights less 127 follow, of four bits each.
  const plain = first >= 128
  const length = 1 + (plain ? (first - 126) >> 1 : first)
  if (length > bytes.length) throw new DamagedZstd('a tree is cut off')
  const body = bytes.subarray(1, length)
  const weights = plain
    ? Array.from({ length: first - 127 }, (_, i) => ((body[i >> 1] ?? 0) >> (i & 1 ? 0 : 4)) & 15)
    : codedWeights(body)
  return { table: huffmanTable(weights), length }
}

/** Two states take turns, until there are no bits for the next. */
function codedWeights(bytes: Uint8Array): number[] {
  const { table, length } = readFse(bytes, BITS_MOST + 1, WEIGHTS_ACCURACY)
  const source = new BackwardBits(bytes.subarray(length))
  const weights: number[] = []
  let state = source.take(table.accuracy)
  let other = source.take(table.accuracy)
  if (source.left < 0) throw new DamagedZstd('a tree is cut off')
  while (weights.length < SYMBOLS_MOST) {
    weights.push(table.symbols[state] ?? 0)
    const next = (table.bases[state] ?? 0) + source.take(table.bits[state] ?? 0)
    state = other
    other = next
    if (source.left < 0) {
      weights.push(table.symbols[state] ?? 0)
      return weights
    }
  }
  throw new DamagedZstd('a tree has more symbols than there are')
}

/** The last symbol's weight is what is missing to a whole tree. */
function huffmanTable(told: readonly number[]): HuffmanTable {
  let sum = 0
  for (const weight of told) sum += weight > 0 ? 2 ** (weight - 1) : 0
  if (sum === 0 || told.length >= SYMBOLS_MOST) throw new DamagedZstd('a tree is none')
  const most = highestBit(sum) + 1
  const missing = 2 ** most - sum
  if (most > BITS_MOST || (missing & (missing - 1)) !== 0) throw new DamagedZstd('a tree is none')
  const weights = [...told, highestBit(missing) + 1]
  const symbols = new Uint8Array(1 << most)
  const bits = new Uint8Array(1 << most)
  let at = 0
  // The longest codes first.
  for (let weight = 1; weight <= most; weight++) {
    for (const [symbol, own] of weights.entries()) {
      if (own !== weight) continue
      const end = at + (1 << (weight - 1))
      symbols.fill(symbol, at, end)
      bits.fill(most + 1 - weight, at, end)
      at = end
    }
  }
  return { most, symbols, bits }
}

/** Fills the target from one stream, which holds just that. */
export function decodeHuffman(table: HuffmanTable, bytes: Uint8Array, target: Uint8Array): void {
  const source = new BackwardBits(bytes)
  const { most, symbols, bits } = table
  for (let i = 0; i < target.length && source.left >= 0; i++) {
    const code = source.peek(most)
    target[i] = symbols[code] ?? 0
    source.left -= bits[code] ?? 0
  }
  if (source.left !== 0) throw new DamagedZstd('literals do not fill their stream')
}
