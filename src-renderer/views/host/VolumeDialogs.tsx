// The questions of the Storage page: a new volume, another size, a copy, taking a file in, deleting; the name of a new pool.
// Invariant: Cancel changes nothing; a refusal is shown and keeps what was typed. Runs in: host window.

import { useState } from 'react'
import { IMAGE_SIZE_MOST_MIB, WRITTEN_FORMATS, type WrittenFormat } from '../../../src-main/public/device'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { NAME_BYTES_MOST, properName } from '../../../src-main/public/name'
import type { Result } from '../../../src-main/public/result'
import { type PoolInfo, poolNameShape, type Volume, volumeNameShape } from '../../../src-main/public/storage'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { SegmentedField, TextField } from '../../components/Field'
import { goToList } from '../../components/home'
import { useWords } from '../../components/Language'
import { SelectField } from '../../components/Select'
import { SizeField } from '../../components/SizeField'
import { BackingQuestion, type ImageUse } from '../../features/disks/BackingQuestion'
import { lastPart } from '../../lib/path'
import { Refusal } from '../../remedy/Refusal'
import { usePreferences } from '../../state/answers'
import { useVolumeChanges } from './use-volume-changes'

const MIB = 1024 * 1024

const isImageSize = (sizeMiB: number): boolean => sizeMiB >= 1 && sizeMiB <= IMAGE_SIZE_MOST_MIB

export type VolumeQuestion =
  | { readonly kind: 'create'; readonly volume: null }
  | { readonly kind: 'resize' | 'rebase' | 'clone' | 'delete'; readonly volume: Volume }

interface AskProps {
  readonly title: string
  readonly label: string
  readonly ready: boolean
  readonly danger?: boolean
  /** What it does with an image that refers to a file elsewhere; left out where it opens none. */
  readonly use?: (image: string) => ImageUse
  readonly children: React.ReactNode
  /** `allowed`: files the user let its image refer to, when asked. */
  readonly act: (allowed: readonly string[]) => Promise<Result<unknown, ErrorReport>>
  readonly onClose: () => void
}

/** One question: what is refused is said in it, or asked about over it. */
function Ask(props: AskProps) {
  const { t } = useWords()
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  const [allowed, setAllowed] = useState<readonly string[]>([])
  const submit = async (files = allowed) => {
    if (!props.ready) return
    const result = await props.act(files)
    if (result.ok) props.onClose()
    else setRefusal(result.error)
  }
  const asked = refusal?.reason === 'image-refers' ? refusal : null
  const answer = (open: boolean) => {
    setRefusal(null)
    const file = asked?.values['path']
    if (!open || file === undefined) return
    setAllowed([...allowed, file])
    void submit([...allowed, file])
  }
  return (
    <Dialog
      title={props.title}
      alert={props.danger === true}
      onClose={props.onClose}
      onSubmit={() => void submit()}
      buttons={
        <>
          <Button onPress={props.onClose}>{t('button.cancel')}</Button>
          <Button kind={props.danger === true ? 'danger' : 'primary'} submit disabled={!props.ready}>
            {props.label}
          </Button>
        </>
      }
    >
      {props.children}
      <Refusal error={asked === null ? refusal : null} onChange={setRefusal} />
      {asked !== null && <BackingQuestion error={asked} use={props.use?.(asked.values['image'] ?? '')} onAnswer={answer} />}
    </Dialog>
  )
}

function withEnding(name: string, format: WrittenFormat): string {
  const wanted = properName(name)
  return wanted.toLowerCase().endsWith(`.${format}`) ? wanted : `${wanted}.${format}`
}

function freeName(volumes: readonly Volume[], stem: string, format: WrittenFormat): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? stem : `${stem}-${number}`
    if (!volumes.some((volume) => volume.name === `${name}.${format}`)) return name
  }
}

interface VolumeProps {
  readonly pool: PoolInfo
  readonly volumes: readonly Volume[]
  /** Told the name of what is being made, once it has begun. */
  readonly onMade: (name: string) => void
  readonly onClose: () => void
}

/** What is wrong with the name of a new volume, if anything: said at the field while the dialog still has what was typed. */
function useWrongName(name: string, volumes: readonly Volume[]): string | undefined {
  const { t } = useWords()
  if (!volumeNameShape.is(name)) return t('storage.bad-name')
  return volumes.some((volume) => volume.name === name) ? t('storage.name-taken') : undefined
}

/** Says what was made when that has begun. */
async function making(begun: Promise<Result<unknown, ErrorReport>>, name: string, onMade: (name: string) => void) {
  const result = await begun
  if (result.ok) onMade(name)
  return result
}

