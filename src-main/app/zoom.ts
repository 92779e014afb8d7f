// How large a zoomed page's window is at least: its view's smallest size times the zoom, as at a larger scale of the screen, so that a page
// never gets fewer of its own pixels than it was drawn for. Only a screen with less room has less.
// Runs in: main and tests, plain Node.

export type ZoomStep = 'in' | 'out' | 'reset'

export interface Size {
  readonly width: number
  readonly height: number
}

export interface Box extends Size {
  readonly x: number
  readonly y: number
}

/** As Electron's own entries of the menu bar would do it. */
const STEP = 0.5

export function levelAfter(level: number, step: ZoomStep): number {
  return step === 'reset' ? 0 : level + (step === 'in' ? STEP : -STEP)
}

export function leastSize(least: Size, factor: number, area: Size): Size {
  const length = (own: number, room: number): number => Math.min(Math.ceil(own * Math.max(factor, 1)), room)
  return { width: length(least.width, area.width), height: length(least.height, area.height) }
}

/** The window with at least this size; it moves only as far as it would leave the screen by growing. */
export function grown(window: Box, least: Size, area: Box): Box {
  const width = Math.max(window.width, least.width)
  const height = Math.max(window.height, least.height)
  const place = (at: number, more: number, end: number): number => (more > 0 ? Math.min(at, end) : at)
  return {
    width,
    height,
    x: place(window.x, width - window.width, area.x + area.width - width),
    y: place(window.y, height - window.height, area.y + area.height - height),
  }
}
