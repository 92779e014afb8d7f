// The Image over a format: checks every request, keeps overlapping ones in order, and sees to it that nothing is asked of a
// closed format. Invariant: a format is never called with a range that overlaps another one in flight, unless both read.
// Runs in: the image's thread.
import type { ImageFormat } from '../public/protocol/device'
import { ok } from '../public/result'
import { fail, type ImageResult } from './error'
import type { Format } from './format'
import type { Allocated, Extents, Image, Views } from './image'
import { Ranges } from './ranges'
import { lengthOf, listOf } from './views'

export const SECTOR = 512

export class OrderedImage implements Image {
  readonly path: string
  readonly readonly: boolean
  readonly alignment = SECTOR
  private readonly inner: Format
  private readonly ranges = new Ranges()
  private closing: Promise<ImageResult<void>> | undefined

  constructor(inner: Format, path: string, readonly: boolean) {
    this.inner = inner
    this.path = path
    this.readonly = readonly
  }

  get format(): ImageFormat {
    return this.inner.name
  }

  get size(): number {
    return this.inner.size
  }

  get granularity(): number {
    return this.inner.granularity
  }

  read(offset: number, targets: Views): Promise<ImageResult<void>> {
    const views = listOf(targets)
    return this.request(offset, lengthOf(views), 'read', () => this.inner.read(offset, views))
  }

  write(offset: number, sources: Views): Promise<ImageResult<void>> {
    const views = listOf(sources)
    return this.request(offset, lengthOf(views), 'write', () => this.inner.write(offset, views))
  }

  discard(offset: number, length: number): Promise<ImageResult<void>> {
    return this.request(offset, length, 'write', () => this.inner.discard(offset, length))
  }

  writeZeroes(offset: number, length: number, unmap = true): Promise<ImageResult<void>> {
    return this.request(offset, length, 'write', () => this.inner.writeZeroes(offset, length, unmap))
  }

  async flush(): Promise<ImageResult<void>> {
    if (this.closing) return this.closed()
    return this.readonly ? ok(undefined) : this.inner.flush()
  }

  async extents(offset: number, length: number, purpose: 'read' | 'write'): Promise<ImageResult<Extents>> {
    const refused = this.refusal(offset, length, purpose)
    if (refused) return refused
    const { range, wait } = this.ranges.enter(offset, offset + length, purpose === 'write')
    if (wait) await wait
    const found = await this.inner.extents(offset, length, purpose)
    if (!found.ok) {
      this.ranges.leave(range)
      return found
    }
    const { pieces, release } = found.value
    let held = true
    return ok({
      pieces,
      release: () => {
        if (!held) return
        held = false
        release?.()
        this.ranges.leave(range)
      },
    })
  }

  async allocation(offset: number, length: number): Promise<ImageResult<Allocated>> {
    const refused = this.refusal(offset, length, 'read')
    if (refused) return refused
    const { range, wait } = this.ranges.enter(offset, offset + length, false)
    if (wait) await wait
    const found = await this.inner.allocation(offset, length)
    this.ranges.leave(range)
    return found
  }

  async resize(size: number, shrink = false): Promise<ImageResult<void>> {
    if (this.closing) return this.closed()
    if (this.readonly) return this.onlyRead()
    if (!Number.isSafeInteger(size) || size < 0 || size % SECTOR !== 0) {
      return fail('range', `${size} bytes is no size for a disk: it must be a multiple of ${SECTOR}.`)
    }
    const { range, wait } = this.ranges.enter(0, Number.POSITIVE_INFINITY, true)
    if (wait) await wait
    const done =
      size < this.inner.size && !shrink
        ? fail('range', `${this.path} would lose its last ${this.inner.size - size} bytes.`)
        : await this.inner.resize(size)
    this.ranges.leave(range)
    return done
  }

  close(): Promise<ImageResult<void>> {
    this.closing ??= (async () => {
      await this.ranges.settle()
      const flushed = this.readonly ? ok(undefined) : await this.inner.flush()
      const closed = await this.inner.close()
      return flushed.ok ? closed : flushed
    })()
    return this.closing
  }

  private async request(
    offset: number,
    length: number,
    purpose: 'read' | 'write',
    run: () => Promise<ImageResult<void>>,
  ): Promise<ImageResult<void>> {
    const refused = this.refusal(offset, length, purpose)
    if (refused) return refused
    if (length === 0) return ok(undefined)
    const { range, wait } = this.ranges.enter(offset, offset + length, purpose === 'write')
    if (wait) await wait
    const done = await run()
    this.ranges.leave(range)
    return done
  }

  private refusal(offset: number, length: number, purpose: 'read' | 'write') {
    if (this.closing) return this.closed()
    if (purpose === 'write' && this.readonly) return this.onlyRead()
    const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0
    if (!whole || offset % SECTOR !== 0 || length % SECTOR !== 0) {
      return fail('range', `${length} bytes at ${offset} are not whole sectors of ${this.path}.`)
    }
    if (offset + length > this.inner.size) {
      return fail('range', `${length} bytes at ${offset} reach beyond the ${this.inner.size} bytes of ${this.path}.`)
    }
    return undefined
  }

  private closed() {
    return fail('closed', `${this.path} was closed.`)
  }

  private onlyRead() {
    return fail('read-only', `${this.path} is open for reading only.`)
  }
}
