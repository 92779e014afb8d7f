// The embedded driver: our own engine, one process a guest and one for domain 0, through the supervisor. Each call is asked of the
// process that knows; what it answers becomes the toolstack's words. Who there is: guests.ts and domain0.ts.
// Runs in: main, plain Node.
import { cpus } from 'node:os'
import type { CallError } from '../../../src-engine/public/protocol/call'
import { err, ok, type Result } from '../../../src-engine/public/result'
import type { OpaquePort } from '../../lib/channel'
import { type Device, deviceKey, type Lease, type Network, type Nic } from '../../public/device'
import { type ErrorReport, errorReport } from '../../public/error-code'
import type { InspectPart, InspectReply, VcpuReply } from '../../public/inspect'
import { DOMAIN0_UUID, type DomainConfig } from '../../public/types'
import type { Supervisor } from '../../supervisor/supervisor'
import { Watchdog } from '../../supervisor/watchdog'
import type {
  DriverEvent,
  DriverLimits,
  HypervisorDriver,
  Medium,
  MergeOrder,
  Outcome,
  Progress,
  RestoredDomain,
  SavedDomain,
  SchedulerParameters,
  Screenshot,
  SnapshotOrder,
  StartedDomain,
  TakenSnapshot,
  VncPlace,
} from '../driver'
import { build, restore, save } from './beginnings'
import { Domain0, type Domain0Connection } from './domain0'
import { engineError } from './engine-error'
import type { Guest } from './guest'
import { attachDevice, changeMedium, changeNic, detachDevice } from './guest-devices'
import { Guests } from './guests'
import { EmbeddedImages } from './images'
import { mergeDisk } from './merge'
import { Samples } from './samples'
import { readIdentity } from './save-identity'
import { Scheduler } from './scheduler'
import { takeSnapshot } from './snapshot'

function unsupported(operation: string): { readonly ok: false; readonly error: ErrorReport } {
  return err(errorReport('unsupported', { operation }))
}

/** xenbus states of a backend, as people read them. */
const STATE_WORDS: Readonly<Record<number, string>> = {
  0: 'gone',
  1: 'initialising',
  2: 'waiting for the guest',
  3: 'initialised',
  4: 'connected',
  5: 'closing',
  6: 'closed',
}

function screenError(error: CallError, name: string): ErrorReport {
  return error.code === 'OPERATION_INVALID' ? errorReport('no-screen', { name }) : engineError('other', error)
}

/** Of a call whose answer says no more than that it was done. */
function nothing(done: Result<unknown, CallError>): Result<null, ErrorReport> {
  return done.ok ? ok(null) : err(engineError('other', done.error))
}

export class EmbeddedDriver implements HypervisorDriver {
  readonly name = 'embedded'
  // 4 GiB less the engine's state for one vcpu: see src-engine/isa/state-layout.ts; a test compares.
  // Several vcpus need a host with the memory order of x86: src-engine/process/new-domain.ts.
  readonly limits: DriverLimits = {
    maxVcpus: process.arch === 'x64' ? 8 : 1,
    minMemoryMiB: 16,
    maxMemoryMiB: 4020,
    pinning: process.platform === 'linux' ? cpus().length : 0,
    devices: ['vbd', 'vif', 'vfb'],
  }
  readonly images: EmbeddedImages
  private readonly supervisor: Supervisor
  private readonly watchdog: Watchdog
  private readonly domain0: Domain0
  private readonly guests: Guests
  private readonly samples: Samples
  private listener: (event: DriverEvent) => void = () => {}
  private readonly scheduler = new Scheduler({
    domains: () => this.guests.started(),
    capacity: cpus().length,
    now: () => performance.now(),
  })
  private domain0Death = ''
  private closed = false

