// The domains and what may be done with them: the life-cycle table applied to definitions, driver and jobs.
// Long because: every operation of a domain's life is here, so that no transition hides elsewhere.
// Invariant: state changes only through `apply`; each tells the windows. A run marker is on disk before a guest runs and is
// gone only after it has ended in order. A late answer of the driver to an earlier run changes nothing (Domain.run).
// Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import { err, ok, type Result } from '../../src-engine/public/result'
import { checkDeviceFiles, checkDevices, diskInUse, disksOf } from '../config/device-check'
import { checkBootFiles, checkConfig, usableName } from '../config/domain-check'
import type { Definition, DefinitionStore } from '../definition/definition-store'
import type { DriverEvent, HypervisorDriver, RestoredDomain } from '../driver/driver'
import { systemErrorText } from '../lib/atomic-file'
import type { Clock } from '../lib/clock'
import type { RevisionCause } from '../public/definition'
import type { Device, Vnc } from '../public/device'
import { type ErrorReport, errorReport, explainError } from '../public/error-code'
import type { Metadata } from '../public/list'
import { afterLiveChanges, configChanges, sameValue } from '../public/live-changes'
import type { DomainConfig, DomainInfo, DomainOperation } from '../public/types'
import { type Domain, domainInfo } from './domain'
import type { JobControl, JobOrder, Jobs } from './jobs'
import { writtenDisks } from './layers'
import { isActive, type LifeEvent, mayBe, nextState } from './life-cycle'

type Outcome<T = null> = Promise<Result<T, ErrorReport>>

export interface DomainsParts {
  readonly driver: HypervisorDriver
  readonly definitions: DefinitionStore
  readonly clock: Clock
  readonly jobs: Jobs
  readonly changed: (domain: DomainInfo) => void
  readonly removed: (uuid: string) => void
  readonly problem: (error: ErrorReport) => void
  /** Names of the virtual networks there are. */
  readonly networks: () => readonly string[]
  /** What deleted domains need to be as they were. */
  readonly trashed: () => readonly DomainConfig[]
  /** Lets VNC viewers in there, or nowhere; the place in words. */
  readonly listenVnc: (uuid: string, vnc: Vnc | undefined) => Outcome<string | null>
  /** Whether a snapshot or another machine's disk stands on the file, so that nobody may write to it. */
  readonly isFrozen: (path: string) => boolean
  /** A MAC address that no definition has. */
  readonly freeMac: (taken: readonly DomainConfig[]) => string
}

/** What a change of devices makes of the definition and of what runs; `live` is done before either. */
export interface DeviceChange {
  readonly config: DomainConfig
  readonly live?: { readonly running: (before: DomainConfig) => DomainConfig; act(): Outcome }
}

/** Why a definition is stored, and the text it is made from, if another than its own. */
export interface StoredChange {
  readonly cause?: RevisionCause
  readonly text?: string | undefined
}

function definitionOf({ uuid, config, managedSave, savedConfig }: Domain): Definition {
  return { uuid, config, managedSave, savedConfig }
}

export class Domains {
  private readonly domains = new Map<string, Domain>()
  private readonly parts: DomainsParts
  private readonly waiting = new Set<() => void>()

  constructor(parts: DomainsParts) {
    this.parts = parts
  }

  /** Definitions from disk; those that ran when the app was cut off are shown as crashed. */
  async load(): Promise<void> {
    const loaded = await this.parts.definitions.load()
    const { definitions, cutOff, ownerless } = loaded
    const problems = [...loaded.problems]
    for (const { uuid, config, managedSave, savedConfig } of definitions) {
      const domain = this.make(uuid, config)
      domain.managedSave = managedSave
      domain.savedConfig = savedConfig
      // With a managed save nothing was lost: the app was cut off after the save or before the guest went on from it.
      if (managedSave !== null) domain.state = 'saved'
      else if (cutOff.includes(uuid)) {
        domain.state = 'crashed'
        domain.detail = 'Ringmaster ended unexpectedly while this machine was running.'
      }
    }
    this.takeResidents()
    for (const { uuid, savedAt } of ownerless) await this.adoptSave(uuid, savedAt, problems)
    for (const uuid of cutOff) await this.parts.definitions.unmarkRunning(uuid)
    for (const problem of problems) this.parts.problem(problem)
  }

  /** Domains of the driver's own: those we have a definition of keep it. */
  private takeResidents(): void {
    for (const { uuid, config, domid, startedAt } of this.parts.driver.residents ?? []) {
      const domain = this.domains.get(uuid) ?? this.make(uuid, config)
      if (domid === null) continue
      domain.state = 'running'
      domain.domid = domid
      domain.running = config
      domain.startedAt = startedAt
    }
  }

