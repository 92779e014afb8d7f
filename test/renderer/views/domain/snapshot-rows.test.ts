// The tree of snapshots, console text as a picture. Runs in: vitest; pure.
import { describe, expect, it } from 'vitest'
import type { SnapshotInfo, SnapshotTree } from '../../../../src-main/public/snapshot'
import type { DomainConfig } from '../../../../src-main/public/types'
import { freeSnapshotName } from '../../../../src-renderer/features/snapshots/SnapshotDialogs'
import {
  consoleLines,
  countBelow,
  growthBetween,
  NOW,
  snapshotNodes,
  type TreeNode,
  timelineEntries,
} from '../../../../src-renderer/views/domain/snapshots/snapshot-rows'

const config: DomainConfig = {
  name: 'a',
  memoryMiB: 64,
  vcpus: 1,
  kernel: '/k',
  ramdisk: null,
  cmdline: '',
  devices: [{ kind: 'vbd', dev: 'xvda', path: '/one', format: 'raw', readonly: false, removable: false }],
}
const id = (letter: string): string => `${letter.repeat(8)}-0000-4000-8000-000000000000`
const snapshot = (letter: string, parent: string | null): SnapshotInfo => ({
  id: id(letter),
  name: `Snapshot ${letter}`,
  description: '',
  parent: parent === null ? null : id(parent),
  createdAt: letter.charCodeAt(0),
  state: 'running',
  config,
  picture: 'none',
  memoryBytes: 1,
  diskBytes: 1,
  whenDeleted: 'merged',
})
const tree = (current: string | null, ...snapshots: SnapshotInfo[]): SnapshotTree => {
  return { uuid: id('f'), current: current === null ? null : id(current), snapshots, presentBytes: 0 }
}
const shape = (nodes: readonly TreeNode[]): string =>
  nodes.map(({ id: key, children }) => `${key[0]}${children.length > 0 ? `(${shape(children)})` : ''}`).join(' ')

describe('snapshots as rows', () => {
  it('are a tree with the present state below its own, whatever is missing', () => {
    expect(shape(snapshotNodes(tree(null)))).toBe('n')
    expect(shape(snapshotNodes(tree('b', snapshot('a', null), snapshot('b', 'a'), snapshot('c', 'a'))))).toBe('a(b(n) c)')
    expect(shape(snapshotNodes(tree('e', snapshot('a', 'd'), snapshot('b', 'b'))))).toBe('a n')
    expect(countBelow(tree(null, snapshot('a', null), snapshot('b', 'a'), snapshot('c', 'b')), id('a'))).toBe(2)
    expect(freeSnapshotName(tree(null, { ...snapshot('a', null), name: 'S 2' }), 'S')).toBe('S 3')
  })

  it('say what was written to the disks between any two, and where their ways parted', () => {
    const sized = (letter: string, parent: string | null, diskBytes: number) => ({ ...snapshot(letter, parent), diskBytes })
    // a – b – c, and a – d – now; e stands alone.
    const all = [sized('a', null, 1000), sized('b', 'a', 20), sized('c', 'b', 3), sized('d', 'a', 400), sized('e', null, 7)]
    const grown = { ...tree('d', ...all), presentBytes: 50 }
    const between = (one: string, other: string) => {
      const growth = growthBetween(grown, one, other)
      return [growth.shared?.name ?? null, growth.one, growth.other]
    }
    expect(between(id('a'), id('c'))).toEqual(['Snapshot a', 0, 23])
    expect(between(id('c'), id('a'))).toEqual(['Snapshot a', 23, 0])
    expect(between(id('c'), id('d'))).toEqual(['Snapshot a', 23, 400])
    expect(between(id('b'), NOW)).toEqual(['Snapshot a', 20, 450])
    expect(between(id('d'), NOW)).toEqual(['Snapshot d', 0, 50])
    expect(between(id('e'), id('b'))).toEqual([null, 7, 1020])
    // A damaged file: two that came from each other, and one whose parent is missing.
    const damaged = tree('x', sized('a', 'b', 1), sized('b', 'a', 2))
    expect(growthBetween(damaged, id('a'), NOW)).toMatchObject({ shared: null, one: 3, other: 0 })
  })

  it('show the end of a console without what a terminal eats', () => {
    const text = 'old\r\n\u001b[1;32mdemo\u001b[0m:~# ls\r\n\u001b]0;title\u0007file\u0000\r\n\r\n'
    expect(consoleLines(text, 2)).toBe('demo:~# ls\nfile')
  })
})

describe('a timeline', () => {
  const at = (letter: string, minutes: number) => ({ ...snapshot(letter, null), createdAt: minutes * 60_000 })
  const entries = (snapshots: readonly SnapshotInfo[], nowMinutes: number) =>
    timelineEntries({ uuid: id('z'), snapshots, current: null, presentBytes: 0 }, nowMinutes * 60_000)

  it('is in the order of time, the present last, with longer lines for longer times', () => {
    const line = entries([at('b', 61), at('a', 1), at('c', 61 + 24 * 60)], 61 + 24 * 60 + 0.5)
    expect(line.map((entry) => entry.snapshot?.name ?? 'now')).toEqual(['Snapshot a', 'Snapshot b', 'Snapshot c', 'now'])
    expect(line.map(({ since }) => since / 60_000)).toEqual([0, 60, 1440, 0.5])
    const [first, hour, day, moment] = line.map(({ gap }) => gap)
    expect([first, moment]).toEqual([0, 0])
    expect(hour).toBeGreaterThan(0)
    expect(day).toBeGreaterThan(hour ?? 0)
  })

  it('has no negative time when the clock was put back', () => {
    expect(entries([at('a', 100)], 3).map(({ since }) => since)).toEqual([0, 0])
  })
})
