// All connections: their list and its file, opening and closing, and what the app asks of all of them together.
// Invariant: the first connection is always there; names differ (letter case aside); a change is in the file before it is told.
// Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { nameKey, properName } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import type { ConnectionStore } from '../definition/connection-store'
import { folderName, formerConnections, leaveWord } from '../definition/former-connections'
import type { Outcome } from '../driver/driver'
import type { Clock } from '../lib/clock'
import { counter } from '../lib/counter'
import { writeProblem } from '../lib/write-problem'
import type { CallName } from '../public/calls'
import {
  CONNECTIONS_MOST,
  type ConnectionDefinition,
  type ConnectionDriver,
  type ConnectionInfo,
  type FormerConnection,
  LOCAL_CONNECTION,
} from '../public/connection'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { Emit } from '../public/events'
import { type DomainInfo, SAMPLE_INTERVAL_MS } from '../public/types'
import type { CallServers } from '../toolstack/call-server'
import { sharedReader } from '../toolstack/host-figures'
import { Notices } from '../toolstack/notices'
import type { Toolstack } from '../toolstack/toolstack'
import { Connection, type Endings, type OpenedDriver } from './connection'

export interface ConnectionsParts {
  /** The app's own, which is the first connection's too. */
  readonly folder: string
  readonly store: ConnectionStore
  readonly clock: Clock
  /** What the first connection is of, whatever its file says. */
  readonly localDriver: ConnectionDriver
  /** Makes what a connection is made of; may throw. */
  open(definition: ConnectionDefinition, folder: string): OpenedDriver
  readonly emit: Emit
}

/** A domain by its key: where it is, and its UUID there. */
export interface Place {
  readonly connection: Connection
  readonly toolstack: Toolstack
  readonly served: Partial<CallServers<CallName>>
  readonly uuid: string
}

/** Those of all connections but the first. */
const FOLDERS = 'connections'

export class Connections {
  /** What belongs to no connection. */
  readonly notices: Notices
  private readonly parts: ConnectionsParts
  private readonly nextNumber = counter()
  private readonly readHost = sharedReader()
  private all: readonly Connection[] = []
  private sampleMs: number = SAMPLE_INTERVAL_MS

  constructor(parts: ConnectionsParts) {
    this.parts = parts
    this.notices = new Notices(parts.clock, (notice) => parts.emit('noticeRaised', { notice }), this.nextNumber)
  }

  /** Reads the list, and loads the first connection's definitions when it is to be opened: from here on calls are served. */
  async load(): Promise<void> {
    const { connections, problem } = await this.parts.store.load()
    const { localDriver } = this.parts
    this.all = connections.map((each) =>
      this.make(each.connection === LOCAL_CONNECTION ? { ...each, driver: localDriver } : each),
    )
    if (problem) this.notices.raise('warning', problem)
    const [first] = this.all
    if (first?.definition.autoconnect) await first.load()
  }

  /** Opens the first one, when it is opened with the app. */
  async openFirst(): Promise<void> {
    const [first] = this.all
    if (first?.opened) await first.open()
  }

