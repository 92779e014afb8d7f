// The block ring of one disk, on the guest's side: takes requests out of the ring, gives them to the service in batches, moves the
// data between guest pages and the link (or its bounce file), answers the guest.
// The truth is here: every request taken is in `unanswered` until its response is in the ring, so a new service is asked again
// (repeating a read, write, flush or discard that is not answered changes nothing a guest may rely on), and all of it is saved with
// the domain. Data of a write is read from the guest's pages each time it is sent: they are the guest's until we answer.
// A request wrong in itself (segments, references, operation) is answered with an error; a ring that makes no sense ends the pump.
// Invariant: a response is written once for each request taken, whatever happens on the link.
// Runs in: main thread of the domain's process.
import { jsonBytes } from '../../lib/json'
import { DEV_INLINE_LIMIT } from '../../public/protocol/link'
import { err, ok, type Result } from '../../public/result'
import { BLKIF_OP, BLKIF_RSP } from '../../public/xen/io/blkif'
import { BROKEN_RING } from '../../ring/back-ring'
import { GrantedRing } from '../../ring/guest-access'
import { type DevicePump, keyNumber, type PumpPort, type PumpSetup, type RingView } from '../device'
import {
  ANSWER_HEADER,
  BATCH_BYTES,
  BATCH_ENTRY,
  BATCH_HEADER,
  DEVICE_WINDOW,
  FLAG,
  KIND,
  STATUS,
  writeBatchHead,
  writeEntry,
} from './batch'
import { BlockRing } from './block-ring'
import { readKeys } from './frontend-keys'
import { gather, messageOf, type Piece, type Pieces } from './pieces'
import { ReadAhead } from './read-ahead'
import { BlkRequest, readSaved, type SavedRequest } from './request'
import { Segments } from './segments'

/** Times round the ring in one turn. */
const ROUNDS = 4
const DISCARD_MOST = 0x8000_0000

interface Batch {
  readonly tag: number
  readonly kind: number
  readonly pieces: readonly Piece[]
  readonly bytes: number
  /** In the bounce file, or -1. */
  readonly place: number
}

export function makeBlkPump(setup: PumpSetup): Result<DevicePump, string> {
  const { guest, connect } = setup
  const keys = readKeys(connect.frontend)
  if (!keys.ok) return keys
  const { layout, port, refs } = keys.value
  const granted = GrantedRing.map(guest, refs)
  if (!granted) return err('the ring is not granted')
  const saved = setup.state && readSaved(setup.state)
  if (setup.state && !saved) return err('its saved state makes no sense')
  const ring = new BlockRing(guest, granted, layout, saved)
  return ok(new BlkPump(setup, ring, port, saved?.requests ?? []))
}

class BlkPump implements DevicePump {
  readonly ports: readonly number[]
  private readonly segments: Segments
  private readonly fail: (reason: string) => void
  private readonly stall: () => void
  private readonly unstall: () => void
  private readonly ring: BlockRing
  private readonly port: number
  private service: PumpPort | undefined
  /** All requests taken and not answered, in the order they came. */
  private readonly unanswered = new Set<BlkRequest>()
  /** Those of which a part is not given to the service yet; only the first may be given in part. */
  private queue: BlkRequest[] = []
  private readonly batches = new Map<number, Batch>()
  private readonly ahead: ReadAhead
  private inFlight = 0
  /** Batches on their way that change the disk. */
  private changes = 0
  private nextTag = 1
  private closed = false
  /** A barrier is on its way: nothing overtakes it. */
  private barrier = false
  /** Waits for a place in the bounce file. */
  private waiting = false
  /** There is no room on the host: what is unanswered waits for `retry`. */
  private stalled = false
  /** What waited was asked again, and not all of it is answered. */
  private retrying = false
  private lookAgain: NodeJS.Immediate | undefined

