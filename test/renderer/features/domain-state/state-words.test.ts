// The line that says how a machine stands: what the app knows itself in the window's language. Runs in: vitest; pure.
import { expect, it } from 'vitest'
import { crashSentence, stateLine } from '../../../../src-renderer/features/domain-state/state-words'
import { makeFormats } from '../../../../src-renderer/lib/format'
import { makeTranslator } from '../../../../src-renderer/lib/translate'
import { domainInfo } from '../../../support/domain-info'

it('says in both languages that a machine was cut off with the app and what the engine says, and what others say as they said it', () => {
  const line = (language: 'en' | 'de', more: object) =>
    stateLine(domainInfo({ state: 'crashed', ...more }), undefined, makeTranslator(language), makeFormats(language))
  const cutOff = { detail: 'words for the command line', cutOff: true }
  expect(line('en', cutOff)).toBe('Crashed: Ringmaster ended unexpectedly while this machine was running.')
  expect(line('de', cutOff)).toBe('Abgestürzt: Ringmaster wurde unerwartet beendet, während diese Maschine lief.')
  expect(line('de', { detail: 'out of cheese' })).toBe('Abgestürzt: out of cheese')
  const fault = { detail: 'triple fault at RIP 0xfff0' }
  expect(line('de', fault)).toBe('Abgestürzt: dreifacher Fehler (triple fault) bei RIP 0xfff0')
  const whole = crashSentence(domainInfo({ state: 'crashed', ...fault }), makeTranslator('de'))
  expect(whole).toBe('Dreifacher Fehler (triple fault) bei RIP 0xfff0.')
  expect(line('en', fault)).toBe('Crashed: triple fault at RIP 0xfff0')
  expect(line('de', { detail: '' })).toBe('Abgestürzt')
})
