// The keyboard and pointer page of one guest: puts what viewers do into its ring (GuestInput is the queue before it). Positions are
// scaled from the screen's size to the range the frontend was told; a frontend without absolute positions gets differences.
// As with the framebuffer, domain 0 has no part in it after the handshake. Spec: xen-guest-abi.md 7.6.
// Invariant: the producer's index is ours, in the page for the guest only; at most as many events as the ring has wait there.
// Runs in: main thread of the domain's process.
import { jsonBytes, readJson } from '../../lib/json'
import { err, ok, type Result } from '../../public/result'
import { fields, list, oneOf, within } from '../../public/shape'
import { KEY_MAX, XENKBD, XENKBD_EVENT_SIZE, XENKBD_IN_ENTRIES, XENKBD_TYPE } from '../../public/xen/io/kbdif'
import type { GuestAccess } from '../../ring/guest-access'
import { type DevicePump, type Keys, keyNumber, type PumpMaker, type PumpSetup } from '../device'
import type { GuestInput, InputEvent, InputRing } from './guest-input'

const STATE = fields({
  version: oneOf(1),
  produced: within(0, 0xffff_ffff),
  held: list(within(0, KEY_MAX), KEY_MAX + 1),
})

/** The size positions are given in. */
export interface ScreenSize {
  readonly width: number
  readonly height: number
}

interface FrontendKeys {
  readonly gfn: number
  readonly port: number
  readonly absolute: boolean
}

function readKeys(keys: Keys): Result<FrontendKeys, string> {
  const gfn = keyNumber(keys['page-ref'])
  const port = keyNumber(keys['event-channel'])
  if (gfn === undefined || port === undefined) return err('the frontend gave no page or event channel')
  return ok({ gfn, port, absolute: keys['request-abs-pointer'] === '1' })
}

/** Makes pumps that bring `input` to the guest. `screen`: its size now. */
export function kbdPumps(input: GuestInput, screen: () => ScreenSize): PumpMaker {
  return (setup) => {
    const { guest, connect, state } = setup
    const keys = readKeys(connect.frontend)
    if (!keys.ok) return keys
    const page = guest.frame(keys.value.gfn, true)
    if (page <= 0) return err('its page is not there')
    const range = { width: keyNumber(connect.backend['width']) ?? 0, height: keyNumber(connect.backend['height']) ?? 0 }
    let produced = Atomics.load(guest.words, (page + XENKBD.in_prod) >>> 2) >>> 0
    let held: readonly number[] = []
    if (state) {
      const saved = readJson(state)
      if (!STATE.is(saved)) return err('its saved state makes no sense')
      ;({ produced, held } = saved)
    }
    return ok(new KbdPump(setup, input, screen, range, { ...keys.value, page }, produced, held))
  }
}

/** 0..from-1 to 0..to-1. */
function scaled(value: number, from: number, to: number): number {
  const most = Math.max(1, from - 1)
  return to > 0 && to !== from ? Math.round((Math.min(value, most) * (to - 1)) / most) : value
}

class KbdPump implements DevicePump, InputRing {
  readonly ports: readonly number[]
  private readonly guest: GuestAccess
  private readonly fail: (reason: string) => void
  private readonly event = new Uint8Array(XENKBD_EVENT_SIZE)
  private readonly eventView = new DataView(this.event.buffer)
  private open = false
  private last: { x: number; y: number } | undefined

  constructor(
    setup: PumpSetup,
    private readonly input: GuestInput,
    private readonly screen: () => ScreenSize,
    private readonly range: ScreenSize,
    private readonly place: FrontendKeys & { readonly page: number },
    private produced: number,
    private readonly held: readonly number[],
  ) {
    this.guest = setup.guest
    this.fail = setup.failed
    this.ports = [place.port]
  }

  attach(): void {
    if (!this.open) {
      this.open = true
      this.input.open(this, this.held)
    }
    this.signal()
  }

  /** What is typed while there is no domain 0 arrives all the same. */
  detach(): void {}

  receive(): string {
    return 'data for a keyboard'
  }

  /** The guest has taken events, or sent one: no kind of those is known, so they are passed over. */
  signal(): void {
    const { guest, place } = this
    if (!this.intact) {
      this.fail('its page is gone')
      return
    }
    const sent = Atomics.load(guest.words, (place.page + XENKBD.out_prod) >>> 2)
    if (Atomics.load(guest.words, (place.page + XENKBD.out_cons) >>> 2) !== sent) {
      guest.beforeWrite(place.page)
      Atomics.store(guest.words, (place.page + XENKBD.out_cons) >>> 2, sent)
    }
    this.input.drain()
  }

  private get intact(): boolean {
    return this.guest.frame(this.place.gfn, true) === this.place.page
  }

  put(event: InputEvent): boolean {
    const { guest, place } = this
    if (!this.intact) return false
    const consumed = Atomics.load(guest.words, (place.page + XENKBD.in_cons) >>> 2) >>> 0
    // A consumer beyond us is nonsense of the guest's: it gets nothing until it is mended.
    if ((this.produced - consumed) >>> 0 >= XENKBD_IN_ENTRIES) return false
    if (!this.write(event)) return true
    const at = place.page + XENKBD.in + (this.produced % XENKBD_IN_ENTRIES) * XENKBD_EVENT_SIZE
    guest.beforeWrite(place.page)
    guest.bytes.set(this.event, at)
    this.produced = (this.produced + 1) >>> 0
    return true
  }

  /** Shows the guest all that was put, after it is there, and rings. */
  flush(): void {
    const { place } = this
    this.guest.publish(place.page + XENKBD.in_prod, this.produced | 0, 0, place.port)
  }

  /** Writes an event into `event`; false when there is nothing to say. */
  private write(event: InputEvent): boolean {
    const view = this.eventView
    this.event.fill(0)
    if (event.kind === 'key') {
      view.setUint8(0, XENKBD_TYPE.XENKBD_TYPE_KEY)
      view.setUint8(1, event.pressed ? 1 : 0)
      view.setUint32(4, event.code, true)
      return true
    }
    const { last } = this
    const { x, y, wheel } = event
    this.last = { x, y }
    // Linux turns the wheel's sign around.
    view.setInt32(12, -wheel, true)
    if (this.place.absolute) {
      const { width, height } = this.screen()
      view.setUint8(0, XENKBD_TYPE.XENKBD_TYPE_POS)
      view.setInt32(4, scaled(x, width, this.range.width), true)
      view.setInt32(8, scaled(y, height, this.range.height), true)
      return true
    }
    view.setUint8(0, XENKBD_TYPE.XENKBD_TYPE_MOTION)
    view.setInt32(4, last ? x - last.x : 0, true)
    view.setInt32(8, last ? y - last.y : 0, true)
    return wheel !== 0 || (last !== undefined && (x !== last.x || y !== last.y))
  }

  save(): Uint8Array {
    const held = this.open ? this.input.held : this.held
    return jsonBytes({ version: 1, produced: this.produced, held })
  }

  close(): void {
    this.input.shut(this)
  }
}