  /** A managed save whose definition is lost: it says its domain's name, and can be gone on from but not booted afresh. */
  private async adoptSave(uuid: string, savedAt: number, problems: ErrorReport[]): Promise<void> {
    const saved = await this.parts.driver.readSaved(this.parts.definitions.managedSavePath(uuid))
    if (!saved.ok) {
      problems.push(saved.error)
      return
    }
    const domain = this.make(uuid, this.blank(this.freeName(usableName(saved.value.name) ?? uuid)))
    domain.managedSave = savedAt
    domain.state = 'saved'
    const stored = await this.store({ uuid, config: domain.config, managedSave: savedAt, savedConfig: null })
    if (!stored.ok) problems.push(stored.error)
  }

  list(): DomainInfo[] {
    return [...this.domains.values()].map(domainInfo)
  }

  active(): DomainInfo[] {
    return this.list().filter((domain) => isActive(domain.state))
  }

  info(uuid: string): Result<DomainInfo, ErrorReport> {
    const domain = this.domains.get(uuid)
    return domain ? ok(domainInfo(domain)) : err(errorReport('no-domain', { uuid }))
  }

  // ---- definitions --------------------------------------------------------------------------

  /** `text` is domain XML whose other parts stay in the definition's. */
  async define(config: DomainConfig, uuid: string = randomUUID(), text?: string): Outcome<string> {
    const checked = this.checkDefinition(config, undefined)
    if (!checked.ok) return checked
    const stored = await this.store({ uuid, config, managedSave: null, savedConfig: null }, { cause: 'defined', text })
    if (!stored.ok) return stored
    this.tell(this.make(uuid, config))
    return ok(uuid)
  }

  /** Definitions, without that of one domain. */
  configs(without?: string): DomainConfig[] {
    return [...this.domains.values()].filter(({ uuid }) => uuid !== without).map(({ config }) => config)
  }

  /** With `base` only when the definition still is that one. */
  redefine(uuid: string, config: DomainConfig, base?: DomainConfig, change: StoredChange = {}): Outcome {
    const found = this.allowed(uuid, 'redefine')
    if (!found.ok) return Promise.resolve(found)
    const done = found.value.changes.then(() => this.redefineNow(uuid, config, base, change))
    found.value.changes = done.catch(() => undefined)
    return done
  }

  /** One change of a domain's devices: checked, done to the guest when it runs, then stored. */
  change(uuid: string, operation: DomainOperation, plan: (domain: Domain) => Result<DeviceChange, ErrorReport>): Outcome {
    const found = this.allowed(uuid, operation)
    if (!found.ok) return Promise.resolve(found)
    const done = found.value.changes.then(() => this.changeNow(uuid, operation, plan))
    found.value.changes = done.catch(() => undefined)
    return done
  }

  /** Into the trash; `disks` are the image files that go when it is emptied. */
  async undefine(uuid: string, disks: readonly string[] = [], metadata: Metadata | null = null): Outcome {
    const found = this.allowed(uuid, 'undefine')
    if (!found.ok) return found
    const domain = found.value
    const strange = disks.find((path) => !disksOf(domain.config.devices).some((disk) => disk.path === path))
    if (strange !== undefined) return err(errorReport('no-device', { name: domain.config.name, key: strange }))
    this.domains.delete(uuid)
    try {
      await this.parts.definitions.moveToTrash(definitionOf(domain), disks, metadata)
    } catch (thrown) {
      this.domains.set(uuid, domain)
      return err(errorReport('file-unwritable', { path: 'trash', detail: systemErrorText(thrown) }))
    }
    this.parts.removed(uuid)
    return ok(null)
  }

  /** Out of the trash: under its own identifier and name when nobody has them now, with addresses that nobody has. */
  async untrash(id: string, uuid: string, config: DomainConfig): Outcome<string> {
    const free = this.domains.has(uuid) ? randomUUID() : uuid
    const name = this.freeName(config.name)
    const apart = checkDevices(config, { others: this.configs(), networks: this.parts.networks() })
    const collides = !apart.ok && ['mac-taken', 'forward-taken'].includes(apart.error.reason)
    const restored = { ...(collides ? this.besides(config) : config), name }
    try {
      const { managedSave, savedConfig } = await this.parts.definitions.takeFromTrash(id, free, restored)
      const domain = this.make(free, restored)
      if (managedSave !== null) Object.assign(domain, { managedSave, savedConfig, state: 'saved' })
      this.tell(domain)
      return ok(free)
    } catch (thrown) {
      return err(errorReport('file-unwritable', { path: 'definitions', detail: systemErrorText(thrown) }))
    }
  }

