// A picture in guest memory: the pages the frontend named, and how rows lie in them. Every page is looked up at each use, since a
// guest may balloon one away; what is missing keeps its last look.
// Invariant: rows lie within the pages named (checked when made), so no number of the guest leads outside its own memory.
// Runs in: main thread of the domain's process.

import { fieldOffset, type Width } from '../../lib/struct-layout'
import { err, ok, type Result } from '../../public/result'
import { XENFB_PAGE, XENFB_PD_ENTRIES } from '../../public/xen/io/fbif'
import type { GuestAccess } from '../../ring/guest-access'

const PAGE = 4096
/** Largest mode taken, and the most memory a frontend may name: some modes side by side. */
export const MAX_WIDTH = 4096
export const MAX_HEIGHT = 4096
const MAX_BYTES = 128 * 1024 * 1024

/** How pixels lie in the framebuffer memory. */
export interface Mode {
  readonly width: number
  readonly height: number
  /** Bytes from row to row, and before the first. */
  readonly stride: number
  readonly offset: number
}

/** Says what is wrong with a mode for a framebuffer of this many bytes. */
export function wrongMode({ width, height, stride, offset }: Mode, depth: number, bytes: number): string | undefined {
  if (depth !== 32) return `${depth} bits per pixel`
  if (width < 1 || width > MAX_WIDTH || height < 1 || height > MAX_HEIGHT) return `a picture of ${width} by ${height}`
  if (stride % 4 !== 0 || offset % 4 !== 0 || offset < 0 || stride < width * 4) return `rows of ${stride} bytes from ${offset}`
  if (offset + stride * (height - 1) + width * 4 > bytes) return 'a picture beyond its memory'
  return undefined
}

export class Surface {
  private readonly views: (Buffer | undefined)[]
  private readonly addresses: Float64Array
  private target: Buffer = Buffer.alloc(0)
  private targetOf: Uint32Array | undefined

  private constructor(
    private readonly guest: GuestAccess,
    private readonly gfns: Float64Array,
  ) {
    this.views = Array.from({ length: gfns.length })
    this.addresses = new Float64Array(gfns.length)
  }

  get bytes(): number {
    return this.gfns.length * PAGE
  }

  /** Copies the frame numbers of `bytes` of framebuffer out of the shared page at `page`. */
  static read(guest: GuestAccess, page: number, width: Width, bytes: number): Result<Surface, string> {
    const size = width === 64 ? 8 : 4
    const perPage = PAGE / size
    const count = Math.ceil(bytes / PAGE)
    if (bytes > MAX_BYTES || count === 0 || Math.ceil(count / perPage) > XENFB_PD_ENTRIES) {
      return err(`a framebuffer of ${bytes} bytes`)
    }
    const view = new DataView(guest.bytes.buffer, guest.bytes.byteOffset, guest.bytes.length)
    const entry = (at: number): number =>
      width === 64 ? view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32 : view.getUint32(at, true)
    const gfns = new Float64Array(count)
    const pd = page + fieldOffset(XENFB_PAGE, 'pd', width)
    for (let first = 0, i = 0; first < count; first += perPage, i++) {
      const table = guest.frame(entry(pd + i * size), false)
      if (table <= 0) return err('a page of frame numbers that is not there')
      for (let n = first; n < Math.min(count, first + perPage); n++) gfns[n] = entry(table + (n - first) * size)
    }
    return ok(new Surface(guest, gfns))
  }

  /**
   * Brings row `y` of `pixels` up to date from column `left` to `right`; true when something was another.
   * Each piece is compared first: most of what a guest says it has drawn is what was there.
   */
  fetchRow(mode: Mode, y: number, left: number, right: number, pixels: Uint32Array): boolean {
    if (this.targetOf !== pixels) {
      this.targetOf = pixels
      this.target = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength)
    }
    const { target } = this
    let changed = false
    let from = mode.offset + y * mode.stride + left * 4
    let to = (y * mode.width + left) * 4
    const end = (y * mode.width + right) * 4
    while (to < end) {
      const at = from % PAGE
      const count = Math.min(PAGE - at, end - to)
      const page = this.page(Math.floor(from / PAGE))
      if (page && page.compare(target, to, to + count, at, at + count) !== 0) {
        page.copy(target, to, at, at + count)
        changed = true
      }
      from += count
      to += count
    }
    return changed
  }

  private page(index: number): Buffer | undefined {
    const address = this.guest.frame(this.gfns[index] ?? -1, false)
    if (address <= 0) return undefined
    const known = this.views[index]
    if (known && this.addresses[index] === address) return known
    const view = Buffer.from(this.guest.bytes.buffer, this.guest.bytes.byteOffset + address, PAGE)
    this.views[index] = view
    this.addresses[index] = address
    return view
  }
}
