// Which blocks make up a region, and where it is entered; its shape is found in region-shape.ts.
// A region is what can be reached from its first block by near branches, calls and returns, also in other pages: those that
// the execute TLB leads to while the region is made. Whether it still does is looked at on each way there (region-code.ts).
// It is entered at its first block, where control comes back to it (after calls that it is left for, system calls, instructions that it
// leaves to the interpreter), and where the interpreter was found at work. An entry inside a loop would make the loop one of two heads:
// the blocks from there to the loop's head are copied. Jumps through one table lead to a node without instructions, their junction, and so to where such jumps have led before.
// Runs in: the vcpu's worker thread.
import { type CodeCache, UOP } from './code-cache'
import { type JumpNote, tableOf } from './jump-tables'
import { type Entry, innerOf, lists, type Node, pointNode, type Region, SHAPELESS, shape } from './region-shape'
import { isConditionalJump, UOPS } from './uop-table'

const PAGE = 4096
/** Most places a return of the region compares with: those after the calls of its function. */
const RETURN_SITES = 6
/** Most places where a region is entered. */
const ENTRIES = 16
/** Blocks that are copied for entries inside loops, at most. */
const COPIES = 16
/** Most blocks that jumps through one table lead to. */
const TABLE_TARGETS = 32
/** What ends a block and does not go on behind it. */
const NO_WAY_ON = /^(jmp|ret|iret|sysret|sysexit|ud|GOTO|RAISE|STALE|ENTER)/

