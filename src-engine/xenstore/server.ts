// The store's side of the wire: one message in, one reply out. Parsing is by the payload forms of public/xen/io/xs-wire; what does
// not fit is EINVAL, what is not known ENOSYS, what only the toolstack may do EACCES for others.
// Invariant: every message gets exactly one reply with its own type, req_id and tx_id; nothing a guest sends throws.
// Runs in: domain 0.
import { fromLatin1, latin1 } from '../lib/bytes'
import { err, ok, type Result } from '../public/result'
import { rowUsed } from '../public/row-use'
import { XENSTORE_PAYLOAD_MAX, XS, XS_HEADER_SIZE, type XsError } from '../public/xen/io/xs-wire'
import type { Connection } from './connection'
import type { Answer, Store, View } from './store'

export interface XsHeader {
  readonly type: number
  readonly requestId: number
  readonly transactionId: number
  readonly length: number
}

export function readHeader(message: Uint8Array): XsHeader {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  return {
    type: view.getUint32(0, true),
    requestId: view.getUint32(4, true),
    transactionId: view.getUint32(8, true),
    length: view.getUint32(12, true),
  }
}

export function writeMessage(type: number, requestId: number, transactionId: number, payload: string): Uint8Array {
  rowUsed('XS_MESSAGES', type)
  const message = new Uint8Array(XS_HEADER_SIZE + payload.length)
  const view = new DataView(message.buffer)
  view.setUint32(0, type, true)
  view.setUint32(4, requestId, true)
  view.setUint32(8, transactionId, true)
  view.setUint32(12, payload.length, true)
  message.set(fromLatin1(payload), XS_HEADER_SIZE)
  return message
}

interface Reply {
  readonly payload: string
  /** Done after the reply is made: the first firing of a watch. */
  readonly after?: () => void
}
type Served = Result<Reply, XsError>

const OK: Reply = { payload: 'OK\0' }

function plain(answer: Answer): Served {
  return answer.ok ? ok(OK) : answer
}

function strings(list: readonly string[]): string {
  return list.map((one) => `${one}\0`).join('')
}

/** The NUL-terminated parts of a payload; undefined when the last one is not terminated. */
function parts(payload: string): string[] | undefined {
  if (!payload.endsWith('\0')) return undefined
  return payload.slice(0, -1).split('\0')
}

function single(payload: string): string | undefined {
  const all = parts(payload)
  return all?.length === 1 ? all[0] : undefined
}

function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined
}

type Serve = (store: Store, view: View, payload: string) => Served

/** For requests whose payload is one path. */
function onPath(serve: (store: Store, view: View, path: string) => Served): Serve {
  return (store, view, payload) => {
    const given = single(payload)
    if (given === undefined) return err('EINVAL')
    const path = store.resolve(view.connection, given)
    return path.ok ? serve(store, view, path.value) : path
  }
}

function watchRequest(serve: (store: Store, connection: Connection, path: string, token: string) => Served): Serve {
  return (store, view, payload) => {
    const [path, token, ...more] = parts(payload) ?? []
    if (path === undefined || token === undefined || more.length > 0) return err('EINVAL')
    return serve(store, view.connection, path, token)
  }
}

const dom0Only: Serve = (_store, view) => err(view.connection.privileged ? 'ENOSYS' : 'EACCES')

