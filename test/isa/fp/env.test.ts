// The floating-point state as a whole: FXSAVE, FXRSTOR, FNINIT, the pointers, and where SSE exceptions go without
// CR4.OSXMMEXCPT. What the host keeps of odd control, status and tag words is compared with it.
// Runs in: vitest; the comparison is skipped where gcc or x86-64 is missing.
import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SSE_ROWS, sseFunctionId } from '../../../src-engine/isa/sse-rows'
import { count } from '../../support/tier'
import { address, getState, loadCore, OPERAND, putState, STAGING } from './core'
import { differences } from './differences'
import { compileC, hasNative, runNative, STATE } from './native'
import { makeState, random } from './states'

describe('the floating-point state', () => {
  let loaded: Awaited<ReturnType<typeof loadCore>>
  let oracle: ReturnType<typeof compileC> | undefined
  beforeAll(async () => {
    loaded = await loadCore()
    if (hasNative) oracle = compileC('native.c')
  })
  afterAll(() => {
    if (oracle) fs.rmSync(oracle.folder, { recursive: true, force: true })
  })
  const view = (): DataView => new DataView(loaded.bytes.buffer)

  it('FXSAVE and FXRSTOR are inverse, in both pointer formats', () => {
    const r = random(1)
    for (let i = 0; i < 200; i++) {
      const state = makeState(r, 'bits', true)
      putState(loaded, state)
      const wide = i & 1
      loaded.core.fxsave(STAGING, wide, 1)
      const image = loaded.bytes.slice(STAGING, STAGING + 416)
      loaded.core.fpu_reset()
      loaded.bytes.set(image, STAGING)
      expect(loaded.core.fxrstor(STAGING, wide, 1)).toBe(0)
      loaded.core.fxsave(STAGING, wide, 1)
      expect(Buffer.compare(loaded.bytes.slice(STAGING, STAGING + 416), image)).toBe(0)
    }
  })

  it('outside 64-bit mode FXSAVE and FXRSTOR leave XMM8-15 alone', () => {
    const r = random(2)
    const state = makeState(r, 'bits')
    putState(loaded, state)
    loaded.bytes.fill(0xee, STAGING, STAGING + 512)
    loaded.core.fxsave(STAGING, 0, 0)
    expect([...loaded.bytes.subarray(STAGING + 288, STAGING + 416)]).toEqual(new Array(128).fill(0xee))
    expect(loaded.core.fxrstor(STAGING, 0, 0)).toBe(0)
    expect(differences(state, getState(loaded)).includes('XMM')).toBe(false)
  })

  it('FXRSTOR of a reserved MXCSR bit is #GP and changes nothing', () => {
    const state = makeState(random(3), 'bits', true)
    putState(loaded, state)
    const before = getState(loaded)
    loaded.core.fxsave(STAGING, 1, 1)
    view().setUint32(STAGING + 24, 0x1_1f80, true)
    view().setUint32(STAGING + 160, 0x1234_5678, true)
    expect(loaded.core.fxrstor(STAGING, 1, 1)).toBe(0x10d)
    expect(differences(before, getState(loaded))).toBe('')
  })

  it('FNINIT and power-on leave the documented control, status and tag words', () => {
    putState(loaded, makeState(random(4), 'bits', true))
    loaded.core.x87_init()
    const names = ['FPU_CW', 'FPU_SW', 'FPU_TAG'] as const
    const words = (): number[] => names.map((name) => view().getUint16(address(name), true))
    expect(words()).toEqual([0x37f, 0, 0])
    loaded.core.fpu_reset()
    expect(words()).toEqual([0x40, 0, 0xff])
    expect(view().getUint32(address('MXCSR'), true)).toBe(0x1f80)
  })

  it('instruction and operand pointers are those of the last instruction that is no control instruction', () => {
    loaded.core.x87_init()
    const at = (ip: bigint, dp: bigint): void => {
      view().setBigUint64(address('SCRATCH') + 0xe8, ip, true)
      view().setBigUint64(address('SCRATCH') + 0xf0, dp, true)
      view().setUint16(address('SCRATCH') + 0xf8, 0x33, true)
      view().setUint16(address('SCRATCH') + 0xfa, 0x2b, true)
    }
    at(0xffff_8000_1234_5678n, 0x7fff_0000_1111n)
    expect(loaded.core.x87_execute(0xdd, 0x06, OPERAND, 0)).toBe(0) // FLD m64
    at(0x1111n, 0x2222n)
    expect(loaded.core.x87_execute(0xd9, 0x2e, OPERAND, 0)).toBe(0) // FLDCW
    loaded.core.x87_init()
    loaded.core.x87_execute(0xd9, 0xe8, 0, 0) // FLD1
    at(0x3333n, 0x4444n)
    expect(loaded.core.x87_execute(0xdd, 0x16, STAGING, 0)).toBe(0) // FST m64
    expect(view().getBigUint64(address('FPU_IP'), true)).toBe(0x1111n)
    loaded.core.x87_commit()
    expect(view().getBigUint64(address('FPU_IP'), true)).toBe(0x3333n)
    expect(view().getBigUint64(address('FPU_DP'), true)).toBe(0x4444n)
    expect(view().getUint16(address('FPU_OP'), true)).toBe(0x516)
  })

  it('a store that is not committed changes no register, tag or status', () => {
    const r = random(5)
    for (const [op, reg] of [
      [0xd9, 3],
      [0xdd, 3],
      [0xdb, 7],
      [0xdf, 6],
      [0xdf, 7],
      [0xdb, 3],
      [0xdd, 6],
      [0xd9, 6],
    ] as const) {
      const state = makeState(r, 'bits', true)
      new DataView(state.buffer).setUint16(0, 0x37f, true)
      new DataView(state.buffer).setUint16(2, 0x1800, true)
      putState(loaded, state)
      const before = getState(loaded)
      expect(loaded.core.x87_execute(op, (reg << 3) | 6, STAGING, 0)).toBe(0)
      expect(differences(before, getState(loaded))).toBe('')
    }
  })

  it('an unmasked SSE exception is #UD while CR4.OSXMMEXCPT is clear', () => {
    const state = makeState(random(6), 'f64')
    new DataView(state.buffer).setUint32(24, 0x1d80, true) // ZE unmasked
    new DataView(state.buffer).setFloat64(176, 1, true)
    new DataView(state.buffer).setFloat64(192, 0, true)
    const row = SSE_ROWS.find(([mnemonic]) => mnemonic === 'divsd')
    if (!row) throw new Error('divsd')
    const divide = (): number => loaded.core.sse_execute(sseFunctionId(row), address('XMM') + 16, address('XMM') + 32, 0)
    putState(loaded, state)
    expect(divide()).toBe(0x113)
    putState(loaded, state)
    loaded.bytes.set([0, 2], address('CR4'))
    expect(divide()).toBe(0x106)
  })

  /** Our state with the RFLAGS that NOP leaves alone. */
  function afterwards(start: Uint8Array): Uint8Array {
    const ours = getState(loaded)
    ours.set(start.subarray(STATE.RFLAGS, STATE.RFLAGS + 8), STATE.RFLAGS)
    return ours
  }

  it.skipIf(!hasNative)('FXRSTOR keeps the host’s bits of any control, status and tag word', () => {
    const r = random(7)
    const cases = Array.from({ length: count(500, 5000) }, () => {
      const state = makeState(r, 'bits', true)
      const words = new DataView(state.buffer)
      words.setUint16(0, r.below(0x1_0000), true)
      words.setUint16(2, r.below(0x1_0000), true)
      words.setUint8(4, r.below(256))
      return { code: Uint8Array.from([0x90]), state }
    })
    const outcomes = runNative(oracle?.program ?? '', cases)
    const bad = cases.flatMap(({ state }, i) => {
      putState(loaded, state)
      const report = differences(outcomes[i]?.state ?? state, afterwards(state))
      return report
        ? [
            `CW ${new DataView(state.buffer).getUint16(0, true).toString(16)} SW ${new DataView(state.buffer).getUint16(2, true).toString(16)}: ${report}`,
          ]
        : []
    })
    expect(bad.slice(0, 5).join('\n')).toBe('')
  })
})
