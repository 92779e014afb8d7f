// The blocks of a trace, told apart by the call of a small function that they were run in: a region then has such a function's blocks once
// for each place that it is called from, and its returns go to that place alone. With one copy for all of them, what follows one call
// seems to lead to the next one's return; such loops have several heads, and regions would be cut there.
// Runs in: the translator's thread.
import type { CodeCache } from './code-cache'
import type { TracedOrder } from './orders'
import { waysOf } from './region'
import { UOPS } from './uop-table'

/** Most blocks of a function that is told apart by its calls, with those of the functions it calls. */
const SMALL = 16
/** Above a block's first uop in the number of a place. */
const CONTEXT = 2 ** 32

/** Of a number in PlacedTrace.places. */
export const blockOf = (place: number): number => place % CONTEXT
export const contextOf = (place: number): number => Math.floor(place / CONTEXT)

/** What a block that was run is. */
export interface BlockFacts {
  readonly instructions: number
  /** Page offset of its first byte. */
  readonly at: number
  readonly isReturn: boolean
  /** Of a call: the page offset where it returns to. */
  readonly returnsTo: number | undefined
  /** In the kernel's half of the address space. */
  readonly upper: boolean
}

export interface PlacedTrace {
  /** For each block of the trace its first uop and the calls round it, as one number; 0: not known. */
  readonly places: readonly number[]
  readonly facts: ReadonlyMap<number, BlockFacts>
}

interface Call {
  readonly callee: number
  readonly returnsTo: number
  readonly body: Set<number>
  /** Of whoever called. */
  readonly context: number
}

export function placed(cache: CodeCache, trace: TracedOrder): PlacedTrace {
  const facts = factsOf(cache, trace)
  const small = smallFunctions(trace, facts)
  const contexts = new Map<number, number>()
  const places: number[] = []
  let context = 0
  follow(trace, facts, {
    ran: (block) => places.push(block === 0 ? 0 : context * CONTEXT + block),
    called: (site, callee) => {
      const outer = context
      const key = context * CONTEXT + site
      context = 0
      if (small.has(callee)) {
        context = contexts.get(key) ?? contexts.size + 1
        contexts.set(key, context)
      }
      return outer
    },
    returned: (call) => {
      context = call.context
    },
    lost: () => {
      context = 0
    },
  })
  return { places, facts }
}

function factsOf(cache: CodeCache, { pages }: TracedOrder): ReadonlyMap<number, BlockFacts> {
  const facts = new Map<number, BlockFacts>()
  for (const [block, page] of pages) {
    if (cache.dropped(block)) continue
    const last = cache.lastUop(block)
    const family = UOPS[cache.op(last)]?.family
    const isCall = family === 'call' || family === 'call_ind'
    const { after } = waysOf(cache, last)
    facts.set(block, {
      instructions: cache.order(last) + 1,
      at: cache.offset(block),
      isReturn: family === 'ret',
      returnsTo: isCall && after !== undefined ? after & 0xfff : undefined,
      upper: page >> 63n !== 0n,
    })
  }
  return facts
}

/** Entries of functions that always came back to where they were called from, and have few blocks. */
function smallFunctions(trace: TracedOrder, facts: ReadonlyMap<number, BlockFacts>): ReadonlySet<number> {
  const bodies = new Map<number, Set<number>>()
  const large = new Set<number>()
  const calls: Call[] = []
  const into = (to: Set<number>, blocks: Iterable<number>): void => {
    for (const block of blocks) if (to.size <= SMALL) to.add(block)
  }
  follow(trace, facts, {
    ran: (block) => {
      const inner = calls.at(-1)
      if (inner) into(inner.body, [block])
    },
    called: () => 0,
    entered: (call) => calls.push(call),
    returned: (call) => {
      calls.pop()
      const body = bodies.get(call.callee) ?? new Set()
      bodies.set(call.callee, body)
      into(body, call.body)
      const outer = calls.at(-1)
      if (outer) into(outer.body, call.body)
    },
    lost: (returned) => {
      // it came back to somewhere else
      if (returned) for (const { callee } of calls) large.add(callee)
      calls.length = 0
    },
  })
  return new Set([...bodies].flatMap(([callee, body]) => (body.size > SMALL || large.has(callee) ? [] : callee)))
}

interface Follower {
  ran(block: number): void
  /** A call led to a block; returns what the call is to remember as its context. */
  called(site: number, callee: number): number
  entered?(call: Call): void
  returned(call: Call): void
  /** Nobody knows any more what is called; `returned`: as a function came back to another place. */
  lost(returned: boolean): void
}

function follow({ blocks }: TracedOrder, facts: ReadonlyMap<number, BlockFacts>, follower: Follower): void {
  let calls: Call[] = []
  const lose = (returned: boolean): void => {
    calls = []
    follower.lost(returned)
  }
  let upper: boolean | undefined
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[i] ?? 0
    const next = blocks[i + 1] ?? 0
    const fact = facts.get(block)
    if (!fact) {
      lose(false)
      follower.ran(0)
      continue
    }
    // an interrupt, a system call
    if (upper !== fact.upper) lose(false)
    upper = fact.upper
    follower.ran(block)
    if (fact.returnsTo !== undefined && next !== 0) {
      const call = { callee: next, returnsTo: fact.returnsTo, body: new Set<number>(), context: follower.called(block, next) }
      calls.push(call)
      follower.entered?.(call)
    }
    if (!fact.isReturn) continue
    const call = calls.at(-1)
    if (!call) continue
    if (facts.get(next)?.at !== call.returnsTo) {
      lose(true)
      continue
    }
    calls.pop()
    follower.returned(call)
  }
}
