// A guest's half of the XenStore and console rings on plain shared memory, and a whole guest made of them: what a kernel does,
// without a kernel. Runs in: tests.
import { ConsolePump } from '../../src-engine/backend/console/pump'
import type { PumpMaker } from '../../src-engine/backend/device'
import { PumpHost } from '../../src-engine/backend/pump-host'
import { latin1 } from '../../src-engine/lib/bytes'
import type { Clock } from '../../src-engine/lib/clock'
import { DomainLink } from '../../src-engine/process/domain-link'
import { XENCONS, XENCONS_IN_SIZE, XENCONS_OUT_SIZE } from '../../src-engine/public/xen/io/console'
import { XENSTORE_RING, XENSTORE_RING_SIZE, XS_HEADER_SIZE } from '../../src-engine/public/xen/io/xs-wire'
import type { GuestAccess } from '../../src-engine/ring/guest-access'
import { XenStoreRingPump } from '../../src-engine/xenstore/ring-pump'
import { readHeader } from '../../src-engine/xenstore/server'
import { plainGuest } from './plain-guest'
import { request } from './xenstore-script'

/** One direction of a ring as the guest uses it. */
export class GuestRing {
  readonly words: Int32Array
  readonly bytes: Uint8Array
  private readonly at: { data: number; size: number; cons: number; prod: number }

  constructor(memory: SharedArrayBuffer, at: { data: number; size: number; cons: number; prod: number }) {
    this.words = new Int32Array(memory)
    this.bytes = new Uint8Array(memory)
    this.at = at
  }

  get cons(): number {
    return this.words[this.at.cons >> 2] ?? 0
  }
  set cons(value: number) {
    this.words[this.at.cons >> 2] = value
  }
  get prod(): number {
    return this.words[this.at.prod >> 2] ?? 0
  }
  set prod(value: number) {
    this.words[this.at.prod >> 2] = value
  }

  /** Writes what fits; returns how much. */
  write(bytes: Uint8Array): number {
    const n = Math.min(bytes.length, this.at.size - ((this.prod - this.cons) >>> 0))
    for (let i = 0; i < n; i++) this.bytes[this.at.data + ((this.prod + i) & (this.at.size - 1))] = bytes[i] ?? 0
    this.prod = (this.prod + n) | 0
    return n
  }

  read(limit = this.at.size): Uint8Array {
    const n = Math.min(limit, (this.prod - this.cons) >>> 0)
    const out = new Uint8Array(n)
    for (let i = 0; i < n; i++) out[i] = this.bytes[this.at.data + ((this.cons + i) & (this.at.size - 1))] ?? 0
    this.cons = (this.cons + n) | 0
    return out
  }
}

export const STORE_PAGE = 4096
export const CONSOLE_PAGE = 8192

export class TestGuest {
  readonly memory: SharedArrayBuffer
  readonly requests: GuestRing
  readonly responses: GuestRing
  readonly consoleOut: GuestRing
  readonly consoleIn: GuestRing
  readonly store: XenStoreRingPump
  readonly console: ConsolePump
  readonly devices: PumpHost
  readonly link: DomainLink
  readonly log: string[] = []
  storeNotified = 0
  consoleNotified = 0
  /** Times a device had something for domain 0. */
  rang = 0
  /** Bytes read from the response ring that are no whole message yet. */
  private partial = new Uint8Array(0)
  readonly watchEvents: string[] = []
  private readonly waiting = new Map<number, (reply: string) => void>()
  private requestId = 0
  private sending = new Uint8Array(0)

