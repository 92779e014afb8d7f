// What is known of the flags before a region's blocks are written: which form they have where each block begins, and whether
// anything sees what an instruction does to them.
// Runs in: the vcpu's worker thread.
import { type CodeCache, UOP } from './code-cache'
import { ANY, meet, PRODUCT, SOME } from './flags'
import type { Node, Region } from './region-shape'
import { factsAt, formAfter } from './uop-facts'
import { UOP_LOCK } from './uop-table'

/** Form of the flags where each block begins, by its order. */
export function flagForms(cache: CodeCache, region: Region): number[] {
  const after: (number | undefined)[] = []
  const forms: number[] = []
  for (let changed = true; changed; ) {
    changed = false
    for (const node of region.nodes) {
      let form = node.entered ? SOME : -1
      for (const from of node.predecessors) {
        const there = after[from.order]
        if (there !== undefined) form = form < 0 ? there : meet(form, there)
      }
      if (form < 0) form = ANY
      if (forms[node.order] === form) continue
      changed = true
      forms[node.order] = form
      for (let ip = node.first; ip < node.last; ip += UOP) {
        const facts = factsAt(cache, ip)
        if (cache.op(ip) === UOP_LOCK) ip += UOP
        if (facts) form = formAfter(facts, cache.word(ip + 12), form)
      }
      // a conditional jump may have settled them
      after[node.order] = form === PRODUCT ? ANY : form
    }
  }
  return forms
}

/** Which uops' flags are seen by something, by their number in the block: found from the end backwards. */
export function flagsSeen(cache: CodeCache, { first, last }: Node): boolean[] {
  const seen: boolean[] = []
  let live = true
  for (let ip = last - UOP, i = (last - first) / UOP - 1; i >= 0; ip -= UOP, i--) {
    const facts = factsAt(cache, ip)
    seen[i] = live
    if (!facts || (i > 0 && cache.op(ip - UOP) === UOP_LOCK)) continue
    if (facts.sets === 1 || (facts.sets === 2 && (cache.word(ip + 12) & (facts.kind.size === 3 ? 63 : 31)) !== 0)) live = false
    if (facts.reads || facts.leaves) live = true
  }
  return seen
}
