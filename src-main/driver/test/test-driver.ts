// The test driver: domains that exist only in memory, at once, with make-believe load and a console that echoes.
// For the windows, the command line and the toolstack's tests: everything a driver can report can be provoked here.
// Invariant: behaves as the contract of driver.ts says (test/contract runs on it as on the others).
// Runs in: main, plain Node.
import { err, ok, type Result } from '../../../src-engine/public/result'
import type { ChannelFactory, OpaquePort } from '../../lib/channel'
import { encodePng } from '../../lib/png'
import type { Device, Lease, Network, Nic } from '../../public/device'
import { type ErrorReport, errorReport } from '../../public/error-code'
import type { InspectPart, InspectReply, VcpuReply } from '../../public/inspect'
import { DEFAULT_CPU_WEIGHT, type DomainConfig } from '../../public/types'
import type {
  DriverEvent,
  DriverLimits,
  HypervisorDriver,
  Medium,
  MergeOrder,
  Outcome,
  Progress,
  ResidentDomain,
  RestoredDomain,
  SavedDomain,
  SchedulerParameters,
  Screenshot,
  SnapshotOrder,
  StartedDomain,
  TakenSnapshot,
  VncPlace,
} from '../driver'
import { TestDevices } from './test-devices'
import { type TestDomain, TestDomains } from './test-domains'
import { TestImages } from './test-images'
import { testInspect, testVcpu } from './test-inspect'
import { TestLoad } from './test-load'
import { type TestScript, testPopulation } from './test-population'
import { readState, stateOf, writeState } from './test-save'
import { TestStore } from './test-store'

export interface TestDriverOptions {
  /** How long a save, restore or start takes; 0 is at once. */
  readonly delayMs: number
  /** Domains that are there from the start, and what they do. */
  readonly script?: TestScript
}

export class TestDriver implements HypervisorDriver {
  readonly name = 'test'
  readonly limits: DriverLimits = {
    maxVcpus: 8,
    minMemoryMiB: 16,
    maxMemoryMiB: 4000,
    pinning: 8,
    devices: ['vbd', 'vif', 'vfb'],
  }
  readonly images: TestImages
  readonly residents: readonly ResidentDomain[]
  private readonly domains: TestDomains
  private readonly devices: TestDevices
  private readonly failures = new Map<string, ErrorReport>()
  private readonly channels: ChannelFactory
  private readonly options: TestDriverOptions
  private readonly load: TestLoad
  private readonly store = new TestStore(() => this.listener({ kind: 'storeChanged' }))
  private listener: (event: DriverEvent) => void = () => {}
  private callOff: () => void = () => {}
  private openMs: number
  /** Of what; null while it runs. */
  private domain0Ended: string | null = null

  constructor(channels: ChannelFactory, options: TestDriverOptions = { delayMs: 0 }) {
    this.channels = channels
    this.options = options
    this.openMs = options.script?.openMs ?? 0
    this.images = new TestImages((progress) => this.work(progress))
    this.domains = new TestDomains(
      (event) => this.listener(event),
      (act) => void this.later(act),
    )
    this.devices = new TestDevices(this.domains, () => this.pause(this.options.delayMs / 4))
    this.residents = options.script === undefined ? [] : testPopulation(options.script, Date.now())
    for (const { uuid, config, domid } of this.residents) if (domid !== null) this.domains.add(uuid, config)
    this.load = new TestLoad(this.domains, this.residents, options.script, (event) => this.listener(event))
  }

  // ---- for scripts --------------------------------------------------------------------------

  /** The next call of this name fails with the error. */
  failNext(call: keyof HypervisorDriver, error: ErrorReport): void {
    this.failures.set(call, error)
  }

  /** So long it takes to open it. */
  openSlowly(milliseconds: number): void {
    this.openMs = milliseconds
  }

  crash(uuid: string, detail: string): void {
    this.domains.stop(uuid, 'crash', detail)
  }

  /** What a guest does that follows `poweroff`, or asks for it by itself. */
  powerOff(uuid: string): void {
    this.domains.stop(uuid, 'poweroff', '')
  }

  runs(uuid: string): boolean {
    return this.domains.running.has(uuid)
  }

  say(uuid: string, line: string): void {
    this.domains.running.get(uuid)?.console.write(`${line}\r\n`)
  }

  restartDomain0(detail: string): void {
    this.listener({ kind: 'domain0', state: 'crashed', detail, restarts: 1 })
    this.listener({ kind: 'domain0', state: 'running', detail, restarts: 1 })
  }

