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

export type ScaleMode = 'fit' | 'exact'

const whole = (value: number, ratio: number): number => Math.max(0, Math.round(value * ratio)) / ratio

/** Where the picture goes in its box. In `exact` it may be larger than the box, which then scrolls. */
export function placeOf(mode: ScaleMode, guest: Size, box: Size, devicePixelRatio: number): Place {
  if (guest.width === 0 || guest.height === 0 || box.width <= 0 || box.height <= 0) {
    return { left: 0, top: 0, width: box.width, height: box.height }
  }
  const scale = scaleOf(mode, guest, box, devicePixelRatio)
  const width = mode === 'exact' ? guest.width / devicePixelRatio : whole(guest.width * scale, devicePixelRatio)
  const height = mode === 'exact' ? guest.height / devicePixelRatio : whole(guest.height * scale, devicePixelRatio)
  return {
    width,
    height,
    left: whole((box.width - width) / 2, devicePixelRatio),
    top: whole((box.height - height) / 2, devicePixelRatio),
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
