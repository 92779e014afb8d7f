// A checkpoint in two steps, for snapshots: the whole state of a domain is taken while its vcpus are parked, main does what must
// happen at that instant (other files under the disks), the vcpus run on, and the state is written while they do.
// Invariant: after a good `hold` the vcpus stand until `goOn`; one state is held at a time, until it is written or forgotten.
// Runs in: main thread of the domain's process.

import type { CallError } from '../public/protocol/call'
import type { DomainCalls } from '../public/protocol/control'
import { err, ok, type Result } from '../public/result'
import { type Capture, type SaveProgress, writeCapture } from '../save/checkpoint'
import type { SaveError } from '../save/save-file'

/** The domain, as far as this needs it. */
export interface Holdable {
  /** Parks the vcpus and takes their state; what it gives lets them go on as before. */
  take(copyMost: number): Promise<Result<{ readonly capture: Capture; readonly goOn: () => void }, CallError>>
  progress(): SaveProgress
  failed(error: SaveError): { readonly ok: false; readonly error: CallError }
}

const invalid = (message: string) => err({ code: 'OPERATION_INVALID', message })

export class HeldState {
  private readonly domain: Holdable
  private capture: Capture | undefined
  private goingOn: (() => void) | undefined
  private taking = false
  private writing: Promise<unknown> = Promise.resolve()

  constructor(domain: Holdable) {
    this.domain = domain
  }

  async hold({ copyMostMiB }: DomainCalls['hold']['args']): Promise<Result<DomainCalls['hold']['reply'], CallError>> {
    if (this.taking || this.capture || this.goingOn) return invalid('The domain is held already.')
    const start = performance.now()
    this.taking = true
    const taken = await this.domain.take(copyMostMiB * 1024 * 1024)
    this.taking = false
    if (!taken.ok) return taken
    this.capture = taken.value.capture
    this.goingOn = taken.value.goOn
    return ok({ copied: this.capture.copied, milliseconds: Math.round(performance.now() - start) })
  }

  goOn(): Result<undefined, CallError> {
    const { goingOn } = this
    if (!goingOn) return invalid('The domain is not held.')
    this.goingOn = undefined
    goingOn()
    return ok(undefined)
  }

  async keep({ path, plain }: DomainCalls['keep']['args']): Promise<Result<DomainCalls['keep']['reply'], CallError>> {
    const { capture } = this
    if (!capture) return invalid('No state of the domain is held.')
    if (!capture.copied && !this.goingOn) return invalid('The domain went on: its memory is not what it was.')
    const start = performance.now()
    const writing = writeCapture(path, capture, this.domain.progress(), plain)
    this.writing = writing
    const saved = await writing
    this.capture = undefined
    if (!saved.ok) return this.domain.failed(saved.error)
    return ok({ bytes: saved.value.bytes, milliseconds: Math.round(performance.now() - start) })
  }

  forget(): void {
    this.capture = undefined
  }

  /** Resolves when no file is being written. */
  async settled(): Promise<void> {
    await this.writing.catch(() => {})
  }
}
