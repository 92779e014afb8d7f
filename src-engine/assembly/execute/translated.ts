// Where interpreted and translated code meet: entering a region (src-engine/jit), and finding out what is worth translating.
// A sample is taken after each so many interpreted instructions: run() then breaks its budget into pieces, which costs
// nothing between them. Time in regions does not count, so a sample always shows what the interpreter spends time on.
// Invariant: where run() stops, and what it counts, is the same with and without samples and regions.
// Runs in: the vcpu's thread.
import { ATTENTION, BUDGET, FLAGS_TYPE } from '../generated/layout'
import { UOP, imm } from '../state'
import { OP_ENTER } from '../generated/tables'
import { PRODUCT, setStatus, status } from '../flags'
import { entryOf } from '../decode/cache'
import { sample } from '../imports'

/** In what enterRegion() returns: leave the block at this uop, RIP or a fault is set. */
export const LEFT: u32 = 2
/** In what a region returns: the uop is the first of its block. */
const BLOCK_START: u32 = 1

// Instructions between samples, 0 for no samples; what is left of run()'s budget beyond BUDGET, 0 outside run().
let period: i32 = 0
export let rest: i32 = 0

export function set_sampling(instructions: i32): void { period = instructions }

/** At the start of run(): all but the first piece of BUDGET is put aside. */
export function split(): void {
  const all = load<i32>(BUDGET)
  rest = period > 0 && all > period ? all - period : 0
  store<i32>(BUDGET, all - rest)
}

/** Next piece; false when there is none. */
export function refill(): bool {
  if (rest <= 0) return false
  const more = rest < period ? rest : period
  rest -= more
  store<i32>(BUDGET, load<i32>(BUDGET) + more)
  return load<i32>(BUDGET) > 0 || refill()
}

/** Tell which block is about to run; gives where to enter it afterwards. */
export function sampled(ip: u32): u32 {
  if (<u32>load<u16>(ip) == OP_ENTER) return ip
  sample(ip)
  return entryOf(ip)
}

/**
 * Run the region that an ENTER uop names. Returns the uop to go on with, or one with LEFT. A region is given what is left
 * of run()'s budget; it returns a uop, 0 when RIP says where to go on, with BUDGET accounted for whole blocks.
 * While ATTENTION is set blocks are left to the interpreter, which looks at it at their ends.
 */
export function enterRegion(ip: u32): u32 {
  if (load<i32>(ATTENTION)) return ip + UOP
  const had = load<i32>(BUDGET)
  const at = call_indirect<u32>(imm(ip), had + rest)
  const left = load<i32>(BUDGET)
  const mine = left < had ? left : had
  rest = left - mine
  store<i32>(BUDGET, mine)
  if (at == 0) { // as if this uop had been the block's only instruction
    store<i32>(BUDGET, mine + 1)
    return ip | LEFT
  }
  return at & BLOCK_START ? entryOf(at & ~BLOCK_START) : at
}

/** Bring flags whose carry is costly to work out into the explicit form. */
export function settle_flags(): void { if (load<i32>(FLAGS_TYPE) == PRODUCT) setStatus(status()) }
