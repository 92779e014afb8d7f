// Which operating system a machine has: chosen by name or typed. Runs in: create-domain and domain windows.

import { ComboField } from '../../components/ComboField'
import { useWords } from '../../components/Language'
import { OS_LONGEST, OS_NAMES } from '../../lib/os-table'

export interface OsFieldProps {
  /** A name, or what was typed. */
  readonly value: string
  readonly disabled?: boolean
  readonly onChange: (value: string) => void
}

export function OsField({ value, disabled = false, onChange }: OsFieldProps) {
  const { t } = useWords()
  return (
    <ComboField
      label={t('details.os')}
      value={value}
      suggestions={OS_NAMES}
      listLabel={t('details.os-list')}
      hint={t('details.os-hint')}
      disabled={disabled}
      onChange={(text) => onChange(text.slice(0, OS_LONGEST))}
    />
  )
}
