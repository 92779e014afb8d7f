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

  it('in random programs, to the same instruction', async () => {
    const programs = count(1500, 1_000_000)
    for (let seed = 0; seed < programs; seed++) {
      const text = pair.runProgram(randomProgram(randomFrom(seed)))
      expect(text, `program of seed ${seed}`).toBe('')
    }
  })

  it('when more is translated than there is room for', async () => {
    const small = await Pair.create(CORE, { ...TRANSLATOR_DEFAULTS, bytes: 1 })
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
