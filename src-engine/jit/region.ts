// Which blocks make up a region, where it is entered, and the shape of their control flow: reverse postorder, immediate dominators,
// loop heads.
// A region is what can be reached from its first block by near branches, calls and returns, also in other pages: those that
// the execute TLB leads to while the region is made. Whether it still does is looked at on each way there (region-code.ts).
// It is entered at its first block, and where control comes back to it: after calls that it is left for, system calls, instructions
// that it leaves to the interpreter. An entry inside a loop would make the loop one of two heads: the blocks from there to the loop's
// head are copied. Edges that would enter a loop other than by its head are cut all the same: control then leaves the region for the
// block's own entry, so what remains is reducible.
// Runs in: the vcpu's worker thread.
import { type CodeCache, UOP } from './code-cache'
import { isConditionalJump, UOPS } from './uop-table'

const PAGE = 4096
/** Most places a return of the region compares with: those after the calls of its function. */
const RETURN_SITES = 6
/** Most places where a region is entered. */
const ENTRIES = 16
/** Blocks that are copied for entries inside loops, at most. */
const COPIES = 16
/** What ends a block and does not go on behind it. */
const NO_WAY_ON = /^(jmp|ret|iret|sysret|sysexit|ud|GOTO|RAISE|STALE|ENTER)/

/** Where control may go at the end of a block: addresses, as distances from the page's first byte. A call's is its target. */
interface Ways {
  readonly taken: number | undefined
  readonly next: number | undefined
  /** After a call, and after what the interpreter does. */
  readonly after: number | undefined
}

/** The same, as distances from the first byte of the page where the region begins. */
export interface Block {
  taken: number | undefined
  next: number | undefined
  after: number | undefined
  readonly first: number
  /** Its last uop; when it falls into `nextTo`, the one there that is left to that. */
  last: number
  instructions: number
  /** It ends where another block of the region begins, without a branch. */
  falls: boolean
  /** Of its page. */
  readonly page: number
  /** Region blocks that `taken` and `next` are, or undefined: outside. */
  takenTo: Node | undefined
  nextTo: Node | undefined
  /** A return: blocks after calls of the region, which it may lead to. Of a region's root: its entries. */
  returns: Node[]
}

export interface Node extends Block {
  /** Place in reverse postorder. */
  order: number
  /** Which of the region's entries it is, or -1. */
  entry: number
  /** Undefined for the root. */
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
  /** No block: leads to the entries. */
  readonly root: Node
  readonly entries: readonly Node[]
  /** All others, in reverse postorder. */
  readonly nodes: readonly Node[]
}

export function waysOf(cache: CodeCache, last: number): Ways {
  const kind = UOPS[cache.op(last)]
  const target = cache.word(last + 12)
  const next = cache.word(last + UOP + 4)
  const near = kind?.size === 3
  if (kind?.family === 'GOTO' || (kind?.family === 'jmp' && near)) return { taken: target, next: undefined, after: undefined }
  if (kind && isConditionalJump(kind.family) && near) return { taken: target, next, after: undefined }
  if (kind?.family === 'call' && near) return { taken: target, next: undefined, after: next }
  return { taken: undefined, next: undefined, after: kind?.ends && !NO_WAY_ON.test(kind.family) ? next : undefined }
}

/** Gives the host page at a distance from the region's first page, or 0. */
export type PageAt = (distance: number) => number

const SHAPELESS = {
  falls: false,
  takenTo: undefined,
  nextTo: undefined,
  order: -1,
  entry: -1,
  dominator: undefined,
  loopHead: false,
  merge: false,
  longest: 0,
}
const lists = (): Pick<Node, 'returns' | 'merges' | 'predecessors'> => ({ returns: [], merges: [], predecessors: [] })

function makeNode(cache: CodeCache, first: number, page: number): Node {
  const last = cache.lastUop(first)
  const { taken, next, after } = waysOf(cache, last)
  const from = (distance: number | undefined): number | undefined => (distance === undefined ? undefined : page + distance)
  return {
    ...{ first, last, page, instructions: cache.order(last) + 1 },
    ...{ taken: from(taken), next: from(next), after: from(after) },
    ...SHAPELESS,
    ...lists(),
  }
}

/** Blocks that control reaches from `first`, at most `limit`, and some copies of them. */
export function formRegion(cache: CodeCache, first: number, limit: number, pageAt: PageAt): Region {
  const start = makeNode(cache, first, 0)
  const known = new Map([[cache.offset(first), start]])
  const queue = [start]
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
  for (let i = 0; i < queue.length; i++) {
    const node = queue[i]
    if (!node) break
    node.takenTo = reach(node.taken)
    node.nextTo = reach(node.next)
    reach(node.after)
  }
  shareEnds(cache, queue)
  const calls = new Map<Node, Node[]>()
  const comesBack = new Map<Node, Node>()
  for (const node of queue) {
    const site = node.after === undefined ? undefined : known.get(node.after)
    if (!site) continue
    comesBack.set(node, site)
    if (!node.takenTo) continue
    const sites = calls.get(node.takenTo)
    if (sites) sites.push(site)
    else calls.set(node.takenTo, [site])
  }
  const returnedTo = new Set<Node>()
  for (const [called, sites] of calls) {
    for (const node of functionOf(called, comesBack)) {
      if (UOPS[cache.op(node.last)]?.family !== 'ret') continue
      node.returns = [...new Set([...node.returns, ...sites])].slice(0, RETURN_SITES)
      for (const site of node.returns) returnedTo.add(site)
    }
  }
  // where a return within the region leads already is no entry: loops of calls would be slower
  const sites = [...comesBack.values()].filter((site) => site !== start && !returnedTo.has(site))
  return shape(entriesOf(cache, start, new Set(sites)))
}

