// The toolstack: serves the calls about domains, jobs and the host, and turns what the driver tells into events for windows.
// It knows no driver's name and no window. Invariant: events go out in the order things happened.
// Runs in: main, plain Node.
import { cpus, freemem, hostname, totalmem } from 'node:os'
import { err, ok, type Result } from '../../src-engine/public/result'
import type { DefinitionStore } from '../definition/definition-store'
import type { DriverEvent, HypervisorDriver, Outcome } from '../driver/driver'
import type { OpaquePort } from '../lib/channel'
import type { Clock } from '../lib/clock'
import type { CallName, CallParams, CallResult } from '../public/calls'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { EventName, EventPayload } from '../public/events'
import { DOMAIN0_UUID, type DomainInfo, type HostInfo, type Sample } from '../public/types'
import type { DemoMaker } from './demo-maker'
import { domain0Info } from './domain'
import { DomainLogs } from './domain-logs'
import { Domains } from './domains'
import { Jobs } from './jobs'
import { Notices } from './notices'
import { SampleHistory } from './sample-history'

/** The window a call comes from, as far as a call may use it. */
export interface Caller {
  /** Hands a stream's port to it; the number under which it arrives there. */
  handOver(port: OpaquePort): number
  /** Whether the user chose this file in a dialog of ours for this purpose. */
  choseFile(path: string, kind: 'openSaved' | 'saveSaved'): boolean
}

/** A function serving one row. `W` is what the carrier knows of the caller beyond the least. */
export type CallServer<C extends CallName, W extends Caller = Caller> = (
  params: CallParams<C>,
  caller: W,
) => Promise<Result<CallResult<C>, ErrorReport>> | Result<CallResult<C>, ErrorReport>
export type CallServers<C extends CallName = CallName, W extends Caller = Caller> = { readonly [K in C]: CallServer<K, W> }

export type ToolstackCall =
  | 'domainList'
  | 'domainInfo'
  | 'domainDefine'
  | 'domainRedefine'
  | 'domainUndefine'
  | 'domainCreate'
  | 'domainSuspend'
  | 'domainResume'
  | 'domainShutdown'
  | 'domainReboot'
  | 'domainDestroy'
  | 'domainSetMemory'
  | 'domainSave'
  | 'domainRestore'
  | 'domainManagedSave'
  | 'demoGuestCreate'
  | 'domainSamples'
  | 'domainLog'
  | 'jobList'
  | 'jobCancel'
  | 'noticeList'
  | 'noticeDismiss'
  | 'consoleOpen'
  | 'hostInfo'

export type Emit = <E extends EventName>(name: E, payload: EventPayload<E>) => void

export interface ToolstackParts {
  readonly driver: HypervisorDriver
  readonly definitions: DefinitionStore
  readonly clock: Clock
  readonly demo: DemoMaker
  readonly emit: Emit
}

const MIB = 1024 * 1024
const DEFAULT_MEMORY_MIB = 256
/** How long a guest has to follow a request to shut down when everything is shut down. */
const SHUTDOWN_WAIT_MS = 60_000

export class Toolstack {
  readonly notices: Notices
  readonly jobs: Jobs
  readonly domains: Domains
  private readonly parts: ToolstackParts
  private readonly samples = new SampleHistory()
  private readonly logs = new DomainLogs()
  private readonly waiting = new Set<() => void>()
  private domain0: DomainInfo

  constructor(parts: ToolstackParts) {
    this.parts = parts
    const { driver, definitions, clock, emit } = parts
    this.notices = new Notices(clock, (notice) => emit('noticeRaised', { notice }))
    this.jobs = new Jobs(clock, (job) => emit('jobChanged', { job }))
    this.domains = new Domains({
      driver,
      definitions,
      clock,
      jobs: this.jobs,
      changed: (domain) => {
        emit('domainChanged', { domain })
        for (const wake of [...this.waiting]) wake()
      },
      removed: (uuid) => {
        this.samples.forget(uuid)
        this.logs.forget(uuid)
        emit('domainRemoved', { uuid })
      },
      problem: (error) => this.notices.raise('warning', error),
    })
    this.domain0 = domain0Info('running', '', clock.now())
  }

