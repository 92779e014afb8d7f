// A domain's process as an object: answers main's control calls, owns the link to domain 0 and the pumps, starts the vcpu
// threads, reports how the domain ended. domain.ts starts it in a process; tests may start it in their own.
// Invariant: the domain exists exactly between a good build (or restore) and destroy; `exit` is told once. Nothing here runs on
// a vcpu's time except what rings the bell. Runs in: main thread of the domain's process.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import v8 from 'node:v8'
import vm from 'node:vm'
import { uuidBytes } from '../lib/bytes'
import type { Log } from '../lib/log'
import { connectTransport } from '../link/transport'
import { Answerer, type CallError, type CallServers } from '../public/protocol/call'
import { DOMAIN_CALLS, type DomainCalls, type DomainEvents } from '../public/protocol/control'
import type { Display } from '../public/protocol/device'
import { electronPortTransport, isElectronPort } from '../public/protocol/port-transport'
import type { Transport } from '../public/protocol/transport'
import { err, ok, type Result } from '../public/result'
import type { VncPlace } from '../rfb/listen'
import { type Capture, captureDomain, restoreDomain, type SaveProgress, writeCapture } from '../save/checkpoint'
import type { SaveError } from '../save/save-file'
import { Registers } from '../vcpu/registers'
import { cpuNsOf, type ExitReason, inspectionOf, REASONS, reportOf, type Standing, sampleOf } from './domain-figures'
import { commandLineFor, GuestScreen } from './guest-screen'
import { HeldState } from './held-state'
import { inspectVcpu } from './inspect-vcpu'
import { loadKernel, type MadeDomain, makeDomain } from './new-domain'
import { decodePumpState, encodePumpState, type PumpState } from './pump-state'
import { type GuestPages, guestPages, joinParts, type RunningDomain } from './running-domain'

/** Whether hot code is translated when nobody says so. The environment is for tests: on, off, or eager, nearly all code. */
const TRANSLATOR = process.env['RINGMASTER_TRANSLATOR'] !== 'off'

function failure(code: string, message: string): { ok: false; error: CallError } {
  return err({ code, message })
}
const NO_DOMAIN = failure('OPERATION_INVALID', 'There is no domain in this process.')
const NO_SCREEN = failure('OPERATION_INVALID', 'The domain has no display.')
const DONE = ok(undefined)

/** Lines of the message ring that are told as they come, in a second; a guest that makes more has them in `dmesg` only. */
const DMESG_LINES = 100

/** How often a domain that stands for want of room on the host looks whether there is some. */
const RETRY_MS = 2000

/** How often a save or restore tells how far it is. */
const PROGRESS_MS = 100

const SAVE_CODES: Readonly<Record<SaveError['kind'], string>> = {
  IO: 'OPERATION_FAILED',
  CORRUPT: 'INVALID_ARG',
  NEWER: 'INVALID_ARG',
  STATE: 'INVALID_ARG',
  CANCELLED: 'OPERATION_ABORTED',
}

export class DomainProcess {
  private readonly answerer: Answerer<DomainCalls, DomainEvents>
  private readonly ended: () => void
  private running: RunningDomain | undefined
  private paused = true
  /** Devices that cannot go on, and whether the domain stands because of them alone: then it goes on by itself. */
  private readonly stalls = new Set<string>()
  private stalled = false
  private retryTimer: NodeJS.Timeout | undefined
  private stopping: Promise<void> = Promise.resolve()
  private started = false
  /** Made anew, and not for a time of day that was given: it begins with the host's. */
  private newClock = false
  private exited = false
  private destroyed = false
  private disposing: Promise<void> | undefined
  private saving = false
  private readonly held = new HeldState({
    take: (copyMost) => this.take(copyMost),
    progress: () => this.progress(),
    failed: ({ kind, message }) => failure(SAVE_CODES[kind], message),
  })
  private cancelled = false
  private saveEnded: Promise<unknown> = Promise.resolve()
  private name = ''
  private translator = false
  private messagesSeen = 0
  private messageSecond = 0
  private messagesTold = 0

  /** `ended`: the domain was destroyed, the process may go. */
  constructor(control: Transport, ended: () => void) {
    this.ended = ended
    this.answerer = new Answerer<DomainCalls, DomainEvents>(control, DOMAIN_CALLS, this.servers())
  }

  readonly log: Log = (level, text) => this.answerer.event('log', { level, text: text.slice(0, 4096) })

