// What is asked when a snapshot is taken or named anew, and when a machine is branched from one or from a running machine.
// Invariant: Escape and Cancel change nothing; a refusal is shown in the dialog and keeps what was typed.
// Runs in: manager and domain windows.

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { cutTo, NAME_BYTES_MOST } from '../../../src-main/public/name'
import type { Result } from '../../../src-main/public/result'
import type { SnapshotInfo, SnapshotTree } from '../../../src-main/public/snapshot'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { callQuery } from '../../client/queries'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { TextAreaField, TextField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { Refusal } from '../../remedy/Refusal'
import { useAppStore } from '../../state/store'

/** Shows what was refused, or closes. */
export function useAnswer(onClose: () => void) {
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  const answer = async <T,>(call: Promise<Result<T, ErrorReport>>, then: (value: T) => void = () => {}): Promise<void> => {
    const result = await call
    if (!result.ok) return setRefusal(result.error)
    then(result.value)
    onClose()
  }
  return { answer, notice: <Refusal error={refusal} onChange={setRefusal} /> }
}

export function Foot(props: {
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

interface NameProps {
  readonly domain: DomainInfo
  readonly tree: SnapshotTree
  readonly onClose: () => void
}

/** "Snapshot 3": the first that nobody has. */
export function freeSnapshotName({ snapshots }: SnapshotTree, stem: string): string {
  for (let number = snapshots.length + 1; ; number++) {
    const name = `${stem} ${number}`
    if (!snapshots.some((one) => one.name === name)) return name
  }
}

/** For a new one, and to rename one. */
export function NameDialog(props: NameProps & { readonly snapshot: SnapshotInfo | null }) {
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

/** Take a snapshot of a machine whose snapshots are not shown here: the dialog comes once they are known, as they give it a name. */
export function TakeDialog(props: { readonly domain: DomainInfo; readonly onClose: () => void }) {
  const { domain, onClose } = props
  const client = useClient()
  const { data: tree } = useQuery({ ...callQuery(client, 'snapshotTree', { uuid: domain.uuid }), refetchOnMount: 'always' })
  return tree === undefined ? null : <NameDialog domain={domain} tree={tree} snapshot={null} onClose={onClose} />
}

/** The name of a machine to be made from a snapshot, or of a running copy. */
export function BranchDialog(props: {
  readonly domain: DomainInfo
  /** Null: of the machine as it runs. */
  readonly snapshot: SnapshotInfo | null
  readonly onClose: () => void
}) {
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
  const hasNetwork = domain.config?.devices.some(({ kind }) => kind === 'vif') === true
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
      {live && hasNetwork && <p className="muted">{t('snapshots.branch-network')}</p>}
      {notice}
    </Dialog>
  )
}
