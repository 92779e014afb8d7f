// The toolstack: makes and wires its parts, and serves the calls of the table through them. It knows no driver's name and no window.
// Runs in: main, plain Node.
import { dirname, join } from 'node:path'
import { err, ok, type Result } from '../../src-engine/public/result'
import type { DefinitionStore } from '../definition/definition-store'
import type { KeptFile } from '../definition/kept-file'
import type { MetadataStore } from '../definition/metadata-store'
import type { NetworkStore } from '../definition/network-store'
import { SampleStore } from '../definition/sample-store'
import type { SnapshotStore } from '../definition/snapshot-store'
import type { HypervisorDriver, Outcome } from '../driver/driver'
import type { Clock } from '../lib/clock'
import { writeProblem } from '../lib/write-problem'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { Emit } from '../public/events'
import type { RecentTrees } from '../public/tree-address'
import { DOMAIN0_UUID, type DomainConfig, type DomainInfo, type HostInfo, type LogLine } from '../public/types'
import { AllGuests } from './all-guests'
import { BootFiles } from './boot-files'
import { Branches } from './branches'
import type { CallServers } from './call-server'
import { type DefinitionCall, definitionServers } from './definition-calls'
import { DefinitionTexts } from './definition-texts'
import type { DebianMaker, DemoMaker } from './demo-maker'
import { type DeviceCall, deviceServers } from './device-calls'
import { Devices } from './devices'
import { DomainMetadatas } from './domain-metadata'
import { Domains } from './domains'
import { DriverEvents } from './driver-events'
import { FreePaths } from './free-paths'
import { HalfCopies } from './half-copies'
import { HostFigures, type HostReading } from './host-figures'
import { type JobCall, jobServers } from './job-calls'
import { Jobs } from './jobs'
import { Layers } from './layers'
import { type LifeCall, lifeServers } from './life-calls'
import { LifeLog } from './life-log'
import { hostItself, type LookCall, lookServers } from './look-calls'
import { Merging } from './merging'
import { namedFiles, neededFiles } from './needed-files'
import { Networks } from './networks'
import { Notices } from './notices'
import { OwnKernels } from './own-kernels'
import { type KeptPools, Pools } from './pools'
import { ReadyGuests } from './ready-guests'
import { SampleHistory } from './sample-history'
import { type SnapshotCall, snapshotServers } from './snapshot-calls'
import { recoverSnapshots } from './snapshot-recovery'
import { filesOf, SnapshotTrees } from './snapshot-trees'
import { Snapshots } from './snapshots'
import { Storage } from './storage'
import { type StorageCall, storageServers } from './storage-calls'
import { type KeptTemplates, Templates } from './templates'
import { type Unfinished, UnfinishedFiles } from './unfinished-files'
import { VncAccess } from './vnc-access'

/** What a toolstack serves. */
export type ToolstackCall =
  | LifeCall
  | DefinitionCall
  | DeviceCall
  | SnapshotCall
  | StorageCall
  | JobCall
  | LookCall
  | 'metadataList'
  | 'metadataSet'

export interface ToolstackParts {
  readonly driver: HypervisorDriver
  readonly definitions: DefinitionStore
  readonly networks: NetworkStore
  readonly metadata: MetadataStore
  readonly snapshots: SnapshotStore
  /** Pools beside the one that is there from the start. */
  readonly pools: KeptFile<KeptPools>
  readonly templates: KeptFile<KeptTemplates>
  readonly recentTrees: KeptFile<RecentTrees>
  /** What is being made of files. */
  readonly unfinished: KeptFile<Unfinished>
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

export class Toolstack {
  readonly notices: Notices
  readonly jobs: Jobs
  readonly domains: Domains
  readonly networks: Networks
  readonly devices: Devices
  readonly bootFiles: BootFiles
  readonly ownKernels: OwnKernels
  readonly metadata: DomainMetadatas
  private readonly paths: FreePaths
  private readonly halfCopies = new HalfCopies()
  readonly layers: Layers
  readonly trees: SnapshotTrees
  readonly merging: Merging
  readonly snapshots: Snapshots
  readonly branches: Branches
  readonly pools: Pools
  readonly storage: Storage
  readonly texts: DefinitionTexts
  readonly templates: Templates
  readonly guests: AllGuests
  private readonly ready: ReadyGuests
  private readonly samples: SampleHistory
  private readonly hostFigures: HostFigures
  private readonly unfinished: UnfinishedFiles
  private readonly lifeLog: LifeLog
  private readonly driverEvents: DriverEvents
  private closed = false

