// What is to happen when the host has no room for what a guest writes to a disk. Used by the disk's fields and by Details.
// Runs in: create-domain and domain windows.

import { useWords } from '../../components/Language'
import { SelectField } from '../../components/Select'
import type { NoSpacePolicy } from './disk-form'

export function NoSpaceField(props: {
  readonly value: NoSpacePolicy
  readonly disabled?: boolean
  readonly onChange: (value: NoSpacePolicy) => void
}) {
  const { t } = useWords()
  return (
    <SelectField<NoSpacePolicy>
      label={t('disk.full')}
      value={props.value}
      disabled={props.disabled === true}
      choices={(['stop', 'report'] as const).map((value) => ({ value, label: t(`disk.full-${value}`) }))}
      onChange={props.onChange}
      hint={t(`disk.full-${props.value}-hint`)}
    />
  )
}
