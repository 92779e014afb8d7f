// Moves and packed integers of SSE and SSE2 on WebAssembly's 128-bit vectors, as assembly/execute/sse-{move,integer}.ts do
// them, and what all of SSE begins with. Floating point is in sse-float.ts; rows that neither knows call the interpreter's
// function, MMX ends in a call of the whole uop.
// Runs in: the vcpu's worker thread.
import { SSE_BY_NUMBER, type SseRow } from '../isa/sse-rows'
import type { Emitter } from './emitter'
import { VA, X } from './locals'
import { probe, pushAddress, stored } from './memory-operands'
import { isFloat, SseFloat } from './sse-float'
import { type Operand, SseOperands, sseRow } from './sse-operands'
import { OP, SIMD } from './wasm-writer'

/** What every use of SSE looks at first: CR0.EM and CR0.TS must be clear, CR4.OSFXSR set. */
const CR0_REFUSES = 0xc
const CR4_OSFXSR = 0x200

/** dst = op(dst, src). */
const BINARY: Readonly<Record<string, number>> = {
  paddb: SIMD.i8x16_add, paddw: SIMD.i16x8_add, paddd: SIMD.i32x4_add, paddq: SIMD.i64x2_add,
  psubb: SIMD.i8x16_sub, psubw: SIMD.i16x8_sub, psubd: SIMD.i32x4_sub, psubq: SIMD.i64x2_sub,
  paddsb: SIMD.i8x16_add_sat_s, paddsw: SIMD.i16x8_add_sat_s, paddusb: SIMD.i8x16_add_sat_u, paddusw: SIMD.i16x8_add_sat_u,
  psubsb: SIMD.i8x16_sub_sat_s, psubsw: SIMD.i16x8_sub_sat_s, psubusb: SIMD.i8x16_sub_sat_u, psubusw: SIMD.i16x8_sub_sat_u,
  pminub: SIMD.i8x16_min_u, pmaxub: SIMD.i8x16_max_u, pminsw: SIMD.i16x8_min_s, pmaxsw: SIMD.i16x8_max_s,
  pavgb: SIMD.i8x16_avgr_u, pavgw: SIMD.i16x8_avgr_u,
  pand: SIMD.and, por: SIMD.or, pxor: SIMD.xor,
  pcmpeqb: SIMD.i8x16_eq, pcmpeqw: SIMD.i16x8_eq, pcmpeqd: SIMD.i32x4_eq,
  pcmpgtb: SIMD.i8x16_gt_s, pcmpgtw: SIMD.i16x8_gt_s, pcmpgtd: SIMD.i32x4_gt_s,
  packsswb: SIMD.i8x16_narrow_s, packuswb: SIMD.i8x16_narrow_u, packssdw: SIMD.i16x8_narrow_s,
  pmaddwd: SIMD.i32x4_dot, pmullw: SIMD.i16x8_mul,
} // biome-ignore format: a table

/** Bytes a lane, and whether the high halves are taken. */
const UNPACK: Readonly<Record<string, readonly [lane: number, high: boolean]>> = {
  punpcklbw: [1, false], punpcklwd: [2, false], punpckldq: [4, false], punpcklqdq: [8, false],
  punpckhbw: [1, true], punpckhwd: [2, true], punpckhdq: [4, true], punpckhqdq: [8, true],
} // biome-ignore format: a table

/** Operation, bits a lane, and whether a count beyond the lane leaves the sign instead of nothing. */
const SHIFT: Readonly<Record<string, readonly [code: number, bits: number, sign: boolean]>> = {
  psllw_i: [SIMD.i16x8_shl, 16, false], pslld_i: [SIMD.i32x4_shl, 32, false], psllq_i: [SIMD.i64x2_shl, 64, false],
  psrlw_i: [SIMD.i16x8_shr_u, 16, false], psrld_i: [SIMD.i32x4_shr_u, 32, false], psrlq_i: [SIMD.i64x2_shr_u, 64, false],
  psraw_i: [SIMD.i16x8_shr_s, 16, true], psrad_i: [SIMD.i32x4_shr_s, 32, true],
} // biome-ignore format: a table

const OTHER = [
  ...['mov128', 'mov64', 'mov32', 'mov64_zx', 'mov32_zx', 'mov_gpr32', 'movhlps', 'movhps_load', 'movhps_store'],
  ...['movmskps', 'movmskpd', 'pmovmskb', 'pinsrw', 'pextrw', 'pandn', 'pmuludq'],
  ...['pshufd', 'pshuflw', 'pshufhw', 'shufps', 'shufpd', 'pslldq', 'psrldq'],
]

/** Hints touch nothing and never fault. */
const isHint = (mnemonic: string): boolean => mnemonic.startsWith('prefetch')

/** What is asked of a row again and again. */
interface SseFacts {
  /** It is translated, or called by itself. */
  readonly native: boolean
  readonly setsFlags: boolean
  /** Only moves and integers never raise anything. */
  readonly raises: boolean
}

