// Pushes that follow each other, and pops with the return behind them: one look-up of the TLB for all that they store or load, where
// the interpreter has one for each. Where that is not plain memory of one page the core looks whether it is of two, else the
// region leaves before the first of them, and the interpreter does what it can of them.
// Runs in: the vcpu's worker thread.
import { type CodeCache, UOP } from './code-cache'
import type { FlagState } from './flag-state'
import { HOST, VA, X } from './locals'
import { probe, stored } from './memory-operands'
import { UOPS } from './uop-table'
import { OP } from './wasm-writer'

const RSP = 4
const BYTES = 8
/** Most in one look-up: what is not in one page is brought together in SCRATCH, which has 256 bytes. */
const LONGEST = 16

/** Uops that are carried out together, one behind the other. */
export interface StackRun {
  readonly kind: 'pushes' | 'pops'
  readonly first: number
  readonly count: number
  /** The last one is the return at the block's end. */
  readonly returns: boolean
}

type Step = 'push' | 'pop' | 'ret' | undefined

/** What a uop is in a run; pushes and pops of RSP itself are none. */
function stepAt(cache: CodeCache, ip: number): Step {
  const kind = UOPS[cache.op(ip)]
  if (kind?.size !== 3 || kind.memory) return undefined
  if (kind.family === 'push_imm') return 'push'
  if (kind.family === 'ret') return 'ret'
  if (kind.family !== 'push' && kind.family !== 'pop') return undefined
  return cache.byte(ip + 4) === RSP << 3 ? undefined : kind.family
}

/** The run that begins with this uop, if there are two or more; `last`: of the block, whose instruction this is unless it `falls`. */
export function stackRunAt(cache: CodeCache, first: number, last: number, falls: boolean): StackRun | undefined {
  const step = stepAt(cache, first)
  if (step !== 'push' && step !== 'pop') return undefined
  let count = 1
  while (count < LONGEST && first + count * UOP < last && stepAt(cache, first + count * UOP) === step) count++
  const end = first + count * UOP
  const returns = step === 'pop' && !falls && count < LONGEST && end === last && stepAt(cache, end) === 'ret'
  if (returns) count++
  return count < 2 ? undefined : { kind: step === 'push' ? 'pushes' : 'pops', first, count, returns }
}

/** Carries the run out, but for what a return is more than its load: the target is then in X, and RSP at it. */
export function stackRun(s: FlagState, run: StackRun): void {
  if (run.kind === 'pushes') pushes(s, run)
  else pops(s, run)
}

function pushes(s: FlagState, { first, count }: StackRun): void {
  const { e } = s
  const { w, cache } = e
  const last = first + (count - 1) * UOP
  e.pushRegister(RSP << 3, 3)
  w.i64(count * BYTES)
  w.op(OP.i64_sub)
  w.set(VA)
  probe(e, first, count * BYTES, 'pushes', true)
  for (let i = 0; i < count; i++) {
    const ip = first + i * UOP
    w.get(HOST)
    if (UOPS[cache.op(ip)]?.family === 'push_imm') w.i64(cache.word(ip + 12))
    else e.pushRegister(cache.byte(ip + 4), 3)
    w.memory(OP.i64_store, (count - 1 - i) * BYTES)
  }
  w.get(VA)
  e.popRegister(RSP << 3, 3)
  stored(e, last)
}

function pops(s: FlagState, { first, count, returns }: StackRun): void {
  const { e } = s
  const { w, cache } = e
  e.pushRegister(RSP << 3, 3)
  w.set(VA)
  probe(e, first, count * BYTES, 'pops', true)
  for (let i = 0; i < count; i++) {
    w.get(HOST)
    w.memory(OP.i64_load, i * BYTES)
    if (returns && i === count - 1) w.set(X)
    else e.popRegister(cache.byte(first + i * UOP + 4), 3)
  }
  w.get(VA)
  w.i64((returns ? count - 1 : count) * BYTES)
  w.op(OP.i64_add)
  e.popRegister(RSP << 3, 3)
}
