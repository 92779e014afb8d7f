// What the new machine is filled in from: an ISO image, a tree of the network, a kernel, an image to be copied, a disk as it is, a configuration file, a template.
// Invariant: choosing fills in the page below, where all of it can be changed; nothing is made here. Runs in: create-domain window.

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ConfigNote } from '../../../src-main/public/config-note'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { useClient } from '../../client/Client'
import { callQuery } from '../../client/queries'
import { Button } from '../../components/Button'
import { SegmentedField, TextField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { Question } from '../../components/Question'
import { SelectField } from '../../components/Select'
import type { DiskForm } from '../../features/disks/disk-form'
import { useImageLook } from '../../features/disks/use-image-look'
import { lastPart } from '../../lib/path'
import { useAppStore } from '../../state/store'
import { MediaFields, type MediaFieldsProps } from './MediaFields'
import { mediaWay } from './media'
import { type Filled, fromConfig, fromTemplate, WAYS, type Way } from './origin'

export interface OriginFieldsProps {
  readonly way: Way
  /** Names that other machines have. */
  readonly taken: readonly string[]
  /** The first disk, for the ways that begin with one. */
  readonly disk: DiskForm | undefined
  readonly diskError: string | undefined
  readonly media: Omit<MediaFieldsProps, 'onRefusal'>
  /** The configuration the page was filled in from. */
  readonly configFile: string | undefined
  readonly onWay: (way: Way) => void
  readonly onDisk: (path: string) => void
  readonly onFilled: (filled: Filled, notes: readonly ConfigNote[]) => void
  readonly onRefusal: (refusal: ErrorReport) => void
}

export function OriginFields(props: OriginFieldsProps) {
  const { way } = props
  const { t } = useWords()
  return (
    <>
      <SegmentedField
        label={t('create.from')}
        value={way}
        many
        choices={WAYS.map((value) => ({ value, label: t(`create.way-${value}`) }))}
        onChange={props.onWay}
        hint={t(`create.way-${way}-hint`)}
      />
      {mediaWay(way) !== undefined && (
        <MediaFields key={way} way={way === 'tree' ? 'tree' : 'iso'} {...props.media} onRefusal={props.onRefusal} />
      )}
      {(way === 'image' || way === 'disk') && <DiskField {...props} way={way} />}
      {way === 'config' && <ConfigField {...props} />}
      {way === 'template' && <TemplateField {...props} />}
    </>
  )
}

function DiskField(props: OriginFieldsProps & { readonly way: 'image' | 'disk' }) {
  const { t } = useWords()
  const { failure } = useImageLook(props.disk)
  const client = useClient()
  const browse = async () => {
    const picked = await client.call('filePick', { kind: 'openDisk', suggestedName: '' })
    if (!picked.ok) props.onRefusal(picked.error)
    else if (picked.value.path !== null) props.onDisk(picked.value.path)
  }
  return (
    <TextField
      label={t(`create.${props.way}-file`)}
      value={props.disk?.path ?? ''}
      mono
      onChange={props.onDisk}
      hint={t('create.disk-file-hint')}
      error={props.diskError ?? failure}
      after={
        <Button icon="folder" label={t('create.browse-image')} onPress={() => void browse()}>
          {t('button.browse')}
        </Button>
      }
    />
  )
}

function ConfigField(props: OriginFieldsProps) {
  const { t } = useWords()
  const client = useClient()
  const path = props.configFile ?? ''
  const browse = async () => {
    const picked = await client.call('filePick', { kind: 'openConfig', suggestedName: '' })
    if (!picked.ok) return props.onRefusal(picked.error)
    if (picked.value.path === null) return
    const read = await client.call('configRead', { path: picked.value.path })
    if (!read.ok) return props.onRefusal(read.error)
    const { config, text, notes } = read.value.look
    props.onFilled(fromConfig(config, text, props.taken, picked.value.path), notes)
  }
  return (
    <div className="field">
      <span className="field-label">{t('create.config-file')}</span>
      <div className="field-control">
        <Button icon="folder" label={t('create.browse-config')} onPress={() => void browse()}>
          {t('button.browse')}
        </Button>
        <span className="create-chosen" title={path} data-testid="config-file">
          {path === '' ? t('create.config-none') : lastPart(path)}
        </span>
      </div>
      <span className="field-message" />
    </div>
  )
}

function TemplateField(props: OriginFieldsProps) {
  const { t, formats } = useWords()
  const client = useClient()
  const store = useAppStore()
  const [chosen, setChosen] = useState('')
  const [removing, setRemoving] = useState(false)
  const templates = useQuery(callQuery(client, 'templateList', {})).data ?? []
  const template = templates.find(({ id }) => id === chosen)
  const choose = async (id: string) => {
    const wanted = templates.find((each) => each.id === id)
    if (wanted === undefined) return
    setChosen(id)
    const nics = wanted.config.devices.filter(({ kind }) => kind === 'vif')
    const proposed = await Promise.all(nics.map(() => client.call('macPropose', {})))
    const macs = proposed.flatMap((each) => (each.ok ? [each.value.mac] : []))
    props.onFilled(fromTemplate(wanted, props.taken, macs), [])
  }
  const remove = async () => {
    setRemoving(false)
    const removed = await client.call('templateRemove', { id: chosen })
    if (removed.ok) setChosen('')
    else store.dispatch({ kind: 'failed', error: removed.error })
  }
  return (
    <>
      <div className="create-template">
        <SelectField
          label={t('create.way-template')}
          value={chosen}
          choices={[
            { value: '', label: t(templates.length === 0 ? 'create.template-none' : 'create.template-choose'), disabled: true },
            ...templates.map(({ id, name, savedAt }) => ({ value: id, label: name, hint: formats.dateTime(savedAt) })),
          ]}
          disabled={templates.length === 0}
          onChange={(id) => void choose(id)}
          hint={t('create.template-hint')}
        />
        <Button
          kind="tool"
          icon="trash"
          label={t('create.template-remove', { name: template?.name ?? '' })}
          disabled={template === undefined}
          onPress={() => setRemoving(true)}
        />
      </div>
      {removing && template !== undefined && (
        <Question
          title={t('create.template-remove', template)}
          yes={t('connection.remove')}
          onAnswer={(yes) => (yes ? void remove() : setRemoving(false))}
        >
          <p>{t('create.template-remove-body')}</p>
        </Question>
      )}
    </>
  )
}
