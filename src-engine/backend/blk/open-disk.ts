// The image under a disk in domain 0, as it is opened, changed, exchanged and merged while requests come. Whoever uses it waits for
// `ready` first and says so to `track`: the image goes only when nobody is at work with it.
// Invariant: after a merge has begun or ended, well or not, the disk is open, on the file that was asked for or on the one before; after an
// `exchange` that failed its caller asks for the one before.
// Runs in: domain 0.
import type { ImageResult } from '../../image/error'
import type { Image, OpenOptions } from '../../image/image'
import type { MergingImage } from '../../image/merging-image'
import type { Disk } from '../../public/protocol/device'
import { err, ok, type Result } from '../../public/result'
import type { DiskFile, MergeState } from '../device'

/** How images are opened: to be used, and to be merged meanwhile into the file they stand on. */
export interface ImageOpeners {
  open(path: string, options: OpenOptions): Promise<ImageResult<Image>>
  merge(path: string, options: OpenOptions): Promise<ImageResult<MergingImage>>
}

/** Copied in one step of a merge: the guest's own requests go on beside it. */
const MERGE_STEP = 4 * 1024 * 1024

function optionsOf({ format, readonly, allowedBacking }: Disk): OpenOptions {
  return { format, readonly, ...(allowedBacking ? { allowed: allowedBacking } : {}) }
}

/** Why the file below is not the whole disk. */
function notWhole({ image, done, total, failed }: MergingImage): string | undefined {
  return failed?.message ?? (done < total ? `${image.path} is not merged yet.` : undefined)
}

export class OpenDisk {
  private disk: Disk
  private readonly openers: ImageOpeners
  private readonly log: (text: string) => void
  private opened: Image | undefined
  /** The image while it is being merged. */
  private merging: MergingImage | undefined
  private readonly working = new Set<Promise<void>>()
  private after: Promise<void> = Promise.resolve()
  /** Opens the gate that `park` has closed; and what the disk was then. */
  private gate: (() => void) | undefined
  private before: Disk
  private closed = false

  /** `log` hears what went wrong with an image that is not needed any more. */
  constructor(disk: Disk, openers: ImageOpeners, log: (text: string) => void) {
    this.disk = disk
    this.before = disk
    this.openers = openers
    this.log = log
  }

  /** As it is described now. */
  get now(): Disk {
    return this.disk
  }

  /** Undefined in a drive without a medium, and while it is exchanged. */
  get image(): Image | undefined {
    return this.opened
  }

  get atWork(): number {
    return this.working.size
  }

  // --- who uses it ---

  /** Until it is settled the image stays. */
  track(work: Promise<void>): void {
    this.working.add(work)
    void work.then(() => this.working.delete(work))
  }

  /** Resolves when the image may be used: not while it is parked. */
  ready(): Promise<void> {
    return this.after
  }

  /** What comes from now on waits for what is on the way now: an old write must not overtake a new one. */
  line(): void {
    this.after = Promise.all([this.after, this.idle()]).then(() => {})
  }

  /** Resolves when what is on the way now is done. Not when nothing is: what comes later may wait for this very promise, or never end. */
  async idle(): Promise<void> {
    await Promise.all([...this.working])
  }

  // --- open, closed, another medium ---

  async open(): Promise<Result<undefined, string>> {
    const { path, removable, dev } = this.disk
    if (path === '') return removable ? ok(undefined) : err(`${dev} has no image, and is no drive whose medium comes later.`)
    const opened = await this.openAs(this.disk)
    if (!opened.ok) return err(opened.error.message)
    this.opened = opened.value
    return ok(undefined)
  }

  /** Never opened again. */
  async close(): Promise<void> {
    this.closed = true
    this.goOn()
    await this.idle()
    const { image } = this
    this.opened = undefined
    await this.letGo(image)
  }

  async changeMedium(medium: DiskFile): Promise<Result<undefined, string>> {
    if (!this.disk.removable) return err(`The medium of ${this.disk.dev} cannot be changed: it is no removable drive.`)
    const { path, format, allowedBacking } = medium
    let next: Image | undefined
    if (path !== '') {
      const opened = await this.openAs({ ...this.disk, ...medium })
      if (!opened.ok) return err(opened.error.message)
      if (this.closed) return this.tooLate(opened.value)
      next = opened.value
    }
    const before = this.opened
    this.opened = next
    this.disk = { ...this.disk, path, format, allowedBacking }
    await this.idle()
    await this.letGo(before)
    return ok(undefined)
  }

