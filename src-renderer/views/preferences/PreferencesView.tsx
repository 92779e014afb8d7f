// Preferences: theme, language, and what little else there is. They apply at once; there is nothing to confirm.
// Invariant: what is shown is what main stores; a failed change is shown and the old value stays.
// Runs in: preferences window.

import { useEffect, useState } from 'react'
import { Checkbox } from 'react-aria-components'
import type { ErrorReport } from '../../../src-main/public/error-code'
import type { Preferences } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { Button } from '../../components/Button'
import { SegmentedField } from '../../components/Field'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import { Notice } from '../../components/Notice'
import { useAppState, useAppStore } from '../../state/store'
import './preferences.css'

const themes = ['system', 'light', 'dark'] as const satisfies readonly Preferences['theme'][]
const languageChoices = ['system', 'en', 'de'] as const satisfies readonly Preferences['language'][]

function Check(props: { readonly label: string; readonly value: boolean; readonly onChange: (value: boolean) => void }) {
  return (
    <Checkbox className="checkbox" isSelected={props.value} onChange={props.onChange}>
      <span className="checkbox-box">
        <Icon name="check" />
      </span>
      {props.label}
    </Checkbox>
  )
}

export function PreferencesView() {
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const preferences = useAppState((state) => state.preferences)
  const [failure, setFailure] = useState<ErrorReport | null>(null)

  useEffect(() => {
    document.title = t('window.preferences')
  }, [t])

  const change = async (part: Partial<Preferences>) => {
    const next = { ...preferences, ...part }
    store.dispatch({ kind: 'preferencesChanged', preferences: next })
    const result = await client.call('preferencesSet', next)
    setFailure(result.ok ? null : result.error)
    if (!result.ok) store.dispatch({ kind: 'preferencesChanged', preferences })
  }

  return (
    <div className="window">
      <main className="preferences fill">
        <SegmentedField
          label={t('preferences.theme')}
          value={preferences.theme}
          choices={themes.map((value) => ({ value, label: t(`preferences.theme-${value}`) }))}
          onChange={(theme) => void change({ theme })}
        />
        <SegmentedField
          label={t('preferences.language')}
          value={preferences.language}
          choices={languageChoices.map((value) => ({ value, label: t(`preferences.language-${value}`) }))}
          onChange={(language) => void change({ language })}
        />
        <div className="preferences-checks">
          <Check
            label={t('preferences.confirm-destroy')}
            value={preferences.confirmDestroy}
            onChange={(confirmDestroy) => void change({ confirmDestroy })}
          />
          <Check
            label={t('preferences.tray')}
            value={preferences.trayIcon}
            onChange={(trayIcon) => void change({ trayIcon })}
          />
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
