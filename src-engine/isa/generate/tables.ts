// Writes assembly/generated/tables.ts: the decoder's table (8 bytes an opcode; the last
// one is the number, from 1, of the OUTSIDE entry that holds outside 64-bit code, or 0), the groups, the uop numbers by family,
// and the SSE rows as the decoder and execute/floating-point.ts read them.
// Runs in: build.
import { OPCODE_MAP, type Row } from '../opcode-map'
import { SSE_ROWS, sseFunctionId } from '../sse-rows'
import { type Numbering, SPECIAL } from './dispatch'

const FORMS = [
  'UD',
  'GROUP',
  'EG',
  'GE',
  'GEB',
  'EI',
  'AI',
  'E',
  'Z',
  'ZA',
  'ZI',
  'M',
  'N',
  'JCC',
  'JCX',
  'JMP',
  'LEA',
  'MO',
  'STR',
  'X87',
]
const SIZES = ['b', 'v', 'y', 'z', 'q', 'f', 'w', 'd', 'o']
const IMMEDIATES = ['-', 'ib', 'ub', 'iz', 'iw', 'iv', 'mo', 'iwb', 'far', 'one', 'seg']
const IMM_NAMES = ['NONE', 'IB', 'UB', 'IZ', 'IW', 'IV', 'MO', 'IWB', 'FAR', 'ONE', 'SEG']
/** Families of M rows that write their memory operand; EG, EI and E rows do unless they are among READERS. */
const WRITERS =
  /^(bt[src](_imm)?|sh[lr]d_(imm|cl)|cmpxchg(8b)?|xadd|mov_from_seg|sldt|str|smsw|group7_[01]|stmxcsr|fxsave|pop_mem)$/
const READERS = /^(cmp|test|push|mul|imul_wide|div|idiv|call_ind|jmp_ind)\b/
const WRITES = 64
/**
 * Bytes of the memory operand where they do not follow from the operand size: 0 they do, 255 nothing is accessed,
 * 254 twice the operand size, 253 two more (far pointers).
 */
function operandBytes([, , , , operands, , , , , family]: Row): number {
  if (family === 'nop' || family === 'ud') return 255
  if (family === 'cmpxchg8b' || operands === 'Gv,Ma') return 254
  if (operands.endsWith('Mp')) return 253
  if (operands === 'Gv,Eb' || family === 'group7_7') return 1
  return operands === 'Gv,Ew' || operands === 'Ev,Sw' || operands === 'Rv/Mw' ? 2 : 0
}
/** Rows that write their memory operand, for the segment's rights. */
function writesMemory(row: Row): boolean {
  const [, , , , , form, , , , family] = row
  return form === 'M' ? WRITERS.test(family) : (form === 'EG' || form === 'EI' || form === 'E') && !READERS.test(family)
}
const ATTRIBUTES = { X: 1, '!64': 2, '+64': 4, mem: 8, reg: 16, L: 32 } as const

/** Families in order of first use, with those only the decoder names. */
export function familyNames(): string[] {
  return [...new Set([...OPCODE_MAP.map((r) => r[9]), 'sse', 'x87', 'xchg:EG', 'pause'])]
}
export function endingFamilies(): Set<string> {
  return new Set(OPCODE_MAP.filter((r) => r[8].split(' ').includes('X')).map((r) => r[9]))
}

function place(list: readonly string[], name: string, what: string): number {
  const i = list.indexOf(name)
  if (i < 0) throw new Error(`opcode map: unknown ${what} ${name}`)
  return i
}

function entry(row: Row, families: readonly string[]): number[] {
  let attributes = 0
  for (const [flag, bit] of Object.entries(ATTRIBUTES)) if (row[8].split(' ').includes(flag)) attributes |= bit
  if (writesMemory(row)) attributes |= WRITES
  const f = place(families, row[9], 'family')
  return [
    place(FORMS, row[5], 'form'),
    place(SIZES, row[6], 'size'),
    place(IMMEDIATES, row[7], 'immediate'),
    attributes,
    f & 255,
    f >> 8,
    operandBytes(row),
    0,
  ]
}

