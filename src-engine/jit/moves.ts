// Moves that are more than that: extensions, conditional ones, addresses, the stack.
// Runs in: the vcpu's worker thread.
import { swap } from './bits'
import { UOP } from './code-cache'
import type { FlagState, Place } from './flag-state'
import { COUNT, TMP, VA, X } from './locals'
import { probe, pushAddress, pushAddressSlot, pushMemory, reach, setAddress, store } from './memory-operands'
import { conditionNumber, type UopKind } from './uop-table'
import { OP } from './wasm-writer'

const RSP = 4
const RBP = 5

export function extend(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { family, size, memory } = kind
  const from = family.endsWith('16') ? 1 : family.endsWith('8') ? 0 : 2
  const signed = family.startsWith('movs')
  if (memory) {
    reach(e, ip, 1 << from, 'read')
    pushMemory(e, from, signed)
  } else e.pushRegister(e.cache.byte(ip + 5), from)
  if (!signed && from < 2 && !memory) {
    w.i32(from === 0 ? 0xff : 0xffff)
    w.op(OP.i32_and)
  }
  if (size === 3) w.op(signed ? OP.i64_extend_s : OP.i64_extend_u)
  e.popRegister(e.cache.byte(ip + 4), size)
}

export function conditional(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { family, size, memory } = kind
  const dst = e.cache.byte(ip + 4)
  if (family.startsWith('set')) {
    s.pushCondition(conditionNumber(family))
    w.set(COUNT)
    if (memory) {
      setAddress(e, ip)
      store(e, ip, 0, false, () => w.get(COUNT))
    } else {
      w.get(COUNT)
      e.popRegister(dst, 0)
    }
    return
  }
  s.pushCondition(conditionNumber(family))
  w.set(COUNT)
  if (memory) {
    reach(e, ip, 1 << size, 'read')
    pushMemory(e, size)
  } else e.pushRegister(e.cache.byte(ip + 5), size)
  e.pushRegister(dst, size)
  w.get(COUNT)
  w.op(OP.select)
  e.popRegister(dst, size)
}

export function other(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { family, size, memory } = kind
  const { cache } = e
  const dst = cache.byte(ip + 4)
  switch (family) {
    case 'ADDRESS':
      address(s, ip)
      break
    case 'ADDRESS64':
      pushAddressSlot(e, cache.byte(ip + 6))
      w.i64of(cache.word(ip + 8), cache.word(ip + 12))
      w.op(OP.i64_add)
      w.set(TMP)
      break
    case 'MOVABS':
      w.i64of(cache.word(ip + 8), cache.word(ip + 12))
      e.popRegister(dst, 3)
      break
    case 'lea':
      pushAddress(e, ip)
      if (size < 3) w.op(OP.i32_wrap)
      e.popRegister(dst, size)
      break
    case 'push':
    case 'push_imm':
      if (memory) {
        reach(e, ip, 8, 'read')
        pushMemory(e, 3)
        w.set(X)
      }
      push(s, ip, () => {
        if (memory) w.get(X)
        else if (family === 'push_imm') w.i64(cache.word(ip + 12))
        else e.pushRegister(dst, 3)
      })
      break
    case 'pop':
      pop(s, ip, RSP)
      pushMemory(e, 3)
      e.popRegister(dst, 3)
      break
    case 'leave':
      pop(s, ip, RBP)
      pushMemory(e, 3)
      e.popRegister(RBP << 3, 3)
      break
    case 'bswap':
      swap(s, dst, size)
      break
    case 'cbw':
      e.pushRegister(0, size - 1)
      if (size === 3) w.op(OP.i64_extend_s)
      e.popRegister(0, size)
      break
    case 'cwd':
      e.pushRegister(0, size)
      size === 3 ? w.i64(63) : w.i32(31)
      w.op(size === 3 ? OP.i64_shr_s : OP.i32_shr_s)
      e.popRegister(2 << 3, size)
      break
    default: // NOP and PAUSE
  }
}

function address(s: FlagState, ip: number): void {
  const { e } = s
  const { w } = e
  const flags = e.cache.word(ip + 12)
  const segment = flags & 15
  const size = (flags >> 4) & 3
  pushAddress(e, ip)
  if (size < 2) {
    w.i64of(size === 1 ? -1 : 0xffff, 0)
    w.op(OP.i64_and)
  }
  if (segment !== 15) {
    w.i32(0)
    w.memory(OP.i64_load, e.field('SEG_BASE') + segment * 8)
    w.op(OP.i64_add)
  }
  w.set(TMP)
}

/** Stores eight bytes below RSP and moves RSP. `hit`: leaves the region where they went into the running page's code. */
export function push(s: FlagState, ip: number, value: () => void, hit = () => s.e.leave(ip + UOP)): void {
  const { e } = s
  const { w } = e
  const move = (): void => {
    w.get(VA)
    e.popRegister(RSP << 3, 3)
  }
  e.pushRegister(RSP << 3, 3)
  w.i64(8)
  w.op(OP.i64_sub)
  w.set(VA)
  store(e, ip, 3, true, value, () => {
    move()
    hit()
  })
  move()
}

/** RSP goes above the eight bytes that a register points to, which HOST then is the place of. */
function pop(s: FlagState, ip: number, register: number): void {
  popTarget(s, ip, register)
  raiseStack(s)
}

/** Finds the eight bytes a register points to: HOST, VA. */
export function popTarget(s: FlagState, ip: number, register = RSP): void {
  const { e } = s
  e.pushRegister(register << 3, 3)
  e.w.set(VA)
  probe(e, ip, 8, 'read', true)
}

/** RSP goes above them. */
export function raiseStack(s: FlagState): void {
  const { e } = s
  const { w } = e
  w.get(VA)
  w.i64(8)
  w.op(OP.i64_add)
  e.popRegister(RSP << 3, 3)
}
