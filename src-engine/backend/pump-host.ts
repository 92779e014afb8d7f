// The pumps of one domain, in its own process: made when domain 0 connects a device, joined to whatever link there is, told of the
// guest's signals, saved with the domain. A pump outlives links; only DEV_DISCONNECT, a fresh connection, a broken ring or the end
// of the domain end it.
// Invariant: an event channel belongs to one pump at most. Runs in: main thread of the domain's process.
import { fromUtf8, utf8 } from '../lib/bytes'
import type { Log } from '../lib/log'
import type { BounceArea } from '../link/bounce-file'
import { DEVICE_CONNECT, type DeviceConnect } from '../public/protocol/link'
import { err, ok, type Result } from '../public/result'
import type { GuestAccess } from '../ring/guest-access'
import type { DevicePump, PumpMaker, RingView } from './device'

/** Devices one domain may have at one time; domain 0 has no more channels to give than it made devices. */
const PUMP_LIMIT = 64

/** The link's part in it. */
export interface PumpLink {
  send(channel: number, ...parts: readonly Uint8Array[]): void
  wake(): void
  readonly bounce: BounceArea | undefined
  connected(channel: number, error: string | undefined): void
  disconnected(key: string, reason: string): void
}

export interface SavedPump {
  /** The DEV_CONNECT it was made from, as JSON. */
  readonly connect: string
  readonly state: Uint8Array
}

interface Hosted {
  readonly connect: DeviceConnect
  readonly pump: DevicePump
  channel: number
}

/** Hears of devices that cannot go on, by key, as PumpSetup has it. A device that ends is told as one that can. */
export interface StallListener {
  stalled(key: string, reason: string): void
  unstalled(key: string): void
}

export class PumpHost {
  private readonly guest: GuestAccess
  private readonly makers: ReadonlyMap<string, PumpMaker>
  private readonly reserved: readonly number[]
  private readonly log: Log
  private readonly stalls: StallListener | undefined
  private readonly hosted = new Map<string, Hosted>()
  private readonly byChannel = new Map<number, Hosted>()
  private readonly byPort = new Map<number, DevicePump>()
  private link: PumpLink | undefined

  /** `reserved`: ports of the store and the console, which are no device's. */
  constructor(
    guest: GuestAccess,
    makers: ReadonlyMap<string, PumpMaker>,
    reserved: readonly number[],
    log: Log,
    stalls?: StallListener,
  ) {
    this.guest = guest
    this.makers = makers
    this.reserved = reserved
    this.log = log
    this.stalls = stalls
  }

  /** The guest has sent on a port that is neither the store's nor the console's. */
  signal(port: number): void {
    this.byPort.get(port)?.signal(port)
  }

  /** Devices, their ports and rings, for people. */
  get view(): readonly { readonly key: string; readonly ports: readonly number[]; readonly rings: readonly RingView[] }[] {
    return [...this.hosted].map(([key, { pump }]) => ({ key, ports: pump.ports, rings: pump.rings?.() ?? [] }))
  }

  linkUp(link: PumpLink): void {
    this.linkDown()
    this.link = link
  }

  linkDown(): void {
    this.link = undefined
    this.byChannel.clear()
    for (const hosted of this.hosted.values()) {
      if (hosted.channel === 0) continue
      hosted.channel = 0
      hosted.pump.detach()
    }
  }

  /** DEV_CONNECT. Returns what is wrong with the record itself; a frontend's bad keys are answered. */
  connect(channel: number, body: Uint8Array): string | undefined {
    const { link } = this
    const connect = parse(utf8(body))
    if (!connect || channel === 0 || this.byChannel.has(channel)) return 'bad DEV_CONNECT'
    if (!link) return undefined
    const { key, fresh } = connect
    if (fresh) this.end(key)
    let hosted = this.hosted.get(key)
    if (hosted && hosted.channel !== 0) return `${key} is connected already`
    if (!hosted) {
      const made = this.make(connect, undefined)
      if (!made.ok) {
        link.connected(channel, made.error.slice(0, 1000))
        return undefined
      }
      hosted = made.value
    }
    hosted.channel = channel
    this.byChannel.set(channel, hosted)
    link.connected(channel, undefined)
    hosted.pump.attach({
      send: (...parts) => {
        if (this.byChannel.get(channel)?.connect.key === key && this.link === link) link.send(channel, ...parts)
      },
      wake: () => {
        if (this.link === link) link.wake()
      },
      get bounce() {
        return link.bounce
      },
    })
    return undefined
  }

