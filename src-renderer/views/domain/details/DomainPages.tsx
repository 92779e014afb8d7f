// The pages of Details about the domain itself: overview, memory with the live balloon, what it boots from; CpusPage.tsx is another.
// Runs in: domain window.

import { useEffect, useState } from 'react'
import { ownUuid } from '../../../../src-main/public/connection'
import { machineNameProblem, properName } from '../../../../src-main/public/name'
import { BOOTLOADER, ownBootDisk } from '../../../../src-main/public/own-disk'
import { DEFAULT_STOP_ACTIONS, type DomainInfo, STOP_ACTIONS, type StopAction } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { errorText } from '../../../client/error-text'
import { Button } from '../../../components/Button'
import { Check } from '../../../components/Check'
import { NumberField, TextAreaField, TextField } from '../../../components/Field'
import { useWords } from '../../../components/Language'
import { SelectField } from '../../../components/Select'
import { Slider } from '../../../components/Slider'
import type { TypedText } from '../../../features/definition/ConfigTextPage'
import { OsField } from '../../../features/definition/OsField'
import { useDefinitionUndo } from '../../../features/definition/use-definition-undo'
import { DiskKernelLine } from '../../../features/disks/DiskKernelLine'
import { useDiskKernel } from '../../../features/disks/use-disk-kernel'
import { connectionName } from '../../../lib/connection-name'
import { osName } from '../../../lib/os-table'
import { useConnections, useHost } from '../../../state/answers'
import { connectionOf } from '../../../state/app-state'
import { useAppState, useAppStore } from '../../../state/store'
import type { Edits } from './edits'

export interface PageProps {
  readonly domain: DomainInfo
  readonly edits: Edits
  readonly editable: boolean
  readonly onEdit: (change: Partial<Edits>) => void
  /** Out of sight it stays as it is, and asks for nothing. */
  readonly visible: boolean
  /** The configuration text as it was typed and not applied; null: as it is stored. */
  readonly typed: TypedText | null
  readonly onType: (typed: TypedText | null) => void
}

const MIB = 1024 * 1024

export function OverviewPage(props: PageProps) {
  const { domain, edits } = props
  const { t, formats } = useWords()
  const host = useHost()
  const connections = useConnections()
  const here = connections.find(({ connection }) => connection === connectionOf(domain))
  const problem = edits.name === undefined ? undefined : machineNameProblem(properName(edits.name))
  return (
    <>
      <h2>{t('details.overview')}</h2>
      <TextField
        label={t('create.name')}
        value={edits.name ?? domain.config?.name ?? ''}
        disabled={!props.editable}
        onChange={(name) => props.onEdit({ name })}
        error={problem && errorText(problem, t.language).cause}
        hint=""
      />
      <TextField
        label={t('details.title')}
        value={edits.title ?? domain.config?.title ?? ''}
        maxLength={256}
        disabled={!props.editable}
        onChange={(title) => props.onEdit({ title })}
        hint={t('details.title-hint')}
      />
      <TextAreaField
        label={t('details.description')}
        value={edits.description ?? domain.config?.description ?? ''}
        rows={4}
        maxLength={8192}
        disabled={!props.editable}
        onChange={(description) => props.onEdit({ description })}
      />
      <OsField
        value={edits.os ?? osName(domain.config?.os ?? '')}
        disabled={!props.editable}
        onChange={(os) => props.onEdit({ os })}
      />
      <dl className="facts">
        <dt>{t('details.state')}</dt>
        <dd>{t(`state.${domain.state}`)}</dd>
        <dt>{t('details.uuid')}</dt>
        <dd className="mono">{ownUuid(domain)}</dd>
        {connections.length > 1 && here !== undefined && (
          <>
            <dt>{t('connection.on')}</dt>
            <dd>{connectionName(here, t)}</dd>
          </>
        )}
        <dt>{t('about.hypervisor')}</dt>
        <dd>{t('details.hypervisor', { driver: host?.driver ?? '' })}</dd>
        <dt>{t('details.kind')}</dt>
        <dd>{t('details.pvh')}</dd>
        <dt>{t('details.domid')}</dt>
        <dd>{domain.domid === null ? '–' : domain.domid}</dd>
        <dt>{t('details.started')}</dt>
        <dd>{domain.startedAt === null ? '–' : formats.dateTime(domain.startedAt)}</dd>
      </dl>
    </>
  )
}

