// Domain 0's end of one domain's link: the domain's requests to the store, its console, saving and restoring its store state.
// The session lives as long as the domain is known; links come and go. After each link's HELLO both sides know what the other
// has, and everything in between is sent again. What the domain sends is checked and never trusted: garbage ends its link.
// Invariant: replies leave after the journal has the requests (LinkEnd.beforeFlush). Runs in: domain 0.
import type { BackendSet } from '../backend/backend-set'
import { ConsoleService } from '../backend/console/service'
import { fromUtf8, uuidText } from '../lib/bytes'
import type { Clock } from '../lib/clock'
import type { Log } from '../lib/log'
import { LinkEnd, readU64, u32, u64 } from '../link/link-end'
import { LINK_BODY_LIMIT, LINK_VERSION, type LinkRecordName, XS_REQUEST_WINDOW } from '../public/protocol/link'
import type { Transport } from '../public/protocol/transport'
import { XENSTORE_PAYLOAD_MAX, XS } from '../public/xen/io/xs-wire'
import type { Connection, WatchEvent } from '../xenstore/connection'
import { writeMessage } from '../xenstore/server'
import { isWholeMessage, type XenStored } from '../xenstore/xenstored'
import { DeviceChannels } from './device-channels'

/** Longest watch event: what XENSTORE_PAYLOAD_MAX allows; a longer one (long path and token) is cut out, with a note in the log. */
const EVENT_PAYLOAD_MAX = XENSTORE_PAYLOAD_MAX

/** A pump has XS_REQUEST_WINDOW requests on the way and acknowledges each reply. */
const UNACKNOWLEDGED_LIMIT = 4 * XS_REQUEST_WINDOW

export class GuestSession {
  readonly console: ConsoleService
  private readonly connection: Connection
  private readonly xenstored: XenStored
  private readonly log: Log
  private readonly linkState: (state: 'connected' | 'closed', reason?: string) => void
  private end: LinkEnd | undefined
  private channels: DeviceChannels | undefined
  private helloSeen = false
  /** Number of the last request received on this link. */
  private received = 0
  /** While a request is executed its events wait here, so that they follow its reply. */
  private held: WatchEvent[] | undefined

  /** Of this domain; the session joins them to its links and owns them. */
  readonly backends: BackendSet
  /** Resolves when its devices are open and its tree is in the store, which for a restored domain comes over its link; or it is over. */
  readonly ready: Promise<unknown>
  private tellRestored = (): void => {}

  /** `opened`: resolves when the devices that `backends` has from the start are open. */
  constructor(
    connection: Connection,
    xenstored: XenStored,
    backends: BackendSet,
    opened: Promise<unknown>,
    clock: Clock,
    log: Log,
    linkState: (state: 'connected' | 'closed', reason?: string) => void,
  ) {
    this.connection = connection
    this.xenstored = xenstored
    this.backends = backends
    this.console = new ConsoleService(clock)
    this.log = log
    this.linkState = linkState
    const restored = new Promise<void>((resolve) => {
      this.tellRestored = resolve
    })
    this.ready = Promise.all([opened, restored])
    if (!connection.awaiting) this.tellRestored()
    connection.onEvent = (event) => {
      if (this.held) this.held.push(event)
      else this.sendEvent(event)
    }
  }

  get connected(): boolean {
    return this.helloSeen
  }

  attach(transport: Transport): void {
    this.drop('a new link came')
    const end = new LinkEnd(transport, 'dom0', {
      receive: (name, body, view, channel) => (this.end === end ? this.receive(name, body, view, channel) : undefined),
      closed: (reason) => {
        if (this.end === end) this.drop(reason)
      },
      beforeFlush: () => this.xenstored.flush(),
    })
    if (!transport.closed) this.end = end
  }

  /** Resolves when the devices' images and the like are closed. */
  async dispose(reason: string): Promise<void> {
    this.connection.onEvent = undefined
    this.tellRestored()
    this.console.dispose(reason)
    const end = this.end
    this.drop(reason)
    end?.close(reason)
    await this.backends.dispose()
  }

  private drop(reason: string): void {
    const end = this.end
    if (!end) return
    this.end = undefined
    this.helloSeen = false
    this.console.disconnect()
    this.backends.linkDown()
    this.channels?.dispose()
    this.channels = undefined
    if (end.open) end.close(reason)
    this.linkState('closed', reason)
  }

