// The window of one domain: its screen and text console, its parts, how it performs, what XenStore and the log say of it; and
// the buttons to steer it.
// Invariant: screen and console stay connected whichever page shows; a crash and its reason cannot be overlooked.
// Runs in: domain window.

import { useQueryClient } from '@tanstack/react-query'
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { TabPanel, Tabs, Toolbar } from 'react-aria-components'
import { DOMAIN_PAGES, type DomainPage, SEND_KEY } from '../../../src-main/public/menu'
import { sendKeys } from '../../../src-main/public/send-keys'
import type { DomainInfo } from '../../../src-main/public/types'
import { AtConnection, useClient } from '../../client/Client'
import type { PortDesk } from '../../client/port-desk'
import { useAnnounce } from '../../components/Announcer'
import { Button, ToolButton } from '../../components/Button'
import { EmptyState } from '../../components/EmptyState'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import { LivelyPanel } from '../../components/LivelyPanel'
import { MenuButton } from '../../components/Menu'
import { Notice } from '../../components/Notice'
import { TabStrip } from '../../components/TabStrip'
import { Activity } from '../../features/activity/Activity'
import { ConsolePane } from '../../features/console/ConsolePane'
import {
  type ActionId,
  isActionId,
  isAllowed,
  labelOf,
  stopEntries,
  whyNotNow,
} from '../../features/domain-actions/action-table'
import { usePerform } from '../../features/domain-actions/DomainActions'
import { PauseButton } from '../../features/domain-actions/PauseButton'
import { possibleCommands, useMenuOffer } from '../../features/domain-actions/use-menu-offer'
import { crashSentence, isHostFull, stateLine, stateLooks } from '../../features/domain-state/state-words'
import { ScreenPane } from '../../features/screen/ScreenPane'
import { useHost } from '../../state/answers'
import { domainChanges, jobOf } from '../../state/app-state'
import { loadHistory } from '../../state/connect'
import { useAppState, useAppStore } from '../../state/store'
import type { AddedKind } from './details/AddDevice'
import { DetailsPage, type LeaveGuard } from './details/DetailsPage'
import { HostFullNotice } from './HostFullNotice'
import { InsidePage } from './inside/InsidePage'
import { LogPage } from './LogPage'
import { PerformancePage } from './performance/PerformancePage'
import { SnapshotsPage } from './snapshots/SnapshotsPage'
import './domain.css'

/** In a window with others: whether it is in sight, how it is closed there, and how it comes in sight to ask something. */
export interface Embedded {
  readonly visible: boolean
  readonly onClose: () => void
  readonly onAsk: () => void
  readonly guard: RefObject<LeaveGuard | null>
}

export function DomainView(props: {
  readonly uuid: string
  readonly desk: PortDesk
  readonly embedded?: Embedded
  readonly page?: string
}) {
  const { uuid, embedded } = props
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const queries = useQueryClient()
  const ready = useAppState((state) => state.ready)
  const domain = useAppState((state) => state.domains[uuid])

  const isAlone = embedded === undefined
  useEffect(() => {
    if (!ready) return
    store.dispatch({ kind: 'historyWanted', uuid })
    void loadHistory({ client, store, queries }, uuid, 60)
  }, [client, store, queries, uuid, ready])

  useEffect(() => {
    if (isAlone) document.title = domain === undefined ? t('app.name') : t('window.domain', { name: domain.name })
  }, [isAlone, domain, t])

  /** What it was called last, to say which one has gone. */
  const [name, setName] = useState('')
  if (domain !== undefined && domain.name !== name) setName(domain.name)
  if (domain !== undefined)
    return (
      <AtConnection connection={domain.connection}>
        <DomainWindow domain={domain} desk={props.desk} embedded={embedded} page={props.page ?? ''} />
      </AtConnection>
    )
  if (!ready) return null
  return (
    <EmptyState text={name === '' ? t('domain.gone') : t('domain.gone-named', { name })}>
      <Button autoFocus onPress={() => (embedded === undefined ? void client.call('windowClose', {}) : embedded.onClose())}>
        {t('button.close')}
      </Button>
    </EmptyState>
  )
}

function useAnnouncements(uuid: string): void {
  const store = useAppStore()
  const announce = useAnnounce()
  const { t, formats } = useWords()
  useEffect(
    () =>
      store.api.subscribe((after, before) => {
        for (const { kind, domain } of domainChanges(before, after)) {
          if (kind !== 'state' || domain.uuid !== uuid) continue
          announce(t('announce.state', { name: domain.name, state: stateLine(domain, undefined, t, formats) }))
        }
      }),
    [store, announce, t, formats, uuid],
  )
}

