// By how much the rows of a terminal have moved. Runs in: vitest, plain Node.

import { describe, expect, it } from 'vitest'
import { movedBy } from '../../../src-renderer/features/console/row-reuse'

describe('rows of a terminal have moved', () => {
  const rows = [
    { what: 'up by a line', before: 'abcd', after: 'bcde', by: 1 },
    { what: 'up by several, with a cursor that was on the last', before: 'abcdefC', after: 'defgijC', by: 3 },
    { what: 'down, as the user scrolls', before: 'defg', after: 'bcde', by: -2 },
    { what: 'not at all, where one changes', before: 'abcd', after: 'abxd', by: 0 },
    { what: 'not at all, where all change', before: 'abcd', after: 'efgh', by: 0 },
    { what: 'not at all, where only one of several moves', before: 'abcdef', after: 'abcdxe', by: 0 },
    { what: 'by what the unlike lines say, whatever the blank ones do', before: 'a    b', after: '    bc', by: 1 },
  ]
  it.each(rows)('$what', ({ before, after, by }) => {
    const looks = (text: string) => [...text].map((letter) => (letter === ' ' ? '<span></span>' : letter))
    expect(movedBy(looks(before), looks(after))).toBe(by)
  })

  it('not at all, as long as some are not known', () => {
    expect(movedBy([undefined, undefined, undefined], ['a', 'b', 'c'])).toBe(0)
    expect(movedBy(['a', 'b', 'c'], ['b', undefined, 'd'])).toBe(0)
  })
})