  /** `folder` is domain 0's: its journal and, in plain Node, its socket. */
  constructor(supervisor: Supervisor, folder: string, watchdog = new Watchdog()) {
    this.supervisor = supervisor
    this.images = new EmbeddedImages(supervisor)
    this.watchdog = watchdog
    this.domain0 = new Domain0(supervisor, watchdog, folder, {
      log: (level, text) => this.log(DOMAIN0_UUID, level, text),
      link: ({ handle, state, reason }) => {
        if (state === 'closed' && reason !== undefined) this.log(handle, 'info', `The link to domain 0 was closed: ${reason}`)
      },
      device: ({ handle, key, state, error }) => {
        const text = error ?? STATE_WORDS[state] ?? `state ${state}`
        this.listener({
          kind: 'log',
          uuid: handle,
          level: error ? 'warning' : 'info',
          source: 'device',
          text: `${key}: ${text}`,
        })
      },
      storeChanged: () => this.listener({ kind: 'storeChanged' }),
      died: (detail, restarts) => {
        this.domain0Death = detail
        this.listener({ kind: 'domain0', state: 'crashed', detail, restarts })
      },
      restarted: (connection, restarts) => void this.restarted(connection, restarts),
      gaveUp: (detail) => {
        this.listener({ kind: 'notice', severity: 'error', error: errorReport('domain0-gone', { detail }) })
      },
    })
    this.guests = new Guests(supervisor, watchdog, this.domain0, (event) => this.listener(event))
    this.samples = new Samples(
      () => this.guests.started(),
      this.domain0,
      (samples) => this.listener({ kind: 'samples', samples }),
    )
  }

  async open(listener: (event: DriverEvent) => void): Outcome {
    this.listener = listener
    const started = await this.domain0.start()
    if (this.closed) return err(errorReport('cancelled'))
    if (!started.ok) return started
    listener({ kind: 'domain0', state: 'running', detail: '', restarts: 0 })
    this.samples.start()
    this.watchdog.start()
    this.scheduler.start()
    return ok(null)
  }

  sampleEvery(intervalMs: number): void {
    this.samples.every(intervalMs)
  }

  async close(): Promise<void> {
    this.closed = true
    this.samples.stop()
    this.scheduler.stop()
    this.watchdog.stop()
    await this.guests.destroyAll()
    this.domain0.stop()
    this.supervisor.killAll()
  }

  // ---- starting -------------------------------------------------------------------------------

  async create(uuid: string, config: DomainConfig, paused = false): Outcome<StartedDomain> {
    const missing = config.devices.find(({ kind }) => !this.limits.devices.includes(kind))
    if (missing) return unsupported(deviceKey(missing))
    return this.guests.bring(uuid, config, (guest, domain0) => build(guest, domain0, config, paused))
  }

  readSaved(path: string): Outcome<SavedDomain> {
    return readIdentity(path)
  }

  expect(uuid: string, config: DomainConfig): () => void {
    return this.guests.expect(uuid, config)
  }

  async restore(
    uuid: string,
    config: DomainConfig,
    path: string,
    progress: Progress,
    claim: () => Outcome = async () => ok(null),
    paused = false,
  ): Outcome<RestoredDomain> {
    return this.guests.bring(uuid, config, (guest, domain0) => restore(guest, domain0, config, path, progress, claim, paused))
  }

  // ---- a running guest ------------------------------------------------------------------------

  async suspend(uuid: string): Outcome {
    return this.control(uuid, 'pause', true)
  }

  async resume(uuid: string): Outcome {
    return this.control(uuid, 'resume', false)
  }

  private async control(uuid: string, call: 'pause' | 'resume', paused: boolean): Outcome {
    const found = this.find(uuid)
    if (!found.ok) return found
    const done = await found.value.caller.call(call, {})
    if (!done.ok) return err(engineError('other', done.error))
    this.listener({ kind: 'paused', uuid, paused })
    return ok(null)
  }

  async shutdown(uuid: string): Outcome {
    return this.askGuest(uuid, 'poweroff')
  }

  async reboot(uuid: string): Outcome {
    return this.askGuest(uuid, 'reboot')
  }

  private async askGuest(uuid: string, request: 'poweroff' | 'reboot'): Outcome {
    return this.served(uuid, async (_, { caller }) => nothing(await caller.call('shutdown', { handle: uuid, request })))
  }

  async destroy(uuid: string): Outcome {
    return this.guests.destroy(uuid)
  }

  async setMemory(uuid: string, memoryMiB: number): Outcome {
    const target = { handle: uuid, targetKiB: memoryMiB * 1024 }
    return this.served(uuid, async (_, { caller }) => nothing(await caller.call('setTarget', target)))
  }