export function VolumeDialog(props: VolumeProps & { readonly question: VolumeQuestion }) {
  const { question, ...rest } = props
  switch (question.kind) {
    case 'create':
      return <CreateVolume {...rest} />
    case 'resize':
      return <ResizeVolume {...rest} volume={question.volume} />
    case 'rebase':
      return <RebaseVolume {...rest} volume={question.volume} />
    case 'clone':
      return <CopyVolume {...rest} volume={question.volume} />
    case 'delete':
      return <DeleteVolume {...rest} volume={question.volume} />
  }
}

function FormatField(props: { readonly value: WrittenFormat; readonly onChange: (format: WrittenFormat) => void }) {
  const { t } = useWords()
  const choices = WRITTEN_FORMATS.map((value) => ({ value, label: value }))
  return <SegmentedField label={t('storage.column-format')} choices={choices} {...props} />
}

/** Cannot be a word of its own among volumes: it has no ending. */
const NONE = 'none'

function CreateVolume(props: VolumeProps) {
  const { pool, volumes } = props
  const { t, formats } = useWords()
  const changes = useVolumeChanges()
  const { newDiskFormat, newDiskGiB } = usePreferences()
  const [format, setFormat] = useState<WrittenFormat>(newDiskFormat)
  const [name, setName] = useState(freeName(volumes, 'disk', newDiskFormat))
  const [sizeMiB, setSizeMiB] = useState(newDiskGiB * 1024)
  const [backing, setBacking] = useState<string>(NONE)
  const file = withEnding(name, format)
  const under = backing === NONE ? null : backing
  const wrong = useWrongName(file, volumes)
  return (
    <Ask
      title={t('storage.create-title')}
      label={t('storage.create')}
      ready={wrong === undefined && isImageSize(sizeMiB)}
      use={() => 'read'}
      act={(allowed) => {
        const order = { pool: pool.name, name: file, format, sizeMiB, backing: under, allowedBacking: [...allowed] }
        return making(changes.create(order), file, props.onMade)
      }}
      onClose={props.onClose}
    >
      <TextField label={t('storage.column-name')} value={name} onChange={setName} error={wrong} hint={file} autoFocus />
      <FormatField
        value={format}
        onChange={(next) => {
          setFormat(next)
          if (next === 'raw') setBacking(NONE)
        }}
      />
      <SelectField
        label={t('storage.backing')}
        value={backing}
        choices={[
          { value: NONE, label: t('storage.backing-none') },
          ...volumes.map((volume) => ({
            value: volume.name,
            label: volume.name,
            disabled: format === 'raw' || volume.format === null,
          })),
        ]}
        onChange={setBacking}
        hint={t('storage.backing-hint')}
      />
      <SizeField
        label={t('storage.column-size')}
        sizeMiB={sizeMiB}
        smallestMiB={1}
        largestMiB={IMAGE_SIZE_MOST_MIB}
        disabled={under !== null}
        onChange={setSizeMiB}
        hint={t('storage.size-hint', { free: formats.size(pool.available) })}
      />
    </Ask>
  )
}

function ResizeVolume(props: VolumeProps & { readonly volume: Volume }) {
  const { volume } = props
  const { t, formats } = useWords()
  const changes = useVolumeChanges()
  const least = Math.ceil(volume.capacity / MIB)
  const [sizeMiB, setSizeMiB] = useState(least)
  const now = t('storage.resize-hint', { size: formats.size(volume.capacity) })
  return (
    <Ask
      title={t('storage.resize-title', { name: volume.name })}
      label={t('storage.resize-do')}
      ready={isImageSize(sizeMiB) && sizeMiB > least}
      use={() => 'changed'}
      act={(allowed) => changes.resize(volume, sizeMiB, allowed)}
      onClose={props.onClose}
    >
      <SizeField
        label={t('storage.column-size')}
        sizeMiB={sizeMiB}
        smallestMiB={least}
        largestMiB={IMAGE_SIZE_MOST_MIB}
        onChange={setSizeMiB}
        hint={now}
        error={sizeMiB < least ? now : undefined}
      />
    </Ask>
  )
}

