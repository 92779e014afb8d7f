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
import { type CodeCache, UOP } from './code-cache'
import { BLOCK_START, Emitter, type Way } from './emitter'
import { ANY, meet, PRODUCT, SOME } from './flags'
import { fromMemory } from './from-memory'
import { Instructions } from './instructions'
import { hashOf } from './jump-tables'
import { BUDGET, ENTERED, HOST, localsOf, PC_BASE, RESULT, VA, X } from './locals'
import { pushMemory, reach } from './memory-operands'
import { popTarget, push, raiseStack } from './moves'
import { BlockFlow, type Values } from './region-flow'
import { fillGaps } from './region-gaps'
import type { Entry, Node, Region } from './region-shape'
import { stackRun, stackRunAt } from './stack-runs'
import { pushStillThere } from './tlb'
import { factsAt, formAfter } from './uop-facts'
import { conditionNumber, isConditionalJump, UOP_LOCK, UOPS, type UopKind } from './uop-table'
import { loadFrame, loadGuess, storeBudget, storeGuess } from './vcpu-fields'
import { type Body, OP, WasmWriter } from './wasm-writer'

const PAGE = 4096
const RSP = 4

const NOTHING: Values = { registers: 0, flags: false }

type Frame = { readonly kind: 'if' | 'arm' } | { readonly kind: 'loop' | 'after'; readonly node: Node }

export class RegionCode {
  private readonly body = new WasmWriter()
  private readonly whole = new WasmWriter()
  private readonly emitter: Emitter
  private readonly instructions: Instructions
  private frames: Frame[] = []
  private forms: number[] = []
  private flows = new Map<Node, BlockFlow>()

  constructor(
    private readonly cache: CodeCache,
    vcpu: number,
    private readonly witnessed = false,
  ) {
    this.emitter = new Emitter(this.body, cache, vcpu, witnessed)
    this.instructions = new Instructions(this.emitter)
  }

  /** The region's function. */
  make(region: Region): Body {
    const { emitter: e, body } = this
    e.used = 0
    e.gaps = []
    e.chased = fromMemory(this.cache, region)
    e.guesses = false
    this.findForms(region)
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
    return { bytes: whole.written().slice(), unlikely: [...whole.unlikely] }
  }

