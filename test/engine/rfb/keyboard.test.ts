// Keys and pointer from viewers to Linux input codes: text of any layout, scancodes, nothing that sticks.
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { KEYMAP_NAMES, type KeymapName, keysOfKeymap } from '../../../src-engine/public/keymap'
import { InputHub, type InputSink } from '../../../src-engine/rfb/input-hub'
import { Keyboard } from '../../../src-engine/rfb/keyboard'
import { choiceOfKeysym } from '../../../src-engine/rfb/keysym'
import { codeOfScancode } from '../../../src-engine/rfb/scancode'
import { AmericanConsole } from '../../support/american-console'
import { missingProgram } from '../../support/programs'

const SHIFT = 0xffe1
const ALTGR = 0xfe03

function keyboards(count = 1, keymap: KeymapName = 'en-us') {
  const console = new AmericanConsole()
  const told: string[] = []
  const sink: InputSink = {
    key(code, pressed) {
      told.push(`${code}${pressed ? '+' : '-'}`)
      console.key(code, pressed)
    },
    pointer: (x, y, wheel) => void told.push(`${x},${y},${wheel}`),
  }
  const hub = new InputHub(sink)
  const viewers = Array.from({ length: count }, () => hub.viewer())
  return { console, told, viewers, keyboards: viewers.map((viewer) => new Keyboard(viewer, keymap)) }
}

function one(keymap: KeymapName = 'en-us') {
  const { keyboards: all, ...rest } = keyboards(1, keymap)
  const [keyboard] = all
  if (!keyboard) throw new Error('no keyboard')
  return { ...rest, keyboard }
}

describe('text arrives as typed', () => {
  /** [layout, characters typed with Shift, with AltGr; all others without]. */
  const LAYOUTS = [
    ['American', 'ABCXYZ~!@#$%^&*()_+{}|:"<>?', ''],
    ['German', 'ABCXYZ!"$%&/()=?*\'>;:_', '{[]}\\@~|'],
    ['French', 'ABCXYZ1234567890?./+%', '~#{[|`\\^@]}'],
  ] as const
  it.each(LAYOUTS)('from a %s keyboard', (_name, shifted, altGr) => {
    const { console, keyboard, told } = one()
    let expected = ''
    for (let code = 0x20; code < 0x7f; code++) {
      const character = String.fromCharCode(code)
      expected += character
      const modifier = altGr.includes(character) ? ALTGR : shifted.includes(character) ? SHIFT : 0
      if (modifier) keyboard.keysym(modifier, true)
      keyboard.keysym(code, true)
      keyboard.keysym(code, false)
      if (modifier) keyboard.keysym(modifier, false)
    }
    expect(console.text).toBe(expected)
    expect(console.held).toEqual([])
    expect(told.length % 2).toBe(0)
  })

  it('with Caps Lock at the viewer', () => {
    const { console, keyboard } = one()
    keyboard.keysym(0xffe5, true)
    keyboard.keysym(0xffe5, false)
    for (const character of 'LOUD') for (const down of [true, false]) keyboard.keysym(character.charCodeAt(0), down)
    keyboard.keysym(SHIFT, true)
    for (const down of [true, false]) keyboard.keysym(0x61, down)
    keyboard.keysym(SHIFT, false)
    expect(console.text).toBe('LOUDa')
  })

  it('from the key pad, dead keys and Unicode keysyms', () => {
    const { console, keyboard } = one()
    for (const keysym of [0xffb1, 0xffb9, 0xffae, 0xffab, 0xfe52, 0x0100_0041, 0xff0d]) {
      keyboard.keysym(keysym, true)
      keyboard.keysym(keysym, false)
    }
    expect(console.text).toBe('19.+^A\n')
  })

  it('letters the American layout lacks go to their own key', () => {
    expect(['ä', 'Ö', 'ß', 'é', '€'].map((letter) => choiceOfKeysym(letter.charCodeAt(0), 'en-us'))).toEqual([
      { code: 40, shift: false, altGr: false, dead: false },
      { code: 39, shift: true, altGr: false, dead: false },
      { code: 12, shift: false, altGr: false, dead: false },
      { code: 3, shift: false, altGr: false, dead: false },
      { code: 18, shift: false, altGr: true, dead: false },
    ])
    expect(choiceOfKeysym(0x12345678, 'en-us')).toBeUndefined()
  })
})

describe('a guest with a keymap of its own', () => {
  /** What was told for these keysyms, each pressed and let go of. */
  const told = (keymap: KeymapName, ...keysyms: readonly number[]): string[] => {
    const { keyboard, told: events, console } = one(keymap)
    for (const keysym of keysyms) for (const down of [true, false]) keyboard.keysym(keysym, down)
    expect(console.held).toEqual([])
    return events
  }

  it('gets the keys that give the characters there', () => {
    expect(told('de', 0x79, 0x5a)).toEqual(['44+', '44-', '42+', '21+', '42-', '21-'])
    expect(told('de', 0x40)).toEqual(['100+', '16+', '100-', '16-'])
    expect(told('fr', 0x31, 0x61, 0xffb1)).toEqual(['42+', '2+', '42-', '2-', '16+', '16-', '42+', '2+', '42-', '2-'])
  })

  it('gets a blank after a dead key for its mark, and none when the viewer means the dead key', () => {
    expect(told('de', 0x5e)).toEqual(['41+', '41-', '57+', '57-'])
    expect(told('de', 0xfe52, 0x65)).toEqual(['41+', '41-', '18+', '18-'])
    expect(told('de', 0x60)).toEqual(['42+', '13+', '13-', '57+', '57-', '42-'])
  })
})

