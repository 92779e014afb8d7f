// Everything the manager window can do, one row each, with its keys: for the palette, the keyboard map and the keys themselves.
// Invariant: a command is done by its identifier through ManagerView's run(), wherever it was chosen.
// Runs in: renderer and tests; pure.

import type { ConnectionInfo } from '../../../src-main/public/connection'
import { type Preferences, THEMES } from '../../../src-main/public/preferences'
import { type ShortcutRow, shortcuts } from '../../../src-main/public/shortcuts'
import type { DomainInfo } from '../../../src-main/public/types'
import { connectionEntries } from '../../features/connection/connection-words'
import {
  type ActionId,
  actionTable,
  isActionId,
  isPossible,
  keysOf,
  labelOf,
  whyNotNow,
} from '../../features/domain-actions/action-table'
import { connectionName } from '../../lib/connection-name'
import type { Translator } from '../../lib/translate'
import type { UndoStep } from '../../state/undo'
import type { Column } from './list/columns'
import { windowCommands } from './window-commands'

/** Before the name of a saved filter: a name may be any word. */
export const USE_FILTER = 'filter-use-'
export const FORGET_FILTER = 'filter-forget-'
/** Before the name of a theme. */
export const SET_THEME = 'theme-'
/** Before the number of a step. */
export const UNDO_TO = 'undo-to-'
/** Before a domain's key. */
export const GO_TO = 'go-'
/** Before a page of a domain's window; *Details* is an action of the menus already. */
export const SHOW_PAGE = 'page-'
const PAGES = ['screen', 'console', 'performance', 'snapshots', 'inside', 'log'] as const
/** Domain 0 has only these. */
const PAGES_OF_DOMAIN0: readonly string[] = ['performance', 'inside', 'log']

export interface Command {
  readonly id: string
  readonly label: string
  readonly keys?: string
  readonly disabled?: boolean
  /** Beside the label: where it belongs, or a state. */
  readonly note?: string
  /** Why it cannot be done now, in a few words. */
  readonly why?: string
}

/** Keys with Ctrl (Cmd on a Mac) that hold in the whole window: rows of the app's table that name a command. */
const windowKeys = Object.values(shortcuts).flatMap((row: ShortcutRow) => {
  const { command, keys, also } = row
  if (command === undefined) return []
  return [keys, ...(also === undefined ? [] : [also])].map((each) => ({
    id: command,
    key: (each.split('+').at(-1) ?? '').toLowerCase(),
    shift: each.includes('Shift+'),
  }))
})

/** As people write them: Ctrl+Shift+P. */
function windowKeysOf(id: string, t: Translator): string | undefined {
  const row = windowKeys.find((each) => each.id === id)
  if (row === undefined) return undefined
  const key = row.key.toUpperCase()
  return row.shift ? t('key.with-ctrl-shift', { key }) : t('key.with-ctrl', { key })
}

export function commandOfKey(event: {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly shiftKey: boolean
  readonly altKey: boolean
}): string | null {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return null
  const key = event.key.toLowerCase()
  return windowKeys.find((row) => row.key === key && (row.shift === event.shiftKey || key === '/'))?.id ?? null
}

export interface CommandContext {
  readonly selected: readonly DomainInfo[]
  readonly domains: readonly DomainInfo[]
  /** The one of what is chosen. */
  readonly connection: ConnectionInfo | null
  /** The folder whose row alone is chosen. */
  readonly folder: string | null
  readonly columns: readonly Column[]
  readonly filters: readonly { readonly name: string; readonly text: string }[]
  /** What can be taken back, oldest first. */
  readonly undoSteps: readonly Pick<UndoStep, 'id' | 'label'>[]
  /** What the filter holds. */
  readonly typed: string
  /** Why no demo guest can be made now. */
  readonly whyNoDemo: string | undefined
  readonly theme: Preferences['theme']
  readonly t: Translator
}

