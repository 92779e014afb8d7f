// Where the code begins that a block is part of: found by the branches of its page, and by the jumps through tables noted in it.
// Runs in: the vcpu's worker thread.
import { BLOCK } from '../isa/state-layout'
import type { CodeCache } from './code-cache'
import type { JumpNote } from './jump-tables'
import { waysOf } from './region'
import { UOPS } from './uop-table'

const PAGE = 4096

/** Branches of a page by the offset they lead to; kept, and brought up to date with the blocks decoded since. */
interface Sources {
  head: number
  count: number
  readonly to: Map<number, number[]>
}

/** Pages whose branches are kept. */
const PAGES_KEPT = 64

/** Does control fall out of the block's end, where the interpreter has cut a longer one? */
export const isCut = (cache: CodeCache, block: number): boolean => UOPS[cache.op(cache.lastUop(block))]?.family === 'GOTO'

export class Roots {
  private readonly pages = new Map<number, Sources>()

  constructor(private readonly cache: CodeCache) {}

  /** The interpreter emptied its pool. */
  forget(): void {
    this.pages.clear()
  }

  private sourcesOf(page: number): Sources {
    const { cache, pages } = this
    const head = cache.headOfPage(page)
    let known = pages.get(page)
    if (known?.head === head) return known
    const all = cache.blocksOfPage(page)
    // the list only grows at its front, or is another one altogether
    if (!known || !all.includes(known.head + BLOCK.HEADER)) known = { head, count: 0, to: new Map() }
    pages.delete(page)
    pages.set(page, known)
    for (const block of all.slice(0, all.length - known.count)) {
      const { taken, next, after } = waysOf(cache, cache.lastUop(block))
      for (const offset of [after ?? taken, next]) {
        if (offset === undefined || offset < 0 || offset >= PAGE) continue
        const list = known.to.get(offset)
        if (list) list.push(block)
        else known.to.set(offset, [block])
      }
    }
    known.head = head
    known.count = all.length
    for (const oldest of pages.keys()) {
      if (pages.size <= PAGES_KEPT) break
      pages.delete(oldest)
    }
    return known
  }

  /**
   * The block that control falls into this one from and no branch of the page leads past: the interpreter ended it only as blocks have so
   * many instructions at most. Undefined if there is none.
   */
  cutBefore(first: number): number | undefined {
    const { cache } = this
    const { to } = this.sourcesOf(cache.pageOf(first))
    const [from, more] = to.get(cache.hostOf(first) & (PAGE - 1)) ?? []
    return from !== undefined && more === undefined && isCut(cache, from) ? from : undefined
  }

  /**
   * Where to enter the code that a block is part of: of all blocks of the page from which branches lead to it, the first
   * in memory, which for compiled code is the function's start.
   */
  of(first: number, notes: readonly JumpNote[]): number {
    const { cache } = this
    const page = cache.pageOf(first)
    const { to } = this.sourcesOf(page)
    const jumps = notes.filter((note) => note.page === page)
    let root = first
    const seen = new Set([first])
    const queue = [first]
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      if (cache.hostOf(at) < cache.hostOf(root)) root = at
      const offset = cache.hostOf(at) & (PAGE - 1)
      const noted = jumps.flatMap(({ block, distance }) => (distance === offset ? block : []))
      for (const from of [...(to.get(offset) ?? []), ...noted]) {
        if (seen.has(from)) continue
        seen.add(from)
        queue.push(from)
      }
    }
    return root
  }
}
