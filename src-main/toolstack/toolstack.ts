// The toolstack: serves the calls about domains, jobs and the host, and turns what the driver tells into events for windows.
// It knows no driver's name and no window. Invariant: events go out in the order things happened.
// Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { cpus, freemem, hostname, totalmem } from 'node:os'
import { join } from 'node:path'
import { err, ok, type Result } from '../../src-engine/public/result'
import type { DefinitionStore } from '../definition/definition-store'
import type { KeptFile } from '../definition/kept-file'
import type { MetadataStore } from '../definition/metadata-store'
import type { NetworkStore } from '../definition/network-store'
import { SampleStore } from '../definition/sample-store'
import type { SnapshotStore } from '../definition/snapshot-store'
import type { DriverEvent, HypervisorDriver, Outcome } from '../driver/driver'
import type { OpaquePort } from '../lib/channel'
import type { Clock } from '../lib/clock'
import type { CallName, CallParams, CallResult } from '../public/calls'
import { DEFAULT_NETWORK, type Device } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { EventName, EventPayload } from '../public/events'
import {
  DOMAIN0_UUID,
  type DomainConfig,
  type DomainInfo,
  type FileKind,
  type HostInfo,
  type LogLine,
  type Sample,
} from '../public/types'
import { Branches } from './branches'
import { ClockJump } from './clock-jump'
import { DefinitionTexts } from './definition-texts'
import type { DebianMaker, DemoMaker } from './demo-maker'
import { Devices, type FileRights } from './devices'
import { domain0Info } from './domain'
import { DomainLogs } from './domain-logs'
import { DomainMetadatas } from './domain-metadata'
import { Domains } from './domains'
import { hostFile } from './file-kind'
import { HostFigures } from './host-figures'
import { type JobControl, Jobs } from './jobs'
import { Layers } from './layers'
import { isActive } from './life-cycle'
import { freeMac } from './mac'
import { Merging } from './merging'
import { neededFiles } from './needed-files'
import { Networks } from './networks'
import { Notices } from './notices'
import { refusedBacking } from './refused-backing'
import { SampleHistory } from './sample-history'
import { type SnapshotCall, snapshotServers } from './snapshot-calls'
import { recoverSnapshots } from './snapshot-recovery'
import { filesOf, SnapshotTrees } from './snapshot-trees'
import { Snapshots } from './snapshots'
import { type Pools, Storage } from './storage'
import { VncAccess } from './vnc-access'

/** The window a call comes from, as far as a call may use it. */
export interface Caller extends FileRights {
  /** Hands a stream's port to it; the number under which it arrives there. */
  handOver(port: OpaquePort): number
  /** Whether the user chose this file in a dialog of ours for this purpose. */
  choseFile(path: string, kind: FileKind): boolean
}

/** A function serving one row. `W` is what the carrier knows of the caller beyond the least. */
export type CallServer<C extends CallName, W extends Caller = Caller> = (
  params: CallParams<C>,
  caller: W,
) => Promise<Result<CallResult<C>, ErrorReport>> | Result<CallResult<C>, ErrorReport>
export type CallServers<C extends CallName = CallName, W extends Caller = Caller> = { readonly [K in C]: CallServer<K, W> }

type StorageCall =
  | 'poolList'
  | 'poolDefine'
  | 'poolUndefine'
  | 'volumeList'
  | 'volumeCreate'
  | 'volumeResize'
  | 'volumeCheck'
  | 'volumeClone'
  | 'volumeUpload'
  | 'volumeDelete'
  | 'volumeTrash'
  | 'volumeRestore'
  | 'volumeErase'

