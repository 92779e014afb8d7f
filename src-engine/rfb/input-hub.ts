// Keys and pointer of all viewers joined into the one keyboard and the one pointer a guest has. A key is down as long as any
// viewer holds it; the pointer is where the last one moved it.
// Invariant: the guest is told a release only after a press, and for every press one release in the end.
// Runs in: the server's process.
import { KEY } from '../public/xen/io/kbdif'
import type { KeySink } from './keyboard'

/** The guest's side. Coordinates are pixels of the screen; `wheel` counts steps, positive away from the user. */
export interface InputSink extends KeySink {
  pointer(x: number, y: number, wheel: number): void
}

/** Bit of PointerEvent's mask → button. 3 and 4 are the wheel, 5 and 6 the one to the sides, which the guest does not have. */
const BUTTONS: readonly (readonly [bit: number, code: number])[] = [
  [0, KEY.BTN_LEFT],
  [1, KEY.BTN_MIDDLE],
  [2, KEY.BTN_RIGHT],
  [7, KEY.BTN_SIDE],
]
const WHEEL_UP = 8
const WHEEL_DOWN = 16

export class InputHub {
  private readonly sink: InputSink
  private readonly holders = new Map<number, Set<ViewerInput>>()
  private x = -1
  private y = -1

  constructor(sink: InputSink) {
    this.sink = sink
  }

  viewer(): ViewerInput {
    return new ViewerInput(this)
  }

  key(viewer: ViewerInput, code: number, down: boolean): void {
    const holders = this.holders.get(code) ?? new Set()
    if (down) {
      this.holders.set(code, holders.add(viewer))
      this.sink.key(code, true)
    } else if (holders.delete(viewer) && holders.size === 0) {
      this.holders.delete(code)
      this.sink.key(code, false)
    }
  }

  move(x: number, y: number, wheel: number): void {
    if (x === this.x && y === this.y && wheel === 0) return
    this.x = x
    this.y = y
    this.sink.pointer(x, y, wheel)
  }
}

/** One viewer's share. */
export class ViewerInput implements KeySink {
  private readonly hub: InputHub
  private mask = 0

  constructor(hub: InputHub) {
    this.hub = hub
  }

  key(code: number, pressed: boolean): void {
    this.hub.key(this, code, pressed)
  }

  /** A PointerEvent: moved first, then the buttons that changed. */
  pointer(mask: number, x: number, y: number): void {
    const began = mask & ~this.mask
    this.hub.move(x, y, (began & WHEEL_UP ? 1 : 0) - (began & WHEEL_DOWN ? 1 : 0))
    for (const [bit, code] of BUTTONS) {
      if (((mask ^ this.mask) >> bit) & 1) this.key(code, ((mask >> bit) & 1) === 1)
    }
    this.mask = mask
  }

  releaseButtons(): void {
    for (const [bit, code] of BUTTONS) if ((this.mask >> bit) & 1) this.key(code, false)
    this.mask = 0
  }
}
