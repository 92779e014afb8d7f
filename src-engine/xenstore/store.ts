// The store as a state machine: the tree, its connections, and the operations on them in the words of the protocol.
// Every operation is done for a connection, at once and wholly, in or out of a transaction. What it changes is told to the
// watches after it is in the tree. The state depends on the inputs alone (no clock, no chance), so a journal of the inputs is
// a journal of the state. Spec: docs/misc/xenstore.txt; error choices as xenstored makes them.
// Invariant: `tree` only moves through `commit`. Runs in: domain 0.

import { err, ok, type Result } from '../public/result'
import { XENSTORE_PAYLOAD_MAX, type XsError } from '../public/xen/io/xs-wire'
import { Connection } from './connection'
import {
  absolutePath,
  DOM0_IDENTITY,
  domainPath,
  domidToStore,
  type Identity,
  parentPath,
  segments,
  toGuest,
  toStore,
} from './path'
import { formatPermissions, inherited, may, mayOwn, type Permissions, parsePermissions, type Right } from './permission'
import { QUOTA } from './quota'
import { LOOKED, Transaction } from './transaction'
import { apply, type Change, emptyTree, lookup, type Node, nearest, type Tree } from './tree'
import { firings, isSpecial, seen } from './watch'

type Answer<T = undefined> = Result<T, XsError>

/** What most operations work on: the live tree, or a transaction's. */
interface View {
  readonly connection: Connection
  readonly transaction: Transaction | undefined
}

export class Store {
  tree: Tree = emptyTree()
  generation = 1
  nextTransaction = 1
  /** Watches held against changes so far: most of what a request may cost. */
  looks = 0
  readonly connections = new Map<string, Connection>()
  readonly dom0: Connection

  constructor() {
    this.dom0 = new Connection(DOM0_IDENTITY)
    this.connections.set(DOM0_IDENTITY.handle, this.dom0)
    for (const path of ['/@introduceDomain', '/@releaseDomain', '/vm', '/libxl', '/local/domain/0/backend']) {
      this.tree = apply(this.tree, { kind: 'mkdir', path, creator: 0 }, this.generation++)
    }
  }

  connect(identity: Identity): Connection {
    const connection = new Connection(identity)
    this.connections.set(identity.handle, connection)
    return connection
  }

  disconnect(connection: Connection): void {
    this.connections.delete(connection.identity.handle)
  }

  /** The connection of the domain the store knows by this domid. */
  byDomid(domid: number): Connection | undefined {
    for (const connection of this.connections.values()) if (connection.identity.domid === domid) return connection
    return undefined
  }

  /** The view a request works on: ENOENT for a transaction that the connection does not have open. */
  view(connection: Connection, transactionId: number): Answer<View> {
    if (transactionId === 0) return ok({ connection, transaction: undefined })
    const transaction = connection.transactions.get(transactionId)
    return transaction ? ok({ connection, transaction }) : err('ENOENT')
  }

  /** A path as it stands in a request, absolute and in the store's numbers. */
  resolve(connection: Connection, given: string): Answer<string> {
    const absolute = absolutePath(given, connection.identity.guestDomid)
    if (absolute === undefined) return err('EINVAL')
    return ok(toStore(absolute, connection.identity))
  }

  // Reading.

  read(view: View, path: string): Answer<string> {
    const node = this.reach(view, path, 'read', LOOKED.own)
    return node.ok ? ok(node.value.value) : node
  }

  directory(view: View, path: string): Answer<{ names: string[]; generation: number }> {
    const node = this.reach(view, path, 'read', LOOKED.own | LOOKED.list)
    return node.ok ? ok({ names: [...node.value.children.keys()], generation: node.value.list }) : node
  }

  getPermissions(view: View, path: string): Answer<string[]> {
    const node = this.reach(view, path, 'read', LOOKED.own)
    return node.ok ? ok(formatPermissions(node.value.permissions, view.connection.identity)) : node
  }

  // Changing.

  write(view: View, path: string, value: string): Answer {
    return this.put(view, { kind: 'write', path, value, creator: view.connection.identity.domid })
  }

  mkdir(view: View, path: string): Answer {
    return this.put(view, { kind: 'mkdir', path, creator: view.connection.identity.domid })
  }

