// The page of one device in Details: what it is, how it stands, what can be done with it now.
// Runs in: domain window.

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Disk, Nic } from '../../../../src-main/public/device'
import type { ErrorReport } from '../../../../src-main/public/error-code'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { callQuery, reportOf } from '../../../client/queries'
import { Button } from '../../../components/Button'
import { Check } from '../../../components/Check'
import { useWords } from '../../../components/Language'
import { backingRefused } from '../../../features/disks/BackingQuestion'
import { DEFAULT_MODES, ModeFields } from '../../../features/disks/ModeFields'
import { NoSpaceField } from '../../../features/disks/NoSpaceField'
import { useBackingQuestion } from '../../../features/disks/use-backing-question'
import { DisplayFields } from '../../../features/display/DisplayFields'
import { type DisplayForm, displayFormOf } from '../../../features/display/display-form'
import { VncFields } from '../../../features/display/VncFields'
import { NetworkSelect, NicFields } from '../../../features/nics/NicFields'
import { NicLimits } from '../../../features/nics/NicLimits'
import { type NicForm, nicFormOf } from '../../../features/nics/nic-form'
import { Refusal } from '../../../remedy/Refusal'
import { useAppStore } from '../../../state/store'
import { DeviceStandingMark } from './DeviceStandingMark'
import type { PageProps } from './DomainPages'
import type { ListedDevice } from './edits'
import { RemoveDevice } from './RemoveDevice'
import { deviceName } from './words'

export function DevicePage(props: PageProps & { readonly listed: ListedDevice }) {
  const { domain, listed, edits, onEdit } = props
  const { device, standing, key } = listed
  const { t } = useWords()
  return (
    <>
      <div className="details-title">
        <div className="device-words">
          <h2>{deviceName(device, t)}</h2>
          <DeviceStandingMark domain={domain} device={device} standing={standing} />
        </div>
        <RemoveDevice domain={domain} listed={listed} />
      </div>
      {device.kind === 'vbd' && (
        <>
          <DiskPage domain={domain} visible={props.visible} deviceKey={key} disk={device} />
          <DiskFlags {...props} deviceKey={key} disk={device} />
        </>
      )}
      {device.kind === 'vif' && (
        <NicPage
          domain={domain}
          nic={device}
          form={edits.nics?.[key] ?? nicFormOf(device)}
          onChange={(form) => onEdit({ nics: { ...edits.nics, [key]: form } })}
        />
      )}
      {device.kind === 'vfb' && (
        <DisplayPage
          domain={domain}
          form={edits.display ?? displayFormOf(device)}
          disabled={!props.editable || standing === 'leaving'}
          onChange={(display) => onEdit({ display })}
        />
      )}
    </>
  )
}

/** A medium whose image refers to a file that the user was not asked about. */
interface RefusedMedium {
  readonly to: string
  readonly allowedBacking: readonly string[]
  readonly error: ErrorReport
}

function DiskPage(props: {
  readonly domain: DomainInfo
  readonly visible: boolean
  readonly deviceKey: string
  readonly disk: Disk
}) {
  const { domain, disk, deviceKey: key } = props
  const { t, formats } = useWords()
  const client = useClient()
  const store = useAppStore()
  const { path } = disk
  const {
    data: info,
    error,
    refetch,
  } = useQuery({
    // Asked again when it comes into sight: the guest or another program may have written to it.
    ...callQuery(client, 'imageInspect', { path }),
    enabled: props.visible && path !== '',
    gcTime: 0,
    staleTime: 0,
  })
  const failure = path === '' || error === null ? null : reportOf(error)
  // What a damaged image was defined as is no news of what it is.
  const isFormatKnown = path !== '' && failure?.reason !== 'image-not-as-named'
  const [refused, setRefused] = useState<RefusedMedium | null>(null)
  const change = async (to: string, allowedBacking: readonly string[] = []) => {
    const found = to === '' ? null : await client.call('imageInspect', { path: to })
    if (found !== null && !found.ok) {
      store.dispatch({ kind: 'failed', error: found.error })
      return
    }
    const format = found?.value.format ?? 'raw'
    const allowed = allowedBacking.length === 0 ? {} : { allowedBacking: [...allowedBacking] }
    const result = await client.call('mediumChange', { uuid: domain.uuid, key, path: to, format, ...allowed })
    if (!result.ok && backingRefused(result.error)) setRefused({ to, allowedBacking, error: result.error })
    else if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
  }
  const backing = useBackingQuestion(
    refused?.error ?? null,
    () => setRefused(null),
    (_dev, file) => {
      if (refused !== null) void change(refused.to, [...refused.allowedBacking, file])
    },
  )
  const choose = async () => {
    const picked = await client.call('filePick', { kind: 'openDisk', suggestedName: '' })
    if (picked.ok && picked.value.path !== null) await change(picked.value.path)
  }
  const changeable = domain.operations.includes('changeMedium') && disk.removable
  return (
    <>
      <dl className="facts">
        <dt>{t('disk.file')}</dt>
        <dd className="mono">{path === '' ? t('details.no-medium') : path}</dd>
        <dt>{t('disk.format')}</dt>
        <dd>{isFormatKnown ? disk.format : '–'}</dd>
        <dt>{t('disk.size')}</dt>
        <dd>
          {info === undefined
            ? '–'
            : t('details.disk-size', { size: formats.size(info.virtualSize), file: formats.size(info.fileSize) })}
        </dd>
        {info?.backing !== undefined && (
          <>
            <dt>{t('details.backing')}</dt>
            <dd className="mono">{info.backing}</dd>
          </>
        )}
        <dt>{t('details.access')}</dt>
        <dd>{t(disk.readonly ? 'disk.readonly' : 'details.read-write')}</dd>
        <dt>{t('details.bus')}</dt>
        <dd>{t('details.bus-vbd')}</dd>
      </dl>
      <Refusal error={failure} follows={t('details.disk-unusable')} onChange={() => void refetch()} />
      {backing.question}
      {disk.removable && (
        <div className="details-buttons">
          <Button icon="folder" disabled={!changeable} onPress={() => void choose()}>
            {t('details.medium-change')}
          </Button>
          <Button icon="eject" disabled={!changeable || path === ''} onPress={() => void change('')}>
            {t('details.medium-eject')}
          </Button>
        </div>
      )}
    </>
  )
}

