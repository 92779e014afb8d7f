// The manager window: what there is, how it is doing, and everything that can be done with it.
// Keyboard: the list's own keys (list/DomainList.tsx), Delete, F2, Ctrl+F, Ctrl+Z and all rows of commands.ts.
// State changes are said to screen readers.
// Invariant: toolbar, context menu, palette and keys go through the same commands and the same perform(); nothing here knows
// what is allowed when. Runs in: manager window.

import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useStore } from 'zustand'
import { THEMES } from '../../../src-main/public/preferences'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { Button } from '../../components/Button'
import { EmptyState } from '../../components/EmptyState'
import { DropCover } from '../../components/FileDrag'
import { useWords } from '../../components/Language'
import { Activity } from '../../features/activity/Activity'
import { ConnectionSelect } from '../../features/connection/ConnectionSelect'
import { useConnectionActions } from '../../features/connection/connection-actions'
import { canOpen, isConnectionAction } from '../../features/connection/connection-words'
import { useDefinitionDialogs } from '../../features/definition/definition-dialogs'
import { isActionId, pauseOrResume } from '../../features/domain-actions/action-table'
import { usePerform } from '../../features/domain-actions/DomainActions'
import { possibleCommands, useMenuOffer } from '../../features/domain-actions/use-menu-offer'
import { FigureBoard } from '../../features/graphs/figure-board'
import { UndoBar } from '../../features/undo/UndoBar'
import { useConnections, useHost, useListLayout, usePreferences } from '../../state/answers'
import { connectionOf } from '../../state/app-state'
import { useAppState, useAppStore } from '../../state/store'
import { useAnnouncements } from './announcements'
import { CommandPalette } from './CommandPalette'
import { type CommandContext, FORGET_FILTER, GO_TO, SET_THEME, SHOW_PAGE, UNDO_TO, USE_FILTER } from './commands'
import { DropOnDomain } from './DropOnDomain'
import { useDemoGuest, whyNoDemo } from './demo-guest'
import { placeIn, useManagerDrop } from './drop-places'
import { FirstStart } from './FirstStart'
import { KeysDialog } from './KeysDialog'
import { ListMenu, type ListMenuAt } from './ListMenu'
import { columnEntries } from './list/column-menu'
import { DomainList, type DomainListHandle } from './list/DomainList'
import type { RowParts } from './list/ListRow'
import { useListModel } from './list/list-model'
import { folderKey, foldersOf, type Row } from './list/rows'
import { all as chooseAll, only } from './list/selection'
import { ManagerToolbar } from './ManagerToolbar'
import { followFolders } from './ordering/follow-folders'
import { OrderingDialogs } from './ordering/OrderingDialogs'
import { useOrdering } from './ordering/ordering'
import { dropInto, foldersInto } from './ordering/places'
import { QuitDialog } from './QuitDialog'
import { SaveFilter } from './SaveFilter'
import { StatusBar } from './StatusBar'
import { useChosen } from './use-chosen'
import { useColumns } from './use-columns'
import { useCommandKeys } from './use-command-keys'
import { useEarlier } from './use-earlier'
import { useWindowCommands } from './window-commands'
import './manager.css'

/** Windows that are opened by their name. */
const OPENED_VIEWS = ['create-domain', 'wall', 'networks', 'host', 'preferences', 'doctor', 'about'] as const
type OpenedView = (typeof OPENED_VIEWS)[number]
const isOpenedView = (id: string): id is OpenedView => OPENED_VIEWS.some((view) => view === id)
const isOfConnection = (view: OpenedView): boolean => view === 'create-domain' || view === 'host' || view === 'networks'

