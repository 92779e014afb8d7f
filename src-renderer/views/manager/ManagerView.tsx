// The manager window: what there is, how it is doing, and everything that can be done with it.
// Keyboard: the list's own keys (list/DomainList.tsx), Delete, F2, Ctrl+F, Ctrl+Z and all rows of commands.ts.
// State changes are said to screen readers.
// Invariant: toolbar, context menu, palette and keys go through the same commands and the same perform(); nothing here knows
// what is allowed when. Runs in: manager window.

import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { defaultListLayout } from '../../../src-main/public/list'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { Button } from '../../components/Button'
import { EmptyState } from '../../components/EmptyState'
import { useWords } from '../../components/Language'
import { ContextMenu, type MenuEntry, type MenuPoint } from '../../components/Menu'
import { Activity, JobProgress } from '../../features/activity/Activity'
import { useDefinitionDialogs } from '../../features/definition/definition-dialogs'
import { contextEntries, isActionId, listOf, pauseOrResume } from '../../features/domain-actions/action-table'
import { usePerform } from '../../features/domain-actions/DomainActions'
import { FigureBoard } from '../../features/graphs/figure-board'
import { UndoBar } from '../../features/undo/UndoBar'
import { useHost, useListLayout } from '../../state/answers'
import { useAppState, useAppStore } from '../../state/store'
import { useAnnouncements } from './announcements'
import { CommandPalette } from './CommandPalette'
import { type CommandContext, commandOfKey } from './commands'
import { useDemoGuest } from './demo-guest'
import { useFileDrop } from './file-drop'
import { KeysDialog } from './KeysDialog'
import { columnEntries, headEntries } from './list/column-menu'
import { type Column, columnsOf, isColumnId, layoutColumns, moveColumn } from './list/columns'
import { DomainList, type DomainListHandle } from './list/DomainList'
import type { RowParts } from './list/ListRow'
import { useListModel } from './list/list-model'
import { domainsOf, folderKey, foldersOf, type Row } from './list/rows'
import { all as chooseAll, keep, noSelection, only, type Selection } from './list/selection'
import { ManagerToolbar } from './ManagerToolbar'
import { OrderingDialogs } from './ordering/OrderingDialogs'
import { useOrdering } from './ordering/ordering'
import { QuitDialog } from './QuitDialog'
import { SaveFilter } from './SaveFilter'
import { useEarlier } from './use-earlier'
import './manager.css'

type MenuAt =
  | { readonly kind: 'row'; readonly at: MenuPoint }
  | { readonly kind: 'head'; readonly at: MenuPoint; readonly column: Column['id'] }

