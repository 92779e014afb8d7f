// Keyboards a guest may believe it has, and which key gives which character there: for typing what was pasted. A row a shift
// state, a string a row of the keyboard, in the order of KEYS. Dead keys are followed by a blank, which gives the mark itself.
// Runs in: renderer and tests; pure.

/** Physical keys by their code, row by row; the last of a row may not exist on every keyboard. */
const KEYS = [
  'Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal',
  'KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight',
  'KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backslash',
  'IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash',
].map((row) => row.split(' '))

interface LayoutRow {
  /** A blank is a key without a character. */
  readonly plain: readonly [string, string, string, string]
  readonly shift: readonly [string, string, string, string]
  readonly altGr: readonly (readonly [char: string, code: string])[]
  readonly dead: string
}

export const layouts = {
  us: {
    plain: ['`1234567890-=', 'qwertyuiop[]', "asdfghjkl;'\\", ' zxcvbnm,./'],
    shift: ['~!@#$%^&*()_+', 'QWERTYUIOP{}', 'ASDFGHJKL:"|', ' ZXCVBNM<>?'],
    altGr: [],
    dead: '',
  },
  gb: {
    plain: ['`1234567890-=', 'qwertyuiop[]', "asdfghjkl;'#", '\\zxcvbnm,./'],
    shift: ['¬!"£$%^&*()_+', 'QWERTYUIOP{}', 'ASDFGHJKL:@~', '|ZXCVBNM<>?'],
    altGr: [['€', 'Digit4']],
    dead: '',
  },
  de: {
    plain: ['^1234567890ß´', 'qwertzuiopü+', 'asdfghjklöä#', '<yxcvbnm,.-'],
    shift: ['°!"§$%&/()=?`', 'QWERTZUIOPÜ*', "ASDFGHJKLÖÄ'", '>YXCVBNM;:_'],
    altGr: [
      ['²', 'Digit2'],
      ['³', 'Digit3'],
      ['{', 'Digit7'],
      ['[', 'Digit8'],
      [']', 'Digit9'],
      ['}', 'Digit0'],
      ['\\', 'Minus'],
      ['@', 'KeyQ'],
      ['€', 'KeyE'],
      ['~', 'BracketRight'],
      ['|', 'IntlBackslash'],
      ['µ', 'KeyM'],
    ],
    dead: '^´`',
  },
} as const satisfies Record<string, LayoutRow>

export type LayoutName = keyof typeof layouts
export const layoutNames = Object.keys(layouts).filter((name): name is LayoutName => name in layouts)

export interface Stroke {
  readonly keysym: number
  readonly code: string
  readonly shift: boolean
  readonly altGr: boolean
}

/** X keysyms: Latin-1 is itself, the rest of Unicode lies behind an offset; a few have older numbers. */
function keysymOf(char: string): number {
  const point = char.codePointAt(0) ?? 0
  if (char === '€') return 0x20ac
  return point < 0x100 ? point : 0x0100_0000 + point
}

const FIXED: readonly (readonly [string, Stroke])[] = [
  [' ', { keysym: 0x20, code: 'Space', shift: false, altGr: false }],
  ['\n', { keysym: 0xff0d, code: 'Enter', shift: false, altGr: false }],
  ['\t', { keysym: 0xff09, code: 'Tab', shift: false, altGr: false }],
]

function tableOf(layout: LayoutRow): ReadonlyMap<string, Stroke> {
  const table = new Map<string, Stroke>(FIXED)
  for (const [rows, shift] of [
    [layout.plain, false],
    [layout.shift, true],
  ] as const) {
    for (const [index, row] of rows.entries()) {
      for (const [place, char] of [...row].entries()) {
        const code = KEYS[index]?.[place]
        if (char === ' ' || code === undefined || table.has(char)) continue
        table.set(char, { keysym: keysymOf(char), code, shift, altGr: false })
      }
    }
  }
  for (const [char, code] of layout.altGr) {
    if (!table.has(char)) table.set(char, { keysym: keysymOf(char), code, shift: false, altGr: true })
  }
  return table
}

export interface Typing {
  readonly strokes: readonly Stroke[]
  /** Characters this keyboard has no key for, once each. */
  readonly missing: readonly string[]
}

/** The keys that give this text on that keyboard. */
export function strokesOf(text: string, name: LayoutName): Typing {
  const layout = layouts[name]
  const table = tableOf(layout)
  const strokes: Stroke[] = []
  const missing = new Set<string>()
  for (const char of text.replace(/\r\n?/g, '\n')) {
    const stroke = table.get(char)
    if (stroke === undefined) missing.add(char)
    else {
      strokes.push(stroke)
      const blank = table.get(' ')
      if (layout.dead.includes(char) && blank !== undefined) strokes.push(blank)
    }
  }
  return { strokes, missing: [...missing] }
}
