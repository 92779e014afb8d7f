// Folders that are renamed or dropped elsewhere stay chosen, and folded away if they were: their rows have other keys since.
// Invariant: a folder that was there under that name keeps its own state. Runs in: manager window.

import type { ListLayout } from '../../../../src-main/public/list'
import { folderKey, type Row } from '../list/rows'
import type { FollowFolders } from './ordering'
import { type FolderMove, foldedAfter } from './places'

export interface FollowParts {
  readonly rows: readonly Row[]
  /** What it is at that moment. */
  readonly layout: () => ListLayout
  readonly change: (part: Partial<ListLayout>) => void
  readonly choose: (moves: readonly FolderMove[]) => void
}

export function followFolders({ rows, layout, change, choose }: FollowParts): FollowFolders {
  return (moves) => {
    if (moves.length === 0) return () => undefined
    choose(moves)
    const isThere = ({ connection, to }: FolderMove) => rows.some(({ key }) => key === folderKey(to, connection))
    const before = layout().collapsed
    const after = foldedAfter(
      moves.filter((move) => !isThere(move)),
      before,
    )
    const [gone, come] = [before.filter((key) => !after.includes(key)), after.filter((key) => !before.includes(key))]
    if (come.length === 0) return () => undefined
    // Both for as long as it is not known: nothing opens and is folded again.
    change({ collapsed: [...layout().collapsed, ...come] })
    return (done) => {
      const wrong = done ? gone : come
      change({ collapsed: layout().collapsed.filter((key) => !wrong.includes(key)) })
    }
  }
}
