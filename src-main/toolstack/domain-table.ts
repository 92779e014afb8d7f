// The domains: what is known of each, and the rules by which that changes. What uses them: domains.ts, domain-runs.ts, domain-saves.ts.
// Invariant: state changes only through `apply`, and each change is told to the windows.
// Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { nameKey, properName } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import { checkDevices } from '../config/device-check'
import { checkConfig } from '../config/domain-check'
import type { Definition, DefinitionStore, StoredCause } from '../definition/definition-store'
import type { HypervisorDriver } from '../driver/driver'
import { systemErrorText } from '../lib/atomic-file'
import type { Clock } from '../lib/clock'
import { freeName } from '../lib/free-name'
import { writeProblem } from '../lib/write-problem'
import type { Vnc } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { DomainConfig, DomainInfo, DomainOperation } from '../public/types'
import { DESTROY_ALONE, type Domain, domainInfo } from './domain'
import type { Jobs } from './jobs'
import { isActive, type LifeEvent, mayBe, nextState } from './life-cycle'
import { freeMac } from './mac'
import type { OwnKernels } from './own-kernels'
import type { UnfinishedFiles } from './unfinished-files'

export type Outcome<T = null> = Promise<Result<T, ErrorReport>>

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
  /** Of these, those that are switched off. */
  readonly stoppedNetworks: () => readonly string[]
  /** What deleted domains need to be as they were. */
  readonly trashed: () => readonly DomainConfig[]
  /** Lets VNC viewers in there, or nowhere; the place in words. */
  readonly listenVnc: (uuid: string, vnc: Vnc | undefined) => Outcome<string | null>
  /** Whether a snapshot or another machine's disk stands on the file, so that nobody may write to it. */
  readonly isFrozen: (path: string) => boolean
  readonly ownKernels: OwnKernels
  readonly unfinished: Pick<UnfinishedFiles, 'copying'>
  /** A line in the machine's log. */
  readonly log: (uuid: string, text: string) => void
  /** Definitions of other connections: their addresses are not proposed here. */
  readonly elsewhere: () => readonly DomainConfig[]
}

/** What a change of devices makes of the definition and of what runs; `live` is done before either. */
export interface DeviceChange {
  readonly config: DomainConfig
  readonly live?: { readonly running: (before: DomainConfig) => DomainConfig; act(): Outcome }
}

/** Why a definition is stored, and the text it is made from, if another than its own. */
export interface StoredChange {
  readonly cause?: StoredCause
  readonly text?: string | undefined
}

export function definitionOf({ uuid, config, managedSave, savedConfig }: Domain): Definition {
  return { uuid, config, managedSave, savedConfig }
}

export class DomainTable {
  protected readonly domains = new Map<string, Domain>()
  protected readonly parts: DomainsParts
  private readonly waiting = new Set<() => void>()
  private adding: Promise<unknown> = Promise.resolve()

