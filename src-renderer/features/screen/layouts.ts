// The keys that give a text on the keyboard a guest believes it has: for typing what was pasted. Dead keys are followed by a blank,
// which gives the mark itself. Runs in: renderer and tests; pure.

import { KEYMAP_KEYS, type KeymapName, keysOfKeymap } from '../../../src-main/public/keymap'

/** Physical keys as browsers name them, in the places of KEYMAP_KEYS. */
const KEYS = [
  'Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal',
  'KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight',
  'KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backslash',
  'IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash',
].flatMap((row) => row.split(' '))
const NAMES = new Map<number, string>(KEYMAP_KEYS.flat().map((code, place) => [code, KEYS[place] ?? '']))

export interface Stroke {
  readonly keysym: number
  readonly code: string
  readonly shift: boolean
  readonly altGr: boolean
  readonly dead: boolean
}

/** X keysyms: Latin-1 is itself, the rest of Unicode lies behind an offset; a few have older numbers. */
function keysymOf(char: string): number {
  const point = char.codePointAt(0) ?? 0
  if (char === '€') return 0x20ac
  return point < 0x100 ? point : 0x0100_0000 + point
}

const FIXED: readonly (readonly [string, Stroke])[] = [
  [' ', { keysym: 0x20, code: 'Space', shift: false, altGr: false, dead: false }],
  ['\n', { keysym: 0xff0d, code: 'Enter', shift: false, altGr: false, dead: false }],
  ['\t', { keysym: 0xff09, code: 'Tab', shift: false, altGr: false, dead: false }],
]

function tableOf(keymap: KeymapName): ReadonlyMap<string, Stroke> {
  const table = new Map<string, Stroke>(FIXED)
  for (const { character, code, ...state } of keysOfKeymap(keymap)) {
    if (!table.has(character)) table.set(character, { keysym: keysymOf(character), code: NAMES.get(code) ?? '', ...state })
  }
  return table
}

export interface Typing {
  readonly strokes: readonly Stroke[]
  /** Characters this keyboard has no key for, once each. */
  readonly missing: readonly string[]
}

/** The keys that give this text on that keyboard. */
export function strokesOf(text: string, keymap: KeymapName): Typing {
  const table = tableOf(keymap)
  const strokes: Stroke[] = []
  const missing = new Set<string>()
  for (const char of text.replace(/\r\n?/g, '\n')) {
    const stroke = table.get(char)
    if (stroke === undefined) missing.add(char)
    else {
      strokes.push(stroke)
      const blank = table.get(' ')
      if (stroke.dead && blank !== undefined) strokes.push(blank)
    }
  }
  return { strokes, missing: [...missing] }
}
