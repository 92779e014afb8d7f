// States of a split device's two halves, written to their `state` nodes. Spec: Xen io/xenbus.h.
// Normal: backend 1 → 2; frontend 1 → 3 (its keys in one transaction, then state); backend connects, → 4; frontend → 4.
// A backend in Closed that sees its frontend back at Initialising must return to InitWait, while online is 1 (reboot into
// another kernel, driver reload). Runs in: anything.
import { byName } from '../../../lib/struct-layout'

/** [name, number, meaning] */
export const XENBUS_STATE_ROWS = [
  ['XenbusStateUnknown', 0, 'no state yet'],
  ['XenbusStateInitialising', 1, 'made by the toolstack'],
  ['XenbusStateInitWait', 2, 'backend: waiting for the frontend'],
  ['XenbusStateInitialised', 3, 'frontend: rings and ports are published'],
  ['XenbusStateConnected', 4, 'in use'],
  ['XenbusStateClosing', 5, 'going away'],
  ['XenbusStateClosed', 6, 'gone'],
  ['XenbusStateReconfiguring', 7, 'changing while in use'],
  ['XenbusStateReconfigured', 8, 'changed'],
] as const
export const XENBUS_STATE = byName(XENBUS_STATE_ROWS)
