// Transactions: a snapshot of the tree to work on, a log of changes, and a record of what was looked at.
// Commit succeeds when nothing that was looked at or changed has been changed in the store since the snapshot; then the log is
// applied to the store as it is now, so that two transactions in different places do not disturb each other. Otherwise EAGAIN,
// and the guest does it again. A doomed transaction (restored from saved state: its snapshot is gone) always gets EAGAIN.
// Invariant: `tree` is `base` with `changes` applied. Runs in: domain 0.
import { apply, type Change, lookup, type Tree } from './tree'

/** What was looked at, as bits: the node's value and permissions (or its absence), its list of children, all below it. */
export const LOOKED = { own: 1, list: 2, subtree: 4 } as const

export class Transaction {
  readonly id: number
  readonly base: Tree
  tree: Tree
  doomed = false
  readonly changes: Change[] = []
  private readonly looked = new Map<string, number>()

  constructor(id: number, base: Tree) {
    this.id = id
    this.base = base
    this.tree = base
  }

  /** Different nodes touched so far (a quota counts them). */
  get size(): number {
    return this.looked.size
  }

  look(path: string, what: number): void {
    this.looked.set(path, (this.looked.get(path) ?? 0) | what)
  }

  change(change: Change, generation: number): void {
    this.changes.push(change)
    this.tree = apply(this.tree, change, generation)
  }

  /** Whether the store has moved under this transaction. */
  conflicts(now: Tree): boolean {
    if (this.doomed) return true
    if (now === this.base) return false
    for (const [path, what] of this.looked) {
      const before = lookup(this.base, path)
      const after = lookup(now, path)
      if (before === after) continue
      if (!before || !after || what & LOOKED.subtree) return true
      if (what & LOOKED.own && before.own !== after.own) return true
      if (what & LOOKED.list && before.list !== after.list) return true
    }
    return false
  }
}
