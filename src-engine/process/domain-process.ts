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
import { Answerer, type CallError, type CallServers, callError } from '../public/protocol/call'
import { DOMAIN_CALLS, type DomainCalls, type DomainEvents } from '../public/protocol/control'
import type { Display } from '../public/protocol/device'
import { electronPortTransport, isElectronPort } from '../public/protocol/port-transport'
import type { Transport } from '../public/protocol/transport'
import { err, ok, type Result } from '../public/result'
import type { VncPlace } from '../rfb/listen'
import { restoreDomain } from '../save/checkpoint'
import { Registers } from '../vcpu/registers'
import { cpuNsOf, type ExitReason, inspectionOf, REASONS, reportOf, sampleOf } from './domain-figures'
import { DomainLife } from './domain-life'
import { DomainSaves, saveFailure } from './domain-saves'
import { commandLineFor, GuestScreen } from './guest-screen'
import { HostRoom } from './host-room'
import { inspectVcpu } from './inspect-vcpu'
import { loadKernel, type MadeDomain, makeDomain } from './new-domain'
import { Pinning } from './pinning'
import { decodePumpState, type PumpState } from './pump-state'
import { type GuestPages, guestPages, joinParts, type RunningDomain } from './running-domain'
import { ReadyThreads } from './vcpu-threads'

/** Whether hot code is translated when nobody says so. The environment is for tests: on, off, or eager, nearly all code. */
const TRANSLATOR = process.env['RINGMASTER_TRANSLATOR'] !== 'off'

const NO_DOMAIN = callError('OPERATION_INVALID', 'There is no domain in this process.')
const NO_SCREEN = callError('OPERATION_INVALID', 'The domain has no display.')
const DONE = ok(undefined)

/** Lines of the message ring that are told as they come, in a second; a guest that makes more has them in `dmesg` only. */
const DMESG_LINES = 100

export class DomainProcess {
  private readonly answerer: Answerer<DomainCalls, DomainEvents>
  private readonly ended: () => void
  private readonly life = new DomainLife()
  private readonly saves = new DomainSaves(this.life, {
    name: () => this.name,
    look: () => this.look(),
    progress: (done, total) => this.answerer.event('progress', { done, total }),
  })
  private readonly room = new HostRoom(this.life, {
    log: (level, text) => this.log(level, text),
    paused: (reason, key) => this.answerer.event('paused', { text: `${reason}.`, device: key }),
    resume: () => {
      if (this.life.running) this.resume(this.life.running)
      this.answerer.event('resumed', {})
    },
  })
  private readonly pinning = new Pinning((level, text) => this.log(level, text))
  /** Made anew, and not for a time of day that was given: it begins with the host's. */
  private newClock = false
  private disposing: Promise<void> | undefined
  private name = ''
  private translator = false
  /** Threads for its vcpus, begun while its memory is filled. */
  private readonly ready = new ReadyThreads()
  private messagesSeen = 0
  private messageSecond = 0
  private messagesTold = 0

  /** `ended`: the domain was destroyed, the process may go. */
  constructor(control: Transport, ended: () => void) {
    this.ended = ended
    this.answerer = new Answerer<DomainCalls, DomainEvents>(control, DOMAIN_CALLS, this.servers())
  }

  readonly log: Log = (level, text) => this.answerer.event('log', { level, text: text.slice(0, 4096) })

  private servers(): CallServers<DomainCalls> {
    return {
      prepare: ({ vcpus }) => {
        this.prepare(vcpus)
        return DONE
      },
      build: (args) => this.build(args),
      restore: (args) => this.restore(args),
      link: async ({ link }, ports) => {
        const running = this.life.running
        if (!running) return NO_DOMAIN
        const transport = await this.linkTransport(link, ports)
        if (!transport.ok) return callError('INVALID_ARG', transport.error)
        running.link.attach(transport.value)
        return DONE
      },
      ping: () => DONE,
      destroy: async () => {
        await this.dispose()
        return DONE
      },
      ...this.saveServers(),
      ...this.runServers(),
      ...this.screenServers(),
      ...this.lookServers(),
    }
  }

  private saveServers() {
    const { saves } = this
    return {
      save: (args) => saves.save(args),
      hold: (args) => saves.held.hold(args),
      goOn: () => saves.held.goOn(),
      keep: (args) => saves.held.keep(args),
      forget: () => {
        saves.held.forget()
        return DONE
      },
      cancel: () => {
        saves.cancel()
        return DONE
      },
    } satisfies Partial<CallServers<DomainCalls>>
  }

