// How many columns of a terminal a text takes, and texts brought to a width: a name may hold letters that are two wide, and marks that
// take no room. Facts: Unicode Standard Annex 11 (East Asian Width), Technical Standard 51 (emoji). Runs in: command line, plain Node.
import { charactersOf } from '../public/name'

/** Blocks whose letters are two columns wide, first and last. */
const WIDE: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
]
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f/u
const NO_ROOM = /[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]/u

function widthOf(character: string): number {
  if (EMOJI.test(character)) return 2
  let columns = 0
  for (const letter of character) {
    const code = letter.codePointAt(0) ?? 0
    if (!NO_ROOM.test(letter)) columns += WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1
  }
  return columns
}

export function columnsOf(text: string): number {
  let columns = 0
  for (const character of charactersOf(text)) columns += widthOf(character)
  return columns
}

/** With blanks before it up to this many columns. */
export function paddedBefore(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - columnsOf(text))) + text
}

/** With blanks behind it. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}
