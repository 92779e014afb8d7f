// Near branches outside the inlined 64-bit forms, LOOP and JCXZ.
// Runs in: the vcpu's thread.
import { VCPU, RCX, RIP, RSP } from '../generated/layout'
import { dst, imm, ea, ripAt, setRip, raise, is64, GP } from '../state'
import { condition } from '../flags'
import { readHost, writeHost, STACK } from '../mmu/access'
import { canonical } from '../mmu/walk'
import { pushValue, peekValue, popped, drop, stackBase, stackMask } from './stack'

// Targets of branches with a 16-bit operand size keep 16 bits of RIP.
function go(target: u64, k: u32): i32 { setRip(k >> 1 == 1 ? target & 0xffff : target); return 1 }
/** A target that is not canonical faults at the branch itself, before anything changes. */
function refused(target: u64): bool { return is64() && !canonical(target) && raise(GP, 0) == 1 }
function nextOf(ip: u32): u64 { return ripAt(load<i32>(ip, 20)) }

export function jcc_cold(ip: u32, n: u32, k: u32): i32 {
  return condition(n) ? go(ripAt(imm(ip)), k) : go(nextOf(ip), 4)
}
export function jmp_cold(ip: u32, k: u32): i32 { return go(ripAt(imm(ip)), k) }
export function call_cold(ip: u32, k: u32): i32 {
  if (!pushValue(nextOf(ip), 1 << (k >> 1), ip)) return 1
  return go(ripAt(imm(ip)), k)
}
export function ret_cold(ip: u32, k: u32): i32 {
  if (!peekValue(0, 1 << (k >> 1), ip) || refused(popped)) return 1
  drop(1 << (k >> 1))
  return go(popped, k)
}
export function ret_imm(ip: u32, k: u32): i32 {
  if (!peekValue(0, 1 << (k >> 1), ip) || refused(popped)) return 1
  drop(<u64>(1 << (k >> 1)) + <u64>imm(ip))
  return go(popped, k)
}
function target(ip: u32, k: u32): bool {
  const size: u32 = 1 << (k >> 1)
  const h = k & 1 ? readHost(ea(ip), size, ip) : dst(ip)
  if (!h) return false
  found = size == 8 ? load<u64>(h) : size == 4 ? <u64>load<u32>(h) : <u64>load<u16>(h)
  return true
}
let found: u64 = 0
export function jmp_ind_cold(ip: u32, k: u32): i32 { return target(ip, k) && !refused(found) ? go(found, k) : 1 }
export function call_ind_cold(ip: u32, k: u32): i32 {
  if (!target(ip, k)) return 1
  const t = found, rsp = load<u64>(RSP)
  if (!writeHost(stackBase() + ((rsp - (1 << (k >> 1))) & stackMask()), 1 << (k >> 1), STACK) || refused(t)) return 1
  if (!pushValue(nextOf(ip), 1 << (k >> 1), ip)) return 1
  return go(t, k)
}

// The counter is as wide as the address size, which the decoder put into dst.
function counter(ip: u32): u64 {
  const a = load<u8>(ip, 4)
  return a == 2 ? load<u64>(RCX) : a == 1 ? <u64>load<u32>(RCX) : <u64>load<u16>(RCX)
}
function countDown(ip: u32): u64 {
  const a = load<u8>(ip, 4)
  if (a == 2) store<u64>(RCX, load<u64>(RCX) - 1); else if (a == 1) store<u64>(RCX, <u64><u32>(load<u32>(RCX) - 1)); else store<u16>(RCX, load<u16>(RCX) - 1)
  return counter(ip)
}
function branch(ip: u32, take: bool, k: u32): i32 { return take ? go(ripAt(imm(ip)), k) : go(nextOf(ip), 4) }
export function loop(ip: u32, k: u32): i32 { return branch(ip, countDown(ip) != 0, k) }
export function loope(ip: u32, k: u32): i32 { return branch(ip, countDown(ip) != 0 && condition(4), k) }
export function loopne(ip: u32, k: u32): i32 { return branch(ip, countDown(ip) != 0 && !condition(4), k) }
export function jcxz(ip: u32, k: u32): i32 { return branch(ip, counter(ip) == 0, k) }