  constructor(setup: PumpSetup, ring: BlockRing, port: number, saved: readonly SavedRequest[]) {
    this.segments = new Segments(setup.guest)
    this.fail = setup.failed
    this.stall = () => setup.stalled?.(`${setup.connect.backend['name'] ?? setup.connect.key} has no room on the host`)
    this.unstall = () => setup.unstalled?.()
    this.ring = ring
    this.port = port
    this.ports = [port]
    this.ahead = new ReadAhead(keyNumber(setup.connect.backend['sectors']) ?? 0, {
      tag: () => this.tag(),
      serve: (request, place) => {
        const targets = this.segments.targets(request, 0, request.what.refs.length, true)
        if (!this.service?.bounce?.file.read(targets, place)) request.failed = true
        this.finish(request)
      },
      ask: (request) => this.queue.push(request),
    })
    for (const what of saved) {
      const request = new BlkRequest(what)
      this.unanswered.add(request)
      this.queue.push(request)
    }
  }

  signal(): void {
    this.work()
  }

  attach(service: PumpPort): void {
    this.service = service
    this.ahead.attach(service)
    this.work()
  }

  detach(): void {
    this.service = undefined
    this.ahead.detach()
    // The places went with the bounce file; everything is asked again.
    this.batches.clear()
    this.inFlight = 0
    this.changes = 0
    this.barrier = false
    this.waiting = false
    this.queue = [...this.unanswered]
    for (const request of this.queue) request.restart()
  }

  retry(): void {
    if (!this.stalled) return
    this.stalled = false
    this.retrying = true
    this.work()
  }

  save(): Uint8Array {
    const requests = [...this.unanswered].map((request) => request.what)
    return jsonBytes({ version: 1, ...this.ring.position, requests })
  }

  rings(): readonly RingView[] {
    return [{ name: 'requests', ...this.ring.view }]
  }

  close(): void {
    this.closed = true
    this.service = undefined
    this.ahead.detach()
    if (this.lookAgain) clearImmediate(this.lookAgain)
  }

  // --- from the ring to the service ---

  /** Takes what waits in the ring as long as there is a service and room, and gives it on. */
  private work(): void {
    if (this.closed || !this.service) return
    if (!this.ring.intact) {
      this.fail('the ring is not granted any more')
      return
    }
    // A guest that asks as fast as we take must not hold the thread: the rest is for the look a turn later.
    for (let rounds = 0; rounds < ROUNDS; rounds++) {
      if (!this.take()) return
      this.give()
      // With requests queued an answer will bring us here again.
      if (this.queue.length > 0 || this.ring.sleep()) break
    }
    this.ring.publish(this.port)
    // The guest may have published before it saw our wish to be told (ring/back-ring.ts): look once more, a turn later.
    this.lookAgain ??= setImmediate(() => {
      this.lookAgain = undefined
      if (!this.closed && this.queue.length === 0 && this.ring.waiting() !== 0) this.work()
    })
  }

  /** Copies requests out of the ring. False when the ring is broken. */
  private take(): boolean {
    const waiting = this.ring.waiting()
    if (waiting === BROKEN_RING) {
      this.fail('the indexes of the ring make no sense')
      return false
    }
    // With requests queued the rest stays in the ring, where it costs nothing.
    for (let left = this.queue.length > 0 ? 0 : waiting; left > 0; left--) {
      const { request, refused } = this.ring.next()
      if (refused) {
        this.ring.answer(request, KNOWN.has(request.does) ? BLKIF_RSP.ERROR : BLKIF_RSP.EOPNOTSUPP)
        continue
      }
      const one = new BlkRequest(request)
      this.unanswered.add(one)
      if (request.does === BLKIF_OP.BLKIF_OP_READ) {
        if (this.ahead.take(one)) continue
      } else this.ahead.changed(request.sector, request.sectors || one.extent())
      this.queue.push(one)
    }
    return true
  }