  /** For tests: it ends, and stays so until it is started. */
  endDomain0(detail: string): void {
    this.listener({ kind: 'domain0', state: 'crashed', detail, restarts: 1 })
    this.listener({ kind: 'notice', severity: 'error', error: errorReport('domain0-gone', { detail }) })
    this.domain0Ended = detail
  }

  // ---- the driver ---------------------------------------------------------------------------

  async open(listener: (event: DriverEvent) => void): Outcome {
    const failure = this.failure('open')
    if (failure) return err(failure)
    if (this.openMs > 0 && !(await this.waits(this.openMs))) return err(errorReport('cancelled'))
    this.listener = listener
    this.load.begin()
    return ok(null)
  }

  sampleEvery(intervalMs: number): void {
    this.load.every(intervalMs)
  }

  async startDomain0(): Outcome {
    const detail = this.domain0Ended
    this.domain0Ended = null
    if (detail !== null) this.listener({ kind: 'domain0', state: 'running', detail, restarts: 1 })
    return ok(null)
  }

  async close(): Promise<void> {
    this.callOff()
    this.load.end()
    for (const uuid of [...this.domains.running.keys()]) this.domains.stop(uuid, 'destroyed', '')
  }

  async create(uuid: string, config: DomainConfig, paused = false): Outcome<StartedDomain> {
    await this.pause(this.options.delayMs / 4)
    const failure = this.failure('create') ?? (await this.images.refusalOf(config.devices))
    return failure ? err(failure) : ok(this.domains.add(uuid, config, paused))
  }

  async suspend(uuid: string): Outcome {
    return this.with(uuid, 'suspend', (domain) => this.domains.setPaused(uuid, domain, true))
  }

  async resume(uuid: string): Outcome {
    return this.with(uuid, 'resume', (domain) => this.domains.setPaused(uuid, domain, false))
  }

  async shutdown(uuid: string): Outcome {
    return this.with(uuid, 'shutdown', () => void this.later(() => this.domains.stop(uuid, 'poweroff', '')))
  }

  async reboot(uuid: string): Outcome {
    return this.with(uuid, 'reboot', () => void this.later(() => this.domains.stop(uuid, 'reboot', '')))
  }

  async destroy(uuid: string): Outcome {
    return this.with(uuid, 'destroy', () => this.domains.stop(uuid, 'destroyed', ''))
  }

  async setSchedulerParameters(uuid: string, { cpuWeight, cpuCap, cpuSet }: SchedulerParameters): Outcome {
    return this.with(uuid, 'setSchedulerParameters', () => {
      const text = `Weight ${cpuWeight ?? DEFAULT_CPU_WEIGHT}, cap ${cpuCap ?? 0}, processors ${cpuSet ?? 'all'}.`
      this.domains.log(uuid, 'info', text)
    })
  }

  async setMemory(uuid: string, memoryMiB: number): Outcome {
    return this.with(uuid, 'setMemory', (domain) => {
      domain.memoryMiB = memoryMiB
    })
  }

  async setVcpus(uuid: string, vcpus: number): Outcome {
    const most = this.domains.running.get(uuid)?.config.vcpus ?? vcpus
    if (vcpus > most) return err(errorReport('engine-said', { detail: `The domain has at most ${most} vcpus, not ${vcpus}.` }))
    return this.with(uuid, 'setVcpus', (domain) => {
      domain.online = vcpus
    })
  }

  async rename(uuid: string, name: string): Outcome {
    return this.with(uuid, 'rename', (domain) => {
      domain.config = { ...domain.config, name }
    })
  }

  async save(uuid: string, config: DomainConfig, path: string, progress: Progress): Outcome {
    const domain = this.domains.running.get(uuid)
    if (!domain) return err(errorReport('no-domain', { uuid }))
    const failure = this.failure('save') ?? (await this.work(progress))
    if (failure) return err(failure)
    const saved = await writeState(path, stateOf(uuid, config, domain.console))
    if (!saved.ok) return saved
    this.domains.stop(uuid, 'saved', '')
    return ok(null)
  }

