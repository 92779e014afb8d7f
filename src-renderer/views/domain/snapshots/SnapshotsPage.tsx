// Snapshots of a machine: a tree of what came from what, or a line of time, with pictures; the chosen one beside it with its words,
// sizes and what differs from now or another one, and what can be done with it.
// Invariant: what is chosen stays chosen while snapshots come and go; where it goes itself, what took its place is. Runs in: domain window.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Button as AriaButton, Collection, Tree, TreeItem, TreeItemContent } from 'react-aria-components'
import type { SnapshotInfo, SnapshotTree } from '../../../../src-main/public/snapshot'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { callQuery } from '../../../client/queries'
import { Button } from '../../../components/Button'
import { Segmented } from '../../../components/Field'
import { Icon } from '../../../components/Icon'
import { useWords } from '../../../components/Language'
import { onlyKey } from '../../../components/only-key'
import { useNeighbour } from '../../../components/use-neighbour'
import { CloneDialog } from '../../../features/clone/CloneDialog'
import { BranchDialog, NameDialog } from '../../../features/snapshots/SnapshotDialogs'
import { useAppState } from '../../../state/store'
import { SnapshotComparison } from './SnapshotComparison'
import { DeleteDialog, type Question, RevertDialog } from './SnapshotDialogs'
import { SnapshotEntry, type SnapshotListProps, useEntryWords } from './SnapshotEntry'
import { SnapshotPicture } from './SnapshotPicture'
import { SnapshotTimeline } from './SnapshotTimeline'
import { NOW, rowsOf, snapshotNodes, type TreeNode } from './snapshot-rows'
import './snapshots.css'

export function SnapshotsPage(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t } = useWords()
  const client = useClient()
  const { data: tree } = useQuery({
    ...callQuery(client, 'snapshotTree', { uuid: domain.uuid }),
    refetchOnMount: 'always',
  })
  const jobKind = useAppState(({ jobs }) => (domain.job === null ? undefined : jobs[domain.job]?.kind))
  const [shape, setShape] = useState<'tree' | 'time'>('tree')
  const [chosen, setChosen] = useState<string>(NOW)
  const [question, setQuestion] = useState<Question | null>(null)
  if (tree === undefined) return <div className="snapshots" />
  const snapshot = tree.snapshots.find(({ id }) => id === chosen) ?? null
  const may = (operation: DomainInfo['operations'][number]): boolean =>
    domain.operations.includes(operation) && domain.job === null
  // What was deleted before is merged meanwhile, and gives way.
  const isFree = domain.job === null || jobKind === 'snapshotMerge'
  const ask = { domain, tree, onClose: () => setQuestion(null) }
  return (
    <div className="snapshots">
      <section className="snapshots-side" aria-label={t('snapshots.label', { name: domain.name })}>
        <div className="snapshots-head">
          <Button icon="camera" kind="primary" disabled={!may('snapshot')} onPress={() => setQuestion({ kind: 'create' })}>
            {t('snapshots.take')}
          </Button>
          <span className="fill" />
          <Segmented
            label={t('snapshots.shape')}
            value={shape}
            choices={[
              { value: 'tree', label: t('snapshots.shape-tree') },
              { value: 'time', label: t('snapshots.shape-time') },
            ]}
            onChange={setShape}
          />
        </div>
        {shape === 'tree' ? (
          <SnapshotTreeList tree={tree} chosen={chosen} onChoose={setChosen} />
        ) : (
          <SnapshotTimeline tree={tree} chosen={chosen} onChoose={setChosen} />
        )}
      </section>
      {snapshot === null ? (
        <Present domain={domain} tree={tree} onFork={may('fork') ? () => setQuestion({ kind: 'fork' }) : null} />
      ) : (
        <Chosen
          domain={domain}
          tree={tree}
          snapshot={snapshot}
          mayDo={isFree}
          mayRevert={isFree && domain.operations.includes('revert')}
          onAsk={setQuestion}
        />
      )}
      {question?.kind === 'create' && <NameDialog {...ask} snapshot={null} />}
      {question?.kind === 'rename' && <NameDialog {...ask} snapshot={question.snapshot} />}
      {question?.kind === 'revert' && <RevertDialog {...ask} snapshot={question.snapshot} />}
      {question?.kind === 'delete' && <DeleteDialog {...ask} snapshot={question.snapshot} />}
      {question?.kind === 'branch' && <BranchDialog {...ask} snapshot={question.snapshot} />}
      {question?.kind === 'fork' && <BranchDialog {...ask} snapshot={null} />}
      {question?.kind === 'clone' && <CloneDialog {...ask} snapshot={question.snapshot} />}
    </div>
  )
}

