// Pixels of 32 bits in one of the two usual orders, with 255 in the byte that is no colour: what a canvas takes as it is. For frames of
// which every pixel is new a loop in JavaScript is the dearest step there is (1.6 ms for 1024x768, a copy 0.1), so it is a WebAssembly
// module with vectors of four pixels; a stretch of rows is copied into its memory, turned there, and copied to the message.
// Where the processor has no such instructions the loop does it. Invariant: both give the same bytes. Runs in: anything.
import type { Output } from '../output'
import type { Rectangle } from '../tile-set'

const PAGES = 4
const PAGE_BYTES = 64 * 1024
const MEMORY_PIXELS = (PAGES * PAGE_BYTES) / 4

/** Which byte of a vector goes where; 16 is one of 255. */
const LANES = {
  same: [0, 1, 2, 16, 4, 5, 6, 16, 8, 9, 10, 16, 12, 13, 14, 16],
  exchanged: [2, 1, 0, 16, 6, 5, 4, 16, 10, 9, 8, 16, 14, 13, 12, 16],
} as const
export type PixelOrder = keyof typeof LANES

/** Turns the first pixels of `memory`, whole vectors of them. */
interface Turner {
  readonly memory: Uint8Array
  turn(bytes: number): void
}

const turners: { [order in PixelOrder]?: Turner | null } = {}

export function encodeOpaque(out: Output, pixels: Uint32Array, stride: number, area: Rectangle, order: PixelOrder): void {
  const { x, y, width, height } = area
  out.need(4 * width * height)
  if (turners[order] === undefined) turners[order] = makeTurner(order)
  const turner = turners[order]
  // Rows that lie side by side are one stretch.
  const whole = width === stride
  const [length, stretches] = whole ? [width * height, 1] : [width, height]
  for (let line = 0; line < stretches; line++) {
    const from = (y + line) * stride + x
    if (turner) byVectors(turner, out, pixels, from, from + length)
    else byPixels(out, pixels, from, from + length, order)
  }
}

function byVectors({ memory, turn }: Turner, out: Output, pixels: Uint32Array, from: number, end: number): void {
  for (let at = from; at < end; at += MEMORY_PIXELS) {
    const bytes = 4 * Math.min(MEMORY_PIXELS, end - at)
    memory.set(new Uint8Array(pixels.buffer, pixels.byteOffset + 4 * at, bytes))
    turn(bytes)
    out.bytes.set(bytes === memory.length ? memory : memory.subarray(0, bytes), out.at)
    out.at += bytes
  }
}

export function byPixels(out: Output, pixels: Uint32Array, from: number, end: number, order: PixelOrder): void {
  for (let at = from; at < end; at++) {
    const pixel = pixels[at] ?? 0
    const turned = order === 'same' ? pixel : ((pixel & 0xff) << 16) | (pixel & 0xff00) | ((pixel >>> 16) & 0xff)
    out.pixel((turned | 0xff000000) >>> 0, 4)
  }
}

function makeTurner(order: PixelOrder): Turner | null {
  const bytes = moduleBytes(LANES[order])
  if (!WebAssembly.validate(bytes)) return null
  const { memory, turn } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports
  if (!(memory instanceof WebAssembly.Memory) || typeof turn !== 'function') return null
  return { memory: new Uint8Array(memory.buffer), turn: (end) => void Reflect.apply(turn, undefined, [end]) }
}

/** A module with a memory and one function of the end in bytes, a loop from 0 on. Spec: WebAssembly 2.0, section 5 (binary format). */
function moduleBytes(lanes: readonly number[]): Uint8Array {
  const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)]
  const section = (id: number, ...content: readonly number[]): number[] => [id, content.length, ...content]
  const body = [
    ...[1, 1, 0x7f], // a local of type i32: where we are
    ...[0x03, 0x40], // loop
    ...[0x20, 1, 0x20, 1], // local.get twice: for the store and the load
    ...[0xfd, 0x00, 2, 0], // v128.load
    ...[0xfd, 0x0c, ...Array<number>(16).fill(0xff)], // v128.const
    ...[0xfd, 0x0d, ...lanes], // i8x16.shuffle
    ...[0xfd, 0x0b, 2, 0], // v128.store
    ...[0x20, 1, 0x41, 16, 0x6a, 0x22, 1], // on by 16
    ...[0x20, 0, 0x49, 0x0d, 0], // below the end: again
    ...[0x0b, 0x0b],
  ]
  return Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 1, 0x7f, 0),
    ...section(3, 1, 0),
    ...section(5, 1, 0, PAGES),
    ...section(7, 2, ...name('memory'), 2, 0, ...name('turn'), 0, 0),
    ...section(10, 1, body.length, ...body),
  )
}