  constructor(
    handle: string,
    memory = new SharedArrayBuffer(16384),
    restoreState?: Uint8Array,
    guest?: GuestAccess,
    makers: ReadonlyMap<string, PumpMaker> = new Map(),
    clock?: Clock,
  ) {
    this.memory = memory
    const ring = (data: number, cons: number, prod: number) =>
      new GuestRing(memory, {
        data: STORE_PAGE + data,
        size: XENSTORE_RING_SIZE,
        cons: STORE_PAGE + cons,
        prod: STORE_PAGE + prod,
      })
    this.requests = ring(XENSTORE_RING.req, XENSTORE_RING.req_cons, XENSTORE_RING.req_prod)
    this.responses = ring(XENSTORE_RING.rsp, XENSTORE_RING.rsp_cons, XENSTORE_RING.rsp_prod)
    this.consoleOut = new GuestRing(memory, {
      data: CONSOLE_PAGE + XENCONS.out,
      size: XENCONS_OUT_SIZE,
      cons: CONSOLE_PAGE + XENCONS.out_cons,
      prod: CONSOLE_PAGE + XENCONS.out_prod,
    })
    this.consoleIn = new GuestRing(memory, {
      data: CONSOLE_PAGE + XENCONS.in,
      size: XENCONS_IN_SIZE,
      cons: CONSOLE_PAGE + XENCONS.in_cons,
      prod: CONSOLE_PAGE + XENCONS.in_prod,
    })
    this.store = new XenStoreRingPump({ memory, offset: STORE_PAGE, notify: () => this.storeRang() })
    this.console = new ConsolePump({ memory, offset: CONSOLE_PAGE, notify: () => this.consoleNotified++ }, clock)
    const log = (_level: string, text: string) => void this.log.push(text)
    this.devices = new PumpHost(guest ?? plainGuest(memory), makers, [], log)
    this.link = new DomainLink(handle, this.store, this.console, this.devices, log, () => this.rang++, restoreState)
  }

  /** A request through the ring; resolves with its reply as text. */
  ask(type: number, payload: string, transactionId = 0): Promise<string> {
    const id = ++this.requestId
    const bytes = request(type, payload, transactionId, id)
    const reply = new Promise<string>((resolve) => this.waiting.set(id, resolve))
    const joined = new Uint8Array(this.sending.length + bytes.length)
    joined.set(this.sending)
    joined.set(bytes, this.sending.length)
    this.sending = joined
    this.push()
    return reply
  }

  print(text: string): void {
    let bytes = Buffer.from(text, 'latin1').subarray(0)
    while (bytes.length > 0) {
      const n = this.consoleOut.write(bytes)
      bytes = bytes.subarray(n)
      this.console.poke()
      if (n === 0) return
    }
  }

  /** What the guest's xenbus driver does on its event: write more, read what is there. */
  push(): void {
    this.sending = this.sending.slice(this.requests.write(this.sending))
    this.store.poke()
  }

  private storeRang(): void {
    this.storeNotified++
    // The real one comes asynchronously too.
    queueMicrotask(() => this.drain())
  }

  drain(): void {
    const got = this.responses.read()
    const joined = new Uint8Array(this.partial.length + got.length)
    joined.set(this.partial)
    joined.set(got, this.partial.length)
    this.partial = joined
    while (this.partial.length >= XS_HEADER_SIZE) {
      const { requestId, length } = readHeader(this.partial)
      if (this.partial.length < XS_HEADER_SIZE + length) break
      const text = latin1(this.partial.subarray(XS_HEADER_SIZE, XS_HEADER_SIZE + length)).replaceAll('\0', '|')
      this.partial = this.partial.slice(XS_HEADER_SIZE + length)
      if (requestId === 0) this.watchEvents.push(text)
      else this.waiting.get(requestId)?.(text)
    }
    if (this.sending.length > 0 || got.length > 0) this.push()
  }

  /** Continues the driver of another guest object with the same memory: its replies come here now. */
  takeOver(other: TestGuest): void {
    for (const [id, resolve] of other.waiting) this.waiting.set(id, resolve)
    this.requestId = other.requestId
    this.partial = other.partial
    this.sending = other.sending
    this.watchEvents.push(...other.watchEvents)
  }
}