  constructor(parts: DomainsParts) {
    this.parts = parts
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

  /** The domain a job has made itself. */
  own(uuid: string): Domain | undefined {
    return this.domains.get(uuid)
  }

  /** Definitions, without that of one domain. */
  configs(without?: string): DomainConfig[] {
    return [...this.domains.values()].filter(({ uuid }) => uuid !== without).map(({ config }) => config)
  }

  /** An address that no interface has, in any connection that is open; `made` are definitions that are not stored yet. */
  freeMac(made: readonly DomainConfig[] = []): string {
    return freeMac([...this.configs(), ...this.parts.elsewhere(), ...made])
  }

  /** Definitions, in the trash too, what runs, and what managed saves go on with: every file they name. */
  usedConfigs(): DomainConfig[] {
    const present = [...this.domains.values()].flatMap(({ config, running, savedConfig }) =>
      [config, running, savedConfig].flatMap((one) => (one ? [one] : [])),
    )
    return [...present, ...this.parts.trashed()]
  }

  runningBeside(uuid: string): DomainConfig[] {
    return [...this.domains.values()].flatMap((other) => (other.running && other.uuid !== uuid ? [other.running] : []))
  }

  /** A name nobody has: "Debian", "Debian 2", … */
  freeName(wanted: string): string {
    return freeName(
      [...this.domains.values()].map((domain) => domain.config.name),
      wanted,
    )
  }

  /** A definition that can be beside the one it was taken from: MAC addresses of its own, no port or file of the host. */
  besides(config: DomainConfig): DomainConfig {
    const { autostart: _autostart, ...rest } = config
    let made: DomainConfig = { ...rest, devices: [] }
    for (const device of config.devices) {
      let own = device
      if (device.kind === 'vif') {
        const { capture: _capture, ...nic } = device
        own = { ...nic, mac: this.freeMac([made]), forwards: [] }
      } else if (device.kind === 'vfb') {
        const { vnc: _vnc, ...display } = device
        own = display
      }
      made = { ...made, devices: [...made.devices, own] }
    }
    return made
  }

  /** What is known of a domain of which there is only a save. */
  blank(name: string): DomainConfig {
    const { minMemoryMiB: memoryMiB } = this.parts.driver.limits
    return { name, memoryMiB, vcpus: 1, kernel: '', ramdisk: null, cmdline: '', devices: [] }
  }

  /** Whether a snapshot or another machine's disk stands on the file. */
  isFrozen(path: string): boolean {
    return this.parts.isFrozen(path)
  }

  /** The domain, if it exists, has no job at work on it and may do this in its state. */
  allowed(uuid: string, operation: DomainOperation): Result<Domain, ErrorReport> {
    const domain = this.domains.get(uuid)
    if (!domain) return err(errorReport('no-domain', { uuid }))
    const { name } = domain.config
    if (domain.job !== null && !domain.jobLeaves.includes(operation)) return err(errorReport('job-running', { name }))
    if (!mayBe(domain.state, operation)) return err(errorReport('wrong-state', { name, state: domain.state, operation }))
    return ok(domain)
  }

  /** Whether this may be stored; `own` is the domain whose definition it replaces. */
  checkDefinition(config: DomainConfig, own: string | undefined): Result<null, ErrorReport> {
    const checked = checkConfig(config, this.parts.driver.limits)
    if (!checked.ok) return checked
    const key = nameKey(config.name)
    const before = own === undefined ? undefined : this.domains.get(own)?.config
    const sameName = before !== undefined && nameKey(before.name) === key
    for (const other of this.domains.values()) {
      if (!sameName && other.uuid !== own && nameKey(other.config.name) === key)
        return err(errorReport('name-exists', { name: config.name }))
    }
    return checkDevices(config, { others: this.configs(own), networks: this.parts.networks() }, before)
  }

  /** Under this identifier, unless somebody has it. `text` is domain XML whose other parts stay in the definition's. */
  define(given: DomainConfig, wanted: string = randomUUID(), text?: string): Outcome<string> {
    const config = { ...given, name: properName(given.name) }
    return this.addInTurn(async () => {
      const checked = this.checkDefinition(config, undefined)
      if (!checked.ok) return checked
      const uuid = this.domains.has(wanted) ? randomUUID() : wanted
      const stored = await this.store({ uuid, config, managedSave: null, savedConfig: null }, { cause: 'defined', text })
      if (!stored.ok) return stored
      this.tell(this.make(uuid, config))
      return ok(uuid)
    })
  }

  /** One new domain, or new name, after the other: each sees the names and identifiers of those before it. */
  protected addInTurn<T>(add: () => Promise<T>): Promise<T> {
    const added = this.adding.then(add)
    this.adding = added.catch(() => undefined)
    return added
  }

  make(uuid: string, config: DomainConfig): Domain {
    const domain: Domain = {
      uuid,
      config,
      running: null,
      state: 'shutoff',
      detail: '',
      domid: null,
      job: null,
      jobLeaves: DESTROY_ALONE,
      startedAt: null,
      managedSave: null,
      savedConfig: null,
      clockStandsAt: null,
      clockOffMs: 0,
      vncAt: null,
      stalledBy: null,
      run: 0,
      changes: Promise.resolve(),
      endedRun: null,
      shutdownRun: null,
    }
    this.domains.set(uuid, domain)
    return domain
  }

  /** The definition becomes this, on disk and here. */
  async keep(domain: Domain, config: DomainConfig, change: StoredChange = {}): Outcome {
    const stored = await this.store({ ...definitionOf(domain), config }, change)
    if (!stored.ok) return stored
    domain.config = config
    this.tell(domain)
    return ok(null)
  }

  async store(definition: Definition, { cause, text }: StoredChange = {}): Outcome {
    try {
      await this.parts.definitions.put(definition, cause, text)
      return ok(null)
    } catch (thrown) {
      return err(writeProblem(`definitions/${definition.uuid}.xml`, thrown))
    }
  }

  /** The file in any case: one that is there while the guest runs would be taken for its last state. */
  async dropManagedSave(domain: Domain): Promise<void> {
    const { uuid, config, savedConfig } = domain
    if (domain.managedSave !== null) await this.store({ uuid, config, managedSave: null, savedConfig })
    domain.managedSave = null
    domain.savedConfig = null
    await this.parts.definitions.removeManagedSave(domain.uuid)
  }

  /** As if it had never been defined. */
  async discard(uuid: string): Promise<void> {
    this.domains.delete(uuid)
    await this.parts.definitions.remove(uuid)
    this.parts.removed(uuid)
  }

  apply(domain: Domain, event: LifeEvent): void {
    domain.state = nextState(domain.state, event)
    this.tell(domain)
  }

  /** It has ended: nothing of the run is left. */
  rest(domain: Domain, event: 'stopped' | 'stoppedSaved' | 'crashed', detail: string): void {
    domain.detail = detail
    domain.domid = null
    domain.running = null
    domain.startedAt = null
    domain.clockStandsAt = null
    domain.clockOffMs = 0
    domain.vncAt = null
    domain.stalledBy = null
    domain.run++
    this.apply(domain, event === 'stopped' && domain.managedSave !== null ? 'stoppedSaved' : event)
    this.floating(this.parts.definitions.unmarkRunning(domain.uuid))
  }

  tell(domain: Domain): void {
    if (this.domains.has(domain.uuid)) this.parts.changed(domainInfo(domain))
    for (const look of [...this.waiting]) look()
  }

  /** Looks again whenever a domain has changed. */
  until(condition: () => boolean): Promise<void> {
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

  /** Work nobody waits for: its failure is told, not lost. */
  floating(work: Promise<unknown>): void {
    work.catch((thrown: unknown) => this.parts.problem(errorReport('internal', { detail: systemErrorText(thrown) })))
  }
}
