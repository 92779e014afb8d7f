// Raw rectangles through our decoder and through noVNC's own, from its own queue of bytes: the same pixels. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { RawDecoder, type ReceiveQueue, type RectangleDecoder } from '../../../src-renderer/features/screen/raw-decoder'
import { randomFrom } from '../../support/random'

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

/** Keeps what is drawn as a canvas does. */
class Canvas {
  readonly pixels: Uint8Array
  calls = 0

  constructor(
    readonly width: number,
    height: number,
  ) {
    this.pixels = new Uint8Array(width * height * 4)
  }

  blitImage(x: number, y: number, width: number, height: number, pixels: Uint8Array, offset: number): void {
    this.calls++
    const given = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset + offset, width * height * 4)
    for (let line = 0; line < height; line++) {
      this.pixels.set(given.subarray(line * width * 4, (line + 1) * width * 4), ((y + line) * this.width + x) * 4)
    }
  }
}

async function novnc(): Promise<RectangleDecoder> {
  // Not of the package's entry: by its file.
  const path: string = '../../../node_modules/@novnc/novnc/core/decoders/raw.js'
  const { default: Decoder } = await import(path)
  return new Decoder()
}

describe('a raw rectangle', () => {
  it.each([0, 1, 4, 16, 19])('at byte %i of the queue is drawn as by noVNC, in one go', async (first) => {
    const next = randomFrom(first + 1)
    const bytes = Uint8Array.from({ length: 13 * 7 * 4 }, () => next(256))
    const [ours, theirs] = [new Canvas(20, 20), new Canvas(20, 20)]
    const own = await novnc()
    expect(own.decodeRect(3, 5, 13, 7, new Queue(bytes, first), theirs, 24)).toBe(true)
    const queue = new Queue(bytes, first)
    expect(new RawDecoder(own).decodeRect(3, 5, 13, 7, queue, ours, 24)).toBe(true)
    expect(ours.pixels).toEqual(theirs.pixels)
    expect(queue.left).toBe(0)
    expect([ours.calls, theirs.calls]).toEqual([1, 7])
  })

  it('is waited for whole, and an empty one is done', async () => {
    const decoder = new RawDecoder(await novnc())
    const canvas = new Canvas(8, 8)
    const queue = new Queue(new Uint8Array(8 * 8 * 4), 0)
    queue.held = 8 * 8 * 4 - 1
    expect(decoder.decodeRect(0, 0, 8, 8, queue, canvas, 24)).toBe(false)
    expect([queue.left, canvas.calls]).toEqual([8 * 8 * 4 - 1, 0])
    queue.held++
    expect(decoder.decodeRect(0, 0, 8, 8, queue, canvas, 24)).toBe(true)
    expect(decoder.decodeRect(0, 0, 0, 8, queue, canvas, 24)).toBe(true)
  })
})
