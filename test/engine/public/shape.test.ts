// What a shape says of a wrong value, with the way to it, and that `is` and `explain` agree. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { bytes, count, dictionary, either, fields, list, oneOf, optional, text, within } from '../../../src-engine/public/shape'

const disk = fields({ path: text, slot: within(0, 3), mode: optional(oneOf('ro', 'rw')) })
const pen = fields({ kind: oneOf('pen'), width: count })
const ink = fields({ kind: oneOf('ink'), colour: text })
const nib = fields({ kind: oneOf('nib'), size: count })
const machine = fields({
  name: text,
  disks: list(disk, 2),
  counters: dictionary(count),
  picture: either(bytes, text),
  part: optional(either(either(pen, ink), nib)),
})
const right = { name: 'a', disks: [{ path: '/x', slot: 1 }], counters: { reads: 1 }, picture: '', more: 1 }

const wrong: readonly [unknown, string][] = [
  [null, 'machine: an object expected, null found'],
  [[], 'machine: an object expected, a list found'],
  [{ ...right, name: 1 }, 'machine.name: text expected, number found'],
  [{ ...right, disks: {} }, 'machine.disks: a list expected, object found'],
  [{ ...right, disks: [disk, disk, disk] }, 'machine.disks: at most 2 entries expected, 3 found'],
  [
    { ...right, disks: [right.disks[0], { path: '/y', slot: 4 }] },
    'machine.disks[1].slot: a whole number from 0 to 3 expected, number found',
  ],
  [{ ...right, disks: [{ path: '/y', slot: 0, mode: 'x' }] }, 'machine.disks[0].mode: one of ro, rw expected, string found'],
  [{ ...right, counters: { reads: -1 } }, 'machine.counters.reads: a whole number from 0 expected, number found'],
  [{ ...right, part: { kind: 'pen', width: 'x' } }, 'machine.part.width: a whole number from 0 expected, string found'],
  [{ ...right, part: { kind: 'ink', colour: 1 } }, 'machine.part.colour: text expected, number found'],
  [{ ...right, part: { kind: 'nib', size: '' } }, 'machine.part.size: a whole number from 0 expected, string found'],
  [{ ...right, part: { kind: 'cap' } }, 'machine.part.kind: one of pen expected, string found'],
  [{ ...right, picture: 7 }, 'machine.picture: text expected, number found'],
]

describe('a shape', () => {
  it('takes what fits, with more fields than it knows', () => {
    expect([machine.is(right), machine.explain(right)]).toEqual([true, undefined])
  })

  it.each(wrong)('says what is wrong with %j and where', (value, said) => {
    expect(machine.is(value)).toBe(false)
    expect(machine.explain(value, 'machine')).toBe(said)
  })
})
