// What a trace says of where a guest goes, as regions: the blocks that ran most, with those that are come to from there, so that stays
// become long. Other regions hold what can be reached, which samples chose; a program that goes from one of them to the next after a few
// instructions, as interpreters of bytecode do, gets regions of just what it runs. Runs in: the translator's thread.
import type { CodeCache } from './code-cache'
import { tableOf } from './jump-tables'
import type { TracedOrder } from './orders'
import { blockOf, contextOf, type PlacedTrace, placed } from './traced-calls'

/** Blocks and instructions of a region, at most, which V8 optimises in a third of a second; regions of one trace. */
const MOST_BLOCKS = 96
const MOST_INSTRUCTIONS = 900
const REGIONS = 4
/** Times that a block was run at least to be part of one, and the part of the trace that a region has at least. */
const LEAST_TIMES = 4
const LEAST_SHARE = 1 / 32
/** The part of a region's blocks that is in one already from which on it is no other one. */
const SAME = 0.8
/** So much longer stays are worth it. */
const WORTH = 1.5
/** The part of the trace's blocks that follow jumps through tables, from which on a region begins with one of them. */
const TABLE_SHARE = 1 / 64

/** A block that was run, in the calls round it. */
export interface TracedBlock {
  /** Names the block in these calls, and those calls. */
  readonly place: number
  readonly context: number
  readonly first: number
  /** Linear, where it was met. */
  readonly page: bigint
  /** Places that were run after it, the most frequent first. */
  readonly to: readonly number[]
}

/** Places of each region, its first one in front. */
type Regions = readonly (readonly number[])[]

/** How often each of some places came. */
type Times = Map<number, number>

const byTimes = (times: Times): number[] => [...times].sort((a, b) => b[1] - a[1]).map(([place]) => place)
const add = (times: Times, place: number, often = 1): void => {
  times.set(place, (times.get(place) ?? 0) + often)
}

interface Counted {
  readonly times: Times
  /** What was run after each place. */
  readonly next: ReadonlyMap<number, Times>
  /** Where jumps through tables led most often, if there were many. */
  readonly tableTarget: number | undefined
}

/** The blocks of regions, each with its first one in front; none where stays would not become much longer. */
export function hotPaths(cache: CodeCache, trace: TracedOrder): readonly (readonly TracedBlock[])[] {
  const seen = placed(cache, trace)
  const counted = count(cache, seen)
  const { chosen, again } = choose(seen, counted, trace.known)
  // with all of them, as those that are there already are among what there is now
  if (stayWith([...chosen, ...again], seen, trace.stay) < trace.stay * WORTH) return []
  const traced = (place: number): TracedBlock => ({
    place,
    first: blockOf(place),
    context: contextOf(place),
    page: trace.pages.get(blockOf(place)) ?? 0n,
    to: byTimes(counted.next.get(place) ?? new Map()),
  })
  return chosen.map((places) => places.map(traced))
}

function count(cache: CodeCache, { places }: PlacedTrace): Counted {
  const times: Times = new Map()
  const next = new Map<number, Times>()
  places.forEach((place, i) => {
    if (place === 0) return
    add(times, place)
    const following = places[i + 1] ?? 0
    if (following === 0) return
    const after = next.get(place) ?? new Map<number, number>()
    next.set(place, after)
    add(after, following)
  })
  const tableTargets: Times = new Map()
  let jumps = 0
  for (const [place, after] of next) {
    const block = blockOf(place)
    if (cache.dropped(block) || tableOf(cache, block, cache.lastUop(block)) === undefined) continue
    for (const [to, often] of after) {
      add(tableTargets, to, often)
      jumps += often
    }
  }
  const tableTarget = jumps < places.length * TABLE_SHARE ? undefined : byTimes(tableTargets)[0]
  return { times, next, tableTarget }
}

/** The first region begins where jumps through a table lead, or else where most was run, each later one with the most frequent block that is left. */
function choose(
  seen: PlacedTrace,
  { times, next, tableTarget }: Counted,
  known: TracedOrder['known'],
): { readonly chosen: Regions; readonly again: Regions } {
  const sets = known.map((blocks) => new Set(blocks))
  const isKnown = (places: readonly number[]): boolean =>
    sets.some((blocks) => places.filter((place) => blocks.has(blockOf(place))).length >= places.length * SAME)
  const chosen: (readonly number[])[] = []
  const again: (readonly number[])[] = []
  const left = new Map([...times].filter(([, often]) => often >= LEAST_TIMES))
  for (const start of [tableTarget, ...byTimes(left)]) {
    if (chosen.length === REGIONS) break
    if (start === undefined || !left.has(start)) continue
    const places = reached(start, left, next, seen)
    let share = 0
    for (const place of places) {
      share += (left.get(place) ?? 0) / seen.places.length
      left.delete(place)
    }
    if (isKnown(places)) again.push(places)
    else if (share >= LEAST_SHARE) chosen.push(places)
  }
  return { chosen, again }
}

/** A place, and those left that are come to from there most often. */
function reached(start: number, left: Times, next: ReadonlyMap<number, Times>, { facts }: PlacedTrace): number[] {
  const upper = facts.get(blockOf(start))?.upper
  const taken = new Set<number>()
  const waiting: Times = new Map([[start, 1]])
  let instructions = 0
  while (waiting.size > 0 && taken.size < MOST_BLOCKS && instructions < MOST_INSTRUCTIONS) {
    let best = 0
    for (const [place, often] of waiting) if (often > (waiting.get(best) ?? 0)) best = place
    waiting.delete(best)
    taken.add(best)
    instructions += facts.get(blockOf(best))?.instructions ?? 0
    for (const [to, often] of next.get(best) ?? []) {
      // the kernel's code is not come to by branches of a program
      if (!taken.has(to) && left.has(to) && facts.get(blockOf(to))?.upper === upper) add(waiting, to, often)
    }
  }
  return [...taken]
}

/** How many instructions a stay would have with these regions, being as long as it is elsewhere. */
function stayWith(regions: Regions, { places, facts }: PlacedTrace, stay: number): number {
  const regionOf = new Map(regions.flatMap((there, region) => there.map((place) => [place, region])))
  let [instructions, stays, last] = [0, 0, -1]
  for (const place of places) {
    const own = facts.get(blockOf(place))?.instructions ?? 0
    const region = regionOf.get(place) ?? -1
    instructions += own
    if (region < 0) stays += own / stay
    else if (region !== last) stays++
    last = region
  }
  return instructions / Math.max(stays, 1)
}
