// Domain 0 as an object: answers main's control calls with the store, the sessions of the domains and their consoles.
// dom0.ts starts it in a process; tests start it in their own. Everything it keeps either is in the journal or comes back
// from the domains' pumps, so it may be killed at any time. Invariant: a session exists exactly for each known domain that main
// has introduced to this process. Runs in: domain 0.
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { BackendSet, type BackendSetSurroundings } from '../backend/backend-set'
import type { BackendRow } from '../backend/device'
import { utf8 } from '../lib/bytes'
import type { Clock } from '../lib/clock'
import type { Log } from '../lib/log'
import { localSocketPath, TransportListener } from '../link/transport'
import type { Networks } from '../net/networks'
import { Answerer, type CallError, type CallServers, callError } from '../public/protocol/call'
import { DOM0_CALLS, type Dom0Calls, type Dom0Events } from '../public/protocol/control'
import type { Device } from '../public/protocol/device'
import { electronPortTransport, isElectronPort } from '../public/protocol/port-transport'
import type { Transport } from '../public/protocol/transport'
import { ok, type Result } from '../public/result'
import { OwnWatches } from '../xenstore/own-watches'
import { XenStored } from '../xenstore/xenstored'
import { GuestSession } from './guest-session'
import { noDomain, StoreAccess, storeText } from './store-access'

/** How long a guest may take to let go of a device before main is told that it does not. */
const DETACH_TIMEOUT_MS = 15_000

const NOT_STARTED = callError('OPERATION_INVALID', 'Domain 0 was not started.')
export class Domain0 {
  private readonly answerer: Answerer<Dom0Calls, Dom0Events>
  private readonly clock: Clock
  private readonly sessions = new Map<string, GuestSession>()
  private xenstored: XenStored | undefined
  private listener: TransportListener | undefined
  private readonly rows: readonly BackendRow[]
  private readonly networks: Networks | undefined
  private watches: OwnWatches | undefined
  private access: StoreAccess | undefined

  /** `rows`: the backends it has (backend/registry.ts); `networks`: what those for network interfaces are on. */
  constructor(control: Transport, clock: Clock, rows: readonly BackendRow[], networks?: Networks) {
    this.clock = clock
    this.rows = rows
    this.networks = networks
    this.answerer = new Answerer<Dom0Calls, Dom0Events>(control, DOM0_CALLS, this.servers())
    if (networks) networks.log = this.log
  }

  readonly log: Log = (level, text) => this.answerer.event('log', { level, text: text.slice(0, 4096) })

  /** Resolves when all devices are closed. */
  async dispose(): Promise<void> {
    const sessions = [...this.sessions.values()]
    this.sessions.clear()
    this.listener?.close()
    this.access?.dispose()
    const disposed = Promise.all(sessions.map((session) => session.dispose('domain 0 ends')))
    this.xenstored?.dispose()
    this.xenstored = undefined
    await disposed
    this.networks?.dispose()
  }

  private servers(): CallServers<Dom0Calls> {
    return {
      start: (args) => this.start(args),
      introduce: (args, ports) => this.introduce(args, ports),
      release: async ({ handle }) => {
        if (!this.xenstored) return NOT_STARTED
        await this.release(handle)
        return ok({})
      },
      ping: () => ok({}),
      counters: () => this.counters(),
      ...this.networkServers(),
      ...this.deviceServers(),
      ...this.consoleServers(),
      ...this.storeServers(),
    }
  }

  private networkServers(): Pick<CallServers<Dom0Calls>, 'setNetworks' | 'networkLeases'> {
    return {
      setNetworks: ({ networks }) => {
        if (!this.networks) return callError('OPERATION_UNSUPPORTED', 'This domain 0 has no networks.')
        const defined = this.networks.define(networks)
        return defined.ok ? ok({}) : callError('INVALID_ARG', defined.error)
      },
      networkLeases: ({ network }) => {
        const leases = this.networks?.leasesOf(network)
        return leases ? ok({ leases }) : callError('INVALID_ARG', `There is no network ${network}.`)
      },
    }
  }

