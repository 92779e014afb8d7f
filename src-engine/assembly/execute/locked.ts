// Locked accesses when there are several vcpus: LOCK prefixes and XCHG with memory as WebAssembly atomics, which are full barriers
// as on a processor. A LOCK uop stands in front of the instruction's own and does all of it. What atomics cannot do (operands that
// are not aligned, cross a page, lie in a page with decoded code or in no memory, 16 bytes) is done alone: run() returns with
// EXIT.ALONE before the instruction, and is called again while all other vcpus stand still.
// Runs in: the vcpu's thread.
import { VCPU, RAX, RBX, RCX, RDX, FAULT, ATTENTION } from '../generated/layout'
import { UOP, dst, src, imm, ea, put, immOf, raise, GP } from '../state'
import { status, setStatus, STATUS, CF, ZF } from '../flags'
import { updateHost, done, STAGED_BELOW } from '../mmu/access'
import { alone } from '../several'
import { add, or, adc, sbb, and, sub, xor, inc, dec, not, neg, cmp } from './arith'
import { bitPlace, bitNumber } from './bits'

const ADC: u32 = 2, SBB: u32 = 3, XCHG: u32 = 7, NEG: u32 = 11, XADD: u32 = 12, CMPXCHG: u32 = 13, SET: u32 = 14, RESET: u32 = 15, CMPXCHG8B: u32 = 17
/** In FAULT: no fault, but run() is to return before this instruction. */
export const WANTS_TO_BE_ALONE: i32 = 0x200

// @ts-ignore: decorator
@inline function change<T>(what: u32, old: T, other: T): T {
  switch (what) {
    case 0: return add<T>(old, other)
    case 1: return or<T>(old, other)
    case 2: return adc<T>(old, other)
    case 3: return sbb<T>(old, other)
    case 4: return and<T>(old, other)
    case 5: return sub<T>(old, other)
    case 6: return xor<T>(old, other)
    case 8: return inc<T>(old)
    case 9: return dec<T>(old)
    case 10: return not<T>(old)
    case 11: return neg<T>(old)
    case 12: return add<T>(old, other)
  }
  return other
}

/** Read, change, write; returns what was there. */
function update<T>(h: u32, what: u32, other: T): T {
  let old: T
  if (what == XCHG) return atomic.xchg<T>(h, other)
  const carry: u32 = what == ADC || what == SBB ? status() : 0
  old = atomic.load<T>(h)
  while (true) {
    const seen = atomic.cmpxchg<T>(h, old, change<T>(what, old, other))
    if (seen == old) return old
    old = seen
    if (what == ADC || what == SBB) setStatus(carry)
  }
}
/** The same on bytes that nobody else can see. */
function updateAlone<T>(h: u32, what: u32, other: T): T {
  const old = load<T>(h)
  store<T>(h, change<T>(what, old, other))
  return old
}

function operate<T>(ip: u32, what: u32, h: u32, direct: bool, immediate: bool): void {
  const other = immediate ? immOf<T>(ip) : load<T>(what == XADD ? dst(ip) : src(ip))
  const old = direct ? update<T>(h, what, other) : updateAlone<T>(h, what, other)
  if (what == XCHG) put<T>(src(ip), old)
  else if (what == XADD) put<T>(dst(ip), old)
}

function exchange<T>(ip: u32, h: u32, direct: bool): void {
  const wanted = load<T>(RAX), other = load<T>(dst(ip))
  const old = direct ? atomic.cmpxchg<T>(h, wanted, other) : load<T>(h)
  if (!direct && old == wanted) store<T>(h, other)
  cmp<T>(wanted, old)
  if (old != wanted) put<T>(RAX, old)
}

function bit<T>(h: u32, what: u32, n: u32, direct: bool): void {
  const mask = <T>(<T>1 << <T>n)
  let old: T
  if (!direct) {
    old = load<T>(h)
    store<T>(h, <T>(what == SET ? old | mask : what == RESET ? old & ~mask : old ^ mask))
  } else if (what == SET) old = atomic.or<T>(h, mask)
  else if (what == RESET) old = atomic.and<T>(h, <T>~mask)
  else old = atomic.xor<T>(h, mask)
  setStatus((status() & (STATUS & ~CF)) | (old & mask ? CF : 0))
}

/** CMPXCHG8B; with `pair` CMPXCHG16B, which no atomic can do. */
function exchangePair(h: u32, pair: bool, direct: bool): void {
  let same: bool
  if (pair) {
    const low = load<u64>(h), high = load<u64>(h, 8)
    same = low == load<u64>(RAX) && high == load<u64>(RDX)
    if (same) { store<u64>(h, load<u64>(RBX)); store<u64>(h, load<u64>(RCX), 8) } else { store<u64>(RAX, low); store<u64>(RDX, high) }
  } else {
    const wanted = <u64>load<u32>(RAX) | (<u64>load<u32>(RDX) << 32), other = <u64>load<u32>(RBX) | (<u64>load<u32>(RCX) << 32)
    const old = direct ? atomic.cmpxchg<u64>(h, wanted, other) : load<u64>(h)
    same = old == wanted
    if (!direct && same) store<u64>(h, other)
    if (!same) { store<u64>(RAX, old & 0xffffffff); store<u64>(RDX, old >> 32) }
  }
  setStatus((status() & (STATUS & ~ZF)) | (same ? ZF : 0))
}

/** Carry out the instruction whose LOCK uop is at `at`. 0: go on after its own uop; 1: leave the block. */
export function locked(at: u32): i32 {
  const ip = at + UOP
  const what = <u32>load<u8>(at, 4), s = <u32>load<u8>(at, 5), immediate = imm(at) != 0
  const pair = what == CMPXCHG8B && s == 3
  let va: u64
  if (what >= SET && what != CMPXCHG8B) va = bitPlace(ip, s, bitNumber(ip, s, immediate))
  else va = ea(ip)
  if (pair && <u32>va & 15) return raise(GP, 0)
  const size: u32 = what == CMPXCHG8B ? (pair ? 16 : 8) : 1 << s
  const h = updateHost(va, size, at + UOP)
  if (!h) return 1
  const direct = h >= STAGED_BELOW && (h & (size - 1)) == 0 && !pair
  if (!direct && !alone()) {
    store<i32>(FAULT, WANTS_TO_BE_ALONE)
    store<i32>(ATTENTION, 1)
    return 1
  }
  if (what == CMPXCHG8B) exchangePair(h, pair, direct)
  else if (what == CMPXCHG) {
    if (s == 3) exchange<u64>(ip, h, direct); else if (s == 2) exchange<u32>(ip, h, direct)
    else if (s == 1) exchange<u16>(ip, h, direct); else exchange<u8>(ip, h, direct)
  } else if (what >= SET) {
    const n = <u32>bitNumber(ip, s, immediate) & ((8 << s) - 1)
    if (s == 3) bit<u64>(h, what, n, direct); else if (s == 2) bit<u32>(h, what, n, direct); else bit<u16>(h, what, n, direct)
  } else if (s == 3) operate<u64>(ip, what, h, direct, immediate)
  else if (s == 2) operate<u32>(ip, what, h, direct, immediate)
  else if (s == 1) operate<u16>(ip, what, h, direct, immediate)
  else operate<u8>(ip, what, h, direct, immediate)
  done(h)
  return 0
}
