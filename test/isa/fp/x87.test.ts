// x87 against the host CPU: every encoding of D8-DF but the transcendentals (transcendental.test.ts), random stacks, tags,
// control and status words; registers, status, tags, memory, EFLAGS and faults compared. Instruction and operand
// pointers are left out: AMD saves them only with a pending exception.
// Runs in: vitest; where the host cannot be asked, recorded outcomes stand in.
import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { count } from '../../support/tier'
import { address, getState, loadCore, OPERAND, putState, STAGING } from './core'
import { differences } from './differences'
import { compileC, hasNative, type Outcome, runNative, STATE } from './native'
import { Recorded } from './recorded'
import { extended, float, integer, makeState, nearInteger, type Random, random } from './states'

const STATUS_FLAGS = 0x8d5
const SLICE = 150
const X87_EFLAGS = address('SCRATCH') + 0xfc

type Form = { readonly name: string; readonly op: number; readonly modrms: readonly number[]; readonly short: boolean }

function forms(): Form[] {
  const found: Form[] = []
  const range = (from: number, length: number): number[] => Array.from({ length }, (_, i) => from + i)
  for (let op = 0xd8; op <= 0xdf; op++) {
    const label = op.toString(16).toUpperCase()
    for (let reg = 0; reg < 8; reg++) {
      found.push({ name: `${label} /${reg} memory`, op, modrms: [(reg << 3) | 6], short: false })
      const environment = (op === 0xd9 || op === 0xdd) && (reg === 4 || reg === 6)
      if (environment) found.push({ name: `66 ${label} /${reg} memory`, op, modrms: [(reg << 3) | 6], short: true })
      const single =
        (op === 0xd9 && (reg === 2 || reg >= 4)) ||
        (op === 0xda && reg >= 4) ||
        (op === 0xdb && (reg === 4 || reg === 7)) ||
        (op === 0xde && reg === 3) ||
        (op === 0xdf && (reg === 4 || reg === 7)) ||
        (op === 0xdd && reg >= 6)
      const groups = single ? range(0xc0 + 8 * reg, 8).map((modrm) => [modrm]) : [range(0xc0 + 8 * reg, 8)]
      for (const modrms of groups) {
        const modrm = modrms[0] ?? 0
        if (op === 0xd9 && [0xf0, 0xf1, 0xf2, 0xf3, 0xf9, 0xfb, 0xfe, 0xff].includes(modrm)) continue
        found.push({
          name: `${label} ${modrm.toString(16).toUpperCase()}${modrms.length > 1 ? '+i' : ''}`,
          op,
          modrms,
          short: false,
        })
      }
    }
  }
  return found
}

/** A memory operand that suits the instruction. */
function fillMemory(r: Random, state: Uint8Array, op: number, reg: number): void {
  const view = new DataView(state.buffer, STATE.MEMORY)
  const [signExponent, significand] = extended(r)
  if (op === 0xd8 || (op === 0xd9 && reg < 4))
    view.setUint32(0, Number(r.chance(0.8) ? float(r, 32) : nearInteger(r, 32)), true)
  else if (op === 0xdc || (op === 0xdd && reg < 4))
    view.setBigUint64(0, r.chance(0.8) ? float(r, 64) : nearInteger(r, 64), true)
  else if (op === 0xdb && reg === 5) {
    view.setBigUint64(0, significand, true)
    view.setUint16(8, signExponent, true)
  } else if (op === 0xdf && reg === 4) {
    for (let i = 0; i < 9; i++) view.setUint8(i, (r.below(10) << 4) | r.below(10))
    view.setUint8(9, r.below(2) << 7)
  } else if (op === 0xd9 || op === 0xdd) {
    const source = makeState(r, 'bits', true)
    const words = new DataView(source.buffer)
    for (let i = 0; i < 128; i += 2) view.setUint16(i, r.u32() & 0xffff, true)
    const step = r.chance(0.5) ? 2 : 4
    view.setUint16(0, words.getUint16(0, true), true)
    view.setUint16(step, words.getUint16(2, true), true)
    // Registers of an FRSTOR image, in both formats at once is impossible: any bits load.
  } else view.setBigUint64(0, integer(r), true)
}

