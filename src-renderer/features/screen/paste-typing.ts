// Types a pasted text into a guest, key by key, at a pace a guest follows; can be stopped. Invariant: no key stays down, whenever it
// is stopped; one text at a time. Runs in: domain window.

import type { KeyPress } from '../../../src-main/public/send-keys'
import type { Stroke } from './layouts'

/** Longer ones are for files, not for keyboards. */
export const LONGEST_PASTE = 16 * 1024
const PACE_MS = 12

const SHIFT: KeyPress = { keysym: 0xffe1, code: 'ShiftLeft' }
const ALT_GR: KeyPress = { keysym: 0xfe03, code: 'AltRight' }

/** The keys of one stroke, in the order they go down. */
export function keysOf(stroke: Stroke): KeyPress[] {
  const { keysym, code, shift, altGr } = stroke
  return [...(shift ? [SHIFT] : []), ...(altGr ? [ALT_GR] : []), { keysym, code }]
}

export interface PasteTyping {
  readonly stop: () => void
}

/** `press` puts keys down and takes them up again; false when there is nobody to press for any more. */
export function typeStrokes(
  strokes: readonly Stroke[],
  press: (keys: readonly KeyPress[]) => boolean,
  progress: (done: number) => void,
  ended: (done: number) => void,
): PasteTyping {
  let done = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const end = () => {
    clearTimeout(timer)
    timer = undefined
    ended(done)
  }
  const next = () => {
    const stroke = strokes[done]
    if (stroke === undefined || !press(keysOf(stroke))) return end()
    done += 1
    progress(done)
    timer = setTimeout(next, PACE_MS)
  }
  timer = setTimeout(next, PACE_MS)
  return {
    stop: () => {
      if (timer !== undefined) end()
    },
  }
}
