// Two texts as one list of lines: kept, taken away, put in. For people, and for the windows that show it.
// Invariant: a difference is of bounded size: texts too different to compare are all of the old, then all of the new.
// Library: diff (Myers' algorithm). Runs in: main, plain Node.
import { diffLines } from 'diff'
import type { DiffLine } from '../public/definition'

const EDITS_MOST = 2_000

function lines(kind: DiffLine['kind'], text: string): DiffLine[] {
  if (text === '') return []
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => ({ kind, text: line }))
}

export function diffTexts(before: string, after: string): DiffLine[] {
  const parts = diffLines(before, after, { maxEditLength: EDITS_MOST, timeout: 1000 })
  if (!parts) return [...lines('removed', before), ...lines('added', after)]
  return parts.flatMap(({ value, added, removed }) => lines(added ? 'added' : removed ? 'removed' : 'kept', value))
}
