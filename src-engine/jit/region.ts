// Which blocks make up a region, and the shape of their control flow: reverse postorder, immediate dominators, loop heads.
// A region is what can be reached from its first block by near branches, calls and returns, also in other pages: those that
// the execute TLB leads to while the region is made. Whether it still does is looked at on each way there (region-code.ts).
// Edges that would enter a loop other than by its head are cut: control then leaves the region for the block's own entry,
// so what remains is reducible.
// Runs in: the vcpu's worker thread.
import { BLOCK } from '../isa/state-layout'
import { type CodeCache, UOP } from './code-cache'
import { isConditionalJump, UOPS } from './uop-table'

const PAGE = 4096
/** Most places a return of the region compares with: those after the calls of its function. */
const RETURN_SITES = 6

/** Where control may go at the end of a block: addresses, as distances from the page's first byte. A call's is its target. */
interface Ways {
  readonly taken: number | undefined
  readonly next: number | undefined
  /** After a call. */
  readonly after: number | undefined
}

/** The same, as distances from the first byte of the page where the region begins. */
export interface Block extends Ways {
  readonly first: number
  readonly last: number
  readonly instructions: number
  /** Of its page. */
  readonly page: number
  /** Region blocks that `taken` and `next` are, or undefined: outside. */
  takenTo: Node | undefined
  nextTo: Node | undefined
  /** A return: blocks after calls of the region, which it may lead to. */
  returns: Node[]
}

export interface Node extends Block {
  /** Place in reverse postorder. */
  order: number
  /** Undefined for the entry. */
  dominator: Node | undefined
  /** Merges it dominates, last first. */
  readonly merges: Node[]
  readonly predecessors: Node[]
  loopHead: boolean
  /** More than one forward edge comes here. */
  merge: boolean
  /** Most instructions from here to the next loop head or exit. */
  longest: number
}

export interface Region {
  readonly entry: Node
  /** In reverse postorder. */
  readonly nodes: readonly Node[]
}

function waysOf(cache: CodeCache, last: number): Ways {
  const kind = UOPS[cache.op(last)]
  const target = cache.word(last + 12)
  const next = cache.word(last + UOP + 4)
  const near = kind?.size === 3
  if (kind?.family === 'GOTO' || (kind?.family === 'jmp' && near)) return { taken: target, next: undefined, after: undefined }
  if (kind && isConditionalJump(kind.family) && near) return { taken: target, next, after: undefined }
  if (kind?.family === 'call' && near) return { taken: target, next: undefined, after: next }
  return { taken: undefined, next: undefined, after: undefined }
}

/** Gives the host page at a distance from the region's first page, or 0. */
export type PageAt = (distance: number) => number

function makeNode(cache: CodeCache, first: number, page: number): Node {
  const last = cache.lastUop(first)
  const { taken, next, after } = waysOf(cache, last)
  const from = (distance: number | undefined): number | undefined => (distance === undefined ? undefined : page + distance)
  return {
    ...{ first, last, page, instructions: cache.order(last) + 1 },
    ...{ taken: from(taken), next: from(next), after: from(after) },
    ...{ takenTo: undefined, nextTo: undefined, returns: [], order: -1, dominator: undefined, merges: [], predecessors: [] },
    ...{ loopHead: false, merge: false, longest: 0 },
  }
}

/** Blocks that control reaches from `first`, at most `limit`. */
export function formRegion(cache: CodeCache, first: number, limit: number, pageAt: PageAt): Region {
  const entry = makeNode(cache, first, 0)
  const known = new Map([[cache.offset(first), entry]])
  const queue = [entry]
  const reach = (at: number | undefined): Node | undefined => {
    if (at === undefined) return undefined
    const there = known.get(at)
    if (there) return there
    const page = at & ~(PAGE - 1)
    const host = pageAt(page)
    const block = host === 0 || known.size >= limit ? 0 : cache.find(host + at - page)
    if (block === 0) return undefined
    const made = makeNode(cache, block, page)
    known.set(at, made)
    queue.push(made)
    return made
  }
  const calls = new Map<Node, Node[]>()
  const afterCall = new Map<Node, Node>()
  for (let i = 0; i < queue.length; i++) {
    const node = queue[i]
    if (!node) break
    node.takenTo = reach(node.taken)
    node.nextTo = reach(node.next)
    const site = node.takenTo && reach(node.after)
    if (!node.takenTo || !site) continue
    afterCall.set(node, site)
    const sites = calls.get(node.takenTo)
    if (sites) sites.push(site)
    else calls.set(node.takenTo, [site])
  }
  for (const [called, sites] of calls) {
    for (const node of functionOf(called, afterCall)) {
      if (UOPS[cache.op(node.last)]?.family !== 'ret') continue
      node.returns = [...new Set([...node.returns, ...sites])].slice(0, RETURN_SITES)
    }
  }
  return shape(entry)
}

