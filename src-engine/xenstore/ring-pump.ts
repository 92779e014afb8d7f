// The XenStore ring of one guest, on the guest's side of the link: cuts requests out of the ring page, numbers them, sends them
// to domain 0, and puts replies and watch events back, in the order they came.
// The pump owns the truth (house.md section 1): requests stay in `unanswered` until their reply is here, so they can be sent
// again to a new domain 0; partial requests and what does not fit into the ring yet are part of the saved state. The ring's
// indexes are in the page, which is guest memory and saved with it.
// A guest that breaks its ring (indexes too far apart, a message longer than allowed) gets the page's error field set and is
// not served any more; nothing else happens.
// Invariant: the guest is notified after an index moved, never otherwise. Runs in: main thread of the domain's process.
import { XS_REQUEST_WINDOW } from '../public/protocol/link'
import {
  XENSTORE_ERROR_COMM,
  XENSTORE_ERROR_NONE,
  XENSTORE_ERROR_PROTO,
  XENSTORE_ERROR_RINGIDX,
  XENSTORE_PAYLOAD_MAX,
  XENSTORE_RING,
  XENSTORE_RING_SIZE,
  XENSTORE_SERVER_FEATURE_ERROR,
  XS_HEADER_SIZE,
} from '../public/xen/io/xs-wire'
import { BROKEN, ByteRing } from '../ring/byte-ring'

/** Bytes waiting for room in the response ring beyond which no more requests are taken. */
const OUTGOING_LIMIT = 64 * 1024

/** Where the pump sends what the guest asks: the link. Undefined while there is none. */
export interface StoreChannel {
  request(sequence: number, message: Uint8Array): void
  acknowledge(replies: number, events: number): void
}

export interface RingPage {
  readonly memory: SharedArrayBuffer | ArrayBuffer
  /** First byte of the page in `memory`. */
  readonly offset: number
  /** Raises the guest's event channel. */
  notify(): void
  /** Told before `notify` when the page was written: it is dirty. */
  wrote?(): void
}

export interface RingPumpState {
  readonly sequence: number
  readonly events: number
  readonly eventsWritten: number
  readonly error: number
  readonly partial: Uint8Array
  readonly unanswered: readonly Uint8Array[]
  /** Bytes not in the ring yet; `event` is the number of a watch event, 0 for a reply. */
  readonly outgoing: readonly { readonly event: number; readonly bytes: Uint8Array }[]
}

export class XenStoreRingPump {
  private readonly page: RingPage
  private readonly requests: ByteRing
  private readonly responses: ByteRing
  private readonly words: Int32Array
  private channel: StoreChannel | undefined
  /** The request being read. */
  private readonly partial = new Uint8Array(XS_HEADER_SIZE + XENSTORE_PAYLOAD_MAX)
  private partialLength = 0
  /** Number of the last request taken, and the requests without a reply, the last of them having that number. */
  private sequence = 0
  private unanswered: Uint8Array[] = []
  private outgoing: { event: number; bytes: Uint8Array }[] = []
  private outgoingBytes = 0
  private headWritten = 0
  /** Last watch event received, and the last one that is wholly in the ring. */
  private events = 0
  private eventsWritten = 0
  private error: number = XENSTORE_ERROR_NONE
  private held = false

  constructor(page: RingPage) {
    this.page = page
    this.words = new Int32Array(page.memory)
    const place = { memory: page.memory, page: page.offset, size: XENSTORE_RING_SIZE }
    this.requests = new ByteRing({
      ...place,
      data: XENSTORE_RING.req,
      consumer: XENSTORE_RING.req_cons,
      producer: XENSTORE_RING.req_prod,
    })
    this.responses = new ByteRing({
      ...place,
      data: XENSTORE_RING.rsp,
      consumer: XENSTORE_RING.rsp_cons,
      producer: XENSTORE_RING.rsp_prod,
    })
  }

  /** For a new domain: says on the page what this store can do. */
  initialise(): void {
    this.setWord(XENSTORE_RING.server_features, XENSTORE_SERVER_FEATURE_ERROR)
  }

  /** Highest request number answered and highest event number received: the link's HELLO. */
  get position(): { replies: number; events: number } {
    return { replies: this.sequence - this.unanswered.length, events: this.events }
  }

  /** A link is up: whatever has no reply is asked again, with its old number. */
  connect(channel: StoreChannel): void {
    this.channel = channel
    const first = this.sequence - this.unanswered.length + 1
    this.unanswered.forEach((message, i) => {
      channel.request(first + i, message)
    })
    channel.acknowledge(first - 1, this.eventsWritten)
    this.poke()
  }

  disconnect(): void {
    this.channel = undefined
  }

  /** The guest has rung: take requests, fill the response ring. Cheap when there is nothing to do. */
  poke(): void {
    if (this.error !== XENSTORE_ERROR_NONE || this.held) return
    let moved = this.writeOut()
    if (moved === BROKEN) return
    while (this.unanswered.length < XS_REQUEST_WINDOW && this.outgoingBytes < OUTGOING_LIMIT) {
      const taken = this.takeMessage()
      if (taken === BROKEN) return
      if (taken === 0) break
      moved += taken
    }
    if (moved > 0) this.notify()
  }