/** X's names of these keymaps, and of keysyms that are dead keys. */
const XKB = { 'en-us': 'us', 'en-gb': 'gb', de: 'de', fr: 'fr', es: 'es', it: 'it' } as const
const DEAD: Readonly<Record<string, string>> = {
  ...{ dead_circumflex: '^', dead_acute: '´', dead_grave: '`', dead_diaeresis: '¨', dead_tilde: '~' },
}

describe('keymaps', () => {
  const missing = missingProgram('ckbcomp')
  it.skipIf(missing).each(KEYMAP_NAMES)(
    `%s is what Debian's consoles have${missing ? ` (not installed: ${missing})` : ''}`,
    (name) => {
      const console = new Map<number, string[]>()
      for (const line of execFileSync('ckbcomp', ['-layout', XKB[name]], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).split('\n')) {
        const [word, code, , ...symbols] = line.trim().split(/\s+/)
        if (word === 'keycode') console.set(Number(code), symbols)
      }
      for (const { character, code, shift, altGr, dead } of keysOfKeymap(name)) {
        const symbol = console.get(code)?.[altGr ? 2 : shift ? 1 : 0] ?? ''
        const mark = DEAD[symbol]
        const found = mark ?? String.fromCodePoint(Number.parseInt(/U\+([0-9a-f]+)/.exec(symbol)?.[1] ?? '0', 16))
        expect({ code, shift, altGr, character: found, dead: mark !== undefined }).toEqual({
          code,
          shift,
          altGr,
          character,
          dead,
        })
      }
    },
  )
})

describe('nothing sticks', () => {
  it('when Shift is let go of before the key', () => {
    const { console, keyboard } = one()
    keyboard.keysym(SHIFT, true)
    keyboard.keysym(0x2f, true) // "/", Shift+7 on a German keyboard
    keyboard.keysym(SHIFT, false)
    keyboard.keysym(0x37, false) // released as "7"
    expect(console.text).toBe('/')
    expect(console.held).toEqual([])
    keyboard.keysym(SHIFT, true)
    keyboard.keysym(0x41, true)
    keyboard.keysym(SHIFT, false)
    keyboard.keysym(0x61, false)
    expect(console.text).toBe('/A')
    expect(console.held).toEqual([])
  })

  it('when the viewer goes: keys first, then modifiers', () => {
    const { console, keyboard, told } = one()
    for (const keysym of [0xffe3, 0xffe9, 0xffff]) keyboard.keysym(keysym, true)
    keyboard.scancode(0x1e, 0, true)
    expect(console.held).toEqual([29, 56, 111, 30])
    told.length = 0
    keyboard.releaseAll()
    expect(console.held).toEqual([])
    expect(told.slice(-2).sort()).toEqual(['29-', '56-'])
  })

  it('a key two viewers hold is up when both have let go; one who never held it lifts nothing', () => {
    const { told, keyboards: both } = keyboards(2)
    const [first, second] = both
    first?.keysym(0x61, true)
    second?.keysym(0x61, true)
    first?.keysym(0x61, false)
    first?.keysym(0x61, false)
    expect(told).toEqual(['30+', '30+'])
    second?.releaseAll()
    expect(told).toEqual(['30+', '30+', '30-'])
  })
})

it('Control with a letter, repetitions, and keys without a character', () => {
  const { told, keyboard } = one()
  keyboard.keysym(0xffe3, true)
  keyboard.keysym(0x63, true)
  keyboard.keysym(0x63, true)
  keyboard.keysym(0x63, false)
  keyboard.keysym(0xffe3, false)
  keyboard.keysym(0xffc9, true) // F12
  keyboard.keysym(0xffc9, false)
  expect(told).toEqual(['29+', '46+', '46+', '46-', '29-', '88+', '88-'])
})

it('scancodes are the keys themselves', () => {
  expect([0x01, 0x1e, 0x56, 0x58, 0x54, 0x9c, 0xb8, 0xc8, 0xd3, 0xdb, 0x00, 0x5a, 0x99, 0x1234].map(codeOfScancode)).toEqual([
    1, 30, 86, 88, 99, 96, 100, 103, 111, 125, 0, 0, 0, 0,
  ])
  const { told, keyboard } = one()
  keyboard.scancode(0x2a, 0, true)
  keyboard.scancode(0x15, 0, true) // the key left of X: Z on a German keyboard, and the guest's layout says what it is
  keyboard.scancode(0x15, 0, false)
  keyboard.scancode(0x2a, 0, false)
  keyboard.scancode(0x2a, 0, false)
  expect(told).toEqual(['42+', '21+', '21-', '42-'])
})

it('a scancode no keyboard has, or none, is the key its keysym names; with neither, nothing', () => {
  const { told, keyboard } = one()
  for (const [scancode, keysym] of [
    [0x1234, 0x61],
    [0x00, 0xff0d],
    [0x5a, 0],
  ] as const) {
    keyboard.scancode(scancode, keysym, true)
    keyboard.scancode(scancode, keysym, false)
  }
  expect(told).toEqual(['30+', '30-', '28+', '28-'])
})

it('pointer: moves before buttons, wheel in steps, buttons released with the viewer', () => {
  const { told, viewers } = keyboards()
  const [viewer] = viewers
  viewer?.pointer(0, 10, 20)
  viewer?.pointer(1, 11, 21)
  viewer?.pointer(1, 11, 21)
  viewer?.pointer(5, 30, 40)
  viewer?.pointer(4, 30, 40)
  viewer?.pointer(4 | 8, 30, 40)
  viewer?.pointer(4, 30, 40)
  viewer?.pointer(4 | 16, 30, 40)
  viewer?.pointer(4 | 2, 30, 40)
  viewer?.releaseButtons()
  expect(told).toEqual(['10,20,0', '11,21,0', '272+', '30,40,0', '273+', '272-', '30,40,1', '30,40,-1', '274+', '274-', '273-'])
})