/** The region's blocks of a function: calls count as going on after them. */
function functionOf(called: Node, afterCall: ReadonlyMap<Node, Node>): ReadonlySet<Node> {
  const found = new Set([called])
  for (const node of found) {
    const isCall = node.after !== undefined
    for (const to of isCall ? [afterCall.get(node)] : [node.takenTo, node.nextTo]) if (to) found.add(to)
  }
  return found
}

function reversePostorder(entry: Node): Node[] {
  const seen = new Set<Node>()
  const done: Node[] = []
  const visit = (node: Node): void => {
    seen.add(node)
    for (const site of node.returns) if (!seen.has(site)) visit(site)
    if (node.nextTo && !seen.has(node.nextTo)) visit(node.nextTo)
    if (node.takenTo && !seen.has(node.takenTo)) visit(node.takenTo)
    done.push(node)
  }
  visit(entry)
  return done.reverse()
}

function meet(a: Node, b: Node): Node {
  let x = a
  let y = b
  while (x !== y) {
    while (x.order > y.order && x.dominator) x = x.dominator
    while (y.order > x.order && y.dominator) y = y.dominator
  }
  return x
}

function dominators(nodes: readonly Node[]): void {
  for (const node of nodes) node.predecessors.length = 0
  for (const node of nodes) {
    if (node.takenTo) node.takenTo.predecessors.push(node)
    if (node.nextTo && node.nextTo !== node.takenTo) node.nextTo.predecessors.push(node)
    for (const site of node.returns) site.predecessors.push(node)
  }
  for (const node of nodes) node.dominator = undefined
  for (let changed = true; changed; ) {
    changed = false
    for (let i = 1; i < nodes.length; i++) {
      const node = nodes[i]
      if (!node) break
      let best: Node | undefined
      for (const from of node.predecessors) if (from.order === 0 || from.dominator) best = best ? meet(best, from) : from
      if (best && node.dominator !== best) {
        node.dominator = best
        changed = true
      }
    }
  }
}

function dominates(a: Node, b: Node): boolean {
  let at = b
  while (at.order > a.order && at.dominator) at = at.dominator
  return at === a
}

/** Instructions after a block until the budget is looked at again; notes loop heads. */
function beyond(node: Node, to: Node | undefined): number {
  if (!to) return 0
  if (to.order > node.order) return to.loopHead ? 0 : to.longest
  to.loopHead = true
  return 0
}

function shape(entry: Node): Region {
  const nodes = reversePostorder(entry)
  nodes.forEach((node, order) => {
    node.order = order
  })
  dominators(nodes)
  let cut = false
  for (const node of nodes) {
    if (node.takenTo && node.takenTo.order <= node.order && !dominates(node.takenTo, node)) {
      node.takenTo = undefined
      cut = true
    }
    if (node.nextTo && node.nextTo.order <= node.order && !dominates(node.nextTo, node)) {
      node.nextTo = undefined
      cut = true
    }
  }
  for (const node of nodes) {
    const kept = node.returns.filter((site) => site.order > node.order || dominates(site, node))
    if (kept.length === node.returns.length) continue
    node.returns = kept
    cut = true
  }
  if (cut) dominators(nodes)
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]
    if (!node) break
    node.longest =
      node.instructions +
      Math.max(beyond(node, node.takenTo), beyond(node, node.nextTo), ...node.returns.map((site) => beyond(node, site)))
    let forward = 0
    for (const from of node.predecessors) if (from.order < node.order) forward++
    node.merge = forward > 1
    // in descending order, as they come here
    if (node.merge) node.dominator?.merges.push(node)
  }
  return { entry, nodes }
}

/** Branches of a page by the offset they lead to; kept, and brought up to date with the blocks decoded since. */
interface Sources {
  head: number
  count: number
  readonly to: Map<number, number[]>
}

/** Pages whose branches are kept. */
const PAGES_KEPT = 64

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
   * Where to enter the code that a block is part of: of all blocks of the page from which branches lead to it, the first
   * in memory, which for compiled code is the function's start.
   */
  of(first: number): number {
    const { cache } = this
    const { to } = this.sourcesOf(cache.hostOf(first) & ~(PAGE - 1))
    let root = first
    const seen = new Set([first])
    const queue = [first]
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      if (cache.hostOf(at) < cache.hostOf(root)) root = at
      for (const from of to.get(cache.hostOf(at) & (PAGE - 1)) ?? []) {
        if (seen.has(from)) continue
        seen.add(from)
        queue.push(from)
      }
    }
    return root
  }
}
