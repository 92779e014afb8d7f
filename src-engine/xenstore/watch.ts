// Watches: who is told about which changes, and in which words.
// A watch on P is told of changes at P and below, in the form it was registered (relative stays relative), and of the removal
// of an ancestor, at P itself. A domain is told only of nodes it may read. @introduceDomain and @releaseDomain are told by name.
// Invariant: what is reported is the registered path plus the rest of the changed one. Runs in: domain 0.
import { isWithin } from './path'
import { may } from './permission'
import { type Change, lookup, type Node, type Tree } from './tree'

export interface Watch {
  /** As the guest wrote it. */
  readonly registered: string
  /** The same, absolute and in the store's numbers. */
  readonly path: string
  readonly token: string
}

export function isSpecial(path: string): boolean {
  return path.startsWith('/@')
}

/** The changed path in the words of the watch. */
export function reported(watch: Watch, changed: string): string {
  const rest = watch.path === '/' ? changed.slice(1) : changed.slice(watch.path.length + 1)
  if (rest === '') return watch.registered
  return watch.registered === '/' ? `/${rest}` : `${watch.registered}/${rest}`
}

/** Changes as far as watches see a difference: a path that was written a thousand times is one. In order. */
export function distinct(changes: readonly Change[]): readonly Change[] {
  if (changes.length < 2) return changes
  const seen = new Map<string, Change>()
  for (const change of changes) {
    const key = change.kind === 'rm' ? `rm ${change.path}` : change.path
    if (!seen.has(key)) seen.set(key, change)
  }
  return [...seen.values()]
}

/** A change with the node that watches are told of: as it is now, or was before it was removed. */
export interface Seen {
  readonly change: Change
  readonly node: Node | undefined
}

/** Looked up once, whoever watches. */
export function seen(changes: readonly Change[], before: Tree, after: Tree): readonly Seen[] {
  return distinct(changes).map((change) => ({ change, node: lookup(after, change.path) ?? lookup(before, change.path) }))
}

/** The paths at which a watch fires for changes that led from one tree to another, each once, in order. */
export function firings(watch: Watch, domid: number, changes: readonly Seen[], before: Tree, after: Tree): string[] {
  const fired = new Set<string>()
  for (const { change, node: changed } of changes) {
    let at: string | undefined
    if (isWithin(change.path, watch.path)) at = change.path
    else if (change.kind === 'rm' && isWithin(watch.path, change.path)) at = watch.path
    if (at === undefined || isSpecial(at) || fired.has(at)) continue
    // A node made and removed within one transaction was never there for anyone else.
    const node = at === change.path ? changed : (lookup(after, at) ?? lookup(before, at))
    if (node && may(node.permissions, domid, 'read')) fired.add(at)
  }
  return [...fired].map((path) => reported(watch, path))
}
