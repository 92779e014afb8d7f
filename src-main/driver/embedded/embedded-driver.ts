// The embedded driver: our own engine, one process a guest and one for domain 0, through the supervisor.
// Invariant: a guest is in `guests` from before its process is forked until its process is gone; while `starting`, its end
// is the start's failure and no event. Domids are not used again while domain 0 may remember them.
// Runs in: main, plain Node.
import { cpus } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { CallError } from '../../../src-engine/public/protocol/call'
import { err, ok, type Result } from '../../../src-engine/public/result'
import type { OpaquePort } from '../../lib/channel'
import { type Device, type DeviceRates, type Display, deviceKey, type Lease, type Network, type Nic } from '../../public/device'
import { type ErrorReport, errorReport } from '../../public/error-code'
import type { InspectPart, InspectReply, VcpuReply } from '../../public/inspect'
import { DOMAIN0_UUID, type DomainConfig, SAMPLE_INTERVAL_MS } from '../../public/types'
import { type ProcessUsage, processUsage } from '../../supervisor/process-usage'
import type { Supervisor } from '../../supervisor/supervisor'
import { Watchdog } from '../../supervisor/watchdog'
import type {
  DriverEvent,
  DriverLimits,
  DriverSample,
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
  StopKind,
  TakenSnapshot,
  VncPlace,
} from '../driver'
import { Domain0, type Domain0Connection } from './domain0'
import { engineError } from './engine-error'
import { Guest } from './guest'
import { EmbeddedImages } from './images'
import { mergeDisk } from './merge'
import { readIdentity } from './save-identity'
import { Scheduler } from './scheduler'
import { takeSnapshot } from './snapshot'

interface Running {
  readonly guest: Guest
  starting: boolean
  /** How it ended while starting. */
  ended: { readonly how: StopKind; readonly detail: string } | undefined
  /** Resolved when its end has been told, or its start has failed. */
  readonly settled: Promise<void>
  readonly settle: () => void
}

/** Domain 0 counts as back when its guests are joined to it, or after this while. */
const REJOIN_WAIT_MS = 3000

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

/** As domain 0 waits (src-engine/process/domain0.ts). */
const DETACH_SECONDS = 15

function displayOf(config: DomainConfig): { display?: Display } {
  const device = config.devices.find(({ kind }) => kind === 'vfb')
  if (device?.kind !== 'vfb') return {}
  const { vnc: _, ...display } = device
  return { display }
}

/** Domain 0 has no part in who may look at a screen. */
function forDomain0(device: Device): Device {
  return device.kind === 'vfb' ? { kind: 'vfb', width: device.width, height: device.height } : device
}

function screenError(error: CallError, name: string): ErrorReport {
  return error.code === 'OPERATION_INVALID' ? errorReport('no-screen', { name }) : engineError('other', error)
}

/** First reserved domid; ours are below it. */
const DOMIDS = 0x7ff0