  private receive(name: LinkRecordName, body: Uint8Array, view: DataView, channel: number): string | undefined {
    const end = this.end
    if (!end) return undefined
    if (name === 'HELLO') return this.hello(end, body, view)
    if (!this.helloSeen) return `${name} before HELLO`
    const { channels } = this
    switch (name) {
      case 'DEV_CONNECTED':
        return channels ? channels.connected(channel, body, view) : 'no device was connected'
      case 'DEV_DISCONNECTED':
        return channels ? channels.disconnected(body) : 'no device was disconnected'
      case 'DEV_DATA':
        return channels ? channels.receive(channel, body, view) : 'no device is connected'
      case 'BOUNCE_OPEN':
        return channels ? channels.bounceOpen(view) : 'no bounce file was made'
      case 'XS_REQUEST':
        return this.request(end, view.getUint32(0, true), body.slice(4))
      case 'XS_ACK': {
        const replies = view.getUint32(0, true)
        const events = view.getUint32(4, true)
        if (replies > this.received || events > this.connection.lastEvent) return 'acknowledgement of what was not sent'
        this.xenstored.acknowledge(this.connection, replies, events)
        return undefined
      }
      case 'XS_SAVE': {
        if (this.connection.awaiting) return 'save before the restore'
        const state = this.xenstored.save(this.connection)
        const id = view.getUint32(0, true)
        if (state.length + 8 <= LINK_BODY_LIMIT) end.send('XS_SAVED', u32(id, 0), state)
        else end.send('XS_SAVED', u32(id, 1), fromUtf8(`its store state is ${state.length} bytes, too much to save`))
        return undefined
      }
      case 'XS_RESTORE': {
        // What the domain is told by its own coming back waits in the connection, to follow the answer.
        this.held = []
        const done = this.xenstored.restore(this.connection, body.slice())
        this.held = undefined
        end.send('XS_RESTORED', u32(done.ok ? 0 : 1), done.ok ? new Uint8Array(0) : fromUtf8(done.error.slice(0, 1000)))
        if (done.ok) {
          this.sendWaitingEvents(0)
          this.backends.place()
          this.joinDevices(end)
          this.tellRestored()
        } else this.log('warning', `store state of a restored domain was refused: ${done.error}`)
        return undefined
      }
      case 'CONSOLE_OUT': {
        const offset = readU64(view, 0)
        if (offset === undefined) return 'bad offset'
        end.send('CONSOLE_ACK', u64(this.console.output(offset, body.slice(8))))
        return undefined
      }
      case 'CONSOLE_CREDIT': {
        const limit = readU64(view, 0)
        if (limit === undefined) return 'bad offset'
        this.console.giveCredit(limit)
        return undefined
      }
      default:
        return `${name} from a domain`
    }
  }

  private hello(end: LinkEnd, body: Uint8Array, view: DataView): string | undefined {
    const version = view.getUint32(0, true)
    if (version !== LINK_VERSION) return `link version ${version}, domain 0 has ${LINK_VERSION}`
    const handle = uuidText(body.subarray(8, 24))
    if (handle !== this.connection.identity.handle) return `HELLO of ${handle}`
    const replies = view.getUint32(24, true)
    const events = view.getUint32(28, true)
    const output = readU64(view, 32)
    const input = readU64(view, 40)
    if (this.helloSeen || output === undefined || input === undefined) return 'bad HELLO'
    if (!this.connection.awaiting && events > this.connection.lastEvent) return 'HELLO knows events that never were'
    this.helloSeen = true
    this.received = replies
    const wanted = this.console.connect({ input: (offset, bytes) => end.send('CONSOLE_IN', u64(offset), bytes) }, output, input)
    end.send('HELLO', u32(LINK_VERSION, 0), new Uint8Array(16), u32(0, 0), u64(wanted), u64(0))
    if (!this.connection.awaiting) {
      this.sendWaitingEvents(events)
      this.joinDevices(end)
    }
    this.linkState('connected')
    return undefined
  }

  /** The store is what the backends look at, so not before a restored domain has its tree. */
  private joinDevices(end: LinkEnd): void {
    const { handle } = this.connection.identity
    this.channels = new DeviceChannels(end, handle, this.log, (key, reason) => this.backends.pumpFailed(key, reason))
    this.backends.linkUp(this.channels)
  }

  private request(end: LinkEnd, sequence: number, message: Uint8Array): string | undefined {
    if (this.connection.awaiting) return 'request before the restore'
    if (sequence !== this.received + 1) return `request ${sequence}, ${this.received + 1} expected`
    if (!isWholeMessage(message)) return 'not a XenStore message'
    // Replies are kept until acknowledged, so a pump that never does would use up our memory.
    if (this.connection.replies.size > UNACKNOWLEDGED_LIMIT) return 'replies are not acknowledged'
    this.received = sequence
    this.held = []
    const reply = this.xenstored.request(this.connection, sequence, message)
    const events = this.held
    this.held = undefined
    if (!reply) return `request ${sequence} was answered and acknowledged before`
    end.send('XS_REPLY', u32(sequence), reply)
    for (const event of events) this.sendEvent(event)
    return undefined
  }

  /** Events the pump does not have, in order. */
  private sendWaitingEvents(seen: number): void {
    for (const event of this.connection.events) {
      if (event.number > seen && this.connection.sendable(event)) this.sendEvent(event)
    }
  }

  private sendEvent(event: WatchEvent): void {
    if (!this.helloSeen || !this.end || this.connection.awaiting) return
    let payload = `${event.path}\0${event.token}\0`
    if (payload.length > EVENT_PAYLOAD_MAX) {
      this.log('warning', 'a watch event was longer than a message may be')
      payload = `${event.path.slice(0, EVENT_PAYLOAD_MAX - event.token.length - 2)}\0${event.token}\0`.slice(-EVENT_PAYLOAD_MAX)
    }
    this.end.send('XS_EVENT', u32(event.number), writeMessage(XS.XS_WATCH_EVENT, 0, 0, payload))
  }
}
