// The store in a form to keep: a whole store for the head of a journal, one domain's part for its save file.
// JSON (UTF-8) of tuples; values are Latin-1 text, so any bytes survive. A domain's part holds its directories, watches, open
// transactions (their changes only: restored ones are doomed and get EAGAIN, their snapshot belongs to another time), events on
// the way, and replies the pump has not acknowledged.
// Restoring a part: permissions, paths and log entries are renumbered to the domid the domain has now; values stay as the guest
// knew them and are translated when the guest uses them (path.ts). Save files are hostile: every field is checked, quotas hold.
// Invariant: readStore(writeStore(s)) behaves as s. Runs in: domain 0.
import { fromLatin1, latin1 } from '../lib/bytes'
import { jsonBytes, readJson } from '../lib/json'
import { err, ok, type Result } from '../public/result'
import { count, either, fields, flag, list, oneOf, shortText, type TypeOf, text } from '../public/shape'
import { XENSTORE_PAYLOAD_MAX } from '../public/xen/io/xs-wire'
import type { Connection } from './connection'
import { domainDirectories } from './domain-tree'
import { absolutePath, DOM0_IDENTITY, domainPath, isWithin, renumber } from './path'
import { formatPermissions, type Permissions, parsePermissions } from './permission'
import { QUOTA } from './quota'
import { Store } from './store'
import { Transaction } from './transaction'
import { type Change, graft, lookup, type Node, type Tree } from './tree'

const VERSION = 1

/** [value, permissions, own, list, children] */
type NodeForm = [string, string[], number, number, [string, NodeForm][]]

function nodeForm(node: Node): NodeForm {
  return [
    node.value,
    formatPermissions(node.permissions),
    node.own,
    node.list,
    [...node.children].map(([name, child]) => [name, nodeForm(child)]),
  ]
}

const NAME = /^[A-Za-z0-9\-_@]+$/

/** How forms are read: with which domids in permissions, at most how many nodes, and the generation all get (else their own). */
interface Reading {
  readonly permissions: (list: Permissions) => Permissions
  readonly generation: number | undefined
  nodes: number
}

/** Turns a form back into nodes. Undefined for anything malformed. */
function nodeFrom(form: unknown, read: Reading, depth = 0): Node | undefined {
  if (!Array.isArray(form) || form.length !== 5 || depth > QUOTA.depth || --read.nodes < 0) return undefined
  const [value, permissionTexts, own, listGeneration, children]: unknown[] = form
  if (typeof value !== 'string' || value.length > XENSTORE_PAYLOAD_MAX || !list(text).is(permissionTexts)) return undefined
  if (!count.is(own) || !count.is(listGeneration) || !Array.isArray(children)) return undefined
  const permissions = parsePermissions(permissionTexts, DOM0_IDENTITY)
  if (!permissions) return undefined
  const map = new Map<string, Node>()
  for (const pair of children) {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined
    const [name, childForm]: unknown[] = pair
    if (typeof name !== 'string' || !NAME.test(name)) return undefined
    const child = nodeFrom(childForm, read, depth + 1)
    if (!child) return undefined
    map.set(name, child)
  }
  const renumbered = read.permissions(permissions)
  return { value, permissions: renumbered, own: read.generation ?? own, list: read.generation ?? listGeneration, children: map }
}

const CHANGE = either(
  either(
    fields({ kind: oneOf('write'), path: text, value: shortText(XENSTORE_PAYLOAD_MAX), creator: count }),
    fields({ kind: oneOf('mkdir'), path: text, creator: count }),
  ),
  either(
    fields({ kind: oneOf('rm'), path: text }),
    fields({ kind: oneOf('permissions'), path: text, permissions: list(text) }),
  ),
)