/** Of definitions as texts. */
type TextCall =
  | 'configText'
  | 'configLook'
  | 'configDefine'
  | 'configDevices'
  | 'configRead'
  | 'configWrite'
  | 'domainRename'
  | 'revisionList'
  | 'revisionDiff'
  | 'revisionRevert'
  | 'trashList'
  | 'trashRestore'
  | 'trashEmpty'

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
  | 'debianGuestCreate'
  | 'deviceAttach'
  | 'deviceDetach'
  | 'mediumChange'
  | 'backingAllow'
  | 'macPropose'
  | 'imageProposePath'
  | 'imageInspect'
  | 'imageCreate'
  | 'imageResize'
  | 'imageConvert'
  | 'imageCheck'
  | 'networkList'
  | 'networkDefine'
  | 'networkUndefine'
  | 'networkLeases'
  | 'storeDump'
  | 'storeWrite'
  | 'storeWatch'
  | 'domainInspect'
  | 'vcpuInspect'
  | 'metadataList'
  | 'metadataSet'
  | 'fileLook'
  | SnapshotCall
  | StorageCall
  | TextCall
  | 'domainSamples'
  | 'hostSamples'
  | 'domainDmesg'
  | 'domainLog'
  | 'jobList'
  | 'jobCancel'
  | 'noticeList'
  | 'noticeDismiss'
  | 'consoleOpen'
  | 'screenOpen'
  | 'screenSave'
  | 'domainThumbnail'
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
  /** Numbers of jobs and notices, where there are other toolstacks beside this one. */
  readonly nextNumber?: () => number
}

const MIB = 1024 * 1024
/** How long a guest has to follow a request to shut down when everything is shut down. */
const SHUTDOWN_WAIT_MS = 60_000

export class Toolstack {
  readonly notices: Notices
  readonly jobs: Jobs
  readonly domains: Domains
  readonly networks: Networks
  readonly devices: Devices
  readonly metadata: DomainMetadatas
  readonly layers: Layers
  readonly trees: SnapshotTrees
  readonly merging: Merging
  readonly snapshots: Snapshots
  readonly branches: Branches
  readonly storage: Storage
  readonly texts: DefinitionTexts
  private readonly parts: ToolstackParts
  private readonly samples: SampleHistory
  private readonly hostFigures: HostFigures
  private readonly logs = new DomainLogs()
  private readonly clockJump = new ClockJump()
  private readonly states = new Map<string, DomainInfo['state']>()
  private readonly waiting = new Set<() => void>()
  private domain0: DomainInfo