  /** Makes batches of what is queued, in order, as long as the window allows. */
  private give(): void {
    if (this.stalled) return
    for (let head = this.queue[0]; head && this.onTheWay < DEVICE_WINDOW && !this.barrier; head = this.queue[0]) {
      const { does, refs } = head.what
      const barrier = does === BLKIF_OP.BLKIF_OP_WRITE_BARRIER
      if (head.failed) {
        // Its other pieces may still be on their way; the last of them answers.
        this.queue.shift()
        if (head.pieces === 0) this.finish(head)
      } else if (barrier && head.given === 0 && this.batches.size > 0) return
      else if (refs.length === 0) {
        this.queue.shift()
        this.command(head)
      } else if (!this.transfer(head, barrier)) return
    }
    if (this.queue.length === 0 && this.changes === 0) this.ahead.fill(DEVICE_WINDOW - this.onTheWay)
  }

  private get onTheWay(): number {
    return this.inFlight + this.ahead.inFlight
  }

  /** A flush, a discard, or a barrier without data. */
  private command(request: BlkRequest): void {
    const { does, sector, sectors } = request.what
    const discard = does === BLKIF_OP.BLKIF_OP_DISCARD
    if (discard && sectors > DISCARD_MOST) {
      request.failed = true
      this.finish(request)
      return
    }
    const message = new Uint8Array(BATCH_HEADER + BATCH_ENTRY)
    const view = new DataView(message.buffer)
    const barrier = does === BLKIF_OP.BLKIF_OP_WRITE_BARRIER
    const kind = discard ? KIND.DISCARD : KIND.FLUSH
    const batch: Batch = { tag: this.tag(), kind, pieces: [{ request, from: 0, to: 0 }], bytes: 0, place: -1 }
    writeBatchHead(view, { kind, flags: 0, entries: 1, tag: batch.tag, place: 0, bytes: 0 })
    writeEntry(view, 0, sector, discard ? sectors : 0)
    request.pieces = 1
    if (barrier) this.barrier = true
    if (discard) this.changes++
    this.batches.set(batch.tag, batch)
    this.service?.send(message)
  }

  /** One batch of reads or of writes from the front of the queue. False: not now. */
  private transfer(head: BlkRequest, barrier: boolean): boolean {
    const { service } = this
    if (!service) return false
    const writes = head.what.does !== BLKIF_OP.BLKIF_OP_READ
    const most = Math.min(service.bounce ? BATCH_BYTES : DEV_INLINE_LIMIT, DEVICE_WINDOW - this.onTheWay)
    const given = gather(this.queue, most, this.segments)
    const { pieces, data, bytes, whole } = given
    if (pieces.length === 0) return head.failed
    let place = -1
    if (bytes > DEV_INLINE_LIMIT) {
      place = service.bounce?.take(bytes) ?? -1
      if (place < 0) {
        this.waitForRoom(service)
        return false
      }
      if (writes && !service.bounce?.file.write(data, place)) {
        // No room in the memory file system: the requests fail, as on a full disk.
        service.bounce?.give(place, bytes)
        for (const { request } of pieces) request.failed = true
        return true
      }
    }
    this.send(service, writes, barrier, given, place)
    this.queue.splice(0, whole)
    this.barrier = barrier && whole > 0
    return true
  }

  private waitForRoom(service: PumpPort): void {
    if (this.waiting) return
    this.waiting = true
    service.bounce?.whenFree(() => {
      this.waiting = false
      this.work()
    })
  }

  private send(service: PumpPort, writes: boolean, barrier: boolean, given: Pieces, place: number): void {
    const { pieces, bytes, data } = given
    const batch: Batch = { tag: this.tag(), kind: writes ? KIND.WRITE : KIND.READ, pieces, bytes, place }
    const flags = (place >= 0 ? FLAG.IN_BOUNCE : 0) | (barrier ? FLAG.BARRIER : 0)
    const message = messageOf(batch.kind, flags, batch.tag, place, given)
    for (const { request, to } of pieces) {
      request.given = to
      request.pieces++
    }
    this.batches.set(batch.tag, batch)
    this.inFlight += bytes
    if (writes) this.changes++
    if (writes && place < 0) service.send(message, ...data)
    else service.send(message)
  }

