// The sizes a screen can have, one row each, and which one a device is. Runs in: renderer and tests; pure.

import type { Display } from '../../../src-main/public/device'

export const DISPLAY_MODES = [
  [800, 600],
  [1024, 768],
  [1280, 720],
  [1280, 1024],
  [1440, 900],
  [1920, 1080],
  [1920, 1200],
] as const

export const DEFAULT_DISPLAY: Display = { kind: 'vfb', width: 1024, height: 768 }

export function modeText(display: { readonly width: number; readonly height: number }): string {
  return `${display.width} × ${display.height}`
}

/** A mode as a key of a list, and back. */
export function modeKey(display: { readonly width: number; readonly height: number }): string {
  return `${display.width}x${display.height}`
}

export function displayOfKey(key: string): Display | undefined {
  const mode = DISPLAY_MODES.find(([width, height]) => modeKey({ width, height }) === key)
  return mode === undefined ? undefined : { kind: 'vfb', width: mode[0], height: mode[1] }
}
