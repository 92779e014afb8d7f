// The function of a region: its blocks in structured control flow, after Ramsey ("Beyond Relooper", 2022): a block that
// several forward edges reach is placed after a WebAssembly block that those edges leave, others stand where they are
// branched to; loop heads open a loop. At the region's entries and on each way to a loop's head the budget is looked at: when it might
// run out before the next look, the interpreter goes on and stops where it always stops. On the ways, and not at the head: what is
// left with there, flags above all, is then known by each way and need not be carried round the loop.
// A way to another page looks whether the execute TLB leads to the same host page and whether the page's code is still there, else
// the region is left; whoever is in a page thus knows both, as nothing that flushes TLBs runs inside a region.
// Registers and flags are loaded at entries and stored on ways out as region-flow.ts finds it, once all blocks are written.
// Invariant: at the end of each block the budget has been lowered by the block's instructions, once; PC_BASE in memory is that of
// the page the region is in, in its local that of the page where it began.
// Runs in: the vcpu's worker thread.
import { BlockEnds } from './block-ends'
import { type CodeCache, UOP } from './code-cache'
import { Emitter } from './emitter'
import { flagForms, flagsSeen } from './flag-flow'
import { ANY } from './flags'
import { fromMemory } from './from-memory'
import { Instructions } from './instructions'
import { ENTERED, localsOf, RESULT, X } from './locals'
import { ifGone, ifSpent, leaveByAddress, leaveByX, leaveTo, placeOf } from './region-exits'
import { BlockFlow, type Values } from './region-flow'
import { RegionFrames } from './region-frames'
import { fillGaps } from './region-gaps'
import type { Entry, Node, Region } from './region-shape'
import { stackRun, stackRunAt } from './stack-runs'
import { factsAt } from './uop-facts'
import { UOP_LOCK } from './uop-table'
import { loadFrame, loadGuess, storeBudget, storeGuess } from './vcpu-fields'
import { type Body, OP, WasmWriter } from './wasm-writer'

const NOTHING: Values = { registers: 0, flags: false }

export class RegionCode {
  private readonly body = new WasmWriter()
  private readonly whole = new WasmWriter()
  private readonly emitter: Emitter
  private readonly instructions: Instructions
  private readonly frames: RegionFrames
  private readonly ends: BlockEnds
  private forms: number[] = []
  private flows = new Map<Node, BlockFlow>()

  constructor(
    private readonly cache: CodeCache,
    vcpu: number,
    private readonly witnessed = false,
  ) {
    this.emitter = new Emitter(this.body, cache, vcpu, witnessed)
    this.instructions = new Instructions(this.emitter)
    this.frames = new RegionFrames(this.emitter)
    this.ends = new BlockEnds(this.instructions, this.frames, (from, to, at) => this.go(from, to, at))
  }

  /** The region's function. */
  make(region: Region): Body {
    const { emitter: e, body } = this
    e.used = 0
    e.gaps = []
    e.chased = fromMemory(this.cache, region)
    e.guesses = false
    this.forms = flagForms(this.cache, region)
    this.ends.traced = region.traced ?? false
    this.blocks(region)
    BlockFlow.settle(region.nodes, this.flows)
    const { whole } = this
    whole.clear()
    const locals = localsOf(e.used)
    whole.unsigned(locals.length)
    for (const [count, type] of locals) {
      whole.unsigned(count)
      whole.byte(type)
    }
    const outer = new Emitter(whole, this.cache, e.vcpu, this.witnessed)
    loadFrame(outer)
    if (e.guesses) loadGuess(outer)
    fillGaps(body, e.gaps, outer)
    if (e.guesses) storeGuess(outer)
    storeBudget(outer)
    outer.witnessLeft()
    whole.get(RESULT)
    whole.op(OP.end)
    return whole.bodyOf()
  }

  private blocks(region: Region): void {
    const { emitter: e, body } = this
    body.clear()
    this.frames.clear()
    this.flows = new Map()
    e.flow = new BlockFlow()
    this.enter(region)
    body.op(OP.unreachable)
  }

