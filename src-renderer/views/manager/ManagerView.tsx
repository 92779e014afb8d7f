// The manager window: what there is, how it is doing, and everything that can be done with it.
// Keyboard: arrows and type-ahead in the list, Enter opens, Delete deletes, Menu key or F10 opens the context menu,
// Ctrl+F filters, Ctrl+N makes a new machine. State changes are said to screen readers.
// Invariant: toolbar, context menu and keys go through the same perform(); nothing here knows what is allowed when.
// Runs in: manager window.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useClient } from '../../client/Client'
import { useAnnounce } from '../../components/Announcer'
import { Button } from '../../components/Button'
import { EmptyState } from '../../components/EmptyState'
import { useWords } from '../../components/Language'
import { ContextMenu, type MenuPoint } from '../../components/Menu'
import { Activity, JobProgress } from '../../features/activity/Activity'
import { contextEntries, isActionId } from '../../features/domain-actions/action-table'
import { usePerform } from '../../features/domain-actions/DomainActions'
import { stateLine } from '../../features/domain-state/state-words'
import { useHost, usePreferences } from '../../state/answers'
import { domainChanges, listedDomains } from '../../state/app-state'
import { useAppState, useAppStore } from '../../state/store'
import { DomainTable, focusRow } from './DomainTable'
import { ManagerToolbar } from './ManagerToolbar'
import { QuitDialog } from './QuitDialog'
import './manager.css'

function useAnnouncements(): void {
  const store = useAppStore()
  const announce = useAnnounce()
  const { t, formats } = useWords()
  useEffect(
    () =>
      store.api.subscribe((after, before) => {
        for (const { kind, domain } of domainChanges(before, after)) {
          const { name } = domain
          if (kind === 'state') announce(t('announce.state', { name, state: stateLine(domain, undefined, t, formats) }))
          else announce(t(kind === 'new' ? 'announce.new' : 'announce.removed', { name }))
        }
      }),
    [store, announce, t, formats],
  )
}

/** Starts the demo guest and opens its window as soon as it is there. */
function useDemoGuest(): { readonly start: () => void; readonly job: number | null } {
  const client = useClient()
  const store = useAppStore()
  const [job, setJob] = useState<number | null>(null)
  const info = useAppState((state) => (job === null ? undefined : state.jobs[job]))
  useEffect(() => {
    if (info === undefined || info.state === 'failed' || info.state === 'cancelled') return
    if (info.uuid === null) return
    setJob(null)
    void client.call('windowOpen', { view: 'domain', uuid: info.uuid })
  }, [info, client])
  const start = useCallback(() => {
    void client.call('demoGuestCreate', {}).then((started) => {
      if (started.ok) setJob(started.value.job)
      else store.dispatch({ kind: 'failed', error: started.error })
    })
  }, [client, store])
  return { start, job }
}

