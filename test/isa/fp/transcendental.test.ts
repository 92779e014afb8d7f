// x87 transcendentals: values within one unit in the last place of a 113-bit reference; everything else (status, tags,
// special results, faults) as the host CPU has it. C1 is left out: it tells how the host's own approximation was rounded.
// Runs in: vitest; where the host cannot be asked, recorded outcomes stand in.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { count } from '../../support/tier'
import { getState, loadCore, putState } from './core'
import { differences } from './differences'
import { compileC, hasNative, type Outcome, runNative, STATE } from './native'
import { Recorded } from './recorded'
import { extended, makeState, type Random, random } from './states'

const RECORD = 80
const SLICE = 400

/** Names, ModRM after D9, how many operands. */
const INSTRUCTIONS = [
  ['F2XM1', 0xf0, 1],
  ['FYL2X', 0xf1, 2],
  ['FPTAN', 0xf2, 1],
  ['FPATAN', 0xf3, 2],
  ['FYL2XP1', 0xf9, 2],
  ['FSINCOS', 0xfb, 1],
  ['FSIN', 0xfe, 1],
  ['FCOS', 0xff, 1],
] as const

type Number80 = { readonly exponent: number; readonly negative: boolean; readonly significand: bigint }

function read80(state: Uint8Array, i: number): Number80 {
  const view = new DataView(state.buffer, state.byteOffset)
  const word = view.getUint16(40 + 16 * i, true)
  return { exponent: word & 0x7fff, negative: word >= 0x8000, significand: view.getBigUint64(32 + 16 * i, true) }
}
const finite = (x: Number80): boolean =>
  x.exponent !== 0x7fff && x.significand !== 0n && (x.exponent === 0 || x.significand >> 63n === 1n)
const magnitude = (x: Number80): number => Number(x.significand) * 2 ** Math.max(-1000, Math.min(900, x.exponent - 16383 - 63))

/** Whether the manual defines the value for these operands. */
function defined(op: number, x: Number80, y: Number80): boolean {
  if (!finite(x)) return false
  if (op === 0xf0) return x.exponent < 16383 || (x.exponent === 16383 && x.significand === 1n << 63n)
  if (op === 0xf1) return finite(y) && !x.negative
  if (op === 0xf3) return finite(y)
  if (op === 0xf9) return finite(y) && magnitude(x) <= 1 - Math.SQRT1_2
  return x.exponent < 16383 + 63
}

/** Operands where the functions are interesting. */
function choose(r: Random, state: Uint8Array, op: number): void {
  const view = new DataView(state.buffer)
  const set = (i: number, signExponent: number, significand: bigint): void => {
    view.setUint16(40 + 16 * i, signExponent, true)
    view.setBigUint64(32 + 16 * i, significand, true)
  }
  const any = (): bigint => r.u64() | (1n << 63n)
  const sign = (): number => r.below(2) << 15
  if (r.chance(0.1)) return
  if (r.chance(0.1)) {
    set(0, ...extended(r))
    return
  }
  const positive = op === 0xf1
  const exponent =
    op === 0xf0 || op === 0xf9 ? 16383 - 1 - r.below(r.chance(0.5) ? 6 : 80) : 16383 + r.below(r.chance(0.6) ? 8 : 70) - 4
  set(0, (positive ? 0 : sign()) | exponent, any())
  if (op === 0xf1 && r.chance(0.4)) {
    const tiny = 1n << BigInt(r.below(62))
    if (r.chance(0.5)) set(0, 16383, (1n << 63n) | tiny)
    else set(0, 16382, (1n << 64n) - 1n - tiny)
  }
  if (op === 0xf1 && r.chance(0.1)) set(0, r.below(0x7fff), 1n << 63n)
  if (op >= 0xfb && r.chance(0.2)) {
    // Near multiples of pi/2.
    const multiple = (0xc90fdaa22168c234n * BigInt(1 + r.below(64))) >> 0n
    const shift = BigInt(multiple.toString(2).length - 64)
    set(0, sign() | (16383 + Number(shift)), (multiple >> shift) + BigInt(r.below(5) - 2))
  }
  if (r.chance(0.8)) set(1, sign() | (16383 + r.below(40) - 20), any())
  // Room for the instructions that push.
  if (r.chance(0.8)) view.setUint8(4, view.getUint8(4) & ~(1 << (((view.getUint16(2, true) >> 11) + 7) & 7)))
  if (op === 0xf3 && r.chance(0.3)) set(1, sign() | (view.getUint16(40, true) & 0x7fff), any())
}