  private openAs(disk: Disk): Promise<ImageResult<Image>> {
    return this.openers.open(disk.path, optionsOf(disk))
  }

  private async tooLate(image: Image): Promise<Result<undefined, string>> {
    await this.letGo(image)
    return err(`${this.disk.dev} was taken away.`)
  }

  private async letGo(image: Image | undefined): Promise<void> {
    const closed = await image?.close()
    if (closed && !closed.ok) this.log(closed.error.message)
  }

  // --- exchanged, with the vcpus standing ---

  /** What is on the way is done, on the disk, and the image closed; what comes from now on waits for `goOn`. */
  async park(): Promise<Result<undefined, string>> {
    const before = [...this.working]
    const { after, image } = this
    const gate = new Promise<void>((resolve) => {
      this.gate = resolve
    })
    this.after = after.then(() => gate)
    this.before = this.disk
    await Promise.all(before)
    const flushed = await image?.flush()
    this.opened = undefined
    const closed = await image?.close()
    const wrong = [flushed, closed].find((one) => one && !one.ok)
    return wrong && !wrong.ok ? err(wrong.error.message) : ok(undefined)
  }

  /** Without `next` on the file before. */
  exchange(next: DiskFile | undefined): Promise<Result<undefined, string>> {
    return this.openInstead({ ...this.before, ...next }, (disk) => this.openAs(disk))
  }

  private async openInstead(disk: Disk, open: (disk: Disk) => Promise<ImageResult<Image>>): Promise<Result<undefined, string>> {
    const { image } = this
    this.opened = undefined
    this.merging = undefined
    await this.letGo(image)
    const opened = await open(disk)
    if (!opened.ok) return err(opened.error.message)
    if (this.closed) return this.tooLate(opened.value)
    this.opened = opened.value
    this.disk = disk
    return ok(undefined)
  }

  goOn(): void {
    this.gate?.()
    this.gate = undefined
  }

  // --- merged, while the guest goes on ---

  async mergeBegin(): Promise<Result<undefined, string>> {
    if (this.disk.readonly || this.merging) return err(`${this.disk.dev} cannot be merged now.`)
    return this.goOnWith(await this.park(), this.before, async (disk) => {
      const opened = await this.openers.merge(disk.path, optionsOf(disk))
      if (!opened.ok) return opened
      this.merging = opened.value
      return { ok: true, value: opened.value.image }
    })
  }

  async mergeCopy(): Promise<Result<MergeState, string>> {
    const { merging } = this
    if (!merging) return err(`${this.disk.dev} is not being merged.`)
    const copied = await merging.copy(MERGE_STEP)
    return copied.ok ? ok({ done: merging.done, total: merging.total }) : err(copied.error.message)
  }

  async mergeEnd(next: DiskFile | undefined): Promise<Result<undefined, string>> {
    const { merging } = this
    if (!merging) {
      // A domain 0 that came since may have opened the one that is wanted.
      return (next ?? this.disk).path === this.disk.path ? ok(undefined) : err(`${this.disk.dev} is not being merged.`)
    }
    const parked = await this.park()
    const refused = next && notWhole(merging)
    const disk = next && refused === undefined ? { ...this.before, ...next } : this.before
    const done = await this.goOnWith(parked, disk, (wanted) => this.openAs(wanted))
    return done.ok && refused !== undefined ? err(refused) : done
  }

  /** After `park`: goes on with this disk; when that fails, with what there was before. */
  private async goOnWith(
    parked: Result<undefined, string>,
    disk: Disk,
    open: (disk: Disk) => Promise<ImageResult<Image>>,
  ): Promise<Result<undefined, string>> {
    const opened = parked.ok ? await this.openInstead(disk, open) : parked
    if (!opened.ok) {
      const back = await this.exchange(undefined)
      if (!back.ok) this.log(back.error)
    }
    this.goOn()
    return opened
  }
}