  private deviceServers() {
    return {
      attachDevice: ({ handle, device }) => this.onBackends(handle, 'INVALID_ARG', (backends) => backends.attach(device)),
      detachDevice: ({ handle, key, force }) => this.detachDevice(handle, key, force),
      changeMedium: ({ handle, key, ...medium }) =>
        this.onBackends(handle, 'OPERATION_FAILED', (backends) => backends.changeMedium(key, medium)),
      changeNic: ({ handle, nic }) => this.onBackends(handle, 'OPERATION_FAILED', (backends) => backends.change(nic)),
      switchDisks: ({ handle, disks }) => {
        const files = disks.map(({ key, path: file, format, allowedBacking }) => {
          return [key, { path: file, format, allowedBacking }] as const
        })
        return this.onBackends(handle, 'OPERATION_FAILED', (backends) => backends.switchDisks(new Map(files)))
      },
      mergeBegin: ({ handle, key }) => this.onBackends(handle, 'OPERATION_FAILED', (backends) => backends.mergeBegin(key)),
      mergeCopy: async ({ handle, key }) => {
        const session = await this.ready(handle)
        if (!session) return noDomain(handle)
        const copied = await session.backends.mergeCopy(key)
        return copied.ok ? ok(copied.value) : callError('OPERATION_FAILED', copied.error)
      },
      mergeEnd: ({ handle, key, into }) =>
        this.onBackends(handle, 'OPERATION_FAILED', (backends) => backends.mergeEnd(key, into)),
      deviceCounters: ({ handle }) => {
        const session = this.sessions.get(handle)
        return session ? ok({ devices: session.backends.counters }) : noDomain(handle)
      },
    } satisfies Partial<CallServers<Dom0Calls>>
  }

  private consoleServers(): Pick<CallServers<Dom0Calls>, 'openConsole' | 'readConsole'> {
    return {
      openConsole: ({ handle, link, fromOffset }, ports) => {
        if (!this.sessions.has(handle)) return noDomain(handle)
        return this.join(link, ports, (transport) => {
          const session = this.sessions.get(handle)
          if (session) session.console.attach(transport, fromOffset)
          else transport.close('the domain was released')
        })
      },
      readConsole: ({ handle, longest }) => {
        const session = this.sessions.get(handle)
        if (!session) return noDomain(handle)
        const { start, end } = session.console.scrollback
        const from = longest === undefined ? start : Math.max(start, end - longest)
        return ok({ text: utf8(session.console.scrollback.slice(from, end - from)), offset: from })
      },
    }
  }

  private storeServers() {
    return {
      setTarget: ({ handle, targetKiB }) => this.inTree(handle, (access) => access.setTarget(handle, targetKiB)),
      setVcpus: ({ handle, vcpus }) => this.inTree(handle, (access) => access.setVcpus(handle, vcpus)),
      shutdown: ({ handle, request }) => this.inTree(handle, (access) => access.shutdown(handle, request)),
      rename: ({ handle, name }) => this.inTree(handle, (access) => access.rename(handle, storeText(name))),
      dumpStore: (args) => this.access?.dump(args.path) ?? NOT_STARTED,
      readStore: (args) => this.access?.read(args.path) ?? NOT_STARTED,
      writeStore: (args) => this.access?.writeNode(args.path, args.value) ?? NOT_STARTED,
      watchStore: ({ seconds }) => {
        if (!this.access) return NOT_STARTED
        this.access.watch(seconds)
        return ok({})
      },
    } satisfies Partial<CallServers<Dom0Calls>>
  }

  /** The session when its devices are open and its nodes are there: a restored one's may be on their way still. */
  private async ready(handle: string): Promise<GuestSession | undefined> {
    const session = this.sessions.get(handle)
    await session?.ready
    return session
  }

  private async inTree(
    handle: string,
    act: (access: StoreAccess) => Result<object, CallError>,
  ): Promise<Result<object, CallError>> {
    if (!this.access) return NOT_STARTED
    await this.ready(handle)
    return act(this.access)
  }

  private async start(args: Dom0Calls['start']['args']): Promise<Result<Dom0Calls['start']['reply'], CallError>> {
    if (this.xenstored) return callError('OPERATION_INVALID', 'Domain 0 is started already.')
    const { socketDirectory } = args
    const journalDirectory = path.resolve(args.journalDirectory)
    let socketPath: string | undefined
    if (socketDirectory !== undefined) {
      const listening = await TransportListener.listen(
        localSocketPath(socketDirectory, `dom0-${process.pid}-${randomUUID().slice(0, 8)}`),
      )
      if (!listening.ok) return callError('SYSTEM_ERROR', `Domain 0 ${listening.error}.`)
      this.listener = listening.value
      socketPath = listening.value.path
    }
    this.xenstored = new XenStored(journalDirectory, this.log)
    this.networks?.keepLeases(path.join(journalDirectory, 'leases.json'))
    this.watches = new OwnWatches(this.xenstored)
    const changed = (): void => this.answerer.event('storeChanged', {})
    this.access = new StoreAccess(this.xenstored, this.watches, this.clock, changed)
    return ok({ socketPath, domains: this.xenstored.domains })
  }

