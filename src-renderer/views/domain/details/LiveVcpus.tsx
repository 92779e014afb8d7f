// How many of its vcpus a guest that runs is to use: taken off and into use while it runs, by XenStore's cpu/<n>/availability.
// Runs in: domain window.

import { useEffect, useState } from 'react'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { useWords } from '../../../components/Language'
import { Slider } from '../../../components/Slider'
import { useAppState, useAppStore } from '../../../state/store'

/** How long a guest may take before what was asked for is no longer shown as if it came. */
const PATIENCE_MS = 5000

export function LiveVcpus({ domain }: { readonly domain: DomainInfo }) {
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const samples = useAppState((state) => state.figures[domain.uuid])
  const [asked, setAsked] = useState<number | null>(null)
  const most = (domain.running ?? domain.config)?.vcpus ?? 1
  const allowed = domain.operations.includes('setVcpus')
  const online = samples?.at(-1)?.online
  const value = Math.min(most, Math.max(1, asked ?? online ?? most))
  useEffect(() => {
    if (asked === null) return
    if (online === asked) return setAsked(null)
    const timer = setTimeout(() => setAsked(null), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [asked, online])
  const apply = async (vcpus: number) => {
    const result = await client.call('domainSetVcpus', { uuid: domain.uuid, vcpus })
    if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
  }
  return (
    <section aria-labelledby="live-vcpus" className="details-section">
      <h3 id="live-vcpus">{t('balloon.title')}</h3>
      {most > 1 && (
        <Slider
          label={t('vcpus.label')}
          value={value}
          least={1}
          most={most}
          step={1}
          text={t('vcpus.reading', { online: t.number(value), total: t.number(most) })}
          disabled={!allowed}
          onChange={setAsked}
          onDone={(vcpus) => void apply(vcpus)}
        />
      )}
      {most > 1 && <p className="details-note">{t('vcpus.note')}</p>}
      <dl className="facts">
        <dt>{t('vcpus.now')}</dt>
        <dd>{domain.running === null || online === undefined ? t('chart.no-reading') : t.number(online)}</dd>
      </dl>
    </section>
  )
}
