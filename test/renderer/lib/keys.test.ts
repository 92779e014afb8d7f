// Keys in words of both languages.
import { describe, expect, it } from 'vitest'
import { acceleratorOf, type ShortcutRow, shortcuts } from '../../../src-main/public/shortcuts'
import { chordText, keyText } from '../../../src-renderer/lib/keys'
import { makeTranslator } from '../../../src-renderer/lib/translate'
import { isChord } from '../../../src-renderer/views/preferences/GrabKeys'

const en = makeTranslator('en')
const de = makeTranslator('de')

describe('keys', () => {
  it('are written as on the keyboards of the language', () => {
    expect(keyText('CmdOrCtrl+Shift+N', en)).toBe('Ctrl+Shift+N')
    expect(keyText('CmdOrCtrl+Shift+N', de)).toBe('Strg+Umschalt+N')
    expect(keyText('CmdOrCtrl+Shift+-', de)).toBe('Strg+Umschalt+-')
    expect(keyText('Delete', de)).toBe('Entf')
  })

  it('of a chord say on which side they are', () => {
    expect(chordText(['ControlLeft', 'AltLeft'], en)).toBe('left Ctrl+Alt')
    expect(chordText(['ControlLeft', 'AltLeft'], de)).toBe('Strg+Alt links')
    expect(chordText(['ControlRight'], de)).toBe('Strg rechts')
    expect(chordText(['ControlLeft', 'ShiftRight'], en)).toBe('left Ctrl+right Shift')
    expect(chordText(['ControlLeft', 'AltLeft'], de, 'short')).toBe('Strg+Alt')
  })

  it.each([
    [['ControlLeft', 'AltLeft'], true],
    [['ControlRight'], true],
    [['ShiftLeft'], false],
    [['ControlLeft'], false],
    [['KeyA', 'ControlLeft'], false],
    [[], false],
  ])('%j as a chord: %s', (codes, right) => expect(isChord(codes)).toBe(right))
})

describe('the table of shortcuts', () => {
  it('gives no two actions the same keys in one place', () => {
    for (const inDomain of [false, true]) {
      const seen = new Map<string, string>()
      const twice = Object.entries(shortcuts).flatMap(([id, row]: [string, ShortcutRow]) => {
        const keys = `${row.place === 'console' && inDomain ? 'app' : row.place} ${inDomain ? (row.inDomain ?? row.keys) : row.keys}`
        const before = seen.get(keys)
        seen.set(keys, id)
        return before === undefined ? [] : [`${before}, ${id}: ${keys}`]
      })
      expect(twice).toEqual([])
    }
    expect(acceleratorOf('close', true)).toBe('CmdOrCtrl+Shift+W')
    expect(acceleratorOf('fullScreen', true)).toBe('F11')
  })
})
