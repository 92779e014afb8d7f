// The headless runner's domain 0: its process, the domain's link to it, and the domain's console stream. When it dies a new one
// is started with the same journal, the domain is introduced again with the same words, linked again, and the console goes on.
// Invariant: each console byte is told once, in order, and each typed byte reaches the guest once, however many domain 0s there
// were: output counts from `shown`, and what the guest had not taken of the input (`state` tells how far it is) is typed again.
// Runs in: the runner's process.
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { connectTransport } from '../link/transport'
import { Caller } from '../public/protocol/call'
import {
  DOM0_CALLS,
  DOM0_EVENTS,
  type Dom0Calls,
  type Dom0Events,
  type DomainCalls,
  type DomainEvents,
} from '../public/protocol/control'
import { nodeProcessTransport } from '../public/protocol/port-transport'
import { CONSOLE_INPUT_LIMIT, CONSOLE_TO_WINDOW } from '../public/protocol/stream'
import type { Transport } from '../public/protocol/transport'
import { err, ok, type Result } from '../public/result'

/** This many deaths in a row are an error of ours, and one more would not mend it. */
const DEATHS_TOLERATED = 5
const DEATHS_WITHIN_MS = 60_000
/** A call that failed: how long its domain 0 may take to be seen dead before the failure counts as its answer. */
const DEATH_SEEN_MS = 2000
/** How long domain 0 may take to close what the domain had. */
const RELEASE_MS = 10_000
/** Typed bytes that are kept in case they are lost on the way. */
const INPUT_KEPT = 64 * 1024

type Introduction = Omit<Dom0Calls['introduce']['args'], 'link'>

export interface GuestDomain0Parts {
  /** Starts its process. */
  fork(): ChildProcess
  /** Folder for journal and socket. */
  readonly directory: string
  readonly domain: Caller<DomainCalls, DomainEvents>
  log(level: Dom0Events['log']['level'], text: string): void
  output(bytes: Uint8Array): void
  /** It died and is replaced. */
  replaced(how: string): void
  /** It does not take the domain as it is described: a disk that cannot be opened. */
  refused(text: string): void
  /** It is gone for good, or a new one did not take the domain. */
  failed(text: string): void
}

interface Instance {
  readonly transport: Transport
  readonly caller: Caller<Dom0Calls, Dom0Events>
  readonly started: Promise<Result<Dom0Calls['start']['reply'], { message: string }>>
  /** Resolves to how its process ended. */
  readonly gone: Promise<string>
}

export class GuestDomain0 {
  private current: Instance
  private stopped = false
  private deaths: number[] = []
  private console: Transport | undefined
  /** Console bytes told so far. */
  private shownBytes = 0
  /** The last typed bytes, and how many of the guest's input bytes came before them; unknown until a stream has told. */
  private typed = Buffer.alloc(0)
  private typedFrom: number | undefined
  private typing = false

  constructor(private readonly parts: GuestDomain0Parts) {
    mkdirSync(path.join(parts.directory, 'journal'))
    this.current = this.launch()
  }

  /** Console bytes told so far. */
  get shown(): number {
    return this.shownBytes
  }

  /** Its death is no news any more. */
  stop(): void {
    this.stopped = true
  }

  /** Joins the domain to it, now and to each that follows. Resolves when the console is there, to what is wrong otherwise. */
  introduce(introduction: Introduction): Promise<Result<undefined, string>> {
    return new Promise((resolve) => {
      this.keep(introduction, () => resolve(ok(undefined))).then((wrong) => {
        resolve(err(wrong))
        if (!this.stopped) this.parts.failed(wrong)
      })
    })
  }

  /** The whole store, as `xenstore-ls -f -p` prints it, or why domain 0 cannot tell. */
  async dumpStore(): Promise<Result<string, string>> {
    const dump = await this.current.caller.call('dumpStore', {})
    return dump.ok ? ok(dump.value.text) : err(dump.error.message)
  }

