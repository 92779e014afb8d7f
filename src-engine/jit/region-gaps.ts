// Puts a region's code together: what was left open while its blocks were written (region-flow.ts) is put in. Ways out that store the same share
// the code for it, behind the blocks, or a region would be mostly that; those that are hardly ever gone have theirs apart, so that
// nothing is moved about for them on the others.
// Runs in: the vcpu's worker thread.
import type { Emitter } from './emitter'
import type { Gap, Values } from './region-flow'
import { loadRegisters, loadValues, settleFlags, storeValues } from './vcpu-fields'
import { OP, type WasmWriter } from './wasm-writer'

interface Stores {
  readonly values: Values
  readonly index: number
}

/** Writes the blocks' code to the emitter's writer, with what belongs round it. */
export function fillGaps(blocks: WasmWriter, gaps: readonly Gap[], e: Emitter): void {
  const { w } = e
  const first = commonOf(gaps)
  loadSettled(e, first)
  const shared = storesOf(gaps)
  // the outermost one ends behind all stores; the blocks are in the innermost
  for (let i = 0; i <= shared.size; i++) w.frame(OP.block)
  let from = 0
  for (const gap of gaps) {
    w.appendPart(blocks, from, gap.at)
    from = gap.at
    const values = gap.values()
    if (gap.kind === 'load') loadValues(e, values)
    else if (gap.kind === 'settled') loadSettled(e, values)
    else if (gap.kind === 'store') storeValues(e, values)
    else if (gap.kind === 'out') w.branch(OP.br, gap.depth + (shared.get(keyOf(gap))?.index ?? 0))
    else loadSettled(e, { registers: values.registers & ~first.registers, flags: values.flags && !first.flags })
  }
  w.appendPart(blocks, from, blocks.length)
  for (const { values, index } of shared.values()) {
    w.op(OP.end)
    storeValues(e, values)
    w.branch(OP.br, shared.size - 1 - index)
  }
  w.op(OP.end)
}

/** What each entry loads, and so is loaded in front of them. */
function commonOf(gaps: readonly Gap[]): Values {
  let registers = -1
  let flags = true
  for (const { kind, values } of gaps) {
    if (kind !== 'entry') continue
    const wanted = values()
    registers &= wanted.registers
    flags &&= wanted.flags
  }
  return { registers, flags }
}

function storesOf(gaps: readonly Gap[]): ReadonlyMap<string, Stores> {
  const found = new Map<string, Stores>()
  for (const gap of gaps) {
    const key = gap.kind === 'out' ? keyOf(gap) : undefined
    if (key !== undefined && !found.has(key)) found.set(key, { values: gap.values(), index: found.size })
  }
  return found
}

function keyOf({ values, seldom }: Gap): string {
  const { registers, flags } = values()
  return `${registers} ${flags} ${seldom}`
}

function loadSettled(e: Emitter, { registers, flags }: Values): void {
  loadRegisters(e, registers)
  if (flags) settleFlags(e)
}
