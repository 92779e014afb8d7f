// All machines at once: a wall of what they show, and the windows of some of them as tabs, or side by side. A tab can be let go as a
// window of its own. Invariant: a machine's screen stays connected while its tab is open, whichever tab shows; a tab is not closed over
// changes in Details that nobody was asked about. Only tiles in sight are made: a wall of a thousand costs as much as one of ten.
// Runs in: wall window.

import { type RefObject, useEffect, useMemo, useState } from 'react'
import { GridLayout, GridList, GridListItem, Size, TabPanel, Tabs, ToggleButton, Virtualizer } from 'react-aria-components'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import type { PortDesk } from '../../client/port-desk'
import { Button } from '../../components/Button'
import { EmptyState } from '../../components/EmptyState'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import { TabStrip } from '../../components/TabStrip'
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
  const [wantedTab, setTab] = useState<string>(WALL)
  const [wantsBeside, setBeside] = useState(false)
  // Several may go at once: machines that are deleted.
  const tab = opened.some(({ uuid }) => uuid === wantedTab) ? wantedTab : WALL
  const beside = wantsBeside && opened.length > 1

  useEffect(() => {
    document.title = t('window.wall')
  }, [t])

  const open = (uuid: string) => {
    setOpened((before) =>
      before.some((each) => each.uuid === uuid) ? before : [...before, { uuid, guard: { current: null } }],
    )
    setTab(uuid)
  }
  /** The tab beside it is next, and the wall after the last. */
  const close = (uuid: string) => {
    const at = opened.findIndex((each) => each.uuid === uuid)
    const left = opened.filter((each) => each.uuid !== uuid)
    setOpened((before) => before.filter((each) => each.uuid !== uuid))
    setTab((now) => (now === uuid ? ((left[at] ?? left.at(-1))?.uuid ?? WALL) : now))
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
  /** Not by focus: a screen takes that by itself when it comes in sight. */
  const work = (uuid: string) => {
    if (beside && tab !== WALL) setTab(uuid)
  }
  const nameOf = (uuid: string): string => domains[uuid]?.name ?? '–'
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
          <TabStrip
            label={t('wall.tabs')}
            tabs={[{ id: WALL, name: t('wall.all') }, ...opened.map(({ uuid }) => ({ id: uuid, name: nameOf(uuid) }))]}
            chosen={tab}
            onChoose={setTab}
          />
          <div className="wall-buttons">
            <ToggleButton className="button plain" isSelected={beside} onChange={setBeside} isDisabled={opened.length < 2}>
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
          // The pane one works in is the chosen tab: Own window and Close tab mean that.
          <section
            key={uuid}
            className={beside && uuid === tab ? 'wall-pane chosen' : 'wall-pane'}
            hidden={!shows(uuid)}
            aria-label={nameOf(uuid)}
            onPointerDownCapture={() => work(uuid)}
            onKeyDownCapture={() => work(uuid)}
          >
            {beside && <h2 className="wall-pane-name">{nameOf(uuid)}</h2>}
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

interface Tile {
  readonly id: string
  readonly domain: DomainInfo
}

/** The same one for the same domain, so that only what has changed is made anew. */
const tiles = new WeakMap<DomainInfo, Tile>()
function tileOf(domain: DomainInfo): Tile {
  const tile = tiles.get(domain) ?? { id: domain.uuid, domain }
  tiles.set(domain, tile)
  return tile
}

/** Tiles of 220 pixels and more, and where the window is too narrow for two of these, two narrower ones. */
function useTileSizes() {
  const [windowWidth, setWindowWidth] = useState(window.innerWidth)
  useEffect(() => {
    const look = () => setWindowWidth(window.innerWidth)
    window.addEventListener('resize', look)
    return () => window.removeEventListener('resize', look)
  }, [])
  const width = Math.min(220, Math.floor(windowWidth * 0.44))
  return useMemo(() => {
    // A picture of 16 by 10 within a border, and two lines below it.
    const height = Math.ceil(((width - 18) * 10) / 16) + 68
    return { minItemSize: new Size(width, height), minSpace: new Size(12, 12) }
  }, [width])
}

function Wall(props: { readonly onOpen: (uuid: string) => void }) {
  const { t } = useWords()
  const ready = useAppState((state) => state.ready)
  const all = useAppState((state) => state.domains)
  const guests = listedDomains(all, '', t.language).filter(({ kind }) => kind === 'guest')
  const sizes = useTileSizes()
  if (ready && guests.length === 0) return <EmptyState text={t('wall.empty')} />
  return (
    <Virtualizer layout={GridLayout} layoutOptions={sizes}>
      <GridList
        className="wall"
        aria-label={t('wall.label')}
        layout="grid"
        selectionMode="single"
        selectionBehavior="replace"
        disallowEmptySelection
        items={guests.map(tileOf)}
        onAction={(key) => props.onOpen(String(key))}
        dependencies={[t.language]}
      >
        {({ domain }) => <WallItem domain={domain} />}
      </GridList>
    </Virtualizer>
  )
}

function WallItem(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t, formats } = useWords()
  return (
    <GridListItem
      id={domain.uuid}
      textValue={`${domain.name}, ${stateLine(domain, undefined, t, formats)}`}
      className="wall-item"
    >
      <TileContent domain={domain} />
    </GridListItem>
  )
}

/** Of those in sight only. */
function TileContent(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t, formats } = useWords()
  const job = useAppState((state) => jobOf(state, domain))
  const look = stateLooks[domain.state]
  const line = stateLine(domain, job, t, formats)
  return (
    <>
      <Thumbnail domain={domain} icon={look.icon} colour={look.colour} />
      <span className="wall-name" dir="auto">
        {domain.name}
      </span>
      <span className={`wall-state state-${look.colour}`}>
        <Icon name={look.icon} />
        <span title={line}>{line}</span>
      </span>
    </>
  )
}