  /** From the link. Returns what is wrong with it. */
  reply(sequence: number, message: Uint8Array): string | undefined {
    const expected = this.sequence - this.unanswered.length + 1
    if (sequence < expected) return undefined
    if (sequence !== expected || this.unanswered.length === 0) return `reply ${sequence}, ${expected} expected`
    this.unanswered.shift()
    this.queue(0, message)
    this.channel?.acknowledge(sequence, this.eventsWritten)
    this.poke()
    return undefined
  }

  /** From the link. Returns what is wrong with it. */
  event(number: number, message: Uint8Array): string | undefined {
    if (number <= this.events) return undefined
    if (number !== this.events + 1) return `watch event ${number}, ${this.events + 1} expected`
    this.events = number
    this.queue(number, message)
    this.poke()
    return undefined
  }

  /** From now on the ring stays as it is: what comes waits, nothing is taken. The page then agrees with what `save` gives. */
  hold(): void {
    this.held = true
  }

  goOn(): void {
    this.held = false
    this.poke()
  }

  /** Only while the vcpus stand still and it is held. */
  save(): RingPumpState {
    const outgoing = this.outgoing.map(({ event, bytes }, i) => ({
      event,
      bytes: i === 0 ? bytes.slice(this.headWritten) : bytes,
    }))
    return {
      sequence: this.sequence,
      events: this.events,
      eventsWritten: this.eventsWritten,
      error: this.error,
      partial: this.partial.slice(0, this.partialLength),
      unanswered: [...this.unanswered],
      outgoing,
    }
  }

  /** Into a fresh pump, before `connect`. Numbers and lengths are from a file: returns what is wrong with them. */
  load(state: RingPumpState): string | undefined {
    if (state.partial.length >= this.partial.length || state.unanswered.length > state.sequence)
      return 'bad XenStore ring state'
    this.sequence = state.sequence
    this.events = state.events
    this.eventsWritten = state.eventsWritten
    this.error = state.error
    this.partial.set(state.partial)
    this.partialLength = state.partial.length
    this.unanswered = [...state.unanswered]
    this.outgoing = []
    this.outgoingBytes = 0
    this.headWritten = 0
    for (const { event, bytes } of state.outgoing) this.queue(event, bytes)
    return undefined
  }

  private queue(event: number, bytes: Uint8Array): void {
    this.outgoing.push({ event, bytes })
    this.outgoingBytes += bytes.length
  }

  /** Takes what the guest has written of one message; sends it when it is whole. Returns bytes moved, or BROKEN. */
  private takeMessage(): number {
    let moved = 0
    for (;;) {
      let wanted = XS_HEADER_SIZE
      if (this.partialLength >= XS_HEADER_SIZE) {
        const length = new DataView(this.partial.buffer).getUint32(12, true)
        if (length > XENSTORE_PAYLOAD_MAX) return this.fail(XENSTORE_ERROR_PROTO)
        wanted += length
        if (this.partialLength === wanted) {
          const message = this.partial.slice(0, wanted)
          this.partialLength = 0
          this.sequence = (this.sequence + 1) >>> 0
          this.unanswered.push(message)
          this.channel?.request(this.sequence, message)
          return moved
        }
      }
      const n = this.requests.take(this.partial, this.partialLength, wanted - this.partialLength)
      if (n === BROKEN) return this.fail(XENSTORE_ERROR_RINGIDX)
      if (n === 0) return moved
      this.partialLength += n
      moved += n
    }
  }

  /** Fills the response ring. Returns bytes moved, or BROKEN. */
  private writeOut(): number {
    let moved = 0
    for (let head = this.outgoing[0]; head; head = this.outgoing[0]) {
      const n = this.responses.put(head.bytes, this.headWritten)
      if (n === BROKEN) return this.fail(XENSTORE_ERROR_RINGIDX)
      moved += n
      this.headWritten += n
      this.outgoingBytes -= n
      if (this.headWritten < head.bytes.length) break
      this.outgoing.shift()
      this.headWritten = 0
      if (head.event > 0) {
        this.eventsWritten = head.event
        this.channel?.acknowledge(this.sequence - this.unanswered.length, head.event)
      }
    }
    return moved
  }

  private fail(error: number): typeof BROKEN {
    this.error = error
    this.setWord(XENSTORE_RING.error, error)
    this.notify()
    return BROKEN
  }

  /** The store refuses this domain for good (its link was closed for garbage, its state could not be restored). */
  refuse(): void {
    this.fail(XENSTORE_ERROR_COMM)
  }

  private setWord(field: number, value: number): void {
    Atomics.store(this.words, (this.page.offset + field) >>> 2, value)
    this.page.wrote?.()
  }

  private notify(): void {
    this.page.wrote?.()
    this.page.notify()
  }
}