  async setVcpus(uuid: string, vcpus: number): Outcome {
    return this.served(uuid, async (_, { caller }) => nothing(await caller.call('setVcpus', { handle: uuid, vcpus })))
  }

  async rename(uuid: string, name: string): Outcome {
    return this.served(uuid, (guest, domain0) => guest.rename(domain0, name))
  }

  async setSchedulerParameters(uuid: string, parameters: SchedulerParameters): Outcome {
    const found = this.find(uuid)
    if (!found.ok) return found
    found.value.share(parameters)
    return found.value.pin(parameters.cpuSet)
  }

  async save(uuid: string, _config: DomainConfig, path: string, progress: Progress): Outcome {
    const found = this.find(uuid)
    return found.ok ? save(found.value, path, progress) : found
  }

  async snapshot(uuid: string, order: SnapshotOrder, progress: Progress): Outcome<TakenSnapshot> {
    return this.served(uuid, (guest, domain0) => takeSnapshot(guest, domain0, order, progress))
  }

  async mergeDisk(uuid: string, order: MergeOrder, progress: Progress): Outcome {
    const now = async () => {
      const connection = await this.domain0.connected()
      return connection.ok ? connection.value : undefined
    }
    return this.served(uuid, (guest, domain0) => mergeDisk(guest, domain0, now, order, progress))
  }

  async reopenDisks(uuid: string): Outcome {
    const found = this.find(uuid)
    if (!found.ok) return found
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return domain0
    const disks = found.value.devices.flatMap((device) => {
      if (device.kind !== 'vbd' || device.path === '') return []
      const { path, format, allowedBacking = [] } = device
      return [{ key: deviceKey(device), path, format, allowedBacking: [...allowedBacking] }]
    })
    const opened = await domain0.value.caller.call('switchDisks', { handle: uuid, disks })
    return opened.ok ? ok(null) : err(engineError('other', opened.error))
  }

  async consoleText(uuid: string, longest: number): Outcome<string> {
    return this.served(uuid, async (_, { caller }) => {
      const read = await caller.call('readConsole', { handle: uuid, longest })
      return read.ok ? ok(read.value.text) : err(engineError('other', read.error))
    })
  }

  async openConsole(uuid: string, fromOffset: number | undefined): Outcome<OpaquePort> {
    return this.served(uuid, async (_, { caller, socketPath }) => {
      const { forDomain0, port } = this.supervisor.stream(socketPath)
      const args = {
        handle: uuid,
        ...(forDomain0.link ? { link: forDomain0.link } : {}),
        ...(fromOffset === undefined ? {} : { fromOffset }),
      }
      const opened = await caller.call('openConsole', args, forDomain0.ports)
      return opened.ok ? ok(port) : err(engineError('other', opened.error))
    })
  }

  async dmesg(uuid: string): Outcome<string> {
    const found = this.find(uuid)
    if (!found.ok) return found
    const dmesg = await found.value.caller.call('dmesg', {})
    return dmesg.ok ? ok(dmesg.value.text) : err(engineError('other', dmesg.error))
  }

  // ---- devices --------------------------------------------------------------------------------

  async attachDevice(uuid: string, device: Device): Outcome {
    if (!this.limits.devices.includes(device.kind)) return unsupported(deviceKey(device))
    return this.served(uuid, (guest, domain0) => attachDevice(guest, domain0, device))
  }

  async detachDevice(uuid: string, key: string, force: boolean): Outcome {
    return this.served(uuid, (guest, domain0) => detachDevice(guest, domain0, key, force))
  }

  async changeMedium(uuid: string, key: string, medium: Medium): Outcome {
    return this.served(uuid, (guest, domain0) => changeMedium(guest, domain0, key, medium))
  }

  async changeNic(uuid: string, nic: Nic): Outcome {
    return this.served(uuid, (guest, domain0) => changeNic(guest, domain0, nic))
  }

  async listenVnc(uuid: string, place: VncPlace | undefined): Outcome<number | undefined> {
    const found = this.find(uuid)
    if (!found.ok) return found
    const listening = await found.value.caller.call('listenVnc', place)
    if (listening.ok) return ok(listening.value.port)
    const detail = listening.error.message.replace(/\.\s*$/, '')
    return err(
      listening.error.code === 'OPERATION_INVALID'
        ? screenError(listening.error, found.value.name)
        : errorReport('vnc-failed', { name: found.value.name, detail }),
    )
  }

