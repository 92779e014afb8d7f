// Moves of x87 as WebAssembly: registers, memory, constants, signs, where the stack has what is taken and room for what is pushed.
// assembly/fpu/transfer.ts is the model; what is not for here is a call of it.
// Invariant: the status word is in COUNT, and no exception waits.
// Runs in: the vcpu's worker thread.
import type { Emitter } from './emitter'
import { ENTRY, HOST, X, Y } from './locals'
import { OP } from './wasm-writer'
import {
  clearC1,
  lacks,
  pop,
  push,
  pushSign,
  pushSignExponent,
  pushSignificand,
  pushUnusual,
  ST7,
  setRegister,
  storeTags,
  tagBit,
} from './x87-stack'

const ONE = 0x3fff
/** Exponent of 2^63. */
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

/** FCMOVcc, whose condition is on the stack; without it the registers must be full too, which is `slow`'s. */
export function moveIf(e: Emitter, i: number, slow: () => void): void {
  const { w } = e
  const both = 1 | (1 << i)
  w.set(ENTRY)
  lacks(e, both, both)
  e.seldom()
  slow()
  w.op(OP.else)
  w.get(ENTRY)
  e.open(OP.if)
  setRegister(e, ENTRY, 0)
  setRegister(e, HOST, i)
  copy10(e, ENTRY, e.field('FPU_ST'), HOST, e.field('FPU_ST'))
  e.close()
  e.close()
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
        pop(e)
      },
    }
  const floats = opcode === 0xdd && reg === 0 ? 8 : opcode === 0xd9 && reg === 0 ? 4 : 0
  if (floats !== 0)
    return pushes(
      e,
      () => pushUnusual(e, floats, HOST),
      () => putDouble(e),
    )
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
        if (reg === 3) pop(e)
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

/** The double in X, a normal number, goes to the register at ENTRY. */
function putDouble(e: Emitter): void {
  const { w } = e
  w.get(ENTRY)
  pushSignificand(e)
  w.memory(OP.i64_store, e.field('FPU_ST'))
  w.get(ENTRY)
  pushSignExponent(e)
  w.memory(OP.i32_store16, e.field('FPU_ST') + 8)
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