  private get standing(): Standing {
    return { exited: this.exited, saving: this.saving, paused: this.paused }
  }

  private servers(): CallServers<DomainCalls> {
    return {
      build: (args) => this.build(args),
      restore: (args) => this.restore(args),
      save: (args) => this.save(args),
      hold: (args) => this.held.hold(args),
      goOn: () => this.held.goOn(),
      keep: (args) => this.held.keep(args),
      forget: () => {
        this.held.forget()
        return DONE
      },
      cancel: () => {
        this.cancelled = true
        this.running?.link.cancelSave()
        return DONE
      },
      link: async ({ link }, ports) => {
        const running = this.running
        if (!running) return NO_DOMAIN
        const transport = await this.linkTransport(link, ports)
        if (!transport.ok) return failure('INVALID_ARG', transport.error)
        running.link.attach(transport.value)
        return DONE
      },
      resume: async () => {
        await this.stopping
        if (!this.running) return NO_DOMAIN
        if (this.exited) return failure('OPERATION_INVALID', 'The domain has stopped.')
        if (this.saving) return failure('OPERATION_INVALID', 'The domain is being saved.')
        this.resume(this.running)
        return DONE
      },
      pause: async () => {
        if (!this.running) return NO_DOMAIN
        if (this.saving) return failure('OPERATION_INVALID', 'The domain is being saved.')
        this.paused = true
        this.stalled = false
        if (this.started) await this.running.threads.stop()
        return DONE
      },
      schedule: ({ grantNs }) => {
        const { running } = this
        if (!running) return NO_DOMAIN
        const { credit } = running.made.domain
        if (grantNs === undefined) credit.release()
        else credit.grant(BigInt(grantNs))
        return ok({ usedNs: cpuNsOf(running), wanting: this.paused || this.exited ? 0 : credit.wanting() })
      },
      sample: () => (this.running ? ok(sampleOf(this.running, this.standing)) : NO_DOMAIN),
      report: () => (this.running ? ok(reportOf(this.running)) : NO_DOMAIN),
      openScreen: async ({ link }, ports) => {
        const screen = this.running?.screen
        if (!screen) return this.running ? NO_SCREEN : NO_DOMAIN
        const transport = await this.linkTransport(link, ports)
        if (!transport.ok) return failure('INVALID_ARG', transport.error)
        screen.attach(transport.value)
        return DONE
      },
      listenVnc: async (place) => {
        const screen = this.running?.screen
        if (!screen) return this.running ? NO_SCREEN : NO_DOMAIN
        const listening = await screen.listen(vncPlace(place))
        return listening.ok ? ok({ port: listening.value }) : failure('OPERATION_FAILED', listening.error)
      },
      typeText: ({ text }) => {
        const screen = this.running?.screen
        if (!screen) return this.running ? NO_SCREEN : NO_DOMAIN
        screen.type(text)
        return DONE
      },
      screenshot: (args) => {
        const screen = this.running?.screen
        if (!screen) return this.running ? NO_SCREEN : NO_DOMAIN
        return ok(screen.screenshot(args?.width))
      },
      inspect: ({ parts }) => (this.running ? ok(inspectionOf(this.running, parts)) : NO_DOMAIN),
      inspectVcpu: ({ vcpu }) => {
        const { running } = this
        if (!running) return NO_DOMAIN
        if (!this.paused || this.saving) return failure('OPERATION_INVALID', 'The domain is not paused.')
        const { domain } = running.made
        if (vcpu >= domain.vcpus) return failure('INVALID_ARG', `There is no vcpu ${vcpu}.`)
        return ok(inspectVcpu(domain.memory, new Registers(domain.memory.buffer, vcpu)))
      },
      dmesg: () => (this.running ? ok({ text: this.running.made.domain.messages.read().text }) : NO_DOMAIN),
      ping: () => DONE,
      destroy: async () => {
        await this.dispose()
        return DONE
      },
    }
  }

  // --- making the domain ---

