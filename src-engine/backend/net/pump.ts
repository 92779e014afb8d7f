// One network interface on the guest's side: frames from the TX ring to the service, frames from the service to the RX ring, with a
// window in each direction, so that a guest that sends faster than the network takes waits in its own ring.
// Saved are the positions of the rings and nothing else: both are answered as far as they are taken, and frames on their way may be
// lost. Runs in: main thread of the domain's process.
import { jsonBytes, readJson } from '../../lib/json'
import type { Frame } from '../../net/switch/frame'
import { err, ok, type Result } from '../../public/result'
import { fields, oneOf, within } from '../../public/shape'
import { NETIF_RX_ENTRY, NETIF_TX_ENTRY } from '../../public/xen/io/netif'
import { BackRing, BROKEN_RING } from '../../ring/back-ring'
import { GrantedRing, type GuestAccess } from '../../ring/guest-access'
import { type DevicePump, type Keys, keyU32, type PumpPort, type PumpSetup, type RingView } from '../device'
import { FrameWriter, frameCost, NET_WINDOW, RECORD_BYTES, REPORT_BYTES, readRecord, takenRecord } from './batch'
import { DatagramPace } from './datagram-pace'
import { entriesFor, Receive } from './receive'
import { Transmit } from './transmit'

/** How soon it is looked whether the guest has read its datagrams; twice as late each time it has not, up to so long. */
const PACE_MS = 1
export const PACE_MOST_MS = 16

/** Packets in one turn; a guest that sends as fast as we take must not hold the thread. */
const PACKETS_PER_TURN = 256

/**
 * A packet up to this length that is the only one unanswered is answered with what comes next for the guest, or after so long: an echo
 * or an acknowledgement would wake the guest twice. Longer ones hold back what TCP sends next (Linux counts them until they are answered).
 */
const LONE_BYTES = 512
const LONE_MS = 20

const POSITION = fields({ consumed: within(0, 0xffff_ffff), produced: within(0, 0xffff_ffff) })
const STATE = fields({ version: oneOf(1), transmit: POSITION, receive: POSITION })

export function makeNetPump(setup: PumpSetup): Result<DevicePump, string> {
  const { guest, connect } = setup
  const keys: Keys = connect.frontend
  const [txRef, rxRef, port] = ['tx-ring-ref', 'rx-ring-ref', 'event-channel'].map((name) => keyU32(keys[name]))
  if (txRef === undefined || rxRef === undefined) return err('the frontend gave no rings')
  if (port === undefined) return err('the frontend gave no event channel')
  const tx = GrantedRing.map(guest, [txRef])
  const rx = GrantedRing.map(guest, [rxRef])
  if (!tx || !rx) return err('a ring is not granted')
  let saved: { transmit: { consumed: number; produced: number }; receive: { consumed: number; produced: number } } | undefined
  if (setup.state) {
    const form = readJson(setup.state)
    if (
      !STATE.is(form) ||
      form.transmit.consumed !== form.transmit.produced ||
      form.receive.consumed !== form.receive.produced
    ) {
      return err('its saved state makes no sense')
    }
    saved = form
  }
  const transmit = new BackRing(guest, tx, NETIF_TX_ENTRY, saved?.transmit)
  const receive = new BackRing(guest, rx, NETIF_RX_ENTRY, saved?.receive)
  return ok(new NetPump(guest, setup.failed, transmit, receive, port))
}

class NetPump implements DevicePump {
  readonly ports: readonly number[]
  private readonly fail: (reason: string) => void
  private readonly port: number
  private readonly tx: BackRing
  private readonly rx: BackRing
  private readonly transmit: Transmit
  private readonly receiver: Receive
  private readonly writer = new FrameWriter()
  private readonly pace: DatagramPace
  private service: PumpPort | undefined
  /** Frames for the guest that wait for entries of its ring. */
  private waiting: Frame[] = []
  /** Bytes given to the service that it has not reported, and those received that we have not; of these, what is done with. */
  private inFlight = 0
  private unreported = 0
  private done = 0
  private closed = false
  private lookAgain: NodeJS.Immediate | undefined
  /** The longest packet of which the guest has not seen the answer, and the timer that shows a lone one's. */
  private longest = 0
  private answerLater: NodeJS.Timeout | undefined
  /** While datagrams wait for the guest to read those before them. */
  private paced: NodeJS.Timeout | undefined
  private paceMs = PACE_MS

  constructor(guest: GuestAccess, fail: (reason: string) => void, tx: BackRing, rx: BackRing, port: number) {
    this.fail = fail
    this.tx = tx
    this.rx = rx
    this.port = port
    this.ports = [port]
    this.transmit = new Transmit(guest, tx)
    this.receiver = new Receive(guest, rx)
    this.pace = new DatagramPace(guest, port)
  }

  signal(): void {
    // A packet is there, and will be sent: the guest also rings for new entries of its RX ring.
    if (this.inFlight < NET_WINDOW && this.tx.waiting() > 0) this.service?.wake()
    this.work()
  }

  attach(service: PumpPort): void {
    this.service = service
    this.work()
  }

  detach(): void {
    this.service = undefined
    this.waiting = []
    this.inFlight = 0
    this.unreported = 0
    this.done = 0
  }

  save(): Uint8Array {
    const state = { version: 1, transmit: this.tx.position, receive: this.rx.position }
    return jsonBytes(state)
  }

