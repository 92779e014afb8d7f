// Every user-mode form of the instruction tables against the host CPU, through the whole decoder, at CPL 3 with paging.
// `npm test` compares a slice with a fixed seed, the long tier 1,000 states of each form. forms.ts has what is left out.
// Runs in: vitest; skipped where gcc or x86-64 Linux is missing (recorded.test.ts then remains).
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OPCODE_MAP } from '../../../src-engine/isa/opcode-map'
import { count } from '../../support/tier'
import { EXCLUDED, type Form, integerForms, pairForms, sequenceForms, sseForms, x87Forms } from './forms'
import { Machine } from './machine'
import { answerable, buildOracle, hasNative, type Oracle } from './native'
import { sweep } from './sweep'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')
const SEED = 20261123

function groupOf(form: Form): string {
  switch (form.set) {
    case 'integer':
      return form.bits === 32 ? `${form.row[3]} in 32-bit code` : form.row[3]
    case 'sse':
      return form.row[0]
    case 'x87':
      return form.name.split('/')[0] ?? form.name
    case 'sequence':
      return `${form.user.row[3]} after other instructions`
  }
}
/** Forms by mnemonic. */
function groups(forms: readonly Form[]): (readonly [string, readonly Form[]])[] {
  const found = new Map<string, Form[]>()
  for (const form of forms) found.set(groupOf(form), [...(found.get(groupOf(form)) ?? []), form])
  return [...found]
}

it('every family of the opcode map is compared here or left out with a reason', () => {
  const compared = new Set(integerForms().map((form) => form.row[9]))
  const elsewhere = ['x87', 'fxsave', 'fxrstor', 'ldmxcsr', 'stmxcsr'] // in the x87 and SSE sets
  const missing = OPCODE_MAP.filter(([, , , , , , , , flags, family, status]) => {
    if (status !== 'done' || flags.includes('!64')) return false // 32-bit code: micro-kernels
    return !compared.has(family) && EXCLUDED[family] === undefined && !elsewhere.includes(family)
  })
  expect(missing.map((row) => row[3])).toEqual([])
})

describe.skipIf(!hasNative)('registers, flags, memory and faults are those of the host CPU', () => {
  let machine: Machine
  let oracle: Oracle
  beforeAll(async () => {
    oracle = buildOracle()
    machine = await Machine.create(CORE)
  })
  afterAll(() => oracle.dispose())
  const states = count(4, 1000)

  const all = [...integerForms(), ...integerForms(32), ...sequenceForms(), ...pairForms(), ...sseForms(), ...x87Forms()]
  it.each(groups(answerable(all)))('after %s', (_name, forms) => {
    const outcomes = sweep(forms, states, SEED, oracle, machine)
    const text = outcomes.flatMap(({ bad }) => bad.map((b) => `${b.form}: ${b.text}\n  ${b.start}`))
    expect(text.join('\n')).toBe('')
  })
})