  /** Lets go of the domain, so that its images are closed in order; not for ever. */
  async release(handle: string): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, RELEASE_MS).unref())
    await Promise.race([this.current.caller.call('release', { handle }), late])
  }

  type(bytes: Uint8Array): void {
    this.typed = Buffer.concat([this.typed, bytes])
    if (this.typing) this.send(bytes)
    const dropped = this.typed.length - INPUT_KEPT
    if (dropped <= 0 || this.typedFrom === undefined) return
    this.typed = this.typed.subarray(dropped)
    this.typedFrom += dropped
  }

  private launch(): Instance {
    const { directory } = this.parts
    const child = this.parts.fork()
    const transport = nodeProcessTransport(child)
    const caller = new Caller<Dom0Calls, Dom0Events>(transport, DOM0_CALLS, DOM0_EVENTS, {
      log: ({ level, text }) => this.parts.log(level, text),
      storeChanged: () => {},
      link: ({ state, reason }) => {
        if (state === 'closed' && !this.stopped) this.parts.log('warning', `link to domain 0 closed: ${reason ?? ''}`)
      },
      device: ({ key, error }) => {
        if (error !== undefined && !this.stopped) this.parts.log('error', `${key}: ${error}`)
      },
    })
    const gone = new Promise<string>((resolve) => {
      child.on('exit', (code, signal) => resolve(signal ?? `code ${code}`))
    })
    const journalDirectory = path.join(directory, 'journal')
    return { transport, caller, started: caller.call('start', { journalDirectory, socketDirectory: directory }), gone }
  }

  /** Until the end; resolves to why the domain cannot be joined any more. */
  private async keep(introduction: Introduction, joined: () => void): Promise<string> {
    for (;;) {
      const { current } = this
      const done = await this.join(current, introduction)
      if (done.ok) joined()
      else if (!(await goneSoon(current))) return done.error
      const how = await current.gone
      this.typing = false
      const now = performance.now()
      this.deaths = [...this.deaths.filter((at) => at > now - DEATHS_WITHIN_MS), now]
      if (this.stopped || this.deaths.length > DEATHS_TOLERATED) return `domain 0 ended with ${how}`
      this.parts.replaced(how)
      this.current = this.launch()
    }
  }

  private async join(instance: Instance, introduction: Introduction): Promise<Result<undefined, string>> {
    const { caller } = instance
    const started = await instance.started
    if (!started.ok) return err(started.error.message)
    const socket = started.value.socketPath ?? ''
    const link = { path: socket, ticket: randomUUID() }
    const introduced = await caller.call('introduce', { ...introduction, link })
    if (!introduced.ok) {
      if (introduced.error.code === 'INVALID_ARG') this.parts.refused(introduced.error.message)
      return err(introduced.error.message)
    }
    const linked = await this.parts.domain.call('link', { link })
    if (!linked.ok) return err(linked.error.message)

    // What is still in the old stream comes again over the new one.
    this.console?.close()
    const stream = { path: socket, ticket: randomUUID() }
    const opened = await caller.call('openConsole', { handle: introduction.handle, link: stream, fromOffset: this.shownBytes })
    if (!opened.ok) return err(opened.error.message)
    const connected = await connectTransport(stream.path, stream.ticket)
    if (!connected.ok) return connected
    this.listen(connected.value)
    return ok(undefined)
  }

  // --- console ---

  private listen(transport: Transport): void {
    this.console = transport
    this.typing = false
    transport.onMessage((message) => {
      if (this.console !== transport) return
      if (CONSOLE_TO_WINDOW.output.is(message)) {
        const end = message.offset + message.bytes.length
        const known = Math.max(0, this.shownBytes - message.offset)
        if (end > this.shownBytes) {
          this.shownBytes = end
          this.parts.output(message.bytes.subarray(known))
        }
        transport.send({ kind: 'ack', offset: end })
      } else if (CONSOLE_TO_WINDOW.state.is(message) && message.input !== undefined && !this.typing) {
        this.typedFrom ??= message.input
        this.typing = true
        this.send(this.typed.subarray(Math.max(0, message.input - this.typedFrom)))
      }
    })
  }

  private send(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += CONSOLE_INPUT_LIMIT) {
      this.console?.send({ kind: 'input', bytes: bytes.slice(at, at + CONSOLE_INPUT_LIMIT) })
    }
  }
}

/** The exit of a dead process may be seen a moment after the calls to it have failed. */
async function goneSoon(instance: Instance): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), DEATH_SEEN_MS)
  })
  const gone = await Promise.race([instance.gone.then(() => true), late])
  clearTimeout(timer)
  return gone
}
