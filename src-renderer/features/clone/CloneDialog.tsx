// Clone…: a machine that is off, or a snapshot, once more under another name, disk by disk: a copy, linked, shared or left out.
// Invariant: nothing is made before Clone is pressed; a refusal keeps what was chosen. Runs in: manager and domain windows.

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Disk, WRITTEN_FORMATS } from '../../../src-main/public/device'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { cutTo, NAME_BYTES_MOST } from '../../../src-main/public/name'
import { type DiskFate, diskFates, type Snapshot } from '../../../src-main/public/snapshot'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { callQuery } from '../../client/queries'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { TextField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { Select } from '../../components/Select'
import { withoutIsolates } from '../../lib/bidi'
import { lastPart } from '../../lib/path'
import { Refusal } from '../../remedy/Refusal'
import { useAppStore } from '../../state/store'
import './clone.css'

function mayBe(fate: DiskFate, disk: Disk): boolean {
  if (disk.readonly) return fate !== 'link'
  if (fate === 'link') return WRITTEN_FORMATS.some((format) => format === disk.format)
  return fate !== 'share'
}

export function CloneDialog(props: {
  readonly domain: DomainInfo
  /** Null for the domain as it is. */
  readonly snapshot: Snapshot | null
  readonly onClose: () => void
}) {
  const { domain, snapshot, onClose } = props
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const config = snapshot?.config ?? domain.config
  const disks = (config?.devices ?? []).flatMap((device) => (device.kind === 'vbd' && device.path !== '' ? [device] : []))
  const [name, setName] = useState(cutTo(withoutIsolates(t('clone.proposal', { name: domain.name })), NAME_BYTES_MOST))
  const [fates, setFates] = useState<Readonly<Record<string, DiskFate>>>({})
  /** Files that were chosen for copies; the others go into the app's own folder. */
  const [places, setPlaces] = useState<Readonly<Record<string, string>>>({})
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  const fateOf = (disk: Disk): DiskFate => fates[disk.dev] ?? (disk.readonly ? 'share' : 'copy')
  const browse = async (disk: Disk) => {
    const suggestedName = `${name.trim()}-${disk.dev}.${disk.format === 'raw' ? 'raw' : 'qcow2'}`
    const picked = await client.call('filePick', { kind: 'saveDisk', suggestedName })
    if (!picked.ok) return setRefusal(picked.error)
    const { path } = picked.value
    if (path !== null) setPlaces((before) => ({ ...before, [disk.dev]: path }))
  }
  const placeOf = (disk: Disk) => (fateOf(disk) === 'copy' ? places[disk.dev] : undefined)
  const submit = async () => {
    const result = await client.call('domainClone', {
      uuid: domain.uuid,
      snapshot: snapshot?.id ?? null,
      name,
      disks: disks.map((disk) => ({ dev: disk.dev, fate: fateOf(disk), to: placeOf(disk) })),
    })
    if (!result.ok) return setRefusal(result.error)
    store.dispatch({ kind: 'jobFollowed', job: result.value.job })
    onClose()
  }
  const linked = disks.some((disk) => fateOf(disk) === 'link')
  return (
    <Dialog
      title={t('clone.title', { name: snapshot === null ? domain.name : snapshot.name })}
      width={560}
      onClose={onClose}
      onSubmit={() => void submit()}
      buttons={
        <>
          <Button onPress={onClose}>{t('button.cancel')}</Button>
          <Button kind="primary" submit disabled={name.trim() === ''}>
            {t('clone.button')}
          </Button>
        </>
      }
    >
      <TextField label={t('snapshots.machine-name')} value={name} onChange={setName} maxLength={NAME_BYTES_MOST} autoFocus />
      {disks.length > 0 && (
        <table className="clone-disks">
          <thead>
            <tr>
              <th scope="col">{t('clone.disk')}</th>
              <th scope="col">{t('clone.file')}</th>
              <th scope="col">{t('clone.fate')}</th>
            </tr>
          </thead>
          <tbody>
            {disks.map((disk) => (
              <tr key={disk.dev}>
                <td>{disk.dev}</td>
                <td className="clone-path" title={disk.path}>
                  {lastPart(disk.path)}
                  <ImageSize path={disk.path} />
                </td>
                <td>
                  <Select
                    label={t('clone.fate-of', { disk: disk.dev })}
                    value={fateOf(disk)}
                    choices={diskFates.map((fate) => ({
                      value: fate,
                      label: t(`clone.fate-${fate}`),
                      disabled: !mayBe(fate, disk),
                    }))}
                    onChange={(fate) => setFates((before) => ({ ...before, [disk.dev]: fate }))}
                  />
                  <div className={fateOf(disk) === 'copy' ? 'clone-place' : 'clone-place none'}>
                    <span className="small muted" title={placeOf(disk)}>
                      {placeOf(disk) === undefined ? t('clone.place-own') : lastPart(placeOf(disk) ?? '')}
                    </span>
                    <Button kind="link" label={t('disk.browse', { dev: disk.dev })} onPress={() => void browse(disk)}>
                      {t('button.browse')}
                    </Button>
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className="muted">{t('clone.note')}</p>
      <p className="muted clone-linked">{linked ? t('clone.linked-note') : ''}</p>
      <Refusal error={refusal} onChange={setRefusal} />
    </Dialog>
  )
}

/** How much the guest sees of it; blank until that is known, or when it cannot be. */
function ImageSize(props: { readonly path: string }) {
  const { formats } = useWords()
  const query = callQuery(useClient(), 'imageInspect', { path: props.path })
  const found = useQuery({ ...query, refetchOnMount: 'always' }).data
  return <span className="clone-size small">{found === undefined ? ' ' : formats.size(found.virtualSize)}</span>
}
