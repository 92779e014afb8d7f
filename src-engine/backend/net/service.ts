// A network interface in domain 0: a port of a virtual network on one side, the pump on the other, with a window towards the pump and
// a queue behind it; what does not fit there is dropped and counted, as by any network card. What may be sent as it is (super frames,
// blank checksums) depends on what the frontend said; the switch makes the rest fit.
// Nothing is kept that a new domain 0 would miss. Runs in: domain 0.

import { toKeep } from '../../lib/bytes'
import type { NetworkPort } from '../../net/network'
import type { Networks } from '../../net/networks'
import type { Frame } from '../../net/switch/frame'
import type { Device, Nic } from '../../public/protocol/device'
import { err, ok, type Result } from '../../public/result'
import type { DeviceService, Keys, ServicePort, ServiceSetup } from '../device'
import { FrameWriter, NET_WINDOW, REPORT_BYTES, readRecord, takenRecord } from './batch'

/** Behind the window. */
const QUEUE_BYTES = 2 * 1024 * 1024
const QUEUE_FRAMES = 1024
const GONE = err('The interface was taken away.')

export class NetService implements DeviceService {
  private nic: Nic
  private readonly setup: ServiceSetup
  private readonly networks: Networks
  /** Read by the switch for each frame. */
  private readonly offload = { blankChecksum: false, gso: false }
  private network: NetworkPort | undefined
  private closed = false
  /** The last change that was asked for: the next one begins when it is done. */
  private changing: Promise<unknown> = Promise.resolve()
  private port: ServicePort | undefined
  private inFlight = 0
  /** Bytes received and done with that the pump does not know of. */
  private done = 0
  private queue: Frame[] = []
  private queuedBytes = 0
  private scheduled = false
  private dropped = 0
  /** Counted on ports of before. */
  private earlier = { sentFrames: 0, sentBytes: 0, receivedFrames: 0, receivedBytes: 0 }

  constructor(nic: Nic, setup: ServiceSetup, networks: Networks) {
    this.nic = nic
    this.setup = setup
    this.networks = networks
  }

  async open(): Promise<Result<Keys, string>> {
    const { nic } = this
    const joined = await this.join(nic)
    if (!joined.ok) return joined
    return ok({
      'feature-rx-copy': '1',
      'feature-rx-flip': '0',
      'feature-sg': '1',
      'feature-gso-tcpv4': '1',
      'feature-gso-tcpv6': '0',
      'feature-ipv6-csum-offload': '0',
      'feature-split-event-channels': '0',
      'hotplug-status': 'connected',
    })
  }

  private async join(nic: Nic): Promise<Result<undefined, string>> {
    if (this.closed) return GONE
    const name = `${this.setup.handle} vif/${nic.index}`
    const attached = await this.networks.attach(nic, name, this.offload, (frame) => this.deliver(frame))
    if (!attached.ok) return attached
    if (this.closed) {
      attached.value.detach()
      return GONE
    }
    this.nic = nic
    this.network = attached.value
    return ok(undefined)
  }

  change(device: Device): Promise<Result<undefined, string>> {
    const done = this.changing.then(() => this.changeNow(device))
    this.changing = done.catch(() => {})
    return done
  }

  /** The network sees the old port go before the new one comes: both have the same MAC address. */
  private async changeNow(device: Device): Promise<Result<undefined, string>> {
    if (device.kind !== 'vif' || device.index !== this.nic.index) return err('this is another device')
    const before = this.nic
    if (device.mac !== before.mac) return err('a MAC address changes only when the interface is made anew')
    const { link: _, ...rest } = device
    const { link: __, ...was } = before
    if (JSON.stringify(rest) === JSON.stringify(was)) {
      this.nic = device
      return ok(undefined)
    }
    const { sentFrames = 0, sentBytes = 0, receivedFrames = 0, receivedBytes = 0 } = this.network?.counters ?? {}
    this.earlier = {
      sentFrames: this.earlier.sentFrames + sentFrames,
      sentBytes: this.earlier.sentBytes + sentBytes,
      receivedFrames: this.earlier.receivedFrames + receivedFrames,
      receivedBytes: this.earlier.receivedBytes + receivedBytes,
    }
    this.network?.detach()
    this.network = undefined
    const joined = await this.join(device)
    if (joined.ok || this.closed) return joined
    const back = await this.join(before)
    return back.ok ? joined : err(`${joined.error} It is without a network now: ${back.error}`)
  }