  /** Parts know each other by functions where one needs another that is made later. */
  constructor(private readonly parts: ToolstackParts) {
    const { driver, clock, emit, diskFolder, snapshots: store } = parts
    this.notices = new Notices(clock, (notice) => emit('noticeRaised', { notice }), parts.nextNumber)
    this.jobs = new Jobs(clock, (job) => emit('jobChanged', { job }), parts.nextNumber)
    this.lifeLog = new LifeLog(clock, (uuid, line) => emit('logLine', { uuid, line }))
    this.samples = new SampleHistory(new SampleStore(parts.sampleFolder, this.warn))
    this.hostFigures = new HostFigures(this.samples, parts.readHost)
    this.networks = this.makeNetworks()
    this.ownKernels = new OwnKernels({ images: driver.images, folder: this.beside('starting') })
    this.unfinished = this.makeUnfinished()
    this.domains = this.makeDomains()
    this.metadata = this.makeMetadata()
    const { domains, jobs, unfinished } = this
    this.devices = new Devices({ driver, domains, jobs, unfinished, diskFolder })
    this.bootFiles = this.makeBootFiles()
    this.layers = new Layers({ store, images: driver.images, folder: diskFolder })
    this.paths = new FreePaths(diskFolder)
    this.trees = this.makeTrees()
    const { layers, trees, paths } = this
    this.merging = new Merging({ driver, domains, jobs, store, layers, trees, problem: this.warn })
    const common = { driver, domains, store, layers, trees, merging: this.merging, clock }
    this.snapshots = new Snapshots(common)
    this.branches = new Branches({ ...common, jobs, unfinished, snapshots: this.snapshots, paths })
    this.texts = this.makeTexts()
    this.pools = this.makePools()
    this.storage = this.makeStorage()
    this.templates = this.makeTemplates()
    this.guests = new AllGuests(domains, jobs)
    this.ready = new ReadyGuests({ driver, domains, jobs, demo: parts.demo, debian: parts.debian, unfinished, diskFolder })
    const { notices, samples, hostFigures, lifeLog: log } = this
    this.driverEvents = new DriverEvents({ clock, emit, domains, notices, log, samples, hostFigures })
  }

  // ---- how the parts are made -----------------------------------------------------------------

  private readonly warn = (error: ErrorReport): void => this.notices.raise('warning', error)

  /** A place in the connection's folder, where `disks/` is. */
  private beside(name: string): string {
    return join(dirname(this.parts.diskFolder), name)
  }

  private makeNetworks(): Networks {
    return new Networks({
      store: this.parts.networks,
      driver: this.parts.driver,
      configs: () => this.domains.configs(),
      changed: (networks) => this.parts.emit('networksChanged', { networks }),
      problem: this.warn,
    })
  }

  private makeDomains(): Domains {
    const { driver, definitions, clock, elsewhere, vncFolder } = this.parts
    const vnc = new VncAccess(driver, vncFolder)
    return new Domains({
      driver,
      definitions,
      clock,
      jobs: this.jobs,
      networks: () => this.networks.names(),
      stoppedNetworks: () => this.networks.stopped(),
      ownKernels: this.ownKernels,
      unfinished: this.unfinished,
      log: (uuid, text) => this.lifeLog.add(uuid, 'info', 'engine', text),
      elsewhere: () => elsewhere?.() ?? [],
      trashed: () => this.texts.trashedConfigs,
      isFrozen: (path) => this.layers.isBelow(path) || this.trees.usedFiles().includes(path),
      listenVnc: (uuid, place) => vnc.open(uuid, place),
      changed: (domain) => this.domainChanged(domain),
      removed: (uuid) => this.domainRemoved(uuid),
      problem: this.warn,
    })
  }

  private domainChanged(domain: DomainInfo): void {
    this.lifeLog.noteState(domain)
    this.parts.emit('domainChanged', { domain })
    this.networks.domainChanged(domain.uuid, domain.config)
    this.guests.changed()
    if (domain.job === null) this.merging.look()
  }

