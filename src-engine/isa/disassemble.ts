// One instruction as text, for logs and the debugger, from the same rows as the decoder: opcode-map.ts, sse-rows.ts, and
// a small table of x87 names, which the core needs none of. Intel's operand order.
// Invariant: the length is the core's; what the tables do not know is '(bad)', one byte long.
// Runs in: anything.
import { OPCODE_MAP, type Row } from './opcode-map'
import { SSE_ROWS, type SseRow } from './sse-rows'

export type Mode = 16 | 32 | 64
export type Disassembled = { readonly length: number; readonly mnemonic: string; readonly operands: string }

const LOW = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'] as const
const BYTE = ['al', 'cl', 'dl', 'bl', 'ah', 'ch', 'dh', 'bh'] as const
const BYTE_REX = ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil'] as const
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const
const BASES_16 = ['bx+si', 'bx+di', 'bp+si', 'bp+di', 'si', 'di', 'bp', 'bx'] as const

/** Mnemonics that go by the operand size: 16, 32, 64 bits. */
const BY_SIZE: Readonly<Record<string, readonly [string, string, string]>> = {
  cbw: ['cbw', 'cwde', 'cdqe'],
  cwd: ['cwd', 'cdq', 'cqo'],
  iret: ['iretw', 'iret', 'iretq'],
  sysret: ['sysret', 'sysret', 'sysretq'],
  cmpxchg8b: ['cmpxchg8b', 'cmpxchg8b', 'cmpxchg16b'],
}
/** They save 64-bit pointers with REX.W. */
const FX = ['fxsave', 'fxrstor']
/** Register forms of 0F 01 by their ModRM byte. */
const GROUP7: Readonly<Record<number, string>> = { 0xc1: 'vmcall', 0xd9: 'vmmcall', 0xf8: 'swapgs' }

const ARITHMETIC = ['fadd', 'fmul', 'fcom', 'fcomp', 'fsub', 'fsubr', 'fdiv', 'fdivr']
const names = (text: string): readonly string[] => text.split(' ').map((name) => (name === '-' ? '' : name))
const integerArithmetic = ARITHMETIC.map((name) => name.replace('f', 'fi'))
/** x87 memory forms by opcode - D8 and /digit. */
const X87_MEMORY: readonly (readonly string[])[] = [
  ARITHMETIC,
  names('fld - fst fstp fldenv fldcw fnstenv fnstcw'),
  integerArithmetic,
  names('fild fisttp fist fistp - fld - fstp'),
  ARITHMETIC,
  names('fld fisttp fst fstp frstor - fnsave fnstsw'),
  integerArithmetic,
  names('fild fisttp fist fistp fbld fild fbstp fistp'),
]
const X87_REGISTER: readonly (readonly string[])[] = [
  ARITHMETIC,
  names('fld fxch - fstp - - - -'),
  names('fcmovb fcmove fcmovbe fcmovu - - - -'),
  names('fcmovnb fcmovne fcmovnbe fcmovnu - fucomi fcomi -'),
  names('fadd fmul fcom fcomp fsubr fsub fdivr fdiv'),
  names('ffree fxch fst fstp fucom fucomp - -'),
  names('faddp fmulp fcomp - fsubrp fsubp fdivrp fdivp'),
  names('ffreep fxch fstp fstp - fucomip fcomip -'),
]
/** Those with a meaning of the whole ModRM byte: [opcode, first ModRM, names]. */
const X87_SINGLE: readonly (readonly [number, number, readonly string[]])[] = [
  [0xd9, 0xd0, names('fnop')],
  [0xd9, 0xe0, names('fchs fabs - - ftst fxam - - fld1 fldl2t fldl2e fldpi fldlg2 fldln2 fldz')],
  [
    0xd9,
    0xf0,
    names('f2xm1 fyl2x fptan fpatan fxtract fprem1 fdecstp fincstp fprem fyl2xp1 fsqrt fsincos frndint fscale fsin fcos'),
  ],
  [0xda, 0xe9, names('fucompp')],
  [0xdb, 0xe0, names('fneni fndisi fnclex fninit fnsetpm')],
  [0xde, 0xd9, names('fcompp')],
  [0xdf, 0xe0, names('fnstsw')],
]