export function ManagerView() {
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const perform = usePerform()
  const undoSteps = useStore(store.undo.steps)
  const ready = useAppState((state) => state.ready)
  const jobs = useAppState((state) => state.jobs)
  const host = useHost()
  const [layout, changeLayout] = useListLayout()
  const columns = useColumns(layout, changeLayout)
  const [filter, setFilter] = useState('')
  const [menu, setMenu] = useState<ListMenuAt | null>(null)
  const filterInput = useRef<HTMLInputElement>(null)
  const list = useRef<DomainListHandle>(null)
  const main = useRef<HTMLElement>(null)
  const demo = useDemoGuest()
  const [panel, setPanel] = useState<'palette' | 'keys' | 'filter-save' | null>(null)
  const connections = useConnections()
  const connectionActions = useConnectionActions()
  useAnnouncements()

  useEffect(() => {
    document.title = t('window.manager')
  }, [t])

  const board = useMemo(() => new FigureBoard(store.live), [store])
  useEffect(() => board.start(), [board])

  const hostCpus = host?.cpus ?? 1
  const model = useListModel(filter, layout, hostCpus, main)
  const { rows, all } = model
  useEarlier(rows)

  const { current, selected, cursorRow, setSelection, follow } = useChosen(rows)
  const layoutNow = useRef(layout)
  layoutNow.current = layout
  const ordering = useOrdering(followFolders({ rows, layout: () => layoutNow.current, change: changeLayout, choose: follow }))
  const now = useRef<readonly DomainInfo[]>(selected)
  now.current = selected

  // Where what is made goes: the connection of what is chosen, when it is open.
  const [firstChosen] = selected
  const hereId =
    cursorRow !== undefined && cursorRow.kind !== 'domain'
      ? cursorRow.connection.connection
      : connectionOf(cursorRow?.domain ?? firstChosen ?? {})
  const here = connections.find(({ connection }) => connection === hereId) ?? null
  const place = placeIn(here)
  /** The connection whose row alone is chosen. */
  const chosenConnection =
    cursorRow?.kind === 'connection' && current.chosen.size === 1 && current.chosen.has(cursorRow.key)
      ? cursorRow.connection
      : null
  /** The folder whose row alone is chosen. */
  const chosenFolder =
    cursorRow?.kind === 'folder' && current.chosen.size === 1 && current.chosen.has(cursorRow.key) ? cursorRow : null
  const definitions = useDefinitionDialogs(place, (value, onChange) => <ConnectionSelect value={value} onChange={onChange} />)
  const rowOf = (key: string): Row | undefined => rows.find((row) => row.key === key)
  const drop = useManagerDrop(rows, connections, place)
  const fold = useCallback(
    (key: string, open: boolean) => {
      const others = layout.collapsed.filter((each) => each !== key)
      changeLayout({ collapsed: open ? others : [...others, key] })
    },
    [layout.collapsed, changeLayout],
  )
  const openView = useCallback(
    (view: OpenedView) => void client.call('windowOpen', { view, uuid: isOfConnection(view) ? (place ?? null) : null }),
    [client, place],
  )
  const openPage = (page: string) => {
    const [one] = now.current
    if (one !== undefined) void client.call('windowOpen', { view: 'domain', uuid: one.uuid, page })
  }
  const foldAll = () => {
    const keysOf = (connection: string) => {
      const own = all.filter((domain) => connectionOf(domain) === connection)
      const folders = foldersOf(
        own.map(({ uuid }) => model.placeOf(uuid).folder),
        model.collator,
      )
      return folders.map((folder) => folderKey(folder, connection))
    }
    changeLayout({ collapsed: connections.flatMap(({ connection }) => keysOf(connection)) })
  }
  const chooseGuests = () => {
    const keys = rows.flatMap((row) => (row.kind === 'domain' && row.domain.kind === 'guest' ? [row.key] : []))
    setSelection(chooseAll(current, keys))
  }
  const goTo = (key: string) => {
    setFilter('')
    setSelection(only(key))
    list.current?.focus()
  }

  const preferences = usePreferences()
  const setTheme = async (name: string) => {
    const theme = THEMES.find((each) => each === name)
    if (theme === undefined) return
    const done = await client.call('preferencesSet', { ...preferences, theme })
    if (!done.ok) store.dispatch({ kind: 'failed', error: done.error })
  }

  const windowDoes = useWindowCommands()
  const does: Readonly<Record<string, () => void>> = {
    palette: () => setPanel('palette'),
    keys: () => setPanel('keys'),
    'filter-save': () => filter.trim() !== '' && setPanel('filter-save'),
    find: () => filterInput.current?.focus(),
    all: chooseGuests,
    'open-all': () => changeLayout({ collapsed: [] }),
    'fold-all': foldAll,
    undo: () => void store.undo.undo(),
    'undo-offered': () => void store.undo.undoOffered(),
    new: () => openView('create-domain'),
    demo: () => demo.start(place),
    import: definitions.openImport,
    trash: definitions.openTrash,
    rename: () => (chosenFolder === null ? ordering.rename(now.current) : ordering.askFolder(chosenFolder)),
    folder: () => (chosenFolder === null ? ordering.ask('folder', now.current) : ordering.askFolder(chosenFolder)),
    tags: () => ordering.ask('tags', now.current),
    // Where the note stands what is in it, and what was saved.
    report: () => void client.call('windowOpen', { view: 'doctor', uuid: null, page: 'report' }),
    quit: () => void client.call('quit', {}),
    ...windowDoes,
  }
  /** Those that name what they are about after a prefix. */
  const doesWith = (id: string): boolean => {
    if (id.startsWith(FORGET_FILTER)) {
      changeLayout({ filters: layout.filters.filter(({ name }) => name !== id.slice(FORGET_FILTER.length)) })
    } else if (id.startsWith(USE_FILTER)) {
      setFilter(layout.filters.find(({ name }) => name === id.slice(USE_FILTER.length))?.text ?? '')
    } else if (id.startsWith(GO_TO)) goTo(id.slice(GO_TO.length))
    else if (id.startsWith(SHOW_PAGE)) openPage(id.slice(SHOW_PAGE.length))
    else if (id.startsWith(SET_THEME)) void setTheme(id.slice(SET_THEME.length))
    else if (id.startsWith(UNDO_TO)) void store.undo.undoTo(Number(id.slice(UNDO_TO.length)))
    else return false
    return true
  }
  const run = (id: string) => {
    const own = Object.hasOwn(does, id) ? does[id] : undefined
    if (own !== undefined) own()
    else if (isOpenedView(id)) openView(id)
    else if (isConnectionAction(id)) connectionActions.act(id, here)
    else if (isActionId(id)) perform(id, now.current)
    else if (!columns.run(id)) doesWith(id)
  }
  useCommandKeys(run, (command) => {
    // Pause and Resume are one key as they are one button.
    if (command === 'pause') return pauseOrResume(now.current)
    // The palette names what it takes back, the key does not.
    return command === 'undo' ? 'undo-offered' : command
  })

  const listKey = (event: KeyboardEvent): boolean => {
    if (event.key === 'Delete') run(chosenConnection === null ? 'delete' : 'connection-remove')
    else if (event.key === 'F2') run(chosenConnection === null ? 'rename' : 'connection-properties')
    else if (event.key === 'Escape' && filter !== '') setFilter('')
    else return false
    return true
  }

  const open = (key: string) => {
    const row = rowOf(key)
    if (row === undefined) return
    if (row.kind === 'domain') perform('open', row.domain)
    else if (row.kind === 'connection' && canOpen(row.connection)) connectionActions.act('connection-open', row.connection)
    else fold(key, !row.open)
  }

  const { act } = connectionActions
  const parts: RowParts = useMemo(
    () => ({
      board,
      hostCpus,
      addressesOf: model.addressesOf,
      rename: async (domain, name) => {
        const inField = document.activeElement instanceof HTMLInputElement && document.activeElement.matches('.rename')
        const refused = await ordering.renamed(domain, name)
        if (refused === null && inField) list.current?.focus()
        return refused
      },
      retry: (connection) => act('connection-open', connection),
      callOff: (connection) => act('connection-close', connection),
    }),
    [board, hostCpus, model.addressesOf, ordering.renamed, act],
  )

  const guests = all.filter(({ kind }) => kind === 'guest')
  const demoAvailable = host?.demoGuest.available === true
  const demoJob = Object.values(jobs).find(({ kind, state }) => kind === 'demoGuest' && state === 'running')
  const noDemo = whyNoDemo(host, demoJob !== undefined, t)
  const empty = ready && guests.length === 0 && connections.length < 2 && connections[0]?.state !== 'disconnected'

  const context: CommandContext = {
    selected,
    domains: all,
    connection: here,
    folder: chosenFolder?.path ?? null,
    columns: columns.all,
    filters: layout.filters,
    undoSteps,
    typed: filter,
    whyNoDemo: noDemo,
    theme: preferences.theme,
    t,
  }

  useMenuOffer(possibleCommands(selected))
  return (
    <div className="window" {...drop.handlers}>
      <ManagerToolbar
        selected={selected}
        filter={filter}
        filterInput={filterInput}
        filterDisabled={guests.length === 0}
        whyNoDemo={noDemo}
        columns={columnEntries(columns.all, t)}
        filters={layout.filters}
        onFilter={setFilter}
        onFilterDone={() => list.current?.focus()}
        onAction={run}
      />
      <main ref={main} className={empty ? 'manager-main first-start' : 'manager-main'}>
        <DomainList
          ref={list}
          rows={rows}
          columns={columns.shown}
          parts={parts}
          selection={current}
          renaming={ordering.renaming}
          filesOver={drop.onto}
          head={{
            sort: layout.sort,
            onSort: (id) => columns.sortBy(id),
            onWidth: columns.setWidth,
            onMoveBefore: columns.moveBefore,
            onMenu: (column, at) => setMenu({ kind: 'head', at, column }),
          }}
          onSelection={setSelection}
          onFold={fold}
          onOpen={open}
          onMenu={(_key, at) => setMenu({ kind: 'row', at })}
          onKey={listKey}
          onType={(text) => {
            setFilter((before) => before + text)
            filterInput.current?.focus()
          }}
          onDropRows={(dropped, target) => {
            if (target.kind === 'domain') return
            const places = dropInto(target, dropped, rows, all, (uuid) => model.placeOf(uuid).folder)
            const moved = all.filter(({ uuid }) => places.has(uuid))
            if (moved.length > 0) ordering.move(moved, target.path, places, foldersInto(target, dropped, rows))
          }}
          onDropTag={(tag, target) => {
            if (target.kind !== 'domain') return
            ordering.addTag(current.chosen.has(target.key) ? selected : [target.domain], tag)
          }}
        />
        {empty && (
          <FirstStart
            demoAvailable={demoAvailable}
            unknown={host === null}
            job={demoJob}
            onDemo={() => demo.start(place)}
            onNew={() => openView('create-domain')}
          />
        )}
        {!empty && ready && rows.length === 0 && (
          <EmptyState text={t('manager.filter-none', { text: filter })}>
            <Button onPress={() => setFilter('')}>{t('manager.filter-clear')}</Button>
          </EmptyState>
        )}
      </main>
      <StatusBar
        guests={ready ? { count: guests.length, running: guests.filter(({ state }) => state === 'running').length } : null}
        chosen={selected.length}
      />
      <Activity hiddenJob={empty ? (demoJob?.job ?? null) : null} />
      <UndoBar />
      <ListMenu
        menu={menu}
        selected={selected}
        connection={chosenConnection}
        folder={chosenFolder?.path ?? null}
        columns={columns}
        onAction={run}
        onClose={() => {
          setMenu(null)
          requestAnimationFrame(() => list.current?.focus())
        }}
      />
      <OrderingDialogs ordering={ordering} placeOf={model.placeOf} all={all} collator={model.collator} />
      {definitions.shown}
      {connectionActions.shown}
      {panel === 'palette' && <CommandPalette context={context} onRun={run} onClose={() => setPanel(null)} />}
      {panel === 'keys' && <KeysDialog context={context} onClose={() => setPanel(null)} />}
      {panel === 'filter-save' && (
        <SaveFilter
          text={filter}
          onClose={() => setPanel(null)}
          onSave={(name) => {
            setPanel(null)
            const others = layout.filters.filter((each) => each.name !== name)
            changeLayout({ filters: [...others, { name, text: filter.slice(0, 256) }].slice(-64) })
          }}
        />
      )}
      <DropCover words={drop.words} />
      {drop.dropped !== null && <DropOnDomain dropped={drop.dropped} onClose={drop.answered} />}
      <QuitDialog />
    </div>
  )
}
