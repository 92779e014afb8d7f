// What happens between blocks: faults are delivered, exits and the end of the budget leave run(), interrupt shadows run
// out, single steps trap, and the next block is found or decoded.
// Runs in: the vcpu's thread.
import {
  RIP, FAULT, FAULT_CODE, EXIT, BUDGET, RESULT, SHADOW, IRQ_WANTED, ATTENTION, STEPPING, BREAKS, EFLAGS_REST, CODE_BASE, PC_BASE, MODE, CPL,
  TLB_USER, TLB_SUPERVISOR, STAT_CODE_FLUSH, STAT_SMC, RETIRED, STOPPED_IP, TMP, SEG_BASE, DR, CODE_NEXT, HALTED, PAUSES, SLOT_ZERO,
} from '../generated/layout'
import { ripAt, offsetOf, raise, leaveWith, ea, imm, setRip, UD, GP, DB } from '../state'
import { TF, IF, RF } from '../flags'
import { exception } from './exception'
import { translate, canonical, NOT_MEMORY } from '../mmu/walk'
import { EXEC, GLOBAL, slot } from '../mmu/tlb'
import { cachedJump, cacheJump, forgetJump, rekeyJumps, noteJump, findBlock, findStraddle, mayBeLed, flushCode } from '../decode/cache'
import { decodeBlock } from '../decode/decode'
import { limit, allowed, CS } from './descriptor'
import { OP_STALE, OP_JMP_IND_REGISTER, OP_JMP_IND_MEMORY } from '../generated/tables'
import { split, sampled, refill, keepPiece } from './translated'
import { several, enterRun, leaveRun } from '../several'
import { WANTS_TO_BE_ALONE } from './locked'

const EXIT_BUDGET: i32 = 0, EXIT_INTR_WINDOW: i32 = 4, EXIT_ALONE: i32 = 7
const ARMED: u32 = 0x10 // shadow seen at the boundary after its instruction: it covers the next block

const DR6: u32 = DR + 48, DR7: u32 = DR + 56
const ENABLED: u32 = 0xff // L0 G0 to L3 G3 of DR7
const BS: u64 = 0x4000
const STEP: u32 = 1, RESUMED: u32 = 2 // STEPPING: TF was set; RF was set and goes after this instruction

/** Enabled execution breakpoints at a linear address, as DR6 has them. */
function instructionBreakpoints(lin: u64): u64 {
  const dr7 = load<u32>(DR7)
  let hits: u64 = 0
  for (let i: u32 = 0; i < 4; i++) {
    if ((dr7 >> (i * 2)) & 3 && !((dr7 >> (16 + i * 4)) & 3) && load<u64>(DR + i * 8) == lin) hits |= <u64>1 << <u64>i
  }
  return hits
}

// An interrupt that is wanted asks for none: it waits while IF is clear or a shadow lasts, and whatever sets IF or begins a shadow ends its
// block and asks for it.
// @ts-ignore: decorator
@inline function attention(): void {
  store<u32>(ATTENTION, load<u32>(SHADOW) | (load<u32>(EFLAGS_REST) & (TF | RF)) | (load<u32>(DR7) & ENABLED))
}

/** Host address of a page that can be executed, if the TLB has it; else 0. */
function executable(page: u64): u32 {
  const x = (load<u32>(CPL) == 3 ? TLB_USER : TLB_SUPERVISOR) + EXEC + slot(page)
  return load<u64>(x) == page ? load<u32>(x, 8) + <u32>page : 0
}

/** The instruction at `lin` that runs over its page's end, when it has been decoded before; else 0. */
function straddle(lin: u64, host: u32, mode: u32): u32 {
  if ((host & 0xfff) <= 0xff1) return 0 // one has at most 15 bytes
  const next = executable((lin & ~0xfff) + 0x1000)
  return next ? findStraddle(host, next, mode) : 0
}

