// Names in a sentence: all of a few, a number for the rest of many. Runs in: vitest, plain Node.

import { expect, it } from 'vitest'
import { someNames, sortedNames } from '../../../src-renderer/lib/some-names'
import { makeTranslator } from '../../../src-renderer/lib/translate'

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `vm-${index + 1}`)

it('names all of a few, and eight of many with how many more there are, in the words of the language', () => {
  const en = (count: number) => someNames(names(count), makeTranslator('en'))
  expect(en(0)).toBe('')
  expect(en(2)).toBe('vm-1, vm-2')
  expect(en(8)).toBe(names(8).join(', '))
  expect(en(1009)).toBe(`${names(8).join(', ')} … and 1,001 more`)
  expect(someNames(names(9), makeTranslator('de'))).toMatch(/ … und 1 weitere$/)
})

it('puts names into the order of people: by number, whatever the case', () => {
  expect(sortedNames(['vm-10', 'Äpfel', 'VM-9', 'zebra'], 'de')).toEqual(['Äpfel', 'VM-9', 'vm-10', 'zebra'])
})