  private async build(args: DomainCalls['build']['args']): Promise<Result<GuestPages, CallError>> {
    if (this.running) return failure('OPERATION_INVALID', 'There is a domain in this process already.')
    const kernel = await readImage('kernel', args.kernel)
    if (!kernel.ok) return failure('INVALID_ARG', kernel.error)
    const ramdisk = args.ramdisk === undefined ? ok(undefined) : await readImage('ramdisk', args.ramdisk)
    if (!ramdisk.ok) return failure('INVALID_ARG', ramdisk.error)
    const made = makeDomain(
      { domid: args.domid, uuid: uuidBytes(args.handle), memoryMiB: args.memoryMiB, vcpus: args.vcpus },
      () => setImmediate(() => this.look()),
    )
    if (!made.ok) return failure('INVALID_ARG', made.error)
    const { domain } = made.value
    this.newClock = args.wallClockMs === undefined
    if (args.wallClockMs !== undefined) domain.set64('WALL_BASE', BigInt(args.wallClockMs) * 1_000_000n)
    domain.messages.log(
      `building ${args.name}: ${args.memoryMiB} MiB, ${args.vcpus} vcpu, kernel ${path.basename(args.kernel)}`,
    )
    const loaded = loadKernel(made.value, {
      kernel: kernel.value,
      ramdisk: ramdisk.value,
      commandLine: commandLineFor(args.display, args.cmdline ?? ''),
    })
    if (!loaded.ok) return failure('INVALID_ARG', loaded.error)
    this.name = args.name
    this.translator = args.translator ?? TRANSLATOR
    setImmediate(dropGarbage)
    return this.adopt(args.handle, made.value, screenOf(args))
  }

  private async restore(args: DomainCalls['restore']['args']): Promise<Result<DomainCalls['restore']['reply'], CallError>> {
    if (this.running) return failure('OPERATION_INVALID', 'There is a domain in this process already.')
    this.cancelled = false
    const restored = await restoreDomain<MadeDomain>(
      args.path,
      ({ memoryMiB, vcpus }) =>
        makeDomain({ domid: args.domid, uuid: uuidBytes(args.handle), memoryMiB, vcpus }, () =>
          setImmediate(() => this.look()),
        ),
      this.progress(),
    )
    if (!restored.ok) return failure(SAVE_CODES[restored.error.kind], restored.error.message)
    const { made, identity } = restored.value
    const pumps = decodePumpState(restored.value.pumps)
    if (!pumps.ok) return failure('INVALID_ARG', `The save file ${args.path} is damaged: ${pumps.error}.`)
    const state = made.domain.shutdown.state
    if (state) return failure('INVALID_ARG', `The domain in ${args.path} had stopped: ${state.text}.`)
    this.name = args.name
    this.translator = args.translator ?? TRANSLATOR
    const savedAt = new Date(identity.savedAtMs).toISOString()
    made.domain.messages.log(`restored from ${path.basename(args.path)}, saved at ${savedAt}; its clock stands there`)
    const pages = this.adopt(args.handle, made, screenOf(args) ?? savedScreen(pumps.value, args.name), pumps.value)
    if (!pages.ok)
      return failure('INVALID_ARG', `The save file ${args.path} is damaged: its rings make no sense (${pages.error.message}).`)
    const { memoryMiB, vcpus, handle: savedHandle, savedAtMs } = identity
    return ok({ ...pages.value, memoryMiB, vcpus, savedHandle, savedAtMs })
  }

  private async save({
    path: target,
    leaveRunning,
  }: DomainCalls['save']['args']): Promise<Result<DomainCalls['save']['reply'], CallError>> {
    const { running } = this
    if (!running) return NO_DOMAIN
    if (this.saving) return failure('OPERATION_INVALID', 'The domain is being saved already.')
    if (this.exited) return failure('OPERATION_INVALID', 'The domain has stopped.')
    const start = performance.now()
    const wasPaused = this.paused
    this.saving = true
    this.cancelled = false
    if (this.started) await running.threads.stop()
    this.look()
    const checkpoint = this.checkpoint(running, target)
    this.saveEnded = checkpoint
    const saved = await checkpoint
    this.saving = false
    const goOn = !wasPaused && !this.stalled && !this.exited && (!saved.ok || leaveRunning === true)
    if (goOn) running.threads.go()
    else this.paused = true
    // What is in the file must not run on beside it.
    if (saved.ok && leaveRunning !== true) this.stalled = false
    if (!saved.ok) return saved
    return ok({ bytes: saved.value.bytes, milliseconds: Math.round(performance.now() - start) })
  }

  private async checkpoint(running: RunningDomain, target: string): Promise<Result<{ bytes: number }, CallError>> {
    const capture = await this.capture(running, 0)
    if (!capture.ok) return capture
    running.made.domain.messages.log(`saving to ${path.basename(target)}`)
    const saved = await writeCapture(target, capture.value, this.progress())
    return saved.ok ? saved : failure(SAVE_CODES[saved.error.kind], saved.error.message)
  }

