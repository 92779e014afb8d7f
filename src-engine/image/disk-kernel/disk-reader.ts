// Bytes of a disk at any place, for readers of partition tables, file systems and boot menus: by pages that are kept a while, within a
// budget. Files themselves are copied past it.
// Invariant: a disk is hostile. Whatever its tables say, no more is read than the budget allows, nothing beyond its end, and no more is
// kept than the pages. Runs in: the image process.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { Image } from '../image'

const PAGE = 64 * 1024
const PAGES_KEPT = 64
/** Pages read and pieces asked for, for all that is looked at on one disk. */
const BUDGET_PAGES = 4096
const BUDGET_READS = 400_000
const SECTOR = 512

export type DiskImage = Pick<Image, 'path' | 'size' | 'read'>

export class DiskReader {
  readonly image: DiskImage
  readonly size: number
  private readonly pages = new Map<number, Uint8Array>()
  private pagesLeft = BUDGET_PAGES
  private readsLeft = BUDGET_READS

  constructor(image: DiskImage) {
    this.image = image
    this.size = image.size - (image.size % SECTOR)
  }

  /** All of it, or an error. */
  async read(offset: number, length: number): Promise<ImageResult<Uint8Array>> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) return this.damaged()
    if (--this.readsLeft < 0) return this.damaged()
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      const at = offset + done
      const page = await this.page(Math.floor(at / PAGE))
      if (!page.ok) return page
      const part = page.value.subarray(at % PAGE, (at % PAGE) + length - done)
      bytes.set(part, done)
      done += part.length
    }
    return ok(bytes)
  }

  damaged(): ReturnType<typeof fail> {
    return fail('corrupt', `The tables on the disk ${this.image.path} contradict themselves: it is damaged.`)
  }

  private async page(number: number): Promise<ImageResult<Uint8Array>> {
    const kept = this.pages.get(number)
    if (kept) return ok(kept)
    if (--this.pagesLeft < 0) return this.damaged()
    const bytes = new Uint8Array(Math.min(PAGE, this.size - number * PAGE))
    const read = await this.image.read(number * PAGE, bytes)
    if (!read.ok) return read
    const [oldest] = this.pages.keys()
    if (this.pages.size >= PAGES_KEPT && oldest !== undefined) this.pages.delete(oldest)
    this.pages.set(number, bytes)
    return ok(bytes)
  }
}