  /** Loads the definitions: from here on calls are served. */
  load(): Promise<void> {
    return this.domains.load()
  }

  /** Opens the driver. One that fails leaves the list usable and a notice. */
  async open(): Promise<Result<null, ErrorReport>> {
    const opened = await this.parts.driver.open((event) => this.onDriverEvent(event))
    if (!opened.ok) {
      this.domain0 = domain0Info('crashed', opened.error.values['detail'] ?? opened.error.reason, this.parts.clock.now())
      this.notices.raise('error', opened.error)
    }
    return opened
  }

  async close(): Promise<void> {
    await this.parts.driver.close()
    await this.parts.definitions.settled()
  }

  // ---- all guests at once: quitting and the end of the session --------------------------------

  /** Saves every active guest; the errors of those that could not be. A start under way is waited for. */
  async saveAll(): Promise<ErrorReport[]> {
    await this.until(
      () => !this.domains.active().some(({ state }) => state === 'starting' || state === 'restoring'),
      SHUTDOWN_WAIT_MS,
    )
    const outcomes = await Promise.all(
      this.domains.active().map(({ uuid, job }) => {
        if (job !== null) return this.jobs.wait(job)
        const saving = this.domains.managedSave(uuid)
        return saving.ok ? this.jobs.wait(saving.value) : saving
      }),
    )
    return outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]))
  }

  /** Asks every guest to shut down; an error for each that had not followed in time. */
  async shutdownAll(waitMs = SHUTDOWN_WAIT_MS): Promise<ErrorReport[]> {
    for (const { uuid, state } of this.domains.active()) {
      if (state === 'paused') await this.domains.resume(uuid)
      await this.domains.shutdown(uuid)
    }
    await this.until(() => this.domains.active().length === 0, waitMs)
    const seconds = Math.round(waitMs / 1000)
    return this.domains.active().map(({ name }) => errorReport('not-shut-down', { name, seconds }))
  }

  async destroyAll(): Promise<void> {
    await Promise.all(this.domains.active().map(({ uuid }) => this.domains.destroy(uuid)))
  }

  private until(condition: () => boolean, waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (met: boolean): void => {
        clearTimeout(timer)
        this.waiting.delete(look)
        resolve(met)
      }
      const look = (): void => {
        if (condition()) end(true)
      }
      const timer = setTimeout(() => end(condition()), waitMs)
      this.waiting.add(look)
      look()
    })
  }

  // ---- what the driver tells ------------------------------------------------------------------

  private onDriverEvent(event: DriverEvent): void {
    const { clock, emit } = this.parts
    switch (event.kind) {
      case 'paused':
        this.domains.onPaused(event.uuid, event.paused)
        break
      case 'stopped':
        this.domains.onStopped(event)
        break
      case 'log': {
        const lines = this.logs.add(event.uuid, { time: clock.now(), level: event.level, text: event.text })
        for (const line of lines) emit('logLine', { uuid: event.uuid, line })
        break
      }
      case 'samples': {
        const time = clock.now()
        const samples: Sample[] = event.samples.map((sample) => ({ ...sample, time }))
        for (const sample of samples) this.samples.add(sample)
        emit('samples', { samples })
        break
      }
      case 'domain0':
        this.domain0 = domain0Info(event.state, event.state === 'running' ? '' : event.detail, clock.now())
        if (event.state === 'running' && event.restarts > 0) {
          this.notices.raise('warning', errorReport('domain0-restarted', { detail: event.detail }))
        }
        emit('domainChanged', { domain: this.domain0 })
        break
      case 'notice':
        this.notices.raise(event.severity, event.error)
        break
    }
  }

  // ---- calls ----------------------------------------------------------------------------------

  servers(): CallServers<ToolstackCall> {
    const { domains, jobs, notices, samples, logs } = this
    const { clock, driver } = this.parts
    return {
      domainList: () => ok([this.domain0, ...domains.list()]),
      domainInfo: ({ uuid }) => (uuid === DOMAIN0_UUID ? ok(this.domain0) : domains.info(uuid)),
      domainDefine: ({ config, start }) => this.define(config, start),
      domainRedefine: ({ uuid, config }) => domains.redefine(uuid, config),
      domainUndefine: ({ uuid }) => domains.undefine(uuid),
      domainCreate: ({ uuid, fresh }) => domains.create(uuid, fresh),
      domainSuspend: ({ uuid }) => domains.suspend(uuid),
      domainResume: ({ uuid }) => domains.resume(uuid),
      domainShutdown: ({ uuid }) => domains.shutdown(uuid),
      domainReboot: ({ uuid }) => domains.reboot(uuid),
      domainDestroy: ({ uuid }) => domains.destroy(uuid),
      domainSetMemory: ({ uuid, memoryMiB }) => domains.setMemory(uuid, memoryMiB),
      domainSave: ({ uuid, path }, caller) => {
        if (!caller.choseFile(path, 'saveSaved')) return err(errorReport('path-not-chosen', { path }))
        return asJob(domains.save(uuid, path))
      },
      domainRestore: ({ path }, caller) => {
        if (!caller.choseFile(path, 'openSaved')) return err(errorReport('path-not-chosen', { path }))
        return ok({ job: domains.restore(path) })
      },
      domainManagedSave: ({ uuid }) => asJob(domains.managedSave(uuid)),
      demoGuestCreate: () => ok({ job: this.createDemoGuest() }),
      domainSamples: ({ uuid, minutes }) => ok(samples.series(uuid, minutes, clock.now())),
      domainLog: ({ uuid }) => ok(logs.of(uuid)),
      jobList: () => ok(jobs.list()),
      jobCancel: ({ job }) => jobs.cancel(job),
      noticeList: () => ok(notices.list()),
      noticeDismiss: ({ id }) => {
        notices.dismiss(id)
        return ok(null)
      },
      consoleOpen: async ({ uuid, fromOffset }, caller) => {
        const port = await driver.openConsole(uuid, fromOffset)
        return port.ok ? ok({ stream: caller.handOver(port.value) }) : port
      },
      hostInfo: async () => ok(await this.hostInfo()),
    }
  }

  private async define(config: CallParams<'domainDefine'>['config'], start: boolean): Outcome<{ uuid: string }> {
    const defined = await this.domains.define(config)
    if (!defined.ok) return defined
    const started = start ? await this.domains.create(defined.value, false) : ok(null)
    return started.ok ? ok({ uuid: defined.value }) : started
  }

  private createDemoGuest(): number {
    return this.jobs.start({
      kind: 'demoGuest',
      subject: '',
      uuid: null,
      step: 'finding-packages',
      cancellable: true,
      work: async (control) => {
        const files = await this.parts.demo.make(control)
        if (!files.ok) return files
        const { kernel, ramdisk, cmdline, memoryMiB } = files.value
        const config = { name: this.domains.freeName(files.value.name), memoryMiB, vcpus: 1, kernel, ramdisk, cmdline }
        const defined = await this.domains.define(config)
        if (!defined.ok) return defined
        control.domain(defined.value, config.name)
        control.step('starting')
        return this.domains.create(defined.value, false)
      },
    })
  }

  private async hostInfo(): Promise<HostInfo> {
    const { driver, demo } = this.parts
    const available = await demo.available()
    return {
      hostName: hostname(),
      cpuModel: cpus()[0]?.model.trim() ?? '',
      cpus: cpus().length,
      memoryMiB: Math.floor(totalmem() / MIB),
      freeMemoryMiB: Math.floor(freemem() / MIB),
      driver: driver.name,
      limits: driver.limits,
      defaultMemoryMiB: DEFAULT_MEMORY_MIB,
      demoGuest: { available: available.ok, error: available.ok ? null : available.error },
      platform: process.platform,
    }
  }
}

function asJob(started: Result<number, ErrorReport>): Result<{ job: number }, ErrorReport> {
  return started.ok ? ok({ job: started.value }) : started
}
