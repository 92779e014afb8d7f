// What differs between a snapshot and another one, or now: settings row by row, and what was written to the disks between them.
// Invariant: what was chosen to compare with stays while another snapshot is looked at; a snapshot that is gone, or is that one
// itself, makes it now. Runs in: domain window.
import { useState } from 'react'
import type { SnapshotInfo, SnapshotTree } from '../../../../src-main/public/snapshot'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useWords } from '../../../components/Language'
import { Select } from '../../../components/Select'
import { configDifferences } from './config-differences'
import { growthBetween, NOW } from './snapshot-rows'

interface ComparisonProps {
  readonly domain: DomainInfo
  readonly tree: SnapshotTree
  readonly snapshot: SnapshotInfo
}

export function SnapshotComparison(props: ComparisonProps) {
  const { domain, tree, snapshot } = props
  const { t } = useWords()
  const [wanted, setWanted] = useState<string>(NOW)
  const others = tree.snapshots.filter(({ id }) => id !== snapshot.id)
  const other = others.find(({ id }) => id === wanted) ?? null
  return (
    <>
      <div className="snapshot-compare">
        <h3>{t('snapshots.compare')}</h3>
        <Select
          label={t('snapshots.compare')}
          value={other?.id ?? NOW}
          choices={[{ value: NOW, label: t('snapshots.now') }, ...others.map(({ id, name }) => ({ value: id, label: name }))]}
          onChange={setWanted}
        />
      </div>
      <GrowthLine tree={tree} snapshot={snapshot} other={other} />
      <Differences domain={domain} snapshot={snapshot} other={other} />
    </>
  )
}

/** `other` is null for the present state. */
interface PairProps {
  readonly snapshot: SnapshotInfo
  readonly other: SnapshotInfo | null
}

function GrowthLine(props: PairProps & { readonly tree: SnapshotTree }) {
  const { tree, snapshot, other } = props
  const { t, formats } = useWords()
  const [name, otherName] = [snapshot.name, other?.name ?? t('snapshots.now')]
  const growth = growthBetween(tree, snapshot.id, other?.id ?? NOW)
  const [size, otherSize] = [formats.size(growth.one), formats.size(growth.other)]
  const words = (): string => {
    if (growth.shared === null) return t('snapshots.grown-apart', { name, size, otherName, otherSize })
    if (growth.shared.id === snapshot.id) return t('snapshots.grown', { from: name, to: otherName, size: otherSize })
    if (growth.shared.id === other?.id) return t('snapshots.grown', { from: otherName, to: name, size })
    return t('snapshots.grown-since', { shared: growth.shared.name, name, size, otherName, otherSize })
  }
  return <p className="muted">{words()}</p>
}

function Differences(props: PairProps & { readonly domain: DomainInfo }) {
  const { domain, snapshot, other } = props
  const { t } = useWords()
  const config = other === null ? domain.config : other.config
  const rows = config === null ? [] : configDifferences(snapshot.config, config, t)
  if (rows.length === 0) return <p className="muted">{t('snapshots.same')}</p>
  return (
    <table className="snapshot-differences">
      <thead>
        <tr>
          <th scope="col">{t('snapshots.what')}</th>
          <th scope="col">{other === null ? t('snapshots.then') : snapshot.name}</th>
          <th scope="col">{other === null ? t('snapshots.now') : other.name}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ what, before, after }) => (
          <tr key={what}>
            <th scope="row">{what}</th>
            <td>{before === '' ? '–' : before}</td>
            <td>{after === '' ? '–' : after}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
