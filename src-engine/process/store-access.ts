// What main asks of XenStore, as domain 0: nodes of a domain that its kernel follows (memory target, vcpus, shutdown, name), and the
// tree as such, read, written, dumped and watched.
// Invariant: every change is in the journal when its answer goes out. Runs in: domain 0.
import { latin1 } from '../lib/bytes'
import type { Clock } from '../lib/clock'
import { type CallError, callError } from '../public/protocol/call'
import { ok, type Result } from '../public/result'
import type { OwnWatches } from '../xenstore/own-watches'
import { absolutePath, domainPath } from '../xenstore/path'
import { formatPermissions } from '../xenstore/permission'
import { lookup, type Node, walk } from '../xenstore/tree'
import type { XenStored } from '../xenstore/xenstored'

/** Changes of the store are told this late, together. */
const STORE_TELL_MS = 200

export const noDomain = (handle: string) => callError('NO_DOMAIN', `Domain 0 does not know ${handle}.`)

/** What a person wrote as the store holds it, whose strings are bytes: in UTF-8, as libxl and xenstore-write do. */
export function storeText(name: string): string {
  return latin1(Buffer.from(name, 'utf8'))
}

/** Values in dumps: printable, others as \xNN, as xenstore-ls does. */
function shown(value: string): string {
  return value.replace(/[^ -~]|["\\]/g, (c) => {
    if (c === '\n') return '\\n'
    if (c === '"' || c === '\\') return `\\${c}`
    return `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

export class StoreAccess {
  private endWatch: () => void = () => {}

  constructor(
    private readonly xenstored: XenStored,
    private readonly watches: OwnWatches,
    private readonly clock: Clock,
    private readonly changed: () => void,
  ) {}

  dispose(): void {
    this.endWatch()
  }

  // ---- a domain's nodes -----------------------------------------------------------------------

  setTarget(handle: string, targetKiB: number): Result<object, CallError> {
    return this.onDomain(handle, (home) => {
      const most = Number(this.node(`${home}/memory/static-max`)?.value ?? 'x')
      if (!(targetKiB <= most))
        return callError('INVALID_ARG', `The memory target must be at most ${most} KiB, the domain's maximum.`)
      return this.write(`${home}/memory/target`, String(targetKiB))
    })
  }

  setVcpus(handle: string, vcpus: number): Result<object, CallError> {
    return this.onDomain(handle, (home) => {
      const path = (vcpu: number): string => `${home}/cpu/${vcpu}/availability`
      let most = 0
      while (this.node(path(most))) most += 1
      if (vcpus > most) return callError('INVALID_ARG', `The domain has at most ${most} vcpus, not ${vcpus}.`)
      for (let vcpu = 0; vcpu < most; vcpu++) {
        // Also where it stands there already: a guest that took one off by itself hears again that it may have it.
        const written = this.write(path(vcpu), vcpu < vcpus ? 'online' : 'offline')
        if (!written.ok) return written
      }
      return ok({})
    })
  }

  shutdown(handle: string, request: string): Result<object, CallError> {
    return this.onDomain(handle, (home) => this.write(`${home}/control/shutdown`, request))
  }

  /** Written, and so told to watchers, only where it is another. */
  rename(handle: string, name: string): Result<object, CallError> {
    return this.onDomain(handle, (home) => {
      for (const path of [`${home}/name`, `/vm/${handle}/name`]) {
        if (this.node(path)?.value === name) continue
        const written = this.write(path, name)
        if (!written.ok) return written
      }
      return ok({})
    })
  }

  private onDomain(handle: string, act: (home: string) => Result<object, CallError>): Result<object, CallError> {
    const connection = this.xenstored.connection(handle)
    if (!connection) return noDomain(handle)
    const done = act(domainPath(connection.identity.domid))
    this.xenstored.flush()
    return done
  }

  // ---- the tree -------------------------------------------------------------------------------

  /** As xenstore-ls prints it, with permissions. */
  dump(path = '/'): Result<{ readonly text: string }, CallError> {
    const from = absolutePath(path, 0)
    const node = from === undefined ? undefined : this.node(from)
    if (from === undefined || !node) return callError('INVALID_ARG', `There is no node ${path}.`)
    const lines: string[] = []
    walk(node, from, (at, one) => {
      if (at !== '/') lines.push(`${at} = "${shown(one.value)}"   (${formatPermissions(one.permissions).join(',')})`)
    })
    return ok({ text: lines.map((line) => `${line}\n`).join('') })
  }

  read(path: string): Result<{ readonly value: string }, CallError> {
    const at = absolutePath(path, 0)
    const node = at === undefined ? undefined : this.node(at)
    return node ? ok({ value: node.value }) : callError('NO_XENSTORE_NODE', `There is no node ${path}.`)
  }

  writeNode(path: string, value: string): Result<object, CallError> {
    const at = absolutePath(path, 0)
    if (at === undefined) return callError('INVALID_ARG', `${path} is not a path of the store.`)
    return this.write(at, storeText(value))
  }

  /** Tells of changes for so long. Whoever looks asks again before the time is over; nobody looking costs nothing. */
  watch(seconds: number): void {
    this.endWatch()
    if (seconds === 0) return
    let told = false
    let cancel = (): void => {}
    const unwatch = this.watches.watch('/', () => {
      if (told) return
      told = true
      cancel = this.clock.after(STORE_TELL_MS, () => {
        told = false
        this.changed()
      })
    })
    const stop = this.clock.after(seconds * 1000, () => this.endWatch())
    this.endWatch = () => {
      this.endWatch = () => {}
      unwatch()
      cancel()
      stop()
    }
  }

  private node(path: string): Node | undefined {
    return lookup(this.xenstored.store.tree, path)
  }

  private write(at: string, value: string): Result<object, CallError> {
    this.xenstored.change([{ kind: 'write', path: at, value, creator: 0 }])
    this.xenstored.flush()
    return ok({})
  }
}
