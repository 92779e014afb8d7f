// The headless runner: plays main for one domain. Starts domain 0 (guest-domain0.ts keeps it there) and the domain as children,
// copies the console to standard output, types what is to be typed, and turns the domain's end into an exit status.
// Runs in: the runner's process.
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fromUtf8 } from '../lib/bytes'
import { Caller } from '../public/protocol/call'
import { DOMAIN_CALLS, DOMAIN_EVENTS, type DomainCalls, type DomainEvents } from '../public/protocol/control'
import { nodeProcessTransport } from '../public/protocol/port-transport'
import type { Transport } from '../public/protocol/transport'
import { v8ThreadOptions } from '../public/v8-threads'
import { GuestDomain0 } from './guest-domain0'
import type { GuestOptions } from './guest-options'
import { ConsoleWatch } from './guest-watch'

/** Exit statuses of the runner. */
export const GUEST_EXIT = { GOOD: 0, BAD_ARGUMENTS: 2, CRASHED: 3, TIMEOUT: 4, STOPPED_EARLY: 5, REBOOT: 6 } as const

const DOMID = 1
const STAGE_GONE = -1
/** After the domain has stopped its last console bytes are on their way through domain 0, perhaps through a new one. */
const SETTLE_STEP_MS = 5
const SETTLE_LIMIT_MS = 20_000
/** Ctrl-] on a terminal ends the runner. */
const ESCAPE = 0x1d

export class GuestRunner {
  private readonly start = performance.now()
  private readonly directory = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-'))
  private readonly handle = randomUUID()
  private readonly children = new Set<ChildProcess>()
  private readonly watch: ConsoleWatch
  private readonly saveWatch: ConsoleWatch | undefined
  private readonly domain: Caller<DomainCalls, DomainEvents>
  private readonly dom0: GuestDomain0
  private finish: (status: number) => void = () => {}
  private readonly finished: Promise<number>
  private status: number | undefined

  constructor(private readonly options: GuestOptions) {
    this.watch = new ConsoleWatch(options.expectations)
    this.saveWatch = options.save && new ConsoleWatch([{ pattern: options.save.after, send: undefined }])
    this.finished = new Promise((resolve) => {
      this.finish = (status) => {
        this.status ??= status
        resolve(this.status)
      }
    })
    this.domain = new Caller<DomainCalls, DomainEvents>(this.domainProcess(), DOMAIN_CALLS, DOMAIN_EVENTS, {
      log: ({ level, text }) => this.log(level, text),
      exit: ({ reason, text }) => this.stopped(reason, text),
      paused: ({ text }) => this.complain(`paused: ${text} It goes on when there is room.`),
      resumed: () => this.complain('goes on: there is room again'),
      progress: () => {},
      dmesg: () => {},
    })
    this.dom0 = new GuestDomain0({
      fork: () => this.child('dom0.cjs'),
      directory: this.directory,
      domain: this.domain,
      log: (level, text) => this.log(level, text),
      output: (bytes) => this.output(bytes),
      replaced: (how) => this.complain(`domain 0 ended with ${how}, a new one takes over`),
      refused: (text) => {
        if (this.status === undefined) this.refuse(text)
      },
      failed: (text) => {
        if (this.status !== undefined) return
        this.complain(text)
        this.finish(GUEST_EXIT.CRASHED)
      },
    })
  }

