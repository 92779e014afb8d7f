// Which forms of instructions are compared with the host CPU: each row of the opcode map in each operand size, with
// register and memory operands, and locked. Rows that are left out stand in EXCLUDED with the reason.
// Runs in: tests and the fuzzer.
import { OPCODE_MAP, type Row } from '../../../src-engine/isa/opcode-map'
import { SSE_ROWS, type SseRow } from '../../../src-engine/isa/sse-rows'
import { PAIRS, type Variant } from '../../../src-engine/isa/uops'
import { rowUsed } from '../../../src-engine/public/row-use'
import { UNDEFINED_FLAGS } from './undefined'

export type Kind = 'reg' | 'mem' | 'lock'
/** `size`: operand size in bytes. */
export type IntegerForm = {
  readonly bits: 32 | 64 // of the code segment
  readonly set: 'integer'
  readonly name: string
  readonly row: Row
  readonly size: number
  readonly kind: Kind
}
export type SseForm = { readonly set: 'sse'; readonly name: string; readonly row: SseRow; readonly kind: Kind }
export type X87Form = {
  readonly set: 'x87'
  readonly name: string
  readonly op: number
  readonly modrms: readonly number[]
  readonly size: number
  readonly kind: Kind
}
/** Instructions that set flags, then one that uses them: flags are kept lazily, so both ends must agree. Or the two of a pair. */
export type SequenceForm = {
  readonly set: 'sequence'
  readonly name: string
  readonly setters: readonly IntegerForm[]
  readonly user: IntegerForm
  readonly kind: Kind
}
export type Form = IntegerForm | SseForm | X87Form | SequenceForm

/** Families not compared here, and why. */
export const EXCLUDED: Readonly<Record<string, string>> = {
  syscall: 'enters the host kernel; micro-kernels test it',
  sysenter: 'enters the host kernel on some hosts; micro-kernels test it',
  cpuid_: 'answers are the hypervisor’s, not the host’s',
  rdtsc: 'the clock is the hypervisor’s',
  int1: 'this host’s own hypervisor reports the trap with RIP at the instruction, processors after it',
  smsw: 'UMIP: the host kernel answers in the processor’s place',
  sldt: 'UMIP: the host kernel answers in the processor’s place',
  str: 'UMIP: the host kernel answers in the processor’s place',
  group7_0: 'SGDT is answered by the host kernel; VMCALL is ours',
  group7_1: 'SIDT is answered by the host kernel',
  iret: 'depends on the kernel’s descriptors; micro-kernels test it',
  ret_far: 'depends on the kernel’s descriptors; micro-kernels test it',
  call_far_mem: 'depends on the kernel’s descriptors; micro-kernels test it',
  jmp_far_mem: 'depends on the kernel’s descriptors; micro-kernels test it',
  call_far: 'depends on the kernel’s descriptors; micro-kernels test it',
  jmp_far: 'depends on the kernel’s descriptors; micro-kernels test it',
  load_far_es: 'changes a segment the harness needs; micro-kernels test it',
  load_far_ds: 'changes a segment the harness needs; micro-kernels test it',
  mov_to_seg: 'depends on the kernel’s descriptors; micro-kernels test it',
  pop_seg: 'depends on the kernel’s descriptors; micro-kernels test it',
  load_far_ss: 'depends on the kernel’s descriptors; micro-kernels test it',
  load_far_fs: 'depends on the kernel’s descriptors, and FS is libc’s; micro-kernels test it',
  load_far_gs: 'depends on the kernel’s descriptors; micro-kernels test it',
  lar: 'depends on the kernel’s descriptors; micro-kernels test it',
  lsl: 'depends on the kernel’s descriptors; micro-kernels test it',
  verr: 'depends on the kernel’s descriptors; micro-kernels test it',
  verw: 'depends on the kernel’s descriptors; micro-kernels test it',
}

const WITH_MODRM = ['EG', 'GE', 'GEB', 'EI', 'E', 'M', 'LEA']
/** 0F 01 register forms are other instructions. */
const MEMORY_ONLY = ['group7_2', 'group7_3', 'group7_7']
const SIZES: Readonly<Record<string, readonly number[]>> = {
  b: [1],
  v: [4, 2, 8],
  y: [4, 8],
  z: [4, 2],
  q: [8, 2],
  f: [8, 2],
  w: [2],
  d: [4],
  o: [8],
}

const SIZES_32: typeof SIZES = { b: [1], v: [4, 2], y: [4], z: [4, 2], q: [4, 2], f: [4, 2], w: [2], d: [4] }

const hex = (n: number): string => n.toString(16).toUpperCase().padStart(2, '0')
const isX87 = (row: Row): boolean => row[5] === 'X87'
/** Rows that sse-rows.ts has as well, with their functions. */
export const FX_FAMILIES = ['fxsave', 'fxrstor', 'ldmxcsr', 'stmxcsr']

export function integerForms(bits: 32 | 64 = 64): IntegerForm[] {
  const found: IntegerForm[] = []
  for (const row of OPCODE_MAP) {
    const [map, op, ext, mnemonic, operands, form, sizes, , flags, family, status] = row
    const words = flags.split(' ')
    if (
      status !== 'done' ||
      isX87(row) ||
      (bits === 64 && words.includes('!64')) ||
      EXCLUDED[family] !== undefined ||
      (bits === 32 && words.includes('+64')) ||
      FX_FAMILIES.includes(family)
    )
      continue
    for (const size of (bits === 64 ? SIZES : SIZES_32)[sizes] ?? []) {
      const kinds: Kind[] = []
      if (WITH_MODRM.includes(form)) {
        if (!words.includes('mem') && form !== 'LEA' && !MEMORY_ONLY.includes(family)) kinds.push('reg')
        if (!words.includes('reg')) kinds.push('mem')
        if (words.includes('L')) kinds.push('lock')
      } else kinds.push('reg')
      const code = `${map === '0F' ? '0F ' : ''}${hex(op)}${ext < 0 ? '' : `/${ext}`}`
      for (const kind of kinds) {
        const name = `${kind === 'lock' ? 'lock ' : ''}${mnemonic} ${operands} ${size * 8} ${kind === 'reg' ? 'register' : 'memory'} (${code})${bits === 32 ? ' in 32-bit code' : ''}`
        found.push({ set: 'integer', bits, name, row, size, kind })
      }
    }
  }
  return found
}