export function tablesSource(n: Numbering): string {
  const table = new Array<number>(512 * 8).fill(0)
  const groups: number[] = []
  const outside: number[] = [] // entries of opcodes that mean something else outside 64-bit code
  const groupOf = new Map<number, number>()
  for (const row of OPCODE_MAP) {
    const [map, op, ext] = row
    const index = (map === '0F' ? 256 : 0) + op
    const bytes = entry(row, n.families)
    if (ext < 0 && row[8].split(' ').includes('!64') && table[index * 8] !== 0) {
      outside.push(...bytes)
      table[index * 8 + 7] = outside.length / 8
      continue
    }
    if (ext < 0) {
      for (let i = 0; i < 8; i++) table[index * 8 + i] = bytes[i] ?? 0
      continue
    }
    let g = groupOf.get(index)
    if (g === undefined) {
      g = groups.length / 64
      groupOf.set(index, g)
      groups.push(...new Array<number>(64).fill(0))
      table[index * 8] = FORMS.indexOf('GROUP')
      table[index * 8 + 4] = g & 255
      table[index * 8 + 5] = g >> 8
    }
    for (let i = 0; i < 8; i++) groups[g * 64 + ext * 8 + i] = bytes[i] ?? 0
  }
  // SSE: rows sorted by opcode and prefix; the index says where an opcode's rows start and how many there are.
  const prefixes = ['', '66', 'F3', 'F2']
  const index = new Array<number>(256 * 4 * 4).fill(0)
  const rows: number[] = []
  const kinds = 'VWUPQNGREMI'
  let count = 0
  for (let op = 0; op < 256; op++) {
    prefixes.forEach((prefix, which) => {
      const here = SSE_ROWS.filter((r) => r[2] === op && r[1] === prefix && r[8] !== 'special')
      const at = (op * 4 + which) * 4
      index[at] = count & 255
      index[at + 1] = count >> 8
      index[at + 2] = here.length
      for (const r of here) {
        const [, , , ext, form, size, align, , call, , flags] = r
        const operands = form.split(',')
        const shape = operands.some((o) => ['U', 'N', 'R'].includes(o)) ? 1 : operands.includes('M') ? 2 : 0
        const words = flags.split(' ')
        const w = words.includes('w0') ? 1 : words.includes('w1') ? 2 : 0
        const hasImmediate = operands.includes('I') ? 4 : 0
        const id = call === 'none' ? 0xffff : sseFunctionId(r)
        const kind = (o: string | undefined) =>
          o === undefined || o === '' || o === 'I' ? 15 : place([...kinds], o, 'SSE operand')
        const special =
          (words.includes('mmx') ? 1 : 0) |
          (words.includes('xm') ? 2 : 0) |
          (words.includes('eflags') ? 4 : 0) |
          (words.includes('rdi') ? 8 : 0) |
          (call === 'd' || words.includes('store') ? 16 : 0) |
          (call === 'none' ? 32 : 0)
        rows.push(
          ext & 255,
          shape,
          w | hasImmediate | (align === 16 ? 8 : 0),
          size,
          id & 255,
          id >> 8,
          kind(operands[0]),
          kind(operands[1]),
          special,
          0,
          0,
          0,
        )
        count++
      }
    })
  }
  const data = (bytes: readonly number[]) => {
    const lines: string[] = []
    for (let i = 0; i < bytes.length; i += 64) lines.push(`  ${bytes.slice(i, i + 64).join(', ')},`)
    return `memory.data<u8>([\n${lines.join('\n')}\n])`
  }
  // Pairs: a row for each first uop and a column for each second one, from 1; by number which row and which column a uop has.
  const firsts = [...new Set(n.pairs.map(({ first }) => first.op))]
  const seconds = [...new Set(n.pairs.map(({ second }) => second.op))]
  const columns = seconds.length + 1
  const places = Array.from({ length: n.coldBase }, (_, op) => [firsts.indexOf(op) + 1, seconds.indexOf(op) + 1]).flat()
  const pairs = new Array<number>((firsts.length + 1) * columns * 2).fill(0)
  for (const { op, first, second } of n.pairs) {
    const at = ((firsts.indexOf(first.op) + 1) * columns + seconds.indexOf(second.op) + 1) * 2
    pairs[at] = op & 255
    pairs[at + 1] = op >> 8
  }
  const uops = n.uop.flatMap((u) => [u & 255, u >> 8])
  const constants = [
    ...FORMS.map((f, i) => `export const FORM_${f}: u32 = ${i}`),
    ...SIZES.map((f, i) => `export const SIZE_${f.toUpperCase()}: u32 = ${i}`),
    ...IMM_NAMES.map((f, i) => `export const IMM_${f}: u32 = ${i}`),
    'export const ATTR_END: u32 = 1, ATTR_NO64: u32 = 2, ATTR_ONLY64: u32 = 4, ATTR_MEM: u32 = 8, ATTR_REG: u32 = 16, ATTR_LOCK: u32 = 32, ATTR_WRITES: u32 = 64',
    ...SPECIAL.map((s, i) => `export const OP_${s}: u32 = ${i}`),
    ...n.hot.flatMap(({ family, k, op }) =>
      family === 'jmp_ind' ? [`export const OP_JMP_IND_${k & 1 ? 'MEMORY' : 'REGISTER'}: u32 = ${op}`] : [],
    ),
    `export const F_SSE: u32 = ${n.families.indexOf('sse')}`,
    `export const F_X87: u32 = ${n.families.indexOf('x87')}`,
    `export const F_XCHG: u32 = ${n.families.indexOf('xchg:EG')}`,
    `export const F_PAUSE: u32 = ${n.families.indexOf('pause')}`,
    `export const COLD_BASE: u32 = ${n.coldBase}, PAIR_COLUMNS: u32 = ${columns}`,
    ...[...kinds].map((k, i) => `export const KIND_${k}: u32 = ${i}`),
  ]
  return `// Generated by isa/generate/tables.ts from isa/opcode-map.ts and isa/sse-rows.ts. Do not edit.
${constants.join('\n')}
export const TABLE: u32 = <u32>${data(table)}
export const OUTSIDE: u32 = <u32>${data(outside)}
export const GROUPS: u32 = <u32>${data(groups)}
export const UOPS: u32 = <u32>${data(uops)}
export const PAIR_PLACES: u32 = <u32>${data(places)}
export const PAIRS: u32 = <u32>${data(pairs)}
export const SSE_INDEX: u32 = <u32>${data(index)}
export const SSE_ROWS: u32 = <u32>${data(rows)}
`
}
