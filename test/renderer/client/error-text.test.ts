// Errors in German: every reason, the same values as English, our own words translated.

import { getSystemErrorMap } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type ErrorReason, errorReasons, errorReport } from '../../../src-main/public/error-code'
import { remedies } from '../../../src-renderer/client/error-remedy'
import { errorText, german } from '../../../src-renderer/client/error-text'
import { findingText } from '../../../src-renderer/client/finding-text'
import { messages } from '../../../src-renderer/lib/messages'
import { languages } from '../../../src-renderer/lib/translate'

const reasons = Object.keys(errorReasons).filter((key): key is ErrorReason => key in errorReasons)

function marks(sentence: string): readonly string[] {
  return [...new Set([...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''))].sort()
}

describe('texts of errors', () => {
  it.each(reasons)('%s says in German what it says in English, with the same values', (reason) => {
    expect(marks(german[reason].cause + german[reason].action)).toEqual(
      marks(errorReasons[reason].cause + errorReasons[reason].action),
    )
    expect(german[reason].cause).not.toBe(errorReasons[reason].cause)
  })

  it('call the first pool by the word that its list has, in an error and where the doctor finds it', () => {
    const missing = { kind: 'pool-missing', uuid: null, subject: '', values: { pool: 'default', path: '/x' } } as const
    for (const language of languages) {
      const word = messages['storage.default-pool'][language]
      expect(errorText(errorReport('pool-exists', { name: 'default' }), language).cause).toContain(word)
      expect(findingText(missing, language).cause).toContain(word)
      // A machine may be called so.
      expect(errorText(errorReport('name-exists', { name: 'default' }), language).cause).toContain('default')
    }
  })

  it('of the doctor end in one full stop, whether what they tell of is a sentence or not', () => {
    for (const detail of ['It ended.', 'It ended']) {
      const finding = { kind: 'crashed', uuid: null, subject: '', values: { name: 'web', detail } } as const
      for (const language of languages) expect(findingText(finding, language).cause).toMatch(/[^.]\.$/)
    }
  })

  it('say what follows, in both languages, and a button’s words name what it does', () => {
    for (const reason of reasons) {
      const { effect, mend } = remedies[reason]
      for (const language of languages) {
        expect(errorText(errorReport(reason), language).consequence).toBe(messages[`effect.${effect}`][language])
        if (mend !== undefined) expect(messages[`mend.${mend}`][language]).toMatch(/^.{5,40}$/)
      }
    }
    // Twenty were promised, those of the doctor's findings among them.
    const mended = reasons.filter((reason) => remedies[reason].mend !== undefined)
    expect(mended.length).toBeGreaterThanOrEqual(20)
  })

  it('translates what the system says: its own words for errors are all known', () => {
    // As systemErrorText has them of Node: what a file, a folder or a port may answer.
    const codes = [
      'ENOENT',
      'EACCES',
      'EPERM',
      'ENOSPC',
      'EROFS',
      'EEXIST',
      'EISDIR',
      'ENOTDIR',
      'ENOTEMPTY',
      'EMFILE',
      'ENFILE',
    ]
    const more = ['EIO', 'EFBIG', 'ENAMETOOLONG', 'ELOOP', 'EBUSY', 'EADDRINUSE', 'EADDRNOTAVAIL']
    const said = [...getSystemErrorMap().values()]
    for (const code of [...codes, ...more]) {
      const detail = said.find(([name]) => name === code)?.[1] ?? ''
      const sentence = (language: 'en' | 'de') =>
        errorText(errorReport('file-unreadable', { path: '/x', detail }), language).cause
      expect(sentence('de'), code).not.toContain(detail)
      expect(sentence('en')).toContain(detail)
    }
  })

  it('translates states and operations among the values, and leaves the engine’s words alone', () => {
    const wrong = errorReport('wrong-state', { name: 'a', state: 'paused', operation: 'shutdown' })
    expect(errorText(wrong, 'de').cause).toBe('Für „a“ geht das jetzt nicht: herunterfahren (Zustand: angehalten).')
    expect(errorText(wrong, 'en').cause).toContain('shut down')
    const engine = errorReport('image-unusable', { detail: 'no PVH note' })
    expect(errorText(engine, 'de').cause).toContain('no PVH note')
  })
})
