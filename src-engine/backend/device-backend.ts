// One device of one domain in domain 0: follows the two states in the store by the table of xenbus.ts, opens and closes the service,
// and joins it with the pump over the link. Steps that take time (opening, joining, flushing) run one after another; after each the
// states are looked at again.
// Invariant: the backend's state in the store is written after what it says is true, and nothing is kept here that a new domain 0
// could not find in the store. Runs in: domain 0.
import type { Clock } from '../lib/clock'
import type { Log } from '../lib/log'
import type { Device, DeviceCounters } from '../public/protocol/device'
import { err, ok, type Result } from '../public/result'
import { XENBUS_STATE } from '../public/xen/io/xenbus'
import type { OwnWatches } from '../xenstore/own-watches'
import { parentPath } from '../xenstore/path'
import { lookup } from '../xenstore/tree'
import type { XenStored } from '../xenstore/xenstored'
import type { DevicePart, DeviceService, DiskFile, Keys } from './device'
import { deviceChanges, devicePaths, keysBelow, removalChanges, writes } from './device-tree'
import { xenbusStep } from './xenbus'

/** The link as a backend uses it, while there is one. */
export interface DeviceLink {
  /** Asks the domain for a pump and attaches the service to it. Resolves when it has answered or the link is gone. */
  connect(
    key: string,
    fresh: boolean,
    frontend: Keys,
    backend: Keys,
    service: DeviceService,
  ): Promise<Result<undefined, string>>
  /** Ends the pump. Resolves when it is gone, or the link is. */
  disconnect(key: string): Promise<void>
}

export interface BackendSurroundings {
  readonly xenstored: XenStored
  readonly watches: OwnWatches
  readonly clock: Clock
  readonly domid: () => number
  /** What the guest takes it for: of a restored one it is another. */
  readonly guestDomid: () => number
  readonly link: () => DeviceLink | undefined
  readonly log: Log
  /** Told whenever the state moved, or something went wrong. */
  changed(key: string, state: number, error?: string): void
  /** The device is gone from the store. */
  gone(key: string): void
}

const STATE = XENBUS_STATE

/** How long a guest may take to let go of a device that it has not begun to use, and to see that it is gone. One may hang, or have no driver. */
const NOTICE_MS = 5000

export class DeviceBackend {
  readonly key: string
  readonly service: DeviceService
  private readonly around: BackendSurroundings
  private readonly type: string
  private readonly part: DevicePart
  private unwatch: (() => void) | undefined
  private steps: Promise<void> = Promise.resolve()
  private looking = false
  private joined = false
  private features: Keys | undefined
  private closed = false
  private error: string | undefined
  /** Resolves when it has been closed and is not in the store any more, or the domain is gone. */
  private readonly gone: Promise<void>
  private tellGone = (): void => {}
  private forced = false
  /** It was asked to let go and had time to. */
  private overdue = false
  private stopWaiting = (): void => {}

  constructor(around: BackendSurroundings, type: string, part: DevicePart, service: DeviceService) {
    this.around = around
    this.type = type
    this.part = part
    this.key = `${type}/${part.id}`
    this.service = service
    this.gone = new Promise((resolve) => {
      this.tellGone = resolve
    })
  }

  private get paths() {
    return devicePaths(this.around.domid(), this.type, this.part.id)
  }

  private value(path: string): string | undefined {
    return lookup(this.around.xenstored.store.tree, path)?.value
  }

  private number(path: string): number {
    const value = this.value(path)
    return value !== undefined && /^\d$/.test(value) ? Number(value) : STATE.XenbusStateUnknown
  }

  get state(): number {
    return this.number(`${this.paths.backend}/state`)
  }

  /** Has the store this device already: from the journal, or from a save file? */
  get known(): boolean {
    return this.value(`${this.paths.backend}/state`) !== undefined
  }

  get counters(): DeviceCounters {
    return { key: this.key, state: this.state, ...this.service.counters() }
  }

  /** Opens the service; one sentence when it cannot be. Nothing is in the store yet. */
  async open(): Promise<Result<undefined, string>> {
    const opened = await this.service.open()
    if (!opened.ok) {
      this.complain(opened.error)
      return opened
    }
    this.features = opened.value
    if (!this.closed) return ok(undefined)
    await this.service.close()
    return err('it was taken away')
  }

