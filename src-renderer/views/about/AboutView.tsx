// About: which version this is and what it runs on, as text that can be copied into a report.
// Invariant: an old Electron is said here in plain words, with what to do about it.
// Runs in: about window.

import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { callQuery, reportOf } from '../../client/queries'
import { Button } from '../../components/Button'
import { useWords } from '../../components/Language'
import { Notice } from '../../components/Notice'
import { useEscape } from '../../components/use-escape'
import './about.css'

/** Where Electron is from (resources/tooling/electron-runtime.mjs), in words; a package brings its own and says nothing. */
const SOURCES = new Map<string | null, `about.source-${'npm' | 'fallback' | 'override'}`>([
  ['npm', 'about.source-npm'],
  ['fallback', 'about.source-fallback'],
  ['override', 'about.source-override'],
])

export function AboutView() {
  const { t } = useWords()
  const client = useClient()
  const { data: about = null, error } = useQuery(callQuery(client, 'aboutInfo', {}))

  const close = () => void client.call('windowClose', {})
  useEscape(close)
  useEffect(() => {
    document.title = t('window.about')
  }, [t])

  const rows: readonly (readonly [string, string])[] =
    about === null
      ? []
      : [
          [t('about.version'), about.version],
          [t('about.licence'), about.licence],
          [t('about.hypervisor'), about.driver],
          ['Electron', about.electron],
          [t('about.source'), t(SOURCES.get(about.electronSource) ?? 'about.source-unknown')],
          ['Chromium', about.chromium],
          ['Node', about.node],
          [t('about.platform'), about.platform],
        ]
  const warning = about?.warning ? errorText(about.warning, t.language) : null
  const failure = error === null ? null : errorText(reportOf(error), t.language)
  const copy = () => {
    const text = [about?.name ?? '', ...rows.map(([name, value]) => `${name}: ${value}`)].join('\n')
    void client.call('clipboardWrite', { text })
  }

  return (
    <div className="window">
      <main
        className="about fill"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls on small screens, and the keyboard must reach that
        tabIndex={0}
      >
        <h1>{t('app.name')}</h1>
        <p className="muted">{t('about.tagline')}</p>
        <dl className="about-rows selectable">
          {rows.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        {warning !== null && (
          <Notice tone="warn" boxed action={warning.action}>
            {warning.cause} {warning.consequence}
          </Notice>
        )}
        {failure !== null && (
          <Notice tone="bad" boxed action={failure.action}>
            {failure.cause} {failure.consequence}
          </Notice>
        )}
      </main>
      <footer className="window-foot">
        <Button icon="copy" disabled={about === null} onPress={copy}>
          {t('about.copy')}
        </Button>
        <span className="fill" />
        <Button autoFocus onPress={close}>
          {t('button.close')}
        </Button>
      </footer>
    </div>
  )
}