/** Block at RIP, decoding it when need be; 0 with a fault noted. */
function find(): u32 {
  const m = load<u32>(MODE)
  let lin = load<u64>(RIP) + load<u64>(CODE_BASE)
  if (m == 2) {
    if (!canonical(lin)) { raise(GP, 0); return 0 }
  } else {
    lin &= 0xffffffff
    if (load<u32>(RIP) > limit(CS)) { raise(GP, 0); return 0 }
  }
  // One instruction at a time under TF, and in an interrupt shadow with an interrupt waiting: STI; NOP; CLI lets it in.
  const step = (load<u32>(EFLAGS_REST) & TF) != 0
  const single = step || (load<u32>(DR7) & ENABLED) != 0 || (load<u32>(SHADOW) != 0 && load<u32>(IRQ_WANTED) != 0)
  store<u32>(STEPPING, (step ? STEP : 0) | (load<u32>(EFLAGS_REST) & RF ? RESUMED : 0))
  if (!single) {
    const hit = cachedJump(lin)
    if (hit) {
      if (<u32>load<u16>(hit) != OP_STALE) { store<u64>(PC_BASE, lin & ~0xfff); return hit }
      forgetJump(lin)
    }
  }
  const user: u32 = load<u32>(CPL) == 3 ? 2 : 0
  const x = (user ? TLB_USER : TLB_SUPERVISOR) + EXEC + slot(lin)
  let host: u32
  if (load<u64>(x) == (lin & ~0xfff)) host = load<u32>(x, 8) + <u32>lin
  else {
    const e = translate(lin, 4 | user)
    if (!e) return 0
    if (e == NOT_MEMORY) { raise(UD, 0); return 0 }
    host = (e & ~0xfff) + (<u32>lin & 0xfff)
  }
  let ip = single ? 0 : findBlock(host, m) || straddle(lin, host, m)
  if (!ip) {
    ip = decodeBlock(lin, host, single)
    if (!ip) return 0
  }
  store<u64>(PC_BASE, lin & ~0xfff)
  if (mayBeLed(ip)) cacheJump(lin, ip, load<u64>(x) == (lin & ~0xfff) && (load<u32>(x, 12) & GLOBAL) != 0)
  return ip
}

/** The block that runs was dropped: its instruction is looked up again, and not where it was found before. */
export function stale(ip: u32): void {
  const rip = ripAt(offsetOf(ip))
  store<u64>(RIP, rip)
  forgetJump(rip + load<u64>(CODE_BASE))
}

function finish(result: i32): u32 {
  if (several()) leaveRun()
  keepPiece()
  store<i32>(RESULT, result)
  store<u64>(RETIRED, load<u64>(RETIRED) + <u64><i64>(load<i32>(STOPPED_IP) - load<i32>(BUDGET)))
  return 0
}

/** Begin run(): the first block, or 0 with RESULT set. */
export function start(): u32 {
  if (!load<u32>(CODE_NEXT)) flushCode()
  rekeyJumps() // MODE and CPL may have been set from outside
  store<i32>(STOPPED_IP, load<i32>(BUDGET))
  if (several()) { enterRun(); store<u32>(PAUSES, 0) }
  split()
  return next(0, 0, 0)
}

/**
 * Faults, exits and interrupts at RIP; then the next block. `ran`: a uop of the block that was left, or 0.
 * `patch`: link to fill in when the block is in the same page. `jump`: the indirect jump that led to RIP, or 0.
 */