/**
 * Blocks begin wherever control came to, so that one that falls into a loop has the loop's first block as its end. It is cut there: else
 * the loop would be entered behind its head. Only where both end together, as the interpreter stops at ends of blocks alone, and is
 * to stop at the same ones whether it comes out of a region at the second block or goes through the first.
 */
function shareEnds(cache: CodeCache, nodes: readonly Node[]): void {
  const byEnd = new Map<string, Node[]>()
  for (const node of nodes) {
    const end = `${node.page + cache.offset(node.last)} ${cache.op(node.last)}`
    const same = byEnd.get(end)
    if (same) same.push(node)
    else byEnd.set(end, [node])
  }
  for (const same of byEnd.values()) {
    same.sort((a, b) => cache.offset(a.first) - cache.offset(b.first))
    same.forEach((node, i) => {
      const next = same[i + 1]
      const cut = next && uopAt(cache, node, cache.offset(next.first))
      if (!cut) return
      Object.assign(node, {
        ...{ last: cut, instructions: cache.order(cut), falls: true },
        ...{ taken: undefined, takenTo: undefined, next: next.page + cache.offset(next.first), nextTo: next, after: undefined },
      })
    })
  }
}

/** The first uop of a block's instruction at an offset in the page, or undefined; not the block's own first. */
function uopAt(cache: CodeCache, { first, last }: Node, offset: number): number | undefined {
  for (let ip = first + UOP; ip < last; ip += UOP) if (cache.offset(ip) === offset) return ip
  return undefined
}

/** Where the region is entered: at its start and at sites that control comes back to, if not too many copies are needed. */
function entriesOf(cache: CodeCache, start: Node, sites: ReadonlySet<Node>): Node[] {
  const kept = new Set<Node>()
  /** In a loop, and not its head. */
  const inner = new Set<Node>()
  let copied = 0
  /** The entry for a block, or undefined: it would need too many copies. */
  const grow = (block: Node): Node | undefined => {
    const fresh = new Set<Node>()
    const copies = new Map<Node, Node>()
    const resolve = (node: Node): Node => {
      if (kept.has(node) && !inner.has(node)) return node
      let there = node
      if (kept.has(node)) {
        there = copies.get(node) ?? { ...node, ...lists(), returns: [...node.returns] }
        copies.set(node, there)
      }
      fresh.add(there)
      return there
    }
    const entry = resolve(block)
    for (const node of fresh) {
      if (copied + copies.size > COPIES) return undefined
      if (node.takenTo) node.takenTo = resolve(node.takenTo)
      if (node.nextTo) node.nextTo = resolve(node.nextTo)
      node.returns = node.returns.map(resolve)
    }
    copied += copies.size
    for (const node of fresh) kept.add(node)
    if (fresh.has(entry)) for (const node of innerOf(entry, fresh)) inner.add(node)
    return entry
  }
  const entries = [grow(start) ?? start]
  for (const site of sites) {
    if (entries.length === ENTRIES) break
    const entry = cache.hasEntry(site.first) ? undefined : grow(site)
    if (entry && !entries.includes(entry)) entries.push(entry)
  }
  entries.forEach((node, i) => {
    node.entry = i
  })
  return entries
}

/** Of nodes that are reached from the first one, those in loops but their heads. */
function innerOf(entry: Node, nodes: ReadonlySet<Node>): ReadonlySet<Node> {
  const order = reversePostorder(entry, nodes)
  order.forEach((node, i) => {
    node.order = i
  })
  dominators(order)
  const found = new Set<Node>()
  for (const node of order) {
    for (const head of new Set([node.takenTo, node.nextTo, ...node.returns])) {
      if (!head || !nodes.has(head) || head.order > node.order || !dominates(head, node)) continue
      const body = new Set([head, node])
      for (const one of body) if (one !== head) for (const from of one.predecessors) if (nodes.has(from)) body.add(from)
      for (const one of body) if (one !== head) found.add(one)
    }
  }
  return found
}

/** The region's blocks of a function: calls count as going on after them. */
function functionOf(called: Node, comesBack: ReadonlyMap<Node, Node>): ReadonlySet<Node> {
  const found = new Set([called])
  for (const node of found) {
    const isCall = node.after !== undefined
    for (const to of isCall ? [comesBack.get(node)] : [node.takenTo, node.nextTo]) if (to) found.add(to)
  }
  return found
}

function reversePostorder(entry: Node, within?: ReadonlySet<Node>): Node[] {
  const seen = new Set<Node>()
  const done: Node[] = []
  const wanted = (node: Node): boolean => !seen.has(node) && (!within || within.has(node))
  const visit = (node: Node): void => {
    seen.add(node)
    for (let i = node.returns.length - 1; i >= 0; i--) {
      const site = node.returns[i]
      if (site && wanted(site)) visit(site)
    }
    if (node.nextTo && wanted(node.nextTo)) visit(node.nextTo)
    if (node.takenTo && wanted(node.takenTo)) visit(node.takenTo)
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

function shape(entries: Node[]): Region {
  const root: Node = {
    ...{ first: 0, last: 0, page: 0, instructions: 0, falls: false, taken: undefined, next: undefined, after: undefined },
    ...SHAPELESS,
    ...lists(),
    returns: entries,
  }
  const nodes = reversePostorder(root)
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
  return { root, entries, nodes: nodes.slice(1) }
}
