// The page of Details about virtual processors: how many at the start and at most, how many now, and their share of the host's.
// Runs in: domain window.

import { DEFAULT_CPU_WEIGHT, MOST_CPU_CAP, MOST_CPU_WEIGHT } from '../../../../src-main/public/types'
import { NumberField, TextField } from '../../../components/Field'
import { useWords } from '../../../components/Language'
import { Notice } from '../../../components/Notice'
import { useHost } from '../../../state/answers'
import type { PageProps } from './DomainPages'
import { checkCpuCap, checkCpuSet, checkCpuWeight } from './edits'
import { LiveVcpus } from './LiveVcpus'

/** Fields that obey what the driver says it can do. */
export function CpusPage(props: PageProps) {
  const { domain, edits } = props
  const { t } = useWords()
  const host = useHost()
  const most = host?.limits.maxVcpus ?? 1
  const value = edits.vcpus ?? domain.config?.vcpus ?? 1
  const current = edits.currentVcpus ?? domain.config?.currentVcpus ?? value
  const wrong = (count: number): string | undefined =>
    !Number.isFinite(count)
      ? t('create.memory-number')
      : count < 1 || count > most
        ? t('details.vcpus-range', { most: t.number(most) })
        : undefined
  const alike = { unit: '', step: 1, smallest: 1, largest: most, disabled: !props.editable || most === 1 }
  // As with memory one takes the other along.
  const changeCurrent = (currentVcpus: number) =>
    props.onEdit({ currentVcpus, ...(currentVcpus > value && { vcpus: currentVcpus }) })
  const changeMost = (vcpus: number) => props.onEdit({ vcpus, ...(current > vcpus && { currentVcpus: vcpus }) })
  return (
    <>
      <h2>{t('details.cpus')}</h2>
      <dl className="facts">
        <dt>{t('details.host-cpus')}</dt>
        <dd>{host === null ? '–' : t.number(host.cpus)}</dd>
        <dt>{t('details.cpu-model')}</dt>
        <dd>{host?.cpuModel || '–'}</dd>
        <dt>{t('details.cpu-guest')}</dt>
        <dd>{t('details.cpu-own')}</dd>
      </dl>
      <NumberField
        label={t('details.vcpus-current')}
        value={current}
        {...alike}
        lessLabel={t('details.vcpus-current-less')}
        moreLabel={t('details.vcpus-current-more')}
        onChange={changeCurrent}
        hint={t('details.vcpus-current-hint')}
        error={wrong(current)}
      />
      <NumberField
        label={t('details.vcpus-most')}
        value={value}
        {...alike}
        lessLabel={t('details.vcpus-less')}
        moreLabel={t('details.vcpus-more')}
        onChange={changeMost}
        hint={most === 1 ? t('details.vcpus-single') : t('details.vcpus-range', { most: t.number(most) })}
        error={wrong(value)}
      />
      {host !== null && Number.isFinite(value) && value > host.cpus && (
        <Notice tone="warn" boxed>
          {t('details.vcpus-overcommit')}
        </Notice>
      )}
      <LiveVcpus domain={domain} />
      <CpuSharing {...props} />
    </>
  )
}

/** What the credit scheduler goes by; a running machine follows at once. */
function CpuSharing({ domain, edits, editable, onEdit }: PageProps) {
  const { t } = useWords()
  const weight = edits.cpuWeight ?? domain.config?.cpuWeight ?? DEFAULT_CPU_WEIGHT
  const cap = edits.cpuCap ?? domain.config?.cpuCap ?? 0
  const set = edits.cpuSet ?? domain.config?.cpuSet ?? ''
  const pinning = useHost()?.limits.pinning ?? 0
  return (
    <section aria-labelledby="cpu-sharing" className="details-section">
      <h3 id="cpu-sharing">{t('details.cpu-sharing')}</h3>
      <NumberField
        label={t('details.cpu-weight')}
        value={weight}
        unit=""
        step={64}
        smallest={1}
        largest={MOST_CPU_WEIGHT}
        lessLabel={t('details.cpu-weight-less')}
        moreLabel={t('details.cpu-weight-more')}
        disabled={!editable}
        onChange={(cpuWeight) => onEdit({ cpuWeight })}
        hint={t('details.cpu-weight-hint')}
        error={checkCpuWeight(weight, t)}
      />
      <NumberField
        label={t('details.cpu-cap')}
        value={cap}
        unit="%"
        step={10}
        smallest={0}
        largest={MOST_CPU_CAP}
        lessLabel={t('details.cpu-cap-less')}
        moreLabel={t('details.cpu-cap-more')}
        disabled={!editable}
        onChange={(cpuCap) => onEdit({ cpuCap })}
        hint={t('details.cpu-cap-hint')}
        error={checkCpuCap(cap, t)}
      />
      {pinning === 0 ? (
        <p className="details-note">{t('details.cpu-pinning')}</p>
      ) : (
        <TextField
          label={t('details.cpu-set')}
          value={set}
          maxLength={256}
          disabled={!editable}
          onChange={(cpuSet) => onEdit({ cpuSet })}
          hint={t('details.cpu-set-hint', { last: pinning - 1 })}
          error={checkCpuSet(set, pinning, t)}
        />
      )}
    </section>
  )
}
