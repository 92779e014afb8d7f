// A snapshot, or the present state, as tree and timeline show it: a small picture and words. Runs in: domain window.
import type { SnapshotInfo, SnapshotTree } from '../../../../src-main/public/snapshot'
import { Icon } from '../../../components/Icon'
import { useWords } from '../../../components/Language'
import { SnapshotPicture } from './SnapshotPicture'

/** What tree and timeline are given. */
export interface SnapshotListProps {
  readonly tree: SnapshotTree
  /** A snapshot's identifier, or NOW. */
  readonly chosen: string
  readonly onChoose: (id: string) => void
}

export function useEntryWords(): (snapshot: SnapshotInfo | null) => { readonly name: string; readonly line: string } {
  const { t, formats } = useWords()
  return (snapshot) =>
    snapshot === null
      ? { name: t('snapshots.now'), line: '' }
      : { name: snapshot.name, line: formats.dateTime(snapshot.createdAt) }
}

export function SnapshotEntry(props: {
  readonly uuid: string
  readonly snapshot: SnapshotInfo | null
  readonly name: string
  readonly line: string
}) {
  const { uuid, snapshot, name, line } = props
  return (
    <>
      {snapshot === null ? (
        <span className="snapshot-picture">
          <Icon name="star" />
        </span>
      ) : (
        <SnapshotPicture uuid={uuid} snapshot={snapshot} />
      )}
      <span className="snapshot-words">
        <span>{name}</span>
        <span className="muted small">{line}</span>
      </span>
    </>
  )
}