  /** The canonical text of a definition. */
  text(uuid: string): Result<string, ErrorReport> {
    const domain = this.domains.get(uuid)
    return domain ? ok(this.parts.definitions.text(uuid, domain.config)) : err(errorReport('no-domain', { uuid }))
  }

  /** The same for one that may be deleted now. */
  async forget(uuid: string): Outcome {
    const found = this.allowed(uuid, 'undefine')
    if (!found.ok) return found
    await this.discard(uuid)
    return ok(null)
  }

  /** As if it had never been defined. */
  async discard(uuid: string): Promise<void> {
    this.domains.delete(uuid)
    await this.parts.definitions.remove(uuid)
    this.parts.removed(uuid)
  }

  /** A name nobody has: "Debian", "Debian 2", … */
  freeName(wanted: string): string {
    const taken = new Set([...this.domains.values()].map((domain) => domain.config.name))
    for (let number = 1; ; number++) {
      const name = number === 1 ? wanted : `${wanted} ${number}`
      if (!taken.has(name)) return name
    }
  }

  // ---- running ------------------------------------------------------------------------------

  /** Those that start with the app; each that cannot says why. */
  async autostart(): Promise<void> {
    for (const { uuid, config, state } of [...this.domains.values()]) {
      if (config.autostart !== true || (state !== 'shutoff' && state !== 'saved' && state !== 'crashed')) continue
      const started = await this.create(uuid, false)
      if (!started.ok) this.parts.problem(started.error)
    }
  }

  /** Starts it; goes on from the managed save unless `fresh`. Answers when it runs. */
  async create(uuid: string, fresh: boolean): Outcome {
    const found = this.allowed(uuid, 'create')
    if (!found.ok) return found
    const domain = found.value
    if (domain.managedSave !== null && !fresh) return this.createFromManagedSave(domain)
    return this.start(domain)
  }

  async suspend(uuid: string): Outcome {
    return this.ask(uuid, 'suspend', () => this.parts.driver.suspend(uuid))
  }

  async resume(uuid: string): Outcome {
    return this.ask(uuid, 'resume', () => this.parts.driver.resume(uuid))
  }

  async shutdown(uuid: string): Outcome {
    return this.ask(uuid, 'shutdown', () => this.parts.driver.shutdown(uuid), 'shutdownAsked')
  }

  async reboot(uuid: string): Outcome {
    return this.ask(uuid, 'reboot', () => this.parts.driver.reboot(uuid), 'shutdownAsked')
  }

  /** Answers when it is at rest: no job is at work on it, and it may be started again. */
  async destroy(uuid: string): Outcome {
    const found = this.allowed(uuid, 'destroy')
    if (!found.ok) return found
    const domain = found.value
    const { run } = domain
    domain.endedRun = run
    const done = await this.parts.driver.destroy(uuid)
    // A start that has not come to the driver yet sees `endedRun`.
    if (!done.ok && done.error.reason !== 'no-domain') return done
    await this.until(() => domain.job === null && (domain.run !== run || !isActive(domain.state)))
    await this.parts.definitions.settled()
    return ok(null)
  }

  async setMemory(uuid: string, memoryMiB: number): Outcome {
    const found = this.allowed(uuid, 'setMemory')
    if (!found.ok) return found
    const { memoryMiB: max } = found.value.running ?? found.value.config
    const { minMemoryMiB: min } = this.parts.driver.limits
    if (memoryMiB < min) return err(errorReport('memory-too-small', { asked: memoryMiB, min }))
    if (memoryMiB > max) return err(errorReport('memory-too-large', { asked: memoryMiB, max }))
    return this.parts.driver.setMemory(uuid, memoryMiB)
  }

  // ---- saving and restoring -----------------------------------------------------------------

  /** To a file of the user's choice; the number of the job. */
  save(uuid: string, path: string): Result<number, ErrorReport> {
    return this.startSave(uuid, 'save', path, async (domain) => {
      const { uuid } = domain
      const config = domain.running ?? domain.config
      await this.parts.definitions.recordSavedFile({ path, uuid, config, savedAt: this.parts.clock.now() })
      this.rest(domain, 'stopped', '')
    })
  }

