// Cases recorded on real hardware (test/fixture/isa), run on our core: what is left of the instruction tests where gcc or
// an x86-64 processor is missing.
// Runs in: vitest, everywhere.
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { compare } from './compare'
import { countRow, integerForms, sseForms, x87Forms } from './forms'
import { Machine } from './machine'
import { type Recorded, unpack } from './recorded'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')
const FILE = path.resolve(import.meta.dirname, '../../fixture/isa/recorded.bin.gz')

describe('registers, flags, memory and faults are those recorded on a processor', () => {
  const recorded = unpack(fs.readFileSync(FILE))
  const sets = {
    'integer forms': integerForms(),
    'integer forms in 32-bit code': integerForms(32),
    'MMX and SSE forms': sseForms(),
    'x87 forms': x87Forms(),
  }

  it.each(Object.entries(sets))('after %s', async (_name, forms) => {
    const machine = await Machine.create(CORE)
    const found = new Map<string, Recorded[]>()
    for (const r of recorded) found.set(r.form, [...(found.get(r.form) ?? []), r])
    const bad: string[] = []
    for (const form of forms) {
      const list = found.get(form.name)
      if (!list) bad.push(`${form.name}: nothing recorded (npm run -s fuzz -- --record on an x86-64 Linux machine with gcc)`)
      if (list) countRow(form)
      for (const { case: c, answer } of list ?? []) {
        machine.reset()
        const text = compare(form, c, answer, machine.run(c))
        if (text !== '') bad.push(`${form.name}: ${text}`)
      }
    }
    expect(bad.join('\n')).toBe('')
  })
})
