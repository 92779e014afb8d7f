// Which blocks make up a region, and the shape of their control flow: reverse postorder, immediate dominators, loop heads.
// A region is what can be reached from its first block by branches within the page. Edges that would enter a loop
// other than by its head are cut: control then leaves the region for the block's own entry, so what remains is reducible.
// Runs in: the vcpu's worker thread.
import { type CodeCache, UOP } from './code-cache'
import { isConditionalJump, UOPS } from './uop-table'

const PAGE = 4096

/** Where control may go at the end of a block: page offsets. A call's is its target; -1: not there. */
export interface Block {
  readonly first: number
  readonly last: number
  readonly instructions: number
  readonly taken: number
  readonly next: number
  /** Region blocks that `taken` and `next` are, or undefined: outside. */
  takenTo: Node | undefined
  nextTo: Node | undefined
}

export interface Node extends Block {
  /** Place in reverse postorder. */
  order: number
  /** Undefined for the entry. */
  dominator: Node | undefined
  readonly children: Node[]
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

function readBlock(cache: CodeCache, first: number): Omit<Block, 'takenTo' | 'nextTo'> {
  const last = cache.lastUop(first)
  const kind = UOPS[cache.op(last)]
  const instructions = cache.order(last) + 1
  let taken = -1
  let next = -1
  if (kind?.family === 'GOTO' || (kind?.family === 'jmp' && kind.size === 3)) taken = cache.word(last + 12)
  else if (kind && isConditionalJump(kind.family) && kind.size === 3) {
    taken = cache.word(last + 12)
    next = cache.word(last + UOP + 4)
  }
  return { first, last, instructions, taken, next }
}

/** Blocks that control reaches from `first`, at most `limit`. */
export function formRegion(cache: CodeCache, first: number, limit: number): Region {
  const page = cache.hostOf(first) & ~(PAGE - 1)
  const byFirst = new Map<number, Node>()
  const make = (at: number): Node => {
    const base = readBlock(cache, at)
    const whole: Node = {
      ...base,
      takenTo: undefined,
      nextTo: undefined,
      order: -1,
      dominator: undefined,
      children: [],
      predecessors: [],
      loopHead: false,
      merge: false,
      longest: 0,
    }
    byFirst.set(at, whole)
    return whole
  }
  const entry = make(first)
  const queue = [entry]
  const reach = (offset: number): Node | undefined => {
    if (offset < 0 || offset >= PAGE) return undefined
    const at = cache.find(page + offset)
    if (at === 0) return undefined
    const known = byFirst.get(at)
    if (known) return known
    if (byFirst.size >= limit) return undefined
    const made = make(at)
    queue.push(made)
    return made
  }
  for (let i = 0; i < queue.length; i++) {
    const node = queue[i]
    if (!node) break
    node.takenTo = reach(node.taken)
    node.nextTo = reach(node.next)
  }
  return shape(entry)
}

const successors = (node: Node): Node[] => {
  const list: Node[] = []
  if (node.takenTo) list.push(node.takenTo)
  if (node.nextTo && node.nextTo !== node.takenTo) list.push(node.nextTo)
  return list
}

function reversePostorder(entry: Node): Node[] {
  const seen = new Set<Node>([entry])
  const done: Node[] = []
  const stack: { node: Node; next: Node[] }[] = [{ node: entry, next: successors(entry) }]
  while (stack.length > 0) {
    const top = stack[stack.length - 1]
    const to = top?.next.shift()
    if (to === undefined) {
      if (top) done.push(top.node)
      stack.pop()
    } else if (!seen.has(to)) {
      seen.add(to)
      stack.push({ node: to, next: successors(to) })
    }
  }
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
  for (const node of nodes) for (const to of successors(node)) to.predecessors.push(node)
  const known = new Set<Node>(nodes.slice(0, 1))
  for (let changed = true; changed; ) {
    changed = false
    for (const node of nodes.slice(1)) {
      let best: Node | undefined
      for (const from of node.predecessors) if (known.has(from)) best = best ? meet(best, from) : from
      if (best && (!known.has(node) || node.dominator !== best)) {
        node.dominator = best
        known.add(node)
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
  if (cut) dominators(nodes)
  for (const node of nodes.slice(1)) node.dominator?.children.push(node)
  for (const node of [...nodes].reverse()) {
    let beyond = 0
    for (const to of successors(node)) {
      if (to.order <= node.order) to.loopHead = true
      else if (!to.loopHead) beyond = Math.max(beyond, to.longest)
    }
    node.longest = node.instructions + beyond
    node.merge = node.predecessors.filter((from) => from.order < node.order).length > 1
    node.children.sort((a, b) => b.order - a.order)
  }
  return { entry, nodes }
}

/**
 * Where to enter the code that a block is part of: of all blocks of the page from which branches lead to it, the first
 * in memory, which for compiled code is the function's start.
 */
export function rootOf(cache: CodeCache, first: number): number {
  const page = cache.hostOf(first) & ~(PAGE - 1)
  const sources = new Map<number, number[]>()
  for (const block of cache.blocksOfPage(page)) {
    const { taken, next } = readBlock(cache, block)
    for (const offset of [taken, next]) {
      if (offset < 0 || offset >= PAGE) continue
      const to = cache.find(page + offset)
      if (to === 0) continue
      const list = sources.get(to)
      if (list) list.push(block)
      else sources.set(to, [block])
    }
  }
  let root = first
  const seen = new Set([first])
  const queue = [first]
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (cache.hostOf(at) < cache.hostOf(root)) root = at
    for (const from of sources.get(at) ?? []) {
      if (seen.has(from)) continue
      seen.add(from)
      queue.push(from)
    }
  }
  return root
}