export function sseForms(): SseForm[] {
  const found: SseForm[] = []
  for (const row of SSE_ROWS) {
    const [mnemonic, prefix, opcode, ext, form] = row
    const letters = form === '' ? [] : form.split(',')
    const has = (set: string): boolean => letters.some((letter) => set.includes(letter))
    const code = `${prefix} 0F ${hex(opcode)}${ext < 0 ? '' : `/${ext}`}`.trim()
    const label = `${mnemonic} ${form}${row[10].includes('w1') ? ' W' : ''}`
    if (!has('M')) found.push({ set: 'sse', name: `${label} register (${code})`, row, kind: 'reg' })
    if (has('WQEM')) found.push({ set: 'sse', name: `${label} memory (${code})`, row, kind: 'mem' })
  }
  return found
}

/** x87 encodings whose results are compared elsewhere (within a unit in the last place of a reference). */
export const TRANSCENDENTAL: readonly number[] = [0xf0, 0xf1, 0xf2, 0xf3, 0xf9, 0xfb, 0xfe, 0xff]

export function x87Forms(): X87Form[] {
  const found: X87Form[] = []
  for (let op = 0xd8; op <= 0xdf; op++) {
    for (let reg = 0; reg < 8; reg++) {
      found.push({ set: 'x87', name: `x87 ${hex(op)}/${reg} memory`, op, modrms: [reg << 3], size: 4, kind: 'mem' })
      const environment = (op === 0xd9 || op === 0xdd) && (reg === 4 || reg === 6)
      if (environment)
        found.push({ set: 'x87', name: `x87 66 ${hex(op)}/${reg} memory`, op, modrms: [reg << 3], size: 2, kind: 'mem' })
      const modrms = Array.from({ length: 8 }, (_, i) => 0xc0 + reg * 8 + i).filter(
        (m) => op !== 0xd9 || !TRANSCENDENTAL.includes(m),
      )
      if (modrms.length > 0)
        found.push({ set: 'x87', name: `x87 ${hex(op)}/${reg} register`, op, modrms, size: 4, kind: 'reg' })
    }
  }
  return found
}

/**
 * Near branches with a 16-bit operand in 64-bit code: AMD's processors keep 16 bits of RIP and push 2 bytes, Intel's
 * ignore the 66 prefix. We follow AMD, which our CPUID names, so on another host these forms are not compared.
 */
export function amdOnly(form: Form): boolean {
  return form.set === 'integer' && form.bits === 64 && form.size === 2 && form.row[6] === 'f'
}

/** A row of the opcode map, and one of sse-rows.ts, as their uses are counted. */
export const rowKey = (row: Row): string => `${row[0]} ${hex(row[1])}/${row[2]} ${row[3]}`
export const sseRowKey = (row: SseRow): string => `${row[0]} ${row[1]} ${hex(row[2])}/${row[3]} ${row[4]}`

/** The form was compared. */
export function countRow(form: Form): void {
  if (form.set === 'integer') rowUsed('OPCODES', rowKey(form.row))
  else if (form.set === 'sse') rowUsed('SSE', sseRowKey(form.row))
  else if (form.set === 'x87') rowUsed('OPCODES', `1 ${hex(form.op)}/-1 x87`)
}

const SETTERS =
  /^(add|or|adc|sbb|and|sub|xor|cmp|test|rol|ror|rcl|rcr|shl|shr|sar|inc|dec|neg|imul|mul|bt|bts|btr|btc|bsf|bsr|shld|shrd|cmpxchg|xadd|cmc|stc|clc|sahf)$/
const USERS = /^(j(?!mp|cxz)|set|cmov|adc|sbb|rcl|rcr|inc|dec|rol|ror|sh[lr]|sar|lahf|pushf|cmc|loop)/

export function sequenceForms(): SequenceForm[] {
  const registers = integerForms().filter((form) => form.kind === 'reg')
  // what leaves flags of its own choice must not hand them on
  const setters = registers.filter((form) => SETTERS.test(form.row[3]) && UNDEFINED_FLAGS[form.row[9]] === undefined)
  return registers
    .filter((form) => USERS.test(form.row[3]))
    .map((user) => ({ set: 'sequence', name: `sequence to ${user.name}`, setters, user, kind: 'reg' }))
}

/** The pairs that the core carries out as one uop, a form for each second; they often fault, in the first or the second. */
export function pairForms(): SequenceForm[] {
  const forms = integerForms().filter((form) => form.kind !== 'lock')
  const named = ([family, size, memory = false]: Variant): IntegerForm[] =>
    forms.filter((form) => form.row[9] === family && form.size === 1 << size && (form.kind === 'mem') === memory)
  return PAIRS.flatMap(([first, seconds]) => {
    const setters = named(first)
    return seconds.flatMap((second) =>
      named(second).map((user): SequenceForm => {
        const name = `pair of ${setters[0]?.name} and ${user.name}`
        return { set: 'sequence', name, setters, user, kind: user.kind }
      }),
    )
  })
}
