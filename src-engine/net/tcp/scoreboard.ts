// What the peer says it has beyond the first hole (RFC 2018), and what follows from it (RFC 6675): which holes are lost, how many
// bytes are on the way, what to send again next.
// Invariant: ranges are in order, apart from each other, and above what is acknowledged. A peer that tells many small ones is heard as
// far as RANGES_MOST goes. Runs in: domain 0.
import { distance, plus, type SackBlock } from './segment'

/** Windows of 4 MiB have no more of them when each second segment is lost. */
const RANGES_MOST = 1500
const DUPLICATES = 3

export class Scoreboard {
  private ranges: SackBlock[] = []
  /** Everything below was sent again. */
  private repaired = 0

  get empty(): boolean {
    return this.ranges.length === 0
  }

  clear(): void {
    this.ranges = []
  }

  /** What the peer tells with an acknowledgement of `una`, of what was sent up to `max`. True: there is something new. */
  update(una: number, max: number, blocks: readonly SackBlock[]): boolean {
    let fresh = false
    for (const block of blocks) {
      // At or below `una` it is a report of a duplicate (RFC 2883); beyond `max` it is nonsense.
      if (distance(block.from, una) > 0 && distance(block.to, block.from) > 0 && distance(max, block.to) >= 0) {
        if (this.insert(block)) fresh = true
      }
    }
    while (this.ranges[0] && distance(this.ranges[0].to, una) <= 0) this.ranges.shift()
    return fresh
  }

  private insert(block: SackBlock): boolean {
    const { ranges } = this
    let first = ranges.length
    while (first > 0 && distance(ranges[first - 1]?.to ?? 0, block.from) >= 0) first--
    let end = first
    let { from, to } = block
    for (; end < ranges.length; end++) {
      const range = ranges[end]
      if (!range || distance(range.from, to) > 0) break
      if (distance(range.from, from) <= 0 && distance(range.to, to) >= 0) return false
      if (distance(range.from, from) < 0) from = range.from
      if (distance(range.to, to) > 0) to = range.to
    }
    if (end === first && ranges.length >= RANGES_MOST) return false
    ranges.splice(first, end - first, { from, to })
    return true
  }

  /** Is the first byte that is not acknowledged lost (IsLost)? */
  firstLost(mss: number): boolean {
    return this.lostHoles(mss) > 0
  }

  /** Holes from the first on that are lost: enough has come that was sent after them. */
  private lostHoles(mss: number): number {
    const { ranges } = this
    let bytes = 0
    for (let i = ranges.length - 1; i >= 0; i--) {
      const range = ranges[i]
      if (range) bytes += distance(range.to, range.from)
      if (ranges.length - i >= DUPLICATES || bytes > (DUPLICATES - 1) * mss) return i + 1
    }
    return 0
  }

  /** Recovery begins: nothing was sent again yet. */
  begin(una: number): void {
    this.repaired = una
  }

  /** Bytes on the way (SetPipe): what was sent, less what has come, less what is lost and was not sent again. */
  pipe(una: number, max: number, mss: number): number {
    let pipe = distance(max, una)
    for (const { from, to } of this.ranges) pipe -= distance(to, from)
    for (const { from, to } of this.holes(una, this.lostHoles(mss))) pipe -= distance(to, from)
    return pipe
  }

  /** The next to send again (NextSeg, rules 1 and 3): of a hole that is lost, or with `any` of one that may be. */
  next(una: number, mss: number, any: boolean): SackBlock | undefined {
    return this.holes(una, any ? this.ranges.length : this.lostHoles(mss)).next().value
  }

  /** It was sent again up to there. */
  sentAgain(to: number): void {
    this.repaired = to
  }

  /** What was not sent again of the first `count` holes. */
  private *holes(una: number, count: number): Generator<SackBlock, undefined> {
    let from = una
    for (let i = 0; i < count; i++) {
      const range = this.ranges[i]
      if (!range) break
      const begin = distance(this.repaired, from) > 0 ? this.repaired : from
      if (distance(range.from, begin) > 0) yield { from: begin, to: range.from }
      from = range.to
    }
    return undefined
  }
}

/** The blocks to tell of pieces that came early, in order: that with the latest of them first (RFC 2018 section 4), the highest after it. */
export function blocksOf(
  pieces: readonly { readonly sequence: number; readonly data: Uint8Array }[],
  latest: number,
  most: number,
): SackBlock[] {
  const blocks: SackBlock[] = []
  for (const { sequence, data } of pieces) {
    const to = plus(sequence, data.length)
    const last = blocks.at(-1)
    if (!last || distance(sequence, last.to) > 0) blocks.push({ from: sequence, to })
    else if (distance(to, last.to) > 0) blocks[blocks.length - 1] = { from: last.from, to }
  }
  const first = blocks.findIndex(({ from, to }) => distance(latest, from) >= 0 && distance(to, latest) > 0)
  const newest = first < 0 ? [] : blocks.splice(first, 1)
  return [...newest, ...blocks.reverse()].slice(0, most)
}
