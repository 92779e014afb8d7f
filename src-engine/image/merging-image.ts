// An overlay whose contents go into its backing file while it is used: a disk that is merged under a running guest. `copy` puts what the
// overlay holds into the backing file, from the start to the end of the disk; behind that mark each write goes to both files. When the
// mark is at the end and `copy` has been answered, the backing file alone has on the host's disk what the overlay was asked to flush, and
// goes on doing so with every write and flush that is answered.
// Invariant: until then, and whatever ends the work, the overlay on its backing file reads as the disk: only ranges that the overlay
// itself has are ever written below it. Nobody else has either open, and nobody else stands on the backing file.
// Runs in: the image's thread (domain 0).
import type { ImageFormat } from '../public/protocol/device'
import { ok } from '../public/result'
import { fail, type ImageError, type ImageResult } from './error'
import type { File, OpenFile } from './file'
import type { ExtentPieces, Format } from './format'
import type { Image, OpenOptions } from './image'
import { openNodeFile } from './node-file'
import { openQcow2 } from './open'
import { OrderedImage } from './ordered-image'
import { Qcow2Format } from './qcow2/qcow2'
import { Ranges } from './ranges'
import { Reachable } from './reachable'
import type { ViewList } from './views'

export interface MergingImage {
  /** The disk, as before. Closing it leaves the backing file as far as `copy` came. */
  readonly image: Image
  /** How many bytes of the disk are in the backing file, and of how many. */
  readonly done: number
  readonly total: number
  /** Why the backing file is of no use; for good. The image is as good as before. */
  readonly failed: ImageError | undefined
  /** Goes on for about this many bytes of payload; at the end, what was copied is on the host's disk. Its error is `failed`. */
  copy(most: number): Promise<ImageResult<void>>
}

/** Read and written at once: guests that write there wait so long. */
const CHUNK = 256 * 1024
/** Where there is nothing to copy, this many ranges are looked at before the caller is asked again. */
const LOOKS_MOST = 1024

export async function openMerging(
  path: string,
  options: Omit<OpenOptions, 'readonly'>,
  openFile: OpenFile = openNodeFile,
): Promise<ImageResult<MergingImage>> {
  if (options.format !== 'qcow2') return fail('unsupported', `${path} is no overlay: there is nothing to merge it into.`)
  const reachable = await Reachable.from(path, options.allowed ?? [])
  if (!reachable.ok) return reachable
  const file = await openFile(path, 'write')
  if (!file.ok) return file
  const opened = await openParts(file.value, options, reachable.value, openFile)
  if (!opened.ok) await file.value.close()
  return opened
}

async function openParts(
  file: File,
  options: Omit<OpenOptions, 'readonly'>,
  reachable: Reachable,
  openFile: OpenFile,
): Promise<ImageResult<MergingImage>> {
  const state = await openQcow2(file, { ...options, readonly: false, writableBacking: true }, reachable, openFile)
  if (!state.ok) return state
  const { backing } = state.value
  if (!backing) return fail('unsupported', `${file.path} stands on no other file: there is nothing to merge it into.`)
  const upper = new Qcow2Format(state.value, false)
  const long = backing.size < upper.size ? await backing.resize(upper.size) : ok(undefined)
  if (long.ok) return ok(new Merging(upper, backing, file.path))
  await backing.close()
  return long
}

class Merging implements MergingImage, Format {
  readonly name: ImageFormat = 'qcow2'
  readonly image: Image
  private readonly upper: Qcow2Format
  private readonly lower: Image
  /** Copying and changing do not meet in a range. */
  private readonly turns = new Ranges()
  private mark = 0
  private wrong: ImageError | undefined
  private closing = false

  constructor(upper: Qcow2Format, lower: Image, path: string) {
    this.upper = upper
    this.lower = lower
    this.image = new OrderedImage(this, path, false)
  }

  get size(): number {
    return this.upper.size
  }

  get granularity(): number {
    return this.upper.granularity
  }

  get done(): number {
    return this.mark
  }

  get total(): number {
    return this.size
  }

  get failed(): ImageError | undefined {
    return this.wrong
  }