  private runServers() {
    return {
      resume: async () => {
        await this.room.stopped()
        if (!this.life.running) return NO_DOMAIN
        if (this.life.exited) return callError('OPERATION_INVALID', 'The domain has stopped.')
        if (this.life.saving) return callError('OPERATION_INVALID', 'The domain is being saved.')
        this.resume(this.life.running)
        return DONE
      },
      pause: async () => {
        if (!this.life.running) return NO_DOMAIN
        if (this.life.saving) return callError('OPERATION_INVALID', 'The domain is being saved.')
        this.life.paused = true
        this.life.stalled = false
        if (this.life.started) await this.life.running.threads.stop()
        return DONE
      },
      rename: ({ name }) =>
        this.onDomain(({ screen }) => {
          this.name = name
          screen?.rename(name)
          return DONE
        }),
      schedule: ({ grantNs }) =>
        this.onDomain((running) => {
          const { credit } = running.made.domain
          // V8 compiles for this domain on threads of its own: that is the domain's time too, from when it is metered on.
          const beside = running.beside.look()
          credit.spend(BigInt(Math.round(beside)))
          if (grantNs === undefined) credit.release()
          else credit.grant(BigInt(grantNs))
          return ok({ usedNs: cpuNsOf(running), wanting: this.life.paused || this.life.exited ? 0 : credit.wanting() })
        }),
      pin: async ({ processors }) => {
        const pinned = await this.pinning.pin(processors, this.life.running?.threads.known.threads ?? [])
        return pinned.ok ? DONE : callError('OPERATION_FAILED', `${pinned.error}.`)
      },
    } satisfies Partial<CallServers<DomainCalls>>
  }

  private screenServers() {
    return {
      openScreen: async ({ link, file }, ports) => {
        const screen = this.screen()
        if (!screen.ok) return screen
        const transport = await this.linkTransport(link, ports)
        if (!transport.ok) return callError('INVALID_ARG', transport.error)
        screen.value.attach(transport.value, file)
        return DONE
      },
      listenVnc: async (place) => {
        const screen = this.screen()
        if (!screen.ok) return screen
        const listening = await screen.value.listen(vncPlace(place))
        return listening.ok ? ok({ port: listening.value }) : callError('OPERATION_FAILED', listening.error)
      },
      typeText: ({ text }) => {
        const screen = this.screen()
        if (!screen.ok) return screen
        screen.value.type(text)
        return DONE
      },
      screenshot: (args) => {
        const screen = this.screen()
        return screen.ok ? ok(screen.value.screenshot(args?.width)) : screen
      },
    } satisfies Partial<CallServers<DomainCalls>>
  }

  private lookServers() {
    return {
      sample: () => this.onDomain((running) => ok(sampleOf(running, this.life))),
      report: () => this.onDomain((running) => ok(reportOf(running))),
      inspect: ({ parts }) => this.onDomain((running) => ok(inspectionOf(running, parts))),
      inspectVcpu: ({ vcpu }) =>
        this.onDomain(({ made: { domain } }) => {
          if (!this.life.paused || this.life.saving) return callError('OPERATION_INVALID', 'The domain is not paused.')
          if (vcpu >= domain.vcpus) return callError('INVALID_ARG', `There is no vcpu ${vcpu}.`)
          return ok(inspectVcpu(domain.memory, new Registers(domain.memory.buffer, vcpu)))
        }),
      dmesg: () => this.onDomain(({ made }) => ok({ text: made.domain.messages.read().text })),
    } satisfies Partial<CallServers<DomainCalls>>
  }

  private onDomain<T>(act: (running: RunningDomain) => Result<T, CallError>): Result<T, CallError> {
    return this.life.running ? act(this.life.running) : NO_DOMAIN
  }

  private screen(): Result<GuestScreen, CallError> {
    const { running } = this.life
    if (!running) return NO_DOMAIN
    return running.screen ? ok(running.screen) : NO_SCREEN
  }

  // --- making the domain ---

  private prepare(vcpus: number): void {
    this.ready.prepare(vcpus, TRANSLATOR)
  }

  private async build(args: DomainCalls['build']['args']): Promise<Result<GuestPages, CallError>> {
    if (this.life.running) return callError('OPERATION_INVALID', 'There is a domain in this process already.')
    const kernel = await readImage('kernel', args.kernel)
    if (!kernel.ok) return callError('INVALID_ARG', kernel.error)
    const ramdisk = args.ramdisk === undefined ? ok(undefined) : await readImage('ramdisk', args.ramdisk)
    if (!ramdisk.ok) return callError('INVALID_ARG', ramdisk.error)
    const made = makeDomain(
      { domid: args.domid, uuid: uuidBytes(args.handle), memoryMiB: args.memoryMiB, vcpus: args.vcpus },
      () => setImmediate(() => this.look()),
    )
    if (!made.ok) return callError('INVALID_ARG', made.error)
    this.prepare(args.vcpus)
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
    if (!loaded.ok) return callError('INVALID_ARG', loaded.error)
    this.name = args.name
    this.translator = args.translator ?? TRANSLATOR
    setImmediate(dropGarbage)
    return this.adopt(args.handle, made.value, screenOf(args))
  }