function factsOf([mnemonic, , , , form, , , fn, call, module, flags]: SseRow): SseFacts {
  const known = fn in BINARY || fn in UNPACK || fn in SHIFT || (OTHER as readonly string[]).includes(fn)
  const apart = /mmx|rdi/.test(flags) || /[PQN]/.test(form) || call === 'd' || call === ''
  return {
    native: isHint(mnemonic) || (!apart && (known || call === 'ds' || call === 'dsi') && module !== 'env'),
    setsFlags: flags.includes('eflags'),
    raises: flags.includes('xm'),
  }
}
const FACTS: readonly SseFacts[] = SSE_BY_NUMBER.map(factsOf)

/** Of the uop with this immediate; undefined when it is not translated. */
export function sseFacts(immediate: number): SseFacts | undefined {
  const facts = FACTS[(immediate >> 8) & 0xfff]
  return facts?.native ? facts : undefined
}

export class SseInstructions {
  /** Has this block looked whether SSE may be used, since the interpreter was called? */
  private checked = false
  private readonly operands: SseOperands
  private readonly float: SseFloat

  constructor(private readonly e: Emitter) {
    this.operands = new SseOperands(e)
    this.float = new SseFloat(this.operands)
  }

  /** A block begins, or the interpreter was called: nothing is known any more. */
  forget(): void {
    this.checked = false
    this.float.forget()
  }

  /** Leaves the region when SSE must not be used; once a block, and after each call of the interpreter. */
  private check(): void {
    if (this.checked) return
    this.checked = true
    const { w } = this.e
    w.i32(0)
    w.memory(OP.i32_load, this.e.field('CR0'))
    w.i32(CR0_REFUSES)
    w.op(OP.i32_and)
    w.i32(0)
    w.memory(OP.i32_load, this.e.field('CR4'))
    w.i32(CR4_OSFXSR)
    w.op(OP.i32_and)
    w.op(OP.i32_eqz)
    w.op(OP.i32_or)
    this.e.seldom()
    this.e.leave(this.e.begin)
    this.e.close()
  }

  /** Gives whether the flags were set: in the explicit form. */
  translate(ip: number, memory: boolean, flagsSeen: boolean): boolean {
    const { e } = this
    const { w } = e
    const immediate = e.cache.word(ip + 12)
    const row = sseRow(immediate)
    if (!row) throw new Error('translator: no such SSE row')
    const [mnemonic, , , , form, size, align, fn, , , flags] = row
    if (isHint(mnemonic)) return false
    this.check()
    const [first = '', second = 'I'] = form.split(',')
    const byReg = (kind: string): boolean => kind === 'V' || kind === 'G'
    const toMemory = memory && !byReg(first)
    if (memory) {
      pushAddress(e, ip)
      w.set(VA)
      if (align !== 0) this.checkAlignment()
      probe(e, ip, size, toMemory ? 'write' : 'read', false)
    }
    const operand = (kind: string): Operand => {
      const n = e.cache.byte(ip + (byReg(kind) ? 4 : 5))
      if (!byReg(kind) && memory) return { kind: 'host' }
      if (kind === 'G' || kind === 'R' || kind === 'E') return { kind: 'general', register: n }
      return { kind: 'xmm', register: n }
    }
    const to = operand(first)
    const from = second === 'I' ? to : operand(second)
    if (isFloat(fn)) this.float.translate(row, to, from, immediate & 0xff, flagsSeen)
    else this.operation(row, to, from, immediate & 0xff)
    if (toMemory) stored(e, ip)
    return flags.includes('eflags')
  }

  private checkAlignment(): void {
    const { e } = this
    e.w.get(VA)
    e.w.op(OP.i32_wrap)
    e.w.i32(15)
    e.w.op(OP.i32_and)
    e.seldom()
    e.leave(e.begin)
    e.close()
  }

  private vector(operand: Operand): void {
    this.operands.vector(operand)
  }
  private writeVector(to: Operand, value: () => void): void {
    this.operands.writeVector(to, value)
  }
  private scalarMove(to: Operand, from: Operand, bytes: number, toOffset = 0, fromOffset = 0): void {
    const { operands } = this
    if (to.kind !== 'general' && from.kind !== 'general' && bytes > 2) {
      // as floats they stay where vectors are
      const type = bytes === 8 ? 'f64' : 'f32'
      operands.store(to, type, () => operands.load(from, type, fromOffset), toOffset)
      return
    }
    operands.scalar(from, bytes, fromOffset)
    this.e.w.set(X)
    operands.writeScalar(to, bytes, toOffset)
  }

  // --- operations ---