function byOpcode<T>(rows: readonly T[], opcode: (row: T) => number): ReadonlyMap<number, readonly T[]> {
  const found = new Map<number, T[]>()
  for (const row of rows) found.set(opcode(row), [...(found.get(opcode(row)) ?? []), row])
  return found
}
const ROWS = byOpcode<Row>(OPCODE_MAP, ([map, op]) => (map === '0F' ? 0x100 : 0) + op)
const SSE = byOpcode<SseRow>(SSE_ROWS, (row) => row[2])
const WITH_MODRM = ['EG', 'GE', 'GEB', 'EI', 'E', 'M', 'LEA', 'X87']

const hex = (v: number | bigint): string => (v < 0 ? `-0x${(-v).toString(16)}` : `0x${v.toString(16)}`)

/** The instruction at `at`; `address` is that of its first byte. */
export function disassemble(bytes: Uint8Array, at: number, mode: Mode, address = 0n): Disassembled {
  return new Disassembler(bytes, at, mode, address).run()
}

class Disassembler {
  private p: number
  private rex = 0
  private hasRex = false
  private wide66 = false
  private narrow67 = false
  private lock = false
  private rep = 0
  private segment = ''
  private modrm = 0
  private memory = ''
  private size = 4

  constructor(
    private readonly bytes: Uint8Array,
    private readonly start: number,
    private readonly mode: Mode,
    private readonly address: bigint,
  ) {
    this.p = start
  }

  private byte(): number {
    return this.bytes[this.p++] ?? 0
  }
  private signed(size: number): bigint {
    return BigInt.asIntN(size * 8, this.unsigned(size))
  }
  private unsigned(size: number): bigint {
    let v = 0n
    for (let i = 0n; i < size; i++) v |= BigInt(this.byte()) << (8n * i)
    return v
  }
  private get reg(): number {
    return ((this.modrm >> 3) & 7) | ((this.rex & 4) << 1)
  }
  private get rm(): number {
    return (this.modrm & 7) | ((this.rex & 1) << 3)
  }
  private get addressSize(): 2 | 4 | 8 {
    if (this.mode === 64) return this.narrow67 ? 4 : 8
    return (this.mode === 32) !== this.narrow67 ? 4 : 2
  }
  private get operandSize(): 2 | 4 | 8 {
    if (this.rex & 8) return 8
    return (this.mode === 16) === this.wide66 ? 4 : 2
  }

  run(): Disassembled {
    let b = this.prefixes()
    let key = b
    if (b === 0x0f) {
      b = this.byte()
      key = 0x100 + b
    }
    const all = ROWS.get(key) ?? []
    const modrm = this.bytes[this.p] ?? 0
    const plain = all.filter((row) => this.fits(row, modrm))
    const sse = key >= 0x100 ? this.findSse(b, modrm) : undefined
    const row = plain[0]
    // an SSE row with a prefix of its own goes before a row that ignores prefixes
    if (sse && (!row || row[9] === 'nop')) return this.sseText(sse)
    if (key >= 0x100 && b === 0x1e && this.rep === 0xf3 && (modrm === 0xfa || modrm === 0xfb)) {
      this.p++
      return this.done(modrm === 0xfa ? 'endbr64' : 'endbr32', '')
    }
    return row ? this.text(row, b) : this.bad()
  }

  private bad(): Disassembled {
    return { length: 1, mnemonic: '(bad)', operands: '' }
  }
  private done(mnemonic: string, operands: string): Disassembled {
    if (this.p > this.bytes.length || this.p - this.start > 15) return this.bad()
    return { length: this.p - this.start, mnemonic: this.lock ? `lock ${mnemonic}` : mnemonic, operands }
  }

