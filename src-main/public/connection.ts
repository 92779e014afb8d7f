// Connections: each is a driver with a folder of its own, and the domains in it. Whatever names a domain to a window names it
// over all connections; a call that is about none says which connection it means, or means the first that is there.
// Invariant: a domain's key is its UUID with the connection's identifier laid over it (exclusive or), so that the same UUID in two
// connections is two keys, either can be had from the other, and nobody keeps a table. The first connection's identifier is zero:
// its keys are the UUIDs; and domain 0, whose UUID is zero, has the key that is its connection's identifier.
// Runs in: main, preload, renderer, command line. No platform.
import { NEVER_IN_NAMES, nameOf } from '../../src-engine/public/name'
import { count, fields, flag, list, matching, oneOf, type TypeOf } from '../../src-engine/public/shape'
import { errorReportShape, nullable, uuidShape } from './types'

/** The one that is there from the start; its folder is the app's own. */
export const LOCAL_CONNECTION = '00000000-0000-0000-0000-000000000000'
export const CONNECTIONS_MOST = 32

/** What a connection can be of. Those that are not done are offered greyed, with the reason. */
export const driverKinds = {
  embedded: { status: 'done' },
  qemu: { status: 'no' },
  libvirt: { status: 'no' },
  test: { status: 'done' },
} as const satisfies Record<string, { readonly status: 'done' | 'no' }>
export type DriverKind = keyof typeof driverKinds
export const connectionDrivers = ['embedded', 'test'] as const satisfies readonly DriverKind[]
export type ConnectionDriver = (typeof connectionDrivers)[number]

export const connectionNameShape = nameOf('the name of a connection', new RegExp(`^(?![\\s.-])[^${NEVER_IN_NAMES}]+$`, 'u'))

/** As it is stored. */
export const connectionShape = fields({
  connection: uuidShape,
  /** Empty: the first one, which is called what its driver is called until somebody gives it a name. */
  name: nullable(connectionNameShape),
  driver: oneOf(...connectionDrivers),
  /** Opened with the app. */
  autoconnect: flag,
})
export type ConnectionDefinition = TypeOf<typeof connectionShape>
export const connectionsShape = list(connectionShape, CONNECTIONS_MOST)

/** `connecting` and `disconnecting` end by themselves; `failed` keeps `error` until it is tried again. */
export const connectionStates = ['disconnected', 'connecting', 'connected', 'disconnecting', 'failed'] as const
export type ConnectionState = (typeof connectionStates)[number]

export const connectionInfoShape = fields({
  ...connectionShape.parts,
  state: oneOf(...connectionStates),
  /** Why it failed. */
  error: nullable(errorReportShape),
  /** Definitions, images and all else of its domains; stays when the connection is removed. */
  folder: matching('a path', /^.{1,4096}$/su),
  /** The first one: it cannot be removed. */
  permanent: flag,
})
export type ConnectionInfo = TypeOf<typeof connectionInfoShape>

/** One that was removed: its folder stays, and it has its domains again when it is defined under its identifier. */
export const formerConnectionShape = fields({
  ...connectionShape.parts,
  folder: connectionInfoShape.parts.folder,
  /** Definitions in its folder. */
  domains: count,
})
export type FormerConnection = TypeOf<typeof formerConnectionShape>

/** What becomes of guests that run when their connection is closed. */
export const closeChoices = ['save', 'shutdown', 'destroy'] as const
export type CloseChoice = (typeof closeChoices)[number]

/** What becomes of jobs at work when their connection is closed; one that cannot be cancelled is waited for. */
export const jobChoices = ['wait', 'cancel'] as const
export type JobChoice = (typeof jobChoices)[number]

const known = new Map<string, string>()
const KNOWN_MOST = 20_000

/** The key of a domain with this UUID there, and back: the UUID of a domain with this key there. */
export function domainKey(connection: string, uuid: string): string {
  if (connection === LOCAL_CONNECTION) return uuid
  const pair = `${connection} ${uuid}`
  const before = known.get(pair)
  if (before !== undefined) return before
  let key = ''
  for (let at = 0; at < uuid.length; at++) {
    const digit = uuid[at] ?? ''
    key += digit === '-' ? digit : (Number.parseInt(digit, 16) ^ Number.parseInt(connection[at] ?? '0', 16)).toString(16)
  }
  // A thousand domains are told of each second.
  if (known.size >= KNOWN_MOST) known.clear()
  known.set(pair, key)
  return key
}

/** What names a domain in its own connection: the UUID in its definition. */
export function ownUuid(domain: { readonly uuid: string; readonly connection?: string | undefined }): string {
  return domainKey(domain.connection ?? LOCAL_CONNECTION, domain.uuid)
}
