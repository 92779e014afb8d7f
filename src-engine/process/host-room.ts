// A domain that stands for want of room on the host, where its disks are told to wait for it: everything stands, the devices try again
// in a while, and when all of them can go on so does the domain.
// Invariant: what main paused is never resumed here. Runs in: main thread of the domain's process.
import type { Log } from '../lib/log'
import type { DomainLife } from './domain-life'

/** How often it is looked whether there is room. */
const RETRY_MS = 2000

export interface RoomHooks {
  readonly log: Log
  /** The domain stands: why, and the device's key. */
  paused(reason: string, key: string): void
  /** It may go on. */
  resume(): void
}

export class HostRoom {
  /** Devices that cannot go on. */
  private readonly waiting = new Set<string>()
  private timer: NodeJS.Timeout | undefined
  private stopping: Promise<void> = Promise.resolve()

  constructor(
    private readonly life: DomainLife,
    private readonly hooks: RoomHooks,
  ) {}

  /** Resolves when vcpus that were told to stop here stand. */
  stopped(): Promise<void> {
    return this.stopping
  }

  /** Somebody resumes the domain: whoever waits may try at once. */
  clear(): void {
    this.life.stalled = false
    this.waiting.clear()
  }

  /** A device cannot go on. */
  stall(key: string, reason: string): void {
    const { life } = this
    if (life.exited || life.destroyed) return
    this.waiting.add(key)
    if (life.paused) return
    life.paused = true
    life.stalled = true
    this.hooks.log('warning', `paused: ${reason}`)
    this.hooks.paused(reason, key)
    if (life.running && life.started && !life.saving) this.stopping = life.running.threads.stop()
    this.timer ??= setTimeout(() => this.retry(), RETRY_MS)
  }

  unstall(key: string): void {
    this.waiting.delete(key)
    this.goOn()
  }

  private retry(): void {
    this.timer = undefined
    const { life } = this
    if (!life.running || !life.stalled || life.exited || life.destroyed) return
    this.timer = setTimeout(() => this.retry(), RETRY_MS)
    if (this.waiting.size === 0) this.goOn()
    else if (!life.saving) life.running.devices.retry()
  }

  /** Not while it is saved: then the next retry does it. */
  private goOn(): void {
    void this.stopping.then(() => {
      const { life } = this
      if (!life.running || !life.stalled || this.waiting.size > 0 || life.saving || life.exited || life.destroyed) return
      this.hooks.log('info', 'goes on: there is room again')
      this.hooks.resume()
    })
  }
}
