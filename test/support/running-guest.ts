// A whole machine for tests: domain 0 and domains as processes of their own, with the test in main's place.
// Domain 0 can be killed and replaced while its guests run. Runs in: tests, plain Node, on the bundles in out/main.
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { connectTransport } from '../../src-engine/link/transport'
import { Caller } from '../../src-engine/public/protocol/call'
import {
  DOM0_CALLS,
  DOM0_EVENTS,
  DOMAIN_CALLS,
  DOMAIN_EVENTS,
  type Dom0Calls,
  type Dom0Events,
  type DomainCalls,
  type DomainEvents,
} from '../../src-engine/public/protocol/control'
import type { Device } from '../../src-engine/public/protocol/device'
import { nodeProcessTransport } from '../../src-engine/public/protocol/port-transport'
import { CONSOLE_TO_WINDOW } from '../../src-engine/public/protocol/stream'
import type { Transport } from '../../src-engine/public/protocol/transport'
import type { Result } from '../../src-engine/public/result'

const BUNDLES = path.join(__dirname, '../../out/main')

function good<T>(result: Result<T, { code: string; message: string }>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`)
  return result.value
}

export interface GuestFiles {
  readonly kernel: string
  readonly ramdisk?: string
  readonly commandLine: string
  readonly memoryMiB: number
  readonly vcpus?: number
  /** How many of them it is to use at first. */
  readonly onlineVcpus?: number
}

/** Domain 0 and what runs on it. */
export class TestMachine {
  readonly guests: RunningGuest[] = []
  readonly log: string[] = []
  socketPath = ''
  private process: ChildProcess | undefined
  private caller: Caller<Dom0Calls, Dom0Events> | undefined
  private made: string | undefined

  /** Made when it is first wanted: a machine whose tests are all skipped is never disposed of. */
  get directory(): string {
    this.made ??= fs.mkdtempSync(path.join(os.tmpdir(), 'rm-running-'))
    return this.made
  }

  get dom0(): Caller<Dom0Calls, Dom0Events> {
    if (!this.caller) throw new Error('domain 0 is not there')
    return this.caller
  }

  async start(): Promise<void> {
    if (this.process) return
    this.process = fork(path.join(BUNDLES, 'dom0.cjs'), { serialization: 'advanced' })
    this.caller = new Caller<Dom0Calls, Dom0Events>(nodeProcessTransport(this.process), DOM0_CALLS, DOM0_EVENTS, {
      log: ({ level, text }) => this.log.push(`dom0 ${level}: ${text}`),
      storeChanged: () => {},
      link: ({ state, reason }) => this.log.push(`dom0 link ${state} ${reason ?? ''}`),
      device: ({ key, state, error }) => this.log.push(`dom0 device ${key} ${state} ${error ?? ''}`),
    })
    const journalDirectory = path.join(this.directory, 'journal')
    this.socketPath =
      good(await this.dom0.call('start', { journalDirectory, socketDirectory: this.directory })).socketPath ?? ''
  }

  /** SIGKILL if it is not dead yet, and a new one that takes over. */
  async replaceDom0(): Promise<void> {
    await this.endDom0()
    await this.start()
    for (const guest of this.guests) await guest.join()
  }

  /** Cut off, and its domid and its disks are free. */
  async forget(guest: RunningGuest): Promise<void> {
    guest.dispose()
    this.guests.splice(this.guests.indexOf(guest), 1)
    await this.caller?.call('release', { handle: guest.handle })
  }

  async dispose(): Promise<void> {
    for (const guest of this.guests) guest.dispose()
    await this.endDom0()
    if (this.made !== undefined) fs.rmSync(this.made, { recursive: true, force: true })
    this.made = undefined
  }

  /** It may write its journal until it is gone. */
  private async endDom0(): Promise<void> {
    const { process } = this
    this.process = undefined
    if (process?.exitCode !== null || process.signalCode !== null) return
    const ended = new Promise((resolve) => process.once('exit', resolve))
    process.kill('SIGKILL')
    await ended
  }
}

export class RunningGuest {
  readonly handle = randomUUID()
  readonly domain: Caller<DomainCalls, DomainEvents>
  console = ''
  exit: DomainEvents['exit'] | undefined
  private readonly machine: TestMachine
  private readonly process: ChildProcess
  private window: Transport | undefined
  private shown = 0
  private introduction: Omit<Dom0Calls['introduce']['args'], 'link'> | undefined

  constructor(machine: TestMachine) {
    this.machine = machine
    machine.guests.push(this)
    this.process = fork(path.join(BUNDLES, 'domain.cjs'), { serialization: 'advanced' })
    this.domain = new Caller<DomainCalls, DomainEvents>(nodeProcessTransport(this.process), DOMAIN_CALLS, DOMAIN_EVENTS, {
      log: ({ level, text }) => machine.log.push(`domain ${level}: ${text}`),
      exit: (event) => {
        this.exit = event
      },
      paused: () => {},
      resumed: () => {},
      progress: () => {},
      dmesg: () => {},
    })
  }

  get pid(): number {
    return this.process.pid ?? 0
  }

  async boot(files: GuestFiles, domid: number, devices: readonly Device[] = []): Promise<void> {
    await this.machine.start()
    const identity = { handle: this.handle, domid, name: `guest${domid}` }
    const { memoryMiB, kernel, ramdisk, commandLine, vcpus = 1, onlineVcpus = vcpus } = files
    const display = devices.find(({ kind }) => kind === 'vfb')
    const built = { ...identity, kernel, ramdisk, cmdline: commandLine, memoryMiB, vcpus }
    const pages = good(await this.domain.call('build', display?.kind === 'vfb' ? { ...built, display } : built))
    this.introduction = { ...identity, ...pages, memoryMiB, vcpus, onlineVcpus, startedAtMs: Date.now(), devices }
    await this.join()
    good(await this.domain.call('resume', {}))
  }

  async restore(file: string, domid: number, devices: readonly Device[] = []): Promise<void> {
    await this.machine.start()
    const identity = { handle: this.handle, domid, name: `guest${domid}` }
    const restored = good(await this.domain.call('restore', { ...identity, path: file }))
    this.introduction = { ...identity, ...restored, startedAtMs: Date.now(), restoring: true, devices }
    await this.join()
    good(await this.domain.call('resume', {}))
  }

  type(text: string): void {
    this.window?.send({ kind: 'input', bytes: new TextEncoder().encode(text) })
  }

  /** Waits for console text that comes after what earlier calls waited for. */
  async expect(pattern: RegExp, seconds = 60): Promise<string> {
    const until = Date.now() + seconds * 1000
    for (;;) {
      const found = pattern.exec(this.console.slice(this.shown))
      if (found) {
        this.shown += found.index + found[0].length
        return found[0]
      }
      if (Date.now() > until || this.exit?.reason === 'crash' || this.exit?.reason === 'internal') {
        const end = this.exit ? ` (exit: ${this.exit.reason}, ${this.exit.text})` : ''
        throw new Error(
          `${pattern} did not come${end}; the console ends:\n${this.console.slice(-1500)}\n${this.machine.log.join('\n')}`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** A command at the shell's prompt, and what it printed. */
  async run(command: string, seconds = 60): Promise<string> {
    const mark = `end-${randomUUID().slice(0, 8)}`
    const from = this.console.length
    // Quoted apart, so that the echo of what is typed is not taken for the answer.
    const quoted = `${mark.slice(0, 6)}""${mark.slice(6)}`
    this.type(`${command}; echo ${quoted}\n`)
    await this.expect(new RegExp(mark), seconds)
    const text = this.console.slice(from)
    // What is typed before the shell is ready is echoed twice: by the terminal, and by the shell once it reads it.
    const echoed = text.indexOf('\n', Math.max(0, text.lastIndexOf(quoted)))
    return text.slice(echoed + 1, text.lastIndexOf(mark)).replaceAll('\r', '')
  }

  dispose(): void {
    this.window?.close()
    this.process.kill('SIGKILL')
  }

  /** A link to the domain 0 there is, and a window on the console. */
  async join(): Promise<void> {
    if (!this.introduction) throw new Error('not booted')
    const link = { path: this.machine.socketPath, ticket: randomUUID() }
    good(await this.machine.dom0.call('introduce', { ...this.introduction, link }))
    good(await this.domain.call('link', { link }))
    const stream = { path: this.machine.socketPath, ticket: randomUUID() }
    good(await this.machine.dom0.call('openConsole', { handle: this.handle, link: stream, fromOffset: this.console.length }))
    const connected = await connectTransport(stream.path, stream.ticket)
    if (!connected.ok) throw new Error(connected.error)
    const transport = connected.value
    this.window = transport
    transport.onMessage((message) => {
      if (!CONSOLE_TO_WINDOW.output.is(message)) return
      // A new domain 0 has nothing at first: what we have seen comes again from the pump.
      const skip = this.console.length - message.offset
      if (skip >= 0) this.console += Buffer.from(message.bytes).toString('latin1').slice(skip)
      transport.send({ kind: 'ack', offset: message.offset + message.bytes.length })
    })
  }
}
