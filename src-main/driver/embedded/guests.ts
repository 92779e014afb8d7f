// The guests there are: a process each, from before it is forked until it is gone and domain 0 has let go of it.
// Invariant: while a guest is starting, its end is the start's failure and no event. Domids are not used again while domain 0 may
// remember them. Runs in: main, plain Node.
import { setTimeout as delay } from 'node:timers/promises'
import { err, ok, type Result } from '../../../src-engine/public/result'
import { type ErrorReport, errorReport } from '../../public/error-code'
import type { DomainConfig } from '../../public/types'
import type { Supervisor } from '../../supervisor/supervisor'
import type { Watchdog } from '../../supervisor/watchdog'
import type { DriverEvent, Outcome, StartedDomain, StopKind } from '../driver'
import type { Domain0, Domain0Connection } from './domain0'
import { engineError } from './engine-error'
import { Guest } from './guest'

interface Running {
  readonly guest: Guest
  starting: boolean
  /** How it ended while starting. */
  ended: { readonly how: StopKind; readonly detail: string } | undefined
  /** Resolved when its end has been told, or its start has failed. */
  readonly settled: Promise<void>
  readonly settle: () => void
}

/** Domain 0 counts as back when its guests are joined to it, or after this while. */
const REJOIN_WAIT_MS = 3000

/** First reserved domid; ours are below it. */
const DOMIDS = 0x7ff0

export class Guests {
  private readonly supervisor: Supervisor
  private readonly watchdog: Watchdog
  private readonly domain0: Domain0
  private readonly tell: (event: DriverEvent) => void
  private readonly running = new Map<string, Running>()
  /** Processes without a domain, for one that comes soon. */
  private readonly expected = new Map<string, Running>()
  private lastDomid = 0

  constructor(supervisor: Supervisor, watchdog: Watchdog, domain0: Domain0, tell: (event: DriverEvent) => void) {
    this.supervisor = supervisor
    this.watchdog = watchdog
    this.domain0 = domain0
    this.tell = tell
  }

  /** Those whose start is over. */
  started(): Guest[] {
    return [...this.running.values()].filter(({ starting }) => !starting).map(({ guest }) => guest)
  }

  find(uuid: string): Result<Guest, ErrorReport> {
    const running = this.running.get(uuid)
    return running && !running.guest.failed() ? ok(running.guest) : err(errorReport('no-domain', { uuid }))
  }

  /** What a start and a restore have in common: a process before, running after unless paused, nothing left behind when it fails. */
  async bring<T extends StartedDomain>(
    uuid: string,
    config: DomainConfig,
    prepare: (guest: Guest, domain0: Domain0Connection) => Outcome<T>,
  ): Outcome<T> {
    if (this.running.has(uuid)) return err(errorReport('job-running', { name: config.name }))
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return domain0
    const running = this.expected.get(uuid) ?? this.fork(uuid, config)
    this.expected.delete(uuid)
    this.running.set(uuid, running)
    const pinned = await running.guest.pin(config.cpuSet)
    const prepared = pinned.ok ? await prepare(running.guest, domain0.value) : pinned
    const resumed = prepared.ok && !prepared.value.paused ? await this.run(running.guest) : prepared
    running.starting = false
    const early = running.ended
    if (prepared.ok && resumed.ok) {
      // It may have stopped in its first moments: then it did start.
      if (early) this.tellStopped(running, early.how, early.detail)
      return prepared
    }
    await this.discard(running)
    if (early?.how === 'destroyed') return err(errorReport('cancelled'))
    if (early) return err(errorReport('process-died', { name: config.name, detail: early.detail.replace(/\.\s*$/, '') }))
    return prepared.ok && !resumed.ok ? resumed : prepared
  }

  /** Its process is begun now, which takes longer than much of what comes before its domain. The function ends one that `bring` did not take. */
  expect(uuid: string, config: DomainConfig): () => void {
    const running = this.fork(uuid, config)
    this.expected.set(uuid, running)
    running.guest.caller.call('prepare', { vcpus: config.vcpus })
    return () => {
      if (this.expected.delete(uuid)) running.guest.kill('destroyed')
    }
  }

  private fork(uuid: string, config: DomainConfig): Running {
    const guest: Guest = new Guest(this.supervisor, this.watchdog, uuid, this.freeDomid(), config.name, {
      log: (level, text) => this.tell({ kind: 'log', uuid, level, text }),
      dmesg: (text) => this.tell({ kind: 'log', uuid, level: 'debug', source: 'hypervisor', text }),
      ended: (how, detail) => this.ended(running, how, detail),
      stalled: (stalledBy) => this.tell({ kind: 'paused', uuid, paused: true, stalledBy }),
      unstalled: () => this.tell({ kind: 'paused', uuid, paused: false }),
    })
    guest.share(config)
    let settle = (): void => {}
    const settled = new Promise<void>((resolve) => {
      settle = resolve
    })
    const running: Running = { guest, starting: true, ended: undefined, settled, settle }
    return running
  }

  private async run(guest: Guest): Outcome {
    const resumed = await guest.caller.call('resume', {})
    return resumed.ok ? ok(null) : err(engineError('start', resumed.error))
  }

  private async discard(running: Running): Promise<void> {
    running.starting = true // its end is nobody's news
    await running.guest.destroy()
    await this.release(running.guest)
    running.settle()
  }

  /** Resolves when its end has been told. */
  async destroy(uuid: string): Outcome {
    const running = this.running.get(uuid)
    if (!running) return err(errorReport('no-domain', { uuid }))
    await running.guest.destroy()
    await running.settled
    return ok(null)
  }

  async destroyAll(): Promise<void> {
    await Promise.all([...this.running.values(), ...this.expected.values()].map(({ guest }) => guest.destroy()))
  }

  private ended(running: Running, how: StopKind, detail: string): void {
    running.ended = { how, detail }
    if (!running.starting) this.tellStopped(running, how, detail)
  }

  private tellStopped(running: Running, how: StopKind, detail: string): void {
    const { uuid } = running.guest
    // The place in domain 0 is given up first, so that a reboot finds it free.
    this.release(running.guest).finally(() => {
      this.tell({ kind: 'stopped', uuid, how, detail })
      running.settle()
    })
  }

  private async release(guest: Guest): Promise<void> {
    this.running.delete(guest.uuid)
    const domain0 = await this.domain0.connected()
    if (domain0.ok) await domain0.value.caller.call('release', { handle: guest.uuid })
  }

  /** To a new domain 0 every guest is introduced again, with a fresh link. */
  async rejoin(connection: Domain0Connection): Promise<void> {
    const join = async ({ guest, starting }: Running): Promise<void> => {
      if (starting) return // its start fails and says so
      const joined = await guest.introduceAgain(connection)
      if (joined.ok) return
      const text = `Not joined to the new domain 0: ${joined.error.values['detail'] ?? ''}`
      this.tell({ kind: 'log', uuid: guest.uuid, level: 'error', text })
    }
    // Each for itself: one whose process hangs must not keep the others waiting.
    const joined = Promise.all([...this.running.values()].map(join))
    await Promise.race([joined, delay(REJOIN_WAIT_MS, undefined, { ref: false })])
  }

  private freeDomid(): number {
    const used = new Set([...this.running.values(), ...this.expected.values()].map(({ guest }) => guest.domid))
    do this.lastDomid = this.lastDomid >= DOMIDS - 1 ? 1 : this.lastDomid + 1
    while (used.has(this.lastDomid))
    return this.lastDomid
  }
}