function SnapshotTreeList(props: SnapshotListProps) {
  const { tree, chosen } = props
  const { t } = useWords()
  const words = useEntryWords()
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const nodes = snapshotNodes(tree)
  const ids = tree.snapshots.map(({ id }) => id)
  useNeighbour(rowsOf(nodes), chosen, props.onChoose)
  const node = ({ id, snapshot, children }: TreeNode) => {
    const { name, line } = words(snapshot)
    return (
      <TreeItem key={id} id={id} textValue={name} className={snapshot === null ? 'snapshot-item now' : 'snapshot-item'}>
        <TreeItemContent>
          <span className="snapshot-row">
            {children.length > 0 ? (
              <AriaButton slot="chevron" className="snapshot-chevron">
                <Icon name="down" />
              </AriaButton>
            ) : (
              <span className="snapshot-chevron" />
            )}
            <SnapshotEntry uuid={tree.uuid} snapshot={snapshot} name={name} line={line} />
          </span>
        </TreeItemContent>
        <Collection items={children}>{node}</Collection>
      </TreeItem>
    )
  }
  return (
    <Tree
      className="snapshots-tree"
      data-home=""
      aria-label={t('snapshots.shape-tree')}
      selectionMode="single"
      selectionBehavior="replace"
      disallowEmptySelection
      items={nodes}
      dependencies={[tree]}
      selectedKeys={[chosen]}
      onSelectionChange={onlyKey(props.onChoose)}
      expandedKeys={ids.filter((id) => !closed.has(id))}
      onExpandedChange={(keys) => setClosed(new Set(ids.filter((id) => !keys.has(id))))}
    >
      {node}
    </Tree>
  )
}

function Present(props: { readonly domain: DomainInfo; readonly tree: SnapshotTree; readonly onFork: (() => void) | null }) {
  const { domain, tree, onFork } = props
  const { t, formats } = useWords()
  const parent = tree.snapshots.find(({ id }) => id === tree.current)
  return (
    <section className="snapshot-page" aria-label={t('snapshots.now')}>
      <h2>{t('snapshots.now')}</h2>
      <p className="muted">
        {parent === undefined
          ? t(tree.snapshots.length === 0 ? 'snapshots.none' : 'snapshots.from-start')
          : t('snapshots.since', { name: parent.name, size: formats.size(tree.presentBytes) })}
      </p>
      <div className="snapshot-buttons">
        <Button icon="copy" disabled={onFork === null} onPress={() => onFork?.()}>
          {t('snapshots.fork')}
        </Button>
      </div>
      <p className="muted small">{t(domain.domid === null ? 'snapshots.fork-off' : 'snapshots.fork-note')}</p>
    </section>
  )
}

function Chosen(props: {
  readonly domain: DomainInfo
  readonly tree: SnapshotTree
  readonly snapshot: SnapshotInfo
  /** No job has the machine that would not give way. */
  readonly mayDo: boolean
  readonly mayRevert: boolean
  readonly onAsk: (question: Question) => void
}) {
  const { domain, tree, snapshot, onAsk } = props
  const { t, formats } = useWords()
  const button = (
    kind: 'revert' | 'branch' | 'clone' | 'rename' | 'delete',
    icon: Parameters<typeof Icon>[0]['name'],
    on = true,
  ) => (
    <Button icon={icon} disabled={!on} onPress={() => onAsk({ kind, snapshot })}>
      {t(`snapshots.${kind}`)}
    </Button>
  )
  const children = tree.snapshots.filter(({ parent }) => parent === snapshot.id)
  const grown = [
    ...children.map((child) => ({ id: child.id, name: child.name, bytes: child.diskBytes })),
    ...(tree.current === snapshot.id ? [{ id: NOW, name: t('snapshots.now'), bytes: tree.presentBytes }] : []),
  ]
  return (
    <section className="snapshot-page" aria-label={snapshot.name}>
      <h2>{snapshot.name}</h2>
      <div className="snapshot-buttons">
        {button('revert', 'restore', props.mayRevert)}
        {button('branch', 'plus')}
        {button('clone', 'copy')}
        {button('rename', 'pencil')}
        {button('delete', 'trash', props.mayDo)}
      </div>
      <SnapshotPicture uuid={tree.uuid} snapshot={snapshot} large />
      {snapshot.description !== '' && <p className="snapshot-text">{snapshot.description}</p>}
      <dl className="snapshot-facts">
        <dt>{t('snapshots.taken')}</dt>
        <dd>{formats.dateTime(snapshot.createdAt)}</dd>
        <dt>{t('snapshots.state')}</dt>
        <dd>{t(`snapshots.state-${snapshot.state}`)}</dd>
        <dt>{t('snapshots.memory')}</dt>
        <dd>{snapshot.state === 'shutoff' ? t('snapshots.no-memory') : formats.size(snapshot.memoryBytes)}</dd>
        {grown.map(({ id, name, bytes }) => (
          <FactPair key={id} term={t('snapshots.growth', { name })} value={formats.size(bytes)} />
        ))}
      </dl>
      <SnapshotComparison domain={domain} tree={tree} snapshot={snapshot} />
    </section>
  )
}

function FactPair(props: { readonly term: string; readonly value: string }) {
  return (
    <>
      <dt>{props.term}</dt>
      <dd>{props.value}</dd>
    </>
  )
}