/** Message number → what serves it. A row of XS_MESSAGE_ROWS that guests may send has an entry here. */
const SERVE: ReadonlyMap<number, Serve> = new Map<number, Serve>([
  [
    XS.XS_CONTROL,
    (store, view, payload) => {
      if (!view.connection.privileged) return err('EACCES')
      const command = (parts(payload) ?? [])[0]
      if (command === 'help') return ok({ payload: 'check\nhelp\nprint\n' })
      if (command === 'check') return ok({ payload: store.tree.root.children.size > 0 ? 'OK\0' : 'EIO\0' })
      return command === 'print' ? ok(OK) : err('EINVAL')
    },
  ],
  [
    XS.XS_DIRECTORY,
    onPath((store, view, path) => {
      const list = store.directory(view, path)
      if (!list.ok) return list
      const payload = strings(list.value.names)
      return payload.length > XENSTORE_PAYLOAD_MAX ? err('E2BIG') : ok({ payload })
    }),
  ],
  [
    XS.XS_DIRECTORY_PART,
    (store, view, payload) => {
      const [given, offsetText, ...more] = parts(payload) ?? []
      const offset = decimal(offsetText)
      if (given === undefined || offset === undefined || more.length > 0) return err('EINVAL')
      const path = store.resolve(view.connection, given)
      if (!path.ok) return path
      const list = store.directory(view, path.value)
      if (!list.ok) return list
      const head = `${list.value.generation}\0`
      const names = strings(list.value.names)
      const room = XENSTORE_PAYLOAD_MAX - head.length - 1
      const rest = names.slice(offset)
      // Whole names only; an empty name (one NUL more) says that this was the last part.
      if (rest.length <= room) return ok({ payload: `${head}${rest}\0` })
      return ok({ payload: head + rest.slice(0, rest.lastIndexOf('\0', room - 1) + 1) })
    },
  ],
  [
    XS.XS_READ,
    onPath((store, view, path) => {
      const value = store.read(view, path)
      return value.ok ? ok({ payload: value.value }) : value
    }),
  ],
  [
    XS.XS_GET_PERMS,
    onPath((store, view, path) => {
      const list = store.getPermissions(view, path)
      return list.ok ? ok({ payload: strings(list.value) }) : list
    }),
  ],
  [
    XS.XS_SET_PERMS,
    (store, view, payload) => {
      const [given, ...list] = parts(payload) ?? []
      if (given === undefined || list.length === 0) return err('EINVAL')
      const path = store.resolve(view.connection, given)
      return path.ok ? plain(store.setPermissions(view, path.value, list)) : path
    },
  ],
  [
    XS.XS_WATCH,
    watchRequest((store, connection, path, token) => {
      const done = store.watch(connection, path, token)
      return done.ok ? ok({ ...OK, after: () => store.firstFiring(connection, path, token) }) : done
    }),
  ],
  [XS.XS_UNWATCH, watchRequest((store, connection, path, token) => plain(store.unwatch(connection, path, token)))],
  [
    XS.XS_TRANSACTION_START,
    (store, view) => {
      const id = store.startTransaction(view)
      return id.ok ? ok({ payload: `${id.value}\0` }) : id
    },
  ],
  [
    XS.XS_TRANSACTION_END,
    (store, view, payload) => {
      const how = single(payload)
      if (how !== 'T' && how !== 'F') return err('EINVAL')
      return plain(store.endTransaction(view, how === 'T'))
    },
  ],
  [
    XS.XS_GET_DOMAIN_PATH,
    (store, view, payload) => {
      const domid = decimal(single(payload))
      if (domid === undefined || domid > 0xffff) return err('EINVAL')
      return ok({ payload: `${store.domainPathOf(view.connection, domid)}\0` })
    },
  ],
  [
    XS.XS_IS_DOMAIN_INTRODUCED,
    (store, view, payload) => {
      const domid = decimal(single(payload))
      if (domid === undefined || domid > 0xffff) return err('EINVAL')
      return ok({ payload: store.isIntroduced(view.connection, domid) ? 'T\0' : 'F\0' })
    },
  ],
  [
    XS.XS_WRITE,
    (store, view, payload) => {
      const cut = payload.indexOf('\0')
      if (cut < 0) return err('EINVAL')
      const path = store.resolve(view.connection, payload.slice(0, cut))
      return path.ok ? plain(store.write(view, path.value, payload.slice(cut + 1))) : path
    },
  ],
  [XS.XS_MKDIR, onPath((store, view, path) => plain(store.mkdir(view, path)))],
  [XS.XS_RM, onPath((store, view, path) => plain(store.remove(view, path)))],
  [
    XS.XS_RESET_WATCHES,
    (store, view) => {
      store.resetWatches(view.connection)
      return ok(OK)
    },
  ],
  [XS.XS_INTRODUCE, dom0Only],
  [XS.XS_RELEASE, dom0Only],
  [XS.XS_RESUME, dom0Only],
  [XS.XS_SET_TARGET, dom0Only],
])

/** Requests that change nothing when made outside a transaction: they need no journal and may be made twice. */
const PURE: ReadonlySet<number> = new Set([
  XS.XS_CONTROL,
  XS.XS_DIRECTORY,
  XS.XS_DIRECTORY_PART,
  XS.XS_READ,
  XS.XS_GET_PERMS,
  XS.XS_GET_DOMAIN_PATH,
  XS.XS_IS_DOMAIN_INTRODUCED,
])

export function isPure(header: XsHeader): boolean {
  return !SERVE.has(header.type) || (header.transactionId === 0 && PURE.has(header.type))
}

/** Executes one message (header and payload, its length checked) for a connection and gives the reply. */
export function serve(store: Store, connection: Connection, message: Uint8Array): Uint8Array {
  const { type, requestId, transactionId } = readHeader(message)
  const payload = latin1(message.subarray(XS_HEADER_SIZE))
  const answer = ((): Served => {
    const server = SERVE.get(type)
    if (!server) return err('ENOSYS')
    const view = store.view(connection, transactionId)
    return view.ok ? server(store, view.value, payload) : view
  })()
  if (!answer.ok) return writeMessage(XS.XS_ERROR, requestId, transactionId, `${answer.error}\0`)
  answer.value.after?.()
  return writeMessage(type, requestId, transactionId, answer.value.payload)
}
