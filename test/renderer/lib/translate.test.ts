// Sentences from the table: marks, plurals, languages.

import { describe, expect, it } from 'vitest'
import { errorReport } from '../../../src-main/public/error-code'
import { errorText } from '../../../src-renderer/client/error-text'
import { withoutIsolates } from '../../../src-renderer/lib/bidi'
import { makeFormats } from '../../../src-renderer/lib/format'
import { languageOf, makeTranslator } from '../../../src-renderer/lib/translate'

describe('a translator', () => {
  it('fills marks in the language chosen', () => {
    expect(makeTranslator('en')('confirm.delete-title', { name: 'a' })).toBe('Delete “a”?')
    expect(makeTranslator('de')('confirm.delete-title', { name: 'a' })).toBe('„a“ löschen?')
  })

  it.each(['{name}', '$t(app.name)', '$&', '$1', '<b>&amp;</b>', '{{name}}', '%s'])('shows a value as it is: %s', (name) => {
    expect(makeTranslator('en')('confirm.delete-title', { name })).toBe(`Delete “${name}”?`)
  })

  it('keeps a name from right to left from turning the words around it', () => {
    const name = 'عربي'
    expect(makeTranslator('en')('confirm.delete-title', { name })).toBe(`Delete “\u2068${name}\u2069”?`)
    expect(errorText(errorReport('name-exists', { name }), 'en').cause).toContain(`\u2068${name}\u2069`)
    // As the one that turns everything after it.
    expect(makeTranslator('en')('confirm.delete-title', { name: 'a\u202eb' })).toBe('Delete “\u2068a\u202eb\u2069”?')
    expect(withoutIsolates(makeTranslator('en')('clone.proposal', { name }))).toBe(`${name} clone`)
  })

  it('shows a mark that it has no value for', () => {
    const values: { name: string } = JSON.parse('{}')
    expect(makeTranslator('en')('confirm.delete-title', values)).toBe('Delete “{name}”?')
  })

  it.each([
    ['en', 0, '0 virtual machines'],
    ['en', 1, '1 virtual machine'],
    ['en', 2, '2 virtual machines'],
    ['de', 1, '1 virtuelle Maschine'],
    ['de', 12, '12 virtuelle Maschinen'],
    ['en', 1000, '1,000 virtual machines'],
    ['de', 1000, '1.000 virtuelle Maschinen'],
  ] as const)('counts in %s: %i', (language, count, sentence) => {
    expect(makeTranslator(language).count('manager.guests', count)).toBe(sentence)
  })

  it.each([
    ['de-AT', 'de'],
    ['de', 'de'],
    ['en-US', 'en'],
    ['fr-FR', 'en'],
    ['', 'en'],
  ] as const)('takes the system language %s as %s', (tag, language) => {
    expect(languageOf(tag)).toBe(language)
  })
})

describe('formats', () => {
  const MIB = 1024 * 1024
  it.each([
    ['en', 256 * MIB, '256 MiB'],
    ['en', 4000 * MIB, '4,000 MiB'],
    ['en', 16 * 1024 * MIB, '16 GiB'],
    ['de', 23.5 * 1024 * MIB, '23,5 GiB'],
  ] as const)('write memory in %s', (language, bytes, text) => {
    expect(makeFormats(language).memory(bytes)).toBe(text)
  })

  it('write the figures of one axis of memory in one unit', () => {
    const top = 23.5 * 1024 * MIB
    expect([0, 5120 * MIB, top].map((bytes) => makeFormats('en').memory(bytes, top))).toEqual(['0 GiB', '5 GiB', '23.5 GiB'])
  })

  it('write processor use as per cent of one CPU', () => {
    expect(makeFormats('en').percent(0.426)).toBe('43%')
    expect(makeFormats('de').percent(1.5)).toBe('150\u00a0%')
  })

  it('write durations without days', () => {
    expect(makeFormats('en').duration(3_725_900)).toBe('01:02:05')
  })
})
