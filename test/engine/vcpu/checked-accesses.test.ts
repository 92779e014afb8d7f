// Accesses near address 0 while each one is looked at (alignment checks, data breakpoints): nothing is mapped there, as without checks.
// A TLB that was never filled in had the tag of page 0 everywhere, and led to the engine's own memory.
// Runs in: vitest, on src-engine/assembly/build/core.wasm.
import path from 'node:path'
import { expect, it } from 'vitest'
import { type Case, DATA } from '../../isa/fuzz/case'
import { Machine } from '../../isa/fuzz/machine'
import { randomProgram } from '../../isa/lockstep/programs'
import { randomFrom } from '../../support/random'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')
/** pushf; or dword [rsp], AC; popf */
const CHECKED = [0x9c, 0x81, 0x0c, 0x24, 0, 0, 4, 0, 0x9d]
const [BREAKPOINT, PAGE_FAULT, ALIGNMENT_CHECK] = [3, 14, 17]
const [RBX, RSP] = [3, 4]

it.each([
  ['a load', [0x48, 0x8b, 0x03], 8n, PAGE_FAULT],
  ['a store', [0x48, 0x89, 0x03], 0x10n, PAGE_FAULT],
  ['an addition to memory', [0x01, 0x03], 0xffcn, PAGE_FAULT],
  ['a load that begins below it', [0x48, 0x8b, 0x03], -3n, ALIGNMENT_CHECK],
  ['a store that begins below it', [0x48, 0x89, 0x03], -3n, ALIGNMENT_CHECK],
] as const)('%s faults', async (_what, code, at, trap) => {
  const machine = await Machine.create(CORE)
  const start = randomProgram(randomFrom(1))
  const gpr = start.gpr.map((v, n) => (n === RBX ? BigInt.asUintN(64, at) : n === RSP ? DATA + 0x1000n : v))
  const c: Case = { ...start, offset: 0, gpr, code: Uint8Array.from([...CHECKED, ...code, 0xf4]), rflags: 0x202 }
  const before = new Uint8Array(machine.memory.buffer, 0, 0x1000).slice()
  const answer = machine.run(c)
  expect(answer.trap).toBe(trap)
  if (trap === PAGE_FAULT) expect(answer.cr2).toBe(at)
  expect(new Uint8Array(machine.memory.buffer, 0, 0x1000).slice()).toEqual(before)
})

it.each([
  ['are checked from the first on', 0x40202, ALIGNMENT_CHECK],
  ['are not without AC', 0x202, BREAKPOINT],
] as const)('unaligned loads under flags that were set from outside %s', async (_what, rflags, trap) => {
  const machine = await Machine.create(CORE)
  const start = randomProgram(randomFrom(1))
  const gpr = start.gpr.map((v, n) => (n === RBX ? DATA + 1n : v))
  // mov rax, [rbx]; int3
  const c: Case = { ...start, offset: 0, gpr, code: Uint8Array.from([0x48, 0x8b, 0x03, 0xcc]), rflags }
  expect(machine.run(c).trap).toBe(trap)
})