  /** At once; its file is that of a save. */
  async snapshot(uuid: string, order: SnapshotOrder, progress: Progress): Outcome<TakenSnapshot> {
    const found = this.found(uuid, 'snapshot')
    if (!found.ok) return found
    const { config, devices, console } = found.value
    const state = stateOf(uuid, config, console)
    for (const { key, path, format, allowedBacking } of order.disks) {
      const disk = devices.get(key)
      if (disk?.kind !== 'vbd') return err(errorReport('no-device', { name: config.name, key }))
      devices.set(key, { ...disk, path, format, allowedBacking: [...allowedBacking] })
    }
    order.switched()
    const failure = await this.work(progress)
    if (failure) return err(failure)
    const kept = await writeState(order.path, state)
    return kept.ok ? ok({ heldMs: 0 }) : kept
  }

  async mergeDisk(uuid: string, order: MergeOrder, progress: Progress): Outcome {
    const domain = this.domains.running.get(uuid)
    if (!domain) return err(errorReport('no-domain', { uuid }))
    const { devices, config } = domain
    const disk = devices.get(order.key)
    if (disk?.kind !== 'vbd') return err(errorReport('no-device', { name: config.name, key: order.key }))
    const image = await this.images.inspect(disk.path)
    if (!image.ok) return image
    if (image.value.backing === undefined) return err(errorReport('engine-said', { detail: `${disk.path} stands on nothing` }))
    const done = await this.images.commit(disk.path, order.into, disk.allowedBacking ?? [], progress)
    const claimed = done.ok ? await order.claim() : done
    if (!claimed.ok) return claimed
    // At the worst moment: everything is claimed.
    const failure = this.failure('mergeDisk')
    if (failure) return err(failure)
    const now = this.domains.running.get(uuid)
    if (now === domain) devices.set(order.key, { ...disk, ...order.into })
    // One that came since is on the file that it was started with.
    const at = now?.devices.get(order.key)
    if (at?.kind === 'vbd' && at.path === order.into.path) return ok(null)
    return err(
      now ? errorReport('engine-said', { detail: `${disk.dev} is not being merged` }) : errorReport('no-domain', { uuid }),
    )
  }

  async reopenDisks(uuid: string): Outcome {
    const found = this.found(uuid, 'reopenDisks')
    return found.ok ? ok(null) : found
  }

  async consoleText(uuid: string, longest: number): Outcome<string> {
    const found = this.found(uuid, 'consoleText')
    return found.ok ? ok(found.value.console.state().output.slice(-longest)) : found
  }

  async readSaved(path: string): Outcome<SavedDomain> {
    const state = await readState(path)
    return state.ok ? ok({ uuid: state.value.uuid, name: state.value.config.name }) : state
  }

  async restore(
    uuid: string,
    config: DomainConfig,
    path: string,
    progress: Progress,
    claim: () => Outcome = async () => ok(null),
    paused = false,
  ): Outcome<RestoredDomain> {
    const failure = this.failure('restore') ?? (await this.work(progress))
    if (failure) return err(failure)
    const saved = await readState(path)
    if (!saved.ok) return saved
    const claimed = await claim()
    if (!claimed.ok) return claimed
    const started = this.domains.add(uuid, { ...config, memoryMiB: saved.value.config.memoryMiB }, paused, saved.value.console)
    const { memoryMiB, vcpus } = saved.value.config
    return ok({ ...started, memoryMiB, vcpus, savedUuid: saved.value.uuid, savedAt: saved.value.savedAt })
  }

  async openConsole(uuid: string, fromOffset: number | undefined): Outcome<OpaquePort> {
    const domain = this.domains.running.get(uuid)
    if (!domain) return err(errorReport('no-domain', { uuid }))
    const [ours, theirs] = this.channels.createChannel()
    domain.console.attach(this.channels.transport(ours), fromOffset ?? 0)
    return ok(theirs)
  }

  async dmesg(uuid: string): Outcome<string> {
    return this.domains.running.has(uuid) ? ok('(test) domain created\n') : err(errorReport('no-domain', { uuid }))
  }

  // ---- devices ------------------------------------------------------------------------------

  async attachDevice(uuid: string, device: Device): Outcome {
    const found = this.found(uuid, 'attachDevice')
    return found.ok ? this.devices.attach(uuid, found.value, device) : found
  }

  async detachDevice(uuid: string, key: string, _force: boolean): Outcome {
    const found = this.found(uuid, 'detachDevice')
    return found.ok ? this.devices.detach(uuid, found.value, key) : found
  }

  async changeMedium(uuid: string, key: string, medium: Medium): Outcome {
    const found = this.found(uuid, 'changeMedium')
    return found.ok ? this.devices.changeMedium(uuid, found.value, key, medium) : found
  }

