// A domain's life as a table: what may be asked in which state, and which event leads from which state to which.
// Invariant: an illegal transition is our own error and throws; what a user may not ask is refused before, by `operations`.
// Runs in: main, plain Node.
import type { DomainOperation, DomainState } from '../public/types'

/** What happens to a domain, as the toolstack sees it. `rest` events end its run. */
export type LifeEvent =
  | 'create' // being started
  | 'restore' // being continued from a file
  | 'up' // runs
  | 'upPaused' // is there, paused
  | 'suspended'
  | 'resumed'
  | 'shutdownAsked'
  | 'save'
  | 'saveEnded' // the save failed or was cancelled: it runs on
  | 'saveEndedPaused'
  | 'stopped' // ended in order; nothing to go on from
  | 'stoppedSaved' // ended, or failed to go on, with a managed save to go on from
  | 'crashed'

interface StateRow {
  readonly operations: readonly DomainOperation[]
  readonly next: Partial<Record<LifeEvent, DomainState>>
}

const rest = { stopped: 'shutoff', stoppedSaved: 'saved', crashed: 'crashed' } as const

/** What changes the definition's devices, and those of the guest when it runs. */
const deviceChanges = ['attachDevice', 'detachDevice', 'changeMedium'] as const

export const lifeCycle: Record<DomainState, StateRow> = {
  shutoff: {
    operations: ['create', 'restore', 'undefine', 'redefine', ...deviceChanges, 'snapshot', 'revert', 'clone'],
    next: { create: 'starting', restore: 'restoring' },
  },
  crashed: {
    operations: ['create', 'restore', 'undefine', 'redefine', ...deviceChanges, 'snapshot', 'revert', 'clone'],
    // Its process may die when its save is whole already: then nothing is lost.
    // It may be taken back to a snapshot.
    next: { create: 'starting', restore: 'restoring', stoppedSaved: 'saved', stopped: 'shutoff' },
  },
  saved: {
    operations: ['create', 'createFresh', 'undefine', 'revert'],
    next: { create: 'starting', restore: 'restoring', stopped: 'shutoff' },
  },
  starting: { operations: ['destroy'], next: { up: 'running', upPaused: 'paused', ...rest } },
  restoring: { operations: ['destroy'], next: { up: 'running', upPaused: 'paused', ...rest } },
  running: {
    operations: [
      'suspend',
      'shutdown',
      'reboot',
      'destroy',
      'save',
      'managedSave',
      'setMemory',
      'setVcpus',
      'openConsole',
      'openScreen',
      'redefine',
      ...deviceChanges,
      'snapshot',
      'revert',
      'fork',
    ],
    next: { suspended: 'paused', shutdownAsked: 'shutdown', save: 'saving', create: 'starting', ...rest },
  },
  paused: {
    operations: [
      'resume',
      'destroy',
      'save',
      'managedSave',
      'openConsole',
      'openScreen',
      'redefine',
      ...deviceChanges,
      'snapshot',
      'revert',
      'fork',
    ],
    next: { resumed: 'running', save: 'saving', create: 'starting', ...rest },
  },
  shutdown: {
    operations: [
      'shutdown',
      'reboot',
      'suspend',
      'destroy',
      'save',
      'managedSave',
      'openConsole',
      'openScreen',
      'redefine',
      'revert',
    ],
    next: { shutdownAsked: 'shutdown', suspended: 'paused', save: 'saving', create: 'starting', ...rest },
  },
  saving: {
    operations: ['destroy', 'openConsole', 'openScreen'],
    next: { saveEnded: 'running', saveEndedPaused: 'paused', create: 'starting', ...rest },
  },
}

/** States in which a process is behind the domain. */
export function isActive(state: DomainState): boolean {
  return state !== 'shutoff' && state !== 'crashed' && state !== 'saved'
}

export function mayBe(state: DomainState, operation: DomainOperation): boolean {
  return lifeCycle[state].operations.includes(operation)
}

export function nextState(state: DomainState, event: LifeEvent): DomainState {
  const next = lifeCycle[state].next[event]
  if (next === undefined) throw new Error(`life cycle: ${event} cannot happen to a domain that is ${state}`)
  return next
}
