// What can be done with a domain from menus, toolbars and keys: one row each, with the operation that must be allowed now.
// The toolstack says what is allowed; this table only says how it is called and asked for.
// Invariant: an action is offered in the same order everywhere; what needs a confirmation says so here.
// Runs in: renderer and tests; pure.

import { fileStem } from '../../../src-main/public/name'
import { type ShortcutId, shortcuts } from '../../../src-main/public/shortcuts'
import type { DomainInfo, DomainOperation } from '../../../src-main/public/types'
import type { IconName } from '../../components/Icon'
import type { MenuEntry } from '../../components/Menu'
import { keyText } from '../../lib/keys'
import type { MessageKey } from '../../lib/messages'
import type { Translator } from '../../lib/translate'

interface ActionRow {
  readonly label:
    | 'action.open'
    | 'action.details'
    | 'action.run'
    | 'action.run-fresh'
    | 'action.pause'
    | 'action.resume'
    | 'action.shutdown'
    | 'action.reboot'
    | 'action.reset'
    | 'action.force-off'
    | 'action.save'
    | 'action.managed-save'
    | 'action.restore'
    | 'action.delete'
    | 'action.clone'
    | 'action.migrate'
    | 'action.template'
    | 'action.snapshot'
    | 'snapshots.fork'
  readonly icon: IconName
  /** Null: always possible. */
  readonly needs: DomainOperation | null
  /** Always asked about, or when this preference says so. */
  readonly confirm: 'no' | 'asked' | 'confirmDestroy' | 'confirmShutdown' | 'confirmPause'
  readonly danger?: true
  /** One alone that is not ready for it is brought there by this operation first, once the question says so. */
  readonly after?: DomainOperation
  /** It is done to several at once. */
  readonly many?: true
  /** Said in the menu where it cannot be done: what people look for in vain. Of the others the tip says why. */
  readonly reason?: 'action.migrate-reason' | 'why.undefine'
  /** Not possible yet. */
  readonly never?: true
  /** In the list of machines. */
  readonly shortcut?: ShortcutId
}

/** Which machines an operation is for: said where it cannot be done. */
const whyNot = {
  create: 'why.create',
  createFresh: 'why.createFresh',
  suspend: 'why.suspend',
  resume: 'why.resume',
  shutdown: 'why.suspend',
  reboot: 'why.suspend',
  destroy: 'why.destroy',
  save: 'why.save',
  managedSave: 'why.save',
  undefine: 'why.undefine',
  snapshot: 'why.snapshot',
  fork: 'why.save',
} as const satisfies Partial<Record<DomainOperation, MessageKey>>

function hasReason(operation: DomainOperation | null): operation is keyof typeof whyNot {
  return operation !== null && Object.hasOwn(whyNot, operation)
}

export const actionTable = {
  open: { label: 'action.open', icon: 'open', needs: null, confirm: 'no', shortcut: 'open' },
  details: { label: 'action.details', icon: 'chip', needs: null, confirm: 'no' },
  run: { label: 'action.run', icon: 'run', needs: 'create', confirm: 'no', many: true, shortcut: 'run' },
  runFresh: { label: 'action.run-fresh', icon: 'bolt', needs: 'createFresh', confirm: 'asked', many: true },
  pause: { label: 'action.pause', icon: 'pause', needs: 'suspend', confirm: 'confirmPause', many: true, shortcut: 'pause' },
  resume: { label: 'action.resume', icon: 'run', needs: 'resume', confirm: 'no', many: true, shortcut: 'pause' },
  shutdown: {
    label: 'action.shutdown',
    icon: 'power',
    needs: 'shutdown',
    confirm: 'confirmShutdown',
    many: true,
    shortcut: 'shutdown',
  },
  reboot: { label: 'action.reboot', icon: 'reboot', needs: 'reboot', confirm: 'confirmShutdown', many: true },
  reset: { label: 'action.reset', icon: 'reboot', needs: 'destroy', confirm: 'confirmDestroy', danger: true, many: true },
  forceOff: { label: 'action.force-off', icon: 'bolt', needs: 'destroy', confirm: 'confirmDestroy', danger: true, many: true },
  save: { label: 'action.save', icon: 'save', needs: 'save', confirm: 'confirmShutdown' },
  managedSave: { label: 'action.managed-save', icon: 'save', needs: 'managedSave', confirm: 'confirmShutdown', many: true },
  restore: { label: 'action.restore', icon: 'restore', needs: null, confirm: 'no' },
  snapshot: { label: 'action.snapshot', icon: 'camera', needs: 'snapshot', confirm: 'no' },
  fork: { label: 'snapshots.fork', icon: 'copy', needs: 'fork', confirm: 'no' },
  clone: { label: 'action.clone', icon: 'copy', needs: 'clone', confirm: 'no', reason: 'why.undefine' },
  template: { label: 'action.template', icon: 'star', needs: null, confirm: 'no' },
  migrate: {
    label: 'action.migrate',
    icon: 'network',
    needs: null,
    confirm: 'no',
    never: true,
    reason: 'action.migrate-reason',
  },
  delete: {
    label: 'action.delete',
    icon: 'trash',
    needs: 'undefine',
    after: 'destroy',
    confirm: 'asked',
    danger: true,
    many: true,
    reason: 'why.undefine',
    shortcut: 'remove',
  },
} as const satisfies Record<string, ActionRow>

export type ActionId = keyof typeof actionTable
type RowLabel = ActionRow['label'] & MessageKey

export function isActionId(id: string): id is ActionId {
  return Object.hasOwn(actionTable, id)
}

function isOne(domains: DomainInfo | readonly DomainInfo[]): domains is DomainInfo {
  return 'uuid' in domains
}