  private child(bundle: string): ChildProcess {
    const child = fork(path.join(__dirname, bundle), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // Ctrl-C goes to us; we end the children in order.
      detached: process.platform !== 'win32',
      execArgv: [...v8ThreadOptions(os.availableParallelism()), ...process.execArgv],
    })
    this.children.add(child)
    child.on('exit', () => this.children.delete(child))
    return child
  }

  private domainProcess(): Transport {
    const child = this.child('domain.cjs')
    child.on('exit', (code, signal) => {
      if (this.status !== undefined) return
      this.complain(`domain ended with ${signal ?? `code ${code}`}`)
      this.finish(GUEST_EXIT.CRASHED)
    })
    return nodeProcessTransport(child)
  }

  private complain(text: string): void {
    process.stderr.write(`guest: ${text}\n`)
  }

  private log(level: string, text: string): void {
    if (level === 'error') this.complain(text)
  }

  /** Ends everything at once. */
  kill(): void {
    this.status ??= STAGE_GONE
    this.dom0.stop()
    for (const child of this.children) child.kill('SIGKILL')
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** The whole life; resolves to the exit status. */
  async run(): Promise<number> {
    const { timeoutSeconds } = this.options
    const timer =
      timeoutSeconds === undefined
        ? undefined
        : setTimeout(() => {
            this.complain(`no end after ${timeoutSeconds} s`)
            this.finish(GUEST_EXIT.TIMEOUT)
          }, timeoutSeconds * 1000)
    this.begin().catch((error: unknown) => {
      this.complain(error instanceof Error ? (error.stack ?? error.message) : String(error))
      this.finish(GUEST_EXIT.CRASHED)
    })
    const status = await this.finished
    clearTimeout(timer)
    const failed = await this.writeReports(status)
    this.status ??= status
    if (this.options.devices.length > 0) await this.dom0.release(this.handle)
    this.kill()
    return failed ? GUEST_EXIT.BAD_ARGUMENTS : status
  }

  private refuse(message: string): void {
    this.complain(message.replaceAll('\n', ' '))
    this.finish(GUEST_EXIT.BAD_ARGUMENTS)
  }

  private async begin(): Promise<void> {
    const { options, handle } = this
    const { kernel, ramdisk, restore, commandLine, memoryMiB, vcpus } = options
    const identity = { handle, domid: DOMID, name: 'guest' }
    const from = process.env['INIT_CWD'] ?? process.cwd()
    const file = (name: string): string => path.resolve(from, name)
    let size = { memoryMiB, vcpus }
    let pages: DomainCalls['build']['reply']
    if (restore !== undefined) {
      const restored = await this.domain.call('restore', {
        ...identity,
        path: file(restore),
        display: options.display,
        translator: options.translator,
      })
      if (!restored.ok) return this.refuse(restored.error.message)
      size = restored.value
      pages = restored.value
    } else {
      const built = await this.domain.call('build', {
        ...identity,
        kernel: file(kernel ?? ''),
        ramdisk: ramdisk === undefined ? undefined : file(ramdisk),
        cmdline: commandLine,
        memoryMiB,
        vcpus,
        display: options.display,
        translator: options.translator,
      })
      if (!built.ok) return this.refuse(built.error.message)
      pages = built.value
    }
    const { guestDomid, storeGfn, storePort, consoleGfn, consolePort } = pages
    const introduced = await this.dom0.introduce({
      ...identity,
      ...size,
      ...{ guestDomid, storeGfn, storePort, consoleGfn, consolePort },
      startedAtMs: Date.now(),
      restoring: restore !== undefined,
      devices: options.devices,
    })
    if (!introduced.ok) return
    const refused = await this.listenVnc(file)
    if (refused !== undefined) return this.refuse(refused)
    if (process.stdin.isTTY && options.expectations.length === 0) this.forwardTerminal()
    const resumed = await this.domain.call('resume', {})
    if (!resumed.ok) throw new Error(resumed.error.message)
  }

  /** Says what is wrong with the place. */
  private async listenVnc(file: (name: string) => string): Promise<string | undefined> {
    const { vnc } = this.options
    if (!vnc) return undefined
    let place: DomainCalls['listenVnc']['args']
    if ('path' in vnc) place = { path: file(vnc.path) }
    else {
      const { port, passwordFile } = vnc
      try {
        const password = passwordFile === undefined ? undefined : readFileSync(file(passwordFile), 'utf8').trim()
        place = { address: '127.0.0.1', port, password }
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    }
    const listening = await this.domain.call('listenVnc', place)
    if (!listening.ok) return listening.error.message
    if (listening.value.port !== undefined) this.complain(`VNC at 127.0.0.1, port ${listening.value.port}`)
    return undefined
  }

  // --- console ---

  private output(bytes: Uint8Array): void {
    process.stdout.write(bytes)
    if (this.status !== undefined) return
    if (this.saveWatch && !this.saveWatch.met) {
      this.saveWatch.add(bytes)
      if (this.saveWatch.met) this.save()
    }
    if (this.watch.met) return
    for (const typed of this.watch.add(bytes)) if (typed !== undefined) this.type(typed)
    for (const text of this.watch.keys.splice(0)) this.typeOnScreen(text)
    const last = this.options.expectations.at(-1)
    if (this.watch.met && last?.send === undefined && last?.keys === undefined && !this.options.save) {
      this.finish(GUEST_EXIT.GOOD)
    }
  }

  private type(text: string): void {
    this.dom0.type(fromUtf8(text))
  }

  private typeOnScreen(text: string): void {
    this.domain.call('typeText', { text }).then((typed) => {
      if (!typed.ok) this.complain(typed.error.message)
    })
  }

  private forwardTerminal(): void {
    process.stdin.setRawMode(true)
    process.stdin.on('data', (bytes: Buffer) => {
      if (bytes.includes(ESCAPE)) this.finish(GUEST_EXIT.GOOD)
      else this.dom0.type(bytes)
    })
  }

  private async save(): Promise<void> {
    const { save } = this.options
    if (!save) return
    const file = path.resolve(process.env['INIT_CWD'] ?? process.cwd(), save.path)
    const saved = await this.domain.call('save', { path: file })
    if (!saved.ok) {
      this.complain(saved.error.message)
      this.finish(GUEST_EXIT.CRASHED)
      return
    }
    this.complain(`saved ${saved.value.bytes} bytes in ${saved.value.milliseconds} ms`)
    this.finish(GUEST_EXIT.GOOD)
  }

  // --- the end ---

  private stopped(reason: DomainEvents['exit']['reason'], text: string): void {
    if (this.status !== undefined) return
    this.settle().then(() => {
      if (this.status !== undefined) return
      switch (reason) {
        case 'poweroff':
        case 'soft_reset':
        case 'suspend':
          if (this.watch.met && !this.options.save) this.finish(GUEST_EXIT.GOOD)
          else {
            this.complain('the guest stopped before what was expected came')
            this.finish(GUEST_EXIT.STOPPED_EARLY)
          }
          return
        case 'reboot':
          this.complain('the guest asks for a reboot')
          this.finish(GUEST_EXIT.REBOOT)
          return
        case 'destroyed':
        case 'saved':
          return
        default:
          this.complain(`the guest crashed: ${text}`)
          this.finish(GUEST_EXIT.CRASHED)
      }
    })
  }

  /** Waits until all that the guest wrote has come. */
  private async settle(): Promise<void> {
    const until = performance.now() + SETTLE_LIMIT_MS
    while (performance.now() < until) {
      const report = await this.domain.call('report', {})
      if (!report.ok || this.dom0.shown >= report.value.consoleBytes) return
      await new Promise((resolve) => setTimeout(resolve, SETTLE_STEP_MS))
    }
  }

  /** True when a report could not be written. */
  private async writeReports(status: number): Promise<boolean> {
    const { json, dmesg, xenstoreLs, screenshot } = this.options
    if (status === GUEST_EXIT.BAD_ARGUMENTS) return false
    const from = process.env['INIT_CWD'] ?? process.cwd()
    try {
      if (dmesg !== undefined) {
        const messages = await this.domain.call('dmesg', {})
        writeFileSync(path.resolve(from, dmesg), messages.ok ? messages.value.text : '')
      }
      if (screenshot !== undefined) {
        const shot = await this.domain.call('screenshot', {})
        if (shot.ok) writeFileSync(path.resolve(from, screenshot), shot.value.png)
        else this.complain(shot.error.message)
      }
      if (xenstoreLs !== undefined) {
        const store = await this.dom0.dumpStore()
        if (store.ok) writeFileSync(path.resolve(from, xenstoreLs), store.value)
        else this.complain(store.error)
      }
      if (json !== undefined) {
        const report = await this.domain.call('report', {})
        const wallSeconds = (performance.now() - this.start) / 1000
        const figures = report.ok ? report.value : {}
        writeFileSync(path.resolve(from, json), `${JSON.stringify({ status, wallSeconds, ...figures }, undefined, 2)}\n`)
      }
      return false
    } catch (error) {
      this.complain(error instanceof Error ? error.message : String(error))
      return true
    }
  }
}
