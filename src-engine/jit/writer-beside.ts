// A writer on a thread of its own, seen from a vcpu's thread: orders go there as messages. The vcpu's thread never comes back to its event
// loop, so it looks for answers itself, by a count in shared memory, which costs nothing while there is none.
// Runs in: the vcpu's worker thread, and where its channel is made; what writes is write-for.ts.
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads'
import { type Answer, NO_ANSWER, type Order, type Writer } from './orders'

/** A connection of one vcpu's with the translator's thread: one order at a time. */
export interface WriterChannel {
  readonly port: MessagePort
  /** One shared word: how many answers have been sent. */
  readonly answers: Int32Array
}

/** What the translator's thread is told of a vcpu that it is to write for. */
export interface WriterInput extends WriterChannel {
  readonly memory: WebAssembly.Memory
  readonly vcpu: number
  /** Regions tell a witness what they could not do. */
  readonly witnessed?: boolean
}

/** All of a vcpu's: while V8 optimises traced regions others are ordered. */
export interface WriterChannels {
  readonly regions: WriterChannel
  readonly traced: WriterChannel
}

/** Makes a vcpu's connections with the translator's thread, and tells that of its ends. */
export function channelsTo(thread: Worker, memory: WebAssembly.Memory, vcpu: number, witnessed = false): WriterChannels {
  const channel = (): WriterChannel => {
    const { port1, port2 } = new MessageChannel()
    const answers = new Int32Array(new SharedArrayBuffer(4))
    const input: WriterInput = { memory, vcpu, port: port2, answers, witnessed }
    thread.postMessage(input, [port2])
    return { port: port1, answers }
  }
  return { regions: channel(), traced: channel() }
}

/** Who writes at the other end. */
export function writerBeside({ regions, traced }: WriterChannels): Writer {
  return new WriterBeside(regions, new WriterBeside(traced))
}

class WriterBeside implements Writer {
  private sent = 0
  private taken = 0
  private last = NO_ANSWER

  constructor(
    private readonly channel: WriterChannel,
    readonly traced?: Writer,
  ) {}

  begin(order: Order): void {
    this.sent = (this.sent + 1) | 0
    this.channel.port.postMessage(order)
  }
  isBusy(): boolean {
    const { port, answers } = this.channel
    // one answer for each order, also for those that nobody waits for any more
    while (this.taken !== Atomics.load(answers, 0)) {
      const message = receiveMessageOnPort(port)
      if (!message) break
      this.taken = (this.taken + 1) | 0
      this.last = message.message
    }
    return this.taken !== this.sent
  }
  answer(): Answer {
    const { last } = this
    this.last = NO_ANSWER
    return last
  }
}
