// Bodies of two instructions carried out as one uop (isa/uops.ts, PAIRS). Between the two nobody looks at anything, so the first must
// not be able to change what the second is: an access of it that misses the TLB is left to cold(), and the second then to its own uop.
// Runs in: build.
import { READ_ONLY } from '../uops'
import { type Access, BYTES, CONDITIONS, endingBody, follow, hotAccess, plainBody, probe, SIGNED, TYPE } from './bodies'

function firstAccess(cold: number): Access {
  const missed = `if (cold(ip, ${cold})) break; ip += UOP; continue`
  return {
    read: (size, at = 'ea(ip)') => probe(size, 'READ', at, missed),
    write: (size, at = 'ea(ip)') => probe(size, 'WRITE', at, missed),
    update: () => {
      throw new Error('what reads and writes memory may be locked, and is no first of a pair')
    },
  }
}

interface Half {
  readonly family: string
  readonly k: number
}

/** What a condition asks of the operands of a comparison, without signs; and of a result. */
const OF_OPERANDS: Readonly<Record<string, string>> = { z: '==', nz: '!=', b: '<', ae: '>=', be: '<=', a: '>' }
const OF_RESULT: Readonly<Record<string, string>> = { z: '== 0', nz: '!= 0', s: '< 0', ns: '>= 0' }

/** What sets flags and the branch that asks for them, taken from the operands or the result in hand. The flags are noted all the same. */
function comparing({ family, k }: Half, condition: string, access: Access): string {
  const [name = '', form = ''] = family.split(':')
  const T = TYPE[k >> 1] ?? ''
  const S = SIGNED[k >> 1] ?? ''
  const memory = (k & 1) === 1
  const register = `load<${T}>(dst(ip))`
  const other = form === 'EI' ? `immOf<${T}>(ip)` : `load<${T}>(src(ip))`
  const [a, b] = !memory ? [register, other] : form === 'GE' ? [register, `load<${T}>(h)`] : [`load<${T}>(h)`, other]
  const operands = form === 'E' ? 'a' : 'a, b'
  const relation = name === 'cmp' || name === 'sub' ? OF_OPERANDS[condition] : undefined
  const asked = relation ? `a ${relation} b` : `<${S}>r ${OF_RESULT[condition]}`
  if (!relation && !OF_RESULT[condition]) throw new Error(`no template for ${family} and j${condition}`)
  const result = name === 'cmp' ? 'a - b' : 'a & b'
  const work = READ_ONLY.includes(name)
    ? `${name}<${T}>(${operands})${relation ? '' : `; const r = <${T}>(${result})`}`
    : `const r = ${name}<${T}>(${operands}); put<${T}>(dst(ip), r)`
  return `${memory ? access.read(BYTES[k >> 1] ?? 0) : ''}
      const a = ${a}${form === 'E' ? '' : `, b = ${b}`}
      ${work}
      ip += UOP
      if (${asked}) {${follow('ip + 8', 'load<i32>(ip, 12)')} }${follow('ip + 24', 'load<i32>(ip, 20)')}`
}

/** `cold`: the number by which cold() carries the first out. */
export function pairBody(first: Half, second: Half, cold: number): string {
  const access = firstAccess(cold)
  if (CONDITIONS[second.family.slice(1)] && second.family.startsWith('j'))
    return comparing(first, second.family.slice(1), access)
  return `{ ${plainBody(first.family, first.k, access)} }
      ip += UOP
      ${endingBody(second.family, second.k) ?? `${plainBody(second.family, second.k, hotAccess)}\n      ip += UOP; continue`}`
}