/** Where control may go at the end of a block: addresses, as distances from the page's first byte. A call's is its target. */
interface Ways {
  readonly taken: number | undefined
  readonly next: number | undefined
  /** After a call, and after what the interpreter does. */
  readonly after: number | undefined
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

export function makeNode(cache: CodeCache, first: number, page: number): Node {
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

/** What a region's shape depends on beside its blocks, which are named by their first uops. */
export interface Surroundings {
  /** Where jumps through tables have led. */
  readonly notes: readonly JumpNote[]
  /** Has the interpreter been found at work at the block? */
  isWarm(first: number): boolean
  /** Does the region end in front of the block, as another one goes on there? */
  endsAt(first: number): boolean
  /** Is the region not to be entered at the block? It may begin there all the same. */
  isRefused(first: number): boolean
}

/** How much a region takes in: so many blocks at most, and no more of them once they have so many instructions. */
export interface Size {
  readonly blocks: number
  readonly instructions: number
}

const never = (): boolean => false

/** Blocks that control reaches from `first`, within a size, and some copies of them. */
export function formRegion(
  cache: CodeCache,
  first: number,
  size: Size,
  pageAt: PageAt,
  { notes = [], isWarm = never, endsAt = never, isRefused = never }: Partial<Surroundings> = {},
): Region {
  const start = makeNode(cache, first, 0)
  const known = new Map([[cache.offset(first), start]])
  const queue = [start]
  let instructions = start.instructions
  /** Distances of host pages. */
  const pages = new Map([[cache.pageOf(first), 0]])
  const reach = (at: number | undefined): Node | undefined => {
    if (at === undefined) return undefined
    const there = known.get(at)
    if (there) return there
    const page = at & ~(PAGE - 1)
    const host = pageAt(page)
    const block =
      host === 0 || known.size >= size.blocks || instructions >= size.instructions ? 0 : cache.find(host + at - page)
    if (block === 0 || endsAt(block)) return undefined
    pages.set(host, page)
    const made = makeNode(cache, block, page)
    known.set(at, made)
    queue.push(made)
    instructions += made.instructions
    return made
  }
  for (let i = 0; i < queue.length; i++) {
    const node = queue[i]
    if (!node) break
    node.takenTo = reach(node.taken)
    node.nextTo = reach(node.next)
    reach(node.after)
    for (const at of targetsOf(tableOf(cache, node.first, node.last), notes, pages)) reach(at)
  }
  shareEnds(cache, queue)
  const junctions = makeJunctions(cache, queue, (table) => targetsOf(table, notes, pages).flatMap((at) => known.get(at) ?? []))
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
  const warm = queue.filter((node) => node !== start && !returnedTo.has(node) && isWarm(node.first))
  const isOpen = (node: Node): boolean => !cache.hasEntry(node.first) && !isRefused(node.first)
  return shape(entriesOf(isOpen, { start, sites: new Set(sites), warm }, junctions))
}

/** Where jumps through a table are known to lead, if they stand in these pages. */
function targetsOf(table: string | undefined, notes: readonly JumpNote[], pages: ReadonlyMap<number, number>): number[] {
  const found = new Set<number>()
  for (const note of table === undefined ? [] : notes) {
    const page = note.table === table ? pages.get(note.page) : undefined
    if (page !== undefined && found.size < TABLE_TARGETS) found.add(page + note.distance)
  }
  return [...found]
}

/** One for each table whose targets are known; the blocks that end in jumps through it lead there. */
export function makeJunctions(cache: CodeCache, nodes: readonly Node[], targets: (table: string) => Node[]): Node[] {
  const byTable = new Map<string, Node[]>()
  for (const node of nodes) {
    const table = node.falls ? undefined : tableOf(cache, node.first, node.last)
    if (table === undefined) continue
    const jumps = byTable.get(table)
    if (jumps) jumps.push(node)
    else byTable.set(table, [node])
  }
  return [...byTable].flatMap(([table, jumps]) => {
    const returns = targets(table)
    if (returns.length === 0) return []
    const page = jumps.every((node) => node.page === jumps[0]?.page) ? jumps[0]?.page : Number.NaN
    const junction = pointNode({ junction: true, returns, page })
    for (const node of jumps) node.takenTo = junction
    return junction
  })
}

/**
 * Blocks begin wherever control came to, so that one that falls into a loop has the loop's first block as its end. It is cut there: else
 * the loop would be entered behind its head. Only where both end together, as the interpreter stops at ends of blocks alone, and is
 * to stop at the same ones whether it comes out of a region at the second block or goes through the first.
 */
export function shareEnds(cache: CodeCache, nodes: readonly Node[]): void {
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

/** Where a region might be entered. */
interface Wanted {
  readonly start: Node
  /** Where control comes back to. */
  readonly sites: ReadonlySet<Node>
  /** Where the interpreter was found at work. */
  readonly warm: readonly Node[]
}

/**
 * Where the region is entered: at its start, at sites that control comes back to, if not too many copies are needed, at warm blocks if none
 * is, and where a table leads, by its junction, unless that stands inside a loop of another head.
 */
export function entriesOf(
  isOpen: (block: Node) => boolean,
  { start, sites, warm }: Wanted,
  junctions: readonly Node[],
): Entry[] {
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
  const entries: Entry[] = []
  const add = (block: Node, by: Node | undefined): void => {
    if (by && !entries.some((entry) => entry.block.first === block.first)) entries.push({ block, by })
  }
  const leading = junctions.find((junction) => junction.returns.includes(start))
  add(start, grow(leading ?? start))
  for (const site of sites) {
    if (entries.length === ENTRIES) break
    const entry = isOpen(site) ? grow(site) : undefined
    if (entry) add(entry, entry)
  }
  // Control comes there from elsewhere, and the block would soon begin a region of its own, with the same blocks once more.
  for (const block of warm) {
    if (entries.length >= ENTRIES) break
    if (kept.has(block) && !inner.has(block) && isOpen(block)) add(block, block)
  }
  for (const junction of junctions) {
    if (!kept.has(junction) || inner.has(junction)) continue
    for (const block of junction.returns) if (isOpen(block)) add(block, junction)
  }
  return entries
}

/** The region's blocks of a function: calls count as going on after them. */
function functionOf(called: Node, comesBack: ReadonlyMap<Node, Node>): ReadonlySet<Node> {
  const found = new Set([called])
  for (const node of found) {
    const isCall = node.after !== undefined
    const ways = isCall ? [comesBack.get(node)] : [node.takenTo, node.nextTo, ...(node.junction ? node.returns : [])]
    for (const to of ways) if (to) found.add(to)
  }
  return found
}
