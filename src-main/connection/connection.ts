// One connection: a driver with a toolstack of its own on a folder of its own, while it is open.
//   disconnected → connecting → connected → disconnecting → disconnected; connecting → failed → connecting;
//   connecting → disconnecting, when it is called off
// Invariant: whatever its driver throws or refuses ends in `failed` with one error, and is nobody else's trouble. After it was
// closed nothing is told any more of the toolstack it had; each opening makes driver and toolstack anew.
// Runs in: main, plain Node.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok } from '../../src-engine/public/result'
import { DefinitionStore } from '../definition/definition-store'
import { KeptFile } from '../definition/kept-file'
import { MetadataStore } from '../definition/metadata-store'
import { NetworkStore } from '../definition/network-store'
import { SnapshotStore } from '../definition/snapshot-store'
import type { HypervisorDriver, Outcome } from '../driver/driver'
import { systemErrorText } from '../lib/atomic-file'
import type { Clock } from '../lib/clock'
import type { CallName } from '../public/calls'
import {
  type CloseChoice,
  type ConnectionDefinition,
  type ConnectionInfo,
  type ConnectionState,
  domainKey,
  type JobChoice,
  LOCAL_CONNECTION,
} from '../public/connection'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { Emit } from '../public/events'
import { poolsShape } from '../public/storage'
import { templatesShape } from '../public/template'
import { recentTreesShape } from '../public/tree-address'
import type { DomainConfig, DomainInfo } from '../public/types'
import type { CallServers } from '../toolstack/call-server'
import type { DebianMaker, DemoMaker } from '../toolstack/demo-maker'
import { endGuests } from '../toolstack/end-guests'
import type { HostReading } from '../toolstack/host-figures'
import type { Jobs } from '../toolstack/jobs'
import { Toolstack } from '../toolstack/toolstack'
import { NOTHING_UNFINISHED, unfinishedShape } from '../toolstack/unfinished-files'
import { Outward } from './outward'

/** What a connection of a kind is made of. */
export interface OpenedDriver {
  readonly driver: HypervisorDriver
  readonly demo: DemoMaker
  readonly debian: DebianMaker
}

/** What becomes of what is at work when it is closed. */
export interface Endings {
  readonly guests?: CloseChoice | undefined
  readonly jobs?: JobChoice | undefined
}

export interface Opened {
  readonly toolstack: Toolstack
  readonly served: Partial<CallServers<CallName>>
}

export interface ConnectionParts {
  readonly folder: string
  readonly clock: Clock
  /** May throw. */
  open(definition: ConnectionDefinition, folder: string): OpenedDriver
  /** Leaves the app: with keys of domains already. */
  readonly emit: Emit
  changed(): void
  readonly nextNumber: () => number
  /** Definitions of all connections that are open but this one. */
  elsewhere(but: Connection): readonly DomainConfig[]
  readonly readHost: () => HostReading
  sampleMs(): number
}

export class Connection {
  readonly outward: Outward
  definition: ConnectionDefinition
  private readonly parts: ConnectionParts
  private current: Opened | undefined
  private state: ConnectionState = 'disconnected'
  private error: ErrorReport | null = null
  /** Each opening has a number of its own: one that was called off has nothing more to say. */
  private opening = 0
  private loading: Promise<unknown> = Promise.resolve()

  constructor(definition: ConnectionDefinition, parts: ConnectionParts) {
    this.definition = definition
    this.parts = parts
    this.outward = new Outward(definition.connection)
  }

  get id(): string {
    return this.definition.connection
  }

  /** As people call it; the first one may have no name of its own. */
  get name(): string {
    return this.definition.name ?? this.definition.driver
  }

  /** There from when its definitions are loaded until it is closed; one whose driver failed has its list all the same. */
  get opened(): Opened | undefined {
    return this.current
  }

  get isClosed(): boolean {
    return this.state === 'disconnected' || this.state === 'failed'
  }

  info(): ConnectionInfo {
    const { state, error } = this
    return { ...this.definition, state, error, folder: this.parts.folder, permanent: this.id === LOCAL_CONNECTION }
  }

  domains(): readonly DomainInfo[] {
    const { current } = this
    return current ? this.outward.answer('domainList', current.toolstack.domainList()) : []
  }

  /** The UUID here of the domain with this key; undefined when it is not here. */
  ownUuid(key: string): string | undefined {
    const uuid = domainKey(this.id, key)
    return this.current?.toolstack.knows(uuid) ? uuid : undefined
  }

  // ---- opening ----------------------------------------------------------------------------------

  async connect(): Outcome {
    const loaded = await this.load()
    return loaded.ok ? this.open() : loaded
  }

  /** The first half: definitions are loaded, and calls are served. */
  load(): Outcome {
    if (!this.isClosed) return Promise.resolve(err(errorReport('connection-state', { name: this.name })))
    this.become('connecting')
    const loaded = this.loadAs(++this.opening)
    this.loading = loaded
    return loaded
  }