function Steering(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t } = useWords()
  const perform = usePerform()
  const button = (id: ActionId, icon: 'run' | 'power' | 'save') => (
    <ToolButton
      icon={icon}
      label={labelOf(id, domain, t)}
      why={whyNotNow(id, [domain], t)}
      disabled={!isAllowed(id, domain)}
      onPress={() => perform(id, domain)}
    >
      <span className="word">{id === 'run' ? t('action.run') : labelOf(id, domain, t)}</span>
    </ToolButton>
  )
  return (
    <Toolbar aria-label={t('manager.toolbar')} className="toolbar-buttons">
      {button('run', 'run')}
      <PauseButton domains={[domain]} onAction={(id) => perform(id, domain)} />
      {button('shutdown', 'power')}
      <MenuButton
        icon="down"
        label={t('action.shutdown-menu')}
        entries={stopEntries(domain, t)}
        onAction={(id) => {
          if (isActionId(id)) perform(id, domain)
        }}
      />
      <span className="divider" />
      {button('save', 'save')}
    </Toolbar>
  )
}

/** Whether this window fills the screen, as main says; F11 and the window manager change it too. */
function useFullScreen(): readonly [boolean, (on: boolean) => void] {
  const client = useClient()
  const [on, setOn] = useState(false)
  useEffect(() => client.subscribe('fullScreenChanged', (change) => setOn(change.on)), [client])
  const set = useCallback((next: boolean) => void client.call('windowFullScreen', { on: next }), [client])
  return [on, set]
}

function StateChip(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t, formats } = useWords()
  const job = useAppState((state) => jobOf(state, domain))
  const look = stateLooks[domain.state]
  // Where a notice below says why, the chip stays short.
  const explained = domain.state === 'crashed' || isHostFull(domain)
  const words = explained ? t(`state.${domain.state}`) : stateLine(domain, job, t, formats)
  return (
    <span className={`state-chip state-${look.colour}`} data-testid="domain-state">
      <Icon name={look.icon} />
      {words}
    </span>
  )
}

