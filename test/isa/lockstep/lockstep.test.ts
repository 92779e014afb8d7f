// The translator against the interpreter: every 64-bit user-mode form, each block translated, from the same start state.
// `npm test` compares a slice with a fixed seed, the long tier more states of each form.
// Runs in: vitest.
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { TRANSLATOR_DEFAULTS } from '../../../src-engine/jit/translator'
import { randomFrom } from '../../support/random'
import { count } from '../../support/tier'
import { random } from '../fp/states'
import { describe as describeCase } from '../fuzz/compare'
import { integerForms, sequenceForms, sseForms, x87Forms } from '../fuzz/forms'
import { makeCase } from '../fuzz/generate'
import { seedOf } from '../fuzz/sweep'
import { Pair } from './pair'
import { randomProgram } from './programs'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')
const SEED = 20261125

describe('translated code does what the interpreter does', () => {
  let pair: Pair
  beforeAll(async () => {
    pair = await Pair.create(CORE)
  })

  it.each([
    ['integer instructions', integerForms(), count(2, 200)],
    ['flags of other instructions', sequenceForms(), count(4, 200)],
    ['SSE instructions', sseForms(), count(1, 50)],
    ['x87 instructions', x87Forms(), count(1, 50)],
  ] as const)('in %s', (_name, forms, states) => {
    const different: string[] = []
    for (const form of forms) {
      const r = random(seedOf(form.name, SEED))
      for (let i = 0; i < states; i++) {
        const c = makeCase(form, r)
        const text = pair.run(form, c)
        if (text !== '') different.push(`${form.name}: ${text}\n  ${describeCase(c)}`)
      }
    }
    expect(different.slice(0, 20).join('\n')).toBe('')
  })

  it(
    'in random programs, to the same instruction',
    async () => {
      // some minutes in the long tier; a million: npm run -s lockstep -- --programs 1000000 --processes 2
      const programs = count(3000, 300_000)
      for (let seed = 0; seed < programs; seed++) {
        const text = pair.runProgram(randomProgram(randomFrom(seed)))
        expect(text, `program of seed ${seed}`).toBe('')
      }
    },
    count(60_000, 3_600_000),
  )

  it.each([
    ['a shift by no bits', [0xd2, 0xfa]], // sar dl, cl
    ['a rotation through carry by no bits', [0x48, 0xd3, 0xd2]], // rcl rdx, cl
    ['an SSE instruction', [0x0f, 0x57, 0xc0]], // xorps xmm0, xmm0
    ['a string instruction without a count', [0xb9, 0, 0, 0, 0, 0xf3, 0xa4]], // mov ecx, 0; rep movsb
  ] as const)('when carry and overflow of a product are asked for after %s', (_name, between) => {
    // imul r14w, r9w; ...; jbe over mov eax, 1; seto bl; hlt
    const code = [0x66, 0x45, 0x0f, 0xaf, 0xf1, ...between, 0x76, 5, 0xb8, 1, 0, 0, 0, 0x0f, 0x90, 0xc3, 0xf4]
    for (const factor of [1n, 0x10e0n, 0n, 0x7fffn, 0xffffn]) {
      const c = { ...randomProgram(randomFrom(1)), code: Uint8Array.from(code), offset: 0 }
      const gpr = c.gpr.map((v, n) => (n === 1 ? 0n : n === 9 ? factor : n === 14 ? 0x44aen : v))
      expect(pair.runProgram({ ...c, gpr }), `factor ${factor}`).toBe('')
    }
  })

  it('when more is translated than there is room for', async () => {
    const small = await Pair.create(CORE, { ...TRANSLATOR_DEFAULTS, bytes: 1 }, true)
    const different = sequenceForms()
      .slice(0, 60)
      .flatMap((form) => {
        const r = random(seedOf(form.name, SEED))
        return Array.from({ length: 4 }, () => small.run(form, makeCase(form, r))).filter((text) => text !== '')
      })
    expect(different).toEqual([])
    expect(small.translator.statistics.evicted).toBeGreaterThan(0)
  })
})