  remove(view: View, path: string): Answer {
    if (path === '/') return err('EINVAL')
    if (this.tooMany(view)) return err('ENOSPC')
    const domid = view.connection.identity.domid
    const node = lookup(this.treeOf(view), path)
    view.transaction?.look(path, LOOKED.own | LOOKED.subtree)
    if (!node) {
      const up = parentPath(path)
      const parent = this.reach(view, up, 'read', LOOKED.own)
      return parent.ok ? ok(undefined) : parent
    }
    if (!may(node.permissions, domid, 'write')) return err('EACCES')
    return this.perform(view, { kind: 'rm', path })
  }

  setPermissions(view: View, path: string, texts: readonly string[]): Answer {
    const permissions = parsePermissions(texts, view.connection.identity)
    if (!permissions) return err('EINVAL')
    const { connection } = view
    if (!connection.privileged && permissions.length > QUOTA.permissions) return err('ENOSPC')
    const node = this.reach(view, path, 'write', LOOKED.own)
    if (!node.ok) return node
    if (!mayOwn(node.value.permissions, connection.identity.domid)) return err('EACCES')
    if (!connection.privileged && permissions[0].domid !== node.value.permissions[0].domid) return err('EPERM')
    return this.perform(view, { kind: 'permissions', path, permissions })
  }

  // Watches.

  watch(connection: Connection, given: string, token: string): Answer {
    const path = this.resolve(connection, given)
    if (!path.ok) return path
    if (connection.watches.some((watch) => watch.path === path.value && watch.token === token)) return err('EEXIST')
    if (!connection.privileged && connection.watches.length >= QUOTA.watches) return err('E2BIG')
    connection.watches.push({ registered: given, path: path.value, token })
    return ok(undefined)
  }

  /** The first firing of a fresh watch, after its OK: clients learn the present state from it. */
  firstFiring(connection: Connection, given: string, token: string): void {
    connection.addEvent(given, token)
  }

  unwatch(connection: Connection, given: string, token: string): Answer {
    const path = this.resolve(connection, given)
    if (!path.ok) return path
    const left = connection.watches.filter((watch) => watch.path !== path.value || watch.token !== token)
    if (left.length === connection.watches.length) return err('ENOENT')
    connection.watches = left
    return ok(undefined)
  }

  resetWatches(connection: Connection): void {
    connection.watches = []
    connection.transactions.clear()
  }

  /** @introduceDomain, @releaseDomain. */
  announce(name: 'introduceDomain' | 'releaseDomain'): void {
    const path = `/@${name}`
    const node = lookup(this.tree, path)
    for (const connection of this.connections.values()) {
      for (const watch of connection.watches) {
        if (watch.path === path && node && may(node.permissions, connection.identity.domid, 'read')) {
          connection.addEvent(watch.registered, watch.token)
        }
      }
    }
  }

  // Transactions.

  startTransaction(view: View): Answer<number> {
    const { connection } = view
    if (view.transaction) return err('EBUSY')
    if (!connection.privileged && connection.transactions.size >= QUOTA.transactions) return err('ENOSPC')
    const id = this.freeTransactionId()
    connection.transactions.set(id, new Transaction(id, this.tree))
    return ok(id)
  }

  endTransaction(view: View, commit: boolean): Answer {
    const { connection, transaction } = view
    if (!transaction) return err('ENOENT')
    connection.transactions.delete(transaction.id)
    if (!commit) return ok(undefined)
    if (transaction.conflicts(this.tree)) return err('EAGAIN')
    if (!connection.privileged) {
      // Others of the same owner may have filled the quota meanwhile; the sum decides, once.
      const domid = connection.identity.domid
      const more = (transaction.tree.owned.get(domid) ?? 0) - (transaction.base.owned.get(domid) ?? 0)
      if (more > 0 && (this.tree.owned.get(domid) ?? 0) + more > QUOTA.nodes) return err('ENOSPC')
    }
    this.commit(transaction.changes, transaction.base === this.tree ? transaction.tree : undefined)
    return ok(undefined)
  }

  // Domains.

  domainPathOf(connection: Connection, domid: number): string {
    return toGuest(domainPath(domidToStore(domid, connection.identity)), connection.identity)
  }

  isIntroduced(connection: Connection, domid: number): boolean {
    return this.byDomid(domidToStore(domid, connection.identity)) !== undefined
  }

