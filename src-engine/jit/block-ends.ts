// What a block of a region ends with: branches, calls, returns and jumps through tables, each to blocks of the region where it can,
// else out of it.
// Runs in: the vcpu's worker thread.
import { UOP } from './code-cache'
import type { Emitter, Way } from './emitter'
import type { Instructions } from './instructions'
import { hashOf } from './jump-tables'
import { BUDGET, HOST, PC_BASE, VA, X } from './locals'
import { pushMemory, reach } from './memory-operands'
import { popTarget, push, raiseStack } from './moves'
import { checkTarget, leaveByAddress, leaveByX, placeOf } from './region-exits'
import type { RegionFrames } from './region-frames'
import type { Node } from './region-shape'
import { conditionNumber, isConditionalJump, UOPS, type UopKind } from './uop-table'
import { OP } from './wasm-writer'

const RSP = 4

/** Writes the way to a block of the region, or, where there is none, out of it for the place. */
type Go = (from: Node, to: Node | undefined, at: number) => void

export class BlockEnds {
  /** Ways out of the region are hardly ever gone. */
  traced = false
  private readonly e: Emitter

  constructor(
    private readonly instructions: Instructions,
    private readonly frames: RegionFrames,
    private readonly go: Go,
  ) {
    this.e = instructions.e
  }

  /** `popped`: a return's target is in X already. */
  write(node: Node, popped: boolean): void {
    const kind = UOPS[this.e.cache.op(node.last)]
    const family = kind?.family ?? ''
    const { taken = 0, next = 0 } = node
    if (node.falls) this.straight(node, node.nextTo, next)
    else if (family === 'GOTO') this.straight(node, node.takenTo, taken)
    else if (kind?.size !== 3) this.e.leave(this.e.begin)
    else if (family === 'jmp') this.straight(node, node.takenTo, taken)
    else if (isConditionalJump(family)) this.conditional(node, family, taken, next)
    else if (family === 'call') this.call(node, taken)
    else if (family === 'ret') this.return(node, popped)
    else if (family === 'jmp_ind' || family === 'call_ind') this.indirect(node, kind)
    else this.e.leave(this.e.begin)
  }

  /** To that block of a junction whose address is in X. */
  spread(node: Node): void {
    const { e, frames } = this
    const { w, cache } = e
    const { multiplier, bits, slots } = hashOf(node.returns.map((to) => placeOf(cache, to)))
    const arms = slots.filter((targets) => targets.length > 0)
    for (let i = 0; i <= arms.length; i++) frames.open(OP.block, { kind: 'arm' })
    w.get(X)
    w.get(PC_BASE)
    w.op(OP.i64_sub)
    w.tee(VA)
    w.op(OP.i32_wrap)
    w.i32(multiplier)
    w.op(OP.i32_mul)
    w.i32(32 - bits)
    w.op(OP.i32_shr_u)
    w.table(slots.map((targets) => (targets.length > 0 ? arms.indexOf(targets) : arms.length)))
    arms.forEach((targets, arm) => {
      frames.close()
      targets.forEach((target, i) => {
        const to = node.returns[target]
        const at = to ? placeOf(cache, to) : 0
        const last = i === targets.length - 1
        w.get(VA)
        w.i64(at)
        w.op(last ? OP.i64_ne : OP.i64_eq)
        if (last) w.branch(OP.br_if, arms.length - 1 - arm)
        else frames.open(OP.if, { kind: 'if' })
        this.go(node, to, at)
        if (!last) frames.close()
      })
    })
    frames.close()
    leaveByX(e, 'an indirect branch')
  }

  private count(node: Node): void {
    const { w } = this.e
    w.get(BUDGET)
    w.i32(node.instructions)
    w.op(OP.i32_sub)
    w.set(BUDGET)
  }

  private straight(node: Node, to: Node | undefined, at: number): void {
    this.count(node)
    this.go(node, to, at)
  }

