// Errors in German: every reason, the same values as English, our own words translated.

import { describe, expect, it } from 'vitest'
import { type ErrorReason, errorReasons, errorReport } from '../../../src-main/public/error-code'
import { errorText, german } from '../../../src-renderer/client/error-text'

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

  it('translates states and operations among the values, and leaves the engine’s words alone', () => {
    const wrong = errorReport('wrong-state', { name: 'a', state: 'paused', operation: 'shutdown' })
    expect(errorText(wrong, 'de').cause).toBe('Für „a“ geht das jetzt nicht: herunterfahren (Zustand: angehalten).')
    expect(errorText(wrong, 'en').cause).toContain('shut down')
    const engine = errorReport('image-unusable', { detail: 'no PVH note' })
    expect(errorText(engine, 'de').cause).toContain('no PVH note')
  })
})