export function MemoryPage(props: PageProps) {
  const { domain, edits } = props
  const { t, formats } = useWords()
  const host = useHost()
  const limits = host?.limits ?? { minMemoryMiB: 1, maxMemoryMiB: 4096 }
  const value = edits.memoryMiB ?? domain.config?.memoryMiB ?? 0
  const current = edits.currentMiB ?? domain.config?.currentMiB ?? value
  const { minMemoryMiB: min, maxMemoryMiB: max } = limits
  const wrong = (size: number): string | undefined =>
    !Number.isFinite(size)
      ? t('create.memory-number')
      : size < min
        ? t('create.memory-small', { min: t.number(min) })
        : size > max
          ? t('create.memory-large', { max: t.number(max) })
          : undefined
  // As in virt-manager one takes the other along: there is never more now than there may be.
  const changeCurrent = (currentMiB: number) =>
    props.onEdit({ currentMiB, ...(currentMiB > value && { memoryMiB: currentMiB }) })
  const changeMost = (memoryMiB: number) => props.onEdit({ memoryMiB, ...(current > memoryMiB && { currentMiB: memoryMiB }) })
  return (
    <>
      <h2>{t('details.memory')}</h2>
      <dl className="facts">
        <dt>{t('details.host-memory')}</dt>
        <dd>{host === null ? '–' : formats.memory(host.memoryMiB * MIB)}</dd>
      </dl>
      <NumberField
        label={t('details.memory-current')}
        disabled={!props.editable}
        value={current}
        unit="MiB"
        step={64}
        smallest={min}
        largest={max}
        lessLabel={t('details.memory-current-less')}
        moreLabel={t('details.memory-current-more')}
        onChange={changeCurrent}
        hint={t('details.memory-current-hint')}
        error={wrong(current)}
      />
      <NumberField
        label={t('details.memory-start')}
        disabled={!props.editable}
        value={value}
        unit="MiB"
        step={64}
        smallest={min}
        largest={max}
        lessLabel={t('create.memory-less')}
        moreLabel={t('create.memory-more')}
        onChange={changeMost}
        hint={t('create.memory-hint', {
          min: t.number(min),
          max: t.number(max),
          free: t.number(host?.freeMemoryMiB ?? 0),
        })}
        error={wrong(value)}
      />
      <Balloon domain={domain} />
    </>
  )
}

function Balloon(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t, formats } = useWords()
  const client = useClient()
  const store = useAppStore()
  const host = useHost()
  const samples = useAppState((state) => state.figures[domain.uuid])
  const most = (domain.running ?? domain.config)?.memoryMiB ?? 0
  const least = Math.min(most, host?.limits.minMemoryMiB ?? 1)
  const [target, setTarget] = useState<number | null>(null)
  const undoably = useDefinitionUndo(domain)
  const allowed = domain.operations.includes('setMemory')
  const now = samples?.at(-1)?.memory
  const value = Math.min(most, Math.max(least, target ?? (now === undefined ? most : Math.round(now / MIB))))
  // Shown as asked for until the guest has followed, or did not in time; then as it is, whoever changed it.
  useEffect(() => {
    if (target === null) return
    if (now !== undefined && Math.abs(now / MIB - target) < 2) return setTarget(null)
    const timer = setTimeout(() => setTarget(null), 5000)
    return () => clearTimeout(timer)
  }, [target, now])
  const apply = async (memoryMiB: number) => {
    await undoably(async () => {
      const result = await client.call('domainSetMemory', { uuid: domain.uuid, memoryMiB: Math.round(memoryMiB) })
      if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
      return result.ok
    })
  }
  return (
    <section aria-labelledby="balloon" className="details-section">
      <h3 id="balloon">{t('balloon.title')}</h3>
      <Slider
        label={t('balloon.label')}
        value={value}
        least={least}
        most={Math.max(most, least + 1)}
        step={4}
        text={t('manager.memory-reading', { used: formats.memory(value * MIB), total: formats.memory(most * MIB) })}
        disabled={!allowed}
        onChange={setTarget}
        onDone={(memoryMiB) => void apply(memoryMiB)}
      />
      <dl className="facts">
        <dt>{t('balloon.now')}</dt>
        <dd>{!allowed || now === undefined ? t('chart.no-reading') : formats.memory(now)}</dd>
      </dl>
      <p className="details-note">{t('balloon.note')}</p>
    </section>
  )
}