  private operation(row: SseRow, to: Operand, from: Operand, immediate: number): void {
    const { w } = this.e
    const fn = row[7]
    const binary = BINARY[fn]
    const unpack = UNPACK[fn]
    const shift = SHIFT[fn]
    if (binary !== undefined)
      this.writeVector(to, () => {
        this.vector(to)
        this.vector(from)
        w.simd(binary)
      })
    else if (unpack) this.shuffle(to, to, from, unpacked(...unpack))
    else if (shift) this.shift(to, immediate, ...shift)
    else if (/^mov.*msk|^pmovmskb/.test(fn)) {
      this.vector(from)
      w.simd(fn === 'pmovmskb' ? SIMD.i8x16_bitmask : fn === 'movmskps' ? SIMD.i32x4_bitmask : SIMD.i64x2_bitmask)
      w.op(OP.i64_extend_u)
      w.set(X)
      this.operands.writeScalar(to, 8)
    } else if (fn.startsWith('mov')) this.move(fn, to, from)
    else if ((OTHER as readonly string[]).includes(fn)) this.rest(fn, to, from, immediate)
    else this.operands.execute(row, to, from, immediate)
  }

  private move(fn: string, to: Operand, from: Operand): void {
    if (fn === 'mov128') this.writeVector(to, () => this.vector(from))
    else if (fn === 'mov64') this.scalarMove(to, from, 8)
    else if (fn === 'mov32') this.scalarMove(to, from, 4)
    else if (fn === 'mov_gpr32') this.scalarMove(to, from, 4)
    else if (fn === 'movhlps') this.scalarMove(to, from, 8, 0, 8)
    else if (fn === 'movhps_load') this.scalarMove(to, from, 8, 8, 0)
    else if (fn === 'movhps_store') this.scalarMove(to, from, 8, 0, 8)
    else this.writeVector(to, () => this.operands.vectorOf(from, fn === 'mov64_zx' ? 8 : 4))
  }

  private rest(fn: string, to: Operand, from: Operand, immediate: number): void {
    const { w } = this.e
    switch (fn) {
      case 'pinsrw':
        this.scalarMove(to, from, 2, (immediate & 7) * 2, 0)
        break
      case 'pextrw':
        this.scalarMove(to, from, 2, 0, (immediate & 7) * 2)
        break
      case 'pandn':
        this.writeVector(to, () => {
          this.vector(from)
          this.vector(to)
          w.simd(SIMD.andnot)
        })
        break
      case 'pmuludq':
        this.writeVector(to, () => {
          for (const operand of [to, from]) {
            this.vector(operand)
            w.vector([255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0])
            w.simd(SIMD.and)
          }
          w.simd(SIMD.i64x2_mul)
        })
        break
      case 'pshufd':
        this.shuffle(
          to,
          from,
          from,
          lanes(
            4,
            [0, 1, 2, 3].map((i) => (immediate >> (i * 2)) & 3),
          ),
        )
        break
      case 'pshuflw':
        this.shuffle(to, from, from, lanes(2, [...[0, 1, 2, 3].map((i) => (immediate >> (i * 2)) & 3), 4, 5, 6, 7]))
        break
      case 'pshufhw':
        this.shuffle(to, from, from, lanes(2, [0, 1, 2, 3, ...[0, 1, 2, 3].map((i) => 4 + ((immediate >> (i * 2)) & 3))]))
        break
      case 'shufps':
        this.shuffle(
          to,
          to,
          from,
          lanes(
            4,
            [0, 1, 2, 3].map((i) => ((immediate >> (i * 2)) & 3) + (i < 2 ? 0 : 4)),
          ),
        )
        break
      case 'shufpd':
        this.shuffle(to, to, from, lanes(8, [immediate & 1, 2 + ((immediate >> 1) & 1)]))
        break
      default: {
        // pslldq, psrldq: bytes 16 and above are zeros
        const count = Math.min(immediate, 16)
        const left = fn === 'pslldq'
        const source = (i: number): number => (left ? (i >= count ? i - count : 16) : i + count < 16 ? i + count : 16)
        const zeros: readonly number[] = new Array<number>(16).fill(0)
        this.writeVector(to, () => {
          this.vector(to)
          w.vector(zeros)
          w.shuffle(zeros.map((_, i) => source(i)))
        })
      }
    }
  }

  private shuffle(to: Operand, a: Operand, b: Operand, bytes: readonly number[]): void {
    this.writeVector(to, () => {
      this.vector(a)
      this.vector(b)
      this.e.w.shuffle(bytes)
    })
  }

  private shift(to: Operand, count: number, code: number, bits: number, sign: boolean): void {
    const { w } = this.e
    this.writeVector(to, () => {
      if (count >= bits && !sign) {
        w.vector(new Array<number>(16).fill(0))
        return
      }
      this.vector(to)
      w.i32(Math.min(count, bits - 1))
      w.simd(code)
    })
  }
}

/** Byte numbers of whole lanes; lane numbers from the second vector follow those of the first. */
function lanes(bytes: number, list: readonly number[]): number[] {
  return list.flatMap((lane) => Array.from({ length: bytes }, (_, i) => lane * bytes + i))
}
function unpacked(lane: number, high: boolean): number[] {
  const count = 16 / lane
  const from = high ? count / 2 : 0
  return lanes(
    lane,
    Array.from({ length: count }, (_, i) => from + (i >> 1) + (i & 1) * count),
  )
}
