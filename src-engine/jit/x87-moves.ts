// Moves of x87 as WebAssembly: registers, memory, constants, signs, where the stack has what is taken and room for what is pushed.
// assembly/fpu/transfer.ts is the model; what is not for here is a call of it.
// Invariant: the status word is in COUNT, and no exception waits.
// Runs in: the vcpu's worker thread.
import type { Emitter } from './emitter'
import { COUNT, ENTRY, HOST, X, Y } from './locals'
import { OP } from './wasm-writer'

const C1 = 0x200
const TOP = 0x3800
/** Bit of the status word where TOP begins, and of an address of a register made of it. */
const TOP_SHIFT = 11
const REGISTER_SHIFT = TOP_SHIFT - 4
const REGISTERS = 0x70
/** Of T, which pushT() pushes: ST(7) is not empty, and would be pushed over. */
const ST7 = 0x80
const ONE = 0x3fff
const BITS_OF_DOUBLE = 52
/** Bias of the 80-bit format less that of doubles; exponent of 2^63. */
const MORE_BIAS = 16383 - 1023
const OF_INTEGERS = 16383 + 63

/** A move by two pieces of code. */
export interface Move {
  /** Pushes not 0 when it is not for here. */
  unfit(): void
  /** Does it otherwise. */
  carryOut(): void
}

/** The move that an instruction is, if it is one; `host`: its operand is at HOST. */
export function moveOf(e: Emitter, what: number, host: boolean): Move | undefined {
  const opcode = what >> 8
  const reg = (what >> 3) & 7
  return host ? ofMemory(e, opcode, reg) : ofRegisters(e, opcode, reg, what & 7)
}

function ofMemory(e: Emitter, opcode: number, reg: number): Move | undefined {
  const { w } = e
  if (opcode === 0xdb && reg === 5)
    return pushes(
      e,
      () => undefined,
      () => copy10(e, ENTRY, e.field('FPU_ST'), HOST, 0),
    )
  if (opcode === 0xdb && reg === 7)
    return {
      unfit: () => lacks(e, 1, 1),
      carryOut: () => {
        setRegister(e, ENTRY, 0)
        copy10(e, HOST, 0, ENTRY, e.field('FPU_ST'))
        pop(e, () => tagBit(e, 0))
      },
    }
  if (opcode === 0xdd && reg === 0) {
    return pushes(
      e,
      () => {
        w.get(HOST)
        w.memory(OP.i64_load, 0)
        w.tee(X)
        pushUnusual(e)
      },
      () => putDouble(e),
    )
  }
  if (opcode === 0xd9 && reg === 0) {
    return pushes(
      e,
      () => {
        // a single's denormals, which are to be noted, are a double's normal numbers
        w.get(HOST)
        w.memory(OP.i32_load, 0)
        w.i32(23)
        w.op(OP.i32_shr_u)
        w.i32(0xff)
        w.op(OP.i32_and)
        w.op(OP.i32_eqz)
        w.get(HOST)
        w.memory(OP.f32_load, 0)
        w.op(OP.f64_promote)
        w.op(OP.i64_reinterpret)
        w.tee(X)
        pushUnusual(e)
        w.op(OP.i32_or)
      },
      () => putDouble(e),
    )
  }
  const integers = opcode === 0xdb && reg === 0 ? 4 : opcode === 0xdf && reg === 0 ? 2 : opcode === 0xdf && reg === 5 ? 8 : 0
  if (integers === 0) return undefined
  return pushes(
    e,
    () => {
      w.get(HOST)
      if (integers === 8) w.memory(OP.i64_load, 0)
      else {
        w.memory(integers === 4 ? OP.i32_load : OP.i32_load16_s, 0)
        w.op(OP.i64_extend_s)
      }
      w.tee(X)
      w.op(OP.i64_eqz)
    },
    () => putInteger(e),
  )
}