/** Whether it starts what its disk has, and what that is. */
function OwnDisk({ domain, edits, editable, onEdit }: PageProps) {
  const { t } = useWords()
  const { config } = domain
  const isOwn = edits.ownDisk ?? config?.bootloader !== undefined
  const kernel = edits.kernel ?? config?.kernel ?? ''
  const disk = config === null ? undefined : ownBootDisk({ ...config, kernel, bootloader: isOwn ? BOOTLOADER : undefined })
  const isOff = domain.running === null
  const look = useDiskKernel(isOff ? disk : undefined)
  return (
    <>
      <div className="field">
        <span className="field-label">{t('create.own-kernel')}</span>
        <div className="field-control">
          <Check label={t('create.own-disk')} value={isOwn} disabled={!editable} onChange={(ownDisk) => onEdit({ ownDisk })} />
        </div>
        <span className="field-message">{isOwn && kernel.trim() !== '' ? t('create.own-until') : ''}</span>
      </div>
      {disk !== undefined && <DiskKernelLine look={look} {...(!isOff && { instead: t('create.own-later') })} />}
    </>
  )
}

export function BootPage(props: PageProps) {
  const { domain, edits, onEdit } = props
  const { t } = useWords()
  const client = useClient()
  const browse = async (kind: 'kernel' | 'ramdisk') => {
    const picked = await client.call('filePick', { kind, suggestedName: '' })
    if (picked.ok && picked.value.path !== null) onEdit({ [kind]: picked.value.path })
  }
  const file = (kind: 'kernel' | 'ramdisk') => (
    <TextField
      label={t(`create.${kind}`)}
      value={edits[kind] ?? domain.config?.[kind] ?? ''}
      mono
      disabled={!props.editable}
      onChange={(path) => onEdit({ [kind]: path })}
      hint={t(`create.${kind}-hint`)}
      after={
        <Button icon="folder" label={t(`create.browse-${kind}`)} disabled={!props.editable} onPress={() => void browse(kind)}>
          {t('button.browse')}
        </Button>
      }
    />
  )
  return (
    <>
      <h2>{t('details.boot')}</h2>
      <div className="field">
        <span className="field-label">{t('details.autostart')}</span>
        <div className="field-control">
          <Check
            label={t('details.autostart-label')}
            value={edits.autostart ?? domain.config?.autostart === true}
            disabled={!props.editable}
            onChange={(autostart) => onEdit({ autostart })}
          />
        </div>
        <span className="field-message" />
      </div>
      <OwnDisk {...props} />
      {file('kernel')}
      {file('ramdisk')}
      <TextField
        label={t('create.cmdline')}
        value={edits.cmdline ?? domain.config?.cmdline ?? ''}
        mono
        disabled={!props.editable}
        onChange={(cmdline) => onEdit({ cmdline })}
        hint={t('create.cmdline-hint')}
      />
      <p className="details-note">{t('details.boot-order')}</p>
      <StopActions {...props} />
    </>
  )
}

/** What follows when the guest powers off, reboots or crashes: libvirt's on_poweroff, on_reboot and on_crash. */
function StopActions({ domain, edits, editable, onEdit }: PageProps) {
  const { t } = useWords()
  const field = (name: keyof typeof DEFAULT_STOP_ACTIONS, word: 'on-poweroff' | 'on-reboot' | 'on-crash') => (
    <SelectField<StopAction>
      label={t(`details.${word}`)}
      value={edits[name] ?? domain.config?.[name] ?? DEFAULT_STOP_ACTIONS[name]}
      disabled={!editable}
      choices={STOP_ACTIONS.map((value) => ({ value, label: t(`details.stop-${value}`) }))}
      onChange={(action) => onEdit({ [name]: action })}
      hint={t(`details.${word}-hint`)}
    />
  )
  return (
    <section aria-labelledby="stops" className="details-section">
      <h3 id="stops">{t('details.stops')}</h3>
      {field('onPoweroff', 'on-poweroff')}
      {field('onReboot', 'on-reboot')}
      {field('onCrash', 'on-crash')}
    </section>
  )
}
