// What was typed at a console and may not have reached the guest: bytes typed while there was no domain 0, or on their way through
// one that died. A stream says at which of the guest's input bytes it begins; what lies behind that is sent (again), once.
// Invariant: of one life of a domain, whose only typist this is; somebody else's bytes are noticed and then only what was never
// sent is sent. Runs in: domain window (pure).

/** Typed ahead or on the way; what is typed beyond that while nobody takes it is lost. */
const KEPT_LIMIT = 16 * 1024

const NOTHING = new Uint8Array(0)

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

export class TypedInput {
  /** The last typed bytes, oldest first; `unsent` of them, at the end, were given to no stream yet. */
  private kept: Uint8Array = NOTHING
  private unsent = 0
  /** How many input bytes of the guest come before `kept`; unknown before a stream has told. */
  private before: number | null = null

  /** More was typed. `sent`: a stream takes it at once. */
  add(bytes: Uint8Array, sent: boolean): void {
    if (!sent && this.unsent + bytes.length > KEPT_LIMIT) return
    this.kept = joined(this.kept, bytes)
    if (!sent) this.unsent += bytes.length
    const dropped = this.kept.length - Math.max(KEPT_LIMIT, this.unsent)
    if (dropped <= 0) return
    this.kept = this.kept.slice(dropped)
    if (this.before !== null) this.before += dropped
  }

  /** A stream begins where the guest has this many input bytes (null: it does not say). Returns what it is to be sent first. */
  begin(position: number | null): Uint8Array {
    const taken = position === null || this.before === null ? -1 : position - this.before
    const known = taken >= 0 && taken <= this.kept.length - this.unsent
    this.kept = known ? this.kept.slice(taken) : this.kept.slice(this.kept.length - this.unsent)
    this.before = position
    this.unsent = 0
    return this.kept
  }
}
