// Whether a machine that begins with a disk boots the disk's own kernel or files, and what was found on the disk.
// Runs in: create-domain window.

import { SegmentedField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { DiskKernelLine } from '../../features/disks/DiskKernelLine'
import type { DiskKernelLook } from '../../features/disks/use-disk-kernel'
import type { KernelFrom } from './own-kernel'

export interface OwnKernelFieldsProps {
  readonly from: KernelFrom
  readonly look: DiskKernelLook | undefined
  /** What is said in place of the look. */
  readonly instead: string | undefined
  readonly onChange: (from: KernelFrom) => void
}

export function OwnKernelFields({ from, look, instead, onChange }: OwnKernelFieldsProps) {
  const { t } = useWords()
  return (
    <>
      <SegmentedField
        label={t('create.own-kernel')}
        value={from}
        choices={(['disk', 'files'] as const).map((value) => ({ value, label: t(`create.own-from-${value}`) }))}
        onChange={onChange}
        hint={t(`create.own-from-${from}-hint`)}
      />
      {from === 'disk' && <DiskKernelLine look={look} {...(instead !== undefined && { instead })} />}
    </>
  )
}
