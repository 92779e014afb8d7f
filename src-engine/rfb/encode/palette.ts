// The few colours of a tile, in the order they appear; a tile with more than `limit` has no palette. Used by hextile and zrle.
// Invariant: colours[0, size) are distinct; `index` finds each. Runs in: anything.

const SLOTS = 512

export class Palette {
  readonly colours = new Uint32Array(SLOTS / 2)
  size = 0
  private readonly keys = new Uint32Array(SLOTS)
  /** Index + 1 of the colour in this slot, 0 when free. */
  private readonly places = new Uint16Array(SLOTS)

  /** Collects the colours of values[0, count); false when there are more than `limit` (at most SLOTS / 2). */
  collect(values: Uint32Array, count: number, limit: number): boolean {
    this.size = 0
    this.places.fill(0)
    let last = -1
    for (let i = 0; i < count; i++) {
      const value = values[i] ?? 0
      if (value === last) continue
      last = value
      const slot = this.slot(value)
      if (this.places[slot]) continue
      if (this.size === limit) return false
      this.keys[slot] = value
      this.colours[this.size++] = value
      this.places[slot] = this.size
    }
    return true
  }

  index(value: number): number {
    return (this.places[this.slot(value)] ?? 0) - 1
  }

  private slot(value: number): number {
    let slot = (Math.imul(value, 0x9e3779b1) >>> 16) & (SLOTS - 1)
    while (this.places[slot] && this.keys[slot] !== value) slot = (slot + 1) & (SLOTS - 1)
    return slot
  }
}
