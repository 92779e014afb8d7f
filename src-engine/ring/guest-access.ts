// What a backend's pump may do with its guest: find pages the guest has granted or named, show it ring indexes, listen at event
// channels. hypervisor/backend-access.ts does it for a domain, tests have a plain one.
// Invariant: an address is good for the moment it was asked for; who writes to a page calls `beforeWrite` first.
// Runs in: main thread of the domain's process.

export interface GuestAccess {
  /** The whole linear memory; addresses below are offsets into it. */
  readonly bytes: Uint8Array
  readonly words: Int32Array
  /** The page behind a grant reference for domain 0, or a negative GNTST status. */
  granted(ref: number, write: boolean): number
  /** The page at a guest frame number, or a negative GNTST status. */
  frame(gfn: number, write: boolean): number
  /** Marks the page dirty and has its decoded code dropped: before each write to it. */
  beforeWrite(address: number): void
  /**
   * Stores `value` in the word at `index`, on the guest's own thread, after everything written so far; then raises `port` if the
   * word at `event` asks for it (Xen io/ring.h), or always with `event` 0.
   */
  publish(index: number, value: number, event: number, port: number): void
  /** Instructions that the vcpu which hears the port has run, as of its last stop. */
  instructions(port: number): number
  /** That vcpu sleeps, and has been shown all that was published. */
  idle(port: number): boolean
  /** While on, the guest's sends on the port wake nobody: the pump looks by itself, and once more after it has switched this off. */
  hush(port: number, on: boolean): void
  /** Takes the other end of a port the guest has offered to domain 0; false when it has not. */
  bind(port: number): boolean
  unbind(port: number): void
}

const PAGE = 4096

/** The pages of a ring that the guest has granted once and keeps granted. */
export class GrantedRing {
  private constructor(
    private readonly guest: GuestAccess,
    private readonly refs: readonly number[],
    /** Where they were when the ring was connected. */
    readonly pages: readonly number[],
  ) {}

  /** Undefined when a reference gives no page. */
  static map(guest: GuestAccess, refs: readonly number[]): GrantedRing | undefined {
    const pages = refs.map((ref) => guest.granted(ref, true))
    return pages.every((page) => page > 0 && page % PAGE === 0) ? new GrantedRing(guest, refs, pages) : undefined
  }

  /** Are the pages still granted and where they were? Asked at each turn: a guest may take a page back at any time. */
  get intact(): boolean {
    for (let i = 0; i < this.refs.length; i++) {
      if (this.guest.granted(this.refs[i] ?? -1, true) !== this.pages[i]) return false
    }
    return true
  }
}
