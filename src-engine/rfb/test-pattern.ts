// A screen without a guest: colour bars, a grey ramp, a block that moves while somebody looks, and the marks of what viewers do
// (a cross where the pointer was pressed, a square for each key). For tests.
// Runs in: anything that has timers.
import type { InputSink } from './input-hub'
import type { PixelSource } from './pixel-source'

const BARS = [0xffffff, 0xffff00, 0x00ffff, 0x00ff00, 0xff00ff, 0xff0000, 0x0000ff, 0x000000]
const BACKGROUND = 0x203040
const STEP_MS = 100
const BLOCK = 24
/** The last input that is remembered. */
const REMEMBERED = 256

export interface PatternInput {
  readonly kind: 'key' | 'pointer'
  readonly code: number
  readonly pressed: boolean
  readonly x: number
  readonly y: number
  readonly wheel: number
}

export class TestPattern implements PixelSource, InputSink {
  readonly width: number
  readonly height: number
  private readonly pixels: Uint32Array
  private readonly changed: Uint8Array
  private listener: (() => number) | undefined
  private timer: ReturnType<typeof setInterval> | undefined
  private block = 0
  private keys = 0
  private x = 0
  private y = 0
  /** What viewers did, the newest last. */
  readonly inputs: PatternInput[] = []

  /** `moving`: the block moves; without it the picture changes only by input. */
  constructor(
    width: number,
    height: number,
    private readonly moving = true,
  ) {
    this.width = width
    this.height = height
    this.pixels = new Uint32Array(width * height)
    this.changed = new Uint8Array(height).fill(1)
    this.fill(0, 0, width, height, BACKGROUND)
    const bar = Math.ceil(width / BARS.length)
    for (const [i, colour] of BARS.entries()) this.fill(i * bar, 0, bar, Math.floor(height / 2), colour)
    for (let x = 0; x < width; x++) this.fill(x, Math.floor(height / 2), 1, 32, Math.floor((x * 256) / width) * 0x010101)
  }

  fetch(pixels: Uint32Array, changedRows: Uint8Array): void {
    for (let y = 0; y < this.height; y++) {
      if (!this.changed[y]) continue
      changedRows[y] = 1
      pixels.set(this.pixels.subarray(y * this.width, (y + 1) * this.width), y * this.width)
    }
    this.changed.fill(0)
  }

  onChange(listener: () => number): void {
    this.listener = listener
  }

  watched(on: boolean): void {
    clearInterval(this.timer)
    if (on && this.moving) this.timer = setInterval(() => this.step(), STEP_MS)
  }

  key(code: number, pressed: boolean): void {
    this.remember({ kind: 'key', code, pressed, x: this.x, y: this.y, wheel: 0 })
    if (!pressed) return
    if (code >= 0x110) {
      this.fill(this.x - 4, this.y, 9, 1, 0xffffff)
      this.fill(this.x, this.y - 4, 1, 9, 0xffffff)
    } else {
      const perRow = Math.max(1, Math.floor(this.width / 12))
      const place = this.keys++ % (perRow * 4)
      this.fill(
        (place % perRow) * 12,
        this.height - 48 + Math.floor(place / perRow) * 12,
        10,
        10,
        (0x408040 + code * 0x010203) & 0xffffff,
      )
    }
    this.listener?.()
  }

  pointer(x: number, y: number, wheel: number): void {
    this.x = x
    this.y = y
    this.remember({ kind: 'pointer', code: 0, pressed: false, x, y, wheel })
  }

  /** Fills a rectangle, as a guest would draw; `tell` follows when all is drawn. */
  fill(x: number, y: number, width: number, height: number, colour: number): void {
    const left = Math.max(0, x)
    const right = Math.min(this.width, x + width)
    for (let row = Math.max(0, y); row < Math.min(this.height, y + height); row++) {
      if (left < right) this.pixels.fill(colour, row * this.width + left, row * this.width + right)
      this.changed[row] = 1
    }
  }

  tell(): void {
    this.listener?.()
  }

  private step(): void {
    const top = Math.floor(this.height / 2) + 40
    const room = Math.max(1, this.width - BLOCK)
    this.fill(this.block % room, top, BLOCK, BLOCK, BACKGROUND)
    this.block += 8
    this.fill(this.block % room, top, BLOCK, BLOCK, 0xff8000)
    this.listener?.()
  }

  private remember(input: PatternInput): void {
    this.inputs.push(input)
    if (this.inputs.length > REMEMBERED) this.inputs.shift()
  }
}