  private conditional(node: Node, family: string, takenAt: number, nextAt: number): void {
    const { frames, instructions } = this
    const { w } = this.e
    if (node.takenTo !== undefined && node.takenTo === node.nextTo) {
      this.straight(node, node.takenTo, takenAt)
      return
    }
    instructions.pushCondition(conditionNumber(family))
    this.count(node)
    if (this.traced && (node.takenTo === undefined) !== (node.nextTo === undefined)) {
      if (node.takenTo) w.op(OP.i32_eqz)
      frames.seldom()
      this.go(node, undefined, node.takenTo ? nextAt : takenAt)
      frames.close()
      this.go(node, node.takenTo ?? node.nextTo, node.takenTo ? takenAt : nextAt)
      return
    }
    const near = (to: Node | undefined): number => (to && to.page === node.page && !to.loopHead ? frames.label(node, to) : -1)
    const taken = near(node.takenTo)
    const next = near(node.nextTo)
    if (taken >= 0) {
      w.branch(OP.br_if, taken)
      this.go(node, node.nextTo, nextAt)
    } else if (next >= 0) {
      w.op(OP.i32_eqz)
      w.branch(OP.br_if, next)
      this.go(node, node.takenTo, takenAt)
    } else {
      frames.open(OP.if, { kind: 'if' })
      this.go(node, node.takenTo, takenAt)
      frames.close()
      this.go(node, node.nextTo, nextAt)
    }
  }

  private call(node: Node, taken: number): void {
    const { e } = this
    const { after = 0 } = node
    // what this page's code was is not to be called any more when the return address fell into it
    const hit = (): void => {
      this.count(node)
      leaveByAddress(e, taken)
    }
    push(this.instructions, node.last, () => e.pushLinear(after), hit)
    this.straight(node, node.takenTo, taken)
  }

  private return(node: Node, popped: boolean): void {
    const { e, instructions } = this
    const { w } = e
    if (popped) {
      e.pushRegister(RSP << 3, 3)
      w.set(VA)
    } else {
      popTarget(instructions, node.last)
      w.get(HOST)
      w.memory(OP.i64_load, 0)
      w.set(X)
    }
    checkTarget(e)
    raiseStack(instructions)
    this.count(node)
    this.toX(node, 'a return')
  }

  /** To that block of the region whose address is in X, if it is one that control may go to, else out of it. */
  private toX(node: Node, way: Way): void {
    const { e, frames } = this
    const { w } = e
    node.returns.forEach((site, i) => {
      const at = placeOf(e.cache, site)
      const only = this.traced && i === node.returns.length - 1
      w.get(X)
      e.pushLinear(at)
      w.op(only ? OP.i64_ne : OP.i64_eq)
      if (only) {
        frames.seldom()
        leaveByX(e, way)
      } else {
        frames.open(OP.if, { kind: 'if' })
        this.go(node, site, at)
      }
      frames.close()
      if (only) this.go(node, site, at)
    })
    if (!this.traced || node.returns.length === 0) leaveByX(e, way)
  }

  /** A jump or call to what a register or memory says. */
  private indirect(node: Node, kind: UopKind): void {
    const { e } = this
    const { w, cache } = e
    const ip = node.last
    const leave = (): void => {
      this.count(node)
      leaveByX(e, 'an indirect branch')
    }
    if (kind.memory) {
      reach(e, ip, 8, 'read')
      pushMemory(e, 3)
    } else e.pushRegister(cache.byte(ip + 4), 3)
    w.set(X)
    checkTarget(e)
    if (kind.family === 'call_ind') {
      const back = node.page + cache.word(ip + UOP + 4)
      push(this.instructions, ip, () => e.pushLinear(back), leave)
    }
    if (node.takenTo) {
      this.straight(node, node.takenTo, 0)
      return
    }
    this.count(node)
    this.toX(node, 'an indirect branch')
  }
}