function next(ran: u32, patch: u32, jump: u32): u32 {
  while (true) {
    if (load<i32>(EXIT)) {
      const code = load<i32>(EXIT) - 1
      store<i32>(EXIT, 0)
      return finish(code)
    }
    if (load<i32>(BUDGET) <= 0) {
      if (!refill()) return finish(EXIT_BUDGET)
      if (ran) sampled(ran)
    }
    ran = 0
    const shadow = load<u32>(SHADOW)
    if (shadow) store<u32>(SHADOW, shadow & ARMED ? 0 : shadow | ARMED)
    if (load<u32>(IRQ_WANTED) && load<u32>(EFLAGS_REST) & IF && !load<u32>(SHADOW)) return finish(EXIT_INTR_WINDOW)
    attention()
    if (load<u32>(DR7) & ENABLED && !(load<u32>(EFLAGS_REST) & RF)) {
      const hits = instructionBreakpoints(load<u64>(RIP) + load<u64>(CODE_BASE))
      if (hits) {
        store<u64>(DR6, load<u64>(DR6) | hits)
        exception(DB, 0, true)
        patch = jump = 0
        continue
      }
    }
    const page = load<u64>(PC_BASE)
    const flushes = load<u32>(STAT_CODE_FLUSH), drops = load<u32>(STAT_SMC)
    const ip = find()
    if (ip) {
      if ((patch || jump) && mayBeLed(ip) && flushes == load<u32>(STAT_CODE_FLUSH) && drops == load<u32>(STAT_SMC)) {
        if (jump) {
          const distance = load<u64>(RIP) + load<u64>(CODE_BASE) - page
          if (<u64><i64><i32>distance == distance) noteJump(jump, <i32>distance)
        } else if (load<u64>(PC_BASE) == page) store<u32>(patch, ip)
      }
      return ip
    }
    patch = jump = 0
    store<u32>(STEPPING, 0)
    store<i32>(BUDGET, load<i32>(BUDGET) - 1) // a guest whose handlers cannot be fetched must not run for ever
    const v = load<i32>(FAULT) & 0xff
    store<i32>(FAULT, 0)
    exception(v, load<i32>(FAULT_CODE))
  }
}

// Only these are noted: a jump through one word, as a procedure linkage table's, has one target.
// @ts-ignore: decorator
@inline function jumpsByTable(ip: u32): bool {
  const op = <u32>load<u16>(ip)
  return op == OP_JMP_IND_REGISTER || (op == OP_JMP_IND_MEMORY && (<u32>load<u8>(ip, 7) & 0xf8) != SLOT_ZERO)
}

/** The block that `ip` belonged to was left: with a fault at ip, or with RIP set. Returns the next uop or 0. */
export function boundary(ip: u32, patch: u32): u32 {
  let jump = jumpsByTable(ip) ? ip : 0
  if (load<i32>(FAULT)) {
    store<i32>(BUDGET, load<i32>(BUDGET) + 1) // the faulting instruction did not retire
    store<u64>(RIP, ripAt(offsetOf(ip)))
    store<u32>(STEPPING, 0)
    store<u32>(BREAKS, 0)
    const v = load<i32>(FAULT)
    store<i32>(FAULT, 0)
    if (v == WANTS_TO_BE_ALONE) leaveWith(EXIT_ALONE)
    else exception(v & 0xff, load<i32>(FAULT_CODE))
    patch = jump = 0
  } else if (load<u32>(STEPPING) | load<u32>(BREAKS)) {
    const stepping = load<u32>(STEPPING)
    store<u32>(STEPPING, 0)
    if (stepping & RESUMED) store<u32>(EFLAGS_REST, load<u32>(EFLAGS_REST) & ~RF)
    const hits = (stepping & STEP ? BS : 0) | <u64>load<u32>(BREAKS)
    store<u32>(BREAKS, 0)
    // MOV SS and POP SS hold the trap back: the instruction after them traps for both.
    if (hits && (load<u32>(SHADOW) & (2 | ARMED)) != 2) {
      store<u64>(DR6, load<u64>(DR6) | hits)
      exception(DB, 0)
    }
    patch = jump = 0
  }
  return next(ip, patch, jump)
}

/** End of an instruction that ends its block: RIP to the next one. */
export function advance(ip: u32): i32 {
  store<u64>(RIP, ripAt(load<i32>(ip, 20)))
  return 1
}

/** ADDRESS uop: effective address with its segment and size, into TMP. 1 with a fault noted. */
export function address(ip: u32): i32 {
  const flags = <u32>imm(ip)
  const s = flags & 15, size = flags >> 4 & 3
  let v = ea(ip)
  if (size == 1) v &= 0xffffffff
  else if (size == 0) v &= 0xffff
  if (s != 15) {
    if (load<u32>(MODE) != 2) {
      if (!allowed(s, v, <u32>load<u8>(ip, 4), (flags & 64) != 0)) return 1
      v = (v + load<u64>(SEG_BASE + s * 8)) & 0xffffffff
    } else v += load<u64>(SEG_BASE + s * 8)
  }
  store<u64>(TMP, v)
  return 0
}