  private blocks(region: Region): void {
    const { emitter: e, body } = this
    body.clear()
    this.frames = []
    e.depth = 0
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
        for (const _ of entries) this.open(OP.block, { kind: 'arm' })
        body.get(ENTERED)
        body.table(entries.map((_, i) => i))
      }
      for (const entry of entries) {
        if (entries.length > 1) this.close()
        if (entry.block.page !== 0) e.moveBase(entry.block.page)
        this.enterAt(entry)
        this.loadFor(entry)
        const label = this.label(root, entry.by)
        if (label >= 0) body.branch(OP.br, label)
        else this.tree(entry.by)
      }
    })
  }

  /** In front of the way to an entry: all that the region may be left for here leads to the block's interpreted code, or it would be entered again at once. */
  private enterAt({ block, by }: Entry): void {
    const { emitter: e, body } = this
    this.lookAtBudget(by, () => e.leave(block.first))
    if (block === by) return
    if (block.page !== by.page) this.ifGone(block, () => e.leave(block.first))
    e.pushLinear(this.placeOf(block))
    body.set(X)
  }

  /** In front of that, what the blocks from there on read. */
  private loadFor({ by }: Entry): void {
    this.emitter.gap('entry', () => this.flows.get(by)?.wanted ?? NOTHING)
  }

  // --- structure ---

  private open(code: number, frame: Frame): void {
    this.emitter.open(code)
    this.frames.push(frame)
  }
  /** An if that is hardly ever taken. */
  private seldom(): void {
    this.emitter.seldom()
    this.frames.push({ kind: 'if' })
  }
  private close(): void {
    this.emitter.close()
    this.frames.pop()
  }

  private tree(node: Node): void {
    if (node.loopHead) {
      this.open(OP.loop, { kind: 'loop', node })
      this.within(node, 0)
      this.close()
      this.body.op(OP.unreachable)
    } else this.within(node, 0)
  }

  /** The block itself, inside of WebAssembly blocks for the merges it dominates, from the `at`th on (the last one outermost). */
  private within(node: Node, at: number, own = () => this.block(node)): void {
    const merge = node.merges[at]
    if (merge) {
      this.open(OP.block, { kind: 'after', node: merge })
      this.within(node, at + 1, own)
      this.close()
      this.tree(merge)
      return
    }
    // what was written of another block, round this one, goes on after it
    const { flow } = this.emitter
    own()
    this.emitter.flow = flow
  }

  /** Label of the way to a block that is not written right here, or -1. */
  private label(from: Node, to: Node): number {
    const back = to.order <= from.order
    if (!back && !to.merge) return -1
    for (let i = this.frames.length - 1; i >= 0; i--) {
      const frame = this.frames[i]
      if (frame && (frame.kind === 'loop' || frame.kind === 'after') && frame.node === to && (frame.kind === 'loop') === back)
        return this.frames.length - 1 - i
    }
    throw new Error('translator: a branch has no frame to go to')
  }

  private go(from: Node, to: Node | undefined, at: number): void {
    const { emitter: e } = this
    if (!to) {
      this.leaveTo(from, at)
      return
    }
    if (to.page !== from.page && !to.junction) this.cross(to, at)
    if (to.loopHead) this.lookAtBudget(to, () => (to.junction ? this.leaveByX('an indirect branch') : e.leave(to.first)))
    const label = this.label(from, to)
    if (label >= 0) this.body.branch(OP.br, label)
    else this.tree(to)
  }

  /** Goes on in another page, if the block is still what is found there. */
  private cross(to: Node, at: number): void {
    this.ifGone(to, () => this.leaveByAddress(at, 'a page that is not there any more'))
    this.emitter.storePage(to.page)
  }

  private ifGone(to: Node, leave: () => void): void {
    pushStillThere(this.emitter, to.page, this.cache.hostOf(to.first) & ~(PAGE - 1), to.first)
    this.body.op(OP.i32_eqz)
    this.seldom()
    leave()
    this.close()
  }

  /** Leave the region for an address. */
  private leaveTo(from: Node, at: number): void {
    const { emitter: e, cache } = this
    const host = (cache.hostOf(from.first) & ~(PAGE - 1)) + at - from.page
    const first = at >= from.page && at < from.page + PAGE ? cache.find(host) : 0
    if (first !== 0) e.leave(first | BLOCK_START)
    else this.leaveByAddress(at)
  }
  private leaveByAddress(at: number, way: Way = 'a near branch or call'): void {
    const { emitter: e, body } = this
    body.i32(0)
    e.pushLinear(at)
    e.leaveAt(way)
  }

  // --- blocks ---

  /** Form of the flags where each block begins, by its order. */
  private findForms(region: Region): void {
    const { cache } = this
    const after: (number | undefined)[] = []
    this.forms = []
    for (let changed = true; changed; ) {
      changed = false
      for (const node of region.nodes) {
        let form = node.entered ? SOME : -1
        for (const from of node.predecessors) {
          const there = after[from.order]
          if (there !== undefined) form = form < 0 ? there : meet(form, there)
        }
        if (form < 0) form = ANY
        if (this.forms[node.order] === form) continue
        changed = true
        this.forms[node.order] = form
        for (let ip = node.first; ip < node.last; ip += UOP) {
          const facts = factsAt(cache, ip)
          if (cache.op(ip) === UOP_LOCK) ip += UOP
          if (facts) form = formAfter(facts, cache.word(ip + 12), form)
        }
        // a conditional jump may have settled them
        after[node.order] = form === PRODUCT ? ANY : form
      }
    }
  }

  private lookAtBudget(node: Node, leave: () => void): void {
    const { body } = this
    body.get(BUDGET)
    body.i32(node.longest)
    body.op(OP.i32_le_s)
    this.seldom()
    leave()
    this.close()
  }

  private count(node: Node): void {
    const { body } = this
    body.get(BUDGET)
    body.i32(node.instructions)
    body.op(OP.i32_sub)
    body.set(BUDGET)
  }

  private block(node: Node): void {
    this.emitter.flow = new BlockFlow(this.emitter.depth)
    this.flows.set(node, this.emitter.flow)
    if (node.junction) {
      this.spread(node)
      return
    }
    const { emitter: e, cache, instructions } = this
    instructions.form = this.forms[node.order] ?? ANY
    instructions.forget()
    e.page = node.page
    // which uops' flags are seen by something: from the end backwards
    const seen: boolean[] = []
    let live = true
    for (let ip = node.last - UOP, i = (node.last - node.first) / UOP - 1; i >= 0; ip -= UOP, i--) {
      const facts = factsAt(cache, ip)
      seen[i] = live
      if (!facts || (i > 0 && cache.op(ip - UOP) === UOP_LOCK)) continue
      if (facts.sets === 1 || (facts.sets === 2 && (cache.word(ip + 12) & (facts.kind.size === 3 ? 63 : 31)) !== 0))
        live = false
      if (facts.reads || facts.leaves) live = true
    }
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
    this.ending(node, UOPS[cache.op(node.last)], popped)
  }

  // --- ends of blocks ---

  /** `popped`: a return's target is in X already. */
  private ending(node: Node, kind: UopKind | undefined, popped: boolean): void {
    const { emitter: e, cache, body, instructions } = this
    const ip = node.last
    const family = kind?.family ?? ''
    const { taken = 0, next = 0, after = 0 } = node
    if (node.falls) {
      this.count(node)
      this.go(node, node.nextTo, next)
    } else if (family === 'GOTO' || (family === 'jmp' && kind?.size === 3)) {
      this.count(node)
      this.go(node, node.takenTo, taken)
    } else if (kind && isConditionalJump(family) && kind.size === 3) this.conditional(node, family, taken, next)
    else if (family === 'call' && kind?.size === 3) {
      // what this page's code was is not to be called any more when the return address fell into it
      const hit = (): void => {
        this.count(node)
        this.leaveByAddress(taken)
      }
      push(instructions, ip, () => e.pushLinear(after), hit)
      this.count(node)
      this.go(node, node.takenTo, taken)
    } else if (family === 'ret' && kind?.size === 3) {
      if (popped) {
        e.pushRegister(RSP << 3, 3)
        body.set(VA)
      } else {
        popTarget(instructions, ip)
        body.get(HOST)
        body.memory(OP.i64_load, 0)
        body.set(X)
      }
      this.checkTarget()
      raiseStack(instructions)
      this.count(node)
      for (const site of node.returns) {
        const at = this.placeOf(site)
        body.get(X)
        e.pushLinear(at)
        body.op(OP.i64_eq)
        this.open(OP.if, { kind: 'if' })
        this.go(node, site, at)
        this.close()
      }
      this.leaveByX('a return')
    } else if ((family === 'jmp_ind' || family === 'call_ind') && kind?.size === 3) {
      if (kind.memory) {
        reach(e, ip, 8, 'read')
        pushMemory(e, 3)
      } else e.pushRegister(cache.byte(ip + 4), 3)
      body.set(X)
      this.checkTarget()
      if (family === 'call_ind') {
        const back = node.page + cache.word(ip + UOP + 4)
        push(
          instructions,
          ip,
          () => e.pushLinear(back),
          () => this.leaveToX(node),
        )
      }
      if (node.takenTo) {
        this.count(node)
        this.go(node, node.takenTo, 0)
      } else this.leaveToX(node)
    } else e.leave(e.begin)
  }

  /** To that block of a junction whose address is in X. */
  private spread(node: Node): void {
    const { body } = this
    const { multiplier, bits, slots } = hashOf(node.returns.map((to) => this.placeOf(to)))
    const arms = slots.filter((targets) => targets.length > 0)
    for (let i = 0; i <= arms.length; i++) this.open(OP.block, { kind: 'arm' })
    body.get(X)
    body.get(PC_BASE)
    body.op(OP.i64_sub)
    body.tee(VA)
    body.op(OP.i32_wrap)
    body.i32(multiplier)
    body.op(OP.i32_mul)
    body.i32(32 - bits)
    body.op(OP.i32_shr_u)
    body.table(slots.map((targets) => (targets.length > 0 ? arms.indexOf(targets) : arms.length)))
    arms.forEach((targets, arm) => {
      this.close()
      targets.forEach((target, i) => {
        const to = node.returns[target]
        const at = to ? this.placeOf(to) : 0
        const last = i === targets.length - 1
        body.get(VA)
        body.i64(at)
        body.op(last ? OP.i64_ne : OP.i64_eq)
        if (last) body.branch(OP.br_if, arms.length - 1 - arm)
        else this.open(OP.if, { kind: 'if' })
        this.go(node, to, at)
        if (!last) this.close()
      })
    })
    this.close()
    this.leaveByX('an indirect branch')
  }

  /** Of a block's first byte, from that of the region's first page. */
  private placeOf(node: Node): number {
    return node.page + this.cache.offset(node.first)
  }

  private conditional(node: Node, family: string, takenAt: number, nextAt: number): void {
    const { emitter: e, body, instructions } = this
    if (node.takenTo !== undefined && node.takenTo === node.nextTo) {
      this.count(node)
      this.go(node, node.takenTo, takenAt)
      return
    }
    const n = conditionNumber(family)
    instructions.pushCondition(n)
    this.count(node)
    const straight = (to: Node | undefined): number => (to && to.page === node.page && !to.loopHead ? this.label(node, to) : -1)
    const taken = straight(node.takenTo)
    const next = straight(node.nextTo)
    if (taken >= 0) {
      body.branch(OP.br_if, taken)
      this.go(node, node.nextTo, nextAt)
    } else if (next >= 0) {
      body.op(OP.i32_eqz)
      body.branch(OP.br_if, next)
      this.go(node, node.takenTo, takenAt)
    } else {
      this.open(OP.if, { kind: 'if' })
      this.go(node, node.takenTo, takenAt)
      this.close()
      this.go(node, node.nextTo, nextAt)
    }
  }

  /** A target in X that is not canonical faults at the branch itself: let the interpreter do it. */
  private checkTarget(): void {
    const { emitter: e, body } = this
    body.get(X)
    body.i64(16)
    body.op(OP.i64_shl)
    body.i64(16)
    body.op(OP.i64_shr_s)
    body.get(X)
    body.op(OP.i64_ne)
    this.seldom()
    e.leave(e.begin)
    this.close()
  }

  private leaveToX(node: Node): void {
    this.count(node)
    this.leaveByX('an indirect branch')
  }
  private leaveByX(way: Way): void {
    const { emitter: e, body } = this
    body.i32(0)
    body.get(X)
    e.leaveAt(way)
  }
}
