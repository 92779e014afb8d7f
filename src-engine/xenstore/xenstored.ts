// The XenStore daemon: the store with its journal. Every input goes through here: first into the journal, then into the store.
// Opening it on a journal replays the inputs, so a new domain 0 has the trees, watches, open transactions, unacknowledged
// events and replies that the one before it had. Requests that change nothing are not journalled: repeated, they are just
// executed again. `flush` must run before any reply or event leaves the process; the links see to that.
// Invariant: the store's state is a function of the journalled inputs. Runs in: domain 0.
import { concatBytes, latin1, utf8, uuidBytes, uuidText } from '../lib/bytes'
import { jsonBytes } from '../lib/json'
import type { Log } from '../lib/log'
import { err, ok, type Result } from '../public/result'
import { XS, XS_HEADER_SIZE } from '../public/xen/io/xs-wire'
import type { Connection } from './connection'
import { type DomainTree, domainDirectories, domainTreeChanges } from './domain-tree'
import { Journal, type JournalRecord } from './journal'
import { domainPath, type Identity, isWithin } from './path'
import { readStore, restoreDomain, saveDomain, writeStore } from './saved-state'
import { isPure, readHeader, serve, writeMessage } from './server'
import { Store } from './store'
import { type Change, lookup } from './tree'

/** Journal bytes after which it is compacted: when no transaction is open, and at the latest. */
const COMPACT_AT = 4 * 1024 * 1024
const COMPACT_AT_LATEST = 16 * 1024 * 1024
/**
 * The same for what reading it again would cost, in watches held against changes (about a microsecond): a guest's small requests with
 * many watches must not keep the next domain 0, and with it all others, from starting. A request costs some even with no watch.
 */
const WORK_AT = 1_000_000
const WORK_AT_LATEST = 4_000_000
const WORK_OF_RECORD = 20

interface Introduction {
  readonly tree: DomainTree
  readonly guestDomid: number
  readonly restoring: boolean
}

/** Somebody who waits for a domain to look somewhere. */
interface Lookout {
  readonly domid: number
  readonly paths: readonly string[]
  call(): void
}

export class XenStored {
  store = new Store()
  /** Requests served, for the counters. */
  requests = 0
  /** What the store had looked at when the journal was compacted. */
  private looksBefore = 0
  private readonly log: Log
  private journal: Journal | undefined
  private readonly lookouts = new Set<Lookout>()

  /** Without a directory nothing is kept: for tests. */
  constructor(directory: string | undefined, log: Log) {
    this.log = log
    if (directory === undefined) return
    const { journal, records } = Journal.open(directory, log)
    for (const record of records) this.replay(record)
    this.journal = journal
  }

  get journalBytes(): number {
    return this.journal?.size ?? 0
  }

  /** Handles of the domains that are known. */
  get domains(): string[] {
    return [...this.store.connections.values()].filter((one) => !one.privileged).map((one) => one.identity.handle)
  }

  connection(handle: string): Connection | undefined {
    const connection = this.store.connections.get(handle)
    return connection?.privileged ? undefined : connection
  }

  /** Makes a domain known. Ok without any change if it is known by this handle already. */
  introduce(tree: DomainTree, guestDomid: number, restoring: boolean): Result<undefined, string> {
    if (this.connection(tree.handle)) return ok(undefined)
    if (this.store.byDomid(tree.domid)) return err(`domid ${tree.domid} is taken`)
    const introduction: Introduction = { tree, guestDomid, restoring }
    this.journal?.append('introduce', jsonBytes(introduction))
    this.doIntroduce(introduction)
    return ok(undefined)
  }

  release(handle: string): void {
    if (!this.connection(handle)) return
    this.journal?.append('release', uuidBytes(handle))
    this.doRelease(handle)
  }

  /**
   * One request of a domain, numbered by its pump. A number that was executed before gets the reply of then; undefined if
   * that reply has been acknowledged and dropped (the pump must not ask).
   */
  request(connection: Connection, sequence: number, message: Uint8Array): Uint8Array | undefined {
    this.requests++
    const header = readHeader(message)
    const pure = isPure(header)
    if (sequence <= connection.executed && !pure) return connection.replies.get(sequence)
    if (!pure) {
      const head = new Uint8Array(20)
      head.set(uuidBytes(connection.identity.handle))
      new DataView(head.buffer).setUint32(16, sequence, true)
      this.journal?.append('request', concatBytes([head, message]))
    }
    const reply = this.doRequest(connection, sequence, message, pure)
    if (pure) this.tellLookouts(connection, message)
    return reply
  }

  /**
   * Calls once the domain has asked for one of these paths: it knows what is there now, or is not. At once if it watches none of
   * them, so that nothing makes it ask. The returned function ends the waiting.
   */
  whenAsked(domid: number, paths: readonly string[], call: () => void): () => void {
    if (!paths.some((path) => this.watched(domid, path))) {
      call()
      return () => {}
    }
    const lookout: Lookout = { domid, paths, call }
    this.lookouts.add(lookout)
    return () => void this.lookouts.delete(lookout)
  }

  /** Whether the domain hears of changes there. */
  watched(domid: number, path: string): boolean {
    return this.store.byDomid(domid)?.watches.some((watch) => isWithin(path, watch.path)) ?? false
  }

  private tellLookouts(connection: Connection, message: Uint8Array): void {
    for (const lookout of this.lookouts) {
      if (lookout.domid !== connection.identity.domid) continue
      const given = latin1(message.subarray(XS_HEADER_SIZE)).split('\0', 1)[0] ?? ''
      const path = this.store.resolve(connection, given)
      if (!path.ok || !lookout.paths.includes(path.value)) continue
      this.lookouts.delete(lookout)
      lookout.call()
    }
  }

