// Keysyms to Linux input codes: for viewers that send what a key means and not which one it is. A guest has a keymap of its own,
// and Linux starts with the American one: a character is typed with the keys it has there, so text arrives right whatever layout
// the viewer's keyboard has. Letters the American one lacks (ä, ß, é) go to the key they have on their own layout: right in
// a guest that uses it too, of which nobody has said so. Numbers: X11's published keysyms and Linux's input event codes.
// Runs in: anything.
import { type KeymapName, keysOfKeymap } from '../public/keymap'

export interface KeyChoice {
  readonly code: number
  /** Whether Shift must be held; undefined: as it is. */
  readonly shift: boolean | undefined
  /** Whether the guest's AltGr must be held. */
  readonly altGr: boolean
  /** The character comes once a blank follows. */
  readonly dead: boolean
}

/** For the American keymap: [character, code, shift, AltGr, layout they come from] */
const FOREIGN_ROWS = [
  ['ä', 40, false, false, 'German'],
  ['Ä', 40, true, false, 'German'],
  ['ö', 39, false, false, 'German'],
  ['Ö', 39, true, false, 'German'],
  ['ü', 26, false, false, 'German'],
  ['Ü', 26, true, false, 'German'],
  ['ß', 12, false, false, 'German'],
  ['§', 4, true, false, 'German'],
  ['°', 41, true, false, 'German'],
  ['€', 18, false, true, 'German, French'],
  ['µ', 50, false, true, 'German'],
  ['²', 3, false, true, 'German'],
  ['³', 4, false, true, 'German'],
  ['é', 3, false, false, 'French'],
  ['è', 8, false, false, 'French'],
  ['ç', 10, false, false, 'French'],
  ['à', 11, false, false, 'French'],
  ['ù', 40, false, false, 'French'],
  ['£', 27, true, false, 'French'],
  ['ñ', 39, false, false, 'Spanish'],
  ['Ñ', 39, true, false, 'Spanish'],
  ['¡', 13, false, false, 'Spanish'],
  ['¿', 13, true, false, 'Spanish'],
  ['å', 26, false, false, 'Swedish'],
  ['Å', 26, true, false, 'Swedish'],
  ['ø', 40, false, false, 'Norwegian'],
  ['Ø', 40, true, false, 'Norwegian'],
  ['æ', 39, false, false, 'Norwegian'],
  ['Æ', 39, true, false, 'Norwegian'],
] as const

/** Keys that are no characters: [keysym, code, name]. The key pad's digits are typed as digits: its Num Lock is the guest's. */
const KEY_ROWS = [
  [0x20, 57, 'space'],
  [0xa0, 57, 'no-break space'],
  [0xff08, 14, 'BackSpace'],
  [0xff09, 15, 'Tab'],
  [0xfe20, 15, 'ISO_Left_Tab'],
  [0xff0a, 28, 'Linefeed'],
  [0xff0d, 28, 'Return'],
  [0xff13, 119, 'Pause'],
  [0xff6b, 119, 'Break'],
  [0xff14, 70, 'Scroll_Lock'],
  [0xff15, 99, 'Sys_Req'],
  [0xff61, 99, 'Print'],
  [0xff1b, 1, 'Escape'],
  [0xffff, 111, 'Delete'],
  [0xff50, 102, 'Home'],
  [0xff51, 105, 'Left'],
  [0xff52, 103, 'Up'],
  [0xff53, 106, 'Right'],
  [0xff54, 108, 'Down'],
  [0xff55, 104, 'Page_Up'],
  [0xff56, 109, 'Page_Down'],
  [0xff57, 107, 'End'],
  [0xff63, 110, 'Insert'],
  [0xff67, 127, 'Menu'],
  [0xff80, 57, 'KP_Space'],
  [0xff89, 15, 'KP_Tab'],
  [0xff8d, 96, 'KP_Enter'],
  [0xff95, 102, 'KP_Home'],
  [0xff96, 105, 'KP_Left'],
  [0xff97, 103, 'KP_Up'],
  [0xff98, 106, 'KP_Right'],
  [0xff99, 108, 'KP_Down'],
  [0xff9a, 104, 'KP_Page_Up'],
  [0xff9b, 109, 'KP_Page_Down'],
  [0xff9c, 107, 'KP_End'],
  [0xff9d, 76, 'KP_Begin'],
  [0xff9e, 110, 'KP_Insert'],
  [0xff9f, 111, 'KP_Delete'],
  [0xffaa, 55, 'KP_Multiply'],
  [0xffab, 78, 'KP_Add'],
  [0xffac, 121, 'KP_Separator'],
  [0xffad, 74, 'KP_Subtract'],
  [0xffaf, 98, 'KP_Divide'],
  [0xffe1, 42, 'Shift_L'],
  [0xffe2, 54, 'Shift_R'],
  [0xffe3, 29, 'Control_L'],
  [0xffe4, 97, 'Control_R'],
  [0xffe7, 56, 'Meta_L'],
  [0xffe8, 100, 'Meta_R'],
  [0xffe9, 56, 'Alt_L'],
  [0xffea, 100, 'Alt_R'],
  [0xffeb, 125, 'Super_L'],
  [0xffec, 126, 'Super_R'],
  [0xfe03, 100, 'ISO_Level3_Shift'],
  [0xff7e, 100, 'Mode_switch'],
] as const

