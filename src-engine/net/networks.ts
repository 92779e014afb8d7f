// All virtual networks of this domain 0, by name, and the interfaces on them. `default` is there from the start. A network whose
// definition changes is made anew beneath its interfaces; one that is stopped or not defined any more leaves them without anything to
// talk to until it is back. Leases outlive a new definition, and domain 0 in a file.
// Invariant: a port given out by `attach` stays good until it is detached. Runs in: domain 0.
import { open } from 'node:fs/promises'
import type { Clock } from '../lib/clock'
import type { Log } from '../lib/log'
import { DEFAULT_NETWORK, type Network, type NetworkLease, type Nic } from '../public/protocol/device'
import { err, ok, type Result } from '../public/result'
import { LeaseFile } from './dhcp/lease-file'
import type { Lease, LeaseKeeper } from './dhcp/leases'
import type { Host } from './host'
import { type Attachment, checkNetwork, type NetworkPort, VirtualNetwork } from './network'
import { ipText, macText } from './switch/address'
import { Capture, type CaptureFile } from './switch/capture'
import type { Frame, Offload } from './switch/frame'
import type { PortCounters } from './switch/switch'

const NO_COUNTERS: PortCounters = {
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

/** An interface, and where it is now. */
interface Line {
  readonly network: string
  readonly attachment: Attachment
  readonly capture: Capture | undefined
  readonly capturePath: string | undefined
  port: NetworkPort | undefined
  before: PortCounters
  /** Nobody waits for its port forwards to listen any more. */
  readonly settled: () => void
}

export class Networks {
  log: Log = () => {}
  private readonly clock: Clock
  private readonly host: Host
  private readonly networks = new Map<string, VirtualNetwork>()
  /** Defined, and switched off. */
  private stopped: ReadonlySet<string> = new Set()
  private readonly leases = new Map<string, readonly Lease[]>()
  private file: LeaseFile | undefined
  private readonly lines = new Set<Line>()
  /** Capture files on their way to be closed: one that is opened again waits. */
  private readonly closing = new Map<string, Promise<void>>()

  constructor(clock: Clock, host: Host) {
    this.clock = clock
    this.host = host
    this.add(DEFAULT_NETWORK)
  }

  /** Before the first interface: leases are in this file, those of an earlier domain 0 too. */
  keepLeases(path: string): void {
    this.file = new LeaseFile(path, this.clock, (level, text) => this.log(level, text))
    for (const network of [...this.networks.values()]) {
      network.dispose()
      this.add(network.definition)
    }
  }

  /** All networks there are from now on; `default` stays unless it is defined otherwise. The error is a sentence. */
  define(definitions: readonly Network[]): Result<undefined, string> {
    const wanted = new Map([[DEFAULT_NETWORK.name, DEFAULT_NETWORK]])
    for (const definition of definitions) {
      const wrong = checkNetwork(definition)
      if (wrong !== undefined) return err(`Network ${definition.name}: ${wrong}.`)
      wanted.set(definition.name, definition)
    }
    this.stopped = new Set([...wanted.values()].filter(({ stopped }) => stopped === true).map(({ name }) => name))
    for (const name of this.stopped) wanted.delete(name)
    for (const [name, network] of this.networks) {
      const next = wanted.get(name)
      if (next && JSON.stringify(next) === JSON.stringify(network.definition)) continue
      for (const line of this.lines) {
        if (line.network !== name) continue
        this.unplug(line)
        // A forward that was closed before it listened says nothing; another one speaks for it where the network comes again.
        if (!next) line.settled()
      }
      network.dispose()
      this.networks.delete(name)
    }
    for (const [name, definition] of wanted) {
      if (this.networks.has(name)) continue
      this.add(definition)
      for (const line of this.lines) {
        const plugged = line.network === name ? this.plug(line) : undefined
        if (plugged && !plugged.ok) this.log('warning', `network ${name}: ${plugged.error}`)
      }
    }
    return ok(undefined)
  }

  /** Addresses the network gave that are not over, or undefined when there is no such network. */
  leasesOf(network: string): NetworkLease[] | undefined {
    const found = this.networks.get(network)
    if (!found) return this.stopped.has(network) ? [] : undefined
    const now = this.clock.now()
    return found.leases
      .all()
      .filter(({ until }) => until > now)
      .map(({ mac, address, name, until }) => ({
        mac: macText(mac),
        address: ipText(address),
        ...(name === undefined ? {} : { name }),
        ...(Number.isSafeInteger(until) ? { untilMs: until } : {}),
      }))
  }

  /** Puts an interface on its network. Resolves when its port forwards listen, which those of a stopped network do once it is
      started; the error is a sentence. */
  async attach(
    nic: Nic,
    name: string,
    offload: Offload,
    deliver: (frame: Frame) => void,
  ): Promise<Result<NetworkPort, string>> {
    if (!this.networks.has(nic.network) && !this.stopped.has(nic.network)) return err(`There is no network ${nic.network}.`)
    let capture: Capture | undefined
    if (nic.capture !== undefined) {
      const opened = await this.openCapture(nic.capture, name)
      if (!opened.ok) return opened
      capture = opened.value
    }
    let waiting = nic.forwards.length
    let problem: string | undefined
    let settled: () => void = () => {}
    const ready = new Promise<void>((resolve) => {
      settled = resolve
    })
    const line: Line = {
      network: nic.network,
      port: undefined,
      before: NO_COUNTERS,
      settled,
      capture,
      capturePath: nic.capture,
      attachment: {
        name,
        mac: nic.mac,
        offload,
        forwards: nic.forwards,
        rateKiB: nic.rateKiB,
        capture,
        deliver,
        forwardReady: (forward, port, error) => {
          const at = `${forward.hostAddress ?? '127.0.0.1'}:${forward.hostPort}`
          if (error !== undefined) problem ??= `The forwarded port ${forward.protocol} ${at} cannot be opened: ${error}.`
          else if (port !== undefined)
            this.log('info', `${name}: ${forward.protocol} port ${port} leads to port ${forward.guestPort} of the guest`)
          if (--waiting <= 0) settled()
        },
      },
    }
    const plugged = this.plug(line)
    if (!plugged.ok) {
      await capture?.close()
      return err(`Network ${nic.network}: ${plugged.error}.`)
    }
    this.lines.add(line)
    if (waiting > 0 && line.port) await ready
    if (problem !== undefined) {
      this.detach(line)
      return err(problem)
    }
    return ok(this.portOf(line))
  }

  dispose(): void {
    for (const line of this.lines) this.detach(line)
    for (const network of this.networks.values()) network.dispose()
    this.networks.clear()
    this.file?.close()
  }

  private async openCapture(path: string, name: string): Promise<Result<Capture, string>> {
    try {
      await this.closing.get(path)
      const file = await open(path, 'w')
      const target: CaptureFile = {
        write: async (bytes) => {
          await file.write(bytes)
        },
        close: () => file.close(),
      }
      return ok(new Capture(this.clock, target, (text) => this.log('warning', `capture of ${name}: ${text}`)))
    } catch (error) {
      return err(`The capture file cannot be written: ${error instanceof Error ? error.message : String(error)}.`)
    }
  }

  private portOf(line: Line): NetworkPort {
    return {
      get counters() {
        return sum(line.before, line.port?.counters ?? NO_COUNTERS)
      },
      send: (frame) => line.port?.send(frame),
      address: () => line.port?.address(),
      detach: () => this.detach(line),
    }
  }

  private detach(line: Line): void {
    this.lines.delete(line)
    this.unplug(line)
    const { capture, capturePath } = line
    if (!capture || capturePath === undefined) return
    const closed = capture
      .close()
      .catch((error: unknown) => this.log('warning', `capture: ${String(error)}`))
      .then(() => {
        if (this.closing.get(capturePath) === closed) this.closing.delete(capturePath)
      })
    this.closing.set(capturePath, closed)
  }

  private plug(line: Line): Result<undefined, string> {
    const attached = this.networks.get(line.network)?.attach(line.attachment)
    if (!attached) return ok(undefined)
    if (!attached.ok) return attached
    line.port = attached.value
    return ok(undefined)
  }

  private unplug(line: Line): void {
    if (!line.port) return
    line.before = sum(line.before, line.port.counters)
    line.port.detach()
    line.port = undefined
  }

  private add(definition: Network): void {
    const { name } = definition
    const keeper: LeaseKeeper = {
      load: () => this.leases.get(name) ?? this.file?.of(name) ?? [],
      save: (leases) => {
        this.leases.set(name, leases)
        this.file?.save(name, leases)
      },
    }
    const log: Log = (level, text) => this.log(level, `network ${name}: ${text}`)
    this.networks.set(name, new VirtualNetwork(definition, { clock: this.clock, host: this.host, log, leases: keeper }))
  }
}

function sum(a: PortCounters, b: PortCounters): PortCounters {
  return {
    sentFrames: a.sentFrames + b.sentFrames,
    sentBytes: a.sentBytes + b.sentBytes,
    receivedFrames: a.receivedFrames + b.receivedFrames,
    receivedBytes: a.receivedBytes + b.receivedBytes,
    malformed: a.malformed + b.malformed,
    spoofed: a.spoofed + b.spoofed,
    limited: a.limited + b.limited,
    flooded: a.flooded + b.flooded,
    failed: a.failed + b.failed,
  }
}