  /** Puts changes (of the toolstack, or of a transaction without conflicts) into the tree and tells the watches. */
  commit(changes: readonly Change[], result?: Tree): void {
    if (changes.length === 0) return
    const before = this.tree
    let after = result
    if (!after) {
      after = before
      for (const change of changes) after = apply(after, change, this.generation++)
    }
    if (after === before) return
    this.tree = after
    this.tell(changes, before)
  }

  /** Tells the watches of changes that are in the tree already. */
  tell(changes: readonly Change[], before: Tree): void {
    const different = seen(changes, before, this.tree)
    for (const connection of this.connections.values()) {
      if (connection.watches.length === 0) continue
      this.looks += connection.watches.length * different.length
      // Copied, because an event may lead domain 0's own code to add or drop watches.
      for (const watch of [...connection.watches]) {
        for (const path of firings(watch, connection.identity.domid, different, before, this.tree)) {
          connection.addEvent(path, watch.token)
        }
      }
    }
  }

  private freeTransactionId(): number {
    for (;;) {
      const id = this.nextTransaction
      this.nextTransaction = id === 0xffffffff ? 1 : id + 1
      let used = false
      for (const connection of this.connections.values()) used ||= connection.transactions.has(id)
      if (!used) return id
    }
  }

  private treeOf(view: View): Tree {
    return view.transaction ? view.transaction.tree : this.tree
  }

  /** An existing node with the right to use it; the error tells no more than the connection may know. */
  private reach(view: View, path: string, right: Right, what: number): Answer<Node> {
    const { connection, transaction } = view
    if (this.tooMany(view)) return err('ENOSPC')
    transaction?.look(path, what)
    const found = nearest(this.treeOf(view), path)
    const domid = connection.identity.domid
    if (found.path !== path) {
      // Who may not read the place where the path ends may not learn that nothing is there.
      return err(may(found.node.permissions, domid, 'read') ? 'ENOENT' : 'EACCES')
    }
    return may(found.node.permissions, domid, right) ? ok(found.node) : err('EACCES')
  }

  /** Before each operation that looks at a node: what a transaction has looked at is kept until its end. */
  private tooMany({ connection, transaction }: View): boolean {
    return transaction !== undefined && !connection.privileged && transaction.size >= QUOTA.transactionNodes
  }

  private put(view: View, change: Change & { kind: 'write' | 'mkdir' }): Answer {
    const { connection, transaction } = view
    const { path } = change
    const domid = connection.identity.domid
    const names = segments(path)
    if (names.length > QUOTA.depth) return err('E2BIG')
    const value = change.kind === 'write' ? change.value : ''
    const last = names[names.length - 1] ?? ''
    if (!connection.privileged && value.length + last.length > QUOTA.value) return err('ENOSPC')
    if (value.length > XENSTORE_PAYLOAD_MAX || this.tooMany(view)) return err('ENOSPC')
    const tree = this.treeOf(view)
    const found = nearest(tree, path)
    transaction?.look(path, LOOKED.own)
    if (found.path !== path) {
      // Each missing parent is looked at too (its absence), and the one that will get the first new child.
      transaction?.look(found.path, LOOKED.own)
      for (let up = parentPath(path); up !== found.path; up = parentPath(up)) transaction?.look(up, LOOKED.own)
    }
    if (isSpecial(path) && found.path !== path) return err('EINVAL')
    if (!may(found.node.permissions, domid, 'write')) return err('EACCES')
    if (found.path === path && change.kind === 'mkdir') return ok(undefined)
    if (found.path !== path && !connection.privileged) {
      const made = names.length - segments(found.path).length
      const owner = inherited(found.node.permissions, domid)[0].domid
      if ((tree.owned.get(owner) ?? 0) + made > QUOTA.nodes) return err('ENOSPC')
    }
    return this.perform(view, change)
  }

  private perform(view: View, change: Change): Answer {
    const { connection, transaction } = view
    if (!transaction) this.commit([change])
    else if (!connection.privileged && transaction.changes.length >= QUOTA.transactionChanges) return err('ENOSPC')
    else transaction.change(change, this.generation++)
    return ok(undefined)
  }
}

export type { Answer, Permissions, View }