export function ManagerView() {
  const { t, formats } = useWords()
  const client = useClient()
  const store = useAppStore()
  const perform = usePerform()
  const ready = useAppState((state) => state.ready)
  const jobs = useAppState((state) => state.jobs)
  const host = useHost()
  const [layout, changeLayout] = useListLayout()
  const [filter, setFilter] = useState('')
  const [selection, setSelection] = useState<Selection>(noSelection)
  const [menu, setMenu] = useState<MenuAt | null>(null)
  const filterInput = useRef<HTMLInputElement>(null)
  const list = useRef<DomainListHandle>(null)
  const main = useRef<HTMLElement>(null)
  const demo = useDemoGuest()
  const [panel, setPanel] = useState<'palette' | 'keys' | 'filter-save' | null>(null)
  const drop = useFileDrop()
  const ordering = useOrdering()
  const definitions = useDefinitionDialogs()
  useAnnouncements()

  useEffect(() => {
    document.title = t('window.manager')
  }, [t])

  const board = useMemo(() => new FigureBoard(store.live), [store])
  useEffect(() => board.start(), [board])

  const hostCpus = host?.cpus ?? 1
  const model = useListModel(filter, layout, hostCpus, main)
  const { rows, all } = model
  const allColumns = useMemo(() => columnsOf(layout), [layout])
  const columns = useMemo(() => allColumns.filter(({ shown }) => shown), [allColumns])
  useEarlier(rows)

  // What is chosen may be gone or filtered out; then the first guest stands in.
  const keysBefore = useRef<readonly string[]>([])
  const keys = useMemo(() => rows.map(({ key }) => key), [rows])
  const guestRow = rows.find((row) => row.kind === 'domain' && row.domain.kind === 'guest')
  const first = (guestRow ?? rows[1] ?? rows[0])?.key ?? null
  const standIn = useMemo(() => (first === null ? noSelection : only(first)), [first])
  const kept = keep(selection, keys, keysBefore.current)
  const current = kept.cursor === null || kept.chosen.size === 0 ? standIn : kept
  const selected = useMemo(() => domainsOf(rows, current.chosen), [rows, current.chosen])
  useEffect(() => {
    keysBefore.current = keys
    if (kept !== selection) setSelection(kept)
  })
  const now = useRef<readonly DomainInfo[]>(selected)
  now.current = selected

  const openView = useCallback(
    (view: 'create-domain' | 'wall' | 'networks' | 'host' | 'preferences' | 'doctor' | 'about') =>
      void client.call('windowOpen', { view, uuid: null }),
    [client],
  )
  const rowOf = (key: string): Row | undefined => rows.find((row) => row.key === key)
  const fold = useCallback(
    (key: string, open: boolean) => {
      const others = layout.collapsed.filter((each) => each !== key)
      changeLayout({ collapsed: open ? others : [...others, key] })
    },
    [layout.collapsed, changeLayout],
  )
  const setColumns = (next: readonly Column[]) => changeLayout({ columns: layoutColumns(next) })
  /** Figures begin with the highest, words with the first; the second time turns it round. */
  const sortBy = (id: Column['id'], descending?: boolean) => {
    const isFigure = allColumns.some((column) => column.id === id && column.figure !== undefined)
    const turned = layout.sort.column === id ? !layout.sort.descending : isFigure
    changeLayout({ sort: { column: id, descending: descending ?? turned } })
  }

  const run = (id: string) => {
    if (id === 'palette' || id === 'keys') setPanel(id)
    else if (id === 'filter-save') {
      if (filter.trim() !== '') setPanel('filter-save')
    } else if (id.startsWith('filter-forget-')) {
      changeLayout({ filters: layout.filters.filter(({ name }) => name !== id.slice('filter-forget-'.length)) })
    } else if (id.startsWith('filter-')) {
      setFilter(layout.filters.find(({ name }) => name === id.slice('filter-'.length))?.text ?? '')
    } else if (id.startsWith('go-')) {
      setFilter('')
      setSelection(only(id.slice(3)))
      list.current?.focus()
    } else if (id === 'all') {
      setSelection(
        chooseAll(
          current,
          rows.flatMap((row) => (row.kind === 'domain' && row.domain.kind === 'guest' ? [row.key] : [])),
        ),
      )
    } else if (id === 'open-all') changeLayout({ collapsed: [] })
    else if (id === 'fold-all') {
      const folders = foldersOf(
        all.map(({ uuid }) => model.placeOf(uuid).folder),
        model.collator,
      )
      changeLayout({ collapsed: folders.map(folderKey) })
    } else if (id.startsWith('sort-')) {
      const column = id.slice(5)
      if (isColumnId(column)) sortBy(column)
    } else if (id === 'new') openView('create-domain')
    else if (id === 'preferences' || id === 'doctor' || id === 'about' || id === 'networks' || id === 'host' || id === 'wall')
      openView(id)
    else if (id === 'demo') demo.start()
    else if (id === 'import') definitions.openImport()
    else if (id === 'trash') definitions.openTrash()
    else if (id === 'find') filterInput.current?.focus()
    else if (id === 'undo') void store.undo.undo()
    else if (id === 'rename') ordering.rename(listOf(now.current))
    else if (id === 'folder' || id === 'tags') ordering.ask(id, now.current)
    else if (id === 'columns-reset') changeLayout({ columns: [], sort: defaultListLayout.sort })
    else if (id === 'quit') void client.call('quit', {})
    else if (id.startsWith('column-')) {
      const column = id.slice(7)
      setColumns(allColumns.map((each) => (each.id === column && column !== 'name' ? { ...each, shown: !each.shown } : each)))
    } else if (isActionId(id)) perform(id, now.current)
  }
  const runNow = useRef(run)
  runNow.current = run

  useEffect(() => client.subscribe('menuChosen', ({ command }) => runNow.current(command)), [client])

  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      const command = commandOfKey(event)
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement
      const inDialog = event.target instanceof Element && event.target.closest('[role=dialog], [role=alertdialog]') !== null
      if (command === null || inDialog || (typing && command === 'undo')) return
      event.preventDefault()
      // Pause and Resume are one key as they are one button.
      runNow.current(command === 'pause' ? pauseOrResume(now.current) : command)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])

  const listKey = (event: KeyboardEvent): boolean => {
    if (event.key === 'Delete') run('delete')
    else if (event.key === 'F2') run('rename')
    else if (event.key === 'Escape' && filter !== '') setFilter('')
    else return false
    return true
  }

  const open = (key: string) => {
    const row = rowOf(key)
    if (row === undefined) return
    if (row.kind === 'domain') perform('open', row.domain)
    else fold(key, !row.open)
  }

  const driver = host?.driver ?? ''
  const connectionName =
    driver === 'embedded' ? t('manager.connection-embedded') : driver === 'test' ? t('manager.connection-test') : driver
  const connected = all.some(({ kind, state }) => kind === 'domain0' && state === 'running')
  const parts: RowParts = useMemo(
    () => ({
      board,
      hostCpus,
      connectionName,
      connected,
      addressesOf: model.addressesOf,
      rename: (domain, name) => {
        ordering.renamed(domain, name)
        list.current?.focus()
      },
    }),
    [board, hostCpus, connectionName, connected, model.addressesOf, ordering.renamed],
  )

  const guests = all.filter(({ kind }) => kind === 'guest')
  const demoAvailable = host?.demoGuest.available === true
  const demoJob = Object.values(jobs).find(({ kind, state }) => kind === 'demoGuest' && state === 'running')
  const empty = ready && guests.length === 0
  const running = guests.filter(({ state }) => state === 'running').length

  const context: CommandContext = {
    selected,
    domains: all,
    columns: allColumns,
    filters: layout.filters,
    demoAvailable: demoAvailable && demoJob === undefined,
    t,
  }

  const own: readonly MenuEntry[] = [
    {
      kind: 'action',
      id: 'rename',
      label: t('action.rename'),
      icon: 'pencil',
      keys: 'F2',
      disabled: selected.length !== 1 || selected[0]?.operations.includes('redefine') !== true,
    },
    { kind: 'action', id: 'folder', label: t('action.folder'), icon: 'folder' },
    { kind: 'action', id: 'tags', label: t('action.tags'), icon: 'tag' },
  ]

  return (
    <div className="window" {...drop.handlers}>
      <ManagerToolbar
        selected={selected}
        filter={filter}
        filterInput={filterInput}
        filterDisabled={guests.length === 0}
        demoAvailable={demoAvailable && demoJob === undefined}
        columns={columnEntries(allColumns, t)}
        filters={layout.filters}
        onFilter={setFilter}
        onFilterDone={() => list.current?.focus()}
        onAction={run}
      />
      <main ref={main} className={empty ? 'manager-main first-start' : 'manager-main'}>
        <DomainList
          ref={list}
          rows={rows}
          columns={columns}
          parts={parts}
          selection={current}
          renaming={ordering.renaming}
          head={{
            sort: layout.sort,
            onSort: (id) => sortBy(id),
            onWidth: (id, width) => setColumns(allColumns.map((each) => (each.id === id ? { ...each, width } : each))),
            onMoveBefore: (id, before) => {
              const shown = columns.map((column) => column.id)
              setColumns(moveColumn(allColumns, id, shown.indexOf(before) - shown.indexOf(id)))
            },
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
            if (target.kind !== 'domain') ordering.move(domainsOf(rows, new Set(dropped)), target.path)
          }}
          onDropTag={(tag, target) => {
            if (target.kind !== 'domain') return
            ordering.addTag(current.chosen.has(target.key) ? selected : [target.domain], tag)
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
        {!empty && ready && rows.length === 0 && (
          <EmptyState text={t('manager.filter-none', { text: filter })}>
            <Button onPress={() => setFilter('')}>{t('manager.filter-clear')}</Button>
          </EmptyState>
        )}
      </main>
      <footer className="status-bar">
        {ready && <span>{t.count('manager.guests', guests.length)}</span>}
        {ready && <span>{t.count('manager.running', running)}</span>}
        {selected.length > 1 && <span>{t('manager.chosen', { count: formats.number(selected.length) })}</span>}
        {host !== null && (
          <span className="last">
            {t('manager.host', { name: host.hostName, cpus: host.cpus, memory: formats.memory(host.memoryMiB * 1024 * 1024) })}
          </span>
        )}
      </footer>
      <Activity hiddenJob={empty ? (demoJob?.job ?? null) : null} />
      <UndoBar />
      <ContextMenu
        at={menu?.at ?? null}
        label={
          menu?.kind === 'head'
            ? t('manager.columns')
            : t('action.menu-of', { name: selected.length === 1 ? (selected[0]?.name ?? '') : formats.number(selected.length) })
        }
        entries={menu?.kind === 'head' ? headEntries(allColumns, menu.column, t) : contextEntries(selected, t, own)}
        onAction={(id) => {
          if (menu?.kind !== 'head') return run(id)
          const { column } = menu
          const width = allColumns.find((each) => each.id === column)?.width ?? 100
          const wide = (by: number) =>
            setColumns(allColumns.map((each) => (each.id === column ? { ...each, width: width + by } : each)))
          if (id === 'sort-up' || id === 'sort-down') sortBy(column, id === 'sort-down')
          else if (id === 'left' || id === 'right') setColumns(moveColumn(allColumns, column, id === 'left' ? -1 : 1))
          else if (id === 'wider' || id === 'narrower') wide(id === 'wider' ? 24 : -24)
          else run(id)
        }}
        onClose={() => {
          setMenu(null)
          requestAnimationFrame(() => list.current?.focus())
        }}
      />
      <OrderingDialogs ordering={ordering} placeOf={model.placeOf} all={all} collator={model.collator} />
      {definitions.shown}
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
      {drop.over && (
        <div className="drop-cover" aria-hidden="true">
          {t('manager.drop')}
        </div>
      )}
      <QuitDialog />
    </div>
  )
}