  private async restore(args: DomainCalls['restore']['args']): Promise<Result<DomainCalls['restore']['reply'], CallError>> {
    if (this.life.running) return callError('OPERATION_INVALID', 'There is a domain in this process already.')
    const restored = await restoreDomain<MadeDomain>(
      args.path,
      ({ memoryMiB, vcpus }) => {
        const request = { domid: args.domid, uuid: uuidBytes(args.handle), memoryMiB, vcpus }
        const made = makeDomain(request, () => setImmediate(() => this.look()))
        if (made.ok) this.prepare(vcpus)
        return made
      },
      this.saves.restoring(),
    )
    if (!restored.ok) return saveFailure(restored.error)
    const { made, identity } = restored.value
    const pumps = decodePumpState(restored.value.pumps)
    if (!pumps.ok) return callError('INVALID_ARG', `The save file ${args.path} is damaged: ${pumps.error}.`)
    const state = made.domain.shutdown.state
    if (state) return callError('INVALID_ARG', `The domain in ${args.path} had stopped: ${state.text}.`)
    this.name = args.name
    this.translator = args.translator ?? TRANSLATOR
    const savedAt = new Date(identity.savedAtMs).toISOString()
    made.domain.messages.log(`restored from ${path.basename(args.path)}, saved at ${savedAt}; its clock stands there`)
    const pages = this.adopt(args.handle, made, screenOf(args) ?? savedScreen(pumps.value, args.name), pumps.value)
    if (!pages.ok)
      return callError(
        'INVALID_ARG',
        `The save file ${args.path} is damaged: its rings make no sense (${pages.error.message}).`,
      )
    const { memoryMiB, vcpus, handle: savedHandle, savedAtMs } = identity
    return ok({ ...pages.value, memoryMiB, vcpus, savedHandle, savedAtMs })
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
      began: (thread) => void this.pinning.began(thread),
      failed: (reason) => this.end('internal', reason),
      stalled: (key, reason) => this.room.stall(key, reason),
      unstalled: (key) => this.room.unstall(key),
    })
    if (!joined.ok) return callError('INVALID_ARG', joined.error)
    this.life.running = joined.value
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

  private resume(running: RunningDomain): void {
    this.life.paused = false
    this.room.clear()
    // First: what stalls at once again pauses the domain after this.
    running.devices.retry()
    if (this.life.started) {
      running.threads.go()
      return
    }
    this.life.started = true
    if (this.newClock) running.made.domain.time.takeWallClock()
    running.made.domain.time.thaw()
    running.made.domain.set('PAUSE', 0)
    running.threads.start(running.made.wasm, running.made.ramBytes, this.translator, this.ready)
  }

  // --- while it runs ---

  /** Something waits: signals of the guest, console bytes, parked vcpus, the end. */
  private look(): void {
    const { running } = this.life
    if (!running || this.life.destroyed) return
    const { domain } = running.made
    domain.answerBell()
    if (domain.foresight.taken()) running.link.wake()
    domain.events.takeSignals((port) => {
      if (port === running.storePort) running.store.poke()
      else if (port === running.consolePort) running.console.poke()
      else running.devices.signal(port)
    })
    const early = domain.consoleOutput.take()
    if (early.length > 0) running.console.inject(early)
    running.threads.rang()
    const stop = domain.shutdown.state
    if (stop && !this.life.exited) {
      running.console.poke()
      this.end(REASONS.get(stop.code) ?? 'crash', stop.text)
    }
    this.tellMessages(running)
  }

  private tellMessages(running: RunningDomain): void {
    // Most bells ring for something else, and what the devices have for domain 0 goes out after this.
    if (running.made.domain.messages.written === this.messagesSeen) return
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
    if (this.life.exited) return
    this.life.exited = true
    this.answerer.event('exit', { reason, text: text.slice(0, 4096) })
  }

  /** Main asks for the end, or is gone. Asked again, it is the same end. */
  dispose(): Promise<void> {
    this.disposing ??= this.destroy()
    return this.disposing
  }

  private async destroy(): Promise<void> {
    const { running } = this.life
    this.end('destroyed', 'The domain was destroyed.')
    this.saves.cancel()
    running?.link.dispose()
    running?.devices.dispose()
    running?.screen?.dispose()
    await this.saves.settled()
    if (running && this.life.started) await running.threads.dispose()
    await this.ready.end()
    this.life.destroyed = true
    this.life.running = undefined
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