  private prefixes(): number {
    while (true) {
      const b = this.byte()
      if (b === 0x66) this.wide66 = true
      else if (b === 0x67) this.narrow67 = true
      else if (b === 0xf0) this.lock = true
      else if (b === 0xf2 || b === 0xf3) this.rep = b
      else if (b === 0x64 || b === 0x65) this.segment = b === 0x64 ? 'fs' : 'gs'
      else if ((b & 0xe7) === 0x26) this.segment = this.mode === 64 ? this.segment : (SEGMENTS[(b >> 3) & 3] ?? '')
      else if (this.mode === 64 && (b & 0xf0) === 0x40) {
        const next = this.bytes[this.p] ?? 0
        const prefix =
          [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x64, 0x65].includes(next) || (next & 0xe7) === 0x26 || (next & 0xf0) === 0x40
        if (prefix) continue
        this.rex = b & 15
        this.hasRex = true
        return this.byte()
      } else return b
      if (this.p - this.start > 15) return b
    }
  }

  private fits(row: Row, modrm: number): boolean {
    const words = row[8].split(' ')
    if (row[2] >= 0 && row[2] !== ((modrm >> 3) & 7)) return false
    if (words.includes(this.mode === 64 ? '!64' : '+64')) return false
    if (words.includes('mem') && modrm >= 0xc0) return false
    if (words.includes('reg') && modrm < 0xc0) return false
    return row[10] === 'done'
  }

  private findSse(opcode: number, modrm: number): SseRow | undefined {
    const prefix = this.rep === 0xf3 ? 'F3' : this.rep === 0xf2 ? 'F2' : this.wide66 ? '66' : ''
    return SSE.get(opcode)?.find(([, wanted, , ext, form, , , , , , flags]) => {
      const letters = form.split(',')
      const register = modrm >= 0xc0
      if (wanted !== prefix || (ext >= 0 && ext !== ((modrm >> 3) & 7))) return false
      if (letters.some((l) => l !== '' && 'UNR'.includes(l)) && !register) return false
      if (letters.includes('M') && register) return false
      if (form === '' && ext >= 0 && !register) return false
      return !(flags.includes('w0') && this.rex & 8) && !(flags.includes('w1') && !(this.rex & 8))
    })
  }

  // ---- operands ----------------------------------------------------------------------------------------------------

  private register(n: number, size: number): string {
    if (size === 1) return n >= 8 ? `r${n}b` : ((this.hasRex ? BYTE_REX : BYTE)[n] ?? '')
    const suffix = size === 2 ? 'w' : size === 4 ? 'd' : ''
    return n >= 8 ? `r${n}${suffix}` : `${size === 2 ? '' : size === 4 ? 'e' : 'r'}${LOW[n] ?? ''}`
  }

  /** ModRM and what belongs to it; leaves the memory operand's text. */
  private parseModrm(): void {
    this.modrm = this.byte()
    this.memory = ''
    const mod = this.modrm >> 6
    if (mod === 3) return
    const parts: string[] = []
    let displacement = 0n
    let low = this.modrm & 7
    let noBase = false
    if (this.addressSize === 2) {
      noBase = low === 6 && mod === 0
      if (!noBase) parts.push(BASES_16[low] ?? '')
      if (mod !== 0 || noBase) displacement = this.signed(mod === 1 ? 1 : 2)
    } else {
      let base = this.rm
      let index = ''
      if (low === 4) {
        const sib = this.byte()
        const x = ((sib >> 3) & 7) | ((this.rex & 2) << 2)
        low = sib & 7
        base = low | ((this.rex & 1) << 3)
        if (x !== 4) index = `${this.register(x, this.addressSize)}*${1 << (sib >> 6)}`
        noBase = low === 5 && mod === 0
      } else if (low === 5 && mod === 0) {
        noBase = true
        if (this.mode === 64) parts.push(this.addressSize === 8 ? 'rip' : 'eip')
      }
      if (!noBase) parts.push(this.register(base, this.addressSize))
      if (index) parts.push(index)
      if (mod !== 0 || noBase) displacement = this.signed(mod === 1 ? 1 : 4)
    }
    if (displacement !== 0n || parts.length === 0) {
      parts.push(
        displacement < 0 && parts.length > 0 ? hex(displacement) : hex(BigInt.asUintN(this.addressSize * 8, displacement)),
      )
    }
    this.memory = `${this.segment ? `${this.segment}:` : ''}[${parts.join('+').replaceAll('+-', '-')}]`
  }

