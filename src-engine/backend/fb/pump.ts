// The framebuffer page of one guest: reads the frontend's events (what it drew, a new mode) and shows its pixels through a
// Framebuffer of the same process. The service in domain 0 only does the handshake; nothing of the picture goes over the link, so a
// domain 0 that dies does not disturb it. Spec: xen-guest-abi.md 7.5.
// A frontend rings for every few characters, so while it draws the pump looks by itself, every LOOK_MS or when the next frame is due, and
// has its bell hushed; an idle one is heard at once. Invariant: an event is copied once and then checked; the consumer's index is ours and only shown to the guest.
// Runs in: main thread of the domain's process.
import { jsonBytes, readJson } from '../../lib/json'
import { readStruct, type Width } from '../../lib/struct-layout'
import { err, ok, type Result } from '../../public/result'
import { fields, oneOf, within } from '../../public/shape'
import { XENFB, XENFB_EVENT_SIZE, XENFB_OUT_ENTRIES, XENFB_PAGE, XENFB_TYPE } from '../../public/xen/io/fbif'
import type { GuestAccess } from '../../ring/guest-access'
import { type DevicePump, type Keys, keyNumber, type PumpMaker, type PumpSetup } from '../device'
import type { Framebuffer } from './framebuffer'
import { MAX_HEIGHT, MAX_WIDTH, type Mode, Surface, wrongMode } from './surface'

const LOOK_MS = 12

const STATE = fields({
  version: oneOf(1),
  consumed: within(0, 0xffff_ffff),
  width: within(1, MAX_WIDTH),
  height: within(1, MAX_HEIGHT),
  stride: within(4, 0xffff_ffff),
  offset: within(0, 0xffff_ffff),
})

interface FrontendKeys {
  readonly gfn: number
  readonly port: number
  readonly width: Width
  /** It will send UPDATE events. */
  readonly updates: boolean
}

function readKeys(keys: Keys): Result<FrontendKeys, string> {
  const gfn = keyNumber(keys['page-ref'])
  const port = keyNumber(keys['event-channel'])
  if (gfn === undefined || port === undefined) return err('the frontend gave no page or event channel')
  const protocol = keys['protocol'] ?? 'x86_64-abi'
  if (protocol !== 'x86_64-abi' && protocol !== 'x86_32-abi') return err(`unknown protocol ${protocol}`)
  return ok({ gfn, port, width: protocol === 'x86_64-abi' ? 64 : 32, updates: keys['feature-update'] === '1' })
}

/** Makes pumps that show what they find in `framebuffer`. */
export function fbPumps(framebuffer: Framebuffer): PumpMaker {
  return (setup) => {
    const { guest, connect, state } = setup
    const keys = readKeys(connect.frontend)
    if (!keys.ok) return keys
    const { gfn, port, width, updates } = keys.value
    const page = guest.frame(gfn, true)
    if (page <= 0) return err('its page is not there')
    const view = new DataView(guest.bytes.buffer, guest.bytes.byteOffset + page, 4096)
    const head = readStruct(XENFB_PAGE, width, view)
    const surface = Surface.read(guest, page, width, head.mem_length)
    if (!surface.ok) return surface
    let consumed = head.out_cons
    let mode: Mode = { width: head.width, height: head.height, stride: head.line_length, offset: 0 }
    let { depth } = head
    if (state) {
      const saved = readJson(state)
      if (!STATE.is(saved)) return err('its saved state makes no sense')
      consumed = saved.consumed
      mode = { width: saved.width, height: saved.height, stride: saved.stride, offset: saved.offset }
      depth = 32
    }
    const wrong = wrongMode(mode, depth, Math.min(head.mem_length, surface.value.bytes))
    if (wrong !== undefined) return err(wrong)
    return ok(new FbPump(setup, framebuffer, surface.value, { gfn, page, port, silent: !updates }, mode, consumed))
  }
}

interface Place {
  readonly gfn: number
  readonly page: number
  readonly port: number
  readonly silent: boolean
}

class FbPump implements DevicePump {
  readonly ports: readonly number[]
  private readonly guest: GuestAccess
  private readonly fail: (reason: string) => void
  private readonly event = new Uint8Array(XENFB_EVENT_SIZE)
  private readonly eventView = new DataView(this.event.buffer)
  private shown = false
  private timer: ReturnType<typeof setTimeout> | undefined
  /** The ring was full: what the frontend drew then it may not have told. */
  private missed = false

