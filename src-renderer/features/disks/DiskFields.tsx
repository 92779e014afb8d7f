// The fields of one disk: a new image (size, format, place) or a file that is there (its format is looked up), or an empty
// drive. Used by the wizard and by "Add disk".
// Invariant: the fields of each kind take the same rows, so that switching between them moves nothing below.
// Runs in: create-domain and domain windows.

import { useEffect, useState } from 'react'
import { IMAGE_FORMATS, IMAGE_SIZE_MOST_MIB, type WrittenFormat } from '../../../src-main/public/device'
import { useClient } from '../../client/Client'
import { Button } from '../../components/Button'
import { Check } from '../../components/Check'
import { SegmentedField, TextField } from '../../components/Field'
import { Fold } from '../../components/Fold'
import { useWords } from '../../components/Language'
import { SelectField } from '../../components/Select'
import { SizeField } from '../../components/SizeField'
import { type DiskErrors, type DiskForm, type DiskSource, isMade, onlyRead, otherFile } from './disk-form'
import { ModeFields } from './ModeFields'
import { NoSpaceField } from './NoSpaceField'
import { useImageLook } from './use-image-look'
import { VolumePicker } from './VolumePicker'
import './disks.css'

export interface DiskFieldsProps {
  readonly form: DiskForm
  readonly errors: DiskErrors
  /** Where a new image goes when no place is named. */
  readonly proposed: string
  /** The name a save dialog proposes. */
  readonly suggestedName: string
  /** A drive without a medium may be added. */
  readonly drives: boolean
  /** An image may begin as a copy of another one. */
  readonly copies?: boolean
  readonly onChange: (change: Partial<DiskForm>) => void
}

export function DiskFields(props: DiskFieldsProps) {
  const { form, errors, onChange } = props
  const { t, formats } = useWords()
  const client = useClient()
  const [picking, setPicking] = useState(false)

  const fromFile = form.source === 'file' || form.source === 'copy'
  const { found, failure } = useImageLook(form)
  useEffect(() => {
    if (found !== undefined && found.format !== form.fileFormat) onChange({ fileFormat: found.format })
  }, [found, form.fileFormat, onChange])

  const browse = async () => {
    const isNew = form.source === 'new'
    const suggestedName = isNew ? `${props.suggestedName}.${form.newFormat}` : ''
    const picked = await client.call('filePick', { kind: isNew ? 'saveDisk' : 'openDisk', suggestedName })
    if (picked.ok && picked.value.path !== null) onChange(otherFile(picked.value.path))
  }

  const sources: readonly DiskSource[] = [
    'new',
    ...(props.copies === true ? (['copy'] as const) : []),
    'file',
    ...(props.drives ? (['empty'] as const) : []),
  ]
  const unwritten = form.source === 'file' && (form.readonly || onlyRead(form))
  const size = found === undefined ? '' : t('disk.found', { format: found.format, size: formats.size(found.virtualSize) })
  return (
    <div className="disk-fields">
      <SegmentedField
        label={t('disk.image')}
        value={form.source}
        choices={sources.map((value) => ({ value, label: t(`disk.source-${value}`) }))}
        onChange={(source) => onChange({ ...otherFile('', 'raw'), source })}
        hint={t(`disk.source-${form.source}-hint`)}
      />
      {isMade(form) && (
        <>
          <SizeField
            label={t('disk.size')}
            sizeMiB={form.sizeMiB}
            smallestMiB={1}
            largestMiB={IMAGE_SIZE_MOST_MIB}
            onChange={(sizeMiB) => onChange({ sizeMiB })}
            hint={t(form.source === 'copy' ? 'disk.copy-size-hint' : 'disk.size-hint')}
            error={errors.sizeMiB}
          />
          {form.source === 'new' && (
            <SelectField<WrittenFormat>
              label={t('disk.format')}
              value={form.newFormat}
              choices={[
                { value: 'qcow2', label: 'qcow2' },
                { value: 'raw', label: 'raw' },
              ]}
              onChange={(newFormat) => onChange({ newFormat })}
              hint={t(`disk.format-${form.newFormat}-hint`)}
            />
          )}
        </>
      )}
      {form.source !== 'empty' && (
        <TextField
          label={form.source === 'new' ? t('disk.place') : t('disk.file')}
          value={form.path}
          mono
          {...(form.source === 'new' && { placeholder: props.proposed })}
          onChange={(next) => onChange(otherFile(next))}
          hint={form.source === 'new' ? t('disk.place-hint') : size}
          error={errors.path ?? failure}
          after={
            <>
              {fromFile && (
                <Button icon="disk" label={t('disk.volumes', { dev: form.dev })} onPress={() => setPicking(true)}>
                  {t('storage.pick-button')}
                </Button>
              )}
              <Button icon="folder" label={t('disk.browse', { dev: form.dev })} onPress={() => void browse()}>
                {t('button.browse')}
              </Button>
            </>
          }
        />
      )}
      {picking && (
        <VolumePicker
          onPick={({ path: picked, format }) => onChange(otherFile(picked, format))}
          onClose={() => setPicking(false)}
        />
      )}
      {form.source === 'file' && (
        <>
          <SelectField
            label={t('disk.format')}
            value={form.fileFormat ?? 'raw'}
            choices={IMAGE_FORMATS.map((value) => ({ value, label: value }))}
            onChange={(fileFormat) => onChange({ fileFormat })}
            hint={t('disk.format-file-hint')}
          />
          <div className="field disk-checks">
            <Check
              label={t('disk.readonly')}
              value={form.readonly || onlyRead(form)}
              disabled={onlyRead(form)}
              onChange={(readonly) => onChange({ readonly })}
            />
            <Check label={t('disk.removable')} value={form.removable} onChange={(removable) => onChange({ removable })} />
          </div>
        </>
      )}
      {form.source !== 'empty' && (
        <>
          <NoSpaceField value={form.enospace} disabled={unwritten} onChange={(enospace) => onChange({ enospace })} />
          <Fold label={t('disk.advanced')}>
            <ModeFields value={form} disabled={unwritten} onChange={onChange} />
          </Fold>
        </>
      )}
    </div>
  )
}