  /** For held-state.ts. */
  private async take(copyMost: number): Promise<Result<{ capture: Capture; goOn: () => void }, CallError>> {
    const { running } = this
    if (!running) return NO_DOMAIN
    if (this.saving) return failure('OPERATION_INVALID', 'The domain is being saved already.')
    if (this.exited) return failure('OPERATION_INVALID', 'The domain has stopped.')
    const wasPaused = this.paused
    const goOn = (): void => {
      this.saving = false
      if (!wasPaused && !this.stalled && !this.exited) running.threads.go()
    }
    this.saving = true
    this.cancelled = false
    if (this.started) await running.threads.stop()
    this.look()
    const capture = await this.capture(running, copyMost)
    if (capture.ok && !this.exited) return ok({ capture: capture.value, goOn })
    goOn()
    return capture.ok ? failure('OPERATION_INVALID', 'The domain has stopped.') : capture
  }

  /** Every vcpu is parked. The order is that of pump-state.ts: first the store's state, then the pumps. */
  private async capture(running: RunningDomain, copyMost: number): Promise<Result<Capture, CallError>> {
    const { domain } = running.made
    const xenstore = await running.link.saveStore()
    if (this.cancelled) return failure('OPERATION_ABORTED', 'The save was cancelled.')
    if (!xenstore.ok) return failure('OPERATION_FAILED', `Cannot save: ${xenstore.error}.`)
    // What pumps answer from here on is not in the file: they are saved as not having answered it, and ask again.
    domain.publication.showParked()
    const pumps = encodePumpState({
      store: running.store.save(),
      console: running.console.save(),
      devices: running.devices.save(),
      xenstore: xenstore.value,
    })
    const identity = {
      handle: running.handle,
      name: this.name,
      savedAtMs: Date.now(),
      memoryMiB: Math.ceil(running.made.ramBytes / (1024 * 1024)),
      vcpus: domain.vcpus,
    }
    return ok(captureDomain(domain, identity, pumps, copyMost))
  }

  /** Tells main at most every PROGRESS_MS, and always the end. */
  private progress(): SaveProgress {
    let last = 0
    return {
      progress: (done, total) => {
        const now = performance.now()
        if (now - last < PROGRESS_MS && done < total) return
        last = now
        this.answerer.event('progress', { done, total })
      },
      cancelled: () => this.cancelled,
    }
  }

  /** Main has a domain from here on. An error says what of the saved state is refused. */
  private adopt(
    handle: string,
    made: MadeDomain,
    screen: GuestScreen | undefined,
    state?: PumpState,
  ): Result<GuestPages, CallError> {
    const joined = joinParts(handle, made, screen, state, {
      log: this.log,
      bell: () => this.look(),
      failed: (reason) => this.end('internal', reason),
      stalled: (key, reason) => this.stall(key, reason),
      unstalled: (key) => this.unstall(key),
    })
    if (!joined.ok) return failure('INVALID_ARG', joined.error)
    this.running = joined.value
    return ok(guestPages(made))
  }

  private async linkTransport(
    end: { path: string; ticket: string } | undefined,
    ports: readonly unknown[],
  ): Promise<Result<Transport, string>> {
    if (end) return connectTransport(end.path, end.ticket)
    const [port] = ports
    return isElectronPort(port) ? ok(electronPortTransport(port)) : err('Neither a port nor a path for the link came.')
  }

  /** A device cannot go on: everything stands, and it tries again in a while. */
  private stall(key: string, reason: string): void {
    if (this.exited || this.destroyed) return
    this.stalls.add(key)
    const { running } = this
    if (this.paused) return
    this.paused = true
    this.stalled = true
    this.log('warning', `paused: ${reason}`)
    this.answerer.event('paused', { text: `${reason}.`, device: key })
    if (running && this.started && !this.saving) this.stopping = running.threads.stop()
    this.retryTimer ??= setTimeout(() => this.retry(), RETRY_MS)
  }

  private unstall(key: string): void {
    this.stalls.delete(key)
    this.goOn()
  }

  private retry(): void {
    this.retryTimer = undefined
    const { running } = this
    if (!running || !this.stalled || this.exited || this.destroyed) return
    this.retryTimer = setTimeout(() => this.retry(), RETRY_MS)
    if (this.stalls.size === 0) this.goOn()
    else if (!this.saving) running.devices.retry()
  }