function actionCommand(id: ActionId, { selected, t }: CommandContext): Command {
  const guests = selected.filter(({ kind }) => kind === 'guest')
  const keys = id === 'resume' ? undefined : keysOf(id, t)
  const one = guests.length === 1 ? (guests[0] ?? null) : null
  const names =
    guests.length === 0 ? '' : guests.length === 1 ? (one?.name ?? '') : t('manager.chosen', { count: guests.length })
  const meant = id === 'open' ? selected : guests
  const disabled = id === 'restore' ? false : !isPossible(id, meant)
  const why = meant.length === 0 ? t('why.none') : whyNotNow(id, meant, t)
  return {
    id,
    label: labelOf(id, one, t),
    ...(keys !== undefined && { keys }),
    note: names,
    disabled,
    ...(disabled && why !== undefined && { why }),
  }
}

/** Commands of the window, then of what is chosen. */
export function commandsOf(context: CommandContext): readonly Command[] {
  const { t, columns, filters, selected } = context
  const own = (id: string, label: string, part: Partial<Command> = {}): Command => {
    const keys = windowKeysOf(id, t)
    return { id, label, ...(keys !== undefined && { keys }), ...part }
  }
  const guests = selected.filter(({ kind }) => kind === 'guest')
  const { folder } = context
  const ofFolder = folder === null ? {} : { note: folder }
  const noGuest = guests.length === 0 && t('why.none')
  return [
    own('new', t('action.new')),
    own('find', t('command.find')),
    own('undo', t('action.undo'), {
      note: context.undoSteps.at(-1)?.label ?? '',
      ...unless(context.undoSteps.length === 0 && t('why.undo')),
    }),
    ...undoCommands(context),
    ...Object.keys(actionTable)
      .filter(isActionId)
      .map((id) => actionCommand(id, context)),
    ...pageCommands(context),
    own('rename', t('action.rename'), { keys: 'F2', ...ofFolder, ...unless(whyNoRename(context)) }),
    own('folder', t('action.folder'), { ...ofFolder, ...unless(folder === null && noGuest) }),
    own('tags', t('action.tags'), unless(noGuest)),
    own('all', t('command.all'), { keys: t('key.with-ctrl', { key: 'A' }) }),
    own('fold-all', t('command.fold-all')),
    own('open-all', t('command.open-all')),
    own('filter-save', t('command.filter-save'), unless(context.typed.trim() === '' && t('why.filter'))),
    ...filters.map(({ name, text }) => own(`${USE_FILTER}${name}`, t('command.filter', { name }), { note: text })),
    ...filters.map(({ name }) => own(`${FORGET_FILTER}${name}`, t('filter.forget', { name }))),
    ...columnCommands(columns, t),
    own('columns-reset', t('manager.columns-reset')),
    own('demo', t('action.demo'), unless(context.whyNoDemo ?? false)),
    own('import', t('action.import')),
    own('trash', t('action.trash')),
    own('host', t('action.host')),
    own('networks', t('action.networks')),
    own('wall', t('action.wall')),
    own('connection-add', t('connection.add')),
    ...connectionCommands(context),
    own('preferences', t('action.preferences')),
    ...THEMES.map((theme) =>
      own(
        `${SET_THEME}${theme}`,
        t('command.theme', { theme: t(`preferences.theme-${theme}`) }),
        unless(theme === context.theme && t('why.theme')),
      ),
    ),
    own('doctor', t('action.doctor')),
    own('report', t('doctor.report')),
    own('keys', t('command.keys')),
    own('about', t('action.about')),
    ...windowCommands(t),
    own('quit', t('action.quit'), { keys: t('key.quit') }),
  ]
}

/** Greyed, with the reason; as it is where there is none. */
function unless(why: string | false | undefined): Partial<Command> {
  return why === false || why === undefined ? {} : { disabled: true, why }
}

function whyNoRename({ folder, selected, t }: CommandContext): string | false {
  const guests = selected.filter(({ kind }) => kind === 'guest')
  if (folder !== null) return false
  if (guests.length !== 1) return t(guests.length === 0 ? 'why.none' : 'why.one')
  return guests[0]?.operations.includes('redefine') !== true && t('why.redefine')
}

type ColumnLabel = `command.${'hide-column' | 'show-column' | `column-${'left' | 'right' | 'wider' | 'narrower'}`}`

