// Families of uops and how each is carried out. A family has eight variants: operand size (8, 16, 32, 64 bits) times
// {register, memory}. Hot variants become cases of the first switch, inlined with their TLB look-up; the rest are
// reached through its default, by family.
// Invariant: the first switch stays well below 1000 cases, or the compiler drops its br_table (cpu.md section 2).
// Runs in: generator.

/** Which sizes of a family's register and memory variants are hot. */
export type Heat = { reg?: readonly number[]; mem?: readonly number[] }

export const BINARY = ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp', 'test', 'mov'] as const
export const SHIFTS = ['rol', 'ror', 'rcl', 'rcr', 'shl', 'shr', 'sar'] as const
export const UNARY = ['inc', 'dec', 'neg', 'not'] as const

/** Operations whose destination is only read. */
export const READ_ONLY: readonly string[] = ['cmp', 'test']
/** Operations that do not read their destination. */
export const WRITE_ONLY: readonly string[] = ['mov']

const B = 0
const W = 1
const D = 2
const Q = 3

/** Hot variants by family; found by looking at what kernels and compilers emit. */
export const HOT: Readonly<Record<string, Heat>> = {
  'mov:EG': { reg: [B, D, Q], mem: [B, W, D, Q] },
  'mov:GE': { reg: [], mem: [B, D, Q] },
  'mov:EI': { reg: [B, D, Q], mem: [B, W, D, Q] },
  'add:EG': { reg: [D, Q], mem: [D, Q] },
  'add:GE': { mem: [D, Q] },
  'add:EI': { reg: [B, D, Q], mem: [D, Q] },
  'sub:EG': { reg: [D, Q], mem: [D, Q] },
  'sub:GE': { mem: [D, Q] },
  'sub:EI': { reg: [D, Q], mem: [D, Q] },
  'cmp:EG': { reg: [B, D, Q], mem: [B, D, Q] },
  'cmp:GE': { mem: [B, D, Q] },
  'cmp:EI': { reg: [B, W, D, Q], mem: [B, W, D, Q] },
  'test:EG': { reg: [B, D, Q], mem: [D, Q] },
  'test:EI': { reg: [B, D, Q], mem: [B, D, Q] },
  'and:EG': { reg: [D, Q], mem: [D, Q] },
  'and:GE': { mem: [D, Q] },
  'and:EI': { reg: [B, D, Q], mem: [B, D, Q] },
  'or:EG': { reg: [B, D, Q], mem: [D, Q] },
  'or:GE': { mem: [D, Q] },
  'or:EI': { reg: [B, D, Q], mem: [B, D, Q] },
  'xor:EG': { reg: [B, D, Q], mem: [D, Q] },
  'xor:GE': { mem: [B, D, Q] },
  'xor:EI': { reg: [B, D, Q] },
  'adc:EG': { reg: [Q] },
  'sbb:EG': { reg: [D, Q] },
  'adc:EI': { reg: [Q] },
  'shl:EI': { reg: [D, Q] },
  'shr:EI': { reg: [D, Q] },
  'sar:EI': { reg: [D, Q] },
  'shl:EC': { reg: [D, Q] },
  'shr:EC': { reg: [D, Q] },
  'sar:EC': { reg: [D, Q] },
  'rol:EI': { reg: [D, Q] },
  'ror:EI': { reg: [D, Q] },
  'inc:E': { reg: [D, Q], mem: [D, Q] },
  'dec:E': { reg: [D, Q], mem: [D, Q] },
  'neg:E': { reg: [D, Q] },
  'not:E': { reg: [D, Q] },
  'imul:GE': { reg: [D, Q], mem: [D, Q] },
  'imul:GEI': { reg: [D, Q], mem: [D, Q] },
  'xchg:EG': { reg: [D, Q], mem: [D, Q] },
  movzx8: { reg: [D], mem: [D] },
  movzx16: { reg: [D], mem: [D] },
  movsx8: { reg: [D, Q], mem: [D, Q] },
  movsx16: { reg: [D, Q], mem: [D, Q] },
  movsxd: { reg: [Q], mem: [Q] },
  lea: { mem: [D, Q] },
  push: { reg: [Q], mem: [Q] },
  pop: { reg: [Q] },
  push_imm: { reg: [Q] },
  leave: { reg: [Q] },
  call: { reg: [Q] },
  jmp: { reg: [D, Q] },
  ret: { reg: [Q] },
  call_ind: { reg: [Q], mem: [Q] },
  jmp_ind: { reg: [Q], mem: [Q] },
}
for (const name of ['o', 'no', 'b', 'ae', 'z', 'nz', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g']) {
  const heat = HOT as Record<string, Heat>
  heat[`j${name}`] = { reg: [D, Q] }
  heat[`cmov${name}`] = { reg: [D, Q], mem: [D, Q] }
  heat[`set${name}`] = { reg: [B] }
}

/** A hot variant: family, operand size, memory operand or not. */
export type Variant = readonly [family: string, size: number, memory?: boolean]

const jumps = (text: string): readonly Variant[] => text.split(' ').map((name): Variant => [`j${name}`, Q])

/**
 * Pairs carried out as one: where the second comes right after the first in a block, the first one's uop gets a number of its own, and
 * does both. What reads and writes memory is no first, as it may be locked, nor MOV of a wide immediate a second. Found by
 * counting pairs in a boot and in BusyBox's programs; a comparison in front of a branch that is left out costs what both cost.
 */
export const PAIRS: readonly (readonly [first: Variant, seconds: readonly Variant[]])[] = [
  [['cmp:EG', D], jumps('z nz b ae')],
  [['cmp:EG', Q], jumps('z nz b ae')],
  [['cmp:EG', B, true], jumps('z nz')],
  [['cmp:EG', D, true], jumps('z ae')],
  [['cmp:EG', Q, true], jumps('z nz')],
  [['cmp:EI', B], jumps('z nz be a')],
  [['cmp:EI', D], jumps('z nz be a ae')],
  [['cmp:EI', Q], jumps('z nz be a')],
  [['cmp:EI', B, true], jumps('z nz')],
  [['cmp:EI', Q, true], jumps('z nz')],
  [['cmp:GE', B, true], jumps('z nz')],
  [['cmp:GE', D, true], jumps('ae')],
  [['cmp:GE', Q, true], jumps('b ae nz')],
  [['test:EG', B], jumps('z nz ns')],
  [['test:EG', D], jumps('z nz s ns')],
  [['test:EG', Q], jumps('z nz s')],
  [['test:EI', B], jumps('z nz')],
  [['test:EI', D], jumps('z nz')],
  [['test:EI', B, true], jumps('z nz')],
  [['and:EI', D], jumps('z nz')],
  [['add:EI', D], jumps('nz')],
  [['sub:GE', Q, true], jumps('z nz')],
  [['dec:E', D], jumps('nz s')],
  [['push', Q], [['push', Q], ['mov:EG', Q], ['mov:EG', D], ['sub:EI', Q]]],
  [['pop', Q], [['pop', Q], ['ret', Q], ['jmp', Q]]],
  [['mov:EG', Q], [['mov:EG', Q], ['push', Q], ['pop', Q], ['call', Q], ['mov:EG', D], ['mov:GE', Q, true], ['sub:EI', Q], ['sub:EG', Q], ['add:EI', Q]]],
  [['mov:EG', D], [['push', Q], ['movsxd', Q], ['mov:EG', Q], ['call', Q]]],
  [['mov:GE', Q, true], [['mov:GE', Q, true], ['mov:GE', D, true], ['mov:EG', Q, true], ['mov:EG', Q], ['lea', Q, true], ['call', Q]]],
  [['mov:GE', D, true], [['mov:GE', D, true], ['mov:GE', Q, true], ['and:EI', D]]],
  [['mov:EG', Q, true], [['mov:EG', Q, true], ['mov:GE', Q, true], ['xor:EG', D]]],
  [['mov:EI', D], [['call', Q]]],
  [['add:EI', Q], [['pop', Q], ['ret', Q], ['mov:EG', Q]]],
  [['add:EI', D], [['add:EI', D], ['movsxd', Q]]],
  [['movsxd', Q], [['add:EG', Q], ['mov:GE', B, true]]],
  [['sub:EI', Q], [['mov:GE', Q, true]]],
  [['lea', Q, true], [['mov:EG', Q], ['call', Q]]],
  [['xor:EG', D], [['xor:EG', D], ['mov:EG', Q], ['mov:EG', D], ['mov:EG', Q, true], ['jmp', Q]]],
]

/** Families written by hand, by the module under assembly/execute that has them: `name(ip, k): 0 | 1`. */
export const HAND_WRITTEN: Readonly<Record<string, readonly string[]>> = {
  string: ['movs', 'stos', 'lods', 'scas', 'cmps', 'ins', 'outs', 'xlat'],
  stack: ['push_cold', 'pop_cold', 'push_imm_cold', 'leave_cold', 'pop_mem', 'push_seg', 'pop_seg', 'pusha', 'popa', 'pushf', 'popf', 'enter'],
  branch: ['call_cold', 'jmp_cold', 'ret_cold', 'ret_imm', 'call_ind_cold', 'jmp_ind_cold', 'jcc_cold', 'loopne', 'loope', 'loop', 'jcxz'],
  multiply: ['mul', 'imul_wide', 'div', 'idiv', 'aam', 'aad', 'aaa', 'aas', 'daa', 'das'],
  bits: ['bt', 'bts', 'btr', 'btc', 'bt_imm', 'bts_imm', 'btr_imm', 'btc_imm', 'bsf', 'bsr', 'bswap', 'shld_imm', 'shld_cl', 'shrd_imm', 'shrd_cl',
    'cmpxchg', 'xadd', 'cmpxchg8b', 'cbw', 'cwd', 'clc', 'stc', 'cmc', 'cld', 'std', 'lahf', 'sahf', 'nop', 'mfence', 'bound', 'xchg0'],
  segment: ['mov_to_seg', 'mov_from_seg', 'load_far_es', 'load_far_ds', 'load_far_ss', 'load_far_fs', 'load_far_gs', 'call_far', 'jmp_far', 'call_far_mem',
    'jmp_far_mem', 'ret_far', 'iret', 'lldt', 'ltr', 'sldt', 'str', 'verr', 'verw', 'arpl', 'lar', 'lsl'],
  system: ['group7_0', 'group7_1', 'group7_2', 'group7_3', 'group7_7', 'smsw', 'lmsw', 'syscall', 'sysret', 'sysenter', 'sysexit', 'clts', 'invd', 'ud',
    'mov_from_cr', 'mov_to_cr', 'mov_from_dr', 'mov_to_dr', 'wrmsr_', 'rdmsr_', 'rdtsc', 'cpuid_', 'hlt', 'cli', 'sti', 'int3', 'int_n', 'into', 'int1',
    'in_imm', 'in_dx', 'out_imm', 'out_dx', 'clflush', 'pause'],
  'floating-point': ['x87', 'fwait', 'fxsave', 'fxrstor', 'ldmxcsr', 'stmxcsr', 'sse'],
}
