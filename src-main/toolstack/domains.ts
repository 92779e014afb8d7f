// What may be done with domains: the life-cycle table applied to definitions, driver and jobs. Their runs and saves are in files
// of their own.
// Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { properName } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import { checkDeviceFiles, checkDevices, diskInUse } from '../config/device-check'
import type { DriverEvent, RestoredDomain } from '../driver/driver'
import { writeProblem } from '../lib/write-problem'
import type { Device } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { Metadata } from '../public/list'
import { afterLiveChanges, type ConfigField, configChanges, sameValue } from '../public/live-changes'
import { currentOf, type DomainConfig, type DomainOperation } from '../public/types'
import { CUT_OFF, DESTROY_ALONE, type Domain } from './domain'
import { DomainRuns } from './domain-runs'
import { DomainSaves } from './domain-saves'
import {
  type DeviceChange,
  type DomainsParts,
  DomainTable,
  definitionOf,
  type Outcome,
  type StoredChange,
} from './domain-table'
import type { JobControl, JobOrder } from './jobs'
import { writtenDisks } from './layers'
import { isActive, type LifeEvent, mayBe } from './life-cycle'

/** Fields of a definition that the driver's scheduler follows. */
const SCHEDULER_FIELDS: ReadonlySet<ConfigField> = new Set(['cpuWeight', 'cpuCap', 'cpuSet'])

export class Domains extends DomainTable {
  private readonly runs: DomainRuns
  private readonly saves: DomainSaves

  constructor(parts: DomainsParts) {
    super(parts)
    this.runs = new DomainRuns(this, parts)
    this.saves = new DomainSaves(this, this.runs, parts)
  }

