// What is chosen in the list, as its rows come and go.
// Invariant: what is gone or filtered out is not chosen any more; then the first guest stands in. A folder that is called something else is
// not gone; one that came into a folder that is folded away is chosen by that.
// Runs in: manager window.

import { useEffect, useMemo, useRef, useState } from 'react'
import type { DomainInfo } from '../../../src-main/public/types'
import { domainsOf, type Row } from './list/rows'
import { keep, noSelection, only, type Selection } from './list/selection'
import { type FolderMove, rowAfter } from './ordering/places'

export interface Chosen {
  readonly current: Selection
  /** The domains it stands for. */
  readonly selected: readonly DomainInfo[]
  /** The row the keyboard is at. */
  readonly cursorRow: Row | undefined
  readonly setSelection: (selection: Selection) => void
  /** Folders are about to be called something else: what is chosen of them stays so. */
  readonly follow: (moves: readonly FolderMove[]) => void
}

export function useChosen(rows: readonly Row[]): Chosen {
  const [selection, setSelected] = useState<Selection>(noSelection)
  const moves = useRef<readonly FolderMove[]>([])
  const keysBefore = useRef<readonly string[]>([])
  const keys = useMemo(() => rows.map(({ key }) => key), [rows])
  const there = useMemo(() => new Set(keys), [keys])
  const guestRow = rows.find((row) => row.kind === 'domain' && row.domain.kind === 'guest')
  const first = (guestRow ?? rows[1] ?? rows[0])?.key ?? null
  const standIn = useMemo(() => (first === null ? noSelection : only(first)), [first])
  const kept = keep(selection, keys, keysBefore.current, (key) => rowAfter(moves.current, key, there))
  const current = kept.cursor === null || kept.chosen.size === 0 ? standIn : kept
  const selected = useMemo(() => domainsOf(rows, current.chosen), [rows, current.chosen])
  useEffect(() => {
    keysBefore.current = keys
    if (kept !== selection) setSelected(kept)
  })
  const cursorRow = rows.find((row) => row.key === current.cursor)
  const { setSelection, follow } = useMemo(
    () => ({
      setSelection: (next: Selection) => {
        moves.current = []
        setSelected(next)
      },
      follow: (next: readonly FolderMove[]) => {
        moves.current = next
      },
    }),
    [],
  )
  return { current, selected, cursorRow, setSelection, follow }
}
