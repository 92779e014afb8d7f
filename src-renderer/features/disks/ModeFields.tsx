// When what a guest writes to a disk is safe, and whether what it deletes becomes free again: virt-manager's cache and discard modes.
// Used by the disk's fields and by Details. Runs in: create-domain and domain windows.

import { CACHE_MODES, type CacheMode, DISCARD_MODES, type DiscardMode } from '../../../src-main/public/device'
import { useWords } from '../../components/Language'
import { SelectField } from '../../components/Select'

export interface DiskModes {
  readonly cache: CacheMode
  readonly discard: DiscardMode
}

/** What leaving them out of a definition means. */
export const DEFAULT_MODES: DiskModes = { cache: 'writeback', discard: 'unmap' }

export function ModeFields(props: {
  readonly value: DiskModes
  readonly disabled?: boolean
  readonly onChange: (change: Partial<DiskModes>) => void
}) {
  const { value, onChange } = props
  const { t } = useWords()
  const disabled = props.disabled === true
  return (
    <>
      <SelectField<CacheMode>
        label={t('disk.cache')}
        value={value.cache}
        disabled={disabled}
        choices={CACHE_MODES.map((mode) => ({ value: mode, label: t(`disk.cache-${mode}`) }))}
        onChange={(cache) => onChange({ cache })}
        hint={t(`disk.cache-${value.cache}-hint`)}
      />
      <SelectField<DiscardMode>
        label={t('disk.discard')}
        value={value.discard}
        disabled={disabled}
        choices={DISCARD_MODES.map((mode) => ({ value: mode, label: t(`disk.discard-${mode}`) }))}
        onChange={(discard) => onChange({ discard })}
        hint={t(`disk.discard-${value.discard}-hint`)}
      />
    </>
  )
}
