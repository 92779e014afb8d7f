// Views of guest memory: neighbours joined, in order, writable. Runs in: vitest.
import { describe, expect, it } from 'vitest'
import { GuestViews } from '../../../src-engine/lib/guest-views'

const memory = Uint8Array.from({ length: 64 }, (_, i) => i)
const shape = (views: readonly Uint8Array[]): number[][] => views.map((view) => [...view])

describe('views of guest memory', () => {
  it('join ranges that follow each other, and only those', () => {
    const views = new GuestViews(memory)
    for (const [from, to] of [
      [8, 10],
      [10, 12],
      [4, 8],
      [20, 21],
      [21, 22],
    ] as const)
      views.add(from, to)
    expect(shape(views.end())).toEqual([
      [8, 9, 10, 11],
      [4, 5, 6, 7],
      [20, 21],
    ])
  })

  it('keep the place of what lies elsewhere', () => {
    const views = new GuestViews(memory)
    views.add(1, 2)
    views.other(new Uint8Array([99]))
    views.add(2, 3)
    expect(shape(views.end())).toEqual([[1], [99], [2]])
  })

  it('are writable: what is put into them is in the memory', () => {
    const views = new GuestViews(memory)
    views.add(40, 41)
    views.add(41, 42)
    views.end()[0]?.fill(7)
    expect([...memory.subarray(39, 43)]).toEqual([39, 7, 7, 42])
  })
})