const CONNECTION = fields({
  handle: text,
  domid: count,
  guestDomid: count,
  guestHandle: text,
  watches: list(fields({ registered: text, token: text })),
  transactions: list(fields({ id: count, changes: list(CHANGE) })),
  events: list(fields({ number: count, path: text, token: text }), QUOTA.pendingEvents),
  acknowledged: count,
  lastEvent: count,
  executed: count,
  awaiting: flag,
  restored: flag,
  name: text,
  replies: list(fields({ number: count, message: text })),
})
type ConnectionForm = TypeOf<typeof CONNECTION>

function connectionForm(connection: Connection): ConnectionForm {
  return {
    ...connection.identity,
    watches: connection.watches.map(({ registered, token }) => ({ registered, token })),
    transactions: [...connection.transactions.values()].map(({ id, changes }) => ({
      id,
      changes: changes.map((change) =>
        change.kind === 'permissions' ? { ...change, permissions: formatPermissions(change.permissions) } : change,
      ),
    })),
    events: connection.events,
    acknowledged: connection.acknowledged,
    lastEvent: connection.lastEvent,
    executed: connection.executed,
    awaiting: connection.awaiting,
    restored: connection.restored,
    name: connection.name,
    replies: [...connection.replies].map(([number, message]) => ({ number, message: latin1(message) })),
  }
}

type Renumber = { path(path: string): string; permissions(list: Permissions): Permissions; domid(domid: number): number }
const SAME: Renumber = { path: (path) => path, permissions: (list) => list, domid: (domid) => domid }

/** Fills a fresh connection. What it may not have (too many watches, invalid paths) is refused. */
function fillConnection(store: Store, connection: Connection, form: ConnectionForm, to: Renumber): string | undefined {
  const guest = !connection.privileged
  if (guest && (form.watches.length > QUOTA.watches || form.transactions.length > QUOTA.transactions)) return 'over quota'
  for (const { registered, token } of form.watches) {
    const watched = store.watch(connection, registered, token)
    if (!watched.ok) return `bad watch: ${watched.error}`
  }
  for (const { id, changes } of form.transactions) {
    if (changes.length > 65536) return 'transaction too long'
    const transaction = new Transaction(id, store.tree)
    transaction.doomed = true
    for (const change of changes) {
      const absolute = absolutePath(change.path, 0)
      if (absolute === undefined) return 'bad path in a transaction'
      const path = to.path(absolute)
      // The log is only for what the guest reads back before it is told to start again: keep it to its own home.
      if (guest && !isWithin(path, domainPath(connection.identity.domid))) continue
      let redone: Change | undefined
      if (change.kind === 'permissions') {
        const permissions = parsePermissions(change.permissions, DOM0_IDENTITY)
        if (permissions) redone = { kind: 'permissions', path, permissions: to.permissions(permissions) }
      } else if (change.kind === 'rm') redone = { kind: 'rm', path }
      else redone = { ...change, path, creator: to.domid(change.creator) }
      if (redone) transaction.change(redone, store.generation++)
    }
    connection.transactions.set(id, transaction)
  }
  connection.replaceEvents(form.events.map((event) => ({ ...event })))
  connection.acknowledged = form.acknowledged
  connection.lastEvent = form.lastEvent
  connection.executed = form.executed
  connection.awaiting = form.awaiting
  connection.restored = form.restored
  connection.name = form.name
  for (const { number, message } of form.replies) connection.replies.set(number, fromLatin1(message))
  return undefined
}

// One domain.

const DOMAIN = fields({ version: count, connection: CONNECTION, directories: list(fields({ path: text })) })

export function saveDomain(store: Store, connection: Connection): Uint8Array {
  const { domid, handle } = connection.identity
  const directories = domainDirectories(store.tree, domid, handle).map((path) => {
    const node = lookup(store.tree, path)
    return { path, node: node ? nodeForm(node) : undefined }
  })
  return jsonBytes({ version: VERSION, connection: connectionForm(connection), directories })
}

