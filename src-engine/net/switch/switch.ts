// The software switch of one virtual network: it learns which port a station is behind, passes frames for it there and floods
// the rest. A frame for one station goes by reference, however long it is.
// MACs are unique: a port's own MAC belongs to it, and a frame that claims another port's is dropped. Other source addresses
// (a bridge inside a guest) are learned, aged and limited for each port, so one guest cannot push others out of the table.
// Invariant: a frame never goes back to the port it came from. Runs in: domain 0.
import type { Clock } from '../../lib/clock'
import { err, ok, type Result } from '../../public/result'
import { isGroupMac, readMac } from './address'
import type { Capture } from './capture'
import { type Frame, lengthIsGood, type Offload } from './frame'
import { adapt, offloadIsGood } from './offload'
import { Shaper } from './shaper'

export interface PortOptions {
  readonly name: string
  /** The station's own address; a port without one only learns. */
  readonly mac: number | undefined
  readonly offload: Offload
  /** A frame for this port. It may send in turn, but must not block. */
  deliver(frame: Frame): void
  /** Limit in each direction, bytes a second. */
  readonly rate?: number | undefined
  readonly capture?: Capture | undefined
}

/** Seen from the port: sent by it, received by it. */
export interface PortCounters {
  sentFrames: number
  sentBytes: number
  receivedFrames: number
  receivedBytes: number
  /** Too short, too long, flags that do not fit. */
  malformed: number
  /** Source address of another port, or of a group. */
  spoofed: number
  /** Beyond the rate limit. */
  limited: number
  flooded: number
  /** Sent by it and dropped by a fault of ours. */
  failed: number
}

export const STATION_AGE_MS = 300_000
export const STATIONS_PER_PORT = 64

interface Station {
  readonly port: SwitchPort
  seenAt: number
}

export class SwitchPort {
  readonly options: PortOptions
  readonly counters: PortCounters = {
    sentFrames: 0,
    sentBytes: 0,
    receivedFrames: 0,
    receivedBytes: 0,
    malformed: 0,
    spoofed: 0,
    limited: 0,
    flooded: 0,
    failed: 0,
  }
  /** Stations learned here beside its own. */
  stations = 0
  private readonly owner: Switch
  private readonly inward: Shaper | undefined
  private readonly outward: Shaper | undefined
  private attached = true

  constructor(owner: Switch, options: PortOptions, clock: Clock) {
    this.owner = owner
    this.options = options
    if (options.rate !== undefined) {
      this.inward = new Shaper(clock, options.rate, (frame) => this.owner.forward(this, frame))
      this.outward = new Shaper(clock, options.rate, (frame) => this.hand(frame))
    }
  }

  /** A frame from the station. */
  send(frame: Frame): void {
    if (!this.attached) return
    const { counters } = this
    if (!lengthIsGood(frame) || !offloadIsGood(frame)) {
      counters.malformed++
      return
    }
    if (!this.owner.learn(this, readMac(frame.bytes, 6))) {
      counters.spoofed++
      return
    }
    counters.sentFrames++
    counters.sentBytes += frame.bytes.length
    this.options.capture?.record(frame)
    if (!this.inward) this.owner.forward(this, frame)
    else if (!this.inward.offer(frame)) counters.limited++
  }

  /** A frame for the station. */
  receive(frame: Frame): void {
    if (!this.outward) this.hand(frame)
    else if (!this.outward.offer(frame)) this.counters.limited++
  }

  detach(): void {
    if (!this.attached) return
    this.attached = false
    this.inward?.dispose()
    this.outward?.dispose()
    this.owner.forget(this)
  }

  private hand(frame: Frame): void {
    this.counters.receivedFrames++
    this.counters.receivedBytes += frame.bytes.length
    this.options.capture?.record(frame)
    adapt(frame, this.options.offload, this.options.deliver)
  }
}

export class Switch {
  private readonly clock: Clock
  private readonly ports = new Set<SwitchPort>()
  private readonly owners = new Map<number, SwitchPort>()
  private readonly stations = new Map<number, Station>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** A new port; the error is the name of the port that has this MAC. */
  attach(options: PortOptions): Result<SwitchPort, string> {
    const { mac } = options
    const owner = mac === undefined ? undefined : this.owners.get(mac)
    if (owner) return err(owner.options.name)
    const port = new SwitchPort(this, options, this.clock)
    this.ports.add(port)
    if (mac !== undefined) {
      this.owners.set(mac, port)
      // It may have been learned behind another port.
      this.drop(mac)
    }
    return ok(port)
  }

  /** Whether the address is some port's own. */
  isOwned(mac: number): boolean {
    return this.owners.has(mac)
  }

  /** The own address of the port a station is behind; undefined: it was not learned. */
  interfaceOf(mac: number): number | undefined {
    return this.owners.has(mac) ? mac : this.station(mac)?.options.mac
  }

  /** Whether a station of this address is behind another port now. */
  isElsewhere(mac: number, port: SwitchPort): boolean {
    const station = this.station(mac)
    return station !== undefined && station !== port
  }

  /** For the port. False: the address is not its to use. */
  learn(port: SwitchPort, mac: number): boolean {
    if (mac === port.options.mac) return true
    if (mac === 0 || isGroupMac(mac) || this.owners.has(mac)) return false
    const known = this.stations.get(mac)
    const now = this.clock.now()
    if (known?.port === port) {
      known.seenAt = now
      return true
    }
    if (known) this.drop(mac)
    // A full table: the station is not learned, frames for it are flooded.
    if (port.stations >= STATIONS_PER_PORT) this.age(now)
    if (port.stations < STATIONS_PER_PORT) {
      this.stations.set(mac, { port, seenAt: now })
      port.stations++
    }
    return true
  }

  /** For the port: a frame that may pass. */
  forward(from: SwitchPort, frame: Frame): void {
    const mac = readMac(frame.bytes, 0)
    if (!isGroupMac(mac)) {
      const target = this.owners.get(mac) ?? this.station(mac)
      if (target) {
        if (target !== from) target.receive(frame)
        return
      }
    }
    from.counters.flooded++
    for (const port of this.ports) if (port !== from) port.receive(frame)
  }

  /** For the port: it is gone. */
  forget(port: SwitchPort): void {
    this.ports.delete(port)
    if (port.options.mac !== undefined) this.owners.delete(port.options.mac)
    for (const [mac, station] of this.stations) if (station.port === port) this.stations.delete(mac)
  }

  private station(mac: number): SwitchPort | undefined {
    const station = this.stations.get(mac)
    if (!station) return undefined
    if (this.clock.now() - station.seenAt <= STATION_AGE_MS) return station.port
    this.drop(mac)
    return undefined
  }

  private age(now: number): void {
    for (const [mac, { seenAt }] of this.stations) if (now - seenAt > STATION_AGE_MS) this.drop(mac)
  }

  private drop(mac: number): void {
    const station = this.stations.get(mac)
    if (!station) return
    station.port.stations--
    this.stations.delete(mac)
  }
}