  private rmText(size: number): string {
    return this.modrm >= 0xc0 ? this.register(this.rm, size) : this.memory
  }

  private sizeOf(row: Row): number {
    const v = this.operandSize
    switch (row[6]) {
      case 'b':
        return 1
      case 'v':
        return v
      case 'y':
        return v === 8 ? 8 : 4
      case 'z':
        return v === 8 ? 4 : v
      case 'q':
        return this.mode === 64 ? (v === 2 ? 2 : 8) : v
      case 'f':
        return this.mode === 64 ? 8 : v
      case 'w':
        return 2
      case 'd':
        return 4
      default:
        return 8
    }
  }

  private text(row: Row, opcode: number): Disassembled {
    const [, , , , operands, form] = row
    this.size = this.sizeOf(row)
    if (WITH_MODRM.includes(form)) this.parseModrm()
    if (form === 'X87') return this.x87(opcode)
    if (row[9].startsWith('group7') && this.modrm >= 0xc0) {
      const name = GROUP7[this.modrm]
      return name ? this.done(name, '') : this.bad()
    }
    const idle = opcode === 0x90 && form === 'ZA' && !(this.rex & 9) && !this.wide66
    const list = operands === '' || idle ? [] : operands.split(',').map((o) => this.operand(o, row, opcode))
    const name = this.mnemonic(row, opcode)
    return this.done(this.rex & 8 && FX.includes(name) ? `${name}64` : name, list.filter((o) => o !== '').join(','))
  }

  private mnemonic(row: Row, opcode: number): string {
    const [map, , , name, , form] = row
    const bySize = BY_SIZE[name]
    if (bySize) return bySize[this.size === 2 ? 0 : this.size === 4 ? 1 : 2]
    if (form === 'STR' && name !== 'xlat') {
      const compares = name === 'cmps' || name === 'scas'
      return `${this.rep === 0xf3 ? (compares ? 'repz ' : 'rep ') : this.rep === 0xf2 ? 'repnz ' : ''}${name}`
    }
    if (name === 'jcxz') return this.addressSize === 8 ? 'jrcxz' : this.addressSize === 4 ? 'jecxz' : 'jcxz'
    if (map === '1' && opcode === 0x90 && !(this.rex & 1))
      return this.rep === 0xf3 ? 'pause' : this.wide66 || this.rex & 8 ? 'xchg' : 'nop'
    if (name === 'sfence/clflush') return this.modrm >= 0xc0 ? 'sfence' : 'clflush'
    if (name === 'mov' && (row[7] === 'mo' || (row[7] === 'iv' && this.size === 8))) return 'movabs'
    if (name === 'movsxd') return this.mode === 64 ? 'movsxd' : 'arpl'
    return name
  }

