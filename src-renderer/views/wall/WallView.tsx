// All machines at once: a wall of what they show, and the windows of some of them as tabs, or side by side. A tab can be let go as a
// window of its own. Invariant: a machine's screen stays connected while its tab is open, whichever tab shows; a tab is not closed over
// changes in Details that nobody was asked about.
// Runs in: wall window.

import { type RefObject, useEffect, useState } from 'react'
import { GridList, GridListItem, Tab, TabList, TabPanel, Tabs, ToggleButton } from 'react-aria-components'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import type { PortDesk } from '../../client/port-desk'
import { Button } from '../../components/Button'
import { EmptyState } from '../../components/EmptyState'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import { Activity } from '../../features/activity/Activity'
import { stateLine, stateLooks } from '../../features/domain-state/state-words'
import { Thumbnail } from '../../features/thumbnail/Thumbnail'
import { jobOf, listedDomains } from '../../state/app-state'
import { useAppState } from '../../state/store'
import { DomainView } from '../domain/DomainView'
import type { LeaveGuard } from '../domain/details/DetailsPage'
import './wall.css'

const WALL = 'wall'

interface Opened {
  readonly uuid: string
  /** Set while its Details have something to ask before it may be closed. */
  readonly guard: RefObject<LeaveGuard | null>
}

export function WallView(props: { readonly desk: PortDesk }) {
  const { t } = useWords()
  const client = useClient()
  const domains = useAppState((state) => state.domains)
  const [opened, setOpened] = useState<readonly Opened[]>([])
  const [tab, setTab] = useState<string>(WALL)
  const [beside, setBeside] = useState(false)

  useEffect(() => {
    document.title = t('window.wall')
  }, [t])

  const open = (uuid: string) => {
    setOpened((before) =>
      before.some((each) => each.uuid === uuid) ? before : [...before, { uuid, guard: { current: null } }],
    )
    setTab(uuid)
  }
  const close = (uuid: string) => {
    setOpened((before) => before.filter((each) => each.uuid !== uuid))
    setTab(WALL)
  }
  const detach = (uuid: string) => {
    close(uuid)
    void client.call('windowOpen', { view: 'domain', uuid })
  }
  const chosen = opened.find(({ uuid }) => uuid === tab) ?? null
  const leave = (go: (uuid: string) => void) => {
    if (chosen === null) return
    const { uuid, guard } = chosen
    if (guard.current === null) go(uuid)
    else guard.current(() => go(uuid))
  }
  // Side by side all open ones show; otherwise the chosen one.
  const shows = (uuid: string): boolean => (beside ? tab !== WALL : uuid === tab)
  return (
    <div className="window">
      <Tabs
        className={chosen === null ? 'tabs fill' : 'tabs wall-tabs'}
        selectedKey={tab}
        onSelectionChange={(key) => setTab(String(key))}
      >
        <div className="wall-head">
          <TabList className="tab-list" aria-label={t('wall.tabs')}>
            <Tab id={WALL} className="tab">
              {t('wall.all')}
            </Tab>
            {opened.map(({ uuid }) => (
              <Tab key={uuid} id={uuid} className="tab">
                {domains[uuid]?.name ?? '–'}
              </Tab>
            ))}
          </TabList>
          <div className="wall-buttons">
            <ToggleButton
              className="button plain"
              isSelected={beside}
              onChange={setBeside}
              isDisabled={opened.length < 2 && !beside}
            >
              {t('wall.beside')}
            </ToggleButton>
            <Button icon="open" disabled={chosen === null} onPress={() => leave(detach)}>
              {t('wall.detach')}
            </Button>
            <Button icon="close" disabled={chosen === null} onPress={() => leave(close)}>
              {t('wall.close')}
            </Button>
          </div>
        </div>
        <TabPanel id={WALL} className="tab-panel">
          <Wall onOpen={open} />
        </TabPanel>
        {opened.map(({ uuid }) => (
          <TabPanel key={uuid} id={uuid} className="tab-panel wall-anchor" shouldForceMount>
            {null}
          </TabPanel>
        ))}
      </Tabs>
      {/* Not inside: a machine's window has tabs of its own. */}
      <div className="wall-panes" hidden={tab === WALL}>
        {opened.map(({ uuid, guard }) => (
          <section key={uuid} className="wall-pane" hidden={!shows(uuid)} aria-label={domains[uuid]?.name ?? '–'}>
            {beside && <h2 className="wall-pane-name">{domains[uuid]?.name ?? '–'}</h2>}
            <div className="wall-pane-body">
              <DomainView
                uuid={uuid}
                desk={props.desk}
                embedded={{ visible: shows(uuid), guard, onClose: () => close(uuid), onAsk: () => setTab(uuid) }}
              />
            </div>
          </section>
        ))}
      </div>
      <Activity />
    </div>
  )
}

function Wall(props: { readonly onOpen: (uuid: string) => void }) {
  const { t } = useWords()
  const ready = useAppState((state) => state.ready)
  const all = useAppState((state) => state.domains)
  const guests = listedDomains(all, '', t.language).filter(({ kind }) => kind === 'guest')
  if (ready && guests.length === 0) return <EmptyState text={t('wall.empty')} />
  return (
    <GridList
      className="wall"
      aria-label={t('wall.label')}
      layout="grid"
      selectionMode="single"
      selectionBehavior="replace"
      items={guests.map((domain) => ({ id: domain.uuid, domain }))}
      onAction={(key) => props.onOpen(String(key))}
      dependencies={[t.language]}
    >
      {({ domain }) => <WallItem domain={domain} />}
    </GridList>
  )
}

function WallItem(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t, formats } = useWords()
  const job = useAppState((state) => jobOf(state, domain))
  const look = stateLooks[domain.state]
  const words = stateLine(domain, job, t, formats)
  return (
    <GridListItem id={domain.uuid} textValue={`${domain.name}, ${words}`} className="wall-item">
      <Thumbnail domain={domain} icon={look.icon} colour={look.colour} />
      <span className="wall-name">{domain.name}</span>
      <span className={`wall-state state-${look.colour}`}>
        <Icon name={look.icon} />
        {words}
      </span>
    </GridListItem>
  )
}
