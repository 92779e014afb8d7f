// Domain 0 as an object: answers main's control calls with the store, the sessions of the domains and their consoles.
// dom0.ts starts it in a process; tests start it in their own. Everything it keeps either is in the journal or comes back
// from the domains' pumps, so it may be killed at any time. Invariant: a session exists exactly for each known domain that main
// has introduced to this process. Runs in: domain 0.
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { BackendSet } from '../backend/backend-set'
import type { BackendRow } from '../backend/device'
import { latin1, utf8 } from '../lib/bytes'
import type { Clock } from '../lib/clock'
import type { Log } from '../lib/log'
import { localSocketPath, TransportListener } from '../link/transport'
import type { Networks } from '../net/networks'
import { Answerer, type CallError, type CallServers } from '../public/protocol/call'
import { DOM0_CALLS, type Dom0Calls, type Dom0Events } from '../public/protocol/control'
import { electronPortTransport, isElectronPort } from '../public/protocol/port-transport'
import type { Transport } from '../public/protocol/transport'
import { err, ok, type Result } from '../public/result'
import { OwnWatches } from '../xenstore/own-watches'
import { absolutePath, domainPath } from '../xenstore/path'
import { formatPermissions } from '../xenstore/permission'
import { lookup, walk } from '../xenstore/tree'
import { XenStored } from '../xenstore/xenstored'
import { GuestSession } from './guest-session'

function failure(code: string, message: string): { ok: false; error: CallError } {
  return err({ code, message })
}
/** How long a guest may take to let go of a device before main is told that it does not. */
const DETACH_TIMEOUT_MS = 15_000

/** Changes of the store are told this late, together. */
const STORE_TELL_MS = 200

const NOT_STARTED = failure('OPERATION_INVALID', 'Domain 0 was not started.')
const noDomain = (handle: string) => failure('NO_DOMAIN', `Domain 0 does not know ${handle}.`)