/** Keysyms that stand for a character: [first keysym, last, first character]. */
const CHARACTER_ROWS = [
  [0xffb0, 0xffb9, '0', 'KP_0 to KP_9'],
  [0xffae, 0xffae, '.', 'KP_Decimal'],
  [0xffbd, 0xffbd, '=', 'KP_Equal'],
  [0x20ac, 0x20ac, '€', 'EuroSign'],
] as const

/** Dead keys: their mark where the keymap has no dead key for it. */
const DEAD_ROWS = [
  [0xfe50, '`', 'dead_grave'],
  [0xfe51, "´'", 'dead_acute'],
  [0xfe52, '^', 'dead_circumflex'],
  [0xfe53, '~', 'dead_tilde'],
  [0xfe57, '¨"', 'dead_diaeresis'],
] as const

/** Locks are not passed on: their effect is in the keysyms already, and the guest's own lock would undo it. */
export const LOCK_KEYSYMS: ReadonlySet<number> = new Set([0xffe5, 0xffe6, 0xff7f])
export const ALTGR_KEYSYMS: ReadonlySet<number> = new Set([0xfe03, 0xff7e])

function functionKey(keysym: number): number {
  const number = keysym - 0xffbe + 1
  if (number <= 10) return 58 + number
  return number <= 12 ? 76 + number : 170 + number
}

const choices = new Map<KeymapName, Map<number, KeyChoice>>()

function makeChoices(keymap: KeymapName): Map<number, KeyChoice> {
  const made = new Map<number, KeyChoice>()
  const ofCharacter = (character: string): KeyChoice | undefined => made.get(character.charCodeAt(0))
  for (const { character, ...choice } of keysOfKeymap(keymap)) {
    if (!ofCharacter(character)) made.set(character.charCodeAt(0), choice)
  }
  if (keymap === 'en-us') {
    for (const [character, code, shift, altGr] of FOREIGN_ROWS) {
      made.set(character.charCodeAt(0), { code, shift, altGr, dead: false })
    }
  }
  const plain = { shift: undefined, altGr: false, dead: false }
  for (const [keysym, code] of KEY_ROWS) made.set(keysym, { code, ...plain })
  for (let keysym = 0xffbe; keysym <= 0xffd5; keysym++) made.set(keysym, { code: functionKey(keysym), ...plain })
  for (const [first, last, character] of CHARACTER_ROWS) {
    for (let keysym = first; keysym <= last; keysym++) {
      const choice = made.get(character.charCodeAt(0) + keysym - first)
      if (choice) made.set(keysym, choice)
    }
  }
  for (const [keysym, marks] of DEAD_ROWS) {
    const choice = [...marks].map(ofCharacter).find((one) => one !== undefined)
    // The viewer's next key is for the guest to put together with it.
    if (choice) made.set(keysym, { ...choice, dead: false })
  }
  return made
}

/** How to type a keysym in a guest with this keymap; undefined for one that no key has. Keysyms from 0x01000000 are Unicode. */
export function choiceOfKeysym(keysym: number, keymap: KeymapName): KeyChoice | undefined {
  const plain = keysym >= 0x0100_0000 && keysym <= 0x0110_ffff ? keysym - 0x0100_0000 : keysym
  const made = choices.get(keymap) ?? makeChoices(keymap)
  choices.set(keymap, made)
  return made.get(plain)
}

/** The keysym of a typed character: Latin-1 is itself, the keys that move the line are their keys, the rest is Unicode. */
export function keysymOfCharacter(character: string): number {
  const code = character.codePointAt(0) ?? 0
  if (character === '\n' || character === '\r') return 0xff0d
  if (character === '\t' || character === '\b' || character === '\x1b') return 0xff00 + code
  return code < 0x100 ? code : 0x0100_0000 + code
}
