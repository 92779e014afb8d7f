// The pages of Details about the domain itself: overview, memory with the live balloon, what it boots from.
// Runs in: domain window.

import { useState } from 'react'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { Button } from '../../../components/Button'
import { NumberField, TextField } from '../../../components/Field'
import { useWords } from '../../../components/Language'
import { Slider } from '../../../components/Slider'
import { useHost } from '../../../state/answers'
import { useAppState, useAppStore } from '../../../state/store'
import type { Edits } from './edits'

export interface PageProps {
  readonly domain: DomainInfo
  readonly edits: Edits
  readonly editable: boolean
  readonly onEdit: (change: Partial<Edits>) => void
}

const MIB = 1024 * 1024

export function OverviewPage(props: PageProps) {
  const { domain, edits } = props
  const { t, formats } = useWords()
  const host = useHost()
  return (
    <>
      <h2>{t('details.overview')}</h2>
      <TextField
        label={t('create.name')}
        value={edits.name ?? domain.config?.name ?? ''}
        disabled={!props.editable}
        onChange={(name) => props.onEdit({ name })}
        hint=""
      />
      <dl className="facts">
        <dt>{t('details.state')}</dt>
        <dd>{t(`state.${domain.state}`)}</dd>
        <dt>UUID</dt>
        <dd className="mono">{domain.uuid}</dd>
        <dt>{t('about.hypervisor')}</dt>
        <dd>{t('details.hypervisor', { driver: host?.driver ?? '' })}</dd>
        <dt>{t('details.kind')}</dt>
        <dd>{t('details.pvh')}</dd>
        <dt>{t('details.vcpus')}</dt>
        <dd>{formats.number(domain.config?.vcpus ?? 1)}</dd>
        <dt>{t('details.domid')}</dt>
        <dd>{domain.domid === null ? '–' : domain.domid}</dd>
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
  const { minMemoryMiB: min, maxMemoryMiB: max } = limits
  const error = !Number.isFinite(value)
    ? t('create.memory-number')
    : value < min
      ? t('create.memory-small', { min })
      : value > max
        ? t('create.memory-large', { max })
        : undefined
  return (
    <>
      <h2>{t('details.memory')}</h2>
      <NumberField
        label={t('details.memory-start')}
        value={value}
        unit="MiB"
        step={64}
        smallest={min}
        largest={max}
        lessLabel={t('create.memory-less')}
        moreLabel={t('create.memory-more')}
        onChange={(memoryMiB) => props.onEdit({ memoryMiB })}
        hint={t('create.memory-hint', {
          min: formats.number(min),
          max: formats.number(max),
          free: formats.number(host?.freeMemoryMiB ?? 0),
        })}
        error={error}
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
  const allowed = domain.operations.includes('setMemory')
  const now = samples?.at(-1)?.memory
  const value = Math.min(most, Math.max(least, target ?? (now === undefined ? most : Math.round(now / MIB))))
  const apply = async (memoryMiB: number) => {
    const result = await client.call('domainSetMemory', { uuid: domain.uuid, memoryMiB: Math.round(memoryMiB) })
    if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
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
    </>
  )
}
