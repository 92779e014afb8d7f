// One refcount in a refcount block: 1, 2, 4, 8, 16, 32 or 64 bits wide. Below a byte the first entry is in the lowest bits.
// Spec: QEMU docs/interop/qcow2.txt, "Host cluster management". Runs in: the image's thread.
import { setU64, u64, viewOf } from '../views'

export interface RefcountWidth {
  readonly most: number
  get(block: Uint8Array, index: number): number
  set(block: Uint8Array, index: number, value: number): void
}

function narrow(bits: 1 | 2 | 4): RefcountWidth {
  const most = 2 ** bits - 1
  const perByte = 8 / bits
  return {
    most,
    get: (block, index) => ((block[Math.floor(index / perByte)] ?? 0) >> ((index % perByte) * bits)) & most,
    set(block, index, value) {
      const at = Math.floor(index / perByte)
      const shift = (index % perByte) * bits
      block[at] = ((block[at] ?? 0) & ~(most << shift)) | (value << shift)
    },
  }
}

const WIDTHS: readonly RefcountWidth[] = [
  narrow(1),
  narrow(2),
  narrow(4),
  {
    most: 0xff,
    get: (block, index) => block[index] ?? 0,
    set(block, index, value) {
      block[index] = value
    },
  },
  {
    most: 0xffff,
    get: (block, index) => ((block[2 * index] ?? 0) << 8) | (block[2 * index + 1] ?? 0),
    set(block, index, value) {
      block[2 * index] = value >> 8
      block[2 * index + 1] = value & 0xff
    },
  },
  {
    most: 0xffff_ffff,
    get: (block, index) => viewOf(block).getUint32(4 * index),
    set: (block, index, value) => viewOf(block).setUint32(4 * index, value),
  },
  {
    most: Number.MAX_SAFE_INTEGER,
    get: (block, index) => u64(viewOf(block), 8 * index),
    set: (block, index, value) => setU64(viewOf(block), 8 * index, value),
  },
]

/** `order` is refcount_order of the header, 0 to 6. */
export function refcountWidth(order: number): RefcountWidth {
  const width = WIDTHS[order]
  if (!width) throw new Error(`refcount order ${order} passed the header's check`)
  return width
}
