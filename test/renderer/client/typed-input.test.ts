// What was typed and may not have arrived, by rows of what happened. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { TypedInput } from '../../../src-renderer/client/typed-input'

type Step = readonly ['type', text: string] | readonly ['ahead', text: string] | readonly ['stream', position: number | null]

/** What each stream was sent first. */
function begun(steps: readonly Step[]): string[] {
  const typed = new TypedInput()
  return steps.flatMap(([what, value]) => {
    if (what === 'stream') return [new TextDecoder().decode(typed.begin(value))]
    typed.add(new TextEncoder().encode(value), what === 'type')
    return []
  })
}

const LONG = 'x'.repeat(20_000)

describe('typed input', () => {
  const rows: [what: string, steps: Step[], sent: string[]][] = [
    ['nothing was typed', [['stream', 7]], ['']],
    [
      'typed ahead',
      [
        ['ahead', 'abc'],
        ['stream', 7],
      ],
      ['abc'],
    ],
    [
      'all arrived',
      [
        ['stream', 7],
        ['type', 'abc'],
        ['stream', 10],
      ],
      ['', ''],
    ],
    [
      'a part was lost',
      [
        ['stream', 7],
        ['type', 'abcdef'],
        ['stream', 9],
      ],
      ['', 'cdef'],
    ],
    [
      'lost twice',
      [
        ['stream', 0],
        ['type', 'abc'],
        ['stream', 1],
        ['stream', 2],
      ],
      ['', 'bc', 'c'],
    ],
    [
      'lost and typed ahead',
      [
        ['stream', 0],
        ['type', 'ab'],
        ['ahead', 'cd'],
        ['stream', 1],
      ],
      ['', 'bcd'],
    ],
    [
      'somebody else typed too',
      [
        ['stream', 0],
        ['type', 'ab'],
        ['ahead', 'cd'],
        ['stream', 9],
      ],
      ['', 'cd'],
    ],
    [
      'the guest has less than before',
      [
        ['stream', 5],
        ['type', 'ab'],
        ['stream', 0],
      ],
      ['', ''],
    ],
    [
      'nobody tells',
      [
        ['stream', null],
        ['type', 'ab'],
        ['ahead', 'c'],
        ['stream', null],
      ],
      ['', 'c'],
    ],
    [
      'told from the second on',
      [
        ['stream', null],
        ['type', 'ab'],
        ['stream', 3],
        ['type', 'cd'],
        ['stream', 4],
      ],
      ['', '', 'd'],
    ],
    [
      'more than is kept',
      [
        ['stream', 0],
        ['type', LONG],
        ['type', 'end'],
        ['stream', 20_001],
      ],
      ['', 'nd'],
    ],
    [
      'more ahead than is kept',
      [
        ['ahead', LONG],
        ['ahead', 'ab'],
        ['stream', 0],
      ],
      ['ab'],
    ],
  ]
  for (const [what, steps, sent] of rows) it(what, () => expect(begun(steps)).toEqual(sent))
})
