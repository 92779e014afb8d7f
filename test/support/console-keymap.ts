// Console keymaps of guests, as Debian's console-setup makes them. Runs in: tests, plain Node; wants ckbcomp and loadkeys.
import { execFileSync } from 'node:child_process'
import type { KeymapName } from '../../src-engine/public/keymap'
import { missingProgram } from './programs'

/** X's names. */
const XKB: Readonly<Record<KeymapName, string>> = { 'en-us': 'us', 'en-gb': 'gb', de: 'de', fr: 'fr', es: 'es', it: 'it' }

/** The program that is not there, if one is not. */
export const noConsoleKeymaps = (): string | undefined => missingProgram('ckbcomp', 'loadkeys')

/** The console's keymap in the form BusyBox reads. */
export function consoleKeymap(name: KeymapName): Uint8Array {
  const text = execFileSync('ckbcomp', ['-layout', XKB[name]], { stdio: ['ignore', 'pipe', 'ignore'] })
  return execFileSync('loadkeys', ['-u', '-b'], { input: text, stdio: ['pipe', 'pipe', 'ignore'] })
}