  private async introduce(args: Dom0Calls['introduce']['args'], ports: readonly unknown[]): Promise<Result<object, CallError>> {
    const { xenstored } = this
    if (!xenstored) return NOT_STARTED
    const { handle, domid, vcpus, guestDomid, storeGfn, storePort, consoleGfn, consolePort, startedAtMs } = args
    const memoryKiB = args.memoryMiB * 1024
    const target = args.targetMiB === undefined ? {} : { targetKiB: Math.min(args.targetMiB * 1024, memoryKiB) }
    const online = args.onlineVcpus === undefined ? {} : { onlineVcpus: args.onlineVcpus }
    const pages = { storeGfn, storePort, consoleGfn, consolePort }
    const name = storeText(args.name)
    const tree = { handle, domid, name, memoryKiB, ...target, vcpus, ...online, ...pages, startedAtMs }
    const fresh = !xenstored.connection(handle)
    const introduced = xenstored.introduce(tree, guestDomid, args.restoring ?? false)
    if (!introduced.ok) return callError('INVALID_ARG', `Domain 0 refuses ${args.name}: ${introduced.error}.`)
    xenstored.flush()
    // Its tree is of the domain 0 before, which may have died before it was told another name.
    if (!fresh) this.access?.rename(handle, name)
    if (!this.sessions.has(handle)) {
      const opened = await this.openSession(handle, args.devices ?? [], fresh)
      if (!opened.ok) return opened
    }
    return this.join(args.link, ports, (transport) => this.sessions.get(handle)?.attach(transport))
  }

  /** A domain that is `fresh` and whose devices cannot be opened is released again. */
  private async openSession(handle: string, devices: readonly Device[], fresh: boolean): Promise<Result<null, CallError>> {
    const { xenstored, watches, clock, log } = this
    const connection = xenstored?.connection(handle)
    if (!xenstored || !watches || !connection) return noDomain(handle)
    const around: BackendSetSurroundings = {
      xenstored,
      watches,
      clock,
      domid: () => connection.identity.domid,
      guestDomid: () => connection.identity.guestDomid,
      log,
      changed: (key, state, error) => this.answerer.event('device', { handle, key, state, error }),
    }
    const backends = new BackendSet(around, this.rows, { handle, clock, log })
    const opening = backends.open(devices)
    const session = new GuestSession(connection, xenstored, backends, opening, clock, log, (state, reason) =>
      this.answerer.event('link', { handle, state, reason }),
    )
    this.sessions.set(handle, session)
    const opened = await opening
    if (!opened.ok && fresh) {
      await this.release(handle)
      return callError('INVALID_ARG', opened.error)
    }
    // A restored domain's devices are in the tree that comes over its link.
    if (!connection.awaiting) backends.place()
    return ok(null)
  }

  /** Asks a domain's backends for something; `code` is what a refusal of theirs is to main. */
  private async onBackends(
    handle: string,
    code: string,
    act: (backends: BackendSet) => Promise<Result<unknown, string>>,
  ): Promise<Result<object, CallError>> {
    const session = await this.ready(handle)
    if (!session) return noDomain(handle)
    const done = await act(session.backends)
    return done.ok ? ok({}) : callError(code, done.error)
  }

  private async detachDevice(handle: string, key: string, force: boolean): Promise<Result<object, CallError>> {
    const session = await this.ready(handle)
    if (!session) return noDomain(handle)
    const gone = session.backends.detach(key, force)
    if (!gone) return callError('INVALID_ARG', `There is no device ${key}.`)
    let cancel = (): void => {}
    const late = new Promise<'late'>((resolve) => {
      cancel = this.clock.after(DETACH_TIMEOUT_MS, () => resolve('late'))
    })
    const first = await Promise.race([gone, late])
    cancel()
    return first === 'late' ? callError('OPERATION_TIMEOUT', `The guest does not let go of ${key}.`) : ok({})
  }

  private counters(): Result<Dom0Calls['counters']['reply'], CallError> {
    const { xenstored } = this
    if (!xenstored) return NOT_STARTED
    const connections = [...xenstored.store.connections.values()]
    return ok({
      requests: xenstored.requests,
      nodes: [...xenstored.store.tree.owned.values()].reduce((sum, one) => sum + one, 0),
      watches: connections.reduce((sum, one) => sum + one.watches.length, 0),
      transactions: connections.reduce((sum, one) => sum + one.transactions.size, 0),
      journalBytes: xenstored.journalBytes,
      links: [...this.sessions.values()].filter((one) => one.connected).length,
    })
  }

  private async release(handle: string): Promise<void> {
    const session = this.sessions.get(handle)
    this.sessions.delete(handle)
    await session?.dispose('the domain was released')
    this.xenstored?.release(handle)
    this.xenstored?.flush()
  }

  /** A transport from a port that came with a call, or from whoever shows the ticket. */
  private join(
    link: { readonly path: string; readonly ticket: string } | undefined,
    ports: readonly unknown[],
    taken: (transport: Transport) => void,
  ): Result<object, CallError> {
    const port = ports[0]
    if (isElectronPort(port)) taken(electronPortTransport(port))
    else if (link && this.listener) this.listener.expect(link.ticket, taken)
    else return callError('INVALID_ARG', 'No port came with the call, and domain 0 does not listen on a socket.')
    return ok({})
  }
}