  /** Nothing keeps it any more; not while it is saved, then the next look at the clock does it. */
  private goOn(): void {
    void this.stopping.then(() => {
      const { running } = this
      if (!running || !this.stalled || this.stalls.size > 0 || this.saving || this.exited || this.destroyed) return
      this.log('info', 'goes on: there is room again')
      this.resume(running)
      this.answerer.event('resumed', {})
    })
  }

  private resume(running: RunningDomain): void {
    this.paused = false
    this.stalled = false
    this.stalls.clear()
    // First: what stalls at once again pauses the domain after this.
    running.devices.retry()
    if (this.started) {
      running.threads.go()
      return
    }
    this.started = true
    if (this.newClock) running.made.domain.time.takeWallClock()
    running.made.domain.time.thaw()
    running.made.domain.set('PAUSE', 0)
    running.threads.start(running.made.wasm, running.made.ramBytes, this.translator)
  }

  // --- while it runs ---

  /** Something waits: signals of the guest, console bytes, parked vcpus, the end. */
  private look(): void {
    const { running } = this
    if (!running || this.destroyed) return
    const { domain } = running.made
    domain.answerBell()
    domain.events.takeSignals((port) => {
      if (port === running.storePort) running.store.poke()
      else if (port === running.consolePort) running.console.poke()
      else running.devices.signal(port)
    })
    const early = domain.consoleOutput.take()
    if (early.length > 0) running.console.inject(early)
    running.threads.rang()
    const stop = domain.shutdown.state
    if (stop && !this.exited) {
      running.console.poke()
      this.end(REASONS.get(stop.code) ?? 'crash', stop.text)
    }
    this.tellMessages(running)
  }

  private tellMessages(running: RunningDomain): void {
    const { text, next } = running.made.domain.messages.read(this.messagesSeen)
    this.messagesSeen = next
    const second = Math.floor(performance.now() / 1000)
    if (second !== this.messageSecond) {
      this.messageSecond = second
      this.messagesTold = 0
    }
    for (const line of text.split('\n')) {
      if (line.length === 0 || ++this.messagesTold > DMESG_LINES) continue
      this.answerer.event('dmesg', { text: line.slice(0, 4096) })
    }
  }

  private end(reason: ExitReason, text: string): void {
    if (this.exited) return
    this.exited = true
    this.answerer.event('exit', { reason, text: text.slice(0, 4096) })
  }

  /** Main asks for the end, or is gone. Asked again, it is the same end. */
  dispose(): Promise<void> {
    this.disposing ??= this.destroy()
    return this.disposing
  }

  private async destroy(): Promise<void> {
    const { running } = this
    this.end('destroyed', 'The domain was destroyed.')
    // A save that goes on is cut short (also where it waits for domain 0), so that it removes its part of a file.
    this.cancelled = true
    running?.link.dispose()
    running?.devices.dispose()
    running?.screen?.dispose()
    await this.saveEnded.catch(() => {})
    await this.held.settled()
    if (running && this.started) await running.threads.dispose()
    this.destroyed = true
    this.running = undefined
    this.ended()
  }
}

function screenOf({
  display,
  name,
}: {
  readonly display?: Display | undefined
  readonly name: string
}): GuestScreen | undefined {
  return display ? new GuestScreen(display, name) : undefined
}

/** A file saved with a screen has its pumps, also when main does not ask for one; the picture's size is in their state. */
function savedScreen({ devices }: PumpState, name: string): GuestScreen | undefined {
  const saved = devices.some(({ connect }) => /"key":"v(fb|kbd)\//.test(connect))
  return saved ? new GuestScreen({ kind: 'vfb', width: 640, height: 480 }, name) : undefined
}

/** The place in the arguments of listenVnc; undefined for none. */
function vncPlace(args: DomainCalls['listenVnc']['args']): VncPlace | undefined {
  if (args && 'path' in args) return args
  return args && 'address' in args ? { ...args, password: args.password } : undefined
}

/** The unpacked kernel is 50 to 70 MB of garbage now, and an idle process would keep it: collect it once. */
function dropGarbage(): void {
  v8.setFlagsFromString('--expose-gc')
  const collect: unknown = vm.runInNewContext('gc')
  if (typeof collect === 'function') collect()
}

async function readImage(what: string, file: string): Promise<Result<Uint8Array, string>> {
  try {
    return ok(await readFile(file))
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return err(`The ${what} ${file} cannot be read (${why}).`)
  }
}