  async copy(most: number): Promise<ImageResult<void>> {
    let looks = 0
    for (let copied = 0; copied < most && looks < LOOKS_MOST && this.mark < this.size && !this.wrong; looks++) {
      const at = this.mark
      const end = Math.min(at + CHUNK, this.size)
      const step = await this.exclusive(at, end, async () => {
        if (this.closing) return fail('closed', `${this.image.path} was closed.`)
        const found = await this.upper.ownMapping(at, end - at)
        if (!found.ok) return found
        const { own, length } = found.value
        const moved = own ? await this.moveDown(at, length) : ok(undefined)
        if (!moved.ok) return moved
        this.mark = at + length
        return ok(own ? length : 0)
      })
      if (step.ok) copied += step.value
      else this.wrong = step.error
    }
    // What was copied may have been flushed by the guest long ago: whoever names the backing file as the disk may rely on that.
    if (this.mark === this.size && !this.wrong && !this.closing) {
      const synced = await this.lower.flush()
      if (!synced.ok) this.wrong = synced.error
    }
    return this.wrong ? { ok: false, error: this.wrong } : ok(undefined)
  }

  private async moveDown(offset: number, length: number): Promise<ImageResult<void>> {
    const found = await this.upper.allocation(offset, length)
    if (found.ok && found.value.kind === 'zero' && found.value.length >= length) return this.lower.writeZeroes(offset, length)
    const bytes = new Uint8Array(length)
    const read = await this.upper.read(offset, [bytes])
    return read.ok ? this.lower.write(offset, bytes) : read
  }

  // --- what the disk is asked, beneath the order of requests ---

  read(offset: number, targets: ViewList): Promise<ImageResult<void>> {
    return this.upper.read(offset, targets)
  }

  write(offset: number, sources: ViewList): Promise<ImageResult<void>> {
    const length = sources.reduce((sum, { byteLength }) => sum + byteLength, 0)
    return this.both(offset, length, [() => this.upper.write(offset, sources), () => this.lower.write(offset, sources)])
  }

  writeZeroes(offset: number, length: number, unmap: boolean): Promise<ImageResult<void>> {
    return this.both(offset, length, [
      () => this.upper.writeZeroes(offset, length, unmap),
      () => this.lower.writeZeroes(offset, length, unmap),
    ])
  }

  /** Reads as before, which a discard may: the two files must not come to different answers. */
  async discard(): Promise<ImageResult<void>> {
    return ok(undefined)
  }

  async flush(): Promise<ImageResult<void>> {
    const [upper, lower] = await Promise.all([this.upper.flush(), this.lower.flush()])
    if (!lower.ok) this.wrong ??= lower.error
    return upper
  }

  async extents(offset: number, length: number, purpose: 'read' | 'write'): Promise<ImageResult<ExtentPieces>> {
    return purpose === 'read' ? this.upper.extents(offset, length, purpose) : ok({ pieces: [{ kind: 'through', length }] })
  }

  allocation(offset: number, length: number) {
    return this.upper.allocation(offset, length)
  }

  async resize(): Promise<ImageResult<void>> {
    return fail('unsupported', `${this.image.path} is being merged and keeps its size.`)
  }

  /** Its backing file is closed with it. A step of `copy` that is at work ends first: of files that are closed it would read another's. */
  async close(): Promise<ImageResult<void>> {
    this.closing = true
    await this.turns.settle()
    return this.upper.close()
  }

  /** The disk first: what fails there is not done below; what fails below alone is no error of the disk's. */
  private both(
    offset: number,
    length: number,
    [above, below]: readonly [() => Promise<ImageResult<void>>, () => Promise<ImageResult<void>>],
  ): Promise<ImageResult<void>> {
    return this.exclusive(offset, offset + length, async () => {
      const done = await above()
      if (!done.ok || offset >= this.mark || this.wrong) return done
      const same = await below()
      if (!same.ok) this.wrong = same.error
      return done
    })
  }

  private async exclusive<T>(start: number, end: number, act: () => Promise<T>): Promise<T> {
    const { range, wait } = this.turns.enter(start, end, true)
    if (wait) await wait
    try {
      return await act()
    } finally {
      this.turns.leave(range)
    }
  }
}
