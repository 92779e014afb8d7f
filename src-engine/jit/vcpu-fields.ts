// What regions have in locals, brought from the vcpu's state and back to it.
// Runs in: the vcpu's worker thread.
import type { VcpuField } from '../isa/state-layout'
import { CALL, type Emitter } from './emitter'
import { PRODUCT } from './flags'
import { BUDGET, FLAG_A, FLAG_B, FLAG_R, FLAG_TYPE, GUESS, PC_BASE, REGISTERS, TLB, TMP, XMM } from './locals'
import type { Values } from './region-flow'
import { OP, SIMD } from './wasm-writer'

function loadField(e: Emitter, local: number, code: number, name: VcpuField, more = 0): void {
  const { w } = e
  w.i32(0)
  w.memory(code, e.field(name) + more)
  w.set(local)
}

function storeField(e: Emitter, local: number, code: number, name: VcpuField, more = 0): void {
  const { w } = e
  w.i32(0)
  w.get(local)
  w.memory(code, e.field(name) + more)
}

/** `set`: as the emitter has it. */
export function loadRegisters(e: Emitter, set: number): void {
  for (let n = 0; n < 16; n++) if (set & (1 << n)) loadField(e, REGISTERS + n, OP.i64_load, 'GPR', n * 8)
  for (let n = 0; n < 16; n++) {
    if (!(set & (1 << (16 + n)))) continue
    e.w.i32(0)
    e.w.simdMemory(SIMD.load, e.field('XMM') + n * 16)
    e.w.set(XMM + n)
  }
}

export function storeRegisters(e: Emitter, set: number): void {
  for (let n = 0; n < 16; n++) if (set & (1 << n)) storeField(e, REGISTERS + n, OP.i64_store, 'GPR', n * 8)
  for (let n = 0; n < 16; n++) {
    if (!(set & (1 << (16 + n)))) continue
    e.w.i32(0)
    e.w.get(XMM + n)
    e.w.simdMemory(SIMD.store, e.field('XMM') + n * 16)
  }
}

/** Loads what an entry, or the way on after a call, needs to have. */
export function loadValues(e: Emitter, { registers, flags }: Values): void {
  loadRegisters(e, registers)
  if (flags) loadFlags(e)
}

export function storeValues(e: Emitter, { registers, flags }: Values): void {
  storeRegisters(e, registers)
  if (flags) storeFlags(e)
}

function loadFlags(e: Emitter): void {
  loadField(e, FLAG_TYPE, OP.i32_load, 'FLAGS_TYPE')
  loadField(e, FLAG_A, OP.i64_load, 'FLAGS_A')
  loadField(e, FLAG_B, OP.i64_load, 'FLAGS_B')
  loadField(e, FLAG_R, OP.i64_load, 'FLAGS_R')
}

function storeFlags(e: Emitter): void {
  storeField(e, FLAG_TYPE, OP.i32_store, 'FLAGS_TYPE')
  storeField(e, FLAG_A, OP.i64_store, 'FLAGS_A')
  storeField(e, FLAG_B, OP.i64_store, 'FLAGS_B')
  storeField(e, FLAG_R, OP.i64_store, 'FLAGS_R')
}

/** At a region's start: flags are of any form but PRODUCT. */
export function settleFlags(e: Emitter): void {
  const { w } = e
  loadFlags(e)
  w.get(FLAG_TYPE)
  w.i32(PRODUCT)
  w.op(OP.i32_eq)
  e.seldom()
  w.call(CALL.settle)
  loadFlags(e)
  e.close()
}

/** In the middle of a region: the flags are brought into the explicit form if they are PRODUCT. */
export function settle(e: Emitter): void {
  const { w } = e
  w.get(FLAG_TYPE)
  w.i32(PRODUCT)
  w.op(OP.i32_eq)
  e.seldom()
  storeFlags(e)
  w.call(CALL.settle)
  loadFlags(e)
  e.close()
}

/** At a region's start: where code and TLB are. */
export function loadFrame(e: Emitter): void {
  loadField(e, PC_BASE, OP.i64_load, 'PC_BASE')
  loadField(e, TLB, OP.i32_load, 'DTLB')
}

export function storeBudget(e: Emitter): void {
  storeField(e, BUDGET, OP.i32_store, 'BUDGET')
}

/** What host addresses are guessed to be off by stays for the next region. */
export function loadGuess(e: Emitter): void {
  loadField(e, GUESS, OP.i32_load, 'TLB_GUESS')
}

export function storeGuess(e: Emitter): void {
  storeField(e, GUESS, OP.i32_store, 'TLB_GUESS')
}

export function storeTmp(e: Emitter): void {
  storeField(e, TMP, OP.i64_store, 'TMP')
}