  async changeNic(uuid: string, nic: Nic): Outcome {
    const found = this.found(uuid, 'changeNic')
    return found.ok ? this.devices.changeNic(uuid, found.value, nic) : found
  }

  /** Nobody listens: only who is told where. */
  async listenVnc(uuid: string, place: VncPlace | undefined): Outcome<number | undefined> {
    const found = this.found(uuid, 'listenVnc')
    if (!found.ok) return found
    const { screen, config } = found.value
    if (!screen) return err(errorReport('no-screen', { name: config.name }))
    if (!place || 'path' in place) return ok(undefined)
    return ok(place.port === 0 ? 5900 + found.value.domid : place.port)
  }

  async setNetworks(networks: readonly Network[]): Outcome {
    const failure = this.failure('setNetworks')
    if (failure) return err(failure)
    this.devices.networks = networks
    return ok(null)
  }

  async leases(name: string): Outcome<readonly Lease[]> {
    return this.devices.leases(name)
  }

  async openScreen(uuid: string): Outcome<OpaquePort> {
    const found = this.found(uuid, 'openScreen')
    if (!found.ok) return found
    const { screen, config } = found.value
    if (!screen) return err(errorReport('no-screen', { name: config.name }))
    const [ours, theirs] = this.channels.createChannel()
    screen.attach(this.channels.transport(ours))
    return ok(theirs)
  }

  async screenshot(uuid: string): Outcome<Screenshot> {
    const found = this.found(uuid, 'screenshot')
    if (!found.ok) return found
    const { screen, config } = found.value
    if (!screen) return err(errorReport('no-screen', { name: config.name }))
    const { width, height, pixels } = screen
    return ok({ width, height, png: encodePng(pixels, width, height) })
  }

  async inspect(uuid: string, parts: readonly InspectPart[]): Outcome<InspectReply> {
    const found = this.found(uuid, 'inspect')
    if (!found.ok) return found
    const { domid, devices } = found.value
    return ok(testInspect(this.load.phase + domid, [...devices.values()], parts))
  }

  async inspectVcpu(uuid: string, vcpu: number): Outcome<VcpuReply> {
    const found = this.found(uuid, 'inspectVcpu')
    if (!found.ok) return found
    const { paused, config } = found.value
    if (!paused) return err(errorReport('not-paused', { name: config.name }))
    return vcpu < config.vcpus ? ok(testVcpu) : err(errorReport('engine-said', { detail: `there is no vcpu ${vcpu}` }))
  }

  async writeStore(path: string, value: string): Outcome {
    const failure = this.failure('writeStore')
    if (failure) return err(failure)
    this.store.write(path, value)
    return ok(null)
  }

  async watchStore(seconds: number): Outcome {
    this.store.watch(seconds)
    return ok(null)
  }

  async dumpStore(): Outcome<string> {
    const failure = this.failure('dumpStore')
    if (failure) return err(failure)
    return ok(this.store.dump(this.domains.running))
  }

  // ---- inside -------------------------------------------------------------------------------

  private found(uuid: string, call: keyof HypervisorDriver): Result<TestDomain, ErrorReport> {
    const failure = this.failure(call)
    if (failure) return err(failure)
    const domain = this.domains.running.get(uuid)
    return domain ? ok(domain) : err(errorReport('no-domain', { uuid }))
  }

  private with(uuid: string, call: keyof HypervisorDriver, act: (domain: TestDomain) => void): Result<null, ErrorReport> {
    const found = this.found(uuid, call)
    if (!found.ok) return found
    act(found.value)
    return ok(null)
  }

  private failure(call: keyof HypervisorDriver): ErrorReport | undefined {
    const failure = this.failures.get(call)
    this.failures.delete(call)
    return failure
  }

  private pause(milliseconds: number): Promise<void> {
    return milliseconds > 0 ? new Promise((resolve) => setTimeout(resolve, milliseconds)) : Promise.resolve()
  }

  /** Whether the time has passed and it was not called off. */
  private waits(milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(true), milliseconds)
      this.callOff = () => {
        clearTimeout(timer)
        resolve(false)
      }
    })
  }

  private async later(act: () => void): Promise<void> {
    await this.pause(this.options.delayMs / 4)
    act()
  }

  /** Pretends to write in twenty steps. */
  private async work(progress: Progress): Promise<ErrorReport | undefined> {
    for (let step = 0; step <= 20; step++) {
      if (progress.signal.aborted) return errorReport('cancelled')
      progress.report(step / 20)
      await this.pause(this.options.delayMs / 20)
    }
    return undefined
  }
}
