// The toolstack: makes and wires its parts, serves the calls of the table through them, and turns what the driver tells into events
// for windows. It knows no driver's name and no window. Invariant: events go out in the order things happened.
// Runs in: main, plain Node.
import { cpus, freemem, hostname, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { err, ok, type Result } from '../../src-engine/public/result'
import type { DefinitionStore } from '../definition/definition-store'
import type { KeptFile } from '../definition/kept-file'
import type { MetadataStore } from '../definition/metadata-store'
import type { NetworkStore } from '../definition/network-store'
import { SampleStore } from '../definition/sample-store'
import type { SnapshotStore } from '../definition/snapshot-store'
import type { DriverEvent, HypervisorDriver } from '../driver/driver'
import type { Clock } from '../lib/clock'
import { writeProblem } from '../lib/write-problem'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { EventName, EventPayload } from '../public/events'
import type { RecentTrees } from '../public/tree-address'
import { DOMAIN0_UUID, type DomainConfig, type DomainInfo, type HostInfo, type LogLine, type Sample } from '../public/types'
import { AllGuests } from './all-guests'
import { BootFiles } from './boot-files'
import { Branches } from './branches'
import type { CallServers } from './call-server'
import { ClockJump } from './clock-jump'
import { CopyFolders } from './copy-folders'
import { type DefinitionCall, definitionServers } from './definition-calls'
import { DefinitionTexts } from './definition-texts'
import type { DebianMaker, DemoMaker } from './demo-maker'
import { type DeviceCall, deviceServers } from './device-calls'
import { Devices } from './devices'
import { domain0Info } from './domain'
import { DomainLogs } from './domain-logs'
import { DomainMetadatas } from './domain-metadata'
import { Domains } from './domains'
import { hostFile } from './file-kind'
import { HostFigures, type HostReading } from './host-figures'
import { Jobs } from './jobs'
import { Layers } from './layers'
import { type LifeCall, lifeServers } from './life-calls'
import { Merging } from './merging'
import { neededFiles } from './needed-files'
import { Networks } from './networks'
import { Notices } from './notices'
import { OwnKernels } from './own-kernels'
import { ReadyGuests } from './ready-guests'
import { SampleHistory } from './sample-history'
import { type SnapshotCall, snapshotServers } from './snapshot-calls'
import { recoverSnapshots } from './snapshot-recovery'
import { filesOf, SnapshotTrees } from './snapshot-trees'
import { Snapshots } from './snapshots'
import { type Pools, Storage } from './storage'
import { type StorageCall, storageServers } from './storage-calls'
import { type KeptTemplates, Templates } from './templates'
import { VncAccess } from './vnc-access'

/** What a toolstack serves. */
export type ToolstackCall =
  | LifeCall
  | DefinitionCall
  | DeviceCall
  | SnapshotCall
  | StorageCall
  | 'domainList'
  | 'domainInfo'
  | 'demoGuestCreate'
  | 'debianGuestCreate'
  | 'metadataList'
  | 'metadataSet'
  | 'fileLook'
  | 'domainSamples'
  | 'hostSamples'
  | 'domainDmesg'
  | 'domainLog'
  | 'jobList'
  | 'jobCancel'
  | 'noticeList'
  | 'noticeDismiss'
  | 'hostInfo'

export type Emit = <E extends EventName>(name: E, payload: EventPayload<E>) => void

export interface ToolstackParts {
  readonly driver: HypervisorDriver
  readonly definitions: DefinitionStore
  readonly networks: NetworkStore
  readonly metadata: MetadataStore
  readonly snapshots: SnapshotStore
  /** Pools beside the one that is there from the start. */
  readonly pools: KeptFile<Pools>
  readonly templates: KeptFile<KeptTemplates>
  readonly recentTrees: KeptFile<RecentTrees>
  readonly clock: Clock
  readonly demo: DemoMaker
  readonly debian: DebianMaker
  /** Where new disk images go unless the user chose another place. */
  readonly diskFolder: string
  /** Where the sockets of screens for VNC viewers are. */
  readonly vncFolder: string
  /** Where a day of figures is kept. */
  readonly sampleFolder: string
  readonly emit: Emit
  /** Definitions of other connections. */
  readonly elsewhere?: () => readonly DomainConfig[]
  /** Numbers of jobs and notices, where there are other toolstacks beside this one. */
  readonly nextNumber?: () => number
  /** What the host has counted, where others ask too. */
  readonly readHost?: () => HostReading
}

const MIB = 1024 * 1024

export class Toolstack {
  readonly notices: Notices
  readonly jobs: Jobs
  readonly domains: Domains
  readonly networks: Networks
  readonly devices: Devices
  readonly bootFiles: BootFiles
  readonly ownKernels: OwnKernels
  readonly metadata: DomainMetadatas
  readonly layers: Layers
  readonly trees: SnapshotTrees
  readonly merging: Merging
  readonly snapshots: Snapshots
  readonly branches: Branches
  readonly storage: Storage
  readonly texts: DefinitionTexts
  readonly templates: Templates
  readonly guests: AllGuests
  private readonly ready: ReadyGuests
  private readonly parts: ToolstackParts
  private readonly samples: SampleHistory
  private readonly hostFigures: HostFigures
  private readonly copyFolders: CopyFolders
  private readonly logs = new DomainLogs()
  private readonly clockJump = new ClockJump()
  private readonly states = new Map<string, DomainInfo['state']>()
  private domain0: DomainInfo
  private closed = false

  constructor(parts: ToolstackParts) {
    this.parts = parts
    const { driver, definitions, clock, emit } = parts
    this.notices = new Notices(clock, (notice) => emit('noticeRaised', { notice }), parts.nextNumber)
    this.jobs = new Jobs(clock, (job) => emit('jobChanged', { job }), parts.nextNumber)
    const problem = (error: ErrorReport): void => this.notices.raise('warning', error)
    this.samples = new SampleHistory(new SampleStore(parts.sampleFolder, problem))
    this.hostFigures = new HostFigures(this.samples, parts.readHost)
    this.networks = new Networks({
      store: parts.networks,
      driver,
      configs: () => this.domains.configs(),
      changed: (networks) => emit('networksChanged', { networks }),
      problem,
    })
    const vnc = new VncAccess(driver, parts.vncFolder)
    this.ownKernels = new OwnKernels({ images: driver.images, folder: join(dirname(parts.diskFolder), 'starting') })
    this.domains = new Domains({
      driver,
      definitions,
      clock,
      jobs: this.jobs,
      networks: () => this.networks.names(),
      stoppedNetworks: () => this.networks.stopped(),
      ownKernels: this.ownKernels,
      log: (uuid, text) => this.addLog(uuid, 'info', 'engine', text),
      elsewhere: () => parts.elsewhere?.() ?? [],
      trashed: () => this.texts.trashedConfigs,
      isFrozen: (path) => this.layers.isBelow(path) || this.trees.usedFiles().includes(path),
      listenVnc: (uuid, place) => vnc.open(uuid, place),
      changed: (domain) => {
        this.noteLife(domain)
        emit('domainChanged', { domain })
        this.networks.domainChanged(domain.uuid, domain.config)
        this.guests.changed()
        if (domain.job === null) this.merging.look()
      },
      removed: (uuid) => {
        this.metadata.forget(uuid)
        void this.samples.forget(uuid)
        this.states.delete(uuid)
        this.logs.forget(uuid)
        emit('domainRemoved', { uuid })
        this.networks.domainChanged(uuid, null)
      },
      problem,
    })
    this.metadata = new DomainMetadatas({
      store: parts.metadata,
      knows: (uuid) => this.domains.info(uuid).ok,
      changed: (changes) => emit('metadataChanged', { changes: [...changes] }),
      problem,
    })
    const kept = join(dirname(parts.diskFolder), 'unfinished-copies.json')
    this.copyFolders = new CopyFolders(kept, (folder) => this.storage.isPool(folder))
    const { copyFolders } = this
    const { diskFolder } = parts
    this.devices = new Devices({ driver, domains: this.domains, jobs: this.jobs, copies: copyFolders, diskFolder })
    this.bootFiles = new BootFiles({
      images: driver.images,
      jobs: this.jobs,
      folder: join(dirname(parts.diskFolder), 'boot'),
      recent: parts.recentTrees,
      used: () => [
        ...this.domains.usedConfigs(),
        ...this.trees.configs(null),
        ...this.templates.list().map(({ config }) => config),
      ],
      former: (has) => definitions.formerConfigs(has),
    })
    definitions.onDropped((config) => {
      this.bootFiles.release(config).catch((thrown: unknown) => problem(writeProblem(config.kernel, thrown)))
    })
    const store = parts.snapshots
    this.layers = new Layers({ store, images: driver.images, folder: parts.diskFolder })
    this.trees = new SnapshotTrees({
      store,
      layers: this.layers,
      config: (uuid) => this.configOf(uuid),
      changed: (tree) => emit('snapshotsChanged', { tree }),
    })
    const { domains, jobs, layers, trees, devices } = this
    this.merging = new Merging({ driver, domains, jobs, store, layers, trees, problem })
    const common = { driver, domains, store, layers, trees, merging: this.merging, clock }
    this.snapshots = new Snapshots(common)
    this.branches = new Branches({
      ...common,
      jobs,
      copyFolders,
      snapshots: this.snapshots,
      proposePath: (name, format, taken) => devices.proposePath(name, format, taken),
    })
    this.texts = new DefinitionTexts({
      domains: this.domains,
      devices: this.devices,
      definitions,
      networks: () => this.networks.names(),
      diskFolder: parts.diskFolder,
      metadataOf: (uuid) => this.metadata.list().find((each) => each.uuid === uuid)?.metadata ?? null,
      setMetadata: (uuid, metadata) => this.metadata.set([{ uuid, metadata }]),
      trashChanged: () => emit('trashChanged', {}),
      needed: (uuid) => this.neededBeside(uuid),
      emptied: async (uuid, disks, configs) => {
        await this.forgetSnapshots(uuid, disks)
        await this.bootFiles.release(...configs)
      },
    })
    this.storage = new Storage({
      driver,
      domains,
      jobs,
      layers,
      trees,
      kept: parts.pools,
      diskFolder: parts.diskFolder,
      trashed: () => this.texts.trashedConfigs,
      templates: () => this.templates,
      changed: () => emit('storageChanged', {}),
    })
    this.templates = new Templates({
      kept: parts.templates,
      domains,
      jobs,
      images: driver.images,
      layers,
      clock,
      proposePath: (name, format, taken) => devices.proposePath(name, format, taken),
      changed: () => {
        emit('templatesChanged', {})
        emit('storageChanged', {})
      },
    })
    this.guests = new AllGuests(domains, jobs)
    this.ready = new ReadyGuests({
      driver,
      domains,
      jobs,
      demo: parts.demo,
      debian: parts.debian,
      diskFolder: parts.diskFolder,
    })
    this.domain0 = domain0Info('running', '', clock.now())
  }

  private neededBeside(uuid: string): Promise<Set<string>> {
    // One that was made again under its identifier has its snapshots.
    const gone = this.domains.info(uuid).ok ? null : uuid
    return neededFiles([...this.domains.usedConfigs(), ...this.trees.configs(gone)], this.layers)
  }

  /** Of a domain that is gone for good; of its present disks only those that go too. */
  private async forgetSnapshots(uuid: string, disks: readonly string[]): Promise<void> {
    if (this.domains.info(uuid).ok) return
    const files = this.trees.of(uuid).snapshots.flatMap(({ config }) => filesOf(config))
    await this.trees.forget(uuid)
    await this.layers.release([...files, ...disks])
    this.merging.ask()
  }

  private configOf(uuid: string): DomainConfig | undefined {
    const info = this.domains.info(uuid)
    return info.ok ? (info.value.config ?? undefined) : undefined
  }

  /** Loads the definitions: from here on calls are served. */
  async load(): Promise<void> {
    await this.networks.load()
    await this.domains.load()
    for (const { uuid, state } of this.domains.list()) this.states.set(uuid, state)
    await this.metadata.load()
    await this.texts.load()
    const { layers, trees } = this
    const problem = (error: ErrorReport): void => this.notices.raise('warning', error)
    const pools = await this.parts.pools.load()
    if (pools) problem(errorReport('pools-corrupt', { kept: pools.values['kept'] ?? '' }))
    await this.storage.removeUnfinished()
    await this.copyFolders.removeLeft()
    await this.bootFiles.removeUnfinished()
    await this.ownKernels.removeLeft()
    const templates = await this.parts.templates.load()
    if (templates) problem(errorReport('templates-corrupt', { kept: templates.values['kept'] ?? '' }))
    // Of no use to anybody when it is damaged; what it was is kept beside it.
    await this.parts.recentTrees.load()
    const store = this.parts.snapshots
    await recoverSnapshots(await store.load(), { store, layers, trees, config: (uuid) => this.configOf(uuid), problem })
  }

  /** Opens the driver. One that fails leaves the list usable and a notice; closed meanwhile, nothing is begun. */
  async open(): Promise<Result<null, ErrorReport>> {
    const opened = await this.parts.driver.open((event) => this.onDriverEvent(event))
    if (this.closed) return err(errorReport('cancelled'))
    if (!opened.ok) {
      this.domain0 = domain0Info('crashed', opened.error.values['detail'] ?? opened.error.reason, this.parts.clock.now())
      this.notices.raise('error', opened.error)
      return opened
    }
    const networks = await this.networks.open()
    if (!networks.ok) this.notices.raise('warning', networks.error)
    if (this.closed) return err(errorReport('cancelled'))
    this.merging.ask()
    void this.domains.autostart()
    return opened
  }

  async close(): Promise<void> {
    this.closed = true
    await this.parts.driver.close()
    await this.samples.close(this.parts.clock.now())
    await this.parts.definitions.settled()
    await this.parts.metadata.settled()
    await this.merging.settled()
    await this.parts.snapshots.settled()
    await this.parts.networks.settled()
  }

  domainList(): DomainInfo[] {
    return [this.domain0, ...this.domains.list()]
  }

  /** Domain 0 too. */
  knows(uuid: string): boolean {
    return uuid === DOMAIN0_UUID || this.domains.info(uuid).ok
  }

  log(uuid: string): readonly LogLine[] {
    return this.logs.of(uuid)
  }

  /** How often figures of all domains are taken. */
  sampleEvery(intervalMs: number): void {
    this.parts.driver.sampleEvery(intervalMs)
  }

  /** States of a machine's life go into its log. */
  private noteLife({ uuid, state, detail }: DomainInfo): void {
    const before = this.states.get(uuid)
    this.states.set(uuid, state)
    if (before === undefined || before === state) return
    const level = state === 'crashed' ? 'error' : 'info'
    const said = `${before} → ${state}${detail === '' ? '' : `: ${detail}`}`
    this.addLog(uuid, level, 'life', said, { from: before, to: state, detail })
  }

  private addLog(
    uuid: string,
    level: LogLine['level'],
    source: LogLine['source'],
    text: string,
    change?: LogLine['change'],
  ): void {
    const line: LogLine = { time: this.parts.clock.now(), level, source, text, ...(change !== undefined && { change }) }
    const lines = this.logs.add(uuid, line)
    for (const line of lines) this.parts.emit('logLine', { uuid, line })
  }

  /** The host's clock was set: since when domains run is told in its time. */
  private clockSet(byMs: number): void {
    this.domains.clockSet(byMs)
    const { startedAt } = this.domain0
    this.domain0 = { ...this.domain0, startedAt: startedAt === null ? null : startedAt + byMs }
    this.parts.emit('domainChanged', { domain: this.domain0 })
  }

  // ---- what the driver tells ------------------------------------------------------------------

  private onDriverEvent(event: DriverEvent): void {
    const { clock, emit } = this.parts
    switch (event.kind) {
      case 'paused':
        this.domains.onPaused(event.uuid, event.paused, event.stalledBy ?? null)
        break
      case 'stopped':
        this.domains.onStopped(event)
        break
      case 'log':
        this.addLog(event.uuid, event.level, event.source ?? 'engine', event.text)
        break
      case 'storeChanged':
        emit('storeChanged', {})
        break
      case 'samples': {
        const time = clock.now()
        const jumped = this.clockJump.look(time)
        if (jumped !== 0) this.clockSet(jumped)
        const samples: Sample[] = event.samples.map((sample) => ({ ...sample, devices: [...sample.devices], time }))
        for (const sample of samples) this.samples.add(sample)
        emit('samples', { samples })
        const sample = this.hostFigures.add(samples, time)
        if (sample !== undefined) emit('hostSample', { sample })
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
    const { domains, devices, networks, jobs, notices, samples, logs, trees, snapshots, branches } = this
    const { clock, driver } = this.parts
    return {
      ...storageServers(this.storage),
      ...lifeServers(domains),
      ...definitionServers({
        domains,
        devices,
        texts: this.texts,
        templates: this.templates,
        images: driver.images,
        bootFiles: this.bootFiles,
      }),
      ...deviceServers({ driver, domains, devices, networks, bootFiles: this.bootFiles, ownKernels: this.ownKernels }),
      ...snapshotServers({ domains, store: this.parts.snapshots, trees, snapshots, branches }),
      domainList: () => ok(this.domainList()),
      domainInfo: ({ uuid }) => (uuid === DOMAIN0_UUID ? ok(this.domain0) : domains.info(uuid)),
      demoGuestCreate: () => ok({ job: this.ready.demo() }),
      debianGuestCreate: () => ok({ job: this.ready.debian() }),
      metadataList: () => ok(this.metadata.list()),
      metadataSet: ({ changes }) => this.metadata.set(changes),
      fileLook: ({ path }) => hostFile(path),
      hostSamples: async ({ of, minutes }) => ok(await this.hostFigures.series(of, minutes, clock.now())),
      domainSamples: async ({ uuid, minutes }) => ok(await samples.series(uuid, minutes, clock.now())),
      domainDmesg: async ({ uuid }) => {
        const text = await driver.dmesg(uuid)
        return text.ok ? ok({ text: text.value }) : text
      },
      domainLog: ({ uuid }) => ok(logs.of(uuid)),
      jobList: () => ok(jobs.list()),
      jobCancel: ({ job }) => jobs.cancel(job),
      noticeList: () => ok(notices.list()),
      noticeDismiss: ({ id }) => {
        notices.dismiss(id)
        return ok(null)
      },
      hostInfo: async () => ok(await this.hostInfo()),
    }
  }

  async hostInfo(): Promise<HostInfo> {
    const { driver, diskFolder } = this.parts
    return {
      hostName: hostname(),
      cpuModel: cpus()[0]?.model.trim() ?? '',
      cpus: cpus().length,
      memoryMiB: Math.floor(totalmem() / MIB),
      freeMemoryMiB: Math.floor(freemem() / MIB),
      driver: driver.name,
      limits: driver.limits,
      ...(await this.ready.abilities()),
      platform: process.platform,
      diskFolder,
    }
  }
}
