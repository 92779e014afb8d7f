// Keys a person cannot type into a guest, because this computer takes them for itself: one row each, as X keysyms with the
// code of the key. The menu bar and the screen show the same rows. Runs in: main, renderer. No platform.

export interface KeyPress {
  readonly keysym: number
  readonly code: string
}

const CONTROL: KeyPress = { keysym: 0xffe3, code: 'ControlLeft' }
const ALT: KeyPress = { keysym: 0xffe9, code: 'AltLeft' }
const SHIFT: KeyPress = { keysym: 0xffe1, code: 'ShiftLeft' }
const key = (keysym: number, code: string): KeyPress => ({ keysym, code })

export interface SendKeyRow {
  readonly id: string
  readonly label: string
  readonly keys: readonly KeyPress[]
}

/** The labels are what is printed on keys, in English; labelOf has them in German. */
export const sendKeys: readonly SendKeyRow[] = [
  { id: 'backspace', label: 'Ctrl+Alt+Backspace', keys: [CONTROL, ALT, key(0xff08, 'Backspace')] },
  { id: 'delete', label: 'Ctrl+Alt+Delete', keys: [CONTROL, ALT, key(0xffff, 'Delete')] },
  { id: 'escape', label: 'Ctrl+Alt+Shift+Esc', keys: [CONTROL, ALT, SHIFT, key(0xff1b, 'Escape')] },
  ...Array.from({ length: 12 }, (_, index): SendKeyRow => {
    const name = `F${index + 1}`
    return { id: name.toLowerCase(), label: `Ctrl+Alt+${name}`, keys: [CONTROL, ALT, key(0xffbe + index, name)] }
  }),
  { id: 'print', label: 'Print', keys: [key(0xff61, 'PrintScreen')] },
]

/** What German keyboards have on them instead. */
const GERMAN: { readonly [name: string]: string } = {
  Ctrl: 'Strg',
  Shift: 'Umschalt',
  Backspace: 'Rücktaste',
  Delete: 'Entf',
  Print: 'Druck',
}

export function labelOf({ label }: { readonly label: string }, language: string): string {
  if (language !== 'de') return label
  return label
    .split('+')
    .map((name) => GERMAN[name] ?? name)
    .join('+')
}
