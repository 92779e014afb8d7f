// What the main process tells every window without being asked, one row an event.
// Invariant: events of one domain arrive in the order they happened; a window that opens late asks the list calls first.
// Runs in: main, preload, renderer. No platform.
import { fields, flag, list, optional, type Shape, shortText, type TypeOf, text } from '../../src-engine/public/shape'
import { CONNECTIONS_MOST, connectionInfoShape } from './connection'
import { metadataShape } from './list'
import { preferencesShape } from './preferences'
import { snapshotTreeShape } from './snapshot'
import * as t from './types'

/** Left out: the first connection. */
const connection = optional(t.uuidShape)

export const events = {
  /** Connections were made, changed or removed, or one is in another state. */
  connectionsChanged: fields({ connections: list(connectionInfoShape, CONNECTIONS_MOST) }),
  /** A connection was closed: its domains are not there any more, without being told one by one. */
  connectionEmptied: fields({ connection: t.uuidShape }),
  /** A domain is new or anything in it changed; the whole of it is sent. */
  domainChanged: fields({ domain: t.domainInfoShape }),
  domainRemoved: fields({ uuid: t.uuidShape }),
  /** Once a second: one sample for each active domain of a connection. */
  samples: fields({ connection, samples: list(t.sampleShape) }),
  /** After each round of samples. */
  hostSample: fields({ connection, sample: t.hostSampleShape }),
  jobChanged: fields({ job: t.jobInfoShape }),
  logLine: fields({ uuid: t.uuidShape, line: t.logLineShape }),
  /** XenStore has changed; told while a window watches it (storeWatch). */
  storeChanged: fields({}),
  /** Networks were made, changed or deleted, or another definition joins one. */
  networksChanged: fields({ connection, networks: list(t.networkInfoShape, 256) }),
  metadataChanged: fields({ changes: list(fields({ uuid: t.uuidShape, metadata: metadataShape })) }),
  /** Told to the window of a new machine, when it is open already. */
  createDomainFilled: fields({}),
  /** Snapshots of a domain were taken, changed or deleted, or its present state came to be that of another. */
  snapshotsChanged: fields({ tree: snapshotTreeShape }),
  trashChanged: fields({}),
  /** Ask again. */
  templatesChanged: fields({}),
  /** Pools or volumes were made, changed or deleted by us: ask again. */
  storageChanged: fields({}),
  /** Told to the window it is about. */
  fullScreenChanged: fields({ on: flag }),
  noticeRaised: fields({ notice: t.noticeShape }),
  preferencesChanged: fields({ preferences: preferencesShape, /** What "system" means now. */ systemIsDark: flag }),
  /** The manager window shows the quit dialog; answered by quitChoose. The names are those of the active guests. */
  quitAsked: fields({ names: list(text) }),
  /** Quitting goes on (saving, shutting down); views show that they wait. */
  quitProgress: fields({ waitingFor: list(text) }),
  /** A choice of the application menu that the view handles: "new", "about", "preferences", "delete"… */
  menuChosen: fields({ command: shortText(64) }),
} as const satisfies Record<string, Shape<unknown>>

export type EventName = keyof typeof events
export type EventPayload<E extends EventName> = TypeOf<(typeof events)[E]>
/** Tells windows of an event. */
export type Emit = <E extends EventName>(name: E, payload: EventPayload<E>) => void

export const eventTable: { readonly [E in EventName]: Shape<EventPayload<E>> } = events

export function isEventName(name: unknown): name is EventName {
  return typeof name === 'string' && Object.hasOwn(events, name)
}
