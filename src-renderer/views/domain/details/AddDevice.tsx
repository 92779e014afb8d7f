// The dialog that adds a device to a domain: the same fields as in the wizard; it is attached at once when the guest runs.
// Invariant: a refusal keeps what was filled in; nothing happens before Add is pressed. Runs in: domain window.

import { useEffect, useState } from 'react'
import { type Device, type Display, deviceKey, type NewImage } from '../../../../src-main/public/device'
import type { ErrorReport } from '../../../../src-main/public/error-code'
import { ok, type Result } from '../../../../src-main/public/result'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { Button } from '../../../components/Button'
import { Dialog } from '../../../components/Dialog'
import { useWords } from '../../../components/Language'
import { DiskFields } from '../../../features/disks/DiskFields'
import { allowing, checkDisk, type DiskForm, devsOf, diskOf, freeDev, newDisk } from '../../../features/disks/disk-form'
import { lookInto } from '../../../features/disks/look-into'
import { useBackingQuestion } from '../../../features/disks/use-backing-question'
import { DisplayFields } from '../../../features/display/DisplayFields'
import { DEFAULT_DISPLAY } from '../../../features/display/display-form'
import { NetworkSelect, NicFields } from '../../../features/nics/NicFields'
import { checkForward, checkMac, freeIndex, type NicForm, newNic, nicOf } from '../../../features/nics/nic-form'
import { Refusal } from '../../../remedy/Refusal'
import { usePreferences } from '../../../state/answers'

export type AddedKind = Device['kind']

export function AddDevice(props: {
  readonly kind: AddedKind
  readonly domain: DomainInfo
  readonly onClose: () => void
  readonly onAdded: (key: string) => void
}) {
  const { kind, domain } = props
  const { t } = useWords()
  const { newDiskFormat, newDiskGiB } = usePreferences()
  const client = useClient()
  const devices = [...(domain.config?.devices ?? []), ...(domain.running?.devices ?? [])]
  const [disk, setDisk] = useState<DiskForm>(() =>
    newDisk(freeDev(devsOf(devices)) ?? 'xvdp', { newFormat: newDiskFormat, sizeMiB: newDiskGiB * 1024 }),
  )
  const [nic, setNic] = useState<NicForm>(() => newNic(freeIndex(devices) ?? 7, ''))
  const [display, setDisplay] = useState<Display>(DEFAULT_DISPLAY)
  const [proposed, setProposed] = useState('')
  const [strict, setStrict] = useState(false)
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  const [busy, setBusy] = useState(false)

  useEffect(() => {
    if (kind !== 'vif') return
    void client.call('macPropose', {}).then((found) => {
      if (found.ok) setNic((before) => (before.mac === '' ? { ...before, mac: found.value.mac } : before))
    })
  }, [client, kind])
  useEffect(() => {
    if (kind !== 'vbd') return
    void client.call('imageProposePath', { name: domain.name, format: disk.newFormat, taken: [] }).then((found) => {
      if (found.ok) setProposed(found.value.path)
    })
  }, [client, kind, domain.name, disk.newFormat])

  const wrong =
    kind === 'vbd'
      ? Object.keys(checkDisk(disk, t)).length > 0
      : kind === 'vif' &&
        (checkMac(nic.mac, t) !== undefined ||
          nic.forwards.some((forward) => checkForward(forward, nic.forwards, t) !== undefined))

  const add = async (form = disk) => {
    setStrict(true)
    if (wrong) return
    setBusy(true)
    const result = await attach(form)
    setBusy(false)
    if (result.ok) props.onAdded(result.value)
    else setRefusal(result.error)
  }
  /** The key of what was attached. */
  const attach = async (form: DiskForm): Promise<Result<string, ErrorReport>> => {
    const order = await orderOf(form)
    if (!order.ok) return order
    const { device, image } = order.value
    const result = await client.call('deviceAttach', { uuid: domain.uuid, device, ...(image && { image }) })
    return result.ok ? ok(deviceKey(device)) : result
  }
  const orderOf = async (form: DiskForm): Promise<Result<{ device: Device; image?: NewImage | undefined }, ErrorReport>> => {
    if (kind !== 'vbd') return ok({ device: kind === 'vif' ? nicOf(nic) : display })
    const known = await lookInto(client, form)
    if (!known.ok) return known
    const { disk: device, image } = diskOf(known.value, proposed)
    return ok({ device, image })
  }

  const backing = useBackingQuestion(
    refusal,
    () => setRefusal(null),
    (dev, path) => {
      const [form = disk] = allowing([disk], dev, path)
      setDisk(form)
      void add(form)
    },
  )
  const later = domain.running !== null && kind === 'vfb'
  return (
    <Dialog
      title={t(`details.add-${kind}-title`, { name: domain.name })}
      width={600}
      onClose={props.onClose}
      onSubmit={() => void add()}
      buttons={
        <>
          <span className="fill muted">{domain.running !== null && t(later ? 'details.add-next' : 'details.add-now')}</span>
          <Button onPress={props.onClose}>{t('button.cancel')}</Button>
          <Button kind="primary" submit autoFocus disabled={busy}>
            {t('details.add-button')}
          </Button>
        </>
      }
    >
      {kind === 'vbd' && (
        <DiskFields
          form={disk}
          errors={strict ? checkDisk(disk, t) : {}}
          proposed={proposed}
          suggestedName={domain.name}
          drives
          onChange={(change) => {
            setDisk((before) => ({ ...before, ...change }))
            setRefusal(null)
          }}
        />
      )}
      {kind === 'vif' && (
        <>
          <NetworkSelect value={nic.network} none={false} onChange={(network) => setNic({ ...nic, network })} />
          <NicFields
            form={nic}
            strict={strict}
            onChange={(change) => {
              setNic((before) => ({ ...before, ...change }))
              setRefusal(null)
            }}
          />
        </>
      )}
      {kind === 'vfb' && (
        <DisplayFields display={display} hint={t('display.hint')} onChange={(next) => next !== null && setDisplay(next)} />
      )}
      <Refusal error={backing.other} onChange={setRefusal} />
      {/* Over this one, which keeps what was typed and knows where the keyboard came from. */}
      {backing.question}
    </Dialog>
  )
}
