// Keeps one terminal connected to one domain: opens the stream when the domain has a console, goes on where it stopped
// when domain 0 came back, starts anew when the domain did.
// Invariant: bytes of one life of a domain are shown once and typed once; a new life (another domid) begins at offset 0.
// Runs in: domain window.

import type { Client } from '../../../src-main/public/client'
import { type ConsoleListener, type ConsoleStream, openConsole } from '../../client/console-stream'
import type { PortDesk } from '../../client/port-desk'
import { TypedInput } from '../../client/typed-input'
import type { Terminal } from './terminal'

export type ConnectionState = 'off' | 'connecting' | 'connected' | 'ended'

const RETRY_MS = 800

export interface DomainLife {
  readonly uuid: string
  readonly domid: number | null
  readonly open: boolean
  readonly restored: boolean
}

export class ConsoleSession {
  private readonly client: Client
  private readonly desk: PortDesk
  private readonly terminal: Terminal
  private readonly onState: (state: ConnectionState) => void
  private stream: ConsoleStream | null = null
  private life: DomainLife | null = null
  private offset = 0
  private typed = new TypedInput()
  private shown = false
  private attempt = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private gone = false
  private readonly unsubscribe: () => void

  constructor(client: Client, desk: PortDesk, terminal: Terminal, onState: (state: ConnectionState) => void) {
    this.client = client
    this.desk = desk
    this.terminal = terminal
    this.onState = onState
    // A port whose other end was killed does not tell this one (Chromium 114), so the news of domain 0 does.
    this.unsubscribe = client.subscribe('domainChanged', ({ domain }) => {
      if (domain.kind === 'domain0') this.domain0(domain.state === 'running')
    })
  }

  /** Whether anything was ever shown. */
  hasOutput(): boolean {
    return this.shown
  }

  /** Tells what the domain is now; called on every change. */
  follow(life: DomainLife): void {
    const before = this.life
    this.life = life
    const newLife = before === null || (life.domid !== null && before.domid !== life.domid)
    if (newLife && life.domid !== null) {
      this.drop()
      this.offset = 0
      this.typed = new TypedInput()
      if (this.shown && life.restored) this.terminal.reset()
      else if (this.shown) this.terminal.write('\x1b[0m\r\n')
    }
    if (!life.open) {
      this.drop()
      this.onState(this.shown ? 'ended' : 'off')
    } else if (this.stream === null && (newLife || before?.open !== true)) void this.connect()
  }

  send(text: string): void {
    if (this.stream !== null) this.stream.send(text)
    else if (this.life?.open === true) this.typed.add(new TextEncoder().encode(text), false)
  }

  resize(columns: number, rows: number): void {
    this.stream?.resize(columns, rows)
  }

  dispose(): void {
    this.gone = true
    this.unsubscribe()
    this.drop()
  }

  /** Domain 0 went, and the stream with it; or a new one is there, to go on at the byte after the last. */
  private domain0(running: boolean): void {
    this.offset = this.stream?.offset() ?? this.offset
    this.drop()
    if (this.life?.open !== true) return
    this.onState('connecting')
    if (running) void this.connect()
  }

  private drop(): void {
    this.attempt += 1
    clearTimeout(this.retry)
    this.stream?.close()
    this.stream = null
  }

  private again(): void {
    clearTimeout(this.retry)
    this.retry = setTimeout(() => {
      if (this.life?.open === true && !this.gone && this.stream === null) void this.connect()
    }, RETRY_MS)
  }

  private async connect(): Promise<void> {
    const { life } = this
    if (life === null || this.gone) return
    this.attempt += 1
    const attempt = this.attempt
    this.onState('connecting')
    const listener: ConsoleListener = {
      onOutput: (bytes, drawn) => {
        if (attempt !== this.attempt) return
        this.shown = true
        this.offset = this.stream?.offset() ?? this.offset
        this.terminal.write(bytes, drawn)
        this.onState('connected')
      },
      onGuest: (connected) => {
        if (attempt === this.attempt) this.onState(connected ? 'connected' : 'connecting')
      },
      onEnd: () => {
        if (attempt !== this.attempt) return
        this.offset = this.stream?.offset() ?? this.offset
        this.stream = null
        this.onState('ended')
        this.again()
      },
    }
    const opened = await openConsole(this.client, this.desk, life.uuid, this.offset, listener, this.typed)
    if (attempt !== this.attempt || this.gone) {
      if (opened.ok) opened.value.close()
      return
    }
    if (!opened.ok) {
      this.onState('ended')
      this.again()
      return
    }
    this.stream = opened.value
    this.onState('connected')
    const { columns, rows } = this.terminal.size()
    this.stream.resize(columns, rows)
  }
}