  private domainRemoved(uuid: string): void {
    this.metadata.forget(uuid)
    void this.samples.forget(uuid)
    this.lifeLog.forget(uuid)
    this.parts.emit('domainRemoved', { uuid })
    this.networks.domainChanged(uuid, null)
  }

  private makeMetadata(): DomainMetadatas {
    return new DomainMetadatas({
      store: this.parts.metadata,
      knows: (uuid) => this.domains.info(uuid).ok,
      changed: (changes) => this.parts.emit('metadataChanged', { changes: [...changes] }),
      problem: this.warn,
    })
  }

  private makeUnfinished(): UnfinishedFiles {
    return new UnfinishedFiles({
      kept: this.parts.unfinished,
      halfCopies: this.halfCopies,
      isPool: (folder) => this.pools.isPool(folder),
      isOurs: (path) => this.pools.isPool(dirname(path)) || this.bootFiles.isOurs(path),
      used: () => namedFiles(this.keptConfigs(), this.templates.list(), this.layers),
      problem: this.warn,
    })
  }

  private makeBootFiles(): BootFiles {
    const { driver, definitions, recentTrees } = this.parts
    definitions.onDropped((config) => {
      this.bootFiles.release(config).catch((thrown: unknown) => this.warn(writeProblem(config.kernel, thrown)))
    })
    return new BootFiles({
      images: driver.images,
      jobs: this.jobs,
      unfinished: this.unfinished,
      halfCopies: this.halfCopies,
      folder: this.beside('boot'),
      recent: recentTrees,
      used: () => [...this.keptConfigs(), ...this.templates.list().map(({ config }) => config)],
      former: (has) => definitions.formerConfigs(has),
    })
  }

  private makeTrees(): SnapshotTrees {
    return new SnapshotTrees({
      store: this.parts.snapshots,
      layers: this.layers,
      config: (uuid) => this.configOf(uuid),
      changed: (tree) => this.parts.emit('snapshotsChanged', { tree }),
    })
  }

  private makeTexts(): DefinitionTexts {
    return new DefinitionTexts({
      domains: this.domains,
      devices: this.devices,
      definitions: this.parts.definitions,
      networks: () => this.networks.names(),
      diskFolder: this.parts.diskFolder,
      metadataOf: (uuid) => this.metadata.list().find((each) => each.uuid === uuid)?.metadata ?? null,
      setMetadata: (uuid, metadata) => this.metadata.set([{ uuid, metadata }]),
      trashChanged: () => this.parts.emit('trashChanged', {}),
      diskFiles: (uuid, disks) => this.trees.diskFiles(uuid, disks),
      needed: (uuid) => this.neededBeside(uuid),
      emptied: async (uuid, disks, configs) => {
        await this.forgetSnapshots(uuid, disks)
        await this.bootFiles.release(...configs)
      },
    })
  }

  private makePools(): Pools {
    const { pools: kept, diskFolder, emit } = this.parts
    return new Pools({ halfCopies: this.halfCopies, kept, diskFolder, changed: () => emit('storageChanged', {}) })
  }

  private makeStorage(): Storage {
    const { driver, emit } = this.parts
    return new Storage({
      pools: this.pools,
      driver,
      domains: this.domains,
      jobs: this.jobs,
      layers: this.layers,
      trees: this.trees,
      trashed: () => this.texts.trashedConfigs,
      templates: () => this.templates,
      changed: () => emit('storageChanged', {}),
    })
  }