  /** The others, side by side; each that fails says so and leaves the rest alone. */
  async openOthers(): Promise<void> {
    const others = this.all.slice(1).filter(({ definition }) => definition.autoconnect)
    await Promise.all(others.map((each) => each.connect()))
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((each) => each.close()))
    await this.parts.store.settled()
  }

  // ---- the list ---------------------------------------------------------------------------------

  list(): ConnectionInfo[] {
    return this.all.map((each) => each.info())
  }

  async define(
    order: Omit<ConnectionDefinition, 'connection'> & { readonly connection: string | null },
  ): Outcome<{ connection: string }> {
    const { driver, autoconnect } = order
    const name = order.name === null ? null : properName(order.name)
    const before = order.connection === null ? undefined : this.find(order.connection)
    const refused = this.refusal(order, before)
    if (refused) return err(refused)
    const definition = { connection: order.connection ?? randomUUID(), name, driver, autoconnect }
    const list = this.all.map((each) => (each === before ? definition : each.definition))
    const stored = await this.store(before ? list : [...list, definition])
    if (!stored.ok) return stored
    if (before) before.definition = definition
    else this.all = [...this.all, this.make(definition)]
    this.changed()
    return ok({ connection: definition.connection })
  }

  private refusal(
    { connection, name, driver }: Parameters<Connections['define']>[0],
    before: Connection | undefined,
  ): ErrorReport | undefined {
    if (name === null && connection !== LOCAL_CONNECTION) return errorReport('name-empty')
    const isTaken = this.all.some(
      (each) => each !== before && nameKey(each.name.toLowerCase()) === nameKey(name?.toLowerCase() ?? ''),
    )
    if (isTaken) return errorReport('connection-name-exists', { name: name ?? '' })
    if (before && before.definition.driver !== driver) return errorReport('connection-driver', { name: before.name })
    if (!before && this.all.length >= CONNECTIONS_MOST) return errorReport('too-many-connections', { most: CONNECTIONS_MOST })
    return undefined
  }

  async remove(id: string): Outcome {
    const found = this.find(id)
    if (!found) return err(errorReport('no-connection', { connection: id }))
    if (id === LOCAL_CONNECTION) return err(errorReport('connection-permanent', { name: found.name }))
    if (!found.isClosed) return err(errorReport('connection-state', { name: found.name }))
    try {
      await leaveWord(found.info().folder, found.definition)
    } catch (thrown) {
      return err(writeProblem(found.info().folder, thrown))
    }
    const others = this.all.filter((each) => each !== found)
    const stored = await this.store(others.map(({ definition }) => definition))
    if (!stored.ok) return stored
    // One that failed may have its list.
    if (found.opened) await found.disconnect({})
    this.all = this.all.filter((each) => each !== found)
    this.changed()
    return ok(null)
  }

  former(): Promise<FormerConnection[]> {
    return formerConnections(
      join(this.parts.folder, FOLDERS),
      this.all.map(({ id }) => id),
    )
  }

  private async store(definitions: readonly ConnectionDefinition[]): Outcome {
    try {
      await this.parts.store.put(definitions)
      return ok(null)
    } catch (thrown) {
      return err(writeProblem('connections.json', thrown))
    }
  }

  private make(definition: ConnectionDefinition): Connection {
    const { folder, clock, emit, open } = this.parts
    const { connection } = definition
    return new Connection(definition, {
      folder: connection === LOCAL_CONNECTION ? folder : join(folder, FOLDERS, folderName(connection)),
      clock,
      open,
      emit,
      changed: () => this.changed(),
      nextNumber: this.nextNumber,
      readHost: this.readHost,
      sampleMs: () => this.sampleMs,
      elsewhere: (but) =>
        this.opened().flatMap(({ connection: other, toolstack }) => (other === but ? [] : toolstack.domains.configs())),
    })
  }

  private changed(): void {
    this.parts.emit('connectionsChanged', { connections: this.list() })
  }

  // ---- one of them ------------------------------------------------------------------------------

  async connect(id: string): Outcome {
    const found = this.find(id)
    return found ? found.connect() : err(errorReport('no-connection', { connection: id }))
  }

  async disconnect(id: string, endings: Endings): Outcome {
    const found = this.find(id)
    return found ? found.disconnect(endings) : err(errorReport('no-connection', { connection: id }))
  }

  /** The one a call means; left out, the first that is there. */
  toolstackOf(id: string | undefined): Result<Omit<Place, 'uuid'>, ErrorReport> {
    const connection = id === undefined ? (this.opened()[0]?.connection ?? this.all[0]) : this.find(id)
    if (!connection) return err(errorReport('no-connection', { connection: id ?? '' }))
    const { opened } = connection
    return opened ? ok({ connection, ...opened }) : err(errorReport('not-connected', { name: connection.name }))
  }

  /** Where a domain is. */
  place(key: string): Place | undefined {
    for (const each of this.opened()) {
      const uuid = each.connection.ownUuid(key)
      if (uuid !== undefined) return { ...each, uuid }
    }
    return undefined
  }

  private find(id: string): Connection | undefined {
    return this.all.find((each) => each.id === id)
  }

  // ---- all together -----------------------------------------------------------------------------

  /** Those that have a toolstack now. */
  opened(): readonly Omit<Place, 'uuid'>[] {
    return this.all.flatMap((connection) => {
      const { opened } = connection
      return opened ? [{ connection, ...opened }] : []
    })
  }

  sampleEvery(intervalMs: number): void {
    this.sampleMs = intervalMs
    for (const { toolstack } of this.opened()) toolstack.sampleEvery(intervalMs)
  }

  domainList(): DomainInfo[] {
    return this.opened().flatMap(({ connection }) => [...connection.domains()])
  }

  activeNames(): string[] {
    return this.opened().flatMap(({ toolstack }) => toolstack.domains.active().map(({ name }) => name))
  }

  get isBusy(): boolean {
    return this.opened().some(({ toolstack }) => toolstack.domains.active().length > 0 || toolstack.jobs.running().length > 0)
  }

  async saveAll(): Promise<readonly ErrorReport[]> {
    return (await Promise.all(this.opened().map(({ toolstack }) => toolstack.guests.saveAll()))).flat()
  }

  async shutdownAll(): Promise<readonly ErrorReport[]> {
    return (await Promise.all(this.opened().map(({ toolstack }) => toolstack.guests.shutdownAll()))).flat()
  }

  async destroyAll(): Promise<void> {
    await Promise.all(this.opened().map(({ toolstack }) => toolstack.guests.destroyAll()))
  }
}