  /** Brings the backend to state 2, or leaves it where the store says it was; follows its frontend from now on. */
  place(): void {
    const { features } = this
    if (!features || this.closed) return
    const { xenstored, watches, domid, guestDomid } = this.around
    if (!this.known) xenstored.change(deviceChanges(domid(), guestDomid(), this.type, this.part))
    else this.renew()
    const { backend, frontend } = this.paths
    if (this.state === STATE.XenbusStateInitialising) this.become(STATE.XenbusStateInitWait, features)
    else {
      const moved = Object.entries(features).filter(([key, value]) => this.value(`${backend}/${key}`) !== value)
      xenstored.change(writes(backend, Object.fromEntries(moved)))
    }
    this.unwatch = watches.watch(`${frontend}/state`, () => this.look())
    xenstored.flush()
    this.look()
  }

  /** The store is of another time, or another machine's: what the toolstack says of the device is what it is now, for who asks next. */
  private renew(): void {
    const { paths, part } = this
    const { xenstored } = this.around
    for (const [directory, keys] of [
      [paths.libxl, part.backend],
      [paths.frontend, part.frontend],
      [paths.backend, part.backend],
    ] as const) {
      const other = Object.entries(keys).filter(([key, value]) => this.value(`${directory}/${key}`) !== value)
      xenstored.change(writes(directory, Object.fromEntries(other)))
    }
  }

  /** A link is there (again): whoever was connected is joined to its pump. */
  linkUp(): void {
    this.look()
  }

  linkDown(): void {
    this.joined = false
    this.service.detach()
  }

  /** The pump ended by itself: the guest broke its ring. The frontend is told by our closing. */
  pumpFailed(reason: string): void {
    if (!this.joined) return
    this.linkDown()
    this.complain(reason)
    this.become(STATE.XenbusStateClosing)
    this.look()
  }

  /** Takes the device away: the guest is asked to let go, or with `force` not. Resolves when it is gone. */
  async detach(force: boolean): Promise<void> {
    const { xenstored } = this.around
    if (force) {
      this.forced = true
      this.stopWaiting()
    }
    // It may be on its way: another one of its name must not come before it has gone.
    if (this.closed) return this.gone
    xenstored.change(writes(this.paths.backend, { online: '0' }))
    if (force || this.state === STATE.XenbusStateInitialising) this.step(() => this.leave(true))
    // Not before the step that is on its way: one that connects would write its state over ours, and the guest never hear of it.
    else this.look()
    xenstored.flush()
    const calledOff = this.around.clock.after(NOTICE_MS, () => {
      this.overdue = true
      this.look()
    })
    await this.gone
    calledOff()
  }

  /** The domain is gone, or domain 0 ends: nothing is written to the store. */
  async dispose(): Promise<void> {
    this.closed = true
    this.stopWaiting()
    this.unwatch?.()
    this.linkDown()
    await this.steps
    if (this.features) await this.service.close()
    this.features = undefined
    this.tellGone()
  }

  async changeMedium(medium: DiskFile): Promise<Result<undefined, string>> {
    if (!this.service.changeMedium) return err('this device has no medium')
    const changed = await this.service.changeMedium(medium)
    if (!changed.ok) return changed
    // The same state again makes the frontend look at the keys.
    const { state } = this
    const again: Keys = state === STATE.XenbusStateConnected ? { state: String(state) } : {}
    this.around.xenstored.change(writes(this.paths.backend, { ...changed.value, ...again }))
    this.around.xenstored.flush()
    return ok(undefined)
  }

  async change(device: Device): Promise<Result<undefined, string>> {
    return this.service.change?.(device) ?? err('this device cannot be changed while it is attached')
  }

  /** Its disk is in another file now. */
  noteImage(path: string): void {
    this.around.xenstored.change(writes(this.paths.backend, { params: path }))
    this.around.xenstored.flush()
  }

  // --- following the states ---

  private step(work: () => Promise<void>): void {
    this.steps = this.steps.then(work).catch((error: unknown) => {
      this.complain(error instanceof Error ? (error.stack ?? error.message) : String(error))
    })
  }