describe('x87 gives the host CPU’s results, status and faults', () => {
  let loaded: Awaited<ReturnType<typeof loadCore>>
  let oracle: ReturnType<typeof compileC> | undefined
  const recorded = new Recorded('x87')
  beforeAll(async () => {
    if (hasNative) oracle = compileC('native.c')
    loaded = await loadCore()
  })
  afterAll(() => {
    if (oracle) fs.rmSync(oracle.folder, { recursive: true, force: true })
    recorded.save()
  })
  const states = count(SLICE, 3000)

  it.each(forms().map((form, index) => [form.name, form, index] as const))('%s', (name, form, index) => {
    const r = random(0x8700 + index)
    const cases = Array.from({ length: states }, () => {
      const modrm = form.modrms[r.below(form.modrms.length)] ?? 0
      const state = makeState(r, 'bits', true)
      if (modrm < 0xc0) fillMemory(r, state, form.op, (modrm >> 3) & 7)
      if (r.chance(0.15)) state.copyWithin(48, 32, 42) // ST1 = ST0
      if (r.chance(0.1)) near(r, state)
      if (r.chance(0.1)) integral(r, state)
      return { modrm, state, code: Uint8Array.from([...(form.short ? [0x66] : []), form.op, modrm]) }
    })
    const ours = cases.map(({ modrm, state }) => comparable(form, modrm, run(form, modrm, state)))
    const hosts = oracle ? runNative(oracle.program, cases) : []
    const bad = hosts.flatMap((outcome, i) => {
      const [start, mine] = [cases[i], ours[i]]
      if (!start || !mine) throw new Error('a case is missing')
      const host = comparable(form, start.modrm, outcome)
      const where = `case ${i} modrm ${start.modrm.toString(16)}`
      if (host.signal !== mine.signal) return [`${where}: host signal ${host.signal}, ours ${mine.signal}`]
      const report = differences(host.state, mine.state)
      return report ? [`${where}: ${report}\n  before: ${describeStart(start.state)}`] : []
    })
    expect(bad.slice(0, 8).join('\n'), `${bad.length} of ${cases.length}`).toBe('')
    recorded.check(`${index} ${name}`, ours.slice(0, SLICE))
  })

  /** ST1 within a few binades of ST0. */
  function near(r: Random, state: Uint8Array): void {
    const view = new DataView(state.buffer)
    const exponent = view.getUint16(40, true) & 0x7fff
    view.setUint16(56, Math.max(0, Math.min(0x7fff, exponent + r.below(140) - 70)) | (r.below(2) << 15), true)
  }

  /** ST0 near an integer: ties of the integer stores. */
  function integral(r: Random, state: Uint8Array): void {
    const view = new DataView(state.buffer)
    const digits = r.below(66)
    view.setUint16(40, (0x3fff + digits) | (r.below(2) << 15), true)
    const keep = BigInt(Math.max(0, Math.min(63, 62 - digits)))
    const value = ((r.u64() | (1n << 63n)) >> keep) << keep
    view.setBigUint64(32, r.chance(0.5) ? value : (1n << 63n) | (r.chance(0.5) ? 0n : (1n << 63n) - 1n), true)
  }

  function describeStart(state: Uint8Array): string {
    const view = new DataView(state.buffer)
    const st = (i: number): string =>
      `${view.getUint16(40 + 16 * i, true).toString(16)}:${view.getBigUint64(32 + 16 * i, true).toString(16)}`
    const memory = Buffer.from(state.subarray(STATE.MEMORY, STATE.MEMORY + 10))
      .reverse()
      .toString('hex')
    const [control, status, tags] = [view.getUint16(0, true), view.getUint16(2, true), view.getUint8(4)]
    return `CW ${control.toString(16)} SW ${status.toString(16)} tags ${tags.toString(2)} ST0 ${st(0)} ST1 ${st(1)} memory ${memory}`
  }

  /** The outcome in the core, driven as fpu/README.md says. */
  function run(form: Form, modrm: number, start: Uint8Array): Outcome {
    const { core, bytes } = loaded
    const before = new DataView(start.buffer).getUint16(STATE.RFLAGS, true) & STATUS_FLAGS
    putState(loaded, start)
    const memory = new DataView(bytes.buffer)
    memory.setUint32(X87_EFLAGS, before, true)
    const size = core.x87_mem_size(form.op, modrm, form.short ? 1 : 0)
    const result = core.x87_execute(form.op, modrm, size < 0 ? STAGING : OPERAND, form.short ? 1 : 0)
    if (size < 0 && result === 0) {
      bytes.copyWithin(OPERAND, STAGING, STAGING - size)
      core.x87_commit()
    }
    const faults: Record<number, number> = { 0x110: 8, 0x106: 4 }
    if (result & 0x2000) memory.setUint16(address('GPR'), result >>> 16, true)
    const state = getState(loaded)
    new DataView(state.buffer).setUint16(STATE.RFLAGS, result & 0x1000 ? result & STATUS_FLAGS : before, true)
    return { signal: result & 0x100 ? (faults[result] ?? -1) : 0, state }
  }

  /** Without the pointers of a stored environment, and with only the status flags of RFLAGS. */
  function comparable(form: Form, modrm: number, { signal, state }: Outcome): Outcome {
    const copy = new Uint8Array(state)
    const view = new DataView(copy.buffer)
    view.setBigUint64(STATE.RFLAGS, view.getBigUint64(STATE.RFLAGS, true) & BigInt(STATUS_FLAGS), true)
    const size = loaded.core.x87_mem_size(form.op, modrm, form.short ? 1 : 0)
    if (size <= -14) copy.fill(0, STATE.MEMORY + (form.short ? 6 : 12), STATE.MEMORY + (form.short ? 14 : 28))
    return { signal, state: copy }
  }
})
