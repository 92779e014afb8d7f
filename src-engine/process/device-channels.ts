// Domain 0's end of the device records on one link: gives out channels, waits for the domain's answers, makes the bounce file, and
// brings DEV_DATA to the services. Lives as long as the link; backends ask again on the next one.
// Invariant: every promise given out is settled when the link ends. Runs in: domain 0.
import type { DeviceService, Keys } from '../backend/device'
import type { DeviceLink } from '../backend/device-backend'
import { fromUtf8, utf8 } from '../lib/bytes'
import { jsonBytes } from '../lib/json'
import type { Log } from '../lib/log'
import { BounceFile } from '../link/bounce-file'
import { type LinkEnd, u32 } from '../link/link-end'
import type { DeviceConnect } from '../public/protocol/link'
import { err, ok, type Result } from '../public/result'

const LAST_CHANNEL = 65535

interface Channel {
  readonly key: string
  readonly service: DeviceService
  /** While the domain has not answered. */
  settle: ((answer: Result<undefined, string>) => void) | undefined
}

export class DeviceChannels implements DeviceLink {
  private readonly end: LinkEnd
  private readonly owner: string
  private readonly log: Log
  private readonly failed: (key: string, reason: string) => void
  private readonly channels = new Map<number, Channel>()
  private readonly leaving = new Map<string, (() => void)[]>()
  private nextChannel = 1
  private bounce: BounceFile | undefined
  private bounceAsked = false

  /** `failed`: a pump ended without being asked to. */
  constructor(end: LinkEnd, owner: string, log: Log, failed: (key: string, reason: string) => void) {
    this.end = end
    this.owner = owner
    this.log = log
    this.failed = failed
  }

  connect(
    key: string,
    fresh: boolean,
    frontend: Keys,
    backend: Keys,
    service: DeviceService,
  ): Promise<Result<undefined, string>> {
    if (!this.end.open) return Promise.resolve(err('the link is gone'))
    const channel = this.freeChannel()
    const connect: DeviceConnect = { key, fresh, frontend, backend }
    return new Promise((settle) => {
      this.makeBounce()
      this.channels.set(channel, { key, service, settle })
      this.end.sendOn(channel, 'DEV_CONNECT', jsonBytes(connect))
    })
  }

  disconnect(key: string): Promise<void> {
    if (!this.end.open) return Promise.resolve()
    for (const [channel, one] of this.channels) if (one.key === key) this.forget(channel, one, 'it was disconnected')
    return new Promise((resolve) => {
      const waiting = this.leaving.get(key) ?? []
      this.leaving.set(key, [...waiting, resolve])
      this.end.send('DEV_DISCONNECT', fromUtf8(key))
    })
  }

  /** DEV_CONNECTED. Each of these returns what is wrong with the record. */
  connected(channel: number, body: Uint8Array, view: DataView): string | undefined {
    const one = this.channels.get(channel)
    // Disconnected before its answer came.
    if (!one?.settle) return one ? 'DEV_CONNECTED twice' : undefined
    const { settle } = one
    one.settle = undefined
    if (view.getUint32(0, true) === 0) {
      const channels = this
      // At once: what the pump asks may be in the same message.
      one.service.attach({
        send: (...parts) => this.end.sendOn(channel, 'DEV_DATA', ...parts),
        get bounce() {
          return channels.bounce
        },
      })
      settle(ok(undefined))
    } else {
      this.channels.delete(channel)
      settle(err(utf8(body.subarray(4)).slice(0, 1000)))
    }
    return undefined
  }

  disconnected(body: Uint8Array): string | undefined {
    const text = utf8(body)
    const cut = text.indexOf('\0')
    if (cut < 1) return 'bad DEV_DISCONNECTED'
    const key = text.slice(0, cut)
    const reason = text.slice(cut + 1)
    if (reason === '') {
      const waiting = this.leaving.get(key)
      if (!waiting) return 'DEV_DISCONNECTED of what was not asked'
      this.leaving.delete(key)
      for (const call of waiting) call()
      return undefined
    }
    for (const [channel, one] of this.channels) if (one.key === key) this.forget(channel, one, reason)
    this.failed(key, reason)
    return undefined
  }

  receive(channel: number, body: Uint8Array, view: DataView): string | undefined {
    const one = this.channels.get(channel)
    // What was on its way when the channel was closed.
    if (!one || one.settle) return one ? 'DEV_DATA before DEV_CONNECTED' : undefined
    const wrong = one.service.receive(body, view)
    return wrong === undefined ? undefined : `${one.key}: ${wrong}`
  }

  bounceOpen(view: DataView): string | undefined {
    if (!this.bounce) return 'BOUNCE_OPEN of what was not sent'
    this.bounce.unlink()
    if (view.getUint32(0, true) !== 0) {
      this.bounce.close()
      this.bounce = undefined
    }
    return undefined
  }

  dispose(): void {
    for (const [channel, one] of this.channels) this.forget(channel, one, 'the link is gone')
    for (const waiting of this.leaving.values()) for (const call of waiting) call()
    this.leaving.clear()
    this.bounce?.unlink()
    this.bounce?.close()
    this.bounce = undefined
  }

  private forget(channel: number, one: Channel, reason: string): void {
    this.channels.delete(channel)
    one.settle?.(err(reason))
  }

  private freeChannel(): number {
    while (this.channels.has(this.nextChannel)) this.nextChannel = (this.nextChannel % LAST_CHANNEL) + 1
    const channel = this.nextChannel
    this.nextChannel = (channel % LAST_CHANNEL) + 1
    return channel
  }

  /** With the first device; without one a link has no file. */
  private makeBounce(): void {
    if (this.bounceAsked) return
    this.bounceAsked = true
    const made = BounceFile.make(this.owner)
    if (!made.ok) {
      this.log('warning', `no bounce file, device data goes over the link alone: ${made.error}`)
      return
    }
    this.bounce = made.value
    this.end.send('BOUNCE', u32(made.value.size), fromUtf8(made.value.path))
  }
}
