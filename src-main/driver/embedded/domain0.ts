// Domain 0's process, kept alive: when it dies, or hangs and is killed for it, a new one is started with the same journal and
// everybody is told, so that each domain can be introduced again with a fresh link.
// Invariant: `connected` resolves only to a domain 0 that has answered `start`. Many deaths in a row end in giving up.
// Runs in: main, plain Node.
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Caller } from '../../../src-engine/public/protocol/call'
import {
  DOM0_CALLS,
  DOM0_EVENTS,
  type Dom0Calls,
  type Dom0Events,
  type DomainEvents,
} from '../../../src-engine/public/protocol/control'
import { err, ok, type Result } from '../../../src-engine/public/result'
import type { Network } from '../../public/device'
import { type ErrorReport, errorReport } from '../../public/error-code'
import type { ChildProcess } from '../../supervisor/process-forker'
import type { Supervisor } from '../../supervisor/supervisor'
import type { Watchdog } from '../../supervisor/watchdog'
import { engineError } from './engine-error'

const DEATHS_TOLERATED = 5
const DEATHS_WITHIN_MS = 60_000

export interface Domain0Connection {
  readonly caller: Caller<Dom0Calls, Dom0Events>
  readonly socketPath: string | undefined
}

export interface Domain0Listener {
  log(level: DomainEvents['log']['level'], text: string): void
  link(event: Dom0Events['link']): void
  device(event: Dom0Events['device']): void
  storeChanged(): void
  died(detail: string, restarts: number): void
  /** A new one is there; links and consoles are to be made again. */
  restarted(connection: Domain0Connection, restarts: number): void
  gaveUp(detail: string): void
}

export class Domain0 {
  private readonly supervisor: Supervisor
  private readonly watchdog: Watchdog
  private readonly folder: string
  private readonly listener: Domain0Listener
  private child: ChildProcess | undefined
  private connection: Promise<Result<Domain0Connection, ErrorReport>>
  private begun: (connection: Promise<Result<Domain0Connection, ErrorReport>>) => void = () => {}
  private deaths: number[] = []
  private restarts = 0
  private stopping = false
  private lastOutput = ''
  /** The virtual networks there are, for every new domain 0. */
  private networks: readonly Network[] = []

  constructor(supervisor: Supervisor, watchdog: Watchdog, folder: string, listener: Domain0Listener) {
    this.supervisor = supervisor
    this.watchdog = watchdog
    this.folder = folder
    this.listener = listener
    // Who asks before the start (a window may be quicker) waits for it.
    this.connection = new Promise((resolve) => {
      this.begun = resolve
    })
  }

  /** The first start: what an earlier run of the app left in the journal means nothing any more. */
  start(): Promise<Result<Domain0Connection, ErrorReport>> {
    this.connection = rm(join(this.folder, 'journal'), { recursive: true, force: true }).then(() => this.launch())
    this.begun(this.connection)
    return this.connection
  }

  connected(): Promise<Result<Domain0Connection, ErrorReport>> {
    return this.connection
  }

  async setNetworks(networks: readonly Network[]): Promise<Result<null, ErrorReport>> {
    const before = this.networks
    this.networks = networks
    const connection = await this.connection
    if (!connection.ok) return connection
    const set = await connection.value.caller.call('setNetworks', { networks: [...networks] })
    if (set.ok) return ok(null)
    this.networks = before
    return err(engineError('other', set.error))
  }

  /** Once more after it was given up: who asks may have mended what ended it. One that runs, or is about to, is left alone. */
  async again(): Promise<Result<null, ErrorReport>> {
    const now = await this.connection
    if (now.ok || this.stopping) return ok(null)
    this.deaths = []
    const started = await this.relaunch()
    return started.ok ? ok(null) : started
  }

  pid(): number | undefined {
    return this.child?.pid()
  }

  stop(): void {
    this.stopping = true
    this.child?.kill()
  }

  private async launch(): Promise<Result<Domain0Connection, ErrorReport>> {
    const journalDirectory = join(this.folder, 'journal')
    await mkdir(journalDirectory, { recursive: true })
    if (this.stopping) return err(errorReport('cancelled'))
    this.lastOutput = ''
    const child = this.supervisor.start('dom0', 'Ringmaster domain 0', (text) => this.output(text))
    this.child = child
    const caller = new Caller<Dom0Calls, Dom0Events>(child.transport, DOM0_CALLS, DOM0_EVENTS, {
      log: ({ level, text }) => this.listener.log(level, text),
      link: (event) => this.listener.link(event),
      storeChanged: () => this.listener.storeChanged(),
      device: (event) => this.listener.device(event),
    })
    let hung = ''
    const unwatch = this.watchdog.watch({
      pid: () => child.pid(),
      ping: () => caller.call('ping', {}),
      hung: (seconds) => {
        hung = `did not answer for ${seconds} seconds and `
        child.kill()
      },
    })
    child.onExit(({ text }) => {
      unwatch()
      this.exited(child, hung + text)
    })
    const socketDirectory = this.supervisor.needsSocket ? this.folder : undefined
    const started = await caller.call('start', { journalDirectory, ...(socketDirectory ? { socketDirectory } : {}) })
    if (!started.ok) return err(engineError('other', started.error))
    // Before anybody is introduced: their network interfaces are on these.
    if (this.networks.length > 0) await caller.call('setNetworks', { networks: [...this.networks] })
    return ok({ caller, socketPath: started.value.socketPath })
  }

  private output(text: string): void {
    this.lastOutput = (this.lastOutput + text).slice(-2000)
    this.listener.log('warning', text.trimEnd())
  }

  private exited(child: ChildProcess, text: string): void {
    if (this.stopping || child !== this.child) return
    const detail = [`its process ${text}`, ...this.lastOutput.trim().split('\n').slice(-1)]
      .filter((part) => part !== '')
      .join(': ')
    this.listener.died(detail, this.restarts)
    const now = performance.now()
    this.deaths = [...this.deaths, now].filter((time) => time > now - DEATHS_WITHIN_MS)
    if (this.deaths.length > DEATHS_TOLERATED) {
      this.connection = Promise.resolve(err(errorReport('domain0-gone', { detail })))
      this.listener.gaveUp(detail)
      return
    }
    void this.relaunch()
  }

  private relaunch(): Promise<Result<Domain0Connection, ErrorReport>> {
    this.restarts++
    const connection = this.launch()
    this.connection = connection
    connection.then(
      (started) => {
        // When it failed its process has ended too, and that brought us here again.
        if (started.ok && this.connection === connection) this.listener.restarted(started.value, this.restarts)
      },
      (thrown: unknown) => this.listener.gaveUp(String(thrown)),
    )
    return connection
  }
}
