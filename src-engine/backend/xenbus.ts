// The backend's half of the xenbus handshake as a table: what to do when the backend is in one state and sees its frontend in
// another. Both states stand in the store, so a new domain 0 finds the next step by looking there.
// Spec: Xen io/xenbus.h, xen-guest-abi.md 6.6. Runs in: domain 0 (pure).
import { XENBUS_STATE } from '../public/xen/io/xenbus'

/**
 * wait: nothing. connect: join the ring, then 4. follow: the frontend has begun to close, or has to, 5. close: leave the ring, then 6, and
 * gone if the toolstack wants it so. again: leave the ring if there is one, then 2, for a frontend that starts anew.
 */
export type XenbusStep = 'wait' | 'connect' | 'follow' | 'close' | 'again'

/** [backend's state, step for each state of the frontend from 0 to 6]; 0 is also a frontend without a state node. */
export const XENBUS_STEPS = [
  ['XenbusStateInitialising', ['wait', 'wait', 'wait', 'wait', 'wait', 'wait', 'wait']],
  ['XenbusStateInitWait', ['wait', 'wait', 'wait', 'connect', 'connect', 'follow', 'close']],
  ['XenbusStateConnected', ['close', 'again', 'wait', 'wait', 'wait', 'follow', 'close']],
  ['XenbusStateClosing', ['close', 'again', 'wait', 'wait', 'wait', 'wait', 'close']],
  ['XenbusStateClosed', ['wait', 'again', 'wait', 'wait', 'wait', 'wait', 'wait']],
] as const satisfies readonly (readonly [keyof typeof XENBUS_STATE, readonly XenbusStep[]])[]

const BY_STATE = new Map<number, readonly XenbusStep[]>(XENBUS_STEPS.map(([name, steps]) => [XENBUS_STATE[name], steps]))

/**
 * `online` false: the toolstack takes the device away, so nothing begins anew and who has it, or may be on the way to it, is asked to
 * let go. One that has not got so far is not waited for if it is not `driven`: nothing in the guest will answer.
 */
export function xenbusStep(backend: number, frontend: number, online: boolean, driven: boolean): XenbusStep {
  const step = BY_STATE.get(backend)?.[frontend] ?? 'wait'
  if (online) return step
  if (backend === XENBUS_STATE.XenbusStateClosed) return 'wait'
  if (frontend === XENBUS_STATE.XenbusStateUnknown) return 'close'
  if (frontend < XENBUS_STATE.XenbusStateConnected || step === 'connect') {
    if (!driven) return 'close'
    return backend === XENBUS_STATE.XenbusStateClosing ? 'wait' : 'follow'
  }
  return step === 'wait' && backend === XENBUS_STATE.XenbusStateConnected ? 'follow' : step
}