  /** To our own folder; `create` goes on from it. */
  managedSave(uuid: string): Result<number, ErrorReport> {
    return this.startSave(uuid, 'managedSave', this.parts.definitions.managedSavePath(uuid), async (domain) => {
      domain.managedSave = this.parts.clock.now()
      const { config, managedSave, savedConfig } = domain
      const stored = await this.store({ uuid, config, managedSave, savedConfig })
      if (!stored.ok) this.parts.problem(stored.error)
      this.rest(domain, 'stoppedSaved', '')
    })
  }

  restore(path: string): number {
    return this.parts.jobs.start({
      kind: 'restore',
      subject: basename(path),
      uuid: null,
      step: 'restoring',
      cancellable: true,
      work: async (control) => {
        const target = await this.restoreTarget(path)
        if (!target.ok) return target
        const { domain, made, config } = target.value
        control.domain(domain.uuid, domain.config.name)
        const restored = await this.continueFrom(domain, config, path, control)
        if (!restored.ok) {
          if (made) await this.discard(domain.uuid)
          return restored
        }
        if (made) await this.learnSize(domain, restored.value)
        return ok(null)
      },
    })
  }

  // ---- for files of this folder whose work takes a domain for a while -------------------------

  /** A job that has the domain for itself: no other operation but forcing it off until it has ended. */
  occupy(
    uuid: string,
    operation: DomainOperation,
    order: Pick<JobOrder, 'kind' | 'step' | 'cancellable'>,
    work: (domain: Domain, control: JobControl) => Outcome,
  ): Result<number, ErrorReport> {
    const found = this.allowed(uuid, operation)
    if (!found.ok) return found
    const domain = found.value
    domain.job = this.parts.jobs.start({
      ...order,
      subject: domain.config.name,
      uuid,
      work: async (control) => {
        // Edits that were under way are done first.
        await domain.changes
        try {
          return await work(domain, control)
        } finally {
          if (domain.job === control.job) domain.job = null
          this.tell(domain)
        }
      },
    })
    this.tell(domain)
    return ok(domain.job)
  }

  /** For a job about several domains: it has this one until `give`. */
  take(uuid: string, operation: DomainOperation, job: number): Result<Domain, ErrorReport> {
    const found = this.allowed(uuid, operation)
    if (found.ok) {
      found.value.job = job
      this.tell(found.value)
    }
    return found
  }

  give(domain: Domain): void {
    domain.job = null
    this.tell(domain)
  }

  /** The domain a job has made itself. */
  own(uuid: string): Domain | undefined {
    return this.domains.get(uuid)
  }

  /** Ends its run at once, for the job that has it. */
  async halt(domain: Domain): Outcome {
    const { run } = domain
    if (!isActive(domain.state)) return ok(null)
    domain.endedRun = run
    const done = await this.parts.driver.destroy(domain.uuid)
    if (!done.ok && done.error.reason !== 'no-domain') return done
    await this.until(() => domain.run !== run || !isActive(domain.state))
    return ok(null)
  }

  /** It has nothing to go on from any more. */
  rested(domain: Domain): void {
    domain.detail = ''
    if (domain.state === 'saved' || domain.state === 'crashed') this.apply(domain, 'stopped')
  }

  /** Whether a snapshot or another machine's disk stands on the file. */
  isFrozen(path: string): boolean {
    return this.parts.isFrozen(path)
  }

  /** Definitions, in the trash too, what runs, and what managed saves go on with: every file they name. */
  usedConfigs(): DomainConfig[] {
    const present = [...this.domains.values()].flatMap(({ config, running, savedConfig }) =>
      [config, running, savedConfig].flatMap((one) => (one ? [one] : [])),
    )
    return [...present, ...this.parts.trashed()]
  }

  // ---- what the driver tells ----------------------------------------------------------------

  onPaused(uuid: string, paused: boolean, detail = ''): void {
    const domain = this.domains.get(uuid)
    if (!domain) return
    domain.detail = detail
    if (paused && (domain.state === 'running' || domain.state === 'shutdown')) this.apply(domain, 'suspended')
    if (!paused && domain.state === 'paused') this.apply(domain, 'resumed')
  }

  onStopped(event: DriverEvent & { kind: 'stopped' }): void {
    const domain = this.domains.get(event.uuid)
    // After a save the job that asked for it says what the domain is now.
    if (!domain || !isActive(domain.state) || event.how === 'saved') return
    if (event.how === 'crash') {
      this.rest(domain, 'crashed', event.detail)
      this.floating(this.settleLateSave(domain))
    } else if (event.how === 'reboot' && domain.endedRun !== domain.run) this.startAgain(domain)
    else this.rest(domain, 'stopped', '')
  }