  private operand(text: string, row: Row, opcode: number): string {
    const { size } = this
    const last = text.slice(1)
    const sized = last === 'b' ? 1 : last === 'w' ? 2 : last === 'd' && row[3] !== 'mov' ? 4 : size
    switch (text[0]) {
      case 'E':
        return this.rmText(sized)
      case 'R':
        return this.modrm >= 0xc0 ? this.register(this.rm, text === 'Ro' ? (this.mode === 64 ? 8 : 4) : size) : this.memory
      case 'M':
        return this.memory
      case 'G':
        return this.register(this.reg, last === 'b' ? 1 : size)
      case 'Z':
        return this.register((opcode & 7) | ((this.rex & 1) << 3), last === 'b' ? 1 : size)
      case 'S':
        return text === 'SS' ? 'ss' : (SEGMENTS[this.reg & 7] ?? '?')
      case 'C':
        return text === 'CL' ? 'cl' : text === 'CS' ? 'cs' : `cr${this.reg}`
      case 'I':
        return this.immediate(text, row)
      case 'J': {
        const delta = this.signed(last === 'b' ? 1 : this.mode !== 64 && this.operandSize === 2 ? 2 : 4)
        return hex(BigInt.asUintN(this.mode === 64 ? 64 : 32, this.address + BigInt(this.p - this.start) + delta))
      }
      case 'O':
        return `${this.segment || 'ds'}:${hex(this.unsigned(this.addressSize))}`
      case 'X':
        return `${this.segment || 'ds'}:[${this.register(6, this.addressSize)}]`
      case 'Y':
        return `es:[${this.register(7, this.addressSize)}]`
      case 'A': {
        if (text === 'AL') return 'al'
        const offset = this.unsigned(size === 2 ? 2 : 4)
        return `${hex(this.unsigned(2))}:${hex(offset)}`
      }
      case 'r':
        return this.register(0, size)
      case 'e':
        return this.register(0, size)
      case 'D':
        return text === 'DX' ? 'dx' : text === 'DS' ? 'ds' : `dr${this.reg}`
      default:
        return text.toLowerCase()
    }
  }

  private immediate(text: string, row: Row): string {
    if (text === 'Iw') return hex(this.unsigned(2))
    if (row[7] === 'iwb' || row[7] === 'ub') return hex(this.unsigned(1))
    const v =
      row[7] === 'iv' ? this.unsigned(this.size) : row[7] === 'ib' ? this.signed(1) : this.signed(this.size === 2 ? 2 : 4)
    return hex(BigInt.asUintN(this.size * 8, v))
  }

  private x87(opcode: number): Disassembled {
    const which = opcode - 0xd8
    const digit = (this.modrm >> 3) & 7
    if (this.modrm < 0xc0) {
      const name = X87_MEMORY[which]?.[digit]
      return name ? this.done(name, this.memory) : this.bad()
    }
    for (const [op, first, list] of X87_SINGLE) {
      const name = op === opcode ? list[this.modrm - first] : undefined
      if (name) return this.done(name, opcode === 0xdf ? 'ax' : '')
    }
    const name = X87_REGISTER[which]?.[digit]
    return name ? this.done(name, `st(${this.modrm & 7})`) : this.bad()
  }

  private sseText(row: SseRow): Disassembled {
    const [mnemonic, , , ext, form] = row
    if (form !== '' || ext >= 0) this.parseModrm()
    const text = (letter: string): string => {
      switch (letter) {
        case 'V':
          return `xmm${this.reg}`
        case 'W':
        case 'U':
          return this.modrm >= 0xc0 ? `xmm${this.rm}` : this.memory
        case 'P':
          return `mm${this.reg & 7}`
        case 'Q':
        case 'N':
          return this.modrm >= 0xc0 ? `mm${this.rm & 7}` : this.memory
        case 'G':
          return this.register(this.reg, this.rex & 8 ? 8 : 4)
        case 'R':
        case 'E':
          return this.rmText(this.rex & 8 ? 8 : 4)
        case 'M':
          return this.memory
        default:
          return letter === 'I' ? hex(this.unsigned(1)) : ''
      }
    }
    return this.done(
      mnemonic,
      form
        .split(',')
        .map(text)
        .filter((o) => o !== '')
        .join(','),
    )
  }
}
