// The guest's end of its link to domain 0: joins the XenStore and console pumps to whatever link there is.
// Links come and go (domain 0 may die); the pumps stay. On each new link: HELLO both ways, then, after a restore, the saved
// store state once, then the pumps send again what was not answered. What domain 0 sends is checked and never trusted.
// Invariant: pumps are connected only between HELLO and the link's end. Runs in: main thread of the domain's process.
import type { ConsolePump } from '../backend/console/pump'
import { disconnectedBody, type PumpHost } from '../backend/pump-host'
import { fromUtf8, utf8, uuidBytes } from '../lib/bytes'
import type { Log } from '../lib/log'
import { BounceArea, BounceFile } from '../link/bounce-file'
import { LinkEnd, readU64, u32, u64 } from '../link/link-end'
import { LINK_VERSION, type LinkRecordName } from '../public/protocol/link'
import type { Transport } from '../public/protocol/transport'
import { err, ok, type Result } from '../public/result'
import type { RingPumpState, XenStoreRingPump } from '../xenstore/ring-pump'
import { optimiseEarly } from './early-optimising'

/** Enough for a new domain 0 on a busy machine. */
const SAVE_TIMEOUT_MS = 30_000
/** A file larger than this is not for our devices. */
const BOUNCE_LIMIT = 1024 * 1024 * 1024

/** Both ends of the store at one instant: what domain 0 knows, and what the ring's pump has of that. */
export interface SavedStore {
  readonly xenstore: Uint8Array
  readonly store: RingPumpState
}

export class DomainLink {
  private readonly handle: string
  private readonly store: XenStoreRingPump
  private readonly console: ConsolePump
  private readonly devices: PumpHost
  private readonly log: Log
  private bounce: BounceArea | undefined
  private end: LinkEnd | undefined
  private helloSeen = false
  private restoring: Uint8Array | undefined
  private saving: { id: number; settle: (result: Result<SavedStore, string>) => void } | undefined
  private saveId = 0

  /** `rang`: a device of the guest's has something for domain 0. `restoreState`: what `saveStore` gave when the domain was saved; sent once, with the first link. */
  constructor(
    handle: string,
    store: XenStoreRingPump,
    console: ConsolePump,
    devices: PumpHost,
    log: Log,
    private readonly rang: () => void,
    restoreState?: Uint8Array,
  ) {
    this.handle = handle
    this.store = store
    this.console = console
    this.devices = devices
    this.log = log
    this.restoring = restoreState
  }

  get connected(): boolean {
    return this.helloSeen
  }

  /** Takes a new link; an older one is dropped. */
  attach(transport: Transport): void {
    this.drop('a new link came')
    const end = new LinkEnd(transport, 'domain', {
      receive: (name, body, view, channel) => (this.end === end ? this.receive(name, body, view, channel) : undefined),
      closed: (reason) => {
        if (this.end === end) this.drop(reason)
      },
    })
    if (transport.closed) return
    this.end = end
    const { replies, events } = this.store.position
    const { output, input } = this.console.position
    end.send('HELLO', u32(LINK_VERSION, 0), uuidBytes(this.handle), u32(replies, events), u64(output), u64(input))
  }

  /**
   * The domain's store state as of all requests it made so far, for a save file. The vcpus stand still, and the store's pump is
   * held. While a domain 0 is being replaced it waits for the new one, which knows the same state.
   */
  saveStore(): Promise<Result<SavedStore, string>> {
    // Restored and saved again before domain 0 came: what the file brought is still the state.
    if (this.restoring) return Promise.resolve(ok({ xenstore: this.restoring, store: this.store.save() }))
    if (this.saving) return Promise.resolve(err('a save is going on already'))
    const id = ++this.saveId
    return new Promise((resolve) => {
      const why = (): string => (this.helloSeen ? 'domain 0 does not answer' : 'domain 0 is not there')
      const timer = setTimeout(() => this.saved(err(why())), SAVE_TIMEOUT_MS)
      this.saving = {
        id,
        settle: (result) => {
          clearTimeout(timer)
          resolve(result)
        },
      }
      if (this.helloSeen) this.end?.send('XS_SAVE', u32(id))
    })
  }

  /** A save that waits here for domain 0 is not wanted any more. A late answer to it closes nothing: its number is known. */
  cancelSave(): void {
    this.saved(err('it was cancelled'))
  }

  /** The guest may have something for domain 0 soon: see LinkEnd. */
  wake(): void {
    if (this.helloSeen) this.end?.wake()
  }

  dispose(): void {
    const end = this.end
    this.drop('the domain ends')
    this.saved(err('the domain ends'))
    end?.close('the domain ends')
  }