  private tag(): number {
    const tag = this.nextTag
    this.nextTag = tag === 0xffff_ffff ? 1 : tag + 1
    return tag
  }

  // --- from the service to the guest ---

  receive(body: Uint8Array, view: DataView): string | undefined {
    if (body.length < ANSWER_HEADER) return 'answer cut off'
    const tag = view.getUint32(4, true)
    const batch = this.batches.get(tag)
    if (!batch) {
      const known = body.length === ANSWER_HEADER + 1 && this.ahead.answered(tag, body[ANSWER_HEADER] === 0)
      if (!known) return 'answer to what was not asked'
      this.work()
      return undefined
    }
    if (batch.kind !== view.getUint8(0)) return 'answer to what was not asked'
    const payload = ANSWER_HEADER + batch.pieces.length
    const inline = batch.kind === KIND.READ && batch.place < 0 ? batch.bytes : 0
    if (body.length !== payload + inline) return `answer of ${body.length} bytes`
    this.batches.delete(batch.tag)
    this.inFlight -= batch.bytes
    if (batch.kind === KIND.WRITE || batch.kind === KIND.DISCARD) this.changes--
    if (batch.kind === KIND.READ) this.deliver(batch, body, payload)
    if (batch.place >= 0) this.service?.bounce?.give(batch.place, batch.bytes)
    let stalled = false
    batch.pieces.forEach(({ request }, i) => {
      request.pieces--
      const status = body[ANSWER_HEADER + i]
      if (status === STATUS.NO_SPACE) request.stalled = true
      else if (status !== STATUS.GOOD) request.failed = true
      if (request.pieces > 0) return
      const queued = request === this.queue[0]
      if (request.stalled && !request.failed) {
        request.restart()
        if (!queued) this.putBack(request)
        stalled = true
      } else if (queued) return
      else this.finish(request)
      if (request.what.does === BLKIF_OP.BLKIF_OP_WRITE_BARRIER) this.barrier = false
    })
    if (stalled && !this.stalled) {
      this.stalled = true
      this.retrying = false
      this.stall()
    }
    this.work()
    if (this.retrying && this.queue.length === 0 && this.batches.size === 0) {
      this.retrying = false
      this.unstall()
    }
    return undefined
  }

  /** To be asked again where it was: a barrier that came later must not overtake it. Behind the first only if that is given in part. */
  private putBack(request: BlkRequest): void {
    const begun = this.queue.filter(({ given }, i) => i === 0 && given > 0)
    const waiting = new Set(this.queue).add(request)
    this.queue = [...begun, ...[...this.unanswered].filter((one) => waiting.has(one) && !begun.includes(one))]
  }

  /** Puts the data of a read where the guest wants it. */
  private deliver(batch: Batch, body: Uint8Array, payload: number): void {
    const targets = batch.pieces.flatMap(({ request, from, to }, i) =>
      this.segments.targets(request, from, to, body[ANSWER_HEADER + i] === 0),
    )
    if (batch.place >= 0) {
      if (this.service?.bounce?.file.read(targets, batch.place)) return
      for (const { request } of batch.pieces) request.failed = true
      return
    }
    let at = payload
    for (const target of targets) {
      target.set(body.subarray(at, at + target.length))
      at += target.length
    }
  }

  private finish(request: BlkRequest): void {
    this.unanswered.delete(request)
    this.ring.answer(request.what, request.failed ? BLKIF_RSP.ERROR : BLKIF_RSP.OKAY)
  }
}

const KNOWN = new Set<number>(Object.values(BLKIF_OP))
