// What each action asks of the toolstack: those that need nothing but the domain, one row each. The others (open, save to a file,
// restore, clone, snapshot, delete) ask the user for something first and are in DomainActions.tsx.
// Runs in: renderer and tests; pure but for the client.

import type { Client } from '../../../src-main/public/client'
import type { ErrorReport } from '../../../src-main/public/error-code'
import type { Result } from '../../../src-main/public/result'

type Ask = (client: Client, uuid: string) => Promise<Result<unknown, ErrorReport>>

export const actionCalls = {
  run: (client, uuid) => client.call('domainCreate', { uuid, fresh: false }),
  runFresh: (client, uuid) => client.call('domainCreate', { uuid, fresh: true }),
  pause: (client, uuid) => client.call('domainSuspend', { uuid }),
  resume: (client, uuid) => client.call('domainResume', { uuid }),
  shutdown: (client, uuid) => client.call('domainShutdown', { uuid }),
  reboot: (client, uuid) => client.call('domainReboot', { uuid }),
  reset: (client, uuid) => client.call('domainReset', { uuid }),
  forceOff: (client, uuid) => client.call('domainDestroy', { uuid }),
  managedSave: (client, uuid) => client.call('domainManagedSave', { uuid }),
} as const satisfies Readonly<Record<string, Ask>>

export type CalledAction = keyof typeof actionCalls

export function isCalled(action: string): action is CalledAction {
  return Object.hasOwn(actionCalls, action)
}
