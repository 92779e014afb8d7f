// What a field of numbers tells of what is typed, at each key. Runs in: vitest, plain Node.

import { describe, expect, it } from 'vitest'
import { typedNumber } from '../../../src-renderer/components/Field'

describe('a number that is being typed', () => {
  it.each([
    ['256', '.', 0, 256],
    ['1.5', '.', 3, 1.5],
    ['1,5', ',', 3, 1.5],
    ['', '.', 0, Number.NaN],
    // The field would write these otherwise, and the next key would stand in the wrong place.
    ['1.', '.', 3, undefined],
    ['1.0', '.', 3, undefined],
    ['007', '.', 0, undefined],
    ['1.2345', '.', 3, undefined],
    ['1.5', '.', 0, undefined],
    ['1.5', ',', 3, undefined],
    ['12a', '.', 0, undefined],
    ['-', '.', 0, undefined],
  ])('%j with %j and %d digits is %s', (text, decimal, digits, value) => {
    expect(typedNumber(text, decimal, digits)).toBe(value)
  })
})