  acknowledge(connection: Connection, replies: number, events: number): void {
    const body = new Uint8Array(24)
    body.set(uuidBytes(connection.identity.handle))
    const view = new DataView(body.buffer)
    view.setUint32(16, replies, true)
    view.setUint32(20, events, true)
    this.journal?.append('acknowledged', body)
    connection.acknowledge(replies, events)
  }

  save(connection: Connection): Uint8Array {
    return saveDomain(this.store, connection)
  }

  restore(connection: Connection, state: Uint8Array): Result<undefined, string> {
    if (connection.restored) return ok(undefined)
    if (!connection.awaiting) return err('this domain was not introduced for a restore')
    const done = restoreDomain(this.store, connection, state)
    if (!done.ok) return done
    this.journal?.append('restore', concatBytes([uuidBytes(connection.identity.handle), state]))
    this.afterRestore(connection)
    return ok(undefined)
  }

  /** Changes the toolstack makes, all or nothing. */
  change(changes: readonly Change[]): void {
    this.journal?.append('changes', jsonBytes(changes))
    this.store.commit(changes)
  }

  /** Everything so far is in the journal after this. */
  flush(): void {
    const journal = this.journal
    if (!journal) return
    journal.flush()
    const grown = journal.size - journal.base
    const work = this.store.looks - this.looksBefore + journal.records * WORK_OF_RECORD
    if (grown < COMPACT_AT && work < WORK_AT && !journal.behind) return
    const all = [...this.store.connections.values()].flatMap((one) => [...one.transactions.values()])
    // One that is doomed already has nothing to lose.
    const open = all.filter(({ doomed }) => !doomed)
    if (open.length > 0 && grown < COMPACT_AT_LATEST && work < WORK_AT_LATEST && !journal.behind) return
    // The snapshots of open transactions cannot be kept, and the journal's reader must see what we see: both get EAGAIN.
    for (const transaction of open) transaction.doomed = true
    journal.compact(writeStore(this.store))
    // Also when that failed: it is tried again after as much again.
    this.looksBefore = this.store.looks
  }

  dispose(): void {
    this.flush()
    this.journal?.close()
    this.journal = undefined
  }

  private replay({ kind, body }: JournalRecord): void {
    const handle = () => uuidText(body.subarray(0, 16))
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
    switch (kind) {
      case 'store': {
        const store = readStore(body)
        if (store.ok) this.store = store.value
        else this.log('error', `XenStore journal: ${store.error}`)
        return
      }
      case 'request': {
        const connection = this.connection(handle())
        if (connection) this.doRequest(connection, view.getUint32(16, true), body.subarray(20), false)
        return
      }
      case 'acknowledged':
        this.connection(handle())?.acknowledge(view.getUint32(16, true), view.getUint32(20, true))
        return
      case 'introduce':
        // Our own words from a file of our own, checked by their CRC.
        this.doIntroduce(JSON.parse(utf8(body)))
        return
      case 'release':
        this.doRelease(handle())
        return
      case 'restore': {
        const connection = this.connection(handle())
        if (connection && restoreDomain(this.store, connection, body.subarray(16)).ok) this.afterRestore(connection)
        return
      }
      case 'changes':
        this.store.commit(JSON.parse(utf8(body)))
        return
    }
  }

  private doRequest(connection: Connection, sequence: number, message: Uint8Array, pure: boolean): Uint8Array {
    let reply: Uint8Array
    try {
      reply = serve(this.store, connection, message)
    } catch (error) {
      // Ours, not the guest's: say so, and keep the other guests' store. The same happens at replay.
      const { requestId, transactionId, type } = readHeader(message)
      this.log('error', `XenStore request of type ${type} failed: ${error instanceof Error ? error.stack : error}`)
      reply = writeMessage(XS.XS_ERROR, requestId, transactionId, 'EIO\0')
    }
    if (!pure) {
      connection.executed = sequence
      connection.replies.set(sequence, reply)
    }
    return reply
  }

  private doIntroduce({ tree, guestDomid, restoring }: Introduction): void {
    const identity: Identity = { handle: tree.handle, domid: tree.domid, guestDomid, guestHandle: tree.handle }
    const connection = this.store.connect(identity)
    connection.awaiting = restoring
    connection.name = tree.name
    if (restoring) return
    this.store.commit(domainTreeChanges(tree))
    this.store.announce('introduceDomain')
  }

  private doRelease(handle: string): void {
    const connection = this.connection(handle)
    if (!connection) return
    this.store.disconnect(connection)
    const { domid } = connection.identity
    this.store.commit(domainDirectories(this.store.tree, domid, handle).map((path) => ({ kind: 'rm' as const, path })))
    this.store.announce('releaseDomain')
  }

  /** It has the name it was introduced under, which need not be the one it was saved under. */
  private afterRestore({ name, identity }: Connection): void {
    const named = [`${domainPath(identity.domid)}/name`, `/vm/${identity.handle}/name`].filter((path) =>
      lookup(this.store.tree, path),
    )
    this.store.commit(named.map((path) => ({ kind: 'write' as const, path, value: name, creator: 0 })))
    this.store.announce('introduceDomain')
  }
}

/** Whether bytes can be one message: for links, which carry whole ones. */
export function isWholeMessage(message: Uint8Array): boolean {
  return message.length >= XS_HEADER_SIZE && message.length === XS_HEADER_SIZE + readHeader(message).length
}
