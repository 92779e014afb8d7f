// The vcpu threads of a domain, seen from the main thread: start, stand still, go on, end.
// Invariant: between `stop` and `go` every vcpu is parked and time stands, so memory may be read and written as a whole.
// Runs in: main thread of the domain's process.
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Domain } from '../hypervisor/domain'

/** What a vcpu's thread is given; `memory` is shared. */
export interface VcpuThreadInput {
  readonly memory: WebAssembly.Memory
  readonly index: number
  readonly vcpus: number
  readonly ramBytes: number
  /** Hot code is translated (src-engine/jit). */
  readonly translator: boolean
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

/** A thread that loads the core for a vcpu and waits for its input, which is a message. */
export function vcpuThread(index: number): Worker {
  return new Worker(path.join(__dirname, 'vcpu.cjs'), { workerData: index, stdout: false, stderr: false })
}

/** How long a thread may take to come to its end before it is cut off. */
const END_TIMEOUT_MS = 2000

export class VcpuThreads {
  private readonly workers: Worker[] = []
  private readonly ids: number[] = []
  private waiting: (() => void)[] = []
  private ending = false

  constructor(
    private readonly domain: Domain,
    private readonly listener: VcpuThreadListener,
  ) {}

  /** `ready`: threads that were begun before, by index. */
  start(memory: WebAssembly.Memory, ramBytes: number, translator: boolean, ready: readonly Worker[] = []): void {
    for (let index = 0; index < this.domain.vcpus; index++) {
      const input: VcpuThreadInput = {
        memory,
        index,
        vcpus: this.domain.vcpus,
        ramBytes,
        translator,
      }
      const worker = ready[index] ?? vcpuThread(index)
      worker.postMessage(input)
      worker.on('message', (message: VcpuMessage) => {
        if (message === BELL) this.listener.bell()
        else {
          this.ids.push(message)
          this.listener.began(message)
        }
      })
      worker.on('error', (error: Error) => this.end(index, error.stack ?? error.message))
      worker.on('exit', (code) => this.end(index, `ended with code ${code}`))
      this.workers.push(worker)
    }
  }

  /** How many vcpus there are, and the kernel's numbers of their threads as far as they are known. */
  get known(): { readonly count: number; readonly threads: readonly number[] } {
    return { count: this.domain.vcpus, threads: this.ids }
  }

  private end(index: number, reason: string): void {
    if (this.ending) return
    // Whoever waits for it to stand still need not wait any more.
    this.domain.vset(index, 'PARKED', 1)
    this.rang()
    this.listener.failed(`the thread of vcpu ${index} failed: ${reason}`)
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
  }
}
