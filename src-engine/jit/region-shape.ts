// The shape of a region's control flow: reverse postorder, immediate dominators, loop heads, how many instructions run until the next look at the
// budget. Edges that would enter a loop other than by its head are cut: control then leaves the region for the block's own entry, so what
// remains is reducible.
// Runs in: the vcpu's worker thread.

/** A block: places are distances from the first byte of the page where the region begins. */
export interface Block {
  /** Where control may go at its end. A call's `taken` is its target. */
  taken: number | undefined
  next: number | undefined
  /** After a call, and after what the interpreter does. */
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
  /** A return: blocks after calls of the region, which it may lead to. A junction: those that its jumps may lead to. Of a region's root: its entries. */
  returns: Node[]
  /** No block, but what all jumps of the region through one table go to. Its page is that of all these jumps, or NaN. */
  readonly junction: boolean
}

export interface Node extends Block {
  /** Place in reverse postorder. */
  order: number
  /** The region is entered here. */
  entered: boolean
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

export interface Entry {
  readonly block: Node
  /** The block, or the junction that leads to it: where many blocks of a loop are to be entered, they are entered by its head. */
  readonly by: Node
}

export interface Region {
  /** No block: leads to the entries. */
  readonly root: Node
  readonly entries: readonly Entry[]
  /** All others, in reverse postorder. */
  readonly nodes: readonly Node[]
  /** It is made of what was seen to run: other ways are hardly ever gone. */
  readonly traced?: boolean
}

export const SHAPELESS = {
  falls: false,
  takenTo: undefined,
  nextTo: undefined,
  order: -1,
  entered: false,
  junction: false,
  dominator: undefined,
  loopHead: false,
  merge: false,
  longest: 0,
}
export const lists = (): Pick<Node, 'returns' | 'merges' | 'predecessors'> => ({ returns: [], merges: [], predecessors: [] })

/** No block. */
export const pointNode = (more: Partial<Node>): Node => ({
  ...{ first: 0, last: 0, page: 0, instructions: 0, taken: undefined, next: undefined, after: undefined },
  ...SHAPELESS,
  ...lists(),
  ...more,
})

/** Of nodes that are reached from the first one, those in loops but their heads. */
export function innerOf(entry: Node, nodes: ReadonlySet<Node>): ReadonlySet<Node> {
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

/** The region of these entries, but for those that its shape does not allow. */
export function shape(wanted: readonly Entry[]): Region {
  const root = pointNode({ returns: wanted.map(({ by }) => by) })
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
  const entries = wanted.filter(({ block, by }) => by === block || by.returns.includes(block))
  root.returns = entries.map(({ by }) => by)
  for (const node of root.returns) node.entered = true
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