/** What is left out means `fallback` too: going back to it is no change. */
function kept<T>(chosen: T, before: T | undefined, fallback: T): T | undefined {
  return chosen === fallback && before === undefined ? undefined : chosen
}

/** What of a disk is in the definition and needs a new start. */
function DiskFlags(props: PageProps & { readonly deviceKey: string; readonly disk: Disk }) {
  const { disk, edits, editable, onEdit, deviceKey: key } = props
  const { t } = useWords()
  const { readonly, removable, enospace, cache, discard } = disk
  const flags = edits.disks?.[key] ?? { readonly, removable, enospace, cache, discard }
  const change = (part: Partial<typeof flags>) => onEdit({ disks: { ...edits.disks, [key]: { ...flags, ...part } } })
  return (
    <>
      <div className="field">
        <span className="field-label">{t('details.disk-flags')}</span>
        <div className="field-control">
          <Check
            label={t('disk.readonly')}
            value={flags.readonly}
            disabled={!editable}
            onChange={(on) => change({ readonly: on })}
          />
          <Check
            label={t('disk.removable')}
            value={flags.removable}
            disabled={!editable}
            onChange={(on) => change({ removable: on })}
          />
        </div>
        <span className="field-message">{t('details.disk-flags-hint')}</span>
      </div>
      <NoSpaceField
        value={flags.enospace ?? 'report'}
        disabled={!editable || flags.readonly}
        onChange={(policy) => change({ enospace: kept(policy, enospace, 'report') })}
      />
      <ModeFields
        value={{ cache: flags.cache ?? DEFAULT_MODES.cache, discard: flags.discard ?? DEFAULT_MODES.discard }}
        disabled={!editable || flags.readonly}
        onChange={(modes) =>
          change({
            ...(modes.cache && { cache: kept(modes.cache, cache, DEFAULT_MODES.cache) }),
            ...(modes.discard && { discard: kept(modes.discard, discard, DEFAULT_MODES.discard) }),
          })
        }
      />
    </>
  )
}

function NicPage(props: {
  readonly domain: DomainInfo
  readonly nic: Nic
  readonly form: NicForm
  readonly onChange: (form: NicForm) => void
}) {
  const { domain, nic, form } = props
  const { t } = useWords()
  const client = useClient()
  const change = (part: Partial<NicForm>) => props.onChange({ ...form, ...part })
  const leases = useQuery({
    ...callQuery(client, 'networkLeases', { name: nic.network }),
    enabled: domain.domid !== null,
    gcTime: 0,
    staleTime: 0,
  })
  const address = leases.data?.find(({ mac }) => mac === nic.mac)?.address
  return (
    <>
      <NetworkSelect value={form.network} none={false} onChange={(network) => change({ network })} />
      <dl className="facts">
        <dt>{t('details.model')}</dt>
        <dd>{t('details.bus-vif')}</dd>
        <dt>{t('nic.address')}</dt>
        <dd className="with-button">
          <span className="mono selectable">{domain.domid === null ? '–' : (address ?? t('nic.address-none'))}</span>
          <Button
            kind="tool"
            icon="refresh"
            label={t('nic.address-refresh')}
            disabled={domain.domid === null || leases.isFetching}
            onPress={() => void leases.refetch()}
          />
        </dd>
      </dl>
      <NicFields form={form} strict={false} onChange={change} />
      <NicLimits form={form} name={domain.name} onChange={change} />
    </>
  )
}

function DisplayPage(props: {
  readonly domain: DomainInfo
  readonly form: DisplayForm
  readonly disabled: boolean
  readonly onChange: (form: DisplayForm) => void
}) {
  const { domain, form, disabled } = props
  const { t } = useWords()
  const client = useClient()
  const { vncAt } = domain
  return (
    <>
      <DisplayFields
        display={{ kind: 'vfb', width: form.width, height: form.height }}
        none={false}
        disabled={disabled}
        hint={domain.running === null ? t('display.hint') : t('details.display-next')}
        onChange={(display) => display !== null && props.onChange({ ...form, width: display.width, height: display.height })}
      />
      <h3>{t('display.vnc')}</h3>
      <VncFields form={form} disabled={disabled} onChange={(change) => props.onChange({ ...form, ...change })} />
      <dl className="facts">
        <dt>{t('display.vnc-at')}</dt>
        <dd className="with-button">
          <span className={vncAt === null ? 'muted' : 'mono selectable'}>{vncAt ?? t('display.vnc-nowhere')}</span>
          {vncAt !== null && (
            <Button
              kind="tool"
              icon="copy"
              label={t('display.vnc-copy')}
              onPress={() => void client.call('clipboardWrite', { text: vncAt })}
            />
          )}
        </dd>
      </dl>
    </>
  )
}
