// Pasting as typing: the keys that give a text on the keyboard a guest believes it has. The physical places are those of the
// ANSI and DIN keyboards (X's xkeyboard-config has the same). Runs in: vitest, plain Node.

import { describe, expect, it, vi } from 'vitest'
import { KEYMAP_NAMES, type KeymapName } from '../../../src-main/public/keymap'
import { strokesOf } from '../../../src-renderer/features/screen/layouts'
import { keysOf, typeStrokes } from '../../../src-renderer/features/screen/paste-typing'

const typed = (text: string, keymap: KeymapName) =>
  strokesOf(text, keymap).strokes.map(({ code, shift, altGr }) => `${shift ? 'S-' : ''}${altGr ? 'A-' : ''}${code}`)

describe('a pasted text', () => {
  it('is the keys of the keyboard the guest has', () => {
    expect(typed('yZ-/', 'en-us')).toEqual(['KeyY', 'S-KeyZ', 'Minus', 'Slash'])
    expect(typed('yZ-/', 'de')).toEqual(['KeyZ', 'S-KeyY', 'Slash', 'S-Digit7'])
    expect(typed('@#"', 'en-gb')).toEqual(['S-Quote', 'Backslash', 'S-Digit2'])
    expect(typed('{@|\\', 'de')).toEqual(['A-Digit7', 'A-KeyQ', 'A-IntlBackslash', 'A-Minus'])
    expect(typed('a b\r\nc\td\r', 'en-us')).toEqual(['KeyA', 'Space', 'KeyB', 'Enter', 'KeyC', 'Tab', 'KeyD', 'Enter'])
  })

  it('has a blank after a dead key, and says which characters there is no key for', () => {
    expect(typed('^a', 'de')).toEqual(['Backquote', 'Space', 'KeyA'])
    expect(typed('`"~', 'fr')).toEqual(['A-Digit7', 'Digit3', 'A-Digit2'])
    expect(strokesOf('aäÄ😀😀', 'en-us')).toMatchObject({ missing: ['ä', 'Ä', '😀'] })
    expect(strokesOf('aäÄ', 'de').missing).toEqual([])
  })

  it('has every printable ASCII character on every keyboard', () => {
    const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
    for (const keymap of KEYMAP_NAMES) expect(strokesOf(ascii, keymap).missing).toEqual([])
  })

  it('is typed key by key, and leaves no key down when it is stopped', () => {
    vi.useFakeTimers()
    const pressed: string[] = []
    const press = (keys: readonly { code: string }[]) => pressed.push(keys.map(({ code }) => code).join('+')) > 0
    const ended = vi.fn()
    const typing = typeStrokes(strokesOf('aB{', 'de').strokes, press, () => {}, ended)
    vi.advanceTimersByTime(13)
    typing.stop()
    typing.stop()
    vi.advanceTimersByTime(1000)
    expect(pressed).toEqual(['KeyA'])
    expect(ended.mock.calls).toEqual([[1]])
    typeStrokes(strokesOf('aB{', 'de').strokes, press, () => {}, ended)
    vi.advanceTimersByTime(1000)
    expect(pressed.slice(1)).toEqual(['KeyA', 'ShiftLeft+KeyB', 'AltRight+Digit7'])
    expect(ended.mock.calls.at(-1)).toEqual([3])
    typeStrokes(
      strokesOf('ab', 'en-us').strokes,
      () => false,
      () => {},
      ended,
    )
    vi.advanceTimersByTime(1000)
    expect(ended.mock.calls.at(-1)).toEqual([0])
    expect(keysOf({ keysym: 0x41, code: 'KeyA', shift: true, altGr: false, dead: false })).toHaveLength(2)
    vi.useRealTimers()
  })
})
