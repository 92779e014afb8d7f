// Pictures for tests of the screen: noise from a seed, text-like strokes, flat areas. Runs in: vitest, plain Node.
import type { PixelSource } from '../../src-engine/rfb/pixel-source'
import { randomFrom } from './random'

/** Fractions from 0 to below 1. */
export function random(seed: number): () => number {
  const whole = randomFrom(seed)
  return () => whole(0x1000_0000) / 0x1000_0000
}

/** A source that tests draw on. */
export class Canvas implements PixelSource {
  pixels: Uint32Array
  private listener: () => number = () => 0
  looked = 0

  constructor(
    public width: number,
    public height: number,
  ) {
    this.pixels = new Uint32Array(width * height)
  }

  fetch(pixels: Uint32Array, changedRows: Uint8Array): void {
    pixels.set(this.pixels)
    changedRows.fill(1)
  }

  onChange(listener: () => number): void {
    this.listener = listener
  }

  watched(on: boolean): void {
    this.looked += on ? 1 : -1
  }

  tell(): void {
    this.listener()
  }

  resize(width: number, height: number): void {
    this.width = width
    this.height = height
    this.pixels = new Uint32Array(width * height)
    this.tell()
  }

  noise(next: () => number, x = 0, y = 0, width = this.width, height = this.height): void {
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) this.pixels[row * this.width + column] = Math.floor(next() * 2 ** 24)
    }
  }

  fill(colour: number, x = 0, y = 0, width = this.width, height = this.height): void {
    for (let row = y; row < y + height; row++) {
      this.pixels.fill(colour, row * this.width + x, row * this.width + x + width)
    }
  }

  /** A line of 16 rows that looks like text: strokes of one colour (or a few) on black. */
  text(next: () => number, line: number, colours: readonly number[] = [0xaaaaaa]): void {
    this.fill(0, 0, line * 16, this.width, 16)
    for (let at = 0; at + 8 <= this.width; at += 8) {
      const colour = colours[Math.floor(next() * colours.length)] ?? 0
      for (let row = 2; row < 14; row++) {
        const bits = Math.floor(next() * 256)
        for (let x = 0; x < 7; x++) {
          if ((bits >> x) & 1) this.pixels[(line * 16 + row) * this.width + at + x] = colour
        }
      }
    }
  }

  scroll(rows: number): void {
    this.pixels.copyWithin(0, rows * this.width)
  }
}
