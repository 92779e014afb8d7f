// A region of blocks that were seen to follow each other (hot-paths.ts), of a loop that runs right now, say: nothing else is in it, and it
// goes where its indirect jumps, calls and returns were seen to go. Runs in: the translator's thread.
import type { CodeCache } from './code-cache'
import type { TracedBlock } from './hot-paths'
import { tableOf } from './jump-tables'
import { entriesOf, makeJunctions, makeNode, shareEnds } from './region'
import { type Node, type Region, shape } from './region-shape'
import { UOPS } from './uop-table'

/** Most places that a return, or a jump or call to what a register says, is compared with. */
const TARGETS = 8
const INDIRECT = /^(ret|jmp_ind|call_ind)$/
const CALL = /^call/

/** `isRefused`: the region is not to be entered at the block. */
export function formTraced(
  cache: CodeCache,
  traced: readonly TracedBlock[],
  isRefused: (first: number) => boolean,
): Region | undefined {
  const [begin] = traced
  if (!begin) return undefined
  const nodes = new Map<number, Node>()
  const contexts = new Map<number, Map<number, Node>>()
  const after = new Map<Node, readonly number[]>()
  for (const block of traced) {
    const node = makeNode(cache, block.first, Number(block.page - begin.page))
    const there = contexts.get(block.context) ?? new Map<number, Node>()
    contexts.set(block.context, there)
    there.set(addressOf(cache, node), node)
    nodes.set(block.place, node)
    after.set(node, block.to)
  }
  const seenAfter = (node: Node): Node[] => (after.get(node) ?? []).flatMap((place) => nodes.get(place) ?? [])
  for (const there of contexts.values()) {
    for (const node of there.values()) {
      const isCall = CALL.test(familyOf(cache, node))
      const to = (address: number | undefined): Node | undefined => {
        if (address === undefined) return undefined
        const seen = seenAfter(node).find((one) => addressOf(cache, one) === address)
        return seen ?? (isCall ? undefined : there.get(address))
      }
      node.takenTo = to(node.taken)
      node.nextTo = to(node.next)
    }
  }
  const groups = [...contexts.values()].map((there) => [...there.values()])
  for (const group of groups) shareEnds(cache, group)
  const junctions = groups.flatMap((group) =>
    makeJunctions(cache, group, (table) => {
      const jumps = group.filter((node) => !node.falls && tableOf(cache, node.first, node.last) === table)
      return [...new Set(jumps.flatMap(seenAfter))]
    }),
  )
  for (const node of groups.flat()) {
    if (node.falls || node.takenTo || !INDIRECT.test(familyOf(cache, node))) continue
    node.returns = seenAfter(node).slice(0, TARGETS)
  }
  const start = nodes.get(begin.place)
  if (!start) return undefined
  const isOpen = (node: Node): boolean => !isRefused(node.first)
  // a function that is told apart by its calls is not entered on its own
  const warm = [...(contexts.get(0)?.values() ?? [])]
  return { ...shape(entriesOf(isOpen, { start, sites: new Set(), warm }, junctions)), traced: true }
}

/** Of its first byte, from that of the region's first page. */
const addressOf = (cache: CodeCache, node: Node): number => node.page + cache.offset(node.first)
const familyOf = (cache: CodeCache, node: Node): string => UOPS[cache.op(node.last)]?.family ?? ''