  /** Looks at both states and does what the table says, until it says wait. */
  private look(): void {
    if (this.looking || this.closed) return
    this.looking = true
    this.step(async () => {
      this.looking = false
      if (this.closed || !this.features) return
      const { backend, frontend } = this.paths
      const { xenstored, domid } = this.around
      const online = this.value(`${backend}/online`) !== '0'
      const driven = !this.overdue && xenstored.watched(domid(), frontend)
      switch (xenbusStep(this.state, this.number(`${frontend}/state`), online, driven)) {
        case 'wait':
          if (this.state === STATE.XenbusStateConnected && !this.joined) await this.join(false)
          else if (this.state === STATE.XenbusStateClosed && !online) await this.leave(true)
          return
        case 'connect':
          await this.join(true)
          return
        case 'follow':
          this.become(STATE.XenbusStateClosing)
          this.look()
          return
        case 'close':
          await this.leave(!online)
          return
        case 'again':
          await this.leave(false)
          this.become(STATE.XenbusStateInitWait)
          return
      }
    })
  }

  /** Joins the ring. `fresh`: the frontend has just published it; else it is served already and goes on. */
  private async join(fresh: boolean): Promise<void> {
    const link = this.around.link()
    if (!link) return
    const { tree } = this.around.xenstored.store
    const keys = keysBelow(tree, this.paths.frontend)
    const ready = this.service.connect(keys, fresh ? undefined : keysBelow(tree, this.paths.backend))
    if (!ready.ok && !fresh) {
      this.complain(ready.error)
      return
    }
    const joined = ready.ok ? await link.connect(this.key, fresh, keys, ready.value.pump, this.service) : ready
    // The link went away meanwhile: the next one begins from what the store says.
    if (this.around.link() !== link || this.closed) return
    if (!joined.ok || !ready.ok) {
      this.complain(joined.ok ? '' : joined.error)
      this.become(STATE.XenbusStateClosing)
      this.look()
      return
    }
    this.joined = true
    this.error = undefined
    if (fresh) this.become(STATE.XenbusStateConnected, ready.value.keys)
    else this.around.changed(this.key, this.state)
    this.look()
  }

  /** Leaves the ring, puts everything where it lasts, then says closed; `remove` takes the device out of the store as well. */
  private async leave(remove: boolean): Promise<void> {
    if (this.closed) return
    this.linkDown()
    // Also when it was not joined yet: the domain may have a pump from the domain 0 before.
    await this.around.link()?.disconnect(this.key)
    await this.service.settle()
    if (this.closed) return
    if (this.state !== STATE.XenbusStateClosed) this.become(STATE.XenbusStateClosed)
    if (remove) await this.remove()
  }

  private async remove(): Promise<void> {
    this.closed = true
    this.unwatch?.()
    await this.service.close()
    this.features = undefined
    const { xenstored } = this.around
    xenstored.change(removalChanges(xenstored.store.tree, this.around.domid(), this.type, this.part.id))
    xenstored.flush()
    if (!this.forced) await this.noticed()
    this.around.gone(this.key)
    this.tellGone()
  }

  /**
   * Until the guest has looked for its frontend in vain, which is when its driver lets the device go: it takes one of the same name
   * that comes before for the old one, and never drives it.
   */
  private async noticed(): Promise<void> {
    const { xenstored, clock, domid } = this.around
    const { frontend } = this.paths
    const ends: (() => void)[] = []
    await new Promise<void>((resolve) => {
      this.stopWaiting = resolve
      ends.push(clock.after(NOTICE_MS, resolve))
      ends.push(xenstored.whenAsked(domid(), [frontend, parentPath(frontend)], resolve))
    })
    for (const end of ends) end()
  }

  private become(state: number, keys: Keys = {}): void {
    this.around.xenstored.change(writes(this.paths.backend, { ...keys, state: String(state) }))
    this.around.xenstored.flush()
    this.around.changed(this.key, state, this.error)
  }

  private complain(text: string): void {
    this.error = text
    this.around.log('warning', `${this.key}: ${text}`)
    this.around.changed(this.key, this.state, text)
  }
}
