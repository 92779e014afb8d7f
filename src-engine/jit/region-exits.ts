// Ways out of a region: to a block outside of it, by an address, and those that are hardly ever gone: no budget for what comes, a page
// that is not there any more, a target that faults.
// Runs in: the vcpu's worker thread.
import type { CodeCache } from './code-cache'
import { BLOCK_START, type Emitter, type Way } from './emitter'
import { BUDGET, X } from './locals'
import type { Node } from './region-shape'
import { pushStillThere } from './tlb'
import { OP } from './wasm-writer'

const PAGE = 4096

/** Of a block's first byte, from that of the region's first page. */
export function placeOf(cache: CodeCache, node: Node): number {
  return node.page + cache.offset(node.first)
}

/** Leaves for a place behind this block. */
export function leaveTo(e: Emitter, from: Node, at: number): void {
  const { cache } = e
  const host = (cache.hostOf(from.first) & ~(PAGE - 1)) + at - from.page
  const first = at >= from.page && at < from.page + PAGE ? cache.find(host) : 0
  if (first !== 0) e.leave(first | BLOCK_START)
  else leaveByAddress(e, at)
}
export function leaveByAddress(e: Emitter, at: number, way: Way = 'a near branch or call'): void {
  e.w.i32(0)
  e.pushLinear(at)
  e.leaveAt(way)
}
export function leaveByX(e: Emitter, way: Way): void {
  e.w.i32(0)
  e.w.get(X)
  e.leaveAt(way)
}

/** Where the budget might run out before the next look. */
export function ifSpent(e: Emitter, node: Node, leave: () => void): void {
  const { w } = e
  w.get(BUDGET)
  w.i32(node.longest)
  w.op(OP.i32_le_s)
  e.seldom()
  leave()
  e.close()
}

/** Where the block's page is another now, or its code was dropped. */
export function ifGone(e: Emitter, node: Node, leave: () => void): void {
  pushStillThere(e, node.page, e.cache.hostOf(node.first) & ~(PAGE - 1), node.first)
  e.w.op(OP.i32_eqz)
  e.seldom()
  leave()
  e.close()
}

/** A target in X that is not canonical faults at the branch itself: let the interpreter do it. */
export function checkTarget(e: Emitter): void {
  const { w } = e
  w.get(X)
  w.i64(16)
  w.op(OP.i64_shl)
  w.i64(16)
  w.op(OP.i64_shr_s)
  w.get(X)
  w.op(OP.i64_ne)
  e.seldom()
  e.leave(e.begin)
  e.close()
}