export class EmbeddedDriver implements HypervisorDriver {
  readonly name = 'embedded'
  // 4 GiB less the engine's state for one vcpu: see src-engine/isa/state-layout.ts; a test compares.
  // Several vcpus need a host with the memory order of x86: src-engine/process/new-domain.ts.
  readonly limits: DriverLimits = {
    maxVcpus: process.arch === 'x64' ? 8 : 1,
    minMemoryMiB: 16,
    maxMemoryMiB: 4020,
    devices: ['vbd', 'vif', 'vfb'],
  }
  readonly images: EmbeddedImages
  private readonly supervisor: Supervisor
  private readonly watchdog: Watchdog
  private readonly domain0: Domain0
  private readonly guests = new Map<string, Running>()
  private listener: (event: DriverEvent) => void = () => {}
  private timer: NodeJS.Timeout | undefined
  private readonly scheduler = new Scheduler({
    domains: () => [...this.guests.values()].filter(({ starting }) => !starting).map(({ guest }) => guest),
    capacity: cpus().length,
    now: () => performance.now(),
  })
  private sampleMs: number = SAMPLE_INTERVAL_MS
  private opened = false
  private lastDomid = 0
  private domain0Death = ''
  private domain0Usage: { readonly usage: ProcessUsage; readonly at: number; readonly pid: number } | undefined

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
      restarted: (connection, restarts) => void this.rejoin(connection, restarts),
      gaveUp: (detail) => {
        this.listener({ kind: 'notice', severity: 'error', error: errorReport('domain0-gone', { detail }) })
      },
    })
  }

  async open(listener: (event: DriverEvent) => void): Outcome {
    this.listener = listener
    const started = await this.domain0.start()
    if (!started.ok) return started
    listener({ kind: 'domain0', state: 'running', detail: '', restarts: 0 })
    this.opened = true
    this.sampleEvery(this.sampleMs)
    this.watchdog.start()
    this.scheduler.start()
    return ok(null)
  }

  sampleEvery(intervalMs: number): void {
    this.sampleMs = intervalMs
    if (!this.opened) return
    clearInterval(this.timer)
    this.timer = setInterval(() => void this.sample(), intervalMs)
    this.timer.unref()
  }

  async close(): Promise<void> {
    this.opened = false
    clearInterval(this.timer)
    this.scheduler.stop()
    this.watchdog.stop()
    await Promise.all([...this.guests.values()].map(({ guest }) => guest.destroy()))
    this.domain0.stop()
    this.supervisor.killAll()
  }

  // ---- starting -------------------------------------------------------------------------------

  async create(uuid: string, config: DomainConfig, paused = false): Outcome<StartedDomain> {
    const missing = config.devices.find(({ kind }) => !this.limits.devices.includes(kind))
    if (missing) return unsupported(deviceKey(missing))
    return this.bring(uuid, config, async ({ guest }, domain0) => {
      const { name, kernel, ramdisk, cmdline, memoryMiB, vcpus } = config
      const image = { kernel, cmdline, ...(ramdisk === null ? {} : { ramdisk }) }
      const identity = { handle: uuid, domid: guest.domid, name, memoryMiB, vcpus }
      const built = await guest.caller.call('build', { ...identity, ...image, ...displayOf(config) })
      if (!built.ok) return err(engineError('start', built.error))
      const startedAtMs = Date.now()
      const devices = config.devices.map(forDomain0)
      const introduced = await guest.introduce(domain0, { ...identity, ...image, startedAtMs, devices, ...built.value })
      return introduced.ok ? ok({ domid: guest.domid, paused }) : introduced
    })
  }

  readSaved(path: string): Outcome<SavedDomain> {
    return readIdentity(path)
  }

  async restore(
    uuid: string,
    config: DomainConfig,
    path: string,
    progress: Progress,
    claim: () => Outcome = async () => ok(null),
    paused = false,
  ): Outcome<RestoredDomain> {
    return this.bring(uuid, config, async ({ guest }, domain0) => {
      const abort = (): void => guest.kill('destroyed')
      progress.signal.addEventListener('abort', abort)
      guest.onProgress = (fraction) => progress.report(fraction)
      const { domid } = guest
      const restored = await guest.caller.call('restore', {
        handle: uuid,
        domid,
        name: config.name,
        path,
        ...displayOf(config),
      })
      progress.signal.removeEventListener('abort', abort)
      if (progress.signal.aborted) return err(errorReport('cancelled'))
      if (!restored.ok) return err(engineError('restore', restored.error, path))
      const { memoryMiB, vcpus, savedHandle, savedAtMs, guestDomid, storeGfn, storePort, consoleGfn, consolePort } =
        restored.value
      const pages = { guestDomid, storeGfn, storePort, consoleGfn, consolePort }
      const { name, kernel, ramdisk, cmdline } = config
      const image = { kernel, cmdline, ...(ramdisk === null ? {} : { ramdisk }) }
      const introduced = await guest.introduce(domain0, {
        handle: uuid,
        domid,
        name,
        memoryMiB,
        vcpus,
        ...image,
        ...pages,
        startedAtMs: Date.now(),
        devices: config.devices.map(forDomain0),
        restoring: true,
      })
      const claimed = introduced.ok ? await claim() : introduced
      if (!claimed.ok) return claimed
      return ok({ domid, paused, memoryMiB, vcpus, savedUuid: savedHandle, savedAt: savedAtMs })
    })
  }

  /** What a start and a restore have in common: a process before, running after unless paused, nothing left behind when it fails. */
  private async bring<T extends StartedDomain>(
    uuid: string,
    config: DomainConfig,
    prepare: (running: Running, domain0: Domain0Connection) => Outcome<T>,
  ): Outcome<T> {
    if (this.guests.has(uuid)) return err(errorReport('job-running', { name: config.name }))
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return domain0
    const guest: Guest = new Guest(this.supervisor, this.watchdog, uuid, this.freeDomid(), config.name, {
      log: (level, text) => this.log(uuid, level, text),
      dmesg: (text) => this.listener({ kind: 'log', uuid, level: 'debug', source: 'hypervisor', text }),
      ended: (how, detail) => this.ended(running, how, detail),
      stalled: (stalledBy) => this.listener({ kind: 'paused', uuid, paused: true, stalledBy }),
      unstalled: () => this.listener({ kind: 'paused', uuid, paused: false }),
    })
    guest.setSchedulerParameters(config)
    let settle = (): void => {}
    const settled = new Promise<void>((resolve) => {
      settle = resolve
    })
    const running: Running = { guest, starting: true, ended: undefined, settled, settle }
    this.guests.set(uuid, running)
    const prepared = await prepare(running, domain0.value)
    const resumed = prepared.ok && !prepared.value.paused ? await this.run(guest) : prepared
    running.starting = false
    const early = running.ended
    if (prepared.ok && resumed.ok) {
      // It may have stopped in its first moments: then it did start.
      if (early) this.tellStopped(running, early.how, early.detail)
      return prepared
    }
    await this.discard(running)
    if (early?.how === 'destroyed') return err(errorReport('cancelled'))
    if (early) return err(errorReport('process-died', { name: config.name, detail: early.detail.replace(/\.\s*$/, '') }))
    return prepared.ok && !resumed.ok ? resumed : prepared
  }

  private async run(guest: Guest): Outcome {
    const resumed = await guest.caller.call('resume', {})
    return resumed.ok ? ok(null) : err(engineError('start', resumed.error))
  }

  private async discard(running: Running): Promise<void> {
    running.starting = true // its end is nobody's news
    await running.guest.destroy()
    await this.release(running.guest)
    running.settle()
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
    return this.withDomain0(uuid, async ({ caller }) => caller.call('shutdown', { handle: uuid, request }))
  }

  async destroy(uuid: string): Outcome {
    const running = this.guests.get(uuid)
    if (!running) return err(errorReport('no-domain', { uuid }))
    await running.guest.destroy()
    await running.settled
    return ok(null)
  }

  async setMemory(uuid: string, memoryMiB: number): Outcome {
    return this.withDomain0(uuid, async ({ caller }) => caller.call('setTarget', { handle: uuid, targetKiB: memoryMiB * 1024 }))
  }

  async setSchedulerParameters(uuid: string, parameters: SchedulerParameters): Outcome {
    const found = this.find(uuid)
    if (!found.ok) return found
    found.value.setSchedulerParameters(parameters)
    return ok(null)
  }

  async save(uuid: string, _config: DomainConfig, path: string, progress: Progress): Outcome {
    const found = this.find(uuid)
    if (!found.ok) return found
    const guest = found.value
    if (progress.signal.aborted) return err(errorReport('cancelled'))
    const abort = (): void => void guest.caller.call('cancel', {})
    progress.signal.addEventListener('abort', abort)
    guest.onProgress = (fraction) => progress.report(fraction)
    const saved = await guest.caller.call('save', { path })
    progress.signal.removeEventListener('abort', abort)
    guest.onProgress = () => {}
    if (!saved.ok) return err(engineError('save', saved.error, path))
    await guest.destroy('saved')
    return ok(null)
  }

  async snapshot(uuid: string, order: SnapshotOrder, progress: Progress): Outcome<TakenSnapshot> {
    const found = this.find(uuid)
    if (!found.ok) return found
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return domain0
    return takeSnapshot(found.value, domain0.value, order, progress)
  }

  async mergeDisk(uuid: string, order: MergeOrder, progress: Progress): Outcome {
    const found = this.find(uuid)
    if (!found.ok) return found
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return domain0
    const now = async () => {
      const connection = await this.domain0.connected()
      return connection.ok ? connection.value : undefined
    }
    return mergeDisk(found.value, domain0.value, now, order, progress)
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
    const found = this.find(uuid)
    if (!found.ok) return found
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return domain0
    const read = await domain0.value.caller.call('readConsole', { handle: uuid, longest })
    return read.ok ? ok(read.value.text) : err(engineError('other', read.error))
  }

  async openConsole(uuid: string, fromOffset: number | undefined): Outcome<OpaquePort> {
    const found = this.find(uuid)
    if (!found.ok) return found
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return domain0
    const { forDomain0, port } = this.supervisor.stream(domain0.value.socketPath)
    const args = {
      handle: uuid,
      ...(forDomain0.link ? { link: forDomain0.link } : {}),
      ...(fromOffset === undefined ? {} : { fromOffset }),
    }
    const opened = await domain0.value.caller.call('openConsole', args, forDomain0.ports)
    return opened.ok ? ok(port) : err(engineError('other', opened.error))
  }

  async dmesg(uuid: string): Outcome<string> {
    const found = this.find(uuid)
    if (!found.ok) return found
    const dmesg = await found.value.caller.call('dmesg', {})
    return dmesg.ok ? ok(dmesg.value.text) : err(engineError('other', dmesg.error))
  }

  // ---- devices --------------------------------------------------------------------------------

  async attachDevice(uuid: string, device: Device): Outcome {
    const found = this.find(uuid)
    if (!found.ok) return found
    const key = deviceKey(device)
    if (!this.limits.devices.includes(device.kind)) return unsupported(key)
    if (device.kind === 'vfb') return err(errorReport('not-hot-pluggable', { name: found.value.name, key }))
    if (found.value.devices.some((each) => deviceKey(each) === key)) {
      return err(errorReport('device-twice', { name: found.value.name, key }))
    }
    const attached = await this.withDomain0(uuid, ({ caller }) => caller.call('attachDevice', { handle: uuid, device }))
    if (attached.ok) found.value.devices = [...found.value.devices, device]
    return attached
  }

  async detachDevice(uuid: string, key: string, force: boolean): Outcome {
    const found = this.find(uuid)
    if (!found.ok) return found
    const device = found.value.devices.find((each) => deviceKey(each) === key)
    const { name } = found.value
    if (!device) return err(errorReport('no-device', { name, key }))
    if (device.kind === 'vfb') return err(errorReport('not-hot-pluggable', { name, key }))
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return domain0
    const detached = await domain0.value.caller.call('detachDevice', { handle: uuid, key, force })
    if (!detached.ok && detached.error.code === 'OPERATION_TIMEOUT') {
      return err(errorReport('detach-timeout', { key, seconds: DETACH_SECONDS }))
    }
    if (!detached.ok) return err(engineError('other', detached.error))
    found.value.devices = found.value.devices.filter((each) => each !== device)
    return ok(null)
  }

  async changeMedium(uuid: string, key: string, medium: Medium): Outcome {
    const found = this.find(uuid)
    if (!found.ok) return found
    const device = found.value.devices.find((each) => deviceKey(each) === key)
    const { name } = found.value
    if (device?.kind !== 'vbd') return err(errorReport('no-device', { name, key }))
    if (!device.removable) return err(errorReport('not-hot-pluggable', { name, key }))
    const changed = await this.withDomain0(uuid, ({ caller }) => {
      return caller.call('changeMedium', { handle: uuid, key, ...medium })
    })
    if (changed.ok) {
      found.value.devices = found.value.devices.map((each) => (each === device ? { ...device, ...medium } : each))
    }
    return changed
  }

  async changeNic(uuid: string, nic: Nic): Outcome {
    const found = this.find(uuid)
    if (!found.ok) return found
    const key = deviceKey(nic)
    const device = found.value.devices.find((each) => deviceKey(each) === key)
    if (!device) return err(errorReport('no-device', { name: found.value.name, key }))
    const changed = await this.withDomain0(uuid, ({ caller }) => caller.call('changeNic', { handle: uuid, nic }))
    if (changed.ok) found.value.devices = found.value.devices.map((each) => (each === device ? nic : each))
    return changed
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
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return domain0
    const found = await domain0.value.caller.call('networkLeases', { network })
    if (!found.ok) return err(errorReport('no-network', { network }))
    const leases = found.value.leases.map(({ mac, address, name, untilMs }): Lease => {
      return { mac, address, name: name ?? '', ...(untilMs === undefined ? {} : { expiresAt: untilMs }) }
    })
    return ok(leases)
  }

  /** The screen is served by the guest's own process: domain 0 has no part in it. */
  async openScreen(uuid: string): Outcome<OpaquePort> {
    const found = this.find(uuid)
    if (!found.ok) return found
    const { forGuest, port } = await this.supervisor.guestStream()
    const args = forGuest.link ? { link: forGuest.link } : {}
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
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return domain0
    const written = await domain0.value.caller.call('writeStore', { path, value })
    return written.ok ? ok(null) : err(engineError('other', written.error))
  }

  async watchStore(seconds: number): Outcome {
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return domain0
    const watched = await domain0.value.caller.call('watchStore', { seconds })
    return watched.ok ? ok(null) : err(engineError('other', watched.error))
  }

  async dumpStore(): Outcome<string> {
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return domain0
    const dump = await domain0.value.caller.call('dumpStore', {})
    return dump.ok ? ok(dump.value.text) : err(engineError('other', dump.error))
  }

  // ---- ends -----------------------------------------------------------------------------------

  private ended(running: Running, how: StopKind, detail: string): void {
    running.ended = { how, detail }
    if (!running.starting) this.tellStopped(running, how, detail)
  }

  private tellStopped(running: Running, how: StopKind, detail: string): void {
    const { uuid } = running.guest
    // The place in domain 0 is given up first, so that a reboot finds it free.
    this.release(running.guest).finally(() => {
      this.listener({ kind: 'stopped', uuid, how, detail })
      running.settle()
    })
  }

  private async release(guest: Guest): Promise<void> {
    this.guests.delete(guest.uuid)
    const domain0 = await this.domain0.connected()
    if (domain0.ok) await domain0.value.caller.call('release', { handle: guest.uuid })
  }

  /** A new domain 0: every guest is introduced again, with a fresh link. */
  private async rejoin(connection: Domain0Connection, restarts: number): Promise<void> {
    const join = async ({ guest, starting }: Running): Promise<void> => {
      if (starting) return // its start fails and says so
      const joined = await guest.introduceAgain(connection)
      if (!joined.ok) this.log(guest.uuid, 'error', `Not joined to the new domain 0: ${joined.error.values['detail'] ?? ''}`)
    }
    // Each for itself: one whose process hangs must not keep the others waiting.
    await Promise.race([Promise.all([...this.guests.values()].map(join)), delay(REJOIN_WAIT_MS, undefined, { ref: false })])
    this.listener({ kind: 'domain0', state: 'running', detail: this.domain0Death, restarts })
  }

  // ---- inside ---------------------------------------------------------------------------------

  private find(uuid: string): Result<Guest, ErrorReport> {
    const running = this.guests.get(uuid)
    return running && !running.guest.failed() ? ok(running.guest) : err(errorReport('no-domain', { uuid }))
  }

  private async withDomain0(
    uuid: string,
    act: (domain0: Domain0Connection) => Promise<Result<unknown, { code: string; message: string }>>,
  ): Outcome {
    const found = this.find(uuid)
    if (!found.ok) return found
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return domain0
    const done = await act(domain0.value)
    return done.ok ? ok(null) : err(engineError('other', done.error))
  }

  private freeDomid(): number {
    const used = new Set([...this.guests.values()].map(({ guest }) => guest.domid))
    do this.lastDomid = this.lastDomid >= DOMIDS - 1 ? 1 : this.lastDomid + 1
    while (used.has(this.lastDomid))
    return this.lastDomid
  }

  private log(uuid: string, level: 'debug' | 'info' | 'warning' | 'error', text: string): void {
    this.listener({ kind: 'log', uuid, level, text })
  }

  private async sample(): Promise<void> {
    const running = [...this.guests.values()].filter(({ starting }) => !starting)
    const found = await Promise.all(
      running.map(async ({ guest }): Promise<DriverSample[]> => {
        const [sample, devices] = await Promise.all([guest.sample(), this.rates(guest)])
        return sample ? [{ uuid: guest.uuid, ...sample, devices }] : []
      }),
    )
    const domain0 = await this.sampleDomain0()
    this.listener({ kind: 'samples', samples: [...(domain0 ? [domain0] : []), ...found.flat()] })
  }

  private async rates(guest: Guest): Promise<DeviceRates[]> {
    if (guest.devices.every(({ kind }) => kind === 'vfb')) return []
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return []
    const counted = await domain0.value.caller.call('deviceCounters', { handle: guest.uuid })
    // What is shown as a chart is what a disk or a network interface does.
    const shown = counted.ok ? counted.value.devices.filter(({ key }) => key.startsWith('vbd/') || key.startsWith('vif/')) : []
    return guest.meter.rates(shown, performance.now())
  }

  private async sampleDomain0(): Promise<DriverSample | undefined> {
    const pid = this.domain0.pid()
    const usage = pid === undefined ? undefined : await processUsage(pid)
    if (pid === undefined || !usage) return undefined
    const at = performance.now()
    const last = this.domain0Usage
    this.domain0Usage = { usage, at, pid }
    const seconds = last ? (at - last.at) / 1000 : 0
    const cpu = last && last.pid === pid && seconds > 0 ? (usage.cpuSeconds - last.usage.cpuSeconds) / seconds : 0
    return { uuid: DOMAIN0_UUID, cpu: Math.max(0, cpu), memoryKiB: usage.residentKiB, devices: [] }
  }
}