function ofRegisters(e: Emitter, opcode: number, reg: number, i: number): Move | undefined {
  const { w } = e
  const both = 1 | (1 << i)
  // ST(7) is not empty, or there is no room
  if (opcode === 0xd9 && reg === 0 && i < 7) {
    return {
      unfit: () => lacks(e, (1 << i) | ST7, 1 << i),
      carryOut: () => {
        setRegister(e, HOST, i)
        push(e)
        copy10(e, ENTRY, e.field('FPU_ST'), HOST, e.field('FPU_ST'))
      },
    }
  }
  if (opcode === 0xd9 && reg === 1) return { unfit: () => lacks(e, both, both), carryOut: () => exchange(e, i) }
  if (opcode === 0xdd && (reg === 2 || reg === 3)) {
    return {
      unfit: () => lacks(e, 1, 1),
      carryOut: () => {
        setRegister(e, HOST, 0)
        setRegister(e, ENTRY, i)
        if (i !== 0) copy10(e, ENTRY, e.field('FPU_ST'), HOST, e.field('FPU_ST'))
        storeTags(e, () => {
          tagBit(e, i)
          w.op(OP.i32_or)
        })
        if (reg === 3) pop(e, () => tagBit(e, 0))
        else clearC1(e)
      },
    }
  }
  if (opcode === 0xd9 && reg === 4 && i < 2) {
    return {
      unfit: () => lacks(e, 1, 1),
      carryOut: () => {
        setRegister(e, ENTRY, 0)
        w.get(ENTRY)
        w.get(ENTRY)
        w.memory(OP.i32_load16_u, e.field('FPU_ST') + 8)
        w.i32(i === 0 ? 0x8000 : 0x7fff)
        w.op(i === 0 ? OP.i32_xor : OP.i32_and)
        w.memory(OP.i32_store16, e.field('FPU_ST') + 8)
        clearC1(e)
      },
    }
  }
  if (opcode === 0xd9 && reg === 5 && (i === 0 || i === 6)) {
    return pushes(
      e,
      () => w.i32(0),
      () => {
        w.get(ENTRY)
        w.i64of(0, i === 0 ? -0x8000_0000 : 0)
        w.memory(OP.i64_store, e.field('FPU_ST'))
        w.get(ENTRY)
        w.i32(i === 0 ? ONE : 0)
        w.memory(OP.i32_store16, e.field('FPU_ST') + 8)
      },
    )
  }
  return undefined
}

/** A push of what `put` writes to the register at ENTRY. */
function pushes(e: Emitter, unusual: () => void, put: () => void): Move {
  return {
    unfit: () => {
      lacks(e, ST7, 0)
      const before = e.w.length
      unusual()
      if (e.w.length > before) e.w.op(OP.i32_or)
    },
    carryOut: () => {
      push(e)
      put()
    },
  }
}

/** Pushes whether of the registers in `mask` (bit i: ST(i)) not just those in `full` are full. */
function lacks(e: Emitter, mask: number, full: number): void {
  const { w } = e
  w.i32(0)
  w.memory(OP.i32_load16_u, e.field('FPU_TAG'))
  w.i32(0x101)
  w.op(OP.i32_mul)
  pushTop(e, 0)
  w.op(OP.i32_shr_u)
  w.i32(mask)
  w.op(OP.i32_and)
  w.i32(full)
  w.op(OP.i32_ne)
}

/** Pushes the number of ST(i). */
function pushTop(e: Emitter, i: number): void {
  const { w } = e
  w.get(COUNT)
  w.i32(TOP_SHIFT)
  w.op(OP.i32_shr_u)
  if (i !== 0) {
    w.i32(i)
    w.op(OP.i32_add)
  }
  w.i32(7)
  w.op(OP.i32_and)
}
function tagBit(e: Emitter, i: number): void {
  e.w.i32(1)
  pushTop(e, i)
  e.w.op(OP.i32_shl)
}

/** A local becomes the distance of ST(i) from the first register. */
function setRegister(e: Emitter, local: number, i: number): void {
  const { w } = e
  w.get(COUNT)
  w.i32(REGISTER_SHIFT)
  w.op(OP.i32_shr_u)
  if (i !== 0) {
    w.i32(i << 4)
    w.op(OP.i32_add)
  }
  w.i32(REGISTERS)
  w.op(OP.i32_and)
  w.set(local)
}

/** The tags, with what `change` makes of them. */
function storeTags(e: Emitter, change: () => void): void {
  const { w } = e
  w.i32(0)
  w.i32(0)
  w.memory(OP.i32_load16_u, e.field('FPU_TAG'))
  change()
  w.memory(OP.i32_store16, e.field('FPU_TAG'))
}

/** TOP moves, C1 is cleared; COUNT too. */
function turn(e: Emitter, by: number): void {
  const { w } = e
  w.get(COUNT)
  w.i32(~(TOP | C1))
  w.op(OP.i32_and)
  w.get(COUNT)
  w.i32(by << TOP_SHIFT)
  w.op(OP.i32_add)
  w.i32(TOP)
  w.op(OP.i32_and)
  w.op(OP.i32_or)
  w.set(COUNT)
  storeStatus(e)
}
function clearC1(e: Emitter): void {
  const { w } = e
  w.get(COUNT)
  w.i32(~C1)
  w.op(OP.i32_and)
  w.set(COUNT)
  storeStatus(e)
}
function storeStatus(e: Emitter): void {
  e.w.i32(0)
  e.w.get(COUNT)
  e.w.memory(OP.i32_store16, e.field('FPU_SW'))
}