  rings(): readonly RingView[] {
    return [
      { name: 'tx', ...this.tx.view },
      { name: 'rx', ...this.rx.view },
    ]
  }

  close(): void {
    this.closed = true
    this.service = undefined
    this.waiting = []
    if (this.lookAgain) clearImmediate(this.lookAgain)
    clearTimeout(this.answerLater)
    clearTimeout(this.paced)
  }

  receive(body: Uint8Array, view: DataView): string | undefined {
    const record = readRecord(body, view)
    if (typeof record === 'string') return record
    if (record.kind === 'taken') {
      if (record.bytes > this.inFlight) return 'more reported than was sent'
      const full = this.inFlight >= NET_WINDOW
      this.inFlight -= record.bytes
      if (!full) return undefined
    } else {
      if (this.unreported + record.bytes > NET_WINDOW + 2 * RECORD_BYTES) return 'more than the window'
      this.unreported += record.bytes
      for (const frame of record.frames) this.waiting.push(frame)
    }
    this.work()
    return undefined
  }

  /** Moves what can be moved, both ways. */
  private work(): void {
    if (this.closed) return
    if (!this.tx.intact || !this.rx.intact) {
      this.broken('a ring is not granted any more')
      return
    }
    const delivered = this.deliver()
    // With nothing to collect the guest need not wait until that is found out and asked for.
    if (delivered && this.tx.waiting() === 0 && this.rx.publish(this.port)) this.answer()
    if (!delivered || !this.collect()) {
      this.broken('the ring makes no sense')
      return
    }
    const { unshown } = this.tx
    if (this.rx.publish(this.port)) this.answer()
    // After the link has sent what was collected: waking the guest can wait, the packet cannot.
    else if (unshown > 0) queueMicrotask(() => this.answerSoon(unshown))
  }

  private answerSoon(unshown: number): void {
    if (unshown > 1 || this.longest > LONE_BYTES) this.answer()
    else if (!this.closed) this.answerLater ??= setTimeout(() => this.answer(), LONE_MS)
  }

  /** Shows the guest what was answered of its packets. */
  private answer(): void {
    clearTimeout(this.answerLater)
    this.answerLater = undefined
    this.longest = 0
    if (!this.closed) this.tx.publish(this.port)
  }

  private broken(reason: string): void {
    this.closed = true
    this.fail(reason)
  }

  /** From the service to the guest. False: the ring is broken. */
  private deliver(): boolean {
    let taken = 0
    let count = 0
    if (this.waiting.length > 0) this.pace.turn()
    for (; count < this.waiting.length; count++) {
      const frame = this.waiting[count]
      if (!frame) break
      const entries = entriesFor(frame)
      let there = this.rx.waiting()
      if (there === BROKEN_RING) return false
      if (there < entries) {
        // Woken when there are enough of them.
        if (this.rx.sleep(entries)) break
        there = this.rx.waiting()
        if (there === BROKEN_RING) return false
        if (there < entries) break
      }
      if (!this.pace.admits(frame)) {
        this.lookWhenRead(count > 0)
        break
      }
      this.receiver.put(frame)
      taken += frameCost(frame.bytes.length)
    }
    if (count > 0) this.waiting.splice(0, count)
    this.done += taken
    if (this.done >= REPORT_BYTES) this.report()
    if (this.waiting.length > 0 && !this.paced) this.lookLater()
    return true
  }

  /** From the guest to the service. False: the ring is broken. */
  private collect(): boolean {
    for (let packets = 0; packets < PACKETS_PER_TURN; packets++) {
      // With a full window packets stay in the ring; a report brings us here again.
      if (!this.service || this.inFlight >= NET_WINDOW) {
        this.flush()
        return true
      }
      let there = this.tx.waiting()
      if (there === 0) {
        if (this.tx.sleep()) {
          this.flush()
          this.lookLater()
          return true
        }
        there = this.tx.waiting()
      }
      if (there === BROKEN_RING) return false
      const frame = this.transmit.take(there)
      if (frame === 'broken') return false
      if (!frame) continue
      this.longest = Math.max(this.longest, frame.bytes.length)
      if (!this.writer.fits(frame.bytes.length)) this.flush()
      this.writer.add(frame)
      this.inFlight += frameCost(frame.bytes.length)
    }
    this.flush()
    this.lookLater()
    return true
  }

  private flush(): void {
    if (this.writer.count === 0) return
    this.service?.send(...this.writer.take().parts)
    this.report()
  }

  private report(): void {
    if (this.done === 0) return
    this.service?.send(takenRecord(this.done))
    this.unreported -= this.done
    this.done = 0
  }

  /** `moved`: it has read some since the last look. */
  private lookWhenRead(moved: boolean): void {
    this.paceMs = moved ? PACE_MS : Math.min(2 * this.paceMs, PACE_MOST_MS)
    this.paced ??= setTimeout(() => {
      this.paced = undefined
      this.work()
    }, this.paceMs)
  }

  /** The guest may have published before it saw our wish to be told (ring/back-ring.ts): look once more, a turn later. */
  private lookLater(): void {
    this.lookAgain ??= setImmediate(() => {
      this.lookAgain = undefined
      if (this.closed) return
      const first = this.waiting[0]
      const more = this.service && this.inFlight < NET_WINDOW && this.tx.waiting() !== 0
      if (more || (first && !this.paced && this.rx.waiting() >= entriesFor(first))) this.work()
    })
  }
}
