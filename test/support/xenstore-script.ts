// Scripts against a XenStore daemon: rows of who asks what and what comes back, in words close to the wire.
// Runs in: tests.
import { fromLatin1, latin1 } from '../../src-engine/lib/bytes'
import { XS, XS_HEADER_SIZE, XS_MESSAGE_ROWS, type XsMessageName } from '../../src-engine/public/xen/io/xs-wire'
import type { Connection } from '../../src-engine/xenstore/connection'
import { readHeader, serve, writeMessage } from '../../src-engine/xenstore/server'
import { XenStored } from '../../src-engine/xenstore/xenstored'

export function handleOf(domid: number): string {
  return `00000000-0000-4000-8000-${domid.toString(16).padStart(12, '0')}`
}

export function domainTree(domid: number, name = `guest${domid}`) {
  return {
    handle: handleOf(domid),
    domid,
    name,
    memoryKiB: 163840,
    vcpus: 1,
    storeGfn: 1044476,
    storePort: 1,
    consoleGfn: 1044479,
    consolePort: 2,
    startedAtMs: 1795409788690,
  }
}

/** A request message; `|` in the payload is a NUL. */
export function request(type: number, payload: string, transactionId = 0, requestId = 7): Uint8Array {
  return writeMessage(type, requestId, transactionId, payload.replaceAll('|', '\0'))
}

/** A reply as text: NULs as `|`, an error as its name. */
export function shownReply(reply: Uint8Array): string {
  return latin1(reply.subarray(XS_HEADER_SIZE)).replaceAll('\0', '|')
}

export class StoreScript {
  readonly daemon: XenStored
  private sequence = new Map<number, number>()
  private readonly used = new Set<string>()

  constructor(directory?: string, domids: readonly number[] = [1, 2]) {
    this.daemon = new XenStored(directory, (level, text) => {
      if (level === 'error') throw new Error(text)
    })
    for (const domid of domids) this.daemon.introduce(domainTree(domid), domid, false)
  }

  connection(domid: number): Connection {
    const found = domid === 0 ? this.daemon.store.dom0 : this.daemon.store.byDomid(domid)
    if (!found) throw new Error(`no domain ${domid}`)
    return found
  }

  /** One request; `name` without XS_, optionally `@id` for a transaction. */
  ask(domid: number, name: string, payload: string): string {
    const [word, transaction] = name.split('@')
    const row = XS_MESSAGE_ROWS.find((one) => one[0] === `XS_${word}`)
    if (!row) throw new Error(`no request ${name}`)
    this.used.add(row[0])
    const message = request(row[1], payload, Number(transaction ?? 0))
    const connection = this.connection(domid)
    const sequence = (this.sequence.get(domid) ?? 0) + 1
    this.sequence.set(domid, sequence)
    const reply =
      domid === 0 ? serve(this.daemon.store, connection, message) : this.daemon.request(connection, sequence, message)
    if (!reply) throw new Error('no reply')
    const header = readHeader(reply)
    if (header.requestId !== 7 || header.transactionId !== Number(transaction ?? 0)) throw new Error('reply does not echo')
    if (header.type !== row[1] && header.type !== XS.XS_ERROR) throw new Error(`reply of type ${header.type}`)
    return shownReply(reply)
  }

  /** Watch events a guest has not acknowledged, as `path token`, acknowledging them. */
  events(domid: number): string[] {
    const connection = this.connection(domid)
    const events = connection.events.map(({ path, token }) => `${path} ${token}`)
    this.daemon.acknowledge(connection, 0, connection.lastEvent)
    return events
  }

  /** Messages used so far. */
  get exercised(): ReadonlySet<string> {
    return this.used
  }
}

export type { XsMessageName }
export { fromLatin1 }
