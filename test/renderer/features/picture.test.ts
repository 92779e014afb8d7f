// The picture a window puts together from rectangles as our server packs them, beside pixels that are set one by one.
// Runs in: vitest, plain Node.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { encodeRaw } from '../../../src-engine/rfb/encode/raw'
import { TrleEncoder } from '../../../src-engine/rfb/encode/trle'
import { Output } from '../../../src-engine/rfb/output'
import { PixelConverter, SERVER_PIXEL_FORMAT } from '../../../src-engine/rfb/pixel-format'
import { Picture } from '../../../src-renderer/features/screen/picture'
import { RawDecoder } from '../../../src-renderer/features/screen/raw-decoder'
import { type ReceiveQueue, TrleDecoder } from '../../../src-renderer/features/screen/trle-decoder'
import { randomFrom } from '../../support/random'

/** As the browser's; Node has none. */
class PlainImageData {
  readonly data: Uint8ClampedArray
  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.data = new Uint8ClampedArray(width * height * 4)
  }
}
beforeAll(() => vi.stubGlobal('ImageData', PlainImageData))
afterAll(() => vi.unstubAllGlobals())

/** A queue whose bytes begin somewhere in its memory, as noVNC's do; `come` of them are there. */
class Queue implements ReceiveQueue {
  private at: number
  private readonly all: Uint8Array

  constructor(
    bytes: Uint8Array,
    private readonly first: number,
    public come = bytes.length,
  ) {
    this.all = new Uint8Array(first + bytes.length)
    this.all.set(bytes, first)
    this.at = first
  }

  rQlen(): number {
    return this.first + this.come - this.at
  }

  rQpeekBytes(bytes: number, copy: boolean): Uint8Array {
    return copy ? this.all.slice(this.at, this.at + bytes) : this.all.subarray(this.at, this.at + bytes)
  }

  rQskipBytes(bytes: number): void {
    this.at += bytes
  }
}

/** A canvas that only shows what it is given of an image. */
class Canvas {
  width = 0
  height = 0
  readonly style = { width: '', height: '' }
  shown = new Uint8Array(0)
  areas: number[][] = []

  putImageData(image: ImageData, x: number, y: number, left: number, top: number, width: number, height: number): void {
    if (this.shown.length !== this.width * this.height * 4) this.shown = new Uint8Array(this.width * this.height * 4)
    this.areas.push([left, top, width, height])
    expect([x, y, image.width, image.height]).toEqual([0, 0, this.width, this.height])
    for (let line = top; line < top + height; line++) {
      const from = (line * this.width + left) * 4
      this.shown.set(image.data.subarray(from, from + width * 4), from)
    }
  }
}

function pictureOf(width: number, height: number): { picture: Picture; canvas: Canvas } {
  const canvas = new Canvas()
  const picture = new Picture(canvas, canvas, canvas)
  picture.resize(width, height)
  canvas.areas = []
  return { picture, canvas }
}

/** As noVNC asks for pixels: red, green, blue. */
const BROWSER = new PixelConverter({ ...SERVER_PIXEL_FORMAT, redShift: 0, blueShift: 16 })

const STRIDE = 90
const AREA = { x: 7, y: 5, width: 77, height: 45 }

/** Noise, plain parts, and parts of few colours, of all numbers of them that a tile's form depends on. */
function drawing(seed: number): Uint32Array {
  const next = randomFrom(seed)
  const pixels = Uint32Array.from({ length: STRIDE * 60 }, () => next(2 ** 24))
  for (const colours of [1, 2, 3, 4, 5, 16, 17, 1, 2, 16]) {
    const palette = Array.from({ length: colours }, () => next(2 ** 24))
    const [left, top] = [next(60), next(40)]
    for (let y = top; y < top + 18; y++) {
      for (let x = left; x < left + 30; x++) pixels[y * STRIDE + x] = palette[next(colours)] ?? 0
    }
  }
  return pixels
}

const FORMS = [
  {
    form: 'trle',
    encode: (out: Output, pixels: Uint32Array) => new TrleEncoder().encode(out, pixels, STRIDE, AREA, BROWSER),
    decoder: () => new TrleDecoder(),
  },
  {
    form: 'raw',
    encode: (out: Output, pixels: Uint32Array) => encodeRaw(out, pixels, STRIDE, AREA, BROWSER, new Uint32Array(AREA.width)),
    decoder: () => new RawDecoder(),
  },
]

