// How many UDP frames a guest is given at once. Its kernel takes whatever lies in the ring before any program runs, and a socket holds
// some forty datagrams of a page each (net.core.rmem_default, of which each takes a page and more): what came while the vcpu waited for
// a processor would mostly be lost there. So after a burst the rest waits until the vcpu sleeps, or has run long enough to have read it.
// What waits is bounded by the window and the service's queue. TCP has windows of its own and passes.
// Runs in: main thread of the domain's process.
import type { Frame } from '../../net/switch/frame'
import type { GuestAccess } from '../../ring/guest-access'

/** Below what a socket of Linux' default size holds. */
export const DATAGRAM_BURST = 32
/** Instructions after which a guest that never sleeps gets the next burst; Linux takes 20,000 and more from ring to program. */
export const BURST_INSTRUCTIONS = 20_000 * DATAGRAM_BURST

const ETHERTYPE = 12
const PROTOCOL = 23
const UDP = 17

function isDatagram({ bytes }: Frame): boolean {
  return bytes[ETHERTYPE] === 0x08 && bytes[ETHERTYPE + 1] === 0 && bytes[PROTOCOL] === UDP
}

export class DatagramPace {
  private left = 0
  /** Instructions the vcpu had run when the burst began. */
  private begun = Number.NEGATIVE_INFINITY

  constructor(
    private readonly guest: GuestAccess,
    private readonly port: number,
  ) {}

  /** Before frames are put into the ring, when all that was put there earlier is published. */
  turn(): void {
    const run = this.guest.instructions(this.port)
    if (!this.guest.idle(this.port) && run - this.begun < BURST_INSTRUCTIONS) return
    this.left = DATAGRAM_BURST
    this.begun = run
  }

  /** May the frame be given now? Then it is counted as given. */
  admits(frame: Frame): boolean {
    if (!isDatagram(frame)) return true
    if (this.left === 0) return false
    this.left--
    return true
  }
}
