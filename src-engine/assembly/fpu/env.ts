// The floating-point state as a whole: reset, FXSAVE and FXRSTOR, and the environments of FNSTENV and FNSAVE.
// Memory goes through the STAGING area, so that a fault can be found before anything changes.
// Invariant: an image that was saved and restored gives the same state, byte for byte.
// Runs in: the vcpu's thread.
import { FPU_CS, FPU_CW, FPU_DP, FPU_DS, FPU_IP, FPU_OP, FPU_ST, FPU_SW, FPU_TAG, MXCSR, XMM } from '../generated/layout'
import { MXCSR_BITS } from '../execute/sse-move'
import { put80, setStatus, signExponent, significand, st, statusWord } from './state'

/** State after FNINIT. Register contents stay. */
export function x87_init(): void {
  store<u16>(FPU_CW, 0x37f)
  store<u16>(FPU_SW, 0)
  store<u16>(FPU_TAG, 0)
  clearPointers()
}

function clearPointers(): void {
  store<u16>(FPU_OP, 0)
  store<u16>(FPU_CS, 0)
  store<u16>(FPU_DS, 0)
  store<u64>(FPU_IP, 0)
  store<u64>(FPU_DP, 0)
}

/** State after power-on: registers 0, all exceptions masked. */
export function fpu_reset(): void {
  x87_init()
  store<u16>(FPU_CW, 0x40)
  store<u16>(FPU_TAG, 0xff)
  memory.fill(FPU_ST, 0, 128)
  memory.fill(XMM, 0, 256)
  store<u32>(MXCSR, 0x1f80)
}

/** Every context switch comes here: quicker than memory.copy on shared memory. */
function copyVectors(to: u32, from: u32, bytes: u32): void {
  for (let i: u32 = 0; i < bytes; i += 16) v128.store(to + i, v128.load(from + i))
}

/** FXSAVE: bytes 0-415 of the image. `wide` has 64-bit pointers (REX.W), `mode64` has XMM8-15. */
export function fxsave(mem: u32, wide: bool, mode64: bool): void {
  for (let i: u32 = 0; i < 160; i += 16) v128.store(mem + i, i64x2.splat(0))
  store<u16>(mem, load<u16>(FPU_CW))
  store<u16>(mem, load<u16>(FPU_SW), 2)
  store<u8>(mem, <u8>load<u16>(FPU_TAG), 4)
  store<u16>(mem, load<u16>(FPU_OP), 6)
  if (wide) {
    store<u64>(mem, load<u64>(FPU_IP), 8)
    store<u64>(mem, load<u64>(FPU_DP), 16)
  } else {
    store<u32>(mem, load<u32>(FPU_IP), 8)
    store<u16>(mem, load<u16>(FPU_CS), 12)
    store<u32>(mem, load<u32>(FPU_DP), 16)
    store<u16>(mem, load<u16>(FPU_DS), 20)
  }
  store<u32>(mem, load<u32>(MXCSR), 24)
  store<u32>(mem, MXCSR_BITS, 28)
  for (let i: u32 = 0; i < 8; i++) {
    const at = st(i)
    put80(mem + 32 + (i << 4), signExponent(at), significand(at))
  }
  copyVectors(mem + 160, XMM, mode64 ? 256 : 128)
}

/** FXRSTOR: 0, or #GP when a reserved MXCSR bit is set (then nothing changes). */
export function fxrstor(mem: u32, wide: bool, mode64: bool): i32 {
  const mxcsr = load<u32>(mem, 24)
  if (mxcsr & ~MXCSR_BITS) return 0x10d
  store<u32>(MXCSR, mxcsr)
  store<u16>(FPU_CW, load<u16>(mem) & 0x1f7f | 0x40)
  setStatus(<u32>load<u16>(mem, 2))
  store<u16>(FPU_TAG, <u16>load<u8>(mem, 4))
  store<u16>(FPU_OP, load<u16>(mem, 6) & 0x7ff)
  if (wide) {
    store<u64>(FPU_IP, load<u64>(mem, 8))
    store<u64>(FPU_DP, load<u64>(mem, 16))
  } else {
    store<u64>(FPU_IP, <u64>load<u32>(mem, 8))
    store<u16>(FPU_CS, load<u16>(mem, 12))
    store<u64>(FPU_DP, <u64>load<u32>(mem, 16))
    store<u16>(FPU_DS, load<u16>(mem, 20))
  }
  for (let i: u32 = 0; i < 8; i++) {
    const from = mem + 32 + (i << 4)
    put80(st(i), <u32>load<u16>(from, 8), load<u64>(from))
  }
  copyVectors(XMM, mem + 160, mode64 ? 256 : 128)
  return 0
}

