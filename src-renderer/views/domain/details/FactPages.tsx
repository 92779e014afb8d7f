// Parts every machine has and nobody changes: what kind they are, and how the guest finds them.
// Runs in: domain window.

import { useWords } from '../../../components/Language'
import type { PageProps } from './DomainPages'

export function InputPage(_props: PageProps) {
  const { t } = useWords()
  return (
    <>
      <h2>{t('details.input')}</h2>
      <dl className="facts">
        <dt>{t('details.input-type')}</dt>
        <dd>{t('details.input-keyboard')}</dd>
        <dt>{t('details.input-mode')}</dt>
        <dd>{t('details.input-absolute')}</dd>
        <dt>{t('details.bus')}</dt>
        <dd>{t('details.bus-vkbd')}</dd>
      </dl>
      <p className="details-note flush">{t('details.input-note')}</p>
    </>
  )
}

export function ConsolePage(props: PageProps) {
  const { domain } = props
  const { t } = useWords()
  return (
    <>
      <h2>{t('details.console')}</h2>
      <dl className="facts">
        <dt>{t('details.console-type')}</dt>
        <dd>{t('details.console-pv')}</dd>
        <dt>{t('details.console-device')}</dt>
        <dd className="mono">hvc0</dd>
        <dt>{t('details.console-state')}</dt>
        <dd>{t(domain.domid === null ? 'chart.no-reading' : 'details.standing-now')}</dd>
      </dl>
      <p className="details-note flush">{t('details.console-note')}</p>
    </>
  )
}