/** What the menus of the heads do, for each column by its name. */
function columnCommands(columns: readonly Column[], t: Translator): readonly Command[] {
  const shown = columns.filter((column) => column.shown)
  const movable = shown.filter(({ id }) => id !== 'name')
  const of = (what: string, label: ColumnLabel, each: Column, why: string | false = false): Command => ({
    id: `${what}-${each.id}`,
    label: t(label, { column: t(each.label) }),
    ...unless(why),
  })
  return [
    ...columns.map((each) => ({ id: `sort-${each.id}`, label: t('manager.sort-by', { column: t(each.label) }) })),
    ...columns
      .filter(({ id }) => id !== 'name')
      .map((each) => of('column', each.shown ? 'command.hide-column' : 'command.show-column', each)),
    ...movable.map((each, place) => of('left', 'command.column-left', each, place === 0 && t('why.column-first'))),
    ...movable.map((each, place) =>
      of('right', 'command.column-right', each, place === movable.length - 1 && t('why.column-last')),
    ),
    ...shown.map((each) => of('wider', 'command.column-wider', each)),
    ...shown.map((each) => of('narrower', 'command.column-narrower', each)),
  ]
}

/** The list of what can be taken back, newest first: each takes back all that was done after it too. */
function undoCommands({ undoSteps, t }: CommandContext): readonly Command[] {
  return undoSteps
    .slice(0, -1)
    .reverse()
    .map(({ id, label }, index) => ({
      id: `${UNDO_TO}${id}`,
      label: t('command.undo-to', { what: label }),
      note: t.count('command.undo-after', index + 1),
    }))
}

/** The pages of the one machine that is chosen: its window opens at that one. */
function pageCommands({ selected, t }: CommandContext): readonly Command[] {
  const one = selected.length === 1 ? selected[0] : undefined
  const whyNot = (page: string): string | false => {
    if (one === undefined) return t(selected.length === 0 ? 'why.none' : 'why.one')
    return one.kind !== 'guest' && !PAGES_OF_DOMAIN0.includes(page) && t('why.page-domain0')
  }
  return PAGES.map((page) => ({
    id: `${SHOW_PAGE}${page}`,
    label: t('command.page', { page: t(`domain.tab-${page}`) }),
    note: one === undefined ? '' : one.kind === 'guest' ? one.name : t('manager.domain0'),
    ...unless(whyNot(page)),
  }))
}

/** Of the connection of what is chosen, named beside them; what the window itself has under the same name is not said twice. */
function connectionCommands({ connection, t }: CommandContext): readonly Command[] {
  if (connection === null) return []
  const note = connectionName(connection, t)
  const ofWindow: readonly string[] = ['connection-new', 'connection-host', 'connection-networks', 'connection-add']
  return connectionEntries(connection, t).flatMap((entry) =>
    entry.kind === 'action' && !ofWindow.includes(entry.id)
      ? [{ id: entry.id, label: entry.label, note, ...unless(entry.disabled === true && (entry.reason ?? entry.tip)) }]
      : [],
  )
}

/** Domains by name: choosing one goes to it in the list. */
export function domainCommands({ domains, t }: CommandContext): readonly Command[] {
  return domains.map((domain) => ({
    id: `${GO_TO}${domain.uuid}`,
    label: domain.kind === 'domain0' ? t('manager.domain0') : domain.name,
    note: t(`state.${domain.state}`),
  }))
}

/** Those that hold every word typed, the ones that begin with it first. */
export function findCommands(commands: readonly Command[], typed: string): readonly Command[] {
  const words = typed.normalize('NFC').toLowerCase().split(/\s+/).filter(Boolean)
  const [first = ''] = words
  const found = commands.filter(({ label }) => {
    const text = label.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const rank = ({ label, disabled }: Command) => (disabled === true ? 2 : 0) + (label.toLowerCase().startsWith(first) ? 0 : 1)
  return found
    .map((command, index) => ({ command, index }))
    .sort((a, b) => rank(a.command) - rank(b.command) || a.index - b.index)
    .map(({ command }) => command)
}
