// The part of the wizard about devices: disks, network, screen. Sections that the hypervisor in use cannot serve are left out.
// Runs in: create-domain window.

import { useRef } from 'react'
import type { HostInfo } from '../../../src-main/public/types'
import { Button } from '../../components/Button'
import { useWords } from '../../components/Language'
import { DiskFields } from '../../features/disks/DiskFields'
import { checkBegunDisk, checkDisk, type DiskForm, freeDev, newDisk } from '../../features/disks/disk-form'
import { DisplayFields } from '../../features/display/DisplayFields'
import { NetworkSelect, NicFields, NO_NETWORK } from '../../features/nics/NicFields'
import { newNic } from '../../features/nics/nic-form'
import { usePreferences } from '../../state/answers'
import type { DevicesForm } from './check-form'

export interface DeviceSectionsProps {
  readonly kinds: HostInfo['limits']['devices']
  readonly form: DevicesForm
  readonly name: string
  /** Where new images go, by disk. */
  readonly proposed: Readonly<Record<string, string>>
  /** Errors are shown for devices (a disk's name, or `nic`) that were touched, and for all once Create was pressed. */
  readonly shown: (device: string) => boolean
  readonly mac: string
  readonly onTouch: (dev: string) => void
  readonly onChange: (change: Partial<DevicesForm>) => void
}

export function DeviceSections(props: DeviceSectionsProps) {
  const { kinds, form, onChange } = props
  const { t } = useWords()
  const { newDiskFormat, newDiskGiB } = usePreferences()
  const proposal = { newFormat: newDiskFormat, sizeMiB: newDiskGiB * 1024 }
  /** The disk that was just added: it comes in sight, as the button stands above all of them. */
  const added = useRef<string | null>(null)
  const showAdded = (dev: string) => (node: HTMLElement | null) => {
    if (node === null || added.current !== dev) return
    added.current = null
    node.scrollIntoView({ block: 'nearest' })
  }
  const next = freeDev(form.disks.map(({ dev }) => dev))
  const changeDisk = (dev: string, change: Partial<DiskForm>) => {
    if (change.path !== undefined && change.path !== '') props.onTouch(dev)
    onChange({ disks: form.disks.map((disk) => (disk.dev === dev ? { ...disk, ...change } : disk)) })
  }
  const changeNetwork = (network: string) => onChange({ nic: { ...(form.nic ?? newNic(0, props.mac)), network } })

  return (
    <>
      {kinds.includes('vbd') && (
        <section aria-labelledby="create-disks">
          <div className="create-section">
            <h2 id="create-disks">{t('create.disks')}</h2>
            <span className="fill muted small">{form.disks.length === 0 && t('create.no-disks')}</span>
            <Button
              icon="plus"
              disabled={next === undefined}
              onPress={() => {
                if (next === undefined) return
                added.current = next
                onChange({ disks: [...form.disks, newDisk(next, proposal)] })
              }}
            >
              {t('create.disk-add')}
            </Button>
          </div>
          {form.disks.map((disk) => (
            <fieldset key={disk.dev} className="create-disk" ref={showAdded(disk.dev)}>
              <legend>{disk.dev}</legend>
              <Button
                kind="tool"
                icon="close"
                label={t('create.disk-remove', { dev: disk.dev })}
                onPress={() => onChange({ disks: form.disks.filter(({ dev }) => dev !== disk.dev) })}
              />
              <DiskFields
                form={disk}
                errors={(props.shown(disk.dev) ? checkDisk : checkBegunDisk)(disk, t)}
                proposed={props.proposed[disk.dev] ?? ''}
                suggestedName={props.name}
                drives
                copies
                onChange={(change) => changeDisk(disk.dev, change)}
              />
            </fieldset>
          ))}
        </section>
      )}
      {kinds.includes('vif') && (
        <section aria-labelledby="create-network">
          <h2 id="create-network" className="create-section">
            {t('create.network')}
          </h2>
          <NetworkSelect value={form.nic?.network ?? NO_NETWORK} none onChange={changeNetwork} />
          {form.nic !== null && form.nic.network !== NO_NETWORK && (
            <NicFields
              form={form.nic}
              strict={props.shown('nic')}
              onChange={(change) => onChange({ nic: { ...(form.nic ?? newNic(0, props.mac)), ...change } })}
            />
          )}
        </section>
      )}
      {kinds.includes('vfb') && (
        <section aria-labelledby="create-screen">
          <h2 id="create-screen" className="create-section">
            {t('create.screen')}
          </h2>
          <DisplayFields display={form.display} hint={t('display.hint')} onChange={(display) => onChange({ display })} />
        </section>
      )}
    </>
  )
}
