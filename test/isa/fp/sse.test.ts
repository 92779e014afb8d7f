// MMX, SSE and SSE2 against the host CPU: every encoding of isa/sse-rows.ts, random states full of awkward values, all
// registers, memory, MXCSR and faults compared. RCP and RSQRT have a tolerance instead (their tables differ by vendor).
// Runs in: vitest; skipped where gcc or x86-64 is missing.
import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SSE_ROWS, type SseRow } from '../../../src-engine/isa/sse-rows'
import { count } from '../../support/tier'
import { getState, loadCore, putState } from './core'
import { differences } from './differences'
import { encode, execute, kindOf, type Variant, variantsOf } from './forms'
import { compileC, hasNative, runNative, STATE } from './native'
import { makeState, random } from './states'

const STATUS_FLAGS = 0x8d5
const rows: readonly SseRow[] = SSE_ROWS

describe.skipIf(!hasNative)('MMX, SSE and SSE2 give the host CPU’s results, flags and faults', () => {
  let loaded: Awaited<ReturnType<typeof loadCore>>
  let oracle: ReturnType<typeof compileC>
  beforeAll(async () => {
    oracle = compileC('native.c')
    loaded = await loadCore()
  })
  afterAll(() => fs.rmSync(oracle.folder, { recursive: true, force: true }))

  const approximate = (row: SseRow): boolean => /^r(cp|sqrt)/.test(row[0])
  const variants = rows.filter((row) => row[8] !== 'none' && row[8] !== 'special').flatMap(variantsOf)
  const states = count(60, 1500)

  it.each(variants.map((variant, index) => [variant.name, variant, index] as const))('%s', (_name, variant, index) => {
    const r = random(0x5e5e + index)
    const { row } = variant
    const cases = Array.from({ length: states }, () => {
      const imm = row[0].startsWith('cmp') ? r.below(8) : r.chance(0.5) ? r.below(20) : r.below(256)
      const state = makeState(r, r.chance(0.05) ? 'bits' : kindOf(row))
      if (row[0] === 'ldmxcsr' && r.chance(0.8)) new DataView(state.buffer).setUint32(STATE.MEMORY, r.below(0x1_0000), true)
      return { imm, state, code: encode(variant, imm) }
    })
    const outcomes = runNative(oracle.program, cases)
    const bad: string[] = []
    cases.forEach(({ imm, state }, i) => {
      const outcome = outcomes[i]
      if (!outcome) throw new Error('an outcome is missing')
      const report = approximate(row)
        ? compareApproximate(variant, imm, state, outcome.state)
        : compareOne(variant, imm, state, outcome)
      if (report) bad.push(`case ${i} imm ${imm}: ${report}\n  before: ${describeStart(state)}`)
    })
    expect(bad.slice(0, 3).join('\n'), `${bad.length} of ${cases.length}`).toBe('')
  })

  function describeStart(state: Uint8Array): string {
    const at = (from: number): string =>
      Buffer.from(state.subarray(from, from + 16))
        .reverse()
        .toString('hex')
    return `MXCSR ${new DataView(state.buffer).getUint32(24, true).toString(16)} XMM1 ${at(176)} XMM2 ${at(192)} MM1 ${at(48)} MM2 ${at(64)} memory ${at(STATE.MEMORY)}`
  }

  function compareOne(variant: Variant, imm: number, state: Uint8Array, host: { signal: number; state: Uint8Array }): string {
    putState(loaded, state)
    const result = execute(loaded.core, loaded.bytes, variant, imm)
    const ours = getState(loaded)
    const faults: Record<number, number> = { 0x110: 8, 0x113: 8, 0x10d: 11, 0x106: 4 }
    const signal = result >= 0x100 ? (faults[result] ?? -1) : 0
    if (signal !== host.signal) return `host signal ${host.signal}, ours ${signal} (0x${result.toString(16)})`
    if (variant.row[10].includes('eflags') && signal === 0) {
      const flags = new DataView(host.state.buffer, host.state.byteOffset).getUint32(STATE.RFLAGS, true) & STATUS_FLAGS
      if (flags !== result) return `EFLAGS host 0x${flags.toString(16)} ours 0x${result.toString(16)}`
    }
    // The host may have bits in MXCSR that we do not offer (misaligned mode); STMXCSR and LDMXCSR stay within ours.
    return differences(host.state, ours)
  }

  /** Relative error at most 1.5 * 2^-12 of the exact value; special results exactly as the host has them. */
  function compareApproximate(variant: Variant, imm: number, state: Uint8Array, host: Uint8Array): string {
    putState(loaded, state)
    execute(loaded.core, loaded.bytes, variant, imm)
    const ours = getState(loaded)
    const lanes = variant.row[0].endsWith('ss') ? 1 : 4
    const from = variant.memory ? STATE.MEMORY : 160 + 16 * variant.rm
    for (let i = 0; i < lanes; i++) {
      const read = (bytes: Uint8Array, at: number): number =>
        new DataView(bytes.buffer, bytes.byteOffset).getFloat32(at + 4 * i, true)
      const bits = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(176 + 4 * i, true)
      const x = read(state, from)
      const exact = variant.row[0].startsWith('rcp') ? 1 / x : 1 / Math.sqrt(x)
      const ordinary =
        Number.isFinite(exact) && Math.abs(exact) >= 2 ** -126 && Math.abs(x) >= 2 ** -126 && exact !== 0 && Number.isFinite(x)
      const fits = ordinary ? Math.abs(read(ours, 176) / exact - 1) <= 1.5 * 2 ** -12 : bits(ours) === bits(host)
      if (!fits) return `lane ${i} of ${x}: host ${bits(host).toString(16)} ours ${bits(ours).toString(16)}`
      ours.copyWithin(176 + 4 * i, 176 + 4 * i, 176 + 4 * i)
      new DataView(ours.buffer).setUint32(176 + 4 * i, bits(host), true)
    }
    return differences(host, ours)
  }
})
