// One client of the store: a guest, or domain 0 itself. Its watches, open transactions, and what is on the way to it.
// A guest's requests carry numbers from its pump (protocol/link): replies are kept until the pump says they are in the guest's
// ring, so that a request repeated after domain 0 died is answered, not done, a second time. Watch events are numbered here and kept
// until acknowledged. All of it is determined by the inputs alone (requests, acknowledgements, changes by others), never by
// timing, because a new domain 0 rebuilds it by replaying the journal.
// Invariant: events are acknowledged in order. Runs in: domain 0.

import { XS_EVENT_WINDOW } from '../public/protocol/link'
import type { Identity } from './path'
import { QUOTA } from './quota'
import type { Transaction } from './transaction'
import type { Watch } from './watch'

export interface WatchEvent {
  readonly number: number
  readonly path: string
  readonly token: string
}

/** Events by path and token. Not by one string of both: a guest's tokens may be thousands of characters, and their hashes are known. */
class EventSet {
  private readonly tokens = new Map<string, Set<string>>()

  has(path: string, token: string): boolean {
    return this.tokens.get(path)?.has(token) ?? false
  }

  add({ path, token }: WatchEvent): void {
    const known = this.tokens.get(path)
    if (known) known.add(token)
    else this.tokens.set(path, new Set([token]))
  }

  delete({ path, token }: WatchEvent): void {
    const known = this.tokens.get(path)
    if (known?.delete(token) && known.size === 0) this.tokens.delete(path)
  }

  clear(): void {
    this.tokens.clear()
  }
}

function bytesOf(events: readonly WatchEvent[]): number {
  return events.reduce((sum, event) => sum + event.path.length + event.token.length, 0)
}

export class Connection {
  /** Changes once: a restored domain brings the numbers its guest knows. */
  identity: Identity
  watches: Watch[] = []
  readonly transactions = new Map<number, Transaction>()
  /** Highest request number that was executed and journalled. */
  executed = 0
  /** Replies to journalled requests that are not acknowledged yet, by number. */
  readonly replies = new Map<number, Uint8Array>()
  events: WatchEvent[] = []
  private eventBytes = 0
  /** Of the events behind the window, for which a guest that takes none may have thousands. */
  private readonly beyond = new EventSet()
  /** Highest event number acknowledged, and the last one given out. */
  acknowledged = 0
  lastEvent = 0
  dropped = 0
  /** Introduced for a restore, its state has not come yet: no request is served before. */
  awaiting = false
  /** Its state has come from a save file. Coming again (domain 0 died before its answer arrived) it is not applied twice. */
  restored = false
  /** The name it was introduced under: a restored domain gets it, whatever it was saved as. */
  name = ''
  /** Told of each new event; what cannot go out now stays in `events`. */
  onEvent: ((event: WatchEvent) => void) | undefined

  constructor(identity: Identity) {
    this.identity = identity
  }

  get privileged(): boolean {
    return this.identity.domid === 0
  }

  /** Whether an event is within the window of those that are sent without waiting for acknowledgements. */
  sendable(event: WatchEvent): boolean {
    return event.number <= this.acknowledged + XS_EVENT_WINDOW
  }

  addEvent(path: string, token: string): void {
    if (this.identity.domid === 0) {
      this.onEvent?.({ number: 0, path, token })
      return
    }
    // An event that is still waiting tells the guest all that an equal one would: keep one. Those in the window may already
    // have been seen, so they do not count.
    if (this.beyond.has(path, token)) return
    const bytes = path.length + token.length
    if (this.events.length >= QUOTA.pendingEvents || this.eventBytes + bytes > QUOTA.pendingEventBytes) {
      this.dropped++
      return
    }
    const event = { number: ++this.lastEvent, path, token }
    this.events.push(event)
    this.eventBytes += bytes
    if (this.events.length > XS_EVENT_WINDOW) this.beyond.add(event)
    if (this.sendable(event)) this.onEvent?.(event)
  }

  /** Those of a save file. */
  replaceEvents(events: WatchEvent[]): void {
    this.events = events
    this.eventBytes = bytesOf(events)
    this.beyond.clear()
    for (const event of events.slice(XS_EVENT_WINDOW)) this.beyond.add(event)
  }

  /** The first `count` events are with the guest. */
  private dropEvents(count: number): void {
    const dropped = this.events.splice(0, count)
    this.eventBytes -= bytesOf(dropped)
    for (const event of dropped.slice(XS_EVENT_WINDOW)) this.beyond.delete(event)
    // These have come into the window.
    for (const event of this.events.slice(Math.max(0, XS_EVENT_WINDOW - count), XS_EVENT_WINDOW)) this.beyond.delete(event)
  }

  /** The pump has put these replies and events where the guest finds them. Numbers from the future are the caller's to refuse. */
  acknowledge(replies: number, events: number): void {
    for (const number of this.replies.keys()) if (number <= replies) this.replies.delete(number)
    if (events <= this.acknowledged) return
    const before = this.acknowledged
    this.acknowledged = events
    const first = this.events.findIndex((event) => event.number > events)
    this.dropEvents(first < 0 ? this.events.length : first)
    for (const event of this.events) {
      if (event.number > before + XS_EVENT_WINDOW && this.sendable(event)) this.onEvent?.(event)
    }
  }
}