  constructor(
    setup: PumpSetup,
    private readonly framebuffer: Framebuffer,
    private readonly surface: Surface,
    private readonly place: Place,
    private mode: Mode,
    private consumed: number,
  ) {
    this.guest = setup.guest
    this.fail = setup.failed
    this.ports = [place.port]
    // After a restore there is no signal to wait for: the picture is there.
    if (setup.state) this.show()
  }

  private show(): void {
    if (this.shown) return
    this.shown = true
    this.framebuffer.show(this.surface, this.mode, this.place.silent, () => void this.collect())
  }

  attach(): void {
    this.show()
    this.signal()
  }

  /** Domain 0 has no part in the picture. */
  detach(): void {}

  receive(): string {
    return 'data for a framebuffer'
  }

  signal(): void {
    const { guest, place } = this
    const found = this.collect()
    if (!found && !this.missed) return
    // The ring was full once: when the frontend rests, all is looked at again.
    if (!found) this.damageAll()
    this.missed &&= found
    const rest = this.framebuffer.tell()
    if (!found) return
    guest.hush(place.port, true)
    this.timer ??= setTimeout(
      () => {
        this.timer = undefined
        guest.hush(place.port, false)
        this.signal()
      },
      Math.max(LOOK_MS, rest),
    )
  }

  private damageAll(): void {
    this.framebuffer.damage(0, 0, this.framebuffer.width, this.framebuffer.height)
  }

  /** Takes what is in the ring; false when there was nothing. */
  private collect(): boolean {
    const { guest, place } = this
    if (guest.frame(place.gfn, true) !== place.page) {
      this.fail('its page is gone')
      return false
    }
    const produced = Atomics.load(guest.words, (place.page + XENFB.out_prod) >>> 2) >>> 0
    const waiting = (produced - this.consumed) >>> 0
    if (waiting > XENFB_OUT_ENTRIES) {
      this.fail(`${waiting} events in a ring of ${XENFB_OUT_ENTRIES}`)
      return false
    }
    if (waiting === 0) return false
    if (waiting === XENFB_OUT_ENTRIES) {
      this.missed = true
      this.damageAll()
    }
    for (let i = 0; i < waiting; i++) {
      const at = place.page + XENFB.out + (((this.consumed + i) >>> 0) % XENFB_OUT_ENTRIES) * XENFB_EVENT_SIZE
      this.event.set(guest.bytes.subarray(at, at + XENFB_EVENT_SIZE))
      const wrong = this.take()
      if (wrong === undefined) continue
      this.fail(wrong)
      return false
    }
    this.consumed = produced
    guest.beforeWrite(place.page)
    // The frontend only asks whether there is room: it waits for nothing, so nobody is rung.
    Atomics.store(guest.words, (place.page + XENFB.out_cons) >>> 2, produced | 0)
    return true
  }

  /** One event, copied; unknown kinds are for newer backends. */
  private take(): string | undefined {
    const view = this.eventView
    const word = (at: number): number => view.getInt32(at, true)
    switch (view.getUint8(0)) {
      case XENFB_TYPE.XENFB_TYPE_UPDATE:
        this.framebuffer.damage(word(4), word(8), word(12), word(16))
        return undefined
      case XENFB_TYPE.XENFB_TYPE_RESIZE: {
        const mode: Mode = { width: word(4), height: word(8), stride: word(12), offset: word(20) }
        const wrong = wrongMode(mode, word(16), this.surface.bytes)
        if (wrong !== undefined) return wrong
        this.mode = mode
        if (this.shown) this.framebuffer.setMode(mode)
        return undefined
      }
      default:
        return undefined
    }
  }

  save(): Uint8Array {
    return jsonBytes({ version: 1, consumed: this.consumed, ...this.mode })
  }

  close(): void {
    clearTimeout(this.timer)
    // The port may be another device's next, whose bell must be heard.
    if (this.timer !== undefined) this.guest.hush(this.place.port, false)
    this.timer = undefined
    this.framebuffer.hide(this.surface)
  }
}
