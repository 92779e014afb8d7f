// That lockstep finds what differs, and shows both sides of it: translated code whose calls into the interpreter do nothing.
// Runs in: vitest.
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { TRANSLATOR_DEFAULTS } from '../../../src-engine/jit/translator'
import { randomFrom } from '../../support/random'
import { type Case, DATA, MIDDLE } from '../fuzz/case'
import { Pair } from './pair'
import { programOf, randomProgram } from './programs'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')
const RBX = 3

async function differenceOf(code: readonly number[], rbx = DATA): Promise<{ found: string; shown: string }> {
  const pair = await Pair.create(CORE, TRANSLATOR_DEFAULTS, false, 1, (core) => ({ ...core, cold: () => 0 }))
  const start = randomProgram(randomFrom(1))
  const gpr = start.gpr.map((v, n) => (n === 0 ? 0n : n === RBX ? rbx : v))
  const c: Case = { ...start, gpr, code: Uint8Array.from(code), offset: 0, rflags: 0x203, middle: new Uint8Array(512) }
  // the first one is interpreted, to be decoded
  const found = pair.runProgram(c)
  return { found, shown: await pair.disassembly(c) }
}

describe('a difference is found', () => {
  it('in memory that the case says nothing of, and shown as the guest has it and as it was generated', async () => {
    // inc ecx; lock btc [rbx], eax; hlt: set when it is decoded, then cleared
    const { found, shown } = await differenceOf([0xff, 0xc1, 0xf0, 0x0f, 0xbb, 0x03, 0xf4], DATA + 0x20n)
    expect(found).toContain('memory at page 0 + 0x20 interpreter 0 translated 1')
    expect(shown).toMatch(/^20000000 {2}ffc1 +inc ecx\n20000002 {2}f00fbb03 +lock btc .*rbx.*eax\n20000006 {2}f4 +hlt$/m)
    expect(shown).toContain('region entered at host ')
    expect(shown).toMatch(/\(func [\s\S]*i64\.load[\s\S]*\(call /)
  })

  it('in where a loop is stopped, and its flags', async () => {
    // lock btc [rbx], eax; jc to the second of two loops of one jump
    const { found } = await differenceOf([0xf0, 0x0f, 0xbb, 0x03, 0x72, 2, 0xeb, 0xfe, 0xeb, 0xfe], MIDDLE)
    expect(found).toContain('rip interpreter 0x6 translated 0x8')
    expect(found).toContain('differ CF')
  })
})

describe('generated programs', () => {
  it('are of 5 to 200 instructions, with and without changes of mode, and are the same each time', () => {
    const lengths = Array.from({ length: 400 }, (_, seed) => programOf(seed, randomFrom(seed)).code.length)
    expect(Math.min(...lengths)).toBeLessThan(40)
    expect(Math.max(...lengths.filter((_, seed) => seed % 4 === 2))).toBeGreaterThan(500)
    for (const seed of [0, 1, 2, 3]) expect(programOf(seed, randomFrom(seed))).toEqual(programOf(seed, randomFrom(seed)))
  })
})
