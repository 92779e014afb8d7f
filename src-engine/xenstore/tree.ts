// The store's tree as an immutable value: a change makes a new tree that shares all untouched nodes with the old one.
// So a transaction's snapshot costs nothing, "has anything below here changed" is one comparison of references, and a
// reader never sees half a change.
// Each node carries two generations: `own` changes with its value and permissions, `list` with the names of its children.
// Invariant: no Node or Tree is changed after it is made; `owned` counts the nodes of each domain. Runs in: domain 0.
import { segments } from './path'
import { DOM0_ONLY, inherited, type Permissions } from './permission'

export interface Node {
  readonly value: string
  readonly permissions: Permissions
  readonly own: number
  readonly list: number
  readonly children: ReadonlyMap<string, Node>
}

export interface Tree {
  readonly root: Node
  /** Nodes owned, by domid. Domain 0's are counted too but have no quota. */
  readonly owned: ReadonlyMap<number, number>
}

/** What a request changes; the words of a transaction's log. */
export type Change =
  | { readonly kind: 'write'; readonly path: string; readonly value: string; readonly creator: number }
  | { readonly kind: 'mkdir'; readonly path: string; readonly creator: number }
  | { readonly kind: 'rm'; readonly path: string }
  | { readonly kind: 'permissions'; readonly path: string; readonly permissions: Permissions }

const NO_CHILDREN: ReadonlyMap<string, Node> = new Map()

export function emptyTree(): Tree {
  return {
    root: { value: '', permissions: DOM0_ONLY, own: 0, list: 0, children: NO_CHILDREN },
    owned: new Map([[0, 1]]),
  }
}

export function lookup(tree: Tree, path: string): Node | undefined {
  let node: Node | undefined = tree.root
  for (const name of segments(path)) {
    node = node.children.get(name)
    if (!node) return undefined
  }
  return node
}

/** The node itself or the nearest ancestor that exists, with its path. */
export function nearest(tree: Tree, path: string): { node: Node; path: string } {
  let node = tree.root
  let at = ''
  for (const name of segments(path)) {
    const child = node.children.get(name)
    if (!child) break
    node = child
    at += `/${name}`
  }
  return { node, path: at === '' ? '/' : at }
}

class Count {
  private readonly counts: Map<number, number>
  constructor(counts: ReadonlyMap<number, number>) {
    this.counts = new Map(counts)
  }
  add(domid: number, by: number): void {
    const now = (this.counts.get(domid) ?? 0) + by
    if (now === 0) this.counts.delete(domid)
    else this.counts.set(domid, now)
  }
  remove(node: Node): void {
    this.add(node.permissions[0].domid, -1)
    for (const child of node.children.values()) this.remove(child)
  }
  get value(): ReadonlyMap<number, number> {
    return this.counts
  }
}

function withChild(node: Node, name: string, child: Node | undefined, generation: number): Node {
  const children = new Map(node.children)
  const had = children.has(name)
  if (child) children.set(name, child)
  else children.delete(name)
  return { ...node, children, list: had === (child !== undefined) ? node.list : generation }
}

/** The tree after the change. Permissions and quotas were checked before; a change that no longer fits changes nothing. */
export function apply(tree: Tree, change: Change, generation: number): Tree {
  const names = segments(change.path)
  const count = new Count(tree.owned)

  const fresh = (parent: Node, creator: number, value: string): Node => {
    const permissions = inherited(parent.permissions, creator)
    count.add(permissions[0].domid, 1)
    return { value, permissions, own: generation, list: generation, children: NO_CHILDREN }
  }

  const step = (node: Node, depth: number): Node => {
    const name = names[depth]
    if (name === undefined) {
      if (change.kind === 'write') return { ...node, value: change.value, own: generation }
      if (change.kind === 'permissions') {
        count.add(node.permissions[0].domid, -1)
        count.add(change.permissions[0].domid, 1)
        return { ...node, permissions: change.permissions, own: generation }
      }
      return node
    }
    const child = node.children.get(name)
    const last = depth === names.length - 1
    if (change.kind === 'rm' && last) {
      if (!child) return node
      count.remove(child)
      return withChild(node, name, undefined, generation)
    }
    if (child) {
      const next = step(child, depth + 1)
      return next === child ? node : withChild(node, name, next, generation)
    }
    if (change.kind === 'rm' || change.kind === 'permissions') return node
    const made = fresh(node, change.creator, change.kind === 'write' && last ? change.value : '')
    return withChild(node, name, last ? made : step(made, depth + 1), generation)
  }

  const root = step(tree.root, 0)
  return root === tree.root ? tree : { root, owned: count.value }
}

/** Calls for a node and all below it, in name order, parents first. */
export function walk(node: Node, path: string, visit: (path: string, node: Node) => void): void {
  visit(path, node)
  const names = [...node.children.keys()].sort()
  for (const name of names) {
    const child = node.children.get(name)
    if (child) walk(child, path === '/' ? `/${name}` : `${path}/${name}`, visit)
  }
}

/** Puts a whole node (with all below it) at a path whose parents are made as domain 0's if missing: for restored state. */
export function graft(tree: Tree, path: string, node: Node, generation: number): Tree {
  const made = apply(apply(tree, { kind: 'rm', path }, generation), { kind: 'mkdir', path, creator: 0 }, generation)
  const count = new Count(made.owned)
  const names = segments(path)
  const add = (one: Node): void => {
    count.add(one.permissions[0].domid, 1)
    for (const child of one.children.values()) add(child)
  }
  const step = (at: Node, depth: number): Node => {
    const name = names[depth]
    const child = name === undefined ? undefined : at.children.get(name)
    if (name === undefined || !child) {
      count.add(at.permissions[0].domid, -1)
      add(node)
      return node
    }
    return withChild(at, name, step(child, depth + 1), generation)
  }
  return { root: step(made.root, 0), owned: count.value }
}
