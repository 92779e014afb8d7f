// MMX, SSE and SSE2 against the host CPU: every encoding of isa/sse-rows.ts, random states full of awkward values, all
// registers, memory, MXCSR and faults compared. RCP and RSQRT have a tolerance instead (their tables differ by vendor).
// Runs in: vitest; where the host cannot be asked, recorded outcomes stand in.
import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SSE_ROWS, type SseRow } from '../../../src-engine/isa/sse-rows'
import { count } from '../../support/tier'
import { getState, loadCore, putState } from './core'
import { differences } from './differences'
import { encode, execute, kindOf, type Variant, variantsOf } from './forms'
import { type Case, compileC, hasNative, type Outcome, runNative, STATE } from './native'
import { Recorded } from './recorded'
import { makeState, random } from './states'

const STATUS_FLAGS = 0x8d5
const SLICE = 60
/** The program that asks the host takes longer to start than to answer. */
const CASES_TOGETHER = 6_000
const rows: readonly SseRow[] = SSE_ROWS

type SseCase = Case & { readonly imm: number }
type Asked = { readonly cases: readonly SseCase[]; readonly hosts: readonly Outcome[] }

describe('MMX, SSE and SSE2 give the host CPU’s results, flags and faults', () => {
  let loaded: Awaited<ReturnType<typeof loadCore>>
  let oracle: ReturnType<typeof compileC> | undefined
  const recorded = new Recorded('sse')
  beforeAll(async () => {
    if (hasNative) oracle = compileC('native.c')
    loaded = await loadCore()
  })
  afterAll(() => {
    if (oracle) fs.rmSync(oracle.folder, { recursive: true, force: true })
    recorded.save()
  })

  const approximate = (row: SseRow): boolean => /^r(cp|sqrt)/.test(row[0])
  const variants = rows.filter((row) => row[8] !== 'none' && row[8] !== 'special').flatMap(variantsOf)
  const states = count(SLICE, 1500)
  /** What was asked ahead, by the encoding's place in the list. */
  const asked = new Map<number, Asked>()

  it.each(variants.map((variant, index) => [variant.name, variant, index] as const))('%s', (name, variant, index) => {
    const { row } = variant
    const { cases, hosts } = askedOf(index)
    const ours = cases.map(({ imm, state }) => run(variant, imm, state))
    const bad = hosts.flatMap((host, i) => {
      const [start, mine] = [cases[i], ours[i]]
      if (!start || !mine) throw new Error('a case is missing')
      if (host.signal !== mine.signal) return [`case ${i}: host signal ${host.signal}, ours ${mine.signal}`]
      const report = approximate(row)
        ? differencesOfApproximation(variant, start.state, host.state, mine.state)
        : differences(host.state, mine.state)
      return report ? [`case ${i} imm ${start.imm}: ${report}\n  before: ${describeStart(start.state)}`] : []
    })
    expect(bad.slice(0, 3).join('\n'), `${bad.length} of ${cases.length}`).toBe('')
    recorded.check(`${index} ${name}`, ours.slice(0, SLICE))
  })

  /** The same ones each time for the same place in the list. */
  function casesOf(variant: Variant, index: number): readonly SseCase[] {
    const r = random(0x5e5e + index)
    const { row } = variant
    return Array.from({ length: states }, () => {
      const imm = row[0].startsWith('cmp') ? r.below(8) : r.chance(0.5) ? r.below(20) : r.below(256)
      const state = makeState(r, r.chance(0.05) ? 'bits' : kindOf(row))
      if (row[0] === 'ldmxcsr' && r.chance(0.8)) new DataView(state.buffer).setUint32(STATE.MEMORY, r.below(0x1_0000), true)
      return { imm, state, code: encode(variant, imm) }
    })
  }

  /** The cases of the encoding at this place of the list, and what the host makes of them: nothing where it cannot be asked. */
  function askedOf(index: number): Asked {
    if (!asked.has(index)) askFrom(index)
    const known = asked.get(index)
    if (known === undefined) throw new Error(`no encoding has place ${index}`)
    asked.delete(index)
    return known
  }

  /** Asks for the encodings that follow as well. */
  function askFrom(index: number): void {
    const together = variants.slice(index, index + Math.max(1, Math.floor(CASES_TOGETHER / states)))
    const cases = together.map((variant, place) => casesOf(variant, index + place))
    const hosts = oracle ? runNative(oracle.program, cases.flat()).map(comparable) : []
    cases.forEach((each, place) => {
      asked.set(index + place, { cases: each, hosts: hosts.slice(place * states, (place + 1) * states) })
    })
  }

  function describeStart(state: Uint8Array): string {
    const at = (from: number): string =>
      Buffer.from(state.subarray(from, from + 16))
        .reverse()
        .toString('hex')
    return `MXCSR ${new DataView(state.buffer).getUint32(24, true).toString(16)} XMM1 ${at(176)} XMM2 ${at(192)} MM1 ${at(48)} MM2 ${at(64)} memory ${at(STATE.MEMORY)}`
  }

  /** The outcome in the core. */
  function run(variant: Variant, imm: number, start: Uint8Array): Outcome {
    putState(loaded, start)
    const result = execute(loaded.core, loaded.bytes, variant, imm)
    const state = getState(loaded)
    const faults: Record<number, number> = { 0x110: 8, 0x113: 8, 0x10d: 11, 0x106: 4 }
    const signal = result >= 0x100 ? (faults[result] ?? -1) : 0
    const flags = new DataView(start.buffer).getUint16(STATE.RFLAGS, true) & STATUS_FLAGS
    const written = variant.row[10].includes('eflags') && signal === 0
    new DataView(state.buffer).setUint16(STATE.RFLAGS, written ? result : flags, true)
    return { signal, state }
  }

  /** An outcome of the host with only the status flags of RFLAGS. */
  function comparable({ signal, state }: Outcome): Outcome {
    const view = new DataView(state.buffer, state.byteOffset)
    view.setBigUint64(STATE.RFLAGS, view.getBigUint64(STATE.RFLAGS, true) & BigInt(STATUS_FLAGS), true)
    return { signal, state }
  }

  /** Relative error at most 1.5 * 2^-12 of the exact value; special results exactly as the host has them. */
  function differencesOfApproximation(variant: Variant, start: Uint8Array, host: Uint8Array, mine: Uint8Array): string {
    const ours = mine.slice()
    const lanes = variant.row[0].endsWith('ss') ? 1 : 4
    const from = variant.memory ? STATE.MEMORY : 160 + 16 * variant.rm
    for (let i = 0; i < lanes; i++) {
      const read = (bytes: Uint8Array, at: number): number =>
        new DataView(bytes.buffer, bytes.byteOffset).getFloat32(at + 4 * i, true)
      const bits = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(176 + 4 * i, true)
      const x = read(start, from)
      const exact = variant.row[0].startsWith('rcp') ? 1 / x : 1 / Math.sqrt(x)
      const ordinary =
        Number.isFinite(exact) && Math.abs(exact) >= 2 ** -126 && Math.abs(x) >= 2 ** -126 && exact !== 0 && Number.isFinite(x)
      const fits = ordinary ? Math.abs(read(ours, 176) / exact - 1) <= 1.5 * 2 ** -12 : bits(ours) === bits(host)
      if (!fits) return `lane ${i} of ${x}: host ${bits(host).toString(16)} ours ${bits(ours).toString(16)}`
      new DataView(ours.buffer).setUint32(176 + 4 * i, bits(host), true)
    }
    return differences(host, ours)
  }
})
