// The questions that only the Snapshots page asks: going back, deleting.
// Invariant: Escape and Cancel change nothing; a refusal is shown in the dialog and keeps what was typed. Runs in: domain window.

import { useState } from 'react'
import type { SnapshotInfo, SnapshotTree } from '../../../../src-main/public/snapshot'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { Check } from '../../../components/Check'
import { Dialog } from '../../../components/Dialog'
import { goToList } from '../../../components/home'
import { useWords } from '../../../components/Language'
import { Foot, useAnswer } from '../../../features/snapshots/SnapshotDialogs'
import { countBelow } from './snapshot-rows'

export type Question =
  | { readonly kind: 'create' }
  | { readonly kind: 'rename' | 'revert' | 'delete' | 'branch' | 'clone'; readonly snapshot: SnapshotInfo }
  | { readonly kind: 'fork' }

interface AskProps {
  readonly domain: DomainInfo
  readonly tree: SnapshotTree
  readonly onClose: () => void
}

export function RevertDialog(props: AskProps & { readonly snapshot: SnapshotInfo }) {
  const { domain, tree, snapshot, onClose } = props
  const { t, formats } = useWords()
  const client = useClient()
  const { answer, notice } = useAnswer(onClose)
  const { uuid } = domain
  const { name } = snapshot
  return (
    <Dialog
      title={t('snapshots.revert-title', { name })}
      alert
      onClose={onClose}
      onSubmit={() => void answer(client.call('snapshotRevert', { uuid, id: snapshot.id }))}
      buttons={<Foot label={t('snapshots.revert')} danger onClose={onClose} />}
    >
      <p>{t('snapshots.revert-body', { size: formats.size(tree.presentBytes) })}</p>
      <p>{t(snapshot.state === 'shutoff' ? 'snapshots.revert-off' : 'snapshots.revert-live')}</p>
      {notice}
    </Dialog>
  )
}

export function DeleteDialog(props: AskProps & { readonly snapshot: SnapshotInfo }) {
  const { domain, tree, snapshot, onClose } = props
  const { t } = useWords()
  const client = useClient()
  const { answer, notice } = useAnswer(() => {
    onClose()
    goToList()
  })
  const [below, setBelow] = useState(false)
  const { uuid } = domain
  const { name } = snapshot
  const children = countBelow(tree, snapshot.id)
  const merged = domain.domid === null ? 'snapshots.merged' : 'snapshots.merged-live'
  const { whenDeleted } = snapshot
  return (
    <Dialog
      title={t('snapshots.delete-title', { name })}
      alert
      onClose={onClose}
      onSubmit={() => void answer(client.call('snapshotDelete', { uuid, id: snapshot.id, below }))}
      buttons={<Foot label={t('snapshots.delete')} danger onClose={onClose} />}
    >
      <p>{t('snapshots.delete-body')}</p>
      <p className="muted">{t(whenDeleted === 'merged' || below ? merged : `snapshots.${whenDeleted}`)}</p>
      {children > 0 && <Check label={t.count('snapshots.delete-below', children)} value={below} onChange={setBelow} />}
      {notice}
    </Dialog>
  )
}
