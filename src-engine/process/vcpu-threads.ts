// The threads of a domain, seen from the main one: its vcpus', which start, stand still, go on and end, and the translator's beside them.
// Invariant: between `stop` and `go` every vcpu is parked and time stands, so memory may be read and written as a whole.
// Runs in: main thread of the domain's process.
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Domain } from '../hypervisor/domain'
import { channelsTo, type WriterChannels } from '../jit/writer-beside'

/** What a vcpu's thread is given; `memory` is shared. */
export interface VcpuThreadInput {
  readonly memory: WebAssembly.Memory
  readonly index: number
  readonly vcpus: number
  readonly ramBytes: number
  /** Hot code is translated (src-engine/jit), as the translator's thread writes it. */
  readonly writer: WriterChannels | undefined
}

/** What a vcpu's thread tells the main thread: the bell, or once the kernel's number of the thread, where it is known. */
export type VcpuMessage = number
export const BELL = 0

export interface VcpuThreadListener {
  /** Something waits for the main thread (DOORBELL). */
  bell(): void
  /** A vcpu's thread runs; this is the kernel's number of it. */
  began(thread: number): void
  /** A thread ended by an error of ours: the domain cannot go on. */
  failed(reason: string): void
}

/** Threads that load what they need, and wait for their domain. */
export class ReadyThreads {
  readonly vcpus: Worker[] = []
  private writer: Worker | undefined

  /** That there are as many as so many vcpus need. */
  prepare(vcpus: number, translator: boolean): void {
    for (let index = this.vcpus.length; index < vcpus; index++) this.vcpus.push(thread('vcpu', index))
    if (translator) this.writer ??= thread('translator')
  }

  /** The translator's thread, if it is wanted, which is the caller's to end from now on. */
  takeWriter(wanted: boolean): Worker | undefined {
    const { writer } = this
    this.writer = undefined
    if (wanted) return writer ?? thread('translator')
    void writer?.terminate()
    return undefined
  }

  /** Ends those that nobody uses. */
  async end(): Promise<void> {
    await Promise.all([...this.vcpus, this.writer].map((worker) => worker?.terminate()))
  }
}

function thread(name: string, workerData?: number): Worker {
  return new Worker(path.join(__dirname, `${name}.cjs`), { workerData, stdout: false, stderr: false })
}

/** How long a thread may take to come to its end before it is cut off. */
const END_TIMEOUT_MS = 2000

export class VcpuThreads {
  private readonly workers: Worker[] = []
  private writer: Worker | undefined
  private readonly ids: number[] = []
  private waiting: (() => void)[] = []
  private ending = false

  constructor(
    private readonly domain: Domain,
    private readonly listener: VcpuThreadListener,
  ) {}

  /** `translator`: hot code is translated. */
  start(memory: WebAssembly.Memory, ramBytes: number, translator: boolean, ready: ReadyThreads): void {
    const { vcpus } = this.domain
    ready.prepare(vcpus, translator)
    const writer = ready.takeWriter(translator)
    if (writer) this.writer = this.watched(writer, 'the translator’s thread')
    for (let index = 0; index < vcpus; index++) {
      const worker = this.watched(ready.vcpus[index] as Worker, `the thread of vcpu ${index}`)
      const channels = writer && channelsTo(writer, memory, index)
      const input: VcpuThreadInput = { memory, index, vcpus, ramBytes, writer: channels }
      worker.postMessage(input, channels ? [channels.regions.port, channels.traced.port] : [])
      worker.on('message', (message: VcpuMessage) => {
        if (message === BELL) this.listener.bell()
        else {
          this.ids.push(message)
          this.listener.began(message)
        }
      })
      this.workers.push(worker)
    }
  }

  /** A thread that has to last as long as the domain. */
  private watched(worker: Worker, name: string): Worker {
    worker.on('error', (error: Error) => this.end(worker, `${name} failed: ${error.stack ?? error.message}`))
    worker.on('exit', (code) => this.end(worker, `${name} failed: it ended with code ${code}`))
    return worker
  }

  /** How many vcpus there are, and the kernel's numbers of their threads as far as they are known. */
  get known(): { readonly count: number; readonly threads: readonly number[] } {
    return { count: this.domain.vcpus, threads: this.ids }
  }

  private end(worker: Worker, reason: string): void {
    if (this.ending) return
    const index = this.workers.indexOf(worker)
    if (index >= 0) {
      // Whoever waits for it to stand still need not wait any more.
      this.domain.vset(index, 'PARKED', 1)
      this.rang()
    }
    this.listener.failed(reason)
  }

  /** Asks the vcpus to park; resolves when all do and time stands. */
  async stop(): Promise<void> {
    this.domain.set('PAUSE', 1)
    this.domain.kickAll()
    await this.parked()
    this.domain.time.freeze()
  }

  /** Lets the vcpus (and time) go on. */
  go(): void {
    this.domain.time.thaw()
    this.domain.set('PAUSE', 0)
    this.domain.kickAll()
  }

  /** The main thread looks at what rang: perhaps the vcpus are all parked now. */
  rang(): void {
    if (this.waiting.length === 0 || !this.allParked()) return
    const waiting = this.waiting
    this.waiting = []
    for (const resolve of waiting) resolve()
  }

  private allParked(): boolean {
    for (let vcpu = 0; vcpu < this.domain.vcpus; vcpu++) if (this.domain.vget(vcpu, 'PARKED') === 0) return false
    return true
  }

  private parked(): Promise<void> {
    if (this.allParked()) return Promise.resolve()
    return new Promise((resolve) => {
      this.waiting.push(resolve)
    })
  }

  /** Ends the threads, gently where they listen. */
  async dispose(): Promise<void> {
    this.ending = true
    this.domain.set('STOP', 1)
    this.domain.kickAll()
    await Promise.all(
      this.workers.map(async (worker) => {
        const timer = setTimeout(() => worker.terminate(), END_TIMEOUT_MS)
        if (worker.threadId >= 0) await new Promise((resolve) => worker.once('exit', resolve))
        clearTimeout(timer)
      }),
    )
    await this.writer?.terminate()
  }
}