  // ---- inside -------------------------------------------------------------------------------

  private make(uuid: string, config: DomainConfig): Domain {
    const domain: Domain = {
      uuid,
      config,
      running: null,
      state: 'shutoff',
      detail: '',
      domid: null,
      job: null,
      startedAt: null,
      managedSave: null,
      savedConfig: null,
      clockStandsAt: null,
      vncAt: null,
      run: 0,
      changes: Promise.resolve(),
      endedRun: null,
    }
    this.domains.set(uuid, domain)
    return domain
  }

  private tell(domain: Domain): void {
    if (this.domains.has(domain.uuid)) this.parts.changed(domainInfo(domain))
    for (const look of [...this.waiting]) look()
  }

  /** Looks again whenever a domain has changed. */
  private until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return
        this.waiting.delete(look)
        resolve()
      }
      this.waiting.add(look)
      look()
    })
  }

  private apply(domain: Domain, event: LifeEvent): void {
    domain.state = nextState(domain.state, event)
    this.tell(domain)
  }

  /** It has ended: nothing of the run is left. */
  private rest(domain: Domain, event: 'stopped' | 'stoppedSaved' | 'crashed', detail: string): void {
    domain.detail = detail
    domain.domid = null
    domain.running = null
    domain.startedAt = null
    domain.clockStandsAt = null
    domain.vncAt = null
    domain.run++
    this.apply(domain, event === 'stopped' && domain.managedSave !== null ? 'stoppedSaved' : event)
    this.floating(this.parts.definitions.unmarkRunning(domain.uuid))
  }

  /** Whether this may be stored; `own` is the domain whose definition it replaces. */
  checkDefinition(config: DomainConfig, own: string | undefined): Result<null, ErrorReport> {
    const checked = checkConfig(config, this.parts.driver.limits)
    if (!checked.ok) return checked
    for (const other of this.domains.values()) {
      if (other.uuid !== own && other.config.name === config.name) return err(errorReport('name-exists', { name: config.name }))
    }
    return checkDevices(config, { others: this.configs(own), networks: this.parts.networks() })
  }

  /** The definition becomes this, on disk and here. */
  async keep(domain: Domain, config: DomainConfig, change: StoredChange = {}): Outcome {
    const stored = await this.store({ ...definitionOf(domain), config }, change)
    if (!stored.ok) return stored
    domain.config = config
    this.tell(domain)
    return ok(null)
  }

  private async changeNow(
    uuid: string,
    operation: DomainOperation,
    plan: (domain: Domain) => Result<DeviceChange, ErrorReport>,
  ): Outcome {
    const found = this.allowed(uuid, operation)
    if (!found.ok) return found
    const domain = found.value
    const planned = plan(domain)
    if (!planned.ok) return planned
    const { config, live } = planned.value
    const checked = this.checkDefinition(config, uuid)
    if (!checked.ok) return checked
    const added = config.devices.filter((device) => !domain.config.devices.includes(device))
    const files = await checkDeviceFiles(added)
    if (!files.ok) return files
    const { run } = domain
    if (live && domain.running) {
      const used = diskInUse(added, this.runningBeside(uuid))
      if (used) return err(errorReport('disk-in-use', used))
      const frozen = writtenDisks(added).find(({ path }) => this.parts.isFrozen(path))
      if (frozen) return err(errorReport('disk-frozen', { path: frozen.path }))
      const done = await live.act()
      if (!done.ok) return done
      // It may have ended meanwhile: then there is nothing that runs.
      if (domain.run === run && domain.running) domain.running = live.running(domain.running)
    }
    return this.keep(domain, config, { cause: 'device' })
  }

  private async redefineNow(uuid: string, config: DomainConfig, base: DomainConfig | undefined, change: StoredChange): Outcome {
    const found = this.allowed(uuid, 'redefine')
    if (!found.ok) return found
    const domain = found.value
    if (base && !sameValue(base, domain.config)) {
      return err(errorReport('definition-changed', { name: domain.config.name }))
    }
    const checked = this.checkDefinition(config, uuid)
    if (!checked.ok) return checked
    const { run, running } = domain
    if (running && domain.domid !== null) {
      const changes = configChanges(running, domain.config, config)
      for (const change of changes) {
        const done = change.what === 'device' && change.when === 'now' ? await this.changeLive(domain, change.device) : ok(null)
        if (!done.ok) return done
      }
      if (domain.run === run && domain.running) domain.running = afterLiveChanges(domain.running, changes, config)
    }
    const renamed = sameValue({ ...domain.config, name: config.name }, config)
    return this.keep(domain, config, { cause: renamed ? 'renamed' : 'changed', ...change })
  }

  private async changeLive(domain: Domain, device: Device): Outcome {
    if (device.kind === 'vif') return this.parts.driver.changeNic(domain.uuid, device)
    if (device.kind === 'vfb') return this.letViewersIn(domain, device.vnc)
    return ok(null)
  }

  private async letViewersIn(domain: Domain, vnc: Vnc | undefined): Outcome {
    const { run } = domain
    const opened = await this.parts.listenVnc(domain.uuid, vnc)
    if (domain.run !== run || domain.domid === null) return ok(null)
    domain.vncAt = opened.ok ? opened.value : null
    this.tell(domain)
    return opened.ok ? ok(null) : opened
  }

  private runningBeside(uuid: string): DomainConfig[] {
    return [...this.domains.values()].flatMap((other) => (other.running && other.uuid !== uuid ? [other.running] : []))
  }

  private async store(definition: Definition, { cause, text }: StoredChange = {}): Outcome {
    try {
      await this.parts.definitions.put(definition, cause, text)
      return ok(null)
    } catch (thrown) {
      return err(errorReport('file-unwritable', { path: `${definition.uuid}.json`, detail: systemErrorText(thrown) }))
    }
  }

  /** The domain, if it exists, has no job at work on it and may do this in its state. */
  private allowed(uuid: string, operation: DomainOperation): Result<Domain, ErrorReport> {
    const domain = this.domains.get(uuid)
    if (!domain) return err(errorReport('no-domain', { uuid }))
    const { name } = domain.config
    if (domain.job !== null && operation !== 'destroy') return err(errorReport('job-running', { name }))
    if (!mayBe(domain.state, operation)) return err(errorReport('wrong-state', { name, state: domain.state, operation }))
    return ok(domain)
  }

  private async ask(uuid: string, operation: DomainOperation, act: () => Outcome, then?: LifeEvent): Outcome {
    const found = this.allowed(uuid, operation)
    if (!found.ok) return found
    const { run } = found.value
    const done = await act()
    // The guest may have followed already while the answer was on its way.
    if (done.ok && then && found.value.run === run && mayBe(found.value.state, operation)) this.apply(found.value, then)
    return done
  }

  private async start(domain: Domain): Outcome {
    this.apply(domain, 'create')
    const run = ++domain.run
    domain.detail = ''
    await this.dropManagedSave(domain)
    domain.running = domain.config
    const checked = await this.checkBeforeStart(domain)
    const wanted = checked.ok && domain.endedRun === run ? err(errorReport('cancelled')) : checked
    const started = wanted.ok ? await this.parts.driver.create(domain.uuid, domain.config) : wanted
    if (started.ok && domain.endedRun === run) await this.parts.driver.destroy(domain.uuid)
    if (domain.run !== run) return started.ok ? ok(null) : started // it has ended meanwhile
    if (!started.ok) {
      this.rest(domain, 'stopped', '')
      return started
    }
    this.up(domain, started.value.domid, started.value.paused, null)
    return ok(null)
  }

  private async checkBeforeStart(domain: Domain): Outcome {
    const config = checkConfig(domain.config, this.parts.driver.limits)
    if (!config.ok) return config
    const files = await checkBootFiles(domain.config)
    if (!files.ok) return files
    const devices = await this.checkDevicesBeforeStart(domain.uuid, domain.config)
    if (!devices.ok) return devices
    await this.parts.definitions.markRunning(domain.uuid)
    return ok(null)
  }

  private async checkDevicesBeforeStart(uuid: string, config: DomainConfig): Outcome {
    const networks = this.parts.networks()
    for (const device of config.devices) {
      if (device.kind === 'vif' && !networks.includes(device.network)) {
        return err(errorReport('no-network', { network: device.network }))
      }
    }
    const used = diskInUse(config.devices, this.runningBeside(uuid))
    if (used) return err(errorReport('disk-in-use', used))
    const frozen = writtenDisks(config.devices).find(({ path }) => this.parts.isFrozen(path))
    return frozen ? err(errorReport('disk-frozen', { path: frozen.path })) : checkDeviceFiles(config.devices)
  }

  private up(domain: Domain, domid: number, paused: boolean, clockStandsAt: number | null): void {
    domain.domid = domid
    domain.startedAt = this.parts.clock.now()
    domain.clockStandsAt = clockStandsAt
    this.apply(domain, paused ? 'upPaused' : 'up')
    const display = domain.running?.devices.find((device) => device.kind === 'vfb')
    if (display?.kind !== 'vfb' || display.vnc === undefined) return
    // A guest whose screen nobody can reach from outside runs all the same.
    const letIn = this.letViewersIn(domain, display.vnc).then((opened) => {
      if (!opened.ok) this.parts.problem(opened.error)
    })
    this.floating(letIn)
  }

  /** The guest asked for a reboot: the same definition, a new run. */
  private startAgain(domain: Domain): void {
    const again = async (): Promise<void> => {
      const started = await this.start(domain)
      if (started.ok) return
      domain.detail = explainError(started.error).cause
      this.tell(domain)
      this.parts.problem(started.error)
    }
    this.floating(again())
  }

  private startSave(
    uuid: string,
    operation: 'save' | 'managedSave',
    path: string,
    saved: (domain: Domain) => Promise<void>,
  ): Result<number, ErrorReport> {
    const found = this.allowed(uuid, operation)
    if (!found.ok) return found
    const domain = found.value
    const paused = domain.state === 'paused'
    const { run } = domain
    domain.job = this.parts.jobs.start({
      kind: operation,
      subject: domain.config.name,
      uuid,
      step: 'saving',
      cancellable: true,
      work: async (control) => {
        this.apply(domain, 'save')
        const intended = operation === 'managedSave' ? await this.intendSave(domain) : ok(null)
        const running = domain.running ?? domain.config
        const done = intended.ok ? await this.parts.driver.save(uuid, running, path, control) : intended
        if (domain.run !== run) {
          if (operation === 'managedSave') await this.settleLateSave(domain)
          domain.job = null
          this.tell(domain)
          return done.ok ? err(errorReport('cancelled')) : done
        }
        domain.job = null
        if (!done.ok) domain.savedConfig = null
        if (done.ok) await saved(domain)
        else this.apply(domain, paused ? 'saveEndedPaused' : 'saveEnded')
        return done
      },
    })
    return ok(domain.job)
  }

  /** What it runs with goes into the definition before the save: cut off when that is whole, it is known what to go on with. */
  private intendSave(domain: Domain): Outcome {
    domain.savedConfig = domain.running
    const { uuid, config, savedConfig } = domain
    return this.store({ uuid, config, managedSave: null, savedConfig })
  }

  /** It ended while it was saved. If the save is whole: forced off is off, but one that crashed can go on from it. */
  private async settleLateSave(domain: Domain): Promise<void> {
    const { run, uuid, config, savedConfig } = domain
    if (!(await this.parts.definitions.hasManagedSave(uuid)) || domain.run !== run || isActive(domain.state)) return
    if (domain.state !== 'crashed') return this.parts.definitions.removeManagedSave(uuid)
    domain.managedSave = this.parts.clock.now()
    this.apply(domain, 'stoppedSaved')
    const stored = await this.store({ uuid, config, managedSave: domain.managedSave, savedConfig })
    if (!stored.ok) this.parts.problem(stored.error)
  }

  private async createFromManagedSave(domain: Domain): Outcome {
    const path = this.parts.definitions.managedSavePath(domain.uuid)
    const job = this.parts.jobs.start({
      kind: 'restore',
      subject: domain.config.name,
      uuid: domain.uuid,
      step: 'restoring',
      cancellable: true,
      work: async (control) => {
        const config = { ...(domain.savedConfig ?? domain.config), name: domain.config.name }
        const restored = await this.continueFrom(domain, config, path, control, () => this.spendManagedSave(domain))
        if (!restored.ok) return restored
        await this.parts.definitions.removeManagedSave(domain.uuid)
        if (domain.config.kernel === '') await this.learnSize(domain, restored.value)
        return ok(null)
      },
    })
    domain.job = job // from now on, so that a second start is refused
    return this.parts.jobs.wait(job)
  }

  /** In this order: cut off in between, its file is still there and the guest has not run. */
  private async spendManagedSave(domain: Domain): Outcome {
    const { uuid, config, savedConfig } = domain
    const stored = await this.store({ uuid, config, managedSave: null, savedConfig })
    if (!stored.ok) return stored
    const path = this.parts.definitions.managedSavePath(domain.uuid)
    try {
      await this.parts.definitions.spendManagedSave(domain.uuid)
    } catch (thrown) {
      return err(errorReport('file-unwritable', { path, detail: systemErrorText(thrown) }))
    }
    domain.managedSave = null
    domain.savedConfig = null
    return ok(null)
  }

  /** Of a domain whose definition came from a save file: how large it is turns out when it is restored. */
  private async learnSize(domain: Domain, { memoryMiB, vcpus }: RestoredDomain): Promise<void> {
    await this.keep(domain, { ...domain.config, memoryMiB, vcpus })
  }

  /** The file in any case: one that is there while the guest runs would be taken for its last state. */
  async dropManagedSave(domain: Domain): Promise<void> {
    const { uuid, config, savedConfig } = domain
    if (domain.managedSave !== null) await this.store({ uuid, config, managedSave: null, savedConfig })
    domain.managedSave = null
    domain.savedConfig = null
    await this.parts.definitions.removeManagedSave(domain.uuid)
  }

  /**
   * Which domain a file is continued as: the one it was saved from if that is at rest, else a new one beside it. The index
   * knows what the definition was; a file from elsewhere says its domain's name, and can be run but not booted afresh.
   */
  private async restoreTarget(path: string): Outcome<{ domain: Domain; made: boolean; config: DomainConfig }> {
    const saved = await this.parts.driver.readSaved(path)
    if (!saved.ok) return saved
    const recorded = this.parts.definitions.findSavedFile(path)
    const known = recorded?.uuid === saved.value.uuid ? recorded : undefined
    const origin = this.domains.get(saved.value.uuid)
    if (origin && origin.job === null && mayBe(origin.state, 'restore')) {
      return ok({ domain: origin, made: false, config: { ...(known ?? origin).config, name: origin.config.name } })
    }
    const config = this.besides((known ?? origin ?? { config: this.blank('') }).config)
    const name = this.freeName(usableName(saved.value.name) ?? basename(path).replace(/\.[^.]*$/, ''))
    const defined = await this.define({ ...config, name }, origin ? randomUUID() : saved.value.uuid)
    if (!defined.ok) return defined
    const domain = this.domains.get(defined.value)
    if (!domain) return err(errorReport('no-domain', { uuid: defined.value }))
    return ok({ domain, made: true, config: domain.config })
  }

  /** What is known of a domain of which there is only a save. */
  private blank(name: string): DomainConfig {
    const { minMemoryMiB: memoryMiB } = this.parts.driver.limits
    return { name, memoryMiB, vcpus: 1, kernel: '', ramdisk: null, cmdline: '', devices: [] }
  }

  /** A definition that can be beside the one it was taken from: MAC addresses of its own, no port or file of the host. */
  besides(config: DomainConfig): DomainConfig {
    const { autostart: _autostart, ...rest } = config
    let made: DomainConfig = { ...rest, devices: [] }
    for (const device of config.devices) {
      let own = device
      if (device.kind === 'vif') {
        const { capture: _capture, ...nic } = device
        own = { ...nic, mac: this.parts.freeMac([...this.configs(), made]), forwards: [] }
      } else if (device.kind === 'vfb') {
        const { vnc: _vnc, ...display } = device
        own = display
      }
      made = { ...made, devices: [...made.devices, own] }
    }
    return made
  }

  async continueFrom(
    domain: Domain,
    config: DomainConfig,
    path: string,
    control: JobControl,
    claim: () => Outcome = async () => ok(null),
  ): Outcome<RestoredDomain> {
    this.apply(domain, 'restore')
    domain.job = control.job
    const run = ++domain.run
    domain.detail = ''
    domain.running = config
    this.tell(domain)
    await this.parts.definitions.markRunning(domain.uuid)
    const devices = await this.checkDevicesBeforeStart(domain.uuid, config)
    const wanted = (): Outcome => (domain.endedRun === run ? Promise.resolve(err(errorReport('cancelled'))) : claim())
    const restored = devices.ok ? await this.parts.driver.restore(domain.uuid, config, path, control, wanted) : devices
    domain.job = null
    if (domain.run !== run) return restored
    if (restored.ok) {
      const { domid, paused, savedAt, memoryMiB, vcpus } = restored.value
      domain.running = { ...config, memoryMiB, vcpus }
      this.up(domain, domid, paused, savedAt)
    } else this.rest(domain, 'stopped', '')
    return restored
  }

  /** Work nobody waits for: its failure is told, not lost. */
  private floating(work: Promise<unknown>): void {
    work.catch((thrown: unknown) => this.parts.problem(errorReport('internal', { detail: systemErrorText(thrown) })))
  }
}
