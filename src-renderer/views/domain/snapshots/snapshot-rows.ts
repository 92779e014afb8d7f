// Snapshots as a tree and as a line of time. The present state is an entry of its own, below the snapshot it came from.
// Invariant: every snapshot is in the tree once, also when its parent is missing.
// Runs in: domain window and tests; pure.
import type { SnapshotInfo, SnapshotTree } from '../../../../src-main/public/snapshot'

/** Key of the entry for the present state. */
export const NOW = 'now'

export interface TreeNode {
  /** A snapshot's identifier, or NOW. */
  readonly id: string
  readonly snapshot: SnapshotInfo | null
  readonly children: readonly TreeNode[]
}

/** Children of one parent stand in the order they were taken, the present state last. */
export function snapshotNodes({ snapshots, current }: SnapshotTree): readonly TreeNode[] {
  const known = new Set(snapshots.map(({ id }) => id))
  const parentOf = (id: string | null): string | null => (id !== null && known.has(id) ? id : null)
  const below = (parent: string | null): TreeNode[] => {
    const nodes = snapshots
      .filter((one) => parentOf(one.parent) === parent && one.id !== parent)
      .map((one): TreeNode => ({ id: one.id, snapshot: one, children: below(one.id) }))
    if (parentOf(current) === parent) nodes.push({ id: NOW, snapshot: null, children: [] })
    return nodes
  }
  return below(null)
}

/** As the rows of the tree stand below each other. */
export function rowsOf(nodes: readonly TreeNode[]): readonly string[] {
  return nodes.flatMap(({ id, children }) => [id, ...rowsOf(children)])
}

export interface TimelineEntry {
  /** A snapshot's identifier, or NOW. */
  readonly id: string
  readonly snapshot: SnapshotInfo | null
  /** Milliseconds since the entry before. */
  readonly since: number
  /** Pixels of the line between the two. */
  readonly gap: number
}

/** In the order they were taken, the present last. A clock that was put back makes no negative time. */
export function timelineEntries({ snapshots }: SnapshotTree, now: number): readonly TimelineEntry[] {
  const taken = [...snapshots].sort((a, b) => a.createdAt - b.createdAt)
  return [...taken, null].map((snapshot, index) => {
    const before = taken[index - 1]
    const since = before === undefined ? 0 : Math.max(0, (snapshot?.createdAt ?? now) - before.createdAt)
    return { id: snapshot?.id ?? NOW, snapshot, since, gap: timelineGap(since) }
  })
}

/** By the logarithm, as snapshots are minutes apart and months: none below a minute, 47 for an hour, 84 for a day, 152 for a year. */
function timelineGap(ms: number): number {
  const minutes = ms / 60_000
  return minutes < 1 ? 0 : Math.max(16, Math.round(8 * Math.log2(minutes)))
}

export interface Growth {
  /** The latest snapshot that both came from, which may be one of the two; null when there is none. */
  readonly shared: SnapshotInfo | null
  /** What was written to the disks from there to each, bytes on the host. */
  readonly one: number
  readonly other: number
}

/** How the disks of two entries grew apart: snapshots by their identifiers, or NOW. */
export function growthBetween(tree: SnapshotTree, one: string, other: string): Growth {
  const [line, otherLine] = [wayBack(tree, one), wayBack(tree, other)]
  const met = line.find(({ id }) => otherLine.some((each) => each.id === id))?.id
  const written = (entries: readonly WayEntry[]): number => {
    const end = entries.findIndex(({ id }) => id === met)
    return entries.slice(0, end < 0 ? entries.length : end).reduce((sum, { bytes }) => sum + bytes, 0)
  }
  const shared = tree.snapshots.find(({ id }) => id === met) ?? null
  return { shared, one: written(line), other: written(otherLine) }
}

interface WayEntry {
  readonly id: string
  readonly bytes: number
}

/** An entry and what it came from, up to the first. A parent that is missing, or a circle in a damaged file, ends it. */
function wayBack({ snapshots, current, presentBytes }: SnapshotTree, from: string): readonly WayEntry[] {
  const way: WayEntry[] = from === NOW ? [{ id: NOW, bytes: presentBytes }] : []
  let next = from === NOW ? current : from
  while (next !== null && way.every(({ id }) => id !== next)) {
    const found = snapshots.find(({ id }) => id === next)
    if (found === undefined) break
    way.push({ id: found.id, bytes: found.diskBytes })
    next = found.parent
  }
  return way
}

/** With all that came from it. */
export function countBelow({ snapshots }: SnapshotTree, id: string): number {
  const children = snapshots.filter(({ parent }) => parent === id)
  return children.reduce(
    (sum, child) => sum + 1 + countBelow({ uuid: '', current: null, snapshots, presentBytes: 0 }, child.id),
    0,
  )
}

/** Console text as people see it: without the sequences a terminal eats; its last lines. */
export function consoleLines(text: string, lines: number): string {
  const plain = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal eats
    .replace(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-~])/g, '')
    .replace(/\r\n?/g, '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, '')
  return plain.trimEnd().split('\n').slice(-lines).join('\n')
}