  connect(frontend: Keys): Result<{ pump: Keys; keys: Keys }, string> {
    if (frontend['request-rx-copy'] !== '1') return err('the frontend does not want its packets copied')
    // Without scatter/gather a packet is one page.
    this.offload.gso = frontend['feature-sg'] === '1' && frontend['feature-gso-tcpv4'] === '1'
    this.offload.blankChecksum = frontend['feature-no-csum-offload'] !== '1'
    return ok({ pump: {}, keys: {} })
  }

  attach(port: ServicePort): void {
    this.forget()
    this.port = port
  }

  detach(): void {
    this.port = undefined
    this.forget()
  }

  async settle(): Promise<void> {
    this.detach()
  }

  async close(): Promise<void> {
    this.closed = true
    this.detach()
    this.network?.detach()
    this.network = undefined
  }

  counters() {
    const { network, earlier } = this
    const { sentFrames = 0, sentBytes = 0, receivedFrames = 0, receivedBytes = 0 } = network?.counters ?? {}
    const { malformed = 0, spoofed = 0, limited = 0, failed = 0 } = network?.counters ?? {}
    return {
      readBytes: earlier.receivedBytes + receivedBytes,
      writtenBytes: earlier.sentBytes + sentBytes,
      readRequests: earlier.receivedFrames + receivedFrames,
      writeRequests: earlier.sentFrames + sentFrames,
      errors: malformed + spoofed + limited + failed + this.dropped,
    }
  }

  receive(body: Uint8Array, view: DataView): string | undefined {
    const record = readRecord(body, view)
    if (typeof record === 'string') return record
    if (record.kind === 'taken') {
      if (record.bytes > this.inFlight) return 'more reported than was sent'
      this.inFlight -= record.bytes
      this.push()
      return undefined
    }
    if (this.nic.link !== 'down') for (const frame of record.frames) this.network?.send(frame)
    // Done with at once: the switch hands frames on or drops them. An answer of the network's takes the report along.
    this.done += record.bytes
    if (this.done >= REPORT_BYTES) this.report()
    return undefined
  }

  /** A frame for the guest. */
  private deliver(frame: Frame): void {
    if (!this.port || this.nic.link === 'down') return
    const { length } = frame.bytes
    if (this.queue.length >= QUEUE_FRAMES || this.queuedBytes + length > QUEUE_BYTES) {
      this.dropped++
      return
    }
    this.queue.push({ ...frame, bytes: toKeep(frame.bytes) })
    this.queuedBytes += length
    if (this.scheduled) return
    this.scheduled = true
    // Frames of one turn go together.
    queueMicrotask(() => {
      this.scheduled = false
      this.push()
    })
  }

  private push(): void {
    const { port, queue } = this
    if (!port) return
    const writer = new FrameWriter()
    let count = 0
    const flush = (): void => {
      if (writer.count === 0) return
      const { parts, bytes } = writer.take()
      this.inFlight += bytes
      port.send(...parts)
    }
    for (const frame of queue) {
      if (!writer.fits(frame.bytes.length)) flush()
      if (this.inFlight >= NET_WINDOW) break
      writer.add(frame)
      this.queuedBytes -= frame.bytes.length
      count++
    }
    flush()
    if (count === 0) return
    queue.splice(0, count)
    this.report()
  }

  private report(): void {
    if (this.done === 0) return
    this.port?.send(takenRecord(this.done))
    this.done = 0
  }

  private forget(): void {
    this.inFlight = 0
    this.done = 0
    this.queue = []
    this.queuedBytes = 0
  }
}
