// Snapshots in the order of time, from the first to now. Between two stands how much time passed, and the line there is the longer the
// more it was (timelineGap). Runs in: domain window.
import { ListBox, ListBoxItem } from 'react-aria-components'
import { useWords } from '../../../components/Language'
import { onlyKey } from '../../../components/only-key'
import { useNeighbour } from '../../../components/use-neighbour'
import { SnapshotEntry, type SnapshotListProps, useEntryWords } from './SnapshotEntry'
import { timelineEntries } from './snapshot-rows'

export function SnapshotTimeline(props: SnapshotListProps) {
  const { tree, chosen } = props
  const { t, formats } = useWords()
  const words = useEntryWords()
  const entries = timelineEntries(tree, Date.now())
  useNeighbour(
    entries.map(({ id }) => id),
    chosen,
    props.onChoose,
  )
  return (
    <ListBox
      className="snapshots-time"
      data-home=""
      aria-label={t('snapshots.shape-time')}
      selectionMode="single"
      selectionBehavior="replace"
      disallowEmptySelection
      selectedKeys={[chosen]}
      onSelectionChange={onlyKey(props.onChoose)}
    >
      {entries.map(({ id, snapshot, since, gap }) => {
        const { name, line } = words(snapshot)
        return (
          <ListBoxItem key={id} id={id} textValue={name} className="snapshot-point">
            {gap > 0 && (
              <span className="snapshot-gap muted small" style={{ height: gap }}>
                {t(snapshot === null ? 'snapshots.ago' : 'snapshots.later', { time: formats.uptime(since) })}
              </span>
            )}
            <span className="snapshot-row">
              <span className="snapshot-dot" />
              <SnapshotEntry uuid={tree.uuid} snapshot={snapshot} name={name} line={line} />
            </span>
          </ListBoxItem>
        )
      })}
    </ListBox>
  )
}