  // ---- definitions -------------------------------------------------------------------------------

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
        domain.detail = CUT_OFF
      }
    }
    this.takeResidents()
    for (const { uuid, savedAt } of ownerless) await this.saves.adoptSave(uuid, savedAt, problems)
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

  /** With `base` only when the definition still is that one. */
  redefine(uuid: string, config: DomainConfig, base?: DomainConfig, change: StoredChange = {}): Outcome {
    const found = this.allowed(uuid, 'redefine')
    if (!found.ok) return Promise.resolve(found)
    const domain = found.value
    const now = () => this.redefineNow(uuid, config, base, change)
    const done = domain.changes.then(() => (domain.config.name === config.name ? now() : this.addInTurn(now)))
    domain.changes = done.catch(() => undefined)
    return done
  }

  /** Another name for what the definition is then, with `from` only while that is its name. */
  rename(uuid: string, name: string, from?: string): Outcome {
    const found = this.allowed(uuid, 'redefine')
    if (!found.ok) return Promise.resolve(found)
    const domain = found.value
    const now = async (): Outcome => {
      const { config } = domain
      if (from !== undefined && config.name !== from) return err(errorReport('definition-changed', { name: config.name }))
      return this.redefineNow(uuid, { ...config, name: properName(name) }, undefined, {})
    }
    const done = domain.changes.then(() => this.addInTurn(now))
    domain.changes = done.catch(() => undefined)
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
    this.domains.delete(uuid)
    try {
      await this.parts.definitions.moveToTrash(definitionOf(domain), disks, metadata)
    } catch (thrown) {
      this.domains.set(uuid, domain)
      return err(writeProblem(`trash/${uuid}`, thrown))
    }
    this.parts.removed(uuid)
    return ok(null)
  }

  /** Out of the trash: under its own identifier and name when nobody has them now, with addresses that nobody has. */
  untrash(id: string, uuid: string, config: DomainConfig): Outcome<string> {
    return this.addInTurn(() => this.untrashNow(id, uuid, config))
  }

  private async untrashNow(id: string, uuid: string, config: DomainConfig): Outcome<string> {
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
      return err(writeProblem(`definitions/${free}.xml`, thrown))
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
      if (running.name !== config.name) {
        const done = await this.parts.driver.rename(uuid, config.name)
        if (!done.ok) return done
      }
      if (changes.some((change) => change.what === 'field' && change.field === 'currentMiB')) {
        const target = Math.min(config.currentMiB ?? config.memoryMiB, running.memoryMiB)
        const done = await this.parts.driver.setMemory(uuid, target)
        if (!done.ok) return done
      }
      if (changes.some((change) => change.what === 'field' && SCHEDULER_FIELDS.has(change.field))) {
        const done = await this.parts.driver.setSchedulerParameters(uuid, config)
        if (!done.ok) return done
      }
      if (domain.run === run && domain.running) domain.running = afterLiveChanges(domain.running, changes, config)
    }
    const renamed = sameValue({ ...domain.config, name: config.name }, config)
    return this.keep(domain, config, { cause: renamed ? 'renamed' : 'changed', ...change })
  }

  private async changeLive(domain: Domain, device: Device): Outcome {
    if (device.kind === 'vif') return this.parts.driver.changeNic(domain.uuid, device)
    if (device.kind === 'vfb') return this.runs.letViewersIn(domain, device.vnc)
    return ok(null)
  }

  // ---- running -----------------------------------------------------------------------------------

  /** Those that start with the app; each that cannot says why. */
  async autostart(): Promise<void> {
    for (const { uuid, config, state } of [...this.domains.values()]) {
      if (config.autostart !== true || (state !== 'shutoff' && state !== 'saved' && state !== 'crashed')) continue
      const started = await this.create(uuid, false)
      if (!started.ok) this.parts.problem(started.error)
    }
  }

  /** Starts it; goes on from the managed save unless `fresh`. Answers when it runs, or is there and paused. */
  async create(uuid: string, fresh: boolean, paused = false): Outcome {
    const found = this.allowed(uuid, 'create')
    if (!found.ok) return found
    const domain = found.value
    if (domain.managedSave !== null && !fresh) return this.saves.createFromManagedSave(domain, paused)
    return this.runs.start(domain, paused)
  }

  /** The host's clock was set forward by this much: who runs has run no longer for it, and goes by the old time. */
  clockSet(byMs: number): void {
    for (const domain of this.domains.values()) {
      if (domain.startedAt === null) continue
      domain.startedAt += byMs
      domain.clockOffMs += byMs
      this.tell(domain)
    }
  }

  async suspend(uuid: string): Outcome {
    return this.ask(uuid, 'suspend', () => this.parts.driver.suspend(uuid))
  }

  async resume(uuid: string): Outcome {
    return this.ask(uuid, 'resume', () => this.parts.driver.resume(uuid))
  }

  async shutdown(uuid: string): Outcome {
    const domain = this.domains.get(uuid)
    if (domain) domain.shutdownRun = domain.run
    return this.ask(uuid, 'shutdown', () => this.parts.driver.shutdown(uuid), 'shutdownAsked')
  }

  async reboot(uuid: string): Outcome {
    return this.ask(uuid, 'reboot', () => this.parts.driver.reboot(uuid), 'shutdownAsked')
  }

  /**
   * Answers when it is at rest: no job is at work on it, and it may be started again. One that has ended by itself while
   * somebody was asked whether to cut it off is what was wanted.
   */
  async destroy(uuid: string): Outcome {
    const there = this.domains.get(uuid)
    if (there && !isActive(there.state)) return ok(null)
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

  /** The reset button: what runs is cut off and boots afresh. */
  async reset(uuid: string): Outcome {
    const found = this.allowed(uuid, 'destroy')
    if (!found.ok) return found
    const ended = await this.destroy(uuid)
    return ended.ok ? this.create(uuid, true) : ended
  }

  /** Of the guest that runs, and of its definition: the next start begins with what it has now. */
  setMemory(uuid: string, memoryMiB: number): Outcome {
    const found = this.allowed(uuid, 'setMemory')
    if (!found.ok) return Promise.resolve(found)
    const domain = found.value
    const done = domain.changes.then(() => this.setMemoryNow(uuid, memoryMiB))
    domain.changes = done.catch(() => undefined)
    return done
  }

  private async setMemoryNow(uuid: string, memoryMiB: number): Outcome {
    const found = this.allowed(uuid, 'setMemory')
    if (!found.ok) return found
    const domain = found.value
    const { run } = domain
    const { memoryMiB: max } = domain.running ?? domain.config
    const { minMemoryMiB: min } = this.parts.driver.limits
    if (memoryMiB < min) return err(errorReport('memory-too-small', { asked: memoryMiB, min }))
    if (memoryMiB > max) return err(errorReport('memory-too-large', { asked: memoryMiB, max }))
    const done = await this.parts.driver.setMemory(uuid, memoryMiB)
    if (!done.ok) return done
    const { currentMiB } = currentOf(memoryMiB, max)
    if (domain.run === run && domain.running) domain.running = { ...domain.running, currentMiB }
    // All of it now is all of it at the next start too, also when there will be more.
    const stored = currentMiB === undefined ? undefined : currentOf(currentMiB, domain.config.memoryMiB).currentMiB
    const config = { ...domain.config, currentMiB: stored }
    if (!sameValue(config, domain.config)) return this.keep(domain, config, { cause: 'changed' })
    this.tell(domain)
    return ok(null)
  }

  /** Of the guest that runs, out of those it was started with; its definition stays. */
  async setVcpus(uuid: string, vcpus: number): Outcome {
    const found = this.allowed(uuid, 'setVcpus')
    if (!found.ok) return found
    const max = (found.value.running ?? found.value.config).vcpus
    if (vcpus < 1) return err(errorReport('no-vcpus'))
    if (vcpus > max) return err(errorReport('more-vcpus-than-started', { asked: vcpus, max }))
    return this.parts.driver.setVcpus(uuid, vcpus)
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

  // ---- saving and restoring ----------------------------------------------------------------------

  /** To a file of the user's choice; the number of the job. */
  save(uuid: string, path: string): Result<number, ErrorReport> {
    return this.saves.save(uuid, path)
  }

  /** To our own folder; `create` goes on from it. */
  managedSave(uuid: string): Result<number, ErrorReport> {
    return this.saves.managedSave(uuid)
  }

  restore(path: string): number {
    return this.saves.restore(path)
  }

  // ---- for files of this folder whose work takes a domain for a while ----------------------------

  /** A job that has the domain for itself: no other operation but forcing it off until it has ended. A merge that leaves it gives way. */
  occupy(
    uuid: string,
    operation: DomainOperation,
    order: Pick<JobOrder, 'kind' | 'step' | 'cancellable'>,
    work: (domain: Domain, control: JobControl) => Outcome,
  ): Result<number, ErrorReport> {
    const found = this.allowed(uuid, operation)
    if (!found.ok) return found
    const domain = found.value
    const merge = this.mergeOf(uuid)
    domain.jobLeaves = DESTROY_ALONE
    domain.job = this.parts.jobs.start({
      ...order,
      subject: domain.config.name,
      uuid,
      work: async (control) => {
        if (merge !== null) await this.callOff(merge)
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

  /** For a job about several domains: it has this one until `give`; `leaves` may be asked of it meanwhile. */
  take(
    uuid: string,
    operation: DomainOperation,
    job: number,
    leaves: readonly DomainOperation[] = DESTROY_ALONE,
  ): Result<Domain, ErrorReport> {
    const found = this.allowed(uuid, operation)
    if (found.ok) {
      found.value.job = job
      found.value.jobLeaves = leaves
      this.tell(found.value)
    }
    return found
  }

  /** Another job may have it already, for which this one gave way. */
  give(domain: Domain, job: number): void {
    if (domain.job !== job) return
    domain.job = null
    domain.jobLeaves = DESTROY_ALONE
    this.tell(domain)
  }

  /** The merge of its disks that has the domain now. */
  mergeOf(uuid: string): number | null {
    const job = this.own(uuid)?.job ?? null
    const isMerge = this.parts.jobs.running().some((each) => each.job === job && each.kind === 'snapshotMerge')
    return isMerge ? job : null
  }

  /** One that is past its return ends by itself, soon. */
  private async callOff(job: number): Promise<void> {
    this.parts.jobs.cancel(job)
    await this.parts.jobs.wait(job)
  }

  /** Ends its run at once, for the job that has it. */
  halt(domain: Domain): Outcome {
    return this.runs.halt(domain)
  }

  /** Goes on from a file, for the job that has it. */
  continueFrom(domain: Domain, config: DomainConfig, path: string, control: JobControl): Outcome<RestoredDomain> {
    return this.runs.continueFrom(domain, config, path, control)
  }

  /** It has nothing to go on from any more. */
  rested(domain: Domain): void {
    domain.detail = ''
    if (domain.state === 'saved' || domain.state === 'crashed') this.apply(domain, 'stopped')
  }

  // ---- what the driver tells ---------------------------------------------------------------------

  onPaused(uuid: string, paused: boolean, stalledBy: string | null): void {
    const domain = this.domains.get(uuid)
    if (!domain) return
    domain.stalledBy = stalledBy
    if (paused && (domain.state === 'running' || domain.state === 'shutdown')) this.apply(domain, 'suspended')
    if (!paused && domain.state === 'paused') this.apply(domain, 'resumed')
  }

  onStopped(event: DriverEvent & { kind: 'stopped' }): void {
    const domain = this.domains.get(event.uuid)
    // After a save the job that asked for it says what the domain is now.
    if (!domain || !isActive(domain.state) || event.how === 'saved') return
    const again = this.runs.startsAgain(domain, event.how)
    if (event.how === 'crash') {
      this.rest(domain, 'crashed', event.detail)
      if (!again) this.floating(this.saves.settleLateSave(domain))
    } else if (!again) this.rest(domain, 'stopped', '')
    if (again) this.runs.startAgain(domain)
  }
}