/** Re-creates a domain from saved state; `connection` is the fresh one it got. On an error the store is as before. */
export function restoreDomain(store: Store, connection: Connection, bytes: Uint8Array): Result<undefined, string> {
  const form = readJson(bytes)
  if (!DOMAIN.is(form)) return err(`not a domain's store state: ${DOMAIN.explain(form, 'state')}`)
  if (form.version !== VERSION) return err(`store state of version ${form.version}, this program knows ${VERSION}`)
  const saved = { ...form.connection, awaiting: false, restored: true, name: connection.name }
  const { domid, handle } = connection.identity
  const { guestDomid, guestHandle } = saved
  connection.identity = { domid, handle, guestDomid, guestHandle }
  const to: Renumber = {
    path: (path) => renumber(path, saved.domid, domid, saved.handle, handle),
    domid: (one) => (one === saved.domid ? domid : one),
    permissions(list) {
      const [first, ...others] = list.map((one) => (one.domid === saved.domid ? { ...one, domid } : one))
      return first ? [first, ...others] : list
    },
  }
  // Generations of another store mean nothing here and could be mistaken for ours: all nodes get one new generation.
  const read: Reading = { permissions: to.permissions, generation: store.generation++, nodes: QUOTA.nodes * 4 }
  const allowed = [domainPath(domid), `/vm/${handle}`, `/libxl/${domid}`]
  let tree: Tree = store.tree
  for (const directory of form.directories) {
    const absolute = absolutePath(directory.path, 0)
    if (absolute === undefined) return err('bad directory')
    const path = to.path(absolute)
    const own = allowed.includes(path) || new RegExp(`^/local/domain/0/backend/[^/]+/${domid}$`).test(path)
    const node = nodeFrom('node' in directory ? directory.node : undefined, read)
    if (!own || !node) return err(`bad directory ${path}`)
    tree = graft(tree, path, node, store.generation++)
  }
  const before = store.tree
  store.tree = tree
  const wrong = fillConnection(store, connection, saved, to)
  if (wrong !== undefined) {
    store.tree = before
    return err(wrong)
  }
  return ok(undefined)
}

// The whole store.

const WHOLE = fields({ version: count, generation: count, nextTransaction: count, connections: list(CONNECTION) })

export function writeStore(store: Store): Uint8Array {
  return jsonBytes({
    version: VERSION,
    generation: store.generation,
    nextTransaction: store.nextTransaction,
    root: nodeForm(store.tree.root),
    connections: [...store.connections.values()].filter((one) => !one.privileged).map(connectionForm),
  })
}

function countOwned(root: Node): Map<number, number> {
  const owned = new Map<number, number>()
  const add = (node: Node): void => {
    const domid = node.permissions[0].domid
    owned.set(domid, (owned.get(domid) ?? 0) + 1)
    for (const child of node.children.values()) add(child)
  }
  add(root)
  return owned
}

/** Open transactions come back doomed: whoever writes a store while some are open dooms them as well. */
export function readStore(bytes: Uint8Array): Result<Store, string> {
  const form = readJson(bytes)
  if (!WHOLE.is(form)) return err(`not a store: ${WHOLE.explain(form, 'store')}`)
  if (form.version !== VERSION) return err(`store of version ${form.version}`)
  const root = nodeFrom('root' in form ? form.root : undefined, {
    permissions: SAME.permissions,
    generation: undefined,
    nodes: 10_000_000,
  })
  if (!root) return err('not a store: bad tree')
  const store = new Store()
  store.tree = { root, owned: countOwned(root) }
  store.generation = form.generation
  store.nextTransaction = form.nextTransaction
  for (const one of form.connections) {
    const { handle, domid, guestDomid, guestHandle } = one
    const wrong = fillConnection(store, store.connect({ handle, domid, guestDomid, guestHandle }), one, SAME)
    if (wrong !== undefined) return err(`not a store: ${wrong}`)
  }
  return ok(store)
}
