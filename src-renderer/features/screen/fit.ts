// How large a screen is drawn: fitted into its box, or one pixel of the guest on one pixel of this display, whatever the
// scale of the desktop is. Sizes are in CSS pixels unless they say "device".
// Invariant: at 1:1 size and place are whole device pixels, or the picture would be blurred. Runs in: renderer, tests; pure.

export interface Size {
  readonly width: number
  readonly height: number
}

export interface Place extends Size {
  readonly left: number
  readonly top: number
}

/** The inside of an element, and where on the page it begins: not always at a whole device pixel. */
export interface Box extends Size {
  readonly pageLeft: number
  readonly pageTop: number
}

export type ScaleMode = 'fit' | 'exact'

const whole = (value: number, ratio: number): number => Math.max(0, Math.round(value * ratio)) / ratio

/** A place in the box that is not before its start, at a whole device pixel of the page. */
const aligned = (offset: number, origin: number, ratio: number): number => {
  const first = Math.ceil(origin * ratio - 1e-3) + 0 // + 0: not the negative one
  return Math.max(first, Math.round((origin + offset) * ratio)) / ratio - origin
}

/** Where the picture goes in its box. In `exact` it may be larger than the box, which then scrolls. */
export function placeOf(mode: ScaleMode, guest: Size, box: Box, devicePixelRatio: number): Place {
  if (guest.width === 0 || guest.height === 0 || box.width <= 0 || box.height <= 0) {
    return { left: 0, top: 0, width: box.width, height: box.height }
  }
  const scale = scaleOf(mode, guest, box, devicePixelRatio)
  const width = mode === 'exact' ? guest.width / devicePixelRatio : whole(guest.width * scale, devicePixelRatio)
  const height = mode === 'exact' ? guest.height / devicePixelRatio : whole(guest.height * scale, devicePixelRatio)
  return {
    width,
    height,
    left: aligned((box.width - width) / 2, box.pageLeft, devicePixelRatio),
    top: aligned((box.height - height) / 2, box.pageTop, devicePixelRatio),
  }
}

/** CSS pixels for each of the guest's. */
export function scaleOf(mode: ScaleMode, guest: Size, box: Size, devicePixelRatio: number): number {
  if (mode === 'exact') return 1 / devicePixelRatio
  return Math.min(box.width / guest.width, box.height / guest.height)
}

/** What is said beside it: 100 % is pixel on pixel. */
export function percentOf(mode: ScaleMode, guest: Size, box: Size, devicePixelRatio: number): number {
  return scaleOf(mode, guest, box, devicePixelRatio) * devicePixelRatio
}
