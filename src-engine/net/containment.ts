// A fault of ours in a network costs the frame, timer or event of the host it is met at, and not domain 0: what one guest sends must
// not take the disks of all others along. It is counted, and each place it is thrown from is logged once, with its stack.
// Elsewhere domain 0 ends where we erred; here a guest could have it end again and again, and nothing of a network is worth that:
// what a lost frame leaves behind, peers and timers clear up as on any network.
// Runs in: domain 0.
import type { Clock } from '../lib/clock'
import type { Log } from '../lib/log'
import type { Host, HostStream, StreamEvents } from './host'

/** An error's first line may quote what a guest sent; its place in our code cannot. */
const PLACE = /^\s*at .*$/m

export class Containment {
  /** Faults met. */
  count = 0
  private readonly log: Log
  private readonly places = new Set<string>()

  constructor(log: Log) {
    this.log = log
  }

  run(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.caught(error)
    }
  }

  caught(error: unknown): void {
    this.count++
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const place = PLACE.exec(text)?.[0] ?? ''
    if (this.places.has(place)) return
    this.places.add(place)
    this.log('error', `something was dropped, by a fault of Ringmaster: ${text}`)
  }

  /** The same clock, whose timers end here. */
  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      after: (milliseconds, call) => clock.after(milliseconds, () => this.run(call)),
    }
  }

  /** The same host, whose events end here. */
  host(host: Host): Host {
    return {
      connectTcp: (target, events) => this.stream(host.connectTcp(target, this.events(events))),
      listenTcp: (at, accept, ready) =>
        host.listenTcp(
          at,
          (stream, peer) => {
            try {
              return this.events(accept(this.stream(stream), peer))
            } catch (error) {
              this.caught(error)
              stream.reset()
              return DEAF
            }
          },
          (port, error) => this.run(() => ready(port, error)),
        ),
      openUdp: (target, events) =>
        host.openUdp(target, {
          received: (bytes) => this.run(() => events.received(bytes)),
          failed: (error) => this.run(() => events.failed(error)),
        }),
      listenUdp: (at, received, ready) =>
        host.listenUdp(
          at,
          (bytes, from) => this.run(() => received(bytes, from)),
          (port, error) => this.run(() => ready(port, error)),
        ),
      ping: (address, bytes, done) => host.ping(address, bytes, (answered) => this.run(() => done(answered))),
      resolvers: () => host.resolvers(),
      lookup: (name, family, done) => host.lookup(name, family, (found) => this.run(() => done(found))),
    }
  }

  private stream(stream: HostStream): HostStream {
    return {
      write: (bytes, done) => stream.write(bytes, () => this.run(done)),
      finish: () => stream.finish(),
      reset: () => stream.reset(),
      pause: () => stream.pause(),
      resume: () => stream.resume(),
    }
  }

  private events(events: StreamEvents): StreamEvents {
    return {
      connected: () => this.run(() => events.connected()),
      received: (bytes) => this.run(() => events.received(bytes)),
      finished: () => this.run(() => events.finished()),
      closed: (error) => this.run(() => events.closed(error)),
    }
  }
}

const DEAF: StreamEvents = { connected() {}, received() {}, finished() {}, closed() {} }
