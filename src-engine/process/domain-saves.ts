// Everything that writes a domain's state down: a save, and the held states of snapshots; and what restoring shares with them, progress
// and cancelling. Invariant: while `life.saving` no vcpu runs, and what a file holds is the state of one instant.
// Runs in: main thread of the domain's process.
import path from 'node:path'
import type { CallError } from '../public/protocol/call'
import type { DomainCalls } from '../public/protocol/control'
import { err, ok, type Result } from '../public/result'
import { type Capture, captureDomain, type SaveProgress, writeCapture } from '../save/checkpoint'
import type { SaveError } from '../save/save-file'
import type { DomainLife } from './domain-life'
import { HeldState } from './held-state'
import { encodePumpState } from './pump-state'
import type { RunningDomain } from './running-domain'

/** How often a save or restore tells how far it is. */
const PROGRESS_MS = 100

const CODES: Readonly<Record<SaveError['kind'], string>> = {
  IO: 'OPERATION_FAILED',
  CORRUPT: 'INVALID_ARG',
  NEWER: 'INVALID_ARG',
  STATE: 'INVALID_ARG',
  CANCELLED: 'OPERATION_ABORTED',
}

type Refusal = { readonly ok: false; readonly error: CallError }

const refused = (message: string): Refusal => err({ code: 'OPERATION_INVALID', message })

/** What main is told of a save file that cannot be written or read. */
export function saveFailure({ kind, message }: SaveError): Refusal {
  return err({ code: CODES[kind], message })
}

export interface SaveHooks {
  /** The domain's name, for its file. */
  name(): string
  /** What the guest has asked for is dealt with before its state is taken. */
  look(): void
  progress(done: number, total: number): void
}

export class DomainSaves {
  readonly held = new HeldState({
    take: (copyMost) => this.take(copyMost),
    progress: () => this.progress(),
    failed: saveFailure,
  })
  private cancelled = false
  private ended: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly life: DomainLife,
    private readonly hooks: SaveHooks,
  ) {}

  async save(order: DomainCalls['save']['args']): Promise<Result<DomainCalls['save']['reply'], CallError>> {
    const { life } = this
    const start = performance.now()
    const begun = await this.begin()
    if (!begun.ok) return begun
    const { running, wasPaused } = begun.value
    const writing = this.write(running, order.path)
    this.ended = writing
    const saved = await writing
    life.saving = false
    running.store.goOn()
    const goOn = !wasPaused && !life.stalled && !life.exited && (!saved.ok || order.leaveRunning === true)
    if (goOn) running.threads.go()
    else life.paused = true
    // What is in the file must not run on beside it.
    if (saved.ok && order.leaveRunning !== true) life.stalled = false
    if (!saved.ok) return saved
    return ok({ bytes: saved.value.bytes, milliseconds: Math.round(performance.now() - start) })
  }

  /** What goes on is cut short, also where it waits for domain 0, and removes its part of a file. */
  cancel(): void {
    this.cancelled = true
    this.life.running?.link.cancelSave()
  }

  /** Resolves when no file is being written. */
  async settled(): Promise<void> {
    await this.ended.catch(() => {})
    await this.held.settled()
  }

  /** For a restore: what was cancelled before is no matter of it. */
  restoring(): SaveProgress {
    this.cancelled = false
    return this.progress()
  }

  /** For held-state.ts. */
  private async take(copyMost: number): Promise<Result<{ capture: Capture; goOn: () => void }, CallError>> {
    const { life } = this
    const begun = await this.begin()
    if (!begun.ok) return begun
    const { running, wasPaused } = begun.value
    const goOn = (): void => {
      life.saving = false
      running.store.goOn()
      if (!wasPaused && !life.stalled && !life.exited) running.threads.go()
    }
    const capture = await this.capture(running, copyMost)
    if (capture.ok && !life.exited) return ok({ capture: capture.value, goOn })
    goOn()
    return capture.ok ? refused('The domain has stopped.') : capture
  }

  /** Parks the vcpus. */
  private async begin(): Promise<Result<{ running: RunningDomain; wasPaused: boolean }, CallError>> {
    const { life } = this
    const { running } = life
    if (!running) return refused('There is no domain in this process.')
    if (life.saving) return refused('The domain is being saved already.')
    if (life.exited) return refused('The domain has stopped.')
    const wasPaused = life.paused
    life.saving = true
    this.cancelled = false
    if (life.started) await running.threads.stop()
    this.hooks.look()
    running.store.hold()
    return ok({ running, wasPaused })
  }

  private async write(running: RunningDomain, target: string): Promise<Result<{ bytes: number }, CallError>> {
    const capture = await this.capture(running, 0)
    if (!capture.ok) return capture
    running.made.domain.messages.log(`saving to ${path.basename(target)}`)
    const saved = await writeCapture(target, capture.value, this.progress())
    return saved.ok ? saved : saveFailure(saved.error)
  }

  /** Every vcpu is parked. The order is that of pump-state.ts: first the store's state, then the other pumps. */
  private async capture(running: RunningDomain, copyMost: number): Promise<Result<Capture, CallError>> {
    const { domain } = running.made
    // One that was cancelled while the vcpus came to rest does not wait for domain 0: nobody would cut that short any more.
    const store = this.cancelled ? undefined : await running.link.saveStore()
    if (store === undefined || this.cancelled) {
      return err({ code: 'OPERATION_ABORTED', message: 'The save was cancelled.' })
    }
    if (!store.ok) return err({ code: 'OPERATION_FAILED', message: `Cannot save: ${store.error}.` })
    // What pumps answer from here on is not in the file: they are saved as not having answered it, and ask again.
    domain.publication.showParked()
    const pumps = encodePumpState({
      ...store.value,
      console: running.console.save(),
      devices: running.devices.save(),
    })
    const identity = {
      handle: running.handle,
      name: this.hooks.name(),
      savedAtMs: Date.now(),
      memoryMiB: Math.ceil(running.made.ramBytes / (1024 * 1024)),
      vcpus: domain.vcpus,
    }
    return ok(captureDomain(domain, identity, pumps, copyMost))
  }

  /** Told at most every PROGRESS_MS, and always at the end. */
  private progress(): SaveProgress {
    let last = 0
    return {
      progress: (done, total) => {
        const now = performance.now()
        if (now - last < PROGRESS_MS && done < total) return
        last = now
        this.hooks.progress(done, total)
      },
      cancelled: () => this.cancelled,
    }
  }
}