/** Makes room, and ENTRY the new ST(0). */
function push(e: Emitter): void {
  turn(e, -1)
  storeTags(e, () => {
    tagBit(e, 0)
    e.w.op(OP.i32_or)
  })
  setRegister(e, ENTRY, 0)
}
function pop(e: Emitter, bit: () => void): void {
  storeTags(e, () => {
    bit()
    e.w.i32(-1)
    e.w.op(OP.i32_xor)
    e.w.op(OP.i32_and)
  })
  turn(e, 1)
}

function copy10(e: Emitter, to: number, toOffset: number, from: number, fromOffset: number): void {
  const { w } = e
  w.get(to)
  w.get(from)
  w.memory(OP.i64_load, fromOffset)
  w.memory(OP.i64_store, toOffset)
  w.get(to)
  w.get(from)
  w.memory(OP.i32_load16_u, fromOffset + 8)
  w.memory(OP.i32_store16, toOffset + 8)
}

function exchange(e: Emitter, i: number): void {
  const { w } = e
  setRegister(e, ENTRY, 0)
  setRegister(e, HOST, i)
  const at = e.field('FPU_ST')
  for (const [load, store, offset] of [
    [OP.i64_load, OP.i64_store, at],
    [OP.i32_load16_u, OP.i32_store16, at + 8],
  ] as const) {
    w.get(ENTRY)
    w.get(HOST)
    w.memory(load, offset)
    w.get(HOST)
    w.get(ENTRY)
    w.memory(load, offset)
    w.memory(store, offset)
    w.memory(store, offset)
  }
  clearC1(e)
}

/** Pushes whether the double on the stack, which is in X, is no normal number. */
function pushUnusual(e: Emitter): void {
  const { w } = e
  w.i64(BITS_OF_DOUBLE)
  w.op(OP.i64_shr_u)
  w.op(OP.i32_wrap)
  w.i32(0x7ff)
  w.op(OP.i32_and)
  w.i32(1)
  w.op(OP.i32_sub)
  w.i32(0x7fe)
  w.op(OP.i32_lt_u)
  w.op(OP.i32_eqz)
}

/** The double in X, a normal number, goes to the register at ENTRY. */
function putDouble(e: Emitter): void {
  const { w } = e
  w.get(ENTRY)
  w.get(X)
  w.i64(11)
  w.op(OP.i64_shl)
  w.i64of(0, -0x8000_0000)
  w.op(OP.i64_or)
  w.memory(OP.i64_store, e.field('FPU_ST'))
  w.get(ENTRY)
  w.get(X)
  w.i64(BITS_OF_DOUBLE)
  w.op(OP.i64_shr_u)
  w.op(OP.i32_wrap)
  w.i32(0x7ff)
  w.op(OP.i32_and)
  w.i32(MORE_BIAS)
  w.op(OP.i32_add)
  pushSign(e)
  w.op(OP.i32_or)
  w.memory(OP.i32_store16, e.field('FPU_ST') + 8)
}
/** Pushes the sign of what is in X, where the 80-bit format has it. */
function pushSign(e: Emitter): void {
  const { w } = e
  w.get(X)
  w.i64(48)
  w.op(OP.i64_shr_u)
  w.op(OP.i32_wrap)
  w.i32(0x8000)
  w.op(OP.i32_and)
}

/** The integer in X, not 0, goes to the register at ENTRY. */
function putInteger(e: Emitter): void {
  const { w } = e
  const sign = (): void => {
    w.get(X)
    w.i64(63)
    w.op(OP.i64_shr_s)
  }
  // its magnitude
  w.get(X)
  sign()
  w.op(OP.i64_xor)
  sign()
  w.op(OP.i64_sub)
  w.set(Y)
  w.get(ENTRY)
  w.get(Y)
  w.get(Y)
  w.op(OP.i64_clz)
  w.op(OP.i64_shl)
  w.memory(OP.i64_store, e.field('FPU_ST'))
  w.get(ENTRY)
  w.i32(OF_INTEGERS)
  w.get(Y)
  w.op(OP.i64_clz)
  w.op(OP.i32_wrap)
  w.op(OP.i32_sub)
  pushSign(e)
  w.op(OP.i32_or)
  w.memory(OP.i32_store16, e.field('FPU_ST') + 8)
}
