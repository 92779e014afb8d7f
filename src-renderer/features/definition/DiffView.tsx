// The difference of two texts, line by line; long runs of lines that are the same are folded to one.
// Invariant: a sign stands before each line, so that colour is never all there is. Runs in: manager and domain windows.

import type { DiffLine } from '../../../src-main/public/definition'
import { useWords } from '../../components/Language'
import { foldDiff } from './fold-diff'

const signs: Record<DiffLine['kind'], string> = { kept: ' ', removed: '−', added: '+' }

export function DiffView(props: { readonly diff: readonly DiffLine[]; readonly label: string }) {
  const { t } = useWords()
  const rows = foldDiff(props.diff)
  if (!rows.some((row) => row.kind === 'removed' || row.kind === 'added')) {
    return <p className="diff-none">{t('definition.no-changes')}</p>
  }
  return (
    <section className="diff mono" aria-label={props.label}>
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a difference is replaced whole, its lines have no identity
        <div key={index} className={`diff-line ${row.kind}`}>
          {row.kind === 'folded' ? t.count('definition.folded', row.lines) : `${signs[row.kind]} ${row.text}`}
        </div>
      ))}
    </section>
  )
}
