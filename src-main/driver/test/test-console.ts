// The text console of a make-believe guest: a prompt that echoes, edits a line and answers a few commands, and keeps shell
// variables, so that the saved and restored state of a guest can be seen in a window without any engine.
// Invariant: speaks public/stream.ts exactly as domain 0 does: offsets, credit, end.
// Runs in: main (test driver), plain Node.
import type { Transport } from '../../../src-engine/public/protocol/transport'
import { CONSOLE_FROM_WINDOW, CONSOLE_WINDOW } from '../../public/stream'

const SCROLLBACK = 512 * 1024
const PROMPT = '~ # '

interface Viewer {
  readonly transport: Transport
  sent: number
  acknowledged: number
}

/** What can be provoked by a command: the guest's end, and a host that has no room for its first disk or has some again. */
export type TestEvent = 'poweroff' | 'reboot' | 'crash' | 'hostfull' | 'hostroom'

export interface TestConsoleState {
  readonly output: string
  readonly variables: Readonly<Record<string, string>>
}

export class TestConsole {
  private readonly viewers = new Set<Viewer>()
  private readonly variables = new Map<string, string>()
  private readonly encoder = new TextEncoder()
  private readonly decoder = new TextDecoder()
  private output = new Uint8Array(0)
  private dropped = 0 // bytes that fell out of the scrollback
  private line = ''
  private readonly happens: (what: TestEvent) => void

  constructor(name: string, happens: (what: TestEvent) => void, state?: TestConsoleState) {
    this.happens = happens
    if (state) {
      for (const [key, value] of Object.entries(state.variables)) this.variables.set(key, value)
      this.write(state.output)
    } else this.write(`Welcome to ${name}, a make-believe guest of the test driver.\r\nTry “help”.\r\n${PROMPT}`)
  }

  state(): TestConsoleState {
    return { output: this.decoder.decode(this.output), variables: Object.fromEntries(this.variables) }
  }

  write(text: string): void {
    const added = this.encoder.encode(text)
    const all = new Uint8Array(this.output.length + added.length)
    all.set(this.output)
    all.set(added, this.output.length)
    const excess = Math.max(0, all.length - SCROLLBACK)
    this.output = all.slice(excess)
    this.dropped += excess
    for (const viewer of this.viewers) this.feed(viewer)
  }

  attach(transport: Transport, fromOffset: number): void {
    const viewer: Viewer = { transport, sent: fromOffset, acknowledged: fromOffset }
    this.viewers.add(viewer)
    transport.onClose(() => this.viewers.delete(viewer))
    transport.send({ kind: 'state', state: 'connected' })
    transport.onMessage((message) => {
      if (CONSOLE_FROM_WINDOW.input.is(message)) this.typed(this.decoder.decode(message.bytes))
      else if (CONSOLE_FROM_WINDOW.ack.is(message)) {
        viewer.acknowledged = Math.min(message.offset, viewer.sent)
        this.feed(viewer)
      } else if (!CONSOLE_FROM_WINDOW.resize.is(message)) {
        transport.send({ kind: 'end', reason: 'garbage on the console stream' })
        transport.close()
      }
    })
    this.feed(viewer)
  }

  end(reason: string): void {
    for (const { transport } of this.viewers) {
      transport.send({ kind: 'end', reason })
      transport.close()
    }
    this.viewers.clear()
  }

  private feed(viewer: Viewer): void {
    const start = Math.max(viewer.sent, this.dropped)
    const end = Math.min(this.dropped + this.output.length, viewer.acknowledged + CONSOLE_WINDOW)
    if (end <= start) return
    const bytes = this.output.slice(start - this.dropped, end - this.dropped)
    viewer.transport.send({ kind: 'output', offset: start, bytes })
    viewer.sent = end
  }

  private typed(text: string): void {
    for (const char of text) {
      if (char === '\r' || char === '\n') {
        const line = this.line
        this.line = ''
        this.write(`\r\n${this.run(line.trim())}${PROMPT}`)
      } else if (char === '\x7f' || char === '\b') {
        if (this.line !== '') this.write('\b \b')
        this.line = this.line.slice(0, -1)
      } else if (char === '\x03') {
        this.line = ''
        this.write(`^C\r\n${PROMPT}`)
      } else if (char >= ' ') {
        this.line += char
        this.write(char)
      }
    }
  }

  private run(line: string): string {
    const assigned = /^([A-Za-z_]\w*)=(.*)$/.exec(line)
    if (assigned) {
      this.variables.set(assigned[1] ?? '', assigned[2] ?? '')
      return ''
    }
    const [command = '', ...words] = line
      .replace(/\$(\w+)/g, (_all, name: string) => this.variables.get(name) ?? '')
      .split(/\s+/)
    switch (command) {
      case '':
        return ''
      case 'echo':
        return `${words.join(' ')}\r\n`
      case 'uname':
        return 'Linux test 6.1.0-test-amd64 #1 SMP test driver x86_64 GNU/Linux\r\n'
      case 'help':
        return 'echo, uname, seq N, NAME=value, hostfull, hostroom, poweroff, reboot, crash\r\n'
      case 'seq':
        return Array.from({ length: Math.min(20000, Number(words[0]) || 0) }, (_, index) => `${index + 1}\r\n`).join('')
      case 'hostfull':
      case 'hostroom':
        this.happens(command)
        return ''
      case 'crash':
        this.happens(command)
        return 'Kernel panic - not syncing: sysrq triggered crash\r\n'
      case 'poweroff':
      case 'reboot':
        this.happens(command)
        return 'The system is going down NOW!\r\n'
      default:
        return `-sh: ${command}: not found\r\n`
    }
  }
}
