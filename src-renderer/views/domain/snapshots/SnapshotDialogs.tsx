// The questions of the Snapshots page: name and words of a new or a known one, going back, deleting, the name of a branch.
// Invariant: Escape and Cancel change nothing; a refusal is shown in the dialog and keeps what was typed. Runs in: domain window.

import { useState } from 'react'
import type { ErrorReport } from '../../../../src-main/public/error-code'
import { cutTo, NAME_BYTES_MOST } from '../../../../src-main/public/name'
import type { Result } from '../../../../src-main/public/result'
import type { SnapshotInfo, SnapshotTree } from '../../../../src-main/public/snapshot'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { Button } from '../../../components/Button'
import { Check } from '../../../components/Check'
import { Dialog } from '../../../components/Dialog'
import { TextAreaField, TextField } from '../../../components/Field'
import { useWords } from '../../../components/Language'
import { Refusal } from '../../../remedy/Refusal'
import { useAppStore } from '../../../state/store'
import { countBelow, freeSnapshotName } from './snapshot-rows'

export type Question =
  | { readonly kind: 'create' }
  | { readonly kind: 'rename' | 'revert' | 'delete' | 'branch' | 'clone'; readonly snapshot: SnapshotInfo }
  | { readonly kind: 'fork' }

interface AskProps {
  readonly domain: DomainInfo
  readonly tree: SnapshotTree
  readonly onClose: () => void
}

/** Shows what was refused, or closes. */
function useAnswer(onClose: () => void) {
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  const answer = async <T,>(call: Promise<Result<T, ErrorReport>>, then: (value: T) => void = () => {}): Promise<void> => {
    const result = await call
    if (!result.ok) return setRefusal(result.error)
    then(result.value)
    onClose()
  }
  return { answer, notice: <Refusal error={refusal} onChange={setRefusal} /> }
}

function Foot(props: {
  readonly label: string
  readonly danger?: boolean
  readonly disabled?: boolean
  readonly onClose: () => void
}) {
  const { t } = useWords()
  return (
    <>
      <Button onPress={props.onClose}>{t('button.cancel')}</Button>
      <Button kind={props.danger === true ? 'danger' : 'primary'} submit disabled={props.disabled === true}>
        {props.label.replace(/\s*…$/, '')}
      </Button>
    </>
  )
}

/** For a new one, and to rename one. */
export function NameDialog(props: AskProps & { readonly snapshot: SnapshotInfo | null }) {
  const { domain, tree, snapshot, onClose } = props
  const { t } = useWords()
  const client = useClient()
  const { answer, notice } = useAnswer(onClose)
  const [name, setName] = useState(snapshot?.name ?? freeSnapshotName(tree, t('snapshots.stem')))
  const [description, setDescription] = useState(snapshot?.description ?? '')
  const { uuid } = domain
  const runs = domain.state === 'running' || domain.state === 'paused'
  const submit = () =>
    answer(
      snapshot === null
        ? client.call('snapshotCreate', { uuid, name, description })
        : client.call('snapshotRedefine', { uuid, id: snapshot.id, name, description }),
    )
  const label = t(snapshot === null ? 'snapshots.take' : 'button.apply')
  return (
    <Dialog
      title={snapshot === null ? t('snapshots.take-title', { name: domain.name }) : t('snapshots.rename-title')}
      onClose={onClose}
      onSubmit={() => void submit()}
      buttons={<Foot label={label} disabled={name.trim() === ''} onClose={onClose} />}
    >
      <TextField label={t('snapshots.name')} value={name} onChange={setName} maxLength={NAME_BYTES_MOST} autoFocus />
      <TextAreaField
        label={t('snapshots.description')}
        value={description}
        rows={4}
        maxLength={8192}
        onChange={setDescription}
      />
      {snapshot === null && <p className="muted">{t(runs ? 'snapshots.take-live' : 'snapshots.take-off')}</p>}
      {notice}
    </Dialog>
  )
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
  const { answer, notice } = useAnswer(onClose)
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

/** The name of a machine to be made from a snapshot, or of a running copy. */
export function BranchDialog(props: AskProps & { readonly snapshot: SnapshotInfo | null }) {
  const { domain, snapshot, onClose } = props
  const { t } = useWords()
  const client = useClient()
  const { answer, notice } = useAnswer(onClose)
  const store = useAppStore()
  const [name, setName] = useState(cutTo(`${domain.name} ${snapshot?.name ?? t('snapshots.copy-stem')}`, NAME_BYTES_MOST))
  const { uuid } = domain
  const submit = () =>
    answer(
      snapshot === null
        ? client.call('domainFork', { uuid, name })
        : client.call('snapshotBranch', { uuid, id: snapshot.id, name }),
      ({ job }) => store.dispatch({ kind: 'jobFollowed', job }),
    )
  const live = snapshot === null || snapshot.state !== 'shutoff'
  return (
    <Dialog
      title={
        snapshot === null
          ? t('snapshots.fork-title', { name: domain.name })
          : t('snapshots.branch-title', { name: snapshot.name })
      }
      onClose={onClose}
      onSubmit={() => void submit()}
      buttons={
        <Foot
          label={t(snapshot === null ? 'snapshots.fork' : 'snapshots.branch')}
          disabled={name.trim() === ''}
          onClose={onClose}
        />
      }
    >
      <TextField label={t('snapshots.machine-name')} value={name} onChange={setName} maxLength={NAME_BYTES_MOST} autoFocus />
      <p className="muted">{t(live ? 'snapshots.branch-live' : 'snapshots.branch-off')}</p>
      {notice}
    </Dialog>
  )
}