function DomainWindow(props: {
  readonly domain: DomainInfo
  readonly desk: PortDesk
  readonly embedded: Embedded | undefined
  /** Which page it opens with; empty for the usual one. */
  readonly page: string
}) {
  const { domain, desk, embedded } = props
  const inSight = embedded?.visible !== false
  const { t, formats } = useWords()
  const client = useClient()
  const perform = usePerform()
  const isGuest = domain.kind === 'guest'
  const host = useHost()
  const defined = (domain.running ?? domain.config)?.devices.some(({ kind }) => kind === 'vfb') === true
  const usual = isGuest ? (defined ? 'screen' : 'console') : 'performance'
  const [page, setPage] = useState<DomainPage>(DOMAIN_PAGES.find((each) => each === props.page) ?? usual)
  const [fullScreen, setFullScreen] = useFullScreen()
  const [dismissedClock, setDismissedClock] = useState<number | null>(null)
  const [adding, setAdding] = useState<AddedKind | null>(null)
  const [logSeen, setLogSeen] = useState(page === 'log')
  // What was changed there and not applied stays while other pages show.
  const [detailsSeen, setDetailsSeen] = useState(page === 'details')
  const ownGuard = useRef<LeaveGuard | null>(null)
  const detailsGuard = embedded?.guard ?? ownGuard
  const onAsk = useRef(embedded?.onAsk)
  onAsk.current = embedded?.onAsk
  const showDetails = useCallback(() => {
    setPage('details')
    onAsk.current?.()
  }, [])
  const choosePage = (next: DomainPage) => {
    setPage(next)
    if (next === 'log') setLogSeen(true)
    if (next === 'details') setDetailsSeen(true)
  }
  useAnnouncements(domain.uuid)

  /** Details may have something to ask before it is left. */
  const goTo = (next: DomainPage) => {
    if (page === 'details' && next !== 'details' && detailsGuard.current !== null) detailsGuard.current(() => choosePage(next))
    else choosePage(next)
  }
  const goToNow = useRef(goTo)
  goToNow.current = goTo

  const domainNow = useRef(domain)
  domainNow.current = domain
  useEffect(
    () =>
      client.subscribe('menuChosen', ({ command }) => {
        const next = DOMAIN_PAGES.find((each) => command === `page-${each}`)
        if (next !== undefined) goToNow.current(next)
        else if (isActionId(command)) perform(command, domainNow.current)
      }),
    [client, perform],
  )

  const [clicks, setClicks] = useState(0)
  const noteClick = useCallback(() => setClicks((before) => before + 1), [])
  const root = useRef<HTMLDivElement>(null)
  const leaveConsole = () => {
    const tab = root.current?.querySelector('[role="tab"][aria-selected="true"]')
    if (tab instanceof HTMLElement) tab.focus()
  }

  const offActions = useMemo(
    () =>
      isGuest ? (
        <Button kind="primary" icon="run" disabled={!isAllowed('run', domain)} onPress={() => perform('run', domain)}>
          {labelOf('run', domain, t)}
        </Button>
      ) : null,
    [isGuest, domain, perform, t],
  )

  // Where no machine can have a screen there is no page for it; one that could, and has none, says how to get it.
  // Until that is known it is taken for yes, so that no tab moves.
  const canHaveScreen = defined || host === null || host.limits.devices.includes('vfb')
  const shownPages = DOMAIN_PAGES.filter((each) => {
    if (each === 'screen') return isGuest && canHaveScreen
    return isGuest || (each !== 'console' && each !== 'details' && each !== 'snapshots')
  })
  const canBeSeen =
    domain.operations.includes('openScreen') && domain.running?.devices.some(({ kind }) => kind === 'vfb') === true
  useMenuOffer(
    embedded !== undefined
      ? null
      : [
          ...possibleCommands([domain]),
          ...shownPages.map((each) => `page-${each}`),
          ...(canBeSeen ? ['screen-shot', ...sendKeys.map(({ id }) => `${SEND_KEY}${id}`)] : []),
        ],
  )
  const { clockStandsAt } = domain
  const origin = useAppState(
    ({ jobs }) => Object.values(jobs).find(({ uuid, origin }) => uuid === domain.uuid && origin)?.origin,
  )
  return (
    <div ref={root} className={fullScreen && page === 'screen' ? 'window whole-screen' : 'window'}>
      <header className="toolbar">
        {isGuest ? <Steering domain={domain} /> : <span className="muted">{t('manager.domain0-note')}</span>}
        <span className="fill" />
        <StateChip domain={domain} />
      </header>
      {domain.state === 'crashed' && (
        <Notice tone="bad" title={t('domain.crashed-title')}>
          {crashSentence(domain, t)}
        </Notice>
      )}
      <HostFullNotice domain={domain} />
      {clockStandsAt !== null && clockStandsAt !== dismissedClock && domain.domid !== null && (
        <Notice tone="info" dismissLabel={t('button.dismiss')} onDismiss={() => setDismissedClock(clockStandsAt)}>
          {origin === undefined
            ? t('domain.clock-note', { time: formats.dateTime(clockStandsAt) })
            : t('domain.copy-note', { origin, time: formats.dateTime(clockStandsAt) })}
        </Notice>
      )}
      <Tabs
        className="tabs fill"
        selectedKey={page}
        onSelectionChange={(key) => {
          const next = DOMAIN_PAGES.find((each) => each === key)
          if (next !== undefined) goTo(next)
        }}
      >
        <TabStrip
          label={t('domain.tabs')}
          tabs={shownPages.map((id) => ({ id, name: t(`domain.tab-${id}`) }))}
          chosen={page}
          onChoose={goTo}
          onClicked={noteClick}
        />
        {isGuest && canHaveScreen && (
          <TabPanel id="screen" className="tab-panel" shouldForceMount>
            <ScreenPane
              domain={domain}
              desk={desk}
              visible={inSight && page === 'screen'}
              clicks={clicks}
              offActions={offActions}
              noScreenActions={
                <Button
                  kind="primary"
                  icon="plus"
                  disabled={!domain.operations.includes('attachDevice')}
                  onPress={() => {
                    goTo('details')
                    setAdding('vfb')
                  }}
                >
                  {t('screen.add')}
                </Button>
              }
              fullScreen={fullScreen}
              onFullScreen={setFullScreen}
              onLeave={leaveConsole}
            />
          </TabPanel>
        )}
        {isGuest && (
          <LivelyPanel id="console" className="tab-panel">
            <ConsolePane
              domain={domain}
              desk={desk}
              visible={inSight && page === 'console'}
              clicks={clicks}
              offActions={offActions}
              onLeave={leaveConsole}
            />
          </LivelyPanel>
        )}
        {isGuest && (
          <TabPanel id="details" className="tab-panel" shouldForceMount={detailsSeen}>
            <DetailsPage
              domain={domain}
              visible={inSight && page === 'details'}
              guard={detailsGuard}
              adding={adding}
              onAdding={setAdding}
              onLeaving={showDetails}
            />
          </TabPanel>
        )}
        <TabPanel id="inside" className="tab-panel">
          <InsidePage domain={domain} />
        </TabPanel>
        <TabPanel id="performance" className="tab-panel">
          <PerformancePage domain={domain} />
        </TabPanel>
        {isGuest && (
          <TabPanel id="snapshots" className="tab-panel">
            <SnapshotsPage domain={domain} />
          </TabPanel>
        )}
        <TabPanel id="log" className="tab-panel" shouldForceMount={logSeen}>
          <LogPage domain={domain} />
        </TabPanel>
      </Tabs>
      {embedded === undefined && <Activity uuid={domain.uuid} />}
    </div>
  )
}
