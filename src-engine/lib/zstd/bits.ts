// Bits of a zstd stream, in its two ways: tables are read forward from the lowest bit, codes backward from a marker in the last byte.
// Spec: RFC 8878, sections 4.1 and 4.2. Invariant: nothing outside the given bytes is ever looked at.
// Runs in: anything.

/** What is thrown for a stream that no encoder makes; `decoder.ts` says who catches it. */
export class DamagedZstd extends Error {}

const LOG = 31

/** The place of the highest bit of a number that is not zero. */
export function highestBit(value: number): number {
  return LOG - Math.clz32(value)
}

/** 25 bits and more from any bit on; zeroes beyond the end. */
function word(bytes: Uint8Array, bit: number): number {
  const at = bit >> 3
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
  return low >>> (bit & 7)
}

export class ForwardBits {
  private readonly bytes: Uint8Array
  private bit = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** The next bits, at most 16, which are not taken. */
  peek(count: number): number {
    return word(this.bytes, this.bit) & ((1 << count) - 1)
  }

  skip(count: number): void {
    this.bit += count
    if (this.bit > 8 * this.bytes.length) throw new DamagedZstd('a table is cut off')
  }

  take(count: number): number {
    const value = this.peek(count)
    this.skip(count)
    return value
  }

  /** Whole bytes that were begun. */
  get used(): number {
    return (this.bit + 7) >> 3
  }
}

export class BackwardBits {
  private readonly bytes: Uint8Array
  /** Bits that are left; below zero, so many were taken that are not there. */
  left: number

  constructor(bytes: Uint8Array) {
    const last = bytes[bytes.length - 1] ?? 0
    if (last === 0) throw new DamagedZstd('a stream of bits has no end')
    this.bytes = bytes
    this.left = 8 * (bytes.length - 1) + highestBit(last)
  }

  /** The next bits, at most 25; what is not there is zero. */
  peek(count: number): number {
    const from = this.left - count
    const mask = (1 << count) - 1
    if (from >= 0) return word(this.bytes, from) & mask
    return this.left <= 0 ? 0 : (word(this.bytes, 0) & ((1 << this.left) - 1)) << -from
  }

  take(count: number): number {
    const value = this.peek(count)
    this.left -= count
    return value
  }
}