  /** DEV_DISCONNECT. */
  disconnect(key: string): void {
    this.end(key)
    this.link?.disconnected(key, '')
  }

  /** DEV_DATA. */
  receive(channel: number, body: Uint8Array, view: DataView): string | undefined {
    return this.byChannel.get(channel)?.pump.receive(body, view)
  }

  /** The domain goes on. */
  retry(): void {
    for (const { pump } of this.hosted.values()) pump.retry?.()
  }

  /** Only while the vcpus stand still. */
  save(): SavedPump[] {
    return [...this.hosted.values()].map(({ connect, pump }) => ({ connect: JSON.stringify(connect), state: pump.save() }))
  }

  /** Before the first link. Says what is wrong with a saved state. */
  load(saved: readonly SavedPump[]): string | undefined {
    for (const { connect, state } of saved) {
      const form = parse(connect)
      if (!form || this.hosted.has(form.key)) return 'bad device'
      const made = this.make(form, state)
      if (!made.ok) return `${form.key}: ${made.error}`
    }
    return undefined
  }

  dispose(): void {
    for (const key of [...this.hosted.keys()]) this.end(key)
  }

  private make(connect: DeviceConnect, state: Uint8Array | undefined): Result<Hosted, string> {
    const { key } = connect
    const maker = this.makers.get(key.split('/')[0] ?? '')
    if (!maker) return err('this domain knows no such device')
    if (this.hosted.size >= PUMP_LIMIT) return err('too many devices')
    const made = maker({
      guest: this.guest,
      connect,
      state,
      failed: (reason) => this.failed(key, pump, reason),
      stalled: (reason) => this.stalls?.stalled(key, reason),
      unstalled: () => this.stalls?.unstalled(key),
    })
    if (!made.ok) return made
    const pump = made.value
    const bound: number[] = []
    for (const port of pump.ports) {
      if (this.reserved.includes(port) || this.byPort.has(port) || !this.guest.bind(port)) {
        for (const one of bound) this.guest.unbind(one)
        return err(`event channel ${port} is not for this device`)
      }
      bound.push(port)
    }
    for (const port of bound) this.byPort.set(port, pump)
    const hosted: Hosted = { connect, pump, channel: 0 }
    this.hosted.set(key, hosted)
    return ok(hosted)
  }

  private failed(key: string, pump: DevicePump, reason: string): void {
    if (this.hosted.get(key)?.pump !== pump) return
    this.log('warning', `${key}: ${reason}`)
    const told = this.hosted.get(key)?.channel !== 0
    this.end(key)
    if (told) this.link?.disconnected(key, reason)
  }

  private end(key: string): void {
    const hosted = this.hosted.get(key)
    if (!hosted) return
    this.hosted.delete(key)
    if (hosted.channel !== 0) {
      this.byChannel.delete(hosted.channel)
      hosted.pump.detach()
    }
    hosted.pump.close()
    this.stalls?.unstalled(key)
    for (const port of hosted.pump.ports) {
      this.byPort.delete(port)
      this.guest.unbind(port)
    }
  }
}

function parse(text: string): DeviceConnect | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return DEVICE_CONNECT.is(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Body of DEV_DISCONNECTED. */
export function disconnectedBody(key: string, reason: string): Uint8Array {
  return fromUtf8(`${key}\0${reason.slice(0, 1000)}`)
}
