// Name, kernel, ramdisk, command line, memory and processors of the new machine. Runs in: create-domain window.

import type { HostInfo } from '../../../src-main/public/types'
import { Button } from '../../components/Button'
import { NumberField, TextField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { OsField } from '../../features/definition/OsField'
import type { FieldName, Form, FormLimits } from './check-form'

export interface MachineFieldsProps {
  readonly form: Form
  readonly host: HostInfo | null
  readonly limits: FormLimits
  readonly errorOf: (field: FieldName) => string | undefined
  /** Kernel and ramdisk come from elsewhere and are not asked for. */
  readonly withoutKernel: boolean
  /** They come from the disk, with words of its own. */
  readonly ownKernel: boolean
  readonly onEdit: (change: Partial<Form>) => void
  readonly onTouch: (field: FieldName) => void
  readonly onBrowse: (field: 'kernel' | 'ramdisk') => void
}

export function MachineFields(props: MachineFieldsProps) {
  const { form, host, limits, errorOf, onEdit, onTouch } = props
  const { t } = useWords()
  return (
    <>
      <TextField
        label={t('create.name')}
        value={form.name}
        onChange={(name) => {
          onEdit({ name })
          onTouch('name')
        }}
        error={errorOf('name')}
      />
      <OsField value={form.os} onChange={(os) => onEdit({ os })} />
      {!props.withoutKernel && <KernelFields {...props} />}
      <TextField
        label={t('create.cmdline')}
        value={form.cmdline}
        mono
        onChange={(cmdline) => {
          onEdit({ cmdline })
          onTouch('cmdline')
        }}
        hint={t(props.ownKernel ? 'create.own-more-hint' : 'create.cmdline-hint')}
        error={errorOf('cmdline')}
      />
      <NumberField
        label={t('create.memory')}
        value={form.memoryMiB}
        unit="MiB"
        step={64}
        whileTyped
        smallest={limits.minMemoryMiB}
        largest={limits.maxMemoryMiB}
        lessLabel={t('create.memory-less')}
        moreLabel={t('create.memory-more')}
        onChange={(memoryMiB) => {
          onEdit({ memoryMiB })
          onTouch('memoryMiB')
        }}
        hint={
          host === null
            ? ''
            : t('create.memory-hint', {
                min: t.number(limits.minMemoryMiB),
                max: t.number(limits.maxMemoryMiB),
                free: t.number(host.freeMemoryMiB),
              })
        }
        error={errorOf('memoryMiB')}
      />
      <NumberField
        label={t('details.vcpus')}
        value={form.vcpus}
        unit=""
        step={1}
        whileTyped
        smallest={1}
        largest={limits.maxVcpus}
        lessLabel={t('details.vcpus-less')}
        moreLabel={t('details.vcpus-more')}
        disabled={limits.maxVcpus === 1}
        onChange={(vcpus) => {
          onEdit({ vcpus })
          onTouch('vcpus')
        }}
        hint={
          limits.maxVcpus === 1
            ? t('details.vcpus-single')
            : host !== null && form.vcpus > host.cpus
              ? t('details.vcpus-overcommit')
              : t('details.vcpus-range', { most: t.number(limits.maxVcpus) })
        }
        error={errorOf('vcpus')}
      />
    </>
  )
}

/** The kernel and its ramdisk. */
function KernelFields({ form, errorOf, onEdit, onTouch, onBrowse }: MachineFieldsProps) {
  const { t } = useWords()
  return (
    <>
      <TextField
        label={t('create.kernel')}
        value={form.kernel}
        mono
        autoFocus
        onChange={(kernel) => {
          onEdit({ kernel })
          onTouch('kernel')
        }}
        hint={t('create.kernel-hint')}
        error={errorOf('kernel')}
        after={
          <Button icon="folder" label={t('create.browse-kernel')} onPress={() => onBrowse('kernel')}>
            {t('button.browse')}
          </Button>
        }
      />
      <TextField
        label={t('create.ramdisk')}
        value={form.ramdisk}
        mono
        onChange={(ramdisk) => {
          onEdit({ ramdisk })
          onTouch('ramdisk')
        }}
        hint={t('create.ramdisk-hint')}
        error={errorOf('ramdisk')}
        after={
          <Button icon="folder" label={t('create.browse-ramdisk')} onPress={() => onBrowse('ramdisk')}>
            {t('button.browse')}
          </Button>
        }
      />
    </>
  )
}
