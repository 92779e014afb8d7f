// Entries of L1 and L2 tables, as two 32-bit halves so that the read path makes no bigint.
// Spec: QEMU docs/interop/qcow2.txt, "Cluster mapping". Runs in: the image's thread.

/** High half: refcount is exactly one, so it may be written in place. */
export const COPIED = 0x8000_0000
/** High half: compressed cluster. */
export const COMPRESSED = 0x4000_0000
/** Low half: reads as zeroes, whatever is allocated (version 3, without extended L2). */
export const ZERO = 1

const HIGH_OFFSET = 0x00ff_ffff
const LOW_OFFSET = 0xffff_fe00

/** Host offset of an L1 entry or of a standard L2 entry. */
export function hostOffset(high: number, low: number): number {
  return (high & HIGH_OFFSET) * 0x1_0000_0000 + ((low & LOW_OFFSET) >>> 0)
}

export interface Compressed {
  readonly host: number
  /** At most this many bytes: whole sectors, so some may be beyond the stream's end. */
  readonly length: number
}

/** Where a compressed cluster lies: the lower 62-(clusterBits-8) bits are the offset, those above count further sectors. */
export function compressedAt(high: number, low: number, clusterBits: number): Compressed {
  const highBits = 62 - (clusterBits - 8) - 32
  const host = (high & (2 ** highBits - 1)) * 0x1_0000_0000 + low
  const sectors = ((high & 0x3fff_ffff) >>> highBits) + 1
  return { host, length: sectors * 512 - (host % 512) }
}
