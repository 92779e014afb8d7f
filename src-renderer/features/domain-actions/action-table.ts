// What can be done with a domain from menus, toolbars and keys: one row each, with the operation that must be allowed now.
// The toolstack says what is allowed; this table only says how it is called and asked for.
// Invariant: an action is offered in the same order everywhere; what needs a confirmation says so here.
// Runs in: renderer and tests; pure.

import type { DomainInfo, DomainOperation } from '../../../src-main/public/types'
import type { IconName } from '../../components/Icon'
import type { MenuEntry } from '../../components/Menu'
import type { MessageKey } from '../../lib/messages'
import type { Translator } from '../../lib/translate'

interface ActionRow {
  readonly label:
    | 'action.open'
    | 'action.run'
    | 'action.run-fresh'
    | 'action.pause'
    | 'action.resume'
    | 'action.shutdown'
    | 'action.reboot'
    | 'action.force-off'
    | 'action.save'
    | 'action.managed-save'
    | 'action.restore'
    | 'action.delete'
  readonly icon: IconName
  /** Null: always possible. */
  readonly needs: DomainOperation | null
  readonly confirm: 'no' | 'asked' | 'preference'
  readonly danger?: true
  readonly keys?: 'key.enter' | 'key.delete'
}

export const actionTable = {
  open: { label: 'action.open', icon: 'open', needs: null, confirm: 'no', keys: 'key.enter' },
  run: { label: 'action.run', icon: 'run', needs: 'create', confirm: 'no' },
  runFresh: { label: 'action.run-fresh', icon: 'bolt', needs: 'createFresh', confirm: 'asked' },
  pause: { label: 'action.pause', icon: 'pause', needs: 'suspend', confirm: 'no' },
  resume: { label: 'action.resume', icon: 'run', needs: 'resume', confirm: 'no' },
  shutdown: { label: 'action.shutdown', icon: 'power', needs: 'shutdown', confirm: 'no' },
  reboot: { label: 'action.reboot', icon: 'reboot', needs: 'reboot', confirm: 'no' },
  forceOff: { label: 'action.force-off', icon: 'bolt', needs: 'destroy', confirm: 'preference', danger: true },
  save: { label: 'action.save', icon: 'save', needs: 'save', confirm: 'no' },
  managedSave: { label: 'action.managed-save', icon: 'save', needs: 'managedSave', confirm: 'no' },
  restore: { label: 'action.restore', icon: 'restore', needs: null, confirm: 'no' },
  delete: { label: 'action.delete', icon: 'trash', needs: 'undefine', confirm: 'asked', danger: true, keys: 'key.delete' },
} as const satisfies Record<string, ActionRow>

export type ActionId = keyof typeof actionTable
type RowLabel = ActionRow['label'] & MessageKey

export function isActionId(id: string): id is ActionId {
  return Object.hasOwn(actionTable, id)
}

export function isAllowed(id: ActionId, domain: DomainInfo): boolean {
  const row: ActionRow = actionTable[id]
  return row.needs === null || domain.operations.includes(row.needs)
}

/** Pause and Resume are one entry, and so is Run in its two meanings; hands find them in the same place. */
export function labelOf(id: ActionId, domain: DomainInfo | null, t: Translator): string {
  if (id === 'run' && domain?.state === 'saved') return t('action.run-saved')
  const label: RowLabel = actionTable[id].label
  return t(label)
}

export function pauseOrResume(domain: DomainInfo | null): 'pause' | 'resume' {
  return domain?.state === 'paused' ? 'resume' : 'pause'
}

function entryOf(id: ActionId, domain: DomainInfo, t: Translator): MenuEntry {
  const row: ActionRow = actionTable[id]
  return {
    kind: 'action',
    id,
    label: labelOf(id, domain, t),
    icon: row.icon,
    disabled: !isAllowed(id, domain),
    ...(row.danger !== undefined && { danger: true }),
    ...(row.keys !== undefined && { keys: t(row.keys) }),
  }
}

function separator(id: string): MenuEntry {
  return { kind: 'separator', id }
}

/** The context menu of a row. */
export function contextEntries(domain: DomainInfo, t: Translator): readonly MenuEntry[] {
  if (domain.kind === 'domain0') return [entryOf('open', domain, t), separator('s1'), entryOf('restore', domain, t)]
  const fresh = isAllowed('runFresh', domain) && domain.state === 'saved' ? [entryOf('runFresh', domain, t)] : []
  return [
    entryOf('run', domain, t),
    ...fresh,
    entryOf(pauseOrResume(domain), domain, t),
    entryOf('shutdown', domain, t),
    entryOf('reboot', domain, t),
    entryOf('forceOff', domain, t),
    separator('s1'),
    entryOf('save', domain, t),
    entryOf('managedSave', domain, t),
    entryOf('restore', domain, t),
    separator('s2'),
    entryOf('delete', domain, t),
    separator('s3'),
    entryOf('open', domain, t),
  ]
}

/** The menu beside Shut down. */
export function stopEntries(domain: DomainInfo, t: Translator): readonly MenuEntry[] {
  return [
    entryOf('reboot', domain, t),
    entryOf('shutdown', domain, t),
    entryOf('forceOff', domain, t),
    separator('s1'),
    entryOf('managedSave', domain, t),
    entryOf('save', domain, t),
  ]
}

/** A name to propose for the file of a save, without folder or ending: no characters a file system refuses. */
export function savedFileName(domain: DomainInfo, now: Date): string {
  const stamp = `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}-${String(now.getDate()).padStart(2, '0')}`
  return `${domain.name.replace(/[^\p{L}\p{N} ._-]/gu, '_')} ${stamp}`
}
