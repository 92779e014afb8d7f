// Preferences: theme, language, and what little else there is. They apply at once; there is nothing to confirm.
// Invariant: what is shown is what main stores; a failed change is shown and the old value stays.
// Runs in: preferences window.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { defaultPreferences, type Preferences } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { callOrThrow, callQuery, reportOf } from '../../client/queries'
import { Button } from '../../components/Button'
import { Check } from '../../components/Check'
import { SegmentedField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { Notice } from '../../components/Notice'
import './preferences.css'

const themes = ['system', 'light', 'dark'] as const satisfies readonly Preferences['theme'][]
const languageChoices = ['system', 'en', 'de'] as const satisfies readonly Preferences['language'][]

export function PreferencesView() {
  const { t } = useWords()
  const client = useClient()
  const queries = useQueryClient()
  const query = callQuery(client, 'preferencesGet', {})
  const { data: preferences = defaultPreferences, error: unread } = useQuery(query)
  // Shown at once, before main has stored them; taken back when it refuses.
  const stored = useMutation({
    mutationFn: (next: Preferences) => callOrThrow(client, 'preferencesSet', next),
    onMutate: (next) => {
      queries.setQueryData(query.queryKey, next)
      return preferences
    },
    onError: (_error, _next, before) => {
      if (before !== undefined) queries.setQueryData(query.queryKey, before)
    },
  })
  const refused = stored.error ?? unread
  const failure = refused === null ? null : reportOf(refused)

  useEffect(() => {
    document.title = t('window.preferences')
  }, [t])

  const change = (part: Partial<Preferences>) => stored.mutate({ ...preferences, ...part })

  return (
    <div className="window">
      <main className="preferences fill">
        <SegmentedField
          label={t('preferences.theme')}
          value={preferences.theme}
          choices={themes.map((value) => ({ value, label: t(`preferences.theme-${value}`) }))}
          onChange={(theme) => change({ theme })}
        />
        <SegmentedField
          label={t('preferences.language')}
          value={preferences.language}
          choices={languageChoices.map((value) => ({ value, label: t(`preferences.language-${value}`) }))}
          onChange={(language) => change({ language })}
        />
        <div className="preferences-checks">
          <Check
            label={t('preferences.confirm-destroy')}
            value={preferences.confirmDestroy}
            onChange={(confirmDestroy) => change({ confirmDestroy })}
          />
          <Check label={t('preferences.tray')} value={preferences.trayIcon} onChange={(trayIcon) => change({ trayIcon })} />
        </div>
        {failure !== null && (
          <Notice tone="bad" boxed action={errorText(failure, t.language).action}>
            {errorText(failure, t.language).cause}
          </Notice>
        )}
      </main>
      <footer className="window-foot">
        <span className="muted">{t('preferences.applies')}</span>
        <span className="fill" />
        <Button onPress={() => void client.call('windowClose', {})}>{t('button.close')}</Button>
      </footer>
    </div>
  )
}
