// Two vcpus' cores on one memory: the second one's module is made by moving addresses in the first one's bytes.
// Runs in: vitest.
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { MEMORY_MAP, vcpuAddress } from '../../../src-engine/isa/state-layout'
import { relocate } from '../../../src-engine/vcpu/relocate'
import { random } from '../../isa/fp/states'
import { compare, shownByLinux } from '../../isa/fuzz/compare'
import { integerForms, sseForms, x87Forms } from '../../isa/fuzz/forms'
import { makeCase } from '../../isa/fuzz/generate'
import { Machine, newMemory } from '../../isa/fuzz/machine'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')

/** A module of one function with the given body on an imported memory. */
function moduleOf(body: readonly number[]): Uint8Array {
  const code = [body.length + 2, 0, ...body, 0x0b]
  return Uint8Array.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    1,
    5,
    1,
    0x60,
    0,
    1,
    0x7f, // () -> i32
    3,
    2,
    1,
    0,
    5,
    4,
    1,
    0,
    0x80,
    0x40, // memory
    10,
    code.length + 1,
    1,
    ...code,
  ])
}
const leb = (value: number): number[] => {
  const out: number[] = []
  let rest = value
  while (rest > 63) {
    out.push((rest & 127) | 128)
    rest >>= 7
  }
  return [...out, rest]
}

describe('relocation of the core', () => {
  it('for vcpu 0 gives the same bytes', () => {
    const bytes = new Uint8Array(fs.readFileSync(CORE))
    expect(Buffer.compare(relocate(bytes, 0), bytes)).toBe(0)
  })

  it('moves constants that are addresses, also where their encoding gets longer, and no others', () => {
    const field = vcpuAddress(0, 'CR3')
    const at = (value: number): number[] => [0x41, ...leb(value)]
    const body = [...at(field), 0x28, 2, 0, ...at(1234), 0x6a, 0x41, 0, 0x28, 2, ...leb(field), 0x6a]
    const moved = relocate(moduleOf(body), 31)
    const there = vcpuAddress(31, 'CR3')
    const expected = [...at(there), 0x28, 2, 0, ...at(1234), 0x6a, 0x41, 0, 0x28, 2, ...leb(there), 0x6a]
    expect([...moved]).toEqual([...moduleOf(expected)])
    expect(there).toBe(field + 31 * MEMORY_MAP.VCPU_STRIDE)
  })

  it.each([
    ['a mask that looks like an address', [0x41, ...leb(0x20_0000), 0x41, 1, 0x41, ...leb(0x20_0000), 0x71, 0x6a]],
    ['an address between the fields', [0x41, ...leb(0x20_8000)]],
    ['an unknown opcode', [0x06]],
  ])('refuses %s', (_what, body) => {
    expect(() => relocate(moduleOf(body), 1)).toThrow('relocation of the core')
  })

  it('lets two vcpus compute side by side on one memory with equal results, each in its own area', async () => {
    const memory = newMemory(2)
    const [zero, one, alone] = [
      await Machine.create(CORE, memory, 0, 2),
      await Machine.create(CORE, memory, 1, 2),
      await Machine.create(CORE),
    ]
    const bytes = Buffer.from(memory.buffer)
    const own = (vcpu: number): Buffer[] => {
      const area = MEMORY_MAP.VCPU_BASE + vcpu * MEMORY_MAP.VCPU_STRIDE
      const cache = MEMORY_MAP.CODE_CACHE_BASE + vcpu * MEMORY_MAP.CODE_CACHE_SIZE
      return [bytes.subarray(area, area + MEMORY_MAP.VCPU_STRIDE), bytes.subarray(cache, cache + MEMORY_MAP.CODE_CACHE_SIZE)]
    }
    const forms = [...integerForms(), ...sseForms(), ...x87Forms()].filter((_, i) => i % 7 === 0)
    forms.forEach((form, i) => {
      const c = makeCase(form, random(i))
      for (const machine of [zero, one, alone]) machine.reset()
      const expected = shownByLinux(alone.run(c))
      const watched = i % 40 === 0
      const before = watched ? own(0).map((piece) => Buffer.from(piece)) : []
      expect(compare(form, c, expected, one.run(c)), form.name).toBe('')
      if (watched)
        own(0).forEach((piece, n) => {
          expect(piece.equals(before[n] ?? Buffer.alloc(0)), form.name).toBe(true)
        })
      expect(compare(form, c, expected, zero.run(c)), form.name).toBe('')
    })
  })
})