export function listOf(domains: DomainInfo | readonly DomainInfo[] | null): readonly DomainInfo[] {
  if (domains === null) return []
  return isOne(domains) ? [domains] : domains
}

export function isAllowed(id: ActionId, domain: DomainInfo): boolean {
  const row: ActionRow = actionTable[id]
  if (row.never !== undefined) return false
  return row.needs === null || domain.operations.includes(row.needs)
}

export function canBeMany(id: ActionId): boolean {
  const row: ActionRow = actionTable[id]
  return row.many === true
}

/** Of these, those that it would be done to. */
export function doneTo(id: ActionId, domains: readonly DomainInfo[]): readonly DomainInfo[] {
  const able = domains.filter((domain) => isAllowed(id, domain))
  return able.length === 0 && domains.some((domain) => domains.length === 1 && isReadyAfter(id, domain)) ? domains : able
}

/** Whether something has to be done to it first. */
export function isReadyAfter(id: ActionId, domain: DomainInfo): boolean {
  const { after }: ActionRow = actionTable[id]
  return after !== undefined && !isAllowed(id, domain) && domain.operations.includes(after)
}

/** Whether it would do something to these now. */
export function isPossible(id: ActionId, domains: readonly DomainInfo[]): boolean {
  if (domains.length > 1 && !canBeMany(id)) return false
  return doneTo(id, domains).length > 0
}

/** Pause and Resume are one entry, and so is Run in its two meanings; hands find them in the same place. */
export function labelOf(id: ActionId, domain: DomainInfo | null, t: Translator): string {
  if (id === 'run' && domain?.state === 'saved') return t('action.run-saved')
  const label: RowLabel = actionTable[id].label
  return t(label)
}

export function pauseOrResume(domain: DomainInfo | readonly DomainInfo[] | null): 'pause' | 'resume' {
  const domains = listOf(domain)
  if (domains.some((each) => isAllowed('pause', each))) return 'pause'
  return domains.some(({ state }) => state === 'paused') ? 'resume' : 'pause'
}

/** The keys of an action in the list of machines. */
export function keysOf(id: ActionId, t: Translator): string | undefined {
  const { shortcut }: ActionRow = actionTable[id]
  return shortcut === undefined ? undefined : keyText(shortcuts[shortcut].keys, t)
}

/** Why it can be done to none of these now, in a few words; undefined where it can, or where there is nothing to do it to. */
export function whyNotNow(id: ActionId, domains: readonly DomainInfo[], t: Translator): string | undefined {
  if (domains.length === 0 || isPossible(id, domains)) return undefined
  const { reason, needs }: ActionRow = actionTable[id]
  if (domains.length > 1 && !canBeMany(id)) return t('why.one')
  if (reason !== undefined) return t(reason)
  return hasReason(needs) ? t(whyNot[needs]) : undefined
}

function entryOf(id: ActionId, domains: readonly DomainInfo[], t: Translator, inList: boolean): MenuEntry {
  const row: ActionRow = actionTable[id]
  const disabled = !isPossible(id, domains)
  const keys = inList ? keysOf(id, t) : undefined
  const why = whyNotNow(id, domains, t)
  return {
    kind: 'action',
    id,
    label: labelOf(id, domains.length === 1 ? (domains[0] ?? null) : null, t),
    icon: row.icon,
    disabled,
    ...(row.danger !== undefined && { danger: true }),
    ...(keys !== undefined && { keys }),
    ...(why !== undefined && (row.reason === undefined ? { tip: why } : { reason: why })),
  }
}

function separator(id: string): MenuEntry {
  return { kind: 'separator', id }
}

/** The context menu of a row, or of all that are chosen; `own` are entries of the view, before Delete. */
export function contextEntries(
  domain: DomainInfo | readonly DomainInfo[],
  t: Translator,
  own: readonly MenuEntry[] = [],
): readonly MenuEntry[] {
  const chosen = listOf(domain)
  const domains = chosen.filter(({ kind }) => kind === 'guest')
  const entry = (id: ActionId) => entryOf(id, domains.length === 0 ? chosen : domains, t, true)
  if (domains.length === 0) return [entry('open'), separator('s1'), entry('restore')]
  const fresh = domains.some(({ state }) => state === 'saved') ? [entry('runFresh')] : []
  return [
    entry('run'),
    ...fresh,
    entry(pauseOrResume(domains)),
    entry('shutdown'),
    entry('reboot'),
    entry('reset'),
    entry('forceOff'),
    separator('s1'),
    entry('save'),
    entry('managedSave'),
    entry('restore'),
    separator('s2'),
    entry('snapshot'),
    entry('fork'),
    entry('clone'),
    entry('migrate'),
    entry('template'),
    ...own,
    separator('s4'),
    entry('delete'),
    separator('s3'),
    entry('open'),
    entry('details'),
  ]
}

/** The menu beside Shut down. */
export function stopEntries(domain: DomainInfo | readonly DomainInfo[], t: Translator): readonly MenuEntry[] {
  const domains = listOf(domain)
  return [
    entryOf('reboot', domains, t, false),
    entryOf('shutdown', domains, t, false),
    entryOf('reset', domains, t, false),
    entryOf('forceOff', domains, t, false),
    separator('s1'),
    entryOf('managedSave', domains, t, false),
    entryOf('save', domains, t, false),
  ]
}

/** A name to propose for the file of a save, without folder or ending: no characters a file system refuses. */
export function savedFileName(domain: DomainInfo, now: Date): string {
  const stamp = `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}-${String(now.getDate()).padStart(2, '0')}`
  return `${fileStem(domain.name, ' ')} ${stamp}`.trim()
}
