// Keyboards a guest may believe it has: which key gives which character there, under QEMU's and libvirt's names for them. For
// turning characters into keys: of viewers that say what a key means and not which one it is, of text that is typed for the user.
// A string a row of the keyboard, in the order of KEYMAP_KEYS; a blank is a key without a character. The characters are those of X's
// xkeyboard-config, from which Debian makes its consoles' keymaps too. No platform.

/** Linux input codes, row by row: from the key beside 1, from Q, from A, from the key beside the left Shift. */
export const KEYMAP_KEYS = [
  [41, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
  [16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27],
  [30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 43],
  [86, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53],
] as const

type Rows = readonly [string, string, string, string]

export interface Keymap {
  readonly plain: Rows
  readonly shift: Rows
  /** Only what programs and people need; the rest of that level differs from system to system. */
  readonly altGr: Rows
  /** Marks of dead keys: the mark itself comes when a blank follows. */
  readonly dead: string
}

export const KEYMAPS = {
  'en-us': {
    plain: ['`1234567890-=', 'qwertyuiop[]', "asdfghjkl;'\\", ' zxcvbnm,./'],
    shift: ['~!@#$%^&*()_+', 'QWERTYUIOP{}', 'ASDFGHJKL:"|', ' ZXCVBNM<>?'],
    altGr: ['', '', '', ''],
    dead: '',
  },
  'en-gb': {
    plain: ['`1234567890-=', 'qwertyuiop[]', "asdfghjkl;'#", '\\zxcvbnm,./'],
    shift: ['¬!"£$%^&*()_+', 'QWERTYUIOP{}', 'ASDFGHJKL:@~', '|ZXCVBNM<>?'],
    altGr: ['    €', '', '', ''],
    dead: '',
  },
  de: {
    plain: ['^1234567890ß´', 'qwertzuiopü+', 'asdfghjklöä#', '<yxcvbnm,.-'],
    shift: ['°!"§$%&/()=?`', 'QWERTZUIOPÜ*', "ASDFGHJKLÖÄ'", '>YXCVBNM;:_'],
    altGr: ['  ²³   {[]}\\', '@ €        ~', '', '|      µ'],
    dead: '^´`',
  },
  fr: {
    plain: ['²&é"\'(-è_çà)=', 'azertyuiop^$', 'qsdfghjklmù*', '<wxcvbn,;:!'],
    shift: [' 1234567890°+', 'AZERTYUIOP¨£', 'QSDFGHJKLM%µ', '>WXCVBN?./§'],
    altGr: ['  ~#{[|`\\^@]}', '  €', '', ''],
    dead: '^¨',
  },
  es: {
    plain: ["º1234567890'¡", 'qwertyuiop`+', 'asdfghjklñ´ç', '<zxcvbnm,.-'],
    shift: ['ª!"·$%&/()=?¿', 'QWERTYUIOP^*', 'ASDFGHJKLÑ¨Ç', '>ZXCVBNM;:_'],
    altGr: ['\\|@#~', '  €       []', '          {}', ''],
    dead: '`^´¨',
  },
  it: {
    plain: ["\\1234567890'ì", 'qwertyuiopè+', 'asdfghjklòàù', '<zxcvbnm,.-'],
    shift: ['|!"£$%&/()=?^', 'QWERTYUIOPé*', 'ASDFGHJKLç°§', '>ZXCVBNM;:_'],
    altGr: ['       {[]}`~', '  €       []', '         @#', ''],
    dead: '',
  },
} as const satisfies Readonly<Record<string, Keymap>>

export type KeymapName = keyof typeof KEYMAPS

export const KEYMAP_NAMES = Object.keys(KEYMAPS).filter((name): name is KeymapName => name in KEYMAPS)

export const isKeymapName = (name: string | undefined): name is KeymapName => KEYMAP_NAMES.some((one) => one === name)

/** One character of a keymap. */
export interface KeymapKey {
  readonly character: string
  /** Linux input code. */
  readonly code: number
  readonly shift: boolean
  readonly altGr: boolean
  readonly dead: boolean
}

/** All characters of a keymap, those that need fewer keys before others. */
export function keysOfKeymap(name: KeymapName): KeymapKey[] {
  const { plain, shift, altGr, dead }: Keymap = KEYMAPS[name]
  const keys: KeymapKey[] = []
  for (const [rows, state] of [
    [plain, { shift: false, altGr: false }],
    [shift, { shift: true, altGr: false }],
    [altGr, { shift: false, altGr: true }],
  ] as const) {
    for (const [row, codes] of KEYMAP_KEYS.entries()) {
      for (const [place, code] of codes.entries()) {
        const character = rows[row]?.[place] ?? ' '
        // A mark that a dead key has beside another key is not dead there: French AltGr+9.
        if (character !== ' ') keys.push({ character, code, ...state, dead: !state.altGr && dead.includes(character) })
      }
    }
  }
  return keys
}
