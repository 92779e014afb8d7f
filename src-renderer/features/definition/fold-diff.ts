// What of a difference is shown: changes with a few lines around them. Runs in: renderer and tests; pure.

import type { DiffLine } from '../../../src-main/public/definition'

const AROUND = 3

export type DiffRow = DiffLine | { readonly kind: 'folded'; readonly lines: number }

export function foldDiff(diff: readonly DiffLine[]): DiffRow[] {
  const near = new Set<number>()
  for (const [at, { kind }] of diff.entries()) {
    if (kind !== 'kept') for (let line = at - AROUND; line <= at + AROUND; line++) near.add(line)
  }
  const rows: DiffRow[] = []
  for (const [at, line] of diff.entries()) {
    const last = rows.at(-1)
    if (near.has(at)) rows.push(line)
    else if (last?.kind === 'folded') rows[rows.length - 1] = { kind: 'folded', lines: last.lines + 1 }
    else rows.push({ kind: 'folded', lines: 1 })
  }
  return rows
}