  private async loadAs(opening: number): Outcome {
    try {
      await this.drop()
      await mkdir(this.parts.folder, { recursive: true })
      const toolstack = this.make(this.parts.open(this.definition, this.parts.folder), opening)
      await toolstack.load()
      if (opening !== this.opening) {
        await toolstack.close()
        return err(errorReport('cancelled'))
      }
      this.current = { toolstack, served: toolstack.servers() }
      toolstack.sampleEvery(this.parts.sampleMs())
      for (const domain of this.domains()) this.parts.emit('domainChanged', { domain })
      return ok(null)
    } catch (thrown) {
      return this.failed(opening, systemErrorText(thrown))
    }
  }

  /** The second half: the driver is opened. */
  async open(): Outcome {
    const { current, opening } = this
    if (!current) return err(errorReport('not-connected', { name: this.name }))
    try {
      const opened = await current.toolstack.open()
      if (opening !== this.opening) return err(errorReport('cancelled'))
      if (!opened.ok) {
        this.become('failed', opened.error)
        return opened
      }
      this.become('connected')
      return opened
    } catch (thrown) {
      return this.failed(opening, systemErrorText(thrown))
    }
  }

  private failed(opening: number, detail: string): Awaited<Outcome> {
    if (opening !== this.opening) return err(errorReport('cancelled'))
    const error = errorReport('connection-failed', { name: this.name, detail })
    this.become('failed', error)
    return err(error)
  }

  private make({ driver, demo, debian }: OpenedDriver, opening: number): Toolstack {
    const { folder, clock, nextNumber, readHost } = this.parts
    const toolstack: Toolstack = new Toolstack({
      driver,
      definitions: new DefinitionStore(folder),
      networks: new NetworkStore(join(folder, 'networks.json')),
      metadata: new MetadataStore(join(folder, 'metadata')),
      snapshots: new SnapshotStore(join(folder, 'snapshots')),
      pools: new KeptFile(join(folder, 'storage-pools.json'), poolsShape, { pools: [] }),
      templates: new KeptFile(join(folder, 'templates.json'), templatesShape, { templates: [] }),
      recentTrees: new KeptFile(join(folder, 'recent-trees.json'), recentTreesShape, { addresses: [] }),
      unfinished: new KeptFile(join(folder, 'unfinished-copies.json'), unfinishedShape, NOTHING_UNFINISHED),
      clock,
      demo,
      debian,
      diskFolder: join(folder, 'disks'),
      vncFolder: join(folder, 'vnc'),
      sampleFolder: join(folder, 'samples'),
      emit: this.emitOf(
        () => opening === this.opening && (this.state === 'connecting' || this.current?.toolstack === toolstack),
      ),
      nextNumber,
      readHost,
      elsewhere: () => this.parts.elsewhere(this),
    })
    return toolstack
  }

  private emitOf(isHeard: () => boolean): Emit {
    return (name, payload) => {
      if (isHeard()) this.parts.emit(name, this.outward.event(name, payload))
    }
  }

  // ---- closing ----------------------------------------------------------------------------------

  /**
   * With guests that run or jobs at work only when it is said what becomes of them; a guest that does not follow keeps it open. While it is
   * being opened that is called off.
   */
  async disconnect({ guests, jobs }: Endings): Outcome {
    const { current, name } = this
    if (this.state === 'connecting') return this.callOff()
    if (!current || (this.state !== 'connected' && this.state !== 'failed')) {
      return err(errorReport('not-connected', { name }))
    }
    const { toolstack } = current
    const inUse = (): Awaited<Outcome> => {
      const active = toolstack.domains.active()
      if (active.length === 0 || guests !== undefined) return ok(null)
      return err(errorReport('connection-in-use', { name, guests: active.map((each) => each.name).join(', ') }))
    }
    const busy = (): boolean => toolstack.jobs.running().length > 0
    if (!inUse().ok) return inUse()
    if (busy() && jobs === undefined) return err(errorReport('connection-busy', { name }))
    if (jobs !== undefined) await endJobs(toolstack.jobs, jobs)
    // A job may have started a guest.
    if (!inUse().ok) return inUse()
    const [error] = guests === undefined ? [] : await endGuests(toolstack.guests, guests)
    if (error) return err(error)
    if (busy()) return err(errorReport('connection-busy', { name }))
    // Two windows may have asked, and it is closed once.
    if (this.current !== current) return ok(null)
    this.become('disconnecting')
    await this.drop()
    this.become('disconnected')
    return ok(null)
  }

  /** What a driver that does not answer says later is nobody's trouble; files are read to the end, so that none is read twice at once. */
  private async callOff(): Outcome {
    this.opening++
    this.become('disconnecting')
    await this.loading
    await this.drop()
    this.become('disconnected')
    return ok(null)
  }

  /** At the end of the app: nobody hears of it. */
  async close(): Promise<void> {
    await this.current?.toolstack.close()
  }

  /** Ends the toolstack there was. */
  private async drop(): Promise<void> {
    const { current } = this
    if (!current) return
    this.current = undefined
    this.parts.emit('connectionEmptied', { connection: this.id })
    await current.toolstack.close()
  }

  private become(state: ConnectionState, error: ErrorReport | null = null): void {
    this.state = state
    this.error = error
    this.parts.changed()
  }
}

async function endJobs(jobs: Jobs, how: JobChoice): Promise<void> {
  const running = jobs.running()
  if (how === 'cancel') for (const { job, cancellable } of running) if (cancellable) jobs.cancel(job)
  await Promise.all(running.map(({ job }) => jobs.wait(job)))
}
