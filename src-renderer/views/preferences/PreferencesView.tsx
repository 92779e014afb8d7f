// Preferences: pages at the left, as virt-manager's tabs, and what is chosen there applies at once to all windows.
// Invariant: what is shown is what main stores; a failed change is shown and the old value stays.
// Runs in: preferences window.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { defaultPreferences, type Preferences } from '../../../src-main/public/preferences'
import { useClient } from '../../client/Client'
import { callOrThrow, callQuery, reportOf } from '../../client/queries'
import { Button } from '../../components/Button'
import { Icon, type IconName } from '../../components/Icon'
import { useWords } from '../../components/Language'
import { useEscape } from '../../components/use-escape'
import '../../components/side-list.css'
import { Refusal } from '../../remedy/Refusal'
import { KeyboardPage } from './KeyboardPage'
import { ConfirmPage, ConsolePage, GeneralPage, MachinePage, type PageProps } from './pages'
import './preferences.css'

const pages = {
  general: { icon: 'gear', page: GeneralPage },
  confirm: { icon: 'warning', page: ConfirmPage },
  machine: { icon: 'plus', page: MachinePage },
  console: { icon: 'guest', page: ConsolePage },
  keyboard: { icon: 'keyboard', page: KeyboardPage },
} as const satisfies Record<string, { readonly icon: IconName; readonly page: (props: PageProps) => React.ReactNode }>

const pageIds = ['general', 'confirm', 'machine', 'console', 'keyboard'] as const satisfies readonly (keyof typeof pages)[]

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

  const close = () => void client.call('windowClose', {})
  useEscape(close)
  useEffect(() => {
    document.title = t('window.preferences')
  }, [t])

  // The newest of what was changed, also when two changes come before a redraw.
  const change = (part: Partial<Preferences>) =>
    stored.mutate({ ...(queries.getQueryData(query.queryKey) ?? preferences), ...part })

  return (
    <div className="window">
      <Tabs className="preferences fill" orientation="vertical">
        <TabList className="side preferences-list" aria-label={t('preferences.pages')}>
          {pageIds.map((id) => (
            <Tab key={id} id={id} className="side-item">
              <Icon name={pages[id].icon} />
              {t(`preferences.page-${id}`)}
            </Tab>
          ))}
        </TabList>
        {pageIds.map((id) => {
          const { page: Page } = pages[id]
          return (
            <TabPanel key={id} id={id} className="preferences-page">
              <h2>{t(`preferences.page-${id}`)}</h2>
              <Page preferences={preferences} change={change} />
              <Refusal error={failure} onChange={() => stored.reset()} />
            </TabPanel>
          )
        })}
      </Tabs>
      <footer className="window-foot">
        <span className="muted">{t('preferences.applies')}</span>
        <span className="fill" />
        <Button onPress={close}>{t('button.close')}</Button>
      </footer>
    </div>
  )
}
