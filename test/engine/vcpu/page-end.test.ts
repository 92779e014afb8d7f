// An instruction that runs over its page's end is not decoded and its second page not walked for each time it is run. What such an
// instruction does when its bytes or mappings change: test/guest/kernel/paging.c. Runs in: vitest, on src-engine/assembly/build/core.wasm.
import path from 'node:path'
import { expect, it } from 'vitest'
import { vcpuAddress } from '../../../src-engine/isa/state-layout'
import { type Case, DATA, MIDDLE, TAIL } from '../../isa/fuzz/case'
import { Machine } from '../../isa/fuzz/machine'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')
const ROUNDS = 500
const PAGE_END = 0x1000

/** A loop whose ADD has two bytes in one page and three in the next. */
const LOOP: readonly number[] = [
  ...[0xb9, ROUNDS & 0xff, ROUNDS >> 8, 0, 0], // mov ecx, ROUNDS
  ...[0x31, 0xc0], // xor eax, eax
  ...[0x05, 3, 1, 0, 0], // add eax, 0x103
  ...[0xff, 0xc9], // dec ecx
  ...[0x75, 0xf7], // jnz to the add
]
const BEFORE_ADD = 7

it('an instruction over the end of its page is looked for in the page tables once, not in each round of a loop', async () => {
  const machine = await Machine.create(CORE)
  const view = new DataView(machine.memory.buffer)
  const count = (field: 'STAT_TLB_FILL' | 'RETIRED'): number => Number(view.getBigUint64(vcpuAddress(0, field), true))
  const gpr = Array.from({ length: 16 }, () => DATA)
  const [middle, tail] = [new Uint8Array(Number(DATA + 0x1000n - MIDDLE) * 2), new Uint8Array(Number(DATA + 0x2000n - TAIL))]
  const offset = PAGE_END - 2 - BEFORE_ADD
  const c: Case = { code: Uint8Array.from(LOOP), offset, bits: 64, gpr, rflags: 2, middle, tail, fx: undefined }
  const [walks, retired] = [count('STAT_TLB_FILL'), count('RETIRED')]
  const answer = machine.run(c)
  expect(answer.gpr[0]).toBe(BigInt(ROUNDS * 0x103))
  expect(count('RETIRED') - retired).toBeGreaterThan(ROUNDS * 3)
  // Pages of the program, its data, the handler of the HLT at its end and its stack.
  expect(count('STAT_TLB_FILL') - walks).toBeLessThan(20)
})
