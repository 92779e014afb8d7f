// A guest's text console with the American layout, for tests of the keyboard: presses become characters as Linux's default
// keymap makes them. Written as text rows of the keyboard, apart from the engine's tables. Runs in: vitest, plain Node.
import { KEY } from '../../src-engine/public/xen/io/kbdif'

const ROWS: readonly (readonly [first: number, plain: string, shifted: string])[] = [
  [2, '1234567890-=', '!@#$%^&*()_+'],
  [15, '\tqwertyuiop[]\n', '\tQWERTYUIOP{}\n'],
  [30, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [43, '\\zxcvbnm,./', '|ZXCVBNM<>?'],
  [57, ' ', ' '],
  [78, '+', '+'],
]

export class AmericanConsole {
  text = ''
  private readonly down = new Set<number>()

  /** Codes held now, in the order they were pressed. */
  get held(): number[] {
    return [...this.down]
  }

  key(code: number, pressed: boolean): void {
    if (!pressed) {
      this.down.delete(code)
      return
    }
    this.down.add(code)
    // With AltGr the default keymap has nothing on these keys.
    if (this.down.has(KEY.KEY_RIGHTALT) || this.down.has(KEY.KEY_LEFTCTRL)) return
    const shift = this.down.has(KEY.KEY_LEFTSHIFT) || this.down.has(KEY.KEY_RIGHTSHIFT)
    for (const [first, plain, shifted] of ROWS) {
      if (code >= first && code < first + plain.length) this.text += (shift ? shifted : plain)[code - first]
    }
  }
}
