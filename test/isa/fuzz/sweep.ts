// Runs forms on the host CPU and on our core, and gathers what differs.
// Runs in: tests and the fuzzer.
import { random } from '../fp/states'
import type { Case } from './case'
import { compare, describe } from './compare'
import { countRow, type Form } from './forms'
import { makeCase } from './generate'
import type { Machine } from './machine'
import type { Oracle } from './native'

export type Mismatch = { readonly form: string; readonly text: string; readonly start: string }
export type Outcome = {
  readonly form: Form
  readonly cases: number
  readonly bad: readonly Mismatch[]
  readonly badCount: number
}

export function seedOf(name: string, seed: number): number {
  let h = 0x811c9dc5 ^ seed
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** Compares `count` cases of each form; one process of the harness takes many forms. */
export function sweep(
  forms: readonly Form[],
  count: number,
  seed: number,
  oracle: Oracle,
  machine: Machine,
  keep = 3,
): Outcome[] {
  const outcomes: Outcome[] = []
  const perBatch = Math.max(1, Math.floor(4000 / count))
  for (let i = 0; i < forms.length; i += perBatch) {
    const part = forms.slice(i, i + perBatch)
    const lists = part.map((form) => {
      const r = random(seedOf(form.name, seed))
      return Array.from({ length: count }, () => makeCase(form, r))
    })
    const answers = oracle.run(lists.flat())
    machine.reset()
    let at = 0
    part.forEach((form, n) => {
      const bad: Mismatch[] = []
      let badCount = 0
      for (const c of lists[n] ?? ([] as Case[])) {
        const host = answers[at++]
        if (!host) throw new Error('an answer is missing')
        const text = compare(form, c, host, machine.run(c))
        if (text === '') continue
        badCount++
        if (bad.length < keep) bad.push({ form: form.name, text, start: describe(c) })
      }
      countRow(form)
      outcomes.push({ form, cases: count, bad, badCount })
    })
  }
  return outcomes
}