function RebaseVolume(props: VolumeProps & { readonly volume: Volume }) {
  const { volume, volumes } = props
  const { t } = useWords()
  const changes = useVolumeChanges()
  const before = volume.backing ?? NONE
  const [backing, setBacking] = useState<string>(before)
  const others = volumes.filter(({ name, usedBy }) => {
    return name !== volume.name && !usedBy.some(({ how }) => how === 'running' || how === 'disk')
  })
  const elsewhere = before !== NONE && !others.some(({ name }) => name === before)
  return (
    <Ask
      title={t('storage.rebase-title', { name: volume.name })}
      label={t('storage.rebase-do')}
      ready={backing !== before}
      use={(image) => (image === volume.path ? 'changed' : 'read')}
      act={(allowed) => changes.rebase(volume, backing === NONE ? null : backing, allowed)}
      onClose={props.onClose}
    >
      <SelectField
        label={t('storage.backing')}
        value={backing}
        choices={[
          { value: NONE, label: t('storage.backing-none') },
          ...(elsewhere ? [{ value: before, label: before, disabled: true }] : []),
          ...others.map(({ name, format }) => ({ value: name, label: name, disabled: format === null })),
        ]}
        onChange={setBacking}
        hint={t('storage.rebase-hint')}
      />
    </Ask>
  )
}

function CopyVolume(props: VolumeProps & { readonly volume: Volume }) {
  const { volume, volumes } = props
  const { t } = useWords()
  const changes = useVolumeChanges()
  const [format, setFormat] = useState<WrittenFormat>(volume.format === 'raw' ? 'raw' : 'qcow2')
  const stem = volume.name.replace(/\.[^.]*$/, '')
  const [name, setName] = useState(freeName(volumes, `${stem}-copy`, format))
  const to = withEnding(name, format)
  const wrong = useWrongName(to, volumes)
  return (
    <Ask
      title={t('storage.copy-title', { name: volume.name })}
      label={t('storage.copy').replace(/\s*…$/, '')}
      ready={wrong === undefined}
      use={() => 'copied'}
      act={(allowed) => making(changes.clone(volume, { to, format }, allowed), to, props.onMade)}
      onClose={props.onClose}
    >
      <TextField label={t('storage.column-name')} value={name} onChange={setName} error={wrong} hint={to} autoFocus />
      <FormatField value={format} onChange={setFormat} />
    </Ask>
  )
}

function DeleteVolume(props: VolumeProps & { readonly volume: Volume }) {
  const { volume } = props
  const { t, formats } = useWords()
  const changes = useVolumeChanges()
  return (
    <Ask
      title={t('storage.delete-title', { name: volume.name })}
      label={t('storage.delete').replace(/\s*…$/, '')}
      ready
      danger
      act={async () => {
        const removed = await changes.remove(volume)
        if (removed.ok) goToList()
        return removed
      }}
      onClose={props.onClose}
    >
      <p>{t('storage.delete-body', { size: formats.size(volume.allocation) })}</p>
    </Ask>
  )
}

export function UploadDialog(props: VolumeProps & { readonly from: string }) {
  const { pool, from } = props
  const { t } = useWords()
  const changes = useVolumeChanges()
  const [name, setName] = useState(lastPart(from).replace(/\.(vhd|vmdk)$/i, '.qcow2'))
  const proper = properName(name)
  const wrong = useWrongName(proper, props.volumes)
  return (
    <Ask
      title={t('storage.take-in-title')}
      label={t('storage.take-in').replace(/\s*…$/, '')}
      ready={wrong === undefined}
      act={() => making(changes.upload(pool.name, from, proper), proper, props.onMade)}
      onClose={props.onClose}
    >
      <p className="muted selectable dialog-lead">{from}</p>
      <TextField label={t('storage.column-name')} value={name} onChange={setName} error={wrong} autoFocus />
      <p className="muted">{t('storage.take-in-note')}</p>
    </Ask>
  )
}

export function PoolDialog(props: {
  readonly path: string
  readonly onDone: (name: string) => void
  readonly onClose: () => void
}) {
  const { path } = props
  const { t } = useWords()
  const changes = useVolumeChanges()
  const [name, setName] = useState(lastPart(path))
  const proper = properName(name)
  const wrong = poolNameShape.is(proper) ? undefined : t('storage.bad-pool-name')
  const act = async () => {
    const done = await changes.addPool(proper, path)
    if (done.ok) props.onDone(proper)
    return done
  }
  return (
    <Ask title={t('storage.pool-title')} label={t('storage.add')} ready={wrong === undefined} act={act} onClose={props.onClose}>
      <p className="muted selectable dialog-lead">{path}</p>
      <TextField
        label={t('storage.column-name')}
        value={name}
        onChange={setName}
        error={wrong}
        maxLength={NAME_BYTES_MOST}
        autoFocus
      />
    </Ask>
  )
}
