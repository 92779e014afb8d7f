// The pointer that viewers draw themselves: a small ring, so that one sees where it is while the guest draws none of its own (a
// text console without gpm), and that hides little where the guest does. Spec: RFC 6143 section 7.8.1.
// Runs in: anything.
import type { Output } from './output'
import type { PixelConverter } from './pixel-format'
import { RFB_ENCODING } from './protocol'

const SHAPE = ['.www.', 'wbbbw', 'wb.bw', 'wbbbw', '.www.']

/** Writes the pseudo-rectangle of the cursor. */
export function encodeCursor(out: Output, converter: PixelConverter): void {
  const size = SHAPE.length
  const middle = size >> 1
  out.u16(middle)
  out.u16(middle)
  out.u16(size)
  out.u16(size)
  out.u32(RFB_ENCODING.cursor)
  out.need(size * size * converter.bytes)
  for (const row of SHAPE) for (const dot of row) out.pixel(converter.value(dot === 'w' ? 0xffffff : 0), converter.bytes)
  for (const row of SHAPE) out.u8(Array.from(row).reduce((bits, dot, x) => bits | (dot === '.' ? 0 : 0x80 >> x), 0))
}
