// The translator against the interpreter: every 64-bit user-mode form, each block translated, from the same start state.
// `npm test` compares a slice with a fixed seed, the long tier more states of each form.
// Runs in: vitest.
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { TRANSLATOR_DEFAULTS } from '../../../src-engine/jit/translator'
import { randomFrom } from '../../support/random'
import { count } from '../../support/tier'
import { random } from '../fp/states'
import { CODE, DATA, NOTHING, READ_ONLY } from '../fuzz/case'
import { describe as describeCase } from '../fuzz/compare'
import { integerForms, pairForms, sequenceForms, sseForms, x87Forms } from '../fuzz/forms'
import { makeCase } from '../fuzz/generate'
import { seedOf } from '../fuzz/sweep'
import { Pair } from './pair'
import { programOf, randomPagesProgram, randomProgram } from './programs'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')
const SEED = 20261125

describe('translated code does what the interpreter does', () => {
  let pair: Pair
  beforeAll(async () => {
    pair = await Pair.create(CORE)
  })

  it.each([
    ['integer instructions', integerForms(), count(1, 200)],
    ['flags of other instructions', sequenceForms(), count(1, 200)],
    ['pairs that are one uop', pairForms(), count(1, 100)],
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

  it('in locked instructions of several vcpus', async () => {
    const several = await Pair.create(CORE, TRANSLATOR_DEFAULTS, false, 2)
    const forms = integerForms().filter(({ name }) => /^lock |^(xchg|xadd|cmpxchg)/.test(name))
    expect(forms.length).toBeGreaterThan(100)
    const different = forms.flatMap((form) => {
      const r = random(seedOf(form.name, SEED))
      return Array.from({ length: count(3, 300) }, () => {
        const c = makeCase(form, r)
        const text = several.run(form, c)
        return text === '' ? [] : [`${form.name}: ${text}\n  ${describeCase(c)}`]
      }).flat()
    })
    expect(different.slice(0, 20).join('\n')).toBe('')
  })

  it(
    'in random programs, to the same instruction',
    async () => {
      // half an hour in the long tier; on all processors: npm run -s lockstep -- --programs 1000000 --processes 2
      const programs = count(500, 1_000_000)
      for (let seed = 0; seed < programs; seed++) {
        const c = programOf(seed, randomFrom(seed))
        const text = pair.runProgram(c)
        if (text !== '') expect.fail(`program of seed ${seed}: ${text}\n${describeCase(c)}\n${await pair.disassembly(c)}`)
      }
      expect(pair.translator.statistics.traced, 'regions of what was seen to run').toBeGreaterThan(programs / 20)
    },
    count(120_000, 7_200_000),
  )

  it(
    'in random programs of x87, to the same instruction',
    async () => {
      // more of them: npm run -s lockstep -- --programs 1000000 --x87 --processes 2
      for (let seed = 0; seed < count(250, 300_000); seed++) {
        const c = programOf(seed, randomFrom(seed), true)
        const text = pair.runProgram(c)
        if (text !== '') expect.fail(`program of seed ${seed}: ${text}\n${describeCase(c)}\n${await pair.disassembly(c)}`)
      }
    },
    count(120_000, 3_600_000),
  )

  it.each([
    ['a register', [0xd9, 0xe8]], // fld1
    ['memory', [0xdd, 0x03]], // fld qword [rbx]
    ['AX', [0xdf, 0xe0]], // fnstsw ax
    ['nothing', [0x9b]], // fwait
  ] as const)('in x87 of %s when CR0 forbids it', (_name, forbidden) => {
    // nop; inc eax; ...; inc eax; hlt
    const code = Uint8Array.from([0x90, 0xff, 0xc0, ...forbidden, 0xff, 0xc0, 0xf4])
    const c = { ...programOf(0, randomFrom(0), true), code, offset: 0x400 }
    // TS, EM, both, and MP other than it was with both
    for (const bits of [8, 4, 0xc, 0xe]) {
      pair.flipCr0(bits)
      for (let i = 0; i < 4; i++) expect(pair.runProgram(c), `CR0 with other bits ${bits.toString(16)}, run ${i}`).toBe('')
      pair.flipCr0(bits)
    }
  })

  // What a run of them stores or loads is looked up at once: each may be the one that faults, or that changes the code that runs.
  it.each([
    ['pushes', [0x50, 0x6a, 0x80, 0x55, 0x41, 0x57, 0x53, 0x51]], // push rax, -128, rbp, r15, rbx, rcx
    ['pushes of RSP too', [0x50, 0x54, 0x53, 0x54, 0x51]],
    ['pops', [0x58, 0x5d, 0x41, 0x5f, 0x5b, 0x59]],
    ['pops of RSP too', [0x58, 0x59, 0x5c, 0x58, 0x59]],
    ['pops and a return', [0x5d, 0x41, 0x5f, 0x5b, 0xc3]],
    ['one pop and a return', [0x5d, 0xc3]],
  ] as const)('in %s, wherever the stack ends', (_name, steps) => {
    const c = { ...randomProgram(randomFrom(1)), offset: 0xe00, fx: undefined }
    const code = Uint8Array.from([0x90, ...steps, 0xff, 0xc0, 0xf4]) // nop; ...; inc eax; hlt
    const places = [DATA, DATA + 0x1000n, READ_ONLY, NOTHING, CODE + 0xe00n, CODE + 0x1000n, 0x8000_0000_0000n]
    const different: string[] = []
    for (const place of places) {
      for (let distance = -64n; distance <= 64n; distance += 4n) {
        const gpr = c.gpr.map((v, n) => (n === 4 ? place + distance : v))
        // returned to: the HLT
        const middle = c.middle.slice()
        new DataView(middle.buffer).setBigUint64(256, CODE + 0xe00n + BigInt(code.length - 1), true)
        const text = pair.runProgram({ ...c, code, gpr, middle }, { ...c, code, middle })
        if (text !== '') different.push(`at ${place.toString(16)} + ${distance}: ${text}`)
      }
    }
    expect(different.slice(0, 20).join('\n')).toBe('')
  })

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

  it('when a region begins with what the interpreter does and then asks for carry and overflow of a product', () => {
    // found by a million of them: a page is mapped away from under a product, and the code there begins with cvtpi2ps and ends in jl
    for (let i = 0; i < 4; i++) expect(pair.runProgram(randomPagesProgram(randomFrom(86706))), `run ${i}`).toBe('')
  })

  // operands of 64 and of 32 bits, and the second opcode byte of what is done with them
  it.each([
    ['a sum that is a denormal', 0x58, 0x0018000000000000n, 0x8010000000000000n, 0x00c00000n, 0x80800000n],
    ['a sum that loses nothing', 0x58, 0x4330000000000000n, 0x3ff8000000000000n, 0x4b000000n, 0x3f800000n],
    ['a sum that loses its last bit', 0x58, 0x4330000000000000n, 0x3fd0000000000001n, 0x4b000000n, 0x3e800001n],
    ['a difference that loses its last bit', 0x5c, 0x4008000000000000n, 0x4330000000000001n, 0x40400000n, 0x4b7fffffn],
    ['a difference that is nothing', 0x5c, 0x3ff0000000000000n, 0x3ff0000000000000n, 0x3f800000n, 0x3f800000n],
    [
      'a product rounded to the smallest normal number',
      0x59,
      0x3fefffffffffffffn,
      0x0010000000000000n,
      0x3f7fffffn,
      0x00800000n,
    ],
    ['a product too small for any number', 0x59, 0x0010000000000000n, 0x0010000000000000n, 0x00800000n, 0x00800000n],
    ['a product with nothing', 0x59, 0x8000000000000000n, 0x4008000000000000n, 0x80000000n, 0x40400000n],
    ['a quotient of nothing', 0x5e, 0x8000000000000000n, 0x4008000000000000n, 0x80000000n, 0x40400000n],
    ['a quotient by infinity', 0x5e, 0x4008000000000000n, 0x7ff0000000000000n, 0x40400000n, 0x7f800000n],
    ['a root of nothing', 0x51, 0n, 0x8000000000000000n, 0n, 0x80000000n],
    ['a sum with a denormal', 0x58, 1n, 0x4008000000000000n, 1n, 0x40400000n],
    ['a comparison with a denormal', 0x2f, 1n, 0x4008000000000000n, 1n, 0x40400000n],
  ] as const)('in %s, whatever MXCSR says', (_name, opcode, wideA, wideB, narrowA, narrowB) => {
    const lanes = { f2: [8, wideA, wideB], 66: [8, wideA, wideB], f3: [4, narrowA, narrowB], 0: [4, narrowA, narrowB] } as const
    const c = { ...randomProgram(randomFrom(1)), offset: 0 }
    for (const [prefix, [bytes, a, b]] of Object.entries(lanes)) {
      if (opcode === 0x2f && prefix.startsWith('f')) continue
      // op xmm1, xmm2; hlt
      const code = Uint8Array.from([...(prefix === '0' ? [] : [Number.parseInt(prefix, 16)]), 0x0f, opcode, 0xca, 0xf4])
      const fx = new Uint8Array(416)
      const view = new DataView(fx.buffer)
      view.setUint16(0, 0x37f, true)
      for (let at = 0; at < 16; at += bytes) {
        view.setUint32(176 + at, Number(a & 0xffff_ffffn), true)
        view.setUint32(192 + at, Number(b & 0xffff_ffffn), true)
        if (bytes === 4) continue
        view.setUint32(180 + at, Number(a >> 32n), true)
        view.setUint32(196 + at, Number(b >> 32n), true)
      }
      for (const rest of [0, 0x40, 0x8000, 0x8040, 0x2000, 0x4000, 0x6000]) {
        for (const flags of [0x1f80, 0x1fa0, 0x17a0, 0x0fa0, 0x1f20, 0x1ea0, 0x1fbf]) {
          view.setUint32(24, rest | flags, true)
          expect(
            pair.runProgram({ ...c, code, fx: fx.slice() }),
            `prefix ${prefix}, MXCSR ${(rest | flags).toString(16)}`,
          ).toBe('')
        }
      }
    }
  })

  it('when more is translated than there is room for', async () => {
    const small = await Pair.create(CORE, { ...TRANSLATOR_DEFAULTS, memory: 1 }, true)
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