describe.each(FORMS)('a rectangle from our server, $form', ({ encode, decoder: makeDecoder }) => {
  function packed(pixels: Uint32Array): Uint8Array {
    const out = new Output()
    encode(out, pixels)
    return out.finish()
  }

  function expected(pixels: Uint32Array): Uint8Array {
    const all = new Uint8Array(100 * 60 * 4).map((_, i) => (i % 4 === 3 ? 255 : 0))
    for (let y = 0; y < AREA.height; y++) {
      for (let x = 0; x < AREA.width; x++) {
        const pixel = pixels[(AREA.y + y) * STRIDE + AREA.x + x] ?? 0
        all.set([pixel >>> 16, (pixel >>> 8) & 255, pixel & 255], ((9 + y) * 100 + 11 + x) * 4)
      }
    }
    return all
  }

  it.each([0, 1, 2, 3])('is drawn pixel by pixel, wherever its bytes begin: %i', (first) => {
    const pixels = drawing(first + 1)
    const { picture, canvas } = pictureOf(100, 60)
    const queue = new Queue(packed(pixels), first)
    expect(makeDecoder().decodeRect(11, 9, AREA.width, AREA.height, queue, picture)).toBe(true)
    picture.flip()
    expect(Buffer.compare(canvas.shown, expected(pixels))).toBe(0)
    expect(queue.rQlen()).toBe(0)
  })

  it('may come in pieces, and what follows it stays', () => {
    const decoder = makeDecoder()
    for (const seed of [7, 8]) {
      const pixels = drawing(seed)
      const bytes = packed(pixels)
      const { picture, canvas } = pictureOf(100, 60)
      const queue = new Queue(Uint8Array.of(...bytes, 1, 2, 3), 0, 0)
      const next = randomFrom(seed)
      while (!decoder.decodeRect(11, 9, AREA.width, AREA.height, queue, picture)) {
        expect(queue.come).toBeLessThan(bytes.length)
        queue.come = Math.min(queue.come + next(900), bytes.length + 3)
      }
      picture.flip()
      expect(queue.come - queue.rQlen()).toBe(bytes.length)
      expect(Buffer.compare(canvas.shown, expected(pixels))).toBe(0)
    }
  })

  it('is refused beyond the picture; an empty one is done', () => {
    const { picture } = pictureOf(20, 20)
    const decode = (width: number, height: number) =>
      makeDecoder().decodeRect(4, 4, width, height, new Queue(new Uint8Array(100), 0), picture)
    expect(() => decode(17, 1)).toThrow('beyond')
    expect(decode(0, 16)).toBe(true)
    expect(decode(16, 0)).toBe(true)
  })
})

it('a tile nobody makes is refused', () => {
  const { picture } = pictureOf(20, 20)
  const queue = new Queue(Uint8Array.of(128, 0, 0, 0), 0)
  expect(() => new TrleDecoder().decodeRect(4, 4, 2, 2, queue, picture)).toThrow('kind 128')
})

describe('a picture', () => {
  /** Every pixel another. */
  function numbered(width: number, height: number) {
    const made = pictureOf(width, height)
    made.picture.blitImage(
      0,
      0,
      width,
      height,
      new Uint8Array(Uint32Array.from({ length: width * height }, (_, i) => i).buffer),
      0,
    )
    made.picture.flip()
    made.canvas.areas = []
    return { ...made, words: () => new Uint32Array(made.canvas.shown.buffer) }
  }

  it.each([
    [0, 0, 0, 3],
    [0, 3, 0, 0],
    [0, 0, 3, 0],
    [3, 0, 0, 0],
    [2, 1, 4, 5],
    [4, 5, 2, 1],
  ])('copies from %i, %i to %i, %i, over itself too', (oldX, oldY, x, y) => {
    const { picture, words } = numbered(16, 16)
    const expected = words().slice()
    for (let line = 0; line < 9; line++) {
      for (let column = 0; column < 10; column++) expected[(y + line) * 16 + x + column] = (oldY + line) * 16 + oldX + column
    }
    picture.copyImage(oldX, oldY, x, y, 10, 9)
    picture.flip()
    expect(words()).toEqual(expected)
  })

  it('fills, and shows what an update changed in one go', () => {
    const { picture, canvas, words } = numbered(16, 16)
    picture.fillRect(2, 3, 4, 1, [1, 2, 3])
    picture.fillRect(10, 8, 1, 2, [4, 5, 6])
    picture.flip()
    picture.flip()
    expect(canvas.areas).toEqual([[2, 3, 9, 7]])
    expect([...canvas.shown.subarray((3 * 16 + 2) * 4, (3 * 16 + 2) * 4 + 4)]).toEqual([1, 2, 3, 255])
    expect(words()[3 * 16 + 1]).toBe(3 * 16 + 1)
    expect(words()[3 * 16 + 6]).toBe(3 * 16 + 6)
    expect(words()[9 * 16 + 10]).toBe(words()[8 * 16 + 10])
  })

  it('is black with a new size, and keeps what it has when it is told the old one', () => {
    const { picture, canvas, words } = numbered(16, 16)
    picture.resize(16, 16)
    expect([canvas.areas, words()[17]]).toEqual([[], 17])
    picture.resize(20, 10)
    expect([canvas.width, canvas.height, canvas.areas]).toEqual([20, 10, [[0, 0, 20, 10]]])
    expect(new Set(words())).toEqual(new Set([new Uint32Array(Uint8Array.of(0, 0, 0, 255).buffer)[0]]))
  })

  it('takes nothing from or to a place outside', () => {
    const { picture } = pictureOf(16, 16)
    expect(() => picture.blitImage(10, 0, 7, 1, new Uint8Array(28), 0)).toThrow('beyond')
    expect(() => picture.fillRect(0, 10, 1, 7, [])).toThrow('beyond')
    expect(() => picture.copyImage(0, 0, 8, 8, 9, 1)).toThrow('beyond')
    expect(() => picture.copyImage(8, 8, 0, 0, 9, 1)).toThrow('beyond')
  })

  it('is scaled into its box, and tells which pixel lies under a place', () => {
    const { picture, canvas } = pictureOf(800, 600)
    picture.autoscale(1200, 1200)
    expect(canvas.style).toEqual({ width: '1200px', height: '900px' })
    expect([picture.absX(1199.9), picture.absY(1.4), picture.absX(1.5)]).toEqual([799, 0, 1])
    picture.autoscale(0, 0)
    expect([picture.absX(5), picture.absY(5)]).toEqual([0, 0])
  })
})