/** Values in dumps: printable, others as \xNN, as xenstore-ls does. */
function shown(value: string): string {
  return value.replace(/[^ -~]|["\\]/g, (c) => {
    if (c === '\n') return '\\n'
    if (c === '"' || c === '\\') return `\\${c}`
    return `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

/** What a person wrote as the store holds it, whose strings are bytes: in UTF-8, as libxl and xenstore-write do. */
function storeText(name: string): string {
  return latin1(Buffer.from(name, 'utf8'))
}

export class Domain0 {
  private readonly answerer: Answerer<Dom0Calls, Dom0Events>
  private readonly clock: Clock
  private readonly sessions = new Map<string, GuestSession>()
  private xenstored: XenStored | undefined
  private listener: TransportListener | undefined
  private readonly rows: readonly BackendRow[]
  private readonly networks: Networks | undefined
  private watches: OwnWatches | undefined
  private endStoreWatch: () => void = () => {}

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
    this.endStoreWatch()
    const disposed = Promise.all(sessions.map((session) => session.dispose('domain 0 ends')))
    this.xenstored?.dispose()
    this.xenstored = undefined
    await disposed
    this.networks?.dispose()
  }

  private servers(): CallServers<Dom0Calls> {
    return {
      start: async ({ journalDirectory, socketDirectory }) => {
        if (this.xenstored) return failure('OPERATION_INVALID', 'Domain 0 is started already.')
        let socketPath: string | undefined
        if (socketDirectory !== undefined) {
          const listening = await TransportListener.listen(
            localSocketPath(socketDirectory, `dom0-${process.pid}-${randomUUID().slice(0, 8)}`),
          )
          if (!listening.ok) return failure('SYSTEM_ERROR', `Domain 0 ${listening.error}.`)
          this.listener = listening.value
          socketPath = listening.value.path
        }
        this.xenstored = new XenStored(path.resolve(journalDirectory), this.log)
        this.networks?.keepLeases(path.join(path.resolve(journalDirectory), 'leases.json'))
        this.watches = new OwnWatches(this.xenstored)
        return ok({ socketPath, domains: this.xenstored.domains })
      },

      introduce: async (args, ports) => {
        const { xenstored, watches } = this
        if (!xenstored || !watches) return NOT_STARTED
        const { handle, domid, vcpus, guestDomid, storeGfn, storePort, consoleGfn, consolePort, startedAtMs } = args
        const memoryKiB = args.memoryMiB * 1024
        const target = args.targetMiB === undefined ? {} : { targetKiB: Math.min(args.targetMiB * 1024, memoryKiB) }
        const pages = { storeGfn, storePort, consoleGfn, consolePort }
        const name = storeText(args.name)
        const tree = { handle, domid, name, memoryKiB, ...target, vcpus, ...pages, startedAtMs }
        const fresh = !xenstored.connection(handle)
        const introduced = xenstored.introduce(tree, guestDomid, args.restoring ?? false)
        if (!introduced.ok) return failure('INVALID_ARG', `Domain 0 refuses ${args.name}: ${introduced.error}.`)
        xenstored.flush()
        // Its tree is of the domain 0 before, which may have died before it was told another name.
        if (!fresh) this.rename(handle, name)
        const connection = xenstored.connection(handle)
        if (!connection) return noDomain(handle)
        let session = this.sessions.get(handle)
        if (!session) {
          const backends = new BackendSet(
            {
              xenstored,
              watches,
              domid: () => connection.identity.domid,
              log: this.log,
              changed: (key, state, error) => this.answerer.event('device', { handle, key, state, error }),
            },
            this.rows,
            { handle, clock: this.clock, log: this.log },
          )
          session = new GuestSession(connection, xenstored, backends, this.clock, this.log, (state, reason) =>
            this.answerer.event('link', { handle, state, reason }),
          )
          this.sessions.set(handle, session)
          const opened = await backends.open(args.devices ?? [])
          if (!opened.ok && fresh) {
            await this.release(handle)
            return failure('INVALID_ARG', opened.error)
          }
          // A restored domain's devices are in the tree that comes over its link.
          if (!connection.awaiting) backends.place()
        }
        return this.join(args.link, ports, (transport) => this.sessions.get(handle)?.attach(transport))
      },

      release: async ({ handle }) => {
        if (!this.xenstored) return NOT_STARTED
        await this.release(handle)
        return ok({})
      },

      setNetworks: ({ networks }) => {
        if (!this.networks) return failure('OPERATION_UNSUPPORTED', 'This domain 0 has no networks.')
        const defined = this.networks.define(networks)
        return defined.ok ? ok({}) : failure('INVALID_ARG', defined.error)
      },

      networkLeases: ({ network }) => {
        const leases = this.networks?.leasesOf(network)
        return leases ? ok({ leases }) : failure('INVALID_ARG', `There is no network ${network}.`)
      },

      attachDevice: async ({ handle, device }) => {
        const session = this.sessions.get(handle)
        if (!session) return noDomain(handle)
        const attached = await session.backends.attach(device)
        return attached.ok ? ok({}) : failure('INVALID_ARG', attached.error)
      },

      detachDevice: async ({ handle, key, force }) => {
        const session = this.sessions.get(handle)
        if (!session) return noDomain(handle)
        const gone = session.backends.detach(key, force)
        if (!gone) return failure('INVALID_ARG', `There is no device ${key}.`)
        let cancel = (): void => {}
        const late = new Promise<'late'>((resolve) => {
          cancel = this.clock.after(DETACH_TIMEOUT_MS, () => resolve('late'))
        })
        const first = await Promise.race([gone, late])
        cancel()
        return first === 'late' ? failure('OPERATION_TIMEOUT', `The guest does not let go of ${key}.`) : ok({})
      },

      changeMedium: async ({ handle, key, ...medium }) => {
        const session = this.sessions.get(handle)
        if (!session) return noDomain(handle)
        const changed = await session.backends.changeMedium(key, medium)
        return changed.ok ? ok({}) : failure('OPERATION_FAILED', changed.error)
      },

      changeNic: async ({ handle, nic }) => {
        const session = this.sessions.get(handle)
        if (!session) return noDomain(handle)
        const changed = await session.backends.change(nic)
        return changed.ok ? ok({}) : failure('OPERATION_FAILED', changed.error)
      },

      switchDisks: async ({ handle, disks }) => {
        const session = this.sessions.get(handle)
        if (!session) return noDomain(handle)
        const files = disks.map(({ key, path: file, format, allowedBacking }) => {
          return [key, { path: file, format, allowedBacking }] as const
        })
        const switched = await session.backends.switchDisks(new Map(files))
        return switched.ok ? ok({}) : failure('OPERATION_FAILED', switched.error)
      },

      mergeBegin: async ({ handle, key }) => {
        const session = this.sessions.get(handle)
        if (!session) return noDomain(handle)
        const begun = await session.backends.mergeBegin(key)
        return begun.ok ? ok({}) : failure('OPERATION_FAILED', begun.error)
      },

      mergeCopy: async ({ handle, key }) => {
        const session = this.sessions.get(handle)
        if (!session) return noDomain(handle)
        const copied = await session.backends.mergeCopy(key)
        return copied.ok ? ok(copied.value) : failure('OPERATION_FAILED', copied.error)
      },

      mergeEnd: async ({ handle, key, into }) => {
        const session = this.sessions.get(handle)
        if (!session) return noDomain(handle)
        const ended = await session.backends.mergeEnd(key, into)
        return ended.ok ? ok({}) : failure('OPERATION_FAILED', ended.error)
      },

      deviceCounters: ({ handle }) => {
        const session = this.sessions.get(handle)
        return session ? ok({ devices: session.backends.counters }) : noDomain(handle)
      },

      setTarget: ({ handle, targetKiB }) =>
        this.onDomain(handle, (xenstored, home) => {
          const most = Number(lookup(xenstored.store.tree, `${home}/memory/static-max`)?.value ?? 'x')
          if (!(targetKiB <= most)) {
            return failure('INVALID_ARG', `The memory target must be at most ${most} KiB, the domain's maximum.`)
          }
          return this.write(xenstored, `${home}/memory/target`, String(targetKiB))
        }),

      setVcpus: ({ handle, vcpus }) =>
        this.onDomain(handle, (xenstored, home) => {
          const node = (vcpu: number): string => `${home}/cpu/${vcpu}/availability`
          let most = 0
          while (lookup(xenstored.store.tree, node(most))) most += 1
          if (vcpus > most) return failure('INVALID_ARG', `The domain has at most ${most} vcpus, not ${vcpus}.`)
          for (let vcpu = 0; vcpu < most; vcpu++) this.write(xenstored, node(vcpu), vcpu < vcpus ? 'online' : 'offline')
          return ok({})
        }),

      shutdown: ({ handle, request }) =>
        this.onDomain(handle, (xenstored, home) => this.write(xenstored, `${home}/control/shutdown`, request)),

      rename: ({ handle, name }) => this.rename(handle, storeText(name)),

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

      dumpStore: (args) => {
        if (!this.xenstored) return NOT_STARTED
        const from = absolutePath(args.path ?? '/', 0)
        const node = from === undefined ? undefined : lookup(this.xenstored.store.tree, from)
        if (from === undefined || !node) return failure('INVALID_ARG', `There is no node ${args.path}.`)
        const lines: string[] = []
        walk(node, from, (at, one) => {
          if (at !== '/') lines.push(`${at} = "${shown(one.value)}"   (${formatPermissions(one.permissions).join(',')})`)
        })
        return ok({ text: lines.map((line) => `${line}\n`).join('') })
      },

      readStore: (args) => {
        if (!this.xenstored) return NOT_STARTED
        const at = absolutePath(args.path, 0)
        const node = at === undefined ? undefined : lookup(this.xenstored.store.tree, at)
        return node ? ok({ value: node.value }) : failure('NO_XENSTORE_NODE', `There is no node ${args.path}.`)
      },

      writeStore: (args) => {
        if (!this.xenstored) return NOT_STARTED
        const at = absolutePath(args.path, 0)
        if (at === undefined) return failure('INVALID_ARG', `${args.path} is not a path of the store.`)
        return this.write(this.xenstored, at, storeText(args.value))
      },

      ping: () => ok({}),

      watchStore: ({ seconds }) => {
        if (!this.watches) return NOT_STARTED
        this.watchStore(this.watches, seconds)
        return ok({})
      },

      counters: () => {
        const store = this.xenstored?.store
        if (!this.xenstored || !store) return NOT_STARTED
        const connections = [...store.connections.values()]
        return ok({
          requests: this.xenstored.requests,
          nodes: [...store.tree.owned.values()].reduce((sum, one) => sum + one, 0),
          watches: connections.reduce((sum, one) => sum + one.watches.length, 0),
          transactions: connections.reduce((sum, one) => sum + one.transactions.size, 0),
          journalBytes: this.xenstored.journalBytes,
          links: [...this.sessions.values()].filter((one) => one.connected).length,
        })
      },
    }
  }

  /** Whoever looks asks again before the time is over; nobody looking costs nothing. */
  private watchStore(watches: OwnWatches, seconds: number): void {
    this.endStoreWatch()
    if (seconds === 0) return
    let told = false
    let cancel = (): void => {}
    const unwatch = watches.watch('/', () => {
      if (told) return
      told = true
      cancel = this.clock.after(STORE_TELL_MS, () => {
        told = false
        this.answerer.event('storeChanged', {})
      })
    })
    const stop = this.clock.after(seconds * 1000, () => this.endStoreWatch())
    this.endStoreWatch = () => {
      this.endStoreWatch = () => {}
      unwatch()
      cancel()
      stop()
    }
  }

  private async release(handle: string): Promise<void> {
    const session = this.sessions.get(handle)
    this.sessions.delete(handle)
    await session?.dispose('the domain was released')
    this.xenstored?.release(handle)
    this.xenstored?.flush()
  }

  /** Written, and so told to watchers, only where it is another. */
  private rename(handle: string, name: string): Result<object, CallError> {
    return this.onDomain(handle, (xenstored, home) => {
      for (const path of [`${home}/name`, `/vm/${handle}/name`]) {
        if (lookup(xenstored.store.tree, path)?.value === name) continue
        const written = this.write(xenstored, path, name)
        if (!written.ok) return written
      }
      return ok({})
    })
  }

  private onDomain(
    handle: string,
    act: (xenstored: XenStored, home: string) => Result<object, CallError>,
  ): Result<object, CallError> {
    if (!this.xenstored) return NOT_STARTED
    const connection = this.xenstored.connection(handle)
    if (!connection) return noDomain(handle)
    const done = act(this.xenstored, domainPath(connection.identity.domid))
    this.xenstored.flush()
    return done
  }

  private write(xenstored: XenStored, at: string, value: string): Result<object, CallError> {
    xenstored.change([{ kind: 'write', path: at, value, creator: 0 }])
    xenstored.flush()
    return ok({})
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
    else return failure('INVALID_ARG', 'No port came with the call, and domain 0 does not listen on a socket.')
    return ok({})
  }
}
