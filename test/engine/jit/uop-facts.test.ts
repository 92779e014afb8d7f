// Which instructions are translated and which are calls into the core; that both do the same is the lockstep checker's.
// Runs in: vitest, no core.
import { expect, it } from 'vitest'
import { isNative } from '../../../src-engine/jit/uop-facts'
import { UOPS } from '../../../src-engine/jit/uop-table'

it('shifts by a constant are translated whatever their width, in registers and in memory', () => {
  const shifts = UOPS.flatMap((kind) => (kind && /^(shl|shr|sar):EI$/.test(kind.family) ? kind : []))
  expect(new Set(shifts.map(({ name, size, memory }) => `${name} ${8 << size} ${memory}`)).size).toBe(24)
  for (const kind of shifts) expect(isNative(kind), `${kind.name}, ${8 << kind.size} bits`).toBe(true)
})