export function ManagerView() {
  const { t, formats } = useWords()
  const client = useClient()
  const perform = usePerform()
  const ready = useAppState((state) => state.ready)
  const domains = useAppState((state) => state.domains)
  const host = useHost()
  const jobs = useAppState((state) => state.jobs)
  const preferences = usePreferences()
  const [filter, setFilter] = useState('')
  const [chosen, setChosen] = useState<string | null>(null)
  const [menuAt, setMenuAt] = useState<MenuPoint | null>(null)
  const filterInput = useRef<HTMLInputElement>(null)
  const demo = useDemoGuest()
  useAnnouncements()

  useEffect(() => {
    document.title = t('window.manager')
  }, [t])

  const all = useMemo(() => listedDomains(domains, '', t.language), [domains, t.language])
  const shown = useMemo(() => listedDomains(domains, filter, t.language), [domains, filter, t.language])
  const guests = all.filter(({ kind }) => kind === 'guest')
  // What is chosen may be gone or filtered out; then the first guest stands in.
  const selected = shown.find(({ uuid }) => uuid === chosen) ?? shown.find(({ kind }) => kind === 'guest') ?? shown[0] ?? null

  const openView = useCallback(
    (view: 'create-domain' | 'networks' | 'preferences' | 'about') => void client.call('windowOpen', { view, uuid: null }),
    [client],
  )

  const selectedNow = useRef(selected)
  selectedNow.current = selected

  useEffect(
    () =>
      client.subscribe('menuChosen', ({ command }) => {
        if (command === 'new') openView('create-domain')
        else if (command === 'preferences' || command === 'about') openView(command)
        else if (command === 'demo') demo.start()
        else if (command === 'find') filterInput.current?.focus()
        else if (isActionId(command)) perform(command, selectedNow.current)
      }),
    [client, openView, perform, demo.start],
  )

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
      if (event.key === 'f') filterInput.current?.focus()
      else if (event.key === 'n') openView('create-domain')
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [openView])

  // Create the sparkline's first minute from what was measured before this window was there.
  const demoAvailable = host?.demoGuest.available === true
  const demoJob = Object.values(jobs).find(({ kind, state }) => kind === 'demoGuest' && state === 'running')
  const empty = ready && guests.length === 0
  const running = guests.filter(({ state }) => state === 'running').length

  return (
    <div className="window">
      <ManagerToolbar
        selected={selected}
        filter={filter}
        filterInput={filterInput}
        filterDisabled={guests.length === 0}
        demoAvailable={demoAvailable && demoJob === undefined}
        onFilter={setFilter}
        onFilterDone={() => focusRow(selected?.uuid ?? null)}
        onOpenView={openView}
        onDemo={demo.start}
        preferences={preferences}
        onPreferences={(change) => void client.call('preferencesSet', { ...preferences, ...change })}
      />
      <main className={empty ? 'manager-main first-start' : 'manager-main'}>
        <DomainTable
          domains={shown}
          selected={selected?.uuid ?? null}
          diskColumn={preferences.diskColumn}
          networkColumn={preferences.networkColumn}
          onSelect={setChosen}
          onContextMenu={(uuid, at) => {
            setChosen(uuid)
            setMenuAt(at)
          }}
        />
        {empty && (
          <EmptyState text={t(demoAvailable || host === null ? 'manager.empty' : 'manager.empty-own')}>
            {demoJob !== undefined ? (
              <div className="first-start-job">
                <JobProgress job={demoJob} />
              </div>
            ) : (
              <>
                <Button kind="primary" large icon="run" disabled={!demoAvailable} onPress={demo.start}>
                  {t('action.demo')}
                </Button>
                <Button large icon="plus" onPress={() => openView('create-domain')}>
                  {t('action.new')}
                </Button>
              </>
            )}
          </EmptyState>
        )}
        {!empty && ready && shown.length === 0 && (
          <EmptyState text={t('manager.filter-none', { text: filter })}>
            <Button onPress={() => setFilter('')}>{t('manager.filter-clear')}</Button>
          </EmptyState>
        )}
      </main>
      <footer className="status-bar">
        {ready && <span>{t.count('manager.guests', guests.length)}</span>}
        {ready && <span>{t.count('manager.running', running)}</span>}
        {host !== null && (
          <span className="last">
            {t('manager.host', { name: host.hostName, cpus: host.cpus, memory: formats.memory(host.memoryMiB * 1024 * 1024) })}
          </span>
        )}
      </footer>
      <Activity hiddenJob={empty ? (demoJob?.job ?? null) : null} />
      {selected !== null && (
        <ContextMenu
          at={menuAt}
          label={t('action.menu-of', { name: selected.name })}
          entries={contextEntries(selected, t)}
          onAction={(id) => {
            if (isActionId(id)) perform(id, selected)
          }}
          onClose={() => {
            setMenuAt(null)
            focusRow(selected.uuid)
          }}
        />
      )}
      <QuitDialog />
    </div>
  )
}