  private makeTemplates(): Templates {
    const { driver, templates, clock, emit } = this.parts
    return new Templates({
      kept: templates,
      domains: this.domains,
      jobs: this.jobs,
      images: driver.images,
      layers: this.layers,
      unfinished: this.unfinished,
      clock,
      paths: this.paths,
      changed: () => {
        emit('templatesChanged', {})
        emit('storageChanged', {})
      },
    })
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

  /** Of machines, present and in the trash, and of their snapshots. */
  private keptConfigs(): DomainConfig[] {
    return [...this.domains.usedConfigs(), ...this.trees.configs(null)]
  }

  private configOf(uuid: string): DomainConfig | undefined {
    const info = this.domains.info(uuid)
    return info.ok ? (info.value.config ?? undefined) : undefined
  }

  /** Loads the definitions: from here on calls are served. */
  async load(): Promise<void> {
    await this.networks.load()
    await this.domains.load()
    for (const domain of this.domains.list()) this.lifeLog.begin(domain)
    await this.metadata.load()
    await this.texts.load()
    const { layers, trees } = this
    const pools = await this.parts.pools.load()
    if (pools) this.warn(errorReport('pools-corrupt', pools.values))
    const templates = await this.parts.templates.load()
    if (templates) this.warn(errorReport('templates-corrupt', templates.values))
    // Of no use to anybody when it is damaged; what it was is kept beside it.
    await this.parts.recentTrees.load()
    const store = this.parts.snapshots
    const config = (uuid: string): DomainConfig | undefined => this.configOf(uuid)
    await recoverSnapshots(await store.load(), { store, layers, trees, config, problem: this.warn })
    await this.removeUnfinished()
  }

  /** What an app that was killed has left, when everything that may name a file is there. */
  private async removeUnfinished(): Promise<void> {
    await this.pools.removeUnfinished()
    await this.unfinished.removeLeft()
    await this.bootFiles.removeUnfinished()
    await this.ownKernels.removeLeft()
  }

  /** Opens the driver. One that fails leaves the list usable and a notice; closed meanwhile, nothing is begun. */
  async open(): Promise<Result<null, ErrorReport>> {
    const opened = await this.parts.driver.open((event) => this.driverEvents.hear(event))
    if (this.closed) return err(errorReport('cancelled'))
    if (!opened.ok) {
      this.driverEvents.openFailed(opened.error)
      return opened
    }
    const networks = await this.networks.open()
    if (!networks.ok) this.warn(networks.error)
    if (this.closed) return err(errorReport('cancelled'))
    this.merging.ask()
    void this.domains.autostart()
    return opened
  }

  async close(): Promise<void> {
    this.closed = true
    this.halfCopies.close()
    await this.parts.driver.close()
    await this.samples.close(this.parts.clock.now())
    await this.parts.definitions.settled()
    await this.parts.metadata.settled()
    await this.merging.settled()
    await this.parts.snapshots.settled()
    await this.parts.networks.settled()
  }

  domainList(): DomainInfo[] {
    return [this.driverEvents.domain0, ...this.domains.list()]
  }

  /** Domain 0 too. */
  knows(uuid: string): boolean {
    return uuid === DOMAIN0_UUID || this.domains.info(uuid).ok
  }

  log(uuid: string): readonly LogLine[] {
    return this.lifeLog.of(uuid)
  }

  /** Where it has ended and was given up. */
  startDomain0(): Outcome {
    return this.parts.driver.startDomain0()
  }

  /** How often figures of all domains are taken. */
  sampleEvery(intervalMs: number): void {
    this.parts.driver.sampleEvery(intervalMs)
  }

  servers(): CallServers<ToolstackCall> {
    const { driver, clock, snapshots: store } = this.parts
    const { domains, devices, paths, networks, bootFiles, ownKernels, texts, templates, unfinished, metadata } = this
    const { trees, snapshots, branches, samples, hostFigures, lifeLog, jobs, notices, ready } = this
    const list = (): DomainInfo[] => this.domainList()
    const info: Domains['info'] = (uuid) => (uuid === DOMAIN0_UUID ? ok(this.driverEvents.domain0) : domains.info(uuid))
    const host = (): Promise<HostInfo> => this.hostInfo()
    return {
      ...storageServers(this.pools, this.storage),
      ...lifeServers(domains),
      ...definitionServers({ domains, devices, texts, templates, images: driver.images, bootFiles, unfinished }),
      ...deviceServers({ driver, domains, devices, paths, networks, bootFiles, ownKernels }),
      ...snapshotServers({ domains, store, trees, snapshots, branches }),
      ...jobServers({ jobs, notices, ready }),
      ...lookServers({ driver, clock, list, info, samples, hostFigures, lifeLog, host }),
      metadataList: () => ok(metadata.list()),
      metadataSet: ({ changes }) => metadata.set(changes),
    }
  }

  async hostInfo(): Promise<HostInfo> {
    const { driver, diskFolder } = this.parts
    const { name, limits } = driver
    return { ...hostItself(), driver: name, limits, ...(await this.ready.abilities()), diskFolder }
  }
}
