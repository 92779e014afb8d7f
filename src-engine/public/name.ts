// What a name may be: of a machine, snapshot, template, folder, tag, network, pool, volume or connection. Any script and emoji, with what
// these are written with (marks, joiners); nothing that cannot be seen, breaks a line or turns the text around it.
// Invariant: a name is kept in Unicode's form NFC and without blanks around it (`properName`), so that two that look alike are compared
// by their characters. Limits are bytes of UTF-8, which is what XenStore, file systems and save files hold.
// Runs in: anything (no platform imports).
import { matching, type Shape } from './shape'

/** Of a name that no file is called by as a whole. XenStore's values hold 4096. */
export const NAME_BYTES_MOST = 256
/** Of a file's name, in every file system we write to. */
export const FILE_NAME_BYTES_MOST = 255

/** Control characters, ends of lines, halves of surrogate pairs, what is no character: inside of a class of a regular expression. */
const UNWRITTEN = '\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Noncharacter_Code_Point}'
/** What opens or closes a run in a direction of its own: letters have their direction without them, and a name could change others. */
const TURNING = '\\u202a-\\u202e\\u2066-\\u2069'
/** The same two, for shapes of names that refuse more. */
export const NEVER_IN_NAMES = `${UNWRITTEN}${TURNING}`

const unwritten = new RegExp(`[${UNWRITTEN}]`, 'u')
const turning = new RegExp(`[${TURNING}]`, 'u')
/** Some character that leaves a trace by itself. The empty cell of Braille is a symbol and yet a blank. */
const visible = /[^\s\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/u
const never = new RegExp(`[${NEVER_IN_NAMES}]`, 'u')
const ignorable = /\p{Default_Ignorable_Code_Point}/gu
const ascii = /^[\0-\x7f]*$/

/** As it is kept: composed characters, no blanks around. */
export function properName(typed: string): string {
  return ascii.test(typed) ? typed.trim() : typed.normalize('NFC').trim()
}

/** Names of one key look the same and are one name: joiners, variants of an emoji and the like make no difference. */
export function nameKey(name: string): string {
  return ascii.test(name) ? name : name.normalize('NFC').replace(ignorable, '').normalize('NFC')
}

/** Nothing in it ends a line, turns the text around it or is no character. */
export function isPlain(text: string): boolean {
  return !never.test(text)
}

export function isVisible(text: string): boolean {
  return visible.test(text)
}

/** Bytes of UTF-8. */
export function bytesOf(text: string): number {
  let bytes = 0
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}

/** What people see as characters: a letter with its marks, a flag, a family. */
export function charactersOf(text: string): string[] {
  if (ascii.test(text)) return [...text]
  return [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)].map(({ segment }) => segment)
}

/** As many whole characters from the start as fit. */
export function cutTo(text: string, bytesMost: number): string {
  if (bytesOf(text) <= bytesMost) return text
  let cut = ''
  let bytes = 0
  for (const character of charactersOf(text)) {
    bytes += bytesOf(character)
    if (bytes > bytesMost) return cut
    cut += character
  }
  return cut
}

/** `unwritten`: control characters and the like. `dots`: `.` and `..`. `dash`: it would be taken for an option. */
export type NameFault = 'empty' | 'long' | 'unwritten' | 'turning' | 'invisible' | 'slash' | 'dots' | 'dash'

/** What is wrong with any name, whether or not it is near to a path. */
export function labelFault(name: string): Exclude<NameFault, 'slash' | 'dots' | 'dash'> | undefined {
  if (name.trim() === '') return 'empty'
  if (unwritten.test(name)) return 'unwritten'
  if (turning.test(name)) return 'turning'
  if (!isVisible(name)) return 'invisible'
  return bytesOf(name) > NAME_BYTES_MOST ? 'long' : undefined
}

/** What is wrong with the name of a machine, which commands, files and folders of other programs are called by. */
export function machineNameFault(name: string): NameFault | undefined {
  const fault = labelFault(name)
  if (fault !== undefined) return fault
  if (name.includes('/')) return 'slash'
  if (name === '.' || name === '..') return 'dots'
  return name.startsWith('-') ? 'dash' : undefined
}

/** Text that can be a name and has a form besides. */
export function nameOf(what: string, form: RegExp, bytesMost = NAME_BYTES_MOST): Shape<string> {
  return matching(what, form, (text) => isVisible(text) && bytesOf(text) <= bytesMost)
}

/** The same for files: what Windows refuses in a file's name, and what a path is made of. */
export const NEVER_IN_FILE_NAMES = `\\\\/:*?"<>|${NEVER_IN_NAMES}`
const unfit = new RegExp(`[${NEVER_IN_FILE_NAMES}]`, 'gu')

/** What a file can be called that belongs to something of this name; `blank` stands for blanks and for what does not fit. Empty: nothing is left. */
export function fileStem(name: string, blank: ' ' | '-' | '_', bytesMost = 120): string {
  const plain = name.normalize('NFC').replace(unfit, blank === ' ' ? '_' : blank)
  const joined = blank === ' ' ? plain : plain.replace(/[\s\p{Z}]+/gu, blank).replaceAll(/--+/g, '-')
  const cut = cutTo(joined.replace(/^[\s.-]+/u, ''), bytesMost).replace(/[\s.]+$/u, '')
  return isVisible(cut) ? cut : ''
}