  private drop(reason: string): void {
    const end = this.end
    if (!end) return
    this.end = undefined
    this.helloSeen = false
    this.store.disconnect()
    this.console.disconnect()
    this.devices.linkDown()
    this.bounce?.file.close()
    this.bounce = undefined
    this.log('info', `link to domain 0 closed: ${reason}`)
    if (end.open) end.close(reason)
  }

  private saved(result: Result<SavedStore, string>): void {
    const saving = this.saving
    this.saving = undefined
    saving?.settle(result)
  }

  private receive(name: LinkRecordName, body: Uint8Array, view: DataView, channel: number): string | undefined {
    if (name === 'HELLO') return this.hello(view)
    if (!this.helloSeen) return `${name} before HELLO`
    switch (name) {
      case 'DEV_DATA':
        return this.devices.receive(channel, body, view)
      case 'DEV_CONNECT':
        if (this.restoring) return 'device before the restore'
        optimiseEarly()
        return this.devices.connect(channel, body)
      case 'DEV_DISCONNECT':
        this.devices.disconnect(utf8(body))
        return undefined
      case 'BOUNCE':
        return this.openBounce(view.getUint32(0, true), utf8(body.subarray(4)))
      case 'XS_REPLY':
        return this.restoring ? 'reply before the restore' : this.store.reply(view.getUint32(0, true), body.slice(4))
      case 'XS_EVENT':
        return this.restoring ? 'event before the restore' : this.store.event(view.getUint32(0, true), body.slice(4))
      case 'XS_SAVED':
        if (this.saving?.id !== view.getUint32(0, true)) {
          const known = view.getUint32(0, true) <= this.saveId
          return known ? undefined : 'store state nobody asked for'
        }
        // At once: an event behind it is not in that state, and its number will be given again.
        if (view.getUint32(4, true) === 0) this.saved(ok({ xenstore: body.slice(8), store: this.store.save() }))
        else this.saved(err(utf8(body.subarray(8))))
        return undefined
      case 'XS_RESTORED': {
        if (!this.restoring) return 'restored what was not sent'
        this.restoring = undefined
        if (view.getUint32(0, true) !== 0) {
          this.log('error', `the store state of the save file was refused: ${utf8(body.subarray(4))}`)
          this.store.refuse()
        } else this.connectStore()
        return undefined
      }
      case 'CONSOLE_ACK': {
        const offset = readU64(view, 0)
        return offset === undefined ? 'bad offset' : this.console.acknowledge(offset)
      }
      case 'CONSOLE_IN': {
        const offset = readU64(view, 0)
        return offset === undefined ? 'bad offset' : this.console.receive(offset, body.slice(8))
      }
      default:
        return `${name} from domain 0`
    }
  }

  private hello(view: DataView): string | undefined {
    const version = view.getUint32(0, true)
    if (version !== LINK_VERSION) return `link version ${version}, this side has ${LINK_VERSION}`
    const offset = readU64(view, 32)
    const end = this.end
    if (this.helloSeen || offset === undefined || !end) return 'bad HELLO'
    this.helloSeen = true
    if (this.restoring) end.send('XS_RESTORE', this.restoring)
    else this.connectStore()
    // After the requests that are sent again: they are part of what is saved.
    if (this.saving) end.send('XS_SAVE', u32(this.saving.id))
    this.console.connect(
      {
        output: (at, bytes) => end.send('CONSOLE_OUT', u64(at), bytes),
        credit: (limit) => end.send('CONSOLE_CREDIT', u64(limit)),
      },
      offset,
    )
    this.joinDevices(end)
    this.log('info', 'link to domain 0 is up')
    return undefined
  }

  private joinDevices(end: LinkEnd): void {
    const link = this
    this.devices.linkUp({
      send: (channel, ...parts) => end.sendOn(channel, 'DEV_DATA', ...parts),
      wake: () => {
        end.wake()
        this.rang()
      },
      connected: (channel, error) =>
        end.sendOn(channel, 'DEV_CONNECTED', u32(error === undefined ? 0 : 1), fromUtf8(error ?? '')),
      disconnected: (key, reason) => end.send('DEV_DISCONNECTED', disconnectedBody(key, reason)),
      get bounce() {
        return link.bounce
      },
    })
  }

  private openBounce(size: number, path: string): string | undefined {
    if (this.bounce || size === 0 || size > BOUNCE_LIMIT) return 'bad BOUNCE'
    const opened = BounceFile.open(path, size)
    if (opened.ok) this.bounce = new BounceArea(opened.value)
    else this.log('warning', `the bounce file cannot be used: ${opened.error}`)
    this.end?.send('BOUNCE_OPEN', u32(opened.ok ? 0 : 1))
    return undefined
  }

  private connectStore(): void {
    const end = this.end
    if (!end) return
    this.store.connect({
      request: (sequence, message) => end.send('XS_REQUEST', u32(sequence), message),
      acknowledge: (replies, events) => end.send('XS_ACK', u32(replies, events)),
    })
  }
}