  setNetworks(networks: readonly Network[]): Outcome {
    return this.domain0.setNetworks(networks)
  }

  async leases(network: string): Outcome<readonly Lease[]> {
    return this.withDomain0(async ({ caller }) => {
      const found = await caller.call('networkLeases', { network })
      if (!found.ok) return err(errorReport('no-network', { network }))
      const leases = found.value.leases.map(({ mac, address, name, untilMs }): Lease => {
        return { mac, address, name: name ?? '', ...(untilMs === undefined ? {} : { expiresAt: untilMs }) }
      })
      return ok(leases)
    })
  }

  /** The screen is served by the guest's own process: domain 0 has no part in it. */
  async openScreen(uuid: string, file?: string): Outcome<OpaquePort> {
    const found = this.find(uuid)
    if (!found.ok) return found
    const { forGuest, port } = await this.supervisor.guestStream()
    const args = { ...(forGuest.link && { link: forGuest.link }), ...(file !== undefined && { file }) }
    const opened = await found.value.caller.call('openScreen', args, forGuest.ports)
    return opened.ok ? ok(port) : err(screenError(opened.error, found.value.name))
  }

  async screenshot(uuid: string, width?: number): Outcome<Screenshot> {
    const found = this.find(uuid)
    if (!found.ok) return found
    const shot = await found.value.caller.call('screenshot', width === undefined ? {} : { width })
    return shot.ok ? shot : err(screenError(shot.error, found.value.name))
  }

  async inspect(uuid: string, parts: readonly InspectPart[]): Outcome<InspectReply> {
    const found = this.find(uuid)
    if (!found.ok) return found
    const seen = await found.value.caller.call('inspect', { parts: [...parts] })
    return seen.ok ? seen : err(engineError('other', seen.error))
  }

  async inspectVcpu(uuid: string, vcpu: number): Outcome<VcpuReply> {
    const found = this.find(uuid)
    if (!found.ok) return found
    const seen = await found.value.caller.call('inspectVcpu', { vcpu })
    if (seen.ok) return seen
    const notPaused = seen.error.code === 'OPERATION_INVALID'
    return err(notPaused ? errorReport('not-paused', { name: found.value.name }) : engineError('other', seen.error))
  }

  async writeStore(path: string, value: string): Outcome {
    return this.withDomain0(async ({ caller }) => nothing(await caller.call('writeStore', { path, value })))
  }

  async watchStore(seconds: number): Outcome {
    return this.withDomain0(async ({ caller }) => nothing(await caller.call('watchStore', { seconds })))
  }

  async dumpStore(): Outcome<string> {
    return this.withDomain0(async ({ caller }) => {
      const dump = await caller.call('dumpStore', {})
      return dump.ok ? ok(dump.value.text) : err(engineError('other', dump.error))
    })
  }

  // ---- inside ---------------------------------------------------------------------------------

  private find(uuid: string): Result<Guest, ErrorReport> {
    return this.guests.find(uuid)
  }

  /** With the guest, and the domain 0 that serves it. */
  private async served<T>(uuid: string, act: (guest: Guest, domain0: Domain0Connection) => Outcome<T>): Outcome<T> {
    const found = this.find(uuid)
    return found.ok ? this.withDomain0((domain0) => act(found.value, domain0)) : found
  }

  private async withDomain0<T>(act: (domain0: Domain0Connection) => Outcome<T>): Outcome<T> {
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return domain0
    const done = await act(domain0.value)
    return !done.ok && done.error.reason === 'engine-said' && domain0.value.caller.gone
      ? err(errorReport('domain0-away'))
      : done
  }

  startDomain0(): Outcome {
    return this.domain0.again()
  }

  private async restarted(connection: Domain0Connection, restarts: number): Promise<void> {
    await this.guests.rejoin(connection)
    this.listener({ kind: 'domain0', state: 'running', detail: this.domain0Death, restarts })
  }

  private log(uuid: string, level: 'debug' | 'info' | 'warning' | 'error', text: string): void {
    this.listener({ kind: 'log', uuid, level, text })
  }
}