  constructor(parts: ToolstackParts) {
    this.parts = parts
    const { driver, definitions, clock, emit } = parts
    this.notices = new Notices(clock, (notice) => emit('noticeRaised', { notice }), parts.nextNumber)
    this.jobs = new Jobs(clock, (job) => emit('jobChanged', { job }), parts.nextNumber)
    const problem = (error: ErrorReport): void => this.notices.raise('warning', error)
    this.samples = new SampleHistory(new SampleStore(parts.sampleFolder, problem))
    this.hostFigures = new HostFigures(this.samples)
    this.networks = new Networks({
      store: parts.networks,
      driver,
      configs: () => this.domains.configs(),
      changed: (networks) => emit('networksChanged', { networks }),
      problem,
    })
    const vnc = new VncAccess(driver, parts.vncFolder)
    this.domains = new Domains({
      driver,
      definitions,
      clock,
      jobs: this.jobs,
      networks: () => this.networks.names(),
      freeMac,
      trashed: () => this.texts.trashedConfigs,
      isFrozen: (path) => this.layers.isBelow(path) || this.trees.usedFiles().includes(path),
      listenVnc: (uuid, place) => vnc.open(uuid, place),
      changed: (domain) => {
        this.noteLife(domain)
        emit('domainChanged', { domain })
        this.networks.domainChanged(domain.uuid, domain.config)
        for (const wake of [...this.waiting]) wake()
        if (!isActive(domain.state) && domain.job === null) this.merging.ask()
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
    this.devices = new Devices({ driver, domains: this.domains, jobs: this.jobs, diskFolder: parts.diskFolder })
    const store = parts.snapshots
    this.layers = new Layers({ store, images: driver.images, folder: parts.diskFolder })
    this.trees = new SnapshotTrees({
      store,
      layers: this.layers,
      config: (uuid) => this.configOf(uuid),
      changed: (tree) => emit('snapshotsChanged', { tree }),
    })
    const { domains, jobs, layers, trees, devices } = this
    this.merging = new Merging({ domains, jobs, store, layers, trees, problem })
    const common = { driver, domains, store, layers, trees, merging: this.merging, clock }
    this.snapshots = new Snapshots(common)
    this.branches = new Branches({
      ...common,
      jobs,
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
      emptied: (uuid, disks) => this.forgetSnapshots(uuid, disks),
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
      changed: () => emit('storageChanged', {}),
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
    const store = this.parts.snapshots
    await recoverSnapshots(await store.load(), { store, layers, trees, config: (uuid) => this.configOf(uuid), problem })
  }

  /** Opens the driver. One that fails leaves the list usable and a notice. */
  async open(): Promise<Result<null, ErrorReport>> {
    const opened = await this.parts.driver.open((event) => this.onDriverEvent(event))
    if (!opened.ok) {
      this.domain0 = domain0Info('crashed', opened.error.values['detail'] ?? opened.error.reason, this.parts.clock.now())
      this.notices.raise('error', opened.error)
      return opened
    }
    const networks = await this.networks.open()
    if (!networks.ok) this.notices.raise('warning', networks.error)
    this.merging.ask()
    void this.domains.autostart()
    return opened
  }

  async close(): Promise<void> {
    await this.parts.driver.close()
    await this.samples.close(this.parts.clock.now())
    await this.parts.definitions.settled()
    await this.parts.metadata.settled()
    await this.merging.settled()
    await this.parts.snapshots.settled()
    await this.parts.networks.settled()
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
    this.addLog(uuid, level, 'life', `${before} → ${state}${detail === '' ? '' : `: ${detail}`}`)
  }

  private addLog(uuid: string, level: LogLine['level'], source: LogLine['source'], text: string): void {
    const lines = this.logs.add(uuid, { time: this.parts.clock.now(), level, source, text })
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
        emit('hostSample', { sample: this.hostFigures.add(samples, time) })
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
      ...this.storageServers(),
      ...snapshotServers({ domains, store: this.parts.snapshots, trees, snapshots, branches }),
      domainList: () => ok(this.domainList()),
      domainInfo: ({ uuid }) => (uuid === DOMAIN0_UUID ? ok(this.domain0) : domains.info(uuid)),
      domainDefine: (order, caller) => this.define(order, caller),
      domainRedefine: async ({ uuid, config, base }, caller) => {
        const info = domains.info(uuid)
        if (!info.ok) return info
        const allowed = await devices.mayWrite(config.devices, info.value.config?.devices ?? [], [], caller)
        return allowed.ok ? domains.redefine(uuid, config, base) : allowed
      },
      domainUndefine: ({ uuid, disks, forget }) => (forget ? domains.forget(uuid) : this.texts.undefine(uuid, disks ?? [])),
      domainCreate: ({ uuid, fresh, paused }) => domains.create(uuid, fresh, paused),
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
      debianGuestCreate: () => ok({ job: this.createDebianGuest() }),
      deviceAttach: ({ uuid, device, image }, caller) => devices.attach(uuid, device, image, caller),
      deviceDetach: ({ uuid, key, force }) => devices.detach(uuid, key, force),
      mediumChange: ({ uuid, key, ...medium }, caller) => devices.changeMedium(uuid, key, medium, caller),
      backingAllow: ({ uuid, key, path }) => devices.allowBacking(uuid, key, path),
      macPropose: () => ok({ mac: freeMac(domains.configs()) }),
      imageProposePath: async ({ name, format, taken }) => ok({ path: await devices.proposePath(name, format, taken) }),
      imageInspect: ({ path }) => devices.inspect(path),
      imageCreate: ({ image }, caller) => devices.createImage(image, caller),
      imageResize: ({ path, sizeMiB }, caller) => devices.resize(path, sizeMiB, caller),
      imageConvert: ({ from, to, format }, caller) => devices.convert(from, to, format, caller),
      imageCheck: ({ path, repair }, caller) => devices.check(path, repair, caller),
      networkList: () => ok(networks.list()),
      networkDefine: ({ network, replaces, base }) => networks.define(network, replaces, base),
      networkUndefine: ({ name, base }) => networks.undefine(name, base),
      networkLeases: ({ name }) => networks.leases(name),
      storeDump: ({ uuid }) => devices.store(uuid),
      storeWrite: ({ uuid, path, value }) => devices.writeStore(uuid, path, value),
      storeWatch: ({ seconds }) => driver.watchStore(seconds),
      domainInspect: ({ uuid, parts }) => driver.inspect(uuid, parts),
      vcpuInspect: ({ uuid, vcpu }) => driver.inspectVcpu(uuid, vcpu),
      metadataList: () => ok(this.metadata.list()),
      metadataSet: ({ changes }) => this.metadata.set(changes),
      fileLook: ({ path }) => hostFile(path),
      ...this.textServers(),
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
      consoleOpen: async ({ uuid, fromOffset }, caller) => {
        const port = await driver.openConsole(uuid, fromOffset)
        return port.ok ? ok({ stream: caller.handOver(port.value) }) : port
      },
      screenOpen: async ({ uuid }, caller) => {
        const port = await driver.openScreen(uuid)
        return port.ok ? ok({ stream: caller.handOver(port.value) }) : port
      },
      domainThumbnail: ({ uuid, width }) => devices.thumbnail(uuid, width),
      screenSave: ({ uuid, path }, caller) => devices.saveScreen(uuid, path, caller),
      hostInfo: async () => ok(await this.hostInfo()),
    }
  }

  private storageServers(): CallServers<StorageCall> {
    const { storage } = this
    return {
      poolList: async () => ok(await storage.list()),
      poolDefine: ({ name, path }, caller) => {
        const allowed = caller.choseFile(path, 'poolFolder') || storage.wasPool(path)
        return allowed ? storage.define({ name, path }) : err(errorReport('path-not-chosen', { path }))
      },
      poolUndefine: ({ name }) => storage.undefine(name),
      volumeList: ({ pool }) => storage.volumes(pool),
      volumeCreate: (order) => asJob(storage.create(order)),
      volumeResize: ({ pool, name, sizeMiB }) => asJob(storage.resize(pool, name, sizeMiB)),
      volumeCheck: ({ pool, name, repair }) => asJob(storage.check(pool, name, repair)),
      volumeClone: ({ pool, name, to, format }) => asJob(storage.clone(pool, name, to, format)),
      volumeUpload: ({ pool, from, name }, caller) => {
        if (!caller.choseFile(from, 'openDisk')) return err(errorReport('path-not-chosen', { path: from }))
        return asJob(storage.upload(pool, from, name))
      },
      volumeDelete: ({ pool, name }) => storage.remove(pool, name),
      volumeTrash: async () => ok(await storage.trash()),
      volumeRestore: ({ pool, id }) => storage.restore(pool, id),
      volumeErase: ({ pool, id }) => storage.erase(pool, id),
    }
  }

  /** Definitions as texts, their history, the trash. */
  private textServers(): Pick<CallServers<ToolstackCall>, TextCall> {
    const { texts } = this
    return {
      configText: ({ uuid, format, secure }) => texts.text(uuid, format, secure === true),
      configLook: ({ uuid, text }) => texts.look(uuid, text),
      configDevices: ({ text }) => texts.devices(text),
      configDefine: async ({ uuid, text, start }, caller) => {
        const defined = await texts.define(uuid, text, caller)
        if (!defined.ok || !start) return defined
        const started = await this.domains.create(defined.value.uuid, false)
        return started.ok ? defined : started
      },
      configRead: ({ path }, caller) =>
        caller.choseFile(path, 'openConfig') ? texts.readFile(path) : err(errorReport('path-not-chosen', { path })),
      configWrite: ({ uuid, format, path }, caller) =>
        caller.choseFile(path, 'saveConfig')
          ? texts.writeFile(uuid, format, path)
          : err(errorReport('path-not-chosen', { path })),
      domainRename: ({ uuid, name, from }) => this.domains.rename(uuid, name, from),
      revisionList: ({ uuid }) => texts.revisions(uuid),
      revisionDiff: ({ uuid, from, to }) => texts.revisionDiff(uuid, from, to),
      revisionRevert: ({ uuid, revision }, caller) => texts.revert(uuid, revision, caller),
      trashList: async () => ok(await texts.trash()),
      trashRestore: ({ id }) => texts.restore(id),
      trashEmpty: ({ ids }) => texts.empty(ids),
    }
  }

  private async define(order: CallParams<'domainDefine'>, caller: Caller): Outcome<{ uuid: string }> {
    const { config, images, start } = order
    const refused = this.domains.checkDefinition(config, undefined)
    if (!refused.ok) return refused
    const allowed = await this.devices.mayWrite(config.devices, [], images, caller)
    if (!allowed.ok) return allowed
    // Whoever is asked and agrees comes again: nothing may be made before.
    const outside = await refusedBacking(this.parts.driver.images, config.devices)
    if (outside) return err(outside)
    const made = await this.devices.makeImages(images)
    if (!made.ok) return made
    const defined = await this.domains.define(config)
    if (!defined.ok) {
      await this.devices.removeImages(images.map(({ path }) => path))
      return defined
    }
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
        const name = this.domains.freeName(files.value.name)
        const config = { name, memoryMiB, vcpus: 1, kernel, ramdisk, cmdline, devices: [] }
        return this.defineAndStart(config, control)
      },
    })
  }

  /** A Debian system with all the devices that the driver has. */
  private createDebianGuest(): number {
    return this.jobs.start({
      kind: 'debianGuest',
      subject: '',
      uuid: null,
      step: 'installing-packages',
      cancellable: true,
      work: async (control) => {
        const { debian, diskFolder, driver } = this.parts
        // The image's own name is found when it is there: by then another guest may have the name.
        const made = await debian.make(join(diskFolder, `debian-${randomUUID().slice(0, 8)}.img`), control)
        if (!made.ok) return made
        const { kernel, ramdisk, image, cmdline, memoryMiB } = made.value
        const all: Device[] = [
          { kind: 'vbd', dev: 'xvda', path: image, format: 'raw', readonly: false, removable: false },
          { kind: 'vif', index: 0, network: DEFAULT_NETWORK.name, mac: freeMac(this.domains.configs()), forwards: [] },
          { kind: 'vfb', width: 1024, height: 768 },
        ]
        const devices = all.filter(({ kind }) => driver.limits.devices.includes(kind))
        const name = this.domains.freeName('Debian')
        const started = await this.defineAndStart({ name, memoryMiB, vcpus: 1, kernel, ramdisk, cmdline, devices }, control)
        if (!started.ok && !this.domains.configs().some((config) => config.name === name)) await rm(image, { force: true })
        return started
      },
    })
  }

  private async defineAndStart(config: DomainConfig, control: JobControl): Outcome {
    const defined = await this.domains.define(config)
    if (!defined.ok) return defined
    control.domain(defined.value, config.name)
    control.step('starting')
    return this.domains.create(defined.value, false)
  }

  async hostInfo(): Promise<HostInfo> {
    const { driver, demo, debian, diskFolder } = this.parts
    const [available, debianAvailable] = await Promise.all([demo.available(), debian.available()])
    return {
      hostName: hostname(),
      cpuModel: cpus()[0]?.model.trim() ?? '',
      cpus: cpus().length,
      memoryMiB: Math.floor(totalmem() / MIB),
      freeMemoryMiB: Math.floor(freemem() / MIB),
      driver: driver.name,
      limits: driver.limits,
      demoGuest: { available: available.ok, error: available.ok ? null : available.error },
      debianGuest: { available: debianAvailable.ok, error: debianAvailable.ok ? null : debianAvailable.error },
      platform: process.platform,
      diskFolder,
    }
  }
}

function asJob(started: Result<number, ErrorReport>): Result<{ job: number }, ErrorReport> {
  return started.ok ? ok({ job: started.value }) : started
}