/** Two-bit tags of all registers, as FNSTENV stores them: 0 valid, 1 zero, 2 special, 3 empty. */
export function tagWord(): u32 {
  const full = <u32>load<u16>(FPU_TAG)
  let word: u32 = 0
  for (let i: u32 = 0; i < 8; i++) {
    const at = FPU_ST + (i << 4)
    let tag: u32 = 2
    const exponent = signExponent(at) & 0x7fff
    if (!((full >> i) & 1)) tag = 3
    else if (exponent == 0) tag = significand(at) == 0 ? 1 : 2
    else if (exponent != 0x7fff && <i64>significand(at) < 0) tag = 0
    word |= tag << (i << 1)
  }
  return word
}

/** The 14- or 28-byte environment, protected-mode format (also used in real mode by us: cs and selectors as they are). */
export function storeEnvironment(mem: u32, short: bool): void {
  const status = statusWord()
  if (short) {
    store<u16>(mem, load<u16>(FPU_CW))
    store<u16>(mem, <u16>status, 2)
    store<u16>(mem, <u16>tagWord(), 4)
    store<u16>(mem, load<u16>(FPU_IP), 6)
    store<u16>(mem, load<u16>(FPU_CS), 8)
    store<u16>(mem, load<u16>(FPU_DP), 10)
    store<u16>(mem, load<u16>(FPU_DS), 12)
    return
  }
  store<u32>(mem, 0xffff0000 | <u32>load<u16>(FPU_CW))
  store<u32>(mem, 0xffff0000 | status, 4)
  store<u32>(mem, 0xffff0000 | tagWord(), 8)
  store<u32>(mem, load<u32>(FPU_IP), 12)
  store<u16>(mem, load<u16>(FPU_CS), 16)
  store<u16>(mem, load<u16>(FPU_OP) & 0x7ff, 18)
  store<u32>(mem, load<u32>(FPU_DP), 20)
  store<u32>(mem, 0xffff0000 | <u32>load<u16>(FPU_DS), 24)
}

export function loadEnvironment(mem: u32, short: bool): void {
  const step: u32 = short ? 2 : 4
  store<u16>(FPU_CW, load<u16>(mem) & 0x1f7f | 0x40)
  setStatus(<u32>load<u16>(mem + step))
  const tags = <u32>load<u16>(mem + step * 2)
  let full: u32 = 0
  for (let i: u32 = 0; i < 8; i++) if (((tags >> (i << 1)) & 3) != 3) full |= 1 << i
  store<u16>(FPU_TAG, <u16>full)
  if (short) {
    store<u64>(FPU_IP, <u64>load<u16>(mem, 6))
    store<u16>(FPU_CS, load<u16>(mem, 8))
    store<u64>(FPU_DP, <u64>load<u16>(mem, 10))
    store<u16>(FPU_DS, load<u16>(mem, 12))
    store<u16>(FPU_OP, 0)
  } else {
    store<u64>(FPU_IP, <u64>load<u32>(mem, 12))
    store<u16>(FPU_CS, load<u16>(mem, 16))
    store<u16>(FPU_OP, load<u16>(mem, 18) & 0x7ff)
    store<u64>(FPU_DP, <u64>load<u32>(mem, 20))
    store<u16>(FPU_DS, load<u16>(mem, 24))
  }
}

/** FNSAVE's image: the environment, then ST(0)-ST(7), 10 bytes each. */
export function storeImage(mem: u32, short: bool): void {
  storeEnvironment(mem, short)
  let to = mem + (short ? 14 : 28)
  for (let i: u32 = 0; i < 8; i++) {
    const at = st(i)
    put80(to, signExponent(at), significand(at))
    to += 10
  }
}

export function loadImage(mem: u32, short: bool): void {
  loadEnvironment(mem, short)
  let from = mem + (short ? 14 : 28)
  for (let i: u32 = 0; i < 8; i++) {
    put80(st(i), <u32>load<u16>(from, 8), load<u64>(from))
    from += 10
  }
}
