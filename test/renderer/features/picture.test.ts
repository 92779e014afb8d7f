// The picture a window puts together from rectangles, beside noVNC's own decoder and a canvas that is drawn on pixel by pixel.
// Runs in: vitest, plain Node.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Picture } from '../../../src-renderer/features/screen/picture'
import { type ReceiveQueue, rawDecoder } from '../../../src-renderer/features/screen/raw-decoder'
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

/** A queue whose bytes begin somewhere in its memory, as noVNC's do. */
class Queue implements ReceiveQueue {
  private at: number
  private readonly all: Uint8Array
  held: number

  constructor(bytes: Uint8Array, first: number) {
    this.all = new Uint8Array(first + bytes.length)
    this.all.set(bytes, first)
    this.at = first
    this.held = bytes.length
  }

  get left(): number {
    return this.held
  }

  rQwait(_what: string, bytes: number): boolean {
    return this.held < bytes
  }

  rQshiftBytes(bytes: number, copy: boolean): Uint8Array {
    this.at += bytes
    this.held -= bytes
    return copy ? this.all.slice(this.at - bytes, this.at) : this.all.subarray(this.at - bytes, this.at)
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
  const picture = new Picture(canvas, canvas)
  picture.resize(width, height)
  canvas.areas = []
  return { picture, canvas }
}

interface NovncDecoder {
  decodeRect(x: number, y: number, w: number, h: number, queue: ReceiveQueue, display: Picture, depth: number): boolean
}

async function novnc(): Promise<NovncDecoder> {
  // Not of the package's entry: by its file.
  const path: string = '../../../node_modules/@novnc/novnc/core/decoders/raw.js'
  const { default: Decoder } = await import(path)
  return new Decoder()
}

describe('a raw rectangle', () => {
  it.each([0, 1, 4, 16, 19])('at byte %i of the queue is drawn as by noVNC', async (first) => {
    const next = randomFrom(first + 1)
    const bytes = Uint8Array.from({ length: 13 * 7 * 4 }, () => next(256))
    const [ours, theirs] = [pictureOf(20, 20), pictureOf(20, 20)]
    expect((await novnc()).decodeRect(3, 5, 13, 7, new Queue(bytes.slice(), first), theirs.picture, 24)).toBe(true)
    const queue = new Queue(bytes, first)
    expect(rawDecoder.decodeRect(3, 5, 13, 7, queue, ours.picture)).toBe(true)
    for (const { picture } of [ours, theirs]) picture.flip()
    expect(ours.canvas.shown).toEqual(theirs.canvas.shown)
    expect(ours.canvas.shown.subarray((5 * 20 + 3) * 4, (5 * 20 + 3) * 4 + 3)).toEqual(bytes.subarray(0, 3))
    expect(queue.left).toBe(0)
  })

  it('is waited for whole, and an empty one is done', () => {
    const { picture, canvas } = pictureOf(8, 8)
    const queue = new Queue(new Uint8Array(8 * 8 * 4), 0)
    queue.held = 8 * 8 * 4 - 1
    expect(rawDecoder.decodeRect(0, 0, 8, 8, queue, picture)).toBe(false)
    picture.flip()
    expect([queue.left, canvas.areas]).toEqual([8 * 8 * 4 - 1, []])
    queue.held++
    expect(rawDecoder.decodeRect(0, 0, 8, 8, queue, picture)).toBe(true)
    expect(rawDecoder.decodeRect(0, 0, 0, 8, queue, picture)).toBe(true)
  })
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