  /** To the entry that is asked for. */
  private enter({ root, entries }: Region): void {
    const { emitter: e, body } = this
    // the root's own merges are placed as those of any node
    this.within(root, 0, () => {
      if (entries.length > 1) {
        for (const _ of entries) this.frames.open(OP.block, { kind: 'arm' })
        body.get(ENTERED)
        body.table(entries.map((_, i) => i))
      }
      for (const entry of entries) {
        if (entries.length > 1) this.frames.close()
        if (entry.block.page !== 0) e.moveBase(entry.block.page)
        this.enterAt(entry)
        this.loadFor(entry)
        const label = this.frames.label(root, entry.by)
        if (label >= 0) body.branch(OP.br, label)
        else this.tree(entry.by)
      }
    })
  }

  /** In front of the way to an entry: all that the region may be left for here leads to the block's interpreted code, or it would be entered again at once. */
  private enterAt({ block, by }: Entry): void {
    const { emitter: e, body } = this
    ifSpent(e, by, () => e.leave(block.first))
    if (block === by) return
    if (block.page !== by.page) ifGone(e, block, () => e.leave(block.first))
    e.pushLinear(placeOf(this.cache, block))
    body.set(X)
  }

  /** In front of that, what the blocks from there on read. */
  private loadFor({ by }: Entry): void {
    this.emitter.gap('entry', () => this.flows.get(by)?.wanted ?? NOTHING)
  }

  // --- structure ---

  private tree(node: Node): void {
    if (node.loopHead) {
      this.frames.open(OP.loop, { kind: 'loop', node })
      this.within(node, 0)
      this.frames.close()
      this.body.op(OP.unreachable)
    } else this.within(node, 0)
  }

  /** The block itself, inside of WebAssembly blocks for the merges it dominates, from the `at`th on (the last one outermost). */
  private within(node: Node, at: number, own = () => this.block(node)): void {
    const merge = node.merges[at]
    if (merge) {
      this.frames.open(OP.block, { kind: 'after', node: merge })
      this.within(node, at + 1, own)
      this.frames.close()
      this.tree(merge)
      return
    }
    // what was written of another block, round this one, goes on after it
    const { flow } = this.emitter
    own()
    this.emitter.flow = flow
  }

  private go(from: Node, to: Node | undefined, at: number): void {
    const { emitter: e } = this
    if (!to) {
      leaveTo(e, from, at)
      return
    }
    if (to.page !== from.page && !to.junction) this.cross(to, at)
    if (to.loopHead) ifSpent(e, to, () => (to.junction ? leaveByX(e, 'an indirect branch') : e.leave(to.first)))
    const label = this.frames.label(from, to)
    if (label >= 0) this.body.branch(OP.br, label)
    else this.tree(to)
  }

  /** Goes on in another page, if the block is still what is found there. */
  private cross(to: Node, at: number): void {
    const { emitter: e } = this
    ifGone(e, to, () => leaveByAddress(e, at, 'a page that is not there any more'))
    e.storePage(to.page)
  }

  // --- blocks ---

  private block(node: Node): void {
    this.emitter.flow = new BlockFlow(this.emitter.depth)
    this.flows.set(node, this.emitter.flow)
    if (node.junction) {
      this.ends.spread(node)
      return
    }
    const { emitter: e, cache, instructions } = this
    instructions.form = this.forms[node.order] ?? ANY
    instructions.forget()
    e.page = node.page
    const seen = flagsSeen(cache, node)
    e.begin = 0
    let popped = false
    for (let ip = node.first, i = 0; ip < node.last; ip += UOP, i++) {
      const run = e.begin === 0 ? stackRunAt(cache, ip, node.last, node.falls) : undefined
      if (run) {
        e.begin = ip
        stackRun(instructions, run)
        e.begin = 0
        popped = run.returns
        const uops = run.count - (popped ? 1 : 0)
        ip += (uops - 1) * UOP
        i += uops - 1
        continue
      }
      const facts = factsAt(cache, ip)
      const kind = facts?.kind
      if (e.begin === 0) e.begin = ip
      if (!facts || !kind || kind.ends) {
        e.leave(e.begin)
        return
      }
      instructions.translate(facts, { ip, flagsSeen: seen[i] ?? true })
      if (kind.family !== 'ADDRESS' && kind.family !== 'ADDRESS64') e.begin = 0
      if (kind.cold === UOP_LOCK) {
        ip += UOP
        i++
      }
    }
    if (e.begin === 0) e.begin = node.last
    this.ends.write(node, popped)
  }
}
