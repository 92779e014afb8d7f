// Uop numbers and what they mean, from the same tables the interpreter's dispatch is generated from.
// Runs in: the vcpu's worker thread (plain data).

import { numberUops, SPECIAL } from '../isa/generate/dispatch'
import { endingFamilies, familyNames } from '../isa/generate/tables'

const numbering = numberUops(familyNames())
const endings = endingFamilies()

export const UOP_ENTER = SPECIAL.indexOf('ENTER')
export const UOP_STALE = SPECIAL.indexOf('STALE')
/** Stands in front of another uop and does all of it: the two are one (assembly/execute/locked.ts). */
export const UOP_LOCK = SPECIAL.indexOf('LOCK')

export interface UopKind {
  /** Family of isa/uops.ts, or a name of SPECIAL. */
  readonly family: string
  /** Part before the colon, and the operand form after it. */
  readonly name: string
  readonly form: string
  /** log2 of the operand's bytes. */
  readonly size: number
  readonly memory: boolean
  /** It ends its block. */
  readonly ends: boolean
  /** The number cold() carries it out by; 0 for uops that no instruction names. */
  readonly cold: number
}

function kind(family: string, k: number, cold: number): UopKind {
  const [name = '', form = ''] = family.split(':')
  return { family, name, form, size: k >> 1, memory: (k & 1) === 1, ends: endings.has(family), cold }
}

const kinds: UopKind[] = []
SPECIAL.forEach((name, op) => {
  kinds[op] = {
    ...kind(name, 0, op === UOP_LOCK ? op : 0),
    ends: name === 'GOTO' || name === 'RAISE' || name === 'STALE' || name === 'ENTER',
  }
})
numbering.families.forEach((family, f) => {
  for (let k = 0; k < 8; k++) {
    const cold = numbering.coldBase + f * 8 + k
    kinds[cold] = kind(family, k, cold)
  }
})
for (const { family, k, op } of numbering.hot)
  kinds[op] = kind(family, k, numbering.coldBase + numbering.families.indexOf(family) * 8 + k)

/** By uop number: of a pair's the number of its first, which stands in its place; else the number itself. */
export const FIRST_OF: readonly number[] = Array.from(
  kinds,
  (_, op) => numbering.pairs.find((pair) => pair.op === op)?.first.op ?? op,
)

/** It changes flags and nothing else. */
export function comparesOnly({ name }: UopKind): boolean {
  return name === 'cmp' || name === 'test'
}

const CONDITIONS = ['o', 'no', 'b', 'ae', 'z', 'nz', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g']
const JUMPS = new Set(CONDITIONS.map((condition) => `j${condition}`))
export function isConditionalJump(family: string): boolean {
  return JUMPS.has(family)
}

/** By uop number. */
export const UOPS: readonly (UopKind | undefined)[] = kinds

/** Uops whose targets within the page are links: 1 a jump, 2 a jump and what follows. */
export const LINKED: readonly number[] = Array.from(kinds, (row) => {
  if (row === undefined || row.memory) return 0
  if (row.family === 'GOTO') return 1
  const hot = row.cold !== 0 && numbering.hot.some((hotUop) => kinds[hotUop.op] === row)
  if (!hot) return 0
  if (row.family === 'jmp' || row.family === 'call') return 1
  return isConditionalJump(row.family) ? 2 : 0
})

/** Number of a condition as opcodes have it, from the end of a family's name. */
export function conditionNumber(family: string): number {
  return CONDITIONS.indexOf(family.replace(/^(j|set|cmov)/, ''))
}
