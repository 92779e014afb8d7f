// Why a machine stands that nobody paused: this computer has no room for what it wrote; and what to do about it.
// Runs in: domain window.

import { deviceKey } from '../../../src-main/public/device'
import type { DomainInfo } from '../../../src-main/public/types'
import { useWords } from '../../components/Language'
import { Notice } from '../../components/Notice'
import { isHostFull } from '../../features/domain-state/state-words'

export function HostFullNotice(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t } = useWords()
  if (!isHostFull(domain)) return null
  const disk = domain.running?.devices.find((device) => deviceKey(device) === domain.stalledBy)
  const { dev, path } = disk?.kind === 'vbd' ? disk : { dev: domain.stalledBy ?? '', path: '' }
  return (
    <Notice
      tone="warn"
      title={t('domain.host-full-title', { dev })}
      action={t('domain.host-full-action', { path: path === '' ? dev : path })}
    >
      {t('domain.host-full')}
    </Notice>
  )
}