describe('x87 transcendentals', () => {
  let loaded: Awaited<ReturnType<typeof loadCore>>
  let programs: { oracle: ReturnType<typeof compileC>; reference: ReturnType<typeof compileC> } | undefined
  const recorded = new Recorded('transcendental')
  beforeAll(async () => {
    if (hasNative) programs = { oracle: compileC('native.c'), reference: compileC('reference.c', ['-lquadmath']) }
    loaded = await loadCore()
  })
  afterAll(() => {
    for (const { folder } of Object.values(programs ?? {})) fs.rmSync(folder, { recursive: true, force: true })
    recorded.save()
  })

  it.each(INSTRUCTIONS)('%s is within one unit in the last place, its status is the host’s', (name, modrm, operands) => {
    const r = random(0x7a00 + modrm)
    const cases = Array.from({ length: count(SLICE, 20_000) }, () => {
      const state = makeState(r, 'bits', true)
      choose(r, state, modrm)
      return { code: Uint8Array.from([0xd9, modrm]), state }
    })
    const results = cases.map(({ state }) => run(modrm, state))
    if (!programs) {
      recorded.check(name, results.slice(0, SLICE))
      return
    }
    const outcomes = runNative(programs.oracle.program, cases)
    const bad: string[] = []
    const records: { readonly index: number; readonly bytes: Uint8Array }[] = []
    cases.forEach(({ state }, index) => {
      const [host, mine] = [outcomes[index], results[index]]
      if (!host || !mine) throw new Error('an outcome is missing')
      const before = new DataView(state.buffer)
      const ours = mine.state.slice()
      ours.set(host.state.subarray(STATE.RFLAGS, STATE.RFLAGS + 8), STATE.RFLAGS)
      const text = `case ${index} CW ${before.getUint16(0, true).toString(16)} SW ${before.getUint16(2, true).toString(16)} tags ${before.getUint8(4).toString(2)} ${show(state, 0)} ${show(state, 1)}`
      if (mine.signal !== host.signal) {
        bad.push(`${text}: host signal ${host.signal}, ours ${mine.signal}`)
        return
      }
      const [x, y] = [read80(state, 0), read80(state, 1)]
      const status = new DataView(ours.buffer)
      const hostStatus = new DataView(host.state.buffer, host.state.byteOffset)
      const tags = before.getUint8(4)
      const full = (i: number): boolean => ((tags >> (((before.getUint16(2, true) >> 11) + i) & 7)) & 1) === 1
      const ordinary = defined(modrm, x, y) && full(0) && (operands === 1 || full(1))
      const computed =
        ordinary && host.signal === 0 && (hostStatus.getUint16(2, true) & 0x40) === (before.getUint16(2, true) & 0x40)
      if (ordinary || (finite(x) && (operands === 1 || finite(y)))) {
        status.setUint16(2, (status.getUint16(2, true) & ~0x200) | (hostStatus.getUint16(2, true) & 0x200), true)
      }
      const pushes = modrm === 0xf2 || modrm === 0xfb
      if (computed) {
        const record = new Uint8Array(RECORD)
        const put = (at: number, source: Uint8Array, i: number): void => {
          record.set(source.subarray(32 + 16 * i, 42 + 16 * i), at)
          // A pseudo-denormal is the smallest normal exponent in disguise; gcc's conversions do not know it.
          const { exponent, significand } = read80(source, i)
          if (exponent === 0 && significand >> 63n === 1n) record[at + 8] = 1
        }
        new DataView(record.buffer).setUint32(0, modrm, true)
        put(16, state, 0)
        put(32, state, 1)
        const pushed = pushes && ((hostStatus.getUint16(2, true) ^ before.getUint16(2, true)) & 0x3800) !== 0
        put(48, ours, pushed ? 1 : 0)
        if (modrm === 0xfb) put(64, ours, 0)
        const same = operands === 1 && !pushed && pushes
        const unchanged = operands === 2 && ((hostStatus.getUint16(2, true) ^ before.getUint16(2, true)) & 0x3800) === 0
        // Unmasked DE: no result. Unmasked OE and UE: wrapped exponents.
        const trapped = (hostStatus.getUint16(2, true) & ~before.getUint16(0, true) & 0x1a) !== 0
        if (!same && !unchanged && !trapped && status.getUint16(2, true) === hostStatus.getUint16(2, true))
          records.push({ index, bytes: record })
        const places = modrm === 0xfb && pushed ? [0, 1] : pushed ? [1] : [0]
        for (const i of places) ours.set(host.state.subarray(32 + 16 * i, 42 + 16 * i), 32 + 16 * i)
      } else if (finite(x) && !defined(modrm, x, y) && (modrm === 0xf0 || modrm === 0xf9)) return // the manual leaves the result open
      const report = differences(host.state, ours)
      if (report) bad.push(`${text}: ${report}`)
    })
    const checked = spawnSync(programs.reference.program, {
      input: Buffer.concat(records.map(({ bytes }) => bytes)),
      maxBuffer: 1 << 28,
    })
    const errors = new DataView(checked.stdout.buffer, checked.stdout.byteOffset, checked.stdout.length)
    let worst = 0
    records.forEach(({ index }, i) => {
      const control = new DataView(cases[index]?.state.buffer ?? new ArrayBuffer(4)).getUint16(0, true)
      const limit = (control & 0xc00) === 0 ? 0.51 : 1.01
      const error = Math.max(errors.getFloat64(16 * i, true), modrm === 0xfb ? errors.getFloat64(16 * i + 8, true) : 0)
      worst = Math.max(worst, error)
      if (error > limit)
        bad.push(
          `case ${index}: error ${error} CW ${control.toString(16)} of ${show(cases[index]?.state ?? new Uint8Array(600), 0)} ${show(cases[index]?.state ?? new Uint8Array(600), 1)}`,
        )
    })
    expect(bad.slice(0, 8).join('\n'), `${bad.length} of ${cases.length}, worst ${worst} of ${records.length}`).toBe('')
    expect(records.length).toBeGreaterThan(cases.length / 5)
    recorded.check(name, results.slice(0, SLICE))
  })

  function run(modrm: number, start: Uint8Array): Outcome {
    putState(loaded, start)
    const result = loaded.core.x87_execute(0xd9, modrm, 0, 0)
    return { signal: result === 0x110 ? 8 : 0, state: getState(loaded) }
  }

  function show(state: Uint8Array, i: number): string {
    const x = read80(state, i)
    return `ST${i} ${x.negative ? '-' : ''}${x.exponent.toString(16)}:${x.significand.toString(16)}`
  }
})
