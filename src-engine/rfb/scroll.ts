// Finds out that a picture was scrolled up or down: then a viewer copies what it has, and only the new lines are sent.
// Rows are compared by a hash of every fifth pixel; each row of the new picture that is found once in the old one votes for a
// distance, and the longest stretch of rows that really are equal at the winning distance is the answer. A console goes on by the
// same few distances (one line, or two or three since the last look), so those of late are tried before any row is hashed.
// Invariant: what is returned is pixel-exact, whatever the hashes say. Runs in: anything that is Node.
import { TILE_HEIGHT } from './tile-set'

export interface Scroll {
  /** Rows [top, bottom) of the new picture are rows [top + distance, bottom + distance) of the old one. */
  readonly top: number
  readonly bottom: number
  readonly distance: number
}

const SAMPLE = 5
/** Votes that make a distance worth looking at, and rows that make a copy worth sending. */
const VOTES = 8
const ROWS = 2 * TILE_HEIGHT
/** Distances that are remembered. */
const RECENT = 4

export class ScrollFinder {
  private readonly places = new Map<number, number>()
  private readonly votes = new Map<number, number>()
  /** Big changes that were no scrolling, one after the other: with a film playing it is looked for less often. */
  private misses = 0
  private skip = 0
  /** Distances found of late, the last one first. */
  private recent: number[] = []

  /** Looks at columns [left, right) of rows [top, bottom). */
  find(
    before: Uint32Array,
    after: Uint32Array,
    stride: number,
    left: number,
    right: number,
    top: number,
    bottom: number,
  ): Scroll | undefined {
    if (bottom - top < ROWS || right - left < 2 * TILE_HEIGHT) return undefined
    if (this.skip > 0) {
      this.skip--
      return undefined
    }
    const scroll = this.search(before, after, stride, left, right, top, bottom)
    this.misses = scroll ? 0 : Math.min(this.misses + 1, 8)
    this.skip = this.misses > 2 ? this.misses - 2 : 0
    return scroll
  }

  private search(
    before: Uint32Array,
    after: Uint32Array,
    stride: number,
    left: number,
    right: number,
    top: number,
    bottom: number,
  ): Scroll | undefined {
    let found: Scroll | undefined
    for (const distance of this.recent) {
      const one = stretch(before, after, stride, left, right, top, bottom, distance)
      if (one && heightOf(one) > heightOf(found)) found = one
      if (4 * heightOf(found) >= 3 * (bottom - top)) break
    }
    if (2 * heightOf(found) < bottom - top) {
      const distance = this.vote(before, after, stride, left, right, top, bottom)
      found = distance === 0 ? undefined : stretch(before, after, stride, left, right, top, bottom, distance)
    }
    if (found) this.remember(found.distance)
    return found
  }

  private remember(distance: number): void {
    this.recent = [distance, ...this.recent.filter((one) => one !== distance)].slice(0, RECENT)
  }

  /** The distance most rows speak for; 0 when too few do. */
  private vote(
    before: Uint32Array,
    after: Uint32Array,
    stride: number,
    left: number,
    right: number,
    top: number,
    bottom: number,
  ): number {
    const { places, votes } = this
    places.clear()
    votes.clear()
    for (let y = top; y < bottom; y++) {
      const hash = hashRow(before, y * stride, left, right)
      places.set(hash, places.has(hash) ? -1 : y)
    }
    for (let y = top; y < bottom; y++) {
      const from = places.get(hashRow(after, y * stride, left, right))
      if (from !== undefined && from >= 0 && from !== y) votes.set(from - y, (votes.get(from - y) ?? 0) + 1)
    }
    let distance = 0
    let most = VOTES - 1
    for (const [candidate, count] of votes) if (count > most) [distance, most] = [candidate, count]
    return distance
  }
}

const heightOf = (scroll: Scroll | undefined): number => (scroll ? scroll.bottom - scroll.top : 0)

/** The longest stretch of rows that are what was `distance` rows further down. */
function stretch(
  before: Uint32Array,
  after: Uint32Array,
  stride: number,
  left: number,
  right: number,
  top: number,
  bottom: number,
  distance: number,
): Scroll | undefined {
  const first = Math.max(top, top - distance)
  const last = Math.min(bottom, bottom - distance)
  const old = bytesOf(before)
  const fresh = bytesOf(after)
  const count = 4 * (right - left)
  const sameRow = (y: number): boolean => {
    const from = 4 * ((y + distance) * stride + left)
    const to = 4 * (y * stride + left)
    return old.compare(fresh, to, to + count, from, from + count) === 0
  }
  let best: Scroll | undefined
  let start = first
  for (let y = first; y <= last; y++) {
    if (y < last && sameRow(y)) continue
    if (y - start >= ROWS && y - start > heightOf(best)) best = { top: start, bottom: y, distance }
    start = y + 1
  }
  return best
}

function hashRow(pixels: Uint32Array, row: number, left: number, right: number): number {
  let hash = 0
  for (let at = row + left; at < row + right; at += SAMPLE) hash = Math.imul(hash ^ (pixels[at] ?? 0), 0x01000193) + 1
  return hash
}

function bytesOf(pixels: Uint32Array): Buffer {
  return Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength)
}
