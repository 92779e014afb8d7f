// A guest's screen as viewers see it (a PixelSource of rfb/): black in the size main chose until the frontend is there, then the
// guest's pixels. Outlives frontends: a rebooting kernel leaves its last picture until the next one draws.
// What the guest says it has drawn only tells where to look; without such news it is looked at ten times a second while somebody
// watches. Invariant: `fetch` reads rows [top, bottom) that were damaged since the last one, and nothing else.
// Runs in: main thread of the domain's process.
import type { Mode, Surface } from './surface'

const LOOK_MS = 100

export class Framebuffer {
  width: number
  height: number
  private surface: Surface | undefined
  private mode: Mode
  private top = 0
  private bottom: number
  private left = 0
  private right: number
  private silent = false
  private looked = false
  private timer: ReturnType<typeof setInterval> | undefined
  private listener: (() => number) | undefined
  private collect: (() => void) | undefined

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    this.mode = { width, height, stride: width * 4, offset: 0 }
    this.bottom = height
    this.right = width
  }

  get connected(): boolean {
    return this.surface !== undefined
  }

  /** The frontend is there. `silent`: it does not tell what it draws. `collect` is asked for what it has told before its pixels are fetched. */
  show(surface: Surface, mode: Mode, silent: boolean, collect: () => void): void {
    this.surface = surface
    this.silent = silent
    this.collect = collect
    this.setMode(mode)
    this.watch()
    this.tell()
  }

  /** `tell` follows. */
  setMode(mode: Mode): void {
    this.mode = mode
    this.width = mode.width
    this.height = mode.height
    this.damage(0, 0, mode.width, mode.height)
  }

  /** Only the surface that is shown is taken away: a later frontend may have come already. */
  hide(surface: Surface): void {
    if (this.surface !== surface) return
    this.surface = undefined
    this.collect = undefined
    this.silent = false
    this.watch()
  }

  /** The guest has drawn there; numbers are its own. `tell` follows after the last one. */
  damage(x: number, y: number, width: number, height: number): void {
    if (width <= 0 || height <= 0 || x >= this.width || y >= this.height || x + width <= 0 || y + height <= 0) return
    const empty = this.top >= this.bottom
    const left = Math.max(0, x)
    const top = Math.max(0, y)
    const right = Math.min(this.width, x + width)
    const bottom = Math.min(this.height, y + height)
    this.left = empty ? left : Math.min(this.left, left)
    this.top = empty ? top : Math.min(this.top, top)
    this.right = empty ? right : Math.max(Math.min(this.right, this.width), right)
    this.bottom = empty ? bottom : Math.max(Math.min(this.bottom, this.height), bottom)
  }

  /** Gives for how many milliseconds nothing more need be told. */
  tell(): number {
    return this.listener?.() ?? 0
  }

  // --- for the server ---

  look(): void {
    this.collect?.()
  }

  fetch(pixels: Uint32Array, changedRows: Uint8Array): void {
    const { surface, mode, left } = this
    const right = Math.min(this.right, this.width)
    const bottom = Math.min(this.bottom, this.height)
    if (surface) {
      for (let y = this.top; y < bottom; y++) if (surface.fetchRow(mode, y, left, right, pixels)) changedRows[y] = 1
    }
    this.top = 0
    this.bottom = 0
  }

  onChange(listener: () => number): void {
    this.listener = listener
  }

  watched(on: boolean): void {
    this.looked = on
    this.watch()
  }

  private watch(): void {
    clearInterval(this.timer)
    if (!this.silent || !this.looked) return
    this.timer = setInterval(() => {
      this.damage(0, 0, this.width, this.height)
      this.tell()
    }, LOOK_MS)
  }
}
