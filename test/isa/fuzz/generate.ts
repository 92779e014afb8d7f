// Cases from forms: random encodings (every addressing mode, prefixes without meaning, REX with and without need) and
// random states, with operands that suit the instruction: addresses mostly within the memory that is compared, often
// across its page border, now and then where they fault; counts, divisors and targets that are worth trying.
// Runs in: tests and the fuzzer.
import { makeState, type OperandKind, type Random } from '../fp/states'
import { type Case, CODE, DATA, GS_BASE, MIDDLE, NOTHING, READ_ONLY, TAIL } from './case'
import type { Form, IntegerForm, SequenceForm, SseForm, X87Form } from './forms'

const RAX = 0
const RCX = 1
const RDX = 2
const RBX = 3
const RSP = 4
const RBP = 5
const RSI = 6
const RDI = 7
const MASK64 = (1n << 64n) - 1n
const STACK = [
  'pusha',
  'popa',
  'push',
  'pop',
  'push_imm',
  'pop_mem',
  'push_seg',
  'pushf',
  'popf',
  'enter',
  'leave',
  'call',
  'call_ind',
  'ret',
  'ret_imm',
]
const STRING = ['movs', 'stos', 'lods', 'scas', 'cmps', 'ins', 'outs']
const BRANCHES = ['JCC', 'JCX', 'JMP']

const sext = (v: bigint, bits: number): bigint => BigInt.asUintN(64, BigInt.asIntN(bits, v))

/** A 64-bit value that likes edges of every operand size. */
export function value(r: Random): bigint {
  const bits = BigInt([8, 16, 32, 64][r.below(4)] ?? 64)
  let low: bigint
  switch (r.below(10)) {
    case 0:
      low = 0n
      break
    case 1:
      low = (1n << bits) - 1n
      break
    case 2:
      low = 1n << (bits - 1n)
      break
    case 3:
      low = (1n << (bits - 1n)) - 1n
      break
    case 4:
      low = BigInt(r.below(70))
      break
    case 5:
      low = -BigInt(r.below(70))
      break
    case 6:
      low = 1n << BigInt(r.below(64))
      break
    default:
      return r.u64()
  }
  low &= (1n << bits) - 1n
  if (r.chance(0.3)) return low
  return r.chance(0.3) ? sext(low, Number(bits)) : ((r.u64() << bits) | low) & MASK64
}

/** Address of an operand of `bytes`. */
function target(r: Random, bytes: number, align = 1): bigint {
  const p = r.below(100)
  const within = (from: bigint, room: number): bigint => {
    const at = from + BigInt(r.below(Math.max(1, room - bytes + 1)))
    return align > 1 ? at & ~BigInt(align - 1) : r.chance(0.5) ? at & ~BigInt(Math.min(bytes, 16) - 1) : at
  }
  const across = (border: bigint): bigint => border - BigInt(bytes > 1 ? 1 + r.below(bytes - 1) : 1)
  if (p < 74) return within(MIDDLE, 512)
  if (p < 84) return across(DATA + 0x1000n)
  if (p < 89) return within(TAIL, 64)
  if (p < 92) return across(READ_ONLY)
  if (p < 94) return within(READ_ONLY, 4096)
  if (p < 96) return across(NOTHING)
  if (p < 97) return across(DATA)
  if (p < 98) return NOTHING + BigInt(r.below(4096))
  return r.chance(0.5) ? r.u64() : (1n << 47n) - BigInt(r.below(bytes + 2))
}

/** What a case is being made of. */
class Draft {
  readonly gpr: bigint[]
  readonly pinned = new Set<number>()
  readonly prefixes: number[] = []
  rex = 0 // bits W R X B
  rexWanted = false
  tail: number[] = [] // opcode, ModRM, SIB, displacement, immediate
  rflags: number
  readonly middle = new Uint8Array(512)
  readonly ends = new Uint8Array(64)
  offset: number
  ripFix: { at: number; target: bigint } | undefined
  /** Segment overrides may be added. */
  overrides = true
  fx: Uint8Array | undefined

  /** `tiled`: memory repeats itself, so that recorded cases pack well. */
  constructor(
    readonly r: Random,
    tiled: boolean,
    readonly bits: 32 | 64 = 64,
  ) {
    this.gpr = Array.from({ length: 16 }, () => value(r))
    this.rflags = 0x202 | (r.u32() & 0x8d5) | (r.chance(0.1) ? 0x400 : 0) | (r.chance(0.03) ? 0x100 : 0)
    const view = new DataView(this.middle.buffer)
    for (let i = 0; i < 512; i += 8) view.setBigUint64(i, tiled && i >= 32 ? view.getBigUint64(i - 32, true) : value(r), true)
    for (let i = 0; i < 64; i++) this.ends[i] = tiled ? (this.middle[i] ?? 0) : r.below(256)
    this.offset = r.chance(0.05) ? 0x1000 - 1 - r.below(14) : 0x100 + r.below(0xc00)
    this.gpr[RSP] = MIDDLE + BigInt(64 + r.below(384))
  }
  pin(n: number, v: bigint): void {
    this.gpr[n] = BigInt.asUintN(64, v)
    this.pinned.add(n)
  }
  reg(n: number): bigint {
    return this.gpr[n] ?? 0n
  }
  /** Where an address lies in the compared memory, or -1. */
  poke(at: bigint, v: bigint, bytes: number): void {
    for (let i = 0; i < bytes; i++) {
      const a = at + BigInt(i)
      const b = Number((v >> BigInt(i * 8)) & 255n)
      if (a >= MIDDLE && a < MIDDLE + 512n) this.middle[Number(a - MIDDLE)] = b
      else if (a >= TAIL && a < TAIL + 64n) this.ends[Number(a - TAIL)] = b
    }
  }
  peek(at: bigint, bytes: number): bigint {
    let v = 0n
    for (let i = 0; i < bytes; i++) {
      const a = at + BigInt(i)
      const b =
        a >= MIDDLE && a < MIDDLE + 512n
          ? this.middle[Number(a - MIDDLE)]
          : a >= TAIL && a < TAIL + 64n
            ? this.ends[Number(a - TAIL)]
            : 0
      v |= BigInt(b ?? 0) << BigInt(i * 8)
    }
    return v
  }
  push32(v: number): void {
    this.tail.push(v & 255, (v >> 8) & 255, (v >> 16) & 255, (v >>> 24) & 255)
  }
  push64(v: bigint): void {
    for (let i = 0n; i < 64n; i += 8n) this.tail.push(Number((v >> i) & 255n))
  }

  /** ModRM for registers. */
  registers(reg: number, rm: number): void {
    this.tail.push(0xc0 | ((reg & 7) << 3) | (rm & 7))
    if (reg & 8) this.rex |= 4
    if (rm & 8) this.rex |= 1
  }

  /** A register for addressing: mostly one that has no other part to play. */
  private addressRegister(index: boolean): number {
    for (let tries = 0; tries < 8; tries++) {
      const n = this.r.below(16)
      if (index && n === RSP) continue
      if (!this.pinned.has(n) || this.r.chance(0.05)) return n
    }
    return 14
  }

  /** The same in 32-bit code, where addresses wrap at 4 GiB; now and then with 16-bit addressing. */
  private memory32(reg: number, to: bigint): void {
    const { r } = this
    // Not over the segment's end: which of several faults comes first there differs by instruction (guest/kernel has limits).
    const at = (to & 0xffff_ffffn) > 0xffff_ffe0n ? NOTHING : to
    const field = reg << 3
    const mode = r.below(100)
    if (mode < 3) {
      this.prefixes.push(0x67) // no memory below 64 KiB: it is the address of the fault that is compared
      const modrm = (r.below(3) << 6) | field | r.below(8)
      this.tail.push(modrm)
      const bytes = modrm >= 0x80 || (modrm & 0xc7) === 6 ? 2 : modrm >= 0x40 ? 1 : 0
      for (let i = 0; i < bytes; i++) this.tail.push(r.below(256))
      return
    }
    const size = [0, 1, 4, 1][r.below(4)] ?? 0
    let disp = size === 0 ? 0n : size === 1 ? BigInt(r.below(256) - 128) : BigInt(r.u32() | 0)
    let base = r.below(8)
    if (this.pinned.has(base) && r.chance(0.9)) base = [RBX, RSI, RDI, RBP][r.below(4)] ?? RBX
    let index = r.below(8)
    if (index === RSP || index === base) index = base === RBP ? RBX : RBP
    const scale = r.below(4)
    const shape = mode < 45 ? 'base' : mode < 75 ? 'both' : mode < 85 ? 'index' : 'none'
    const scaled = this.reg(index) << BigInt(scale)
    if (shape === 'base' || shape === 'both') {
      this.gpr[base] = BigInt.asUintN(32, at - disp - (shape === 'both' ? scaled : 0n)) | (r.u64() & ~0xffff_ffffn)
      const mod = size === 1 ? 0x40 : size === 4 ? 0x80 : base === RBP ? 0x40 : 0
      if (shape === 'both' || base === RSP)
        this.tail.push(mod | field | 4, (scale << 6) | ((shape === 'both' ? index : 4) << 3) | base)
      else this.tail.push(mod | field | base)
      if (mod === 0x40) this.tail.push(Number(disp) & 255)
      else if (mod === 0x80) this.push32(Number(disp))
    } else {
      disp = at - (shape === 'index' ? scaled : 0n)
      if (shape === 'index') this.tail.push(field | 4, (scale << 6) | (index << 3) | 5)
      else this.tail.push(field | 5)
      this.push32(Number(BigInt.asIntN(32, disp)))
    }
  }

  /** ModRM and what follows it, for a memory operand at `at`. */
  memory(reg: number, at: bigint): void {
    if (this.bits === 32) {
      this.memory32(reg & 7, at)
      return
    }
    const { r } = this
    if (reg & 8) this.rex |= 4
    const field = (reg & 7) << 3
    let wanted = at
    if (r.chance(0.06)) {
      this.prefixes.push(0x65)
      wanted = BigInt.asUintN(64, at - GS_BASE)
    }
    const small = wanted < 0x7fff_ffffn
    let mode = r.below(100)
    const narrow = small && r.chance(0.08)
    if (narrow) this.prefixes.push(0x67)
    if (!small && mode >= 80) mode = 10
    if (mode < 80) {
      const withIndex = mode >= 45
      const noBase = withIndex && mode >= 74
      let base = this.addressRegister(false)
      let index = this.addressRegister(true)
      if (noBase && !small) base = index === 15 ? 14 : 15
      if (!noBase && withIndex && base === index) index = (index + 1) & 15
      if (index === RSP) index = RBP === base ? RBX : RBP
      const scale = r.below(4)
      let size = noBase ? 4 : ([0, 1, 4, 1][r.below(4)] ?? 0)
      if (!noBase && size === 0 && (base & 7) === 5) size = 1
      let disp = size === 0 ? 0n : size === 1 ? BigInt(r.below(256) - 128) : BigInt(r.u32() | 0)
      const high = narrow ? r.u64() & ~0xffff_ffffn : 0n
      if (noBase) {
        // index * scale + disp32
        const v = small ? BigInt(r.below(0x100_0000)) : value(r)
        this.gpr[index] = v
        disp = BigInt.asIntN(64, wanted - (v << BigInt(scale)))
        if (disp !== BigInt.asIntN(32, disp)) {
          this.gpr[index] = 0n
          disp = BigInt.asIntN(32, wanted)
        }
      } else {
        let rest = wanted - disp
        if (withIndex) {
          if (r.chance(0.6)) this.gpr[index] = BigInt(r.below(0x1_0000))
          rest -= this.reg(index) << BigInt(scale)
        }
        rest = BigInt.asUintN(64, rest)
        this.gpr[base] = narrow ? (rest & 0xffff_ffffn) | high : rest
      }
      if (base & 8 && !noBase) this.rex |= 1
      if (withIndex && index & 8) this.rex |= 2
      const mod = noBase || size === 0 ? 0 : size === 1 ? 0x40 : 0x80
      if (withIndex || (base & 7) === 4) {
        this.tail.push(mod | field | 4)
        this.tail.push(((withIndex ? scale : r.below(4)) << 6) | ((withIndex ? index & 7 : 4) << 3) | (noBase ? 5 : base & 7))
        // without an index, REX.X must be clear or R12 would be one
      } else this.tail.push(mod | field | (base & 7))
      if (size === 1) this.tail.push(Number(disp) & 255)
      else if (size === 4) this.push32(Number(BigInt.asIntN(32, disp)))
    } else if (mode < 90) {
      this.tail.push(field | 4, 0x25)
      this.push32(Number(wanted))
    } else {
      this.tail.push(field | 5)
      this.ripFix = { at: this.tail.length, target: wanted }
      this.push32(0)
    }
  }

  finish(): Case {
    const { r } = this
    if (this.overrides && r.chance(0.04)) this.prefixes.push([0x26, 0x2e, 0x36, 0x3e][r.below(4)] ?? 0x3e)
    for (let i = this.prefixes.length - 1; i > 0; i--) {
      const j = r.below(i + 1)
      const [a, b] = [this.prefixes[i] ?? 0, this.prefixes[j] ?? 0]
      this.prefixes[i] = b
      this.prefixes[j] = a
    }
    const rex = this.bits === 64 && (this.rex || this.rexWanted) ? [0x40 | this.rex] : []
    const bytes = Uint8Array.from([...this.prefixes, ...rex, ...this.tail])
    if (this.ripFix) {
      const end = CODE + BigInt(this.offset + bytes.length)
      const at = bytes.length - this.tail.length + this.ripFix.at
      new DataView(bytes.buffer).setInt32(at, Number(BigInt.asIntN(32, this.ripFix.target - end)), true)
    }
    return {
      code: bytes,
      offset: this.offset,
      bits: this.bits,
      gpr: this.bits === 64 ? this.gpr : this.gpr.map((v) => v & 0xffff_ffffn),
      rflags: this.rflags,
      middle: this.middle,
      tail: this.ends,
      fx: this.fx,
    }
  }
}

/** An immediate of `bits`, edges included. */
function immediate(r: Random, bits: number): bigint {
  return value(r) & ((1n << BigInt(bits)) - 1n)
}
function pushImmediate(d: Draft, v: bigint, bytes: number): void {
  for (let i = 0; i < bytes; i++) d.tail.push(Number((v >> BigInt(i * 8)) & 255n))
}
/** Where a branch may go: the pages of HLT, away from the case itself, or anywhere. */
function destination(d: Draft): bigint {
  if (d.r.chance(0.1)) return d.r.chance(0.5) ? d.r.u64() : NOTHING + BigInt(d.r.below(100))
  return CODE + BigInt((d.offset + 64 + d.r.below(0x1f00)) % 0x2000)
}

function integerCase(form: IntegerForm, r: Random, tiled: boolean): Case {
  const [map, op, ext, , , shape, sizeKind, imm, , family] = form.row
  const d = new Draft(r, tiled, form.bits)
  const { size } = form
  const memory = form.kind !== 'reg'
  if (size === 2 && sizeKind !== 'w') d.prefixes.push(0x66)
  if (size === 8 && sizeKind !== 'q' && sizeKind !== 'f' && sizeKind !== 'o') d.rex |= 8
  else if ((sizeKind === 'q' || sizeKind === 'f' || sizeKind === 'b') && size !== 2 && r.chance(0.1)) d.rex |= 8
  if (r.chance(0.3)) d.rexWanted = true
  if (form.kind === 'lock') d.prefixes.push(0xf0)
  // LOCK MOV CR is AMD's other way to name CR8, which our CPUID does not offer
  else if (r.chance(0.01) && !/_cr$/.test(family)) d.prefixes.push(0xf0)
  // F2 and F3 mean nothing to most one-byte instructions (with LOOPE and LOOPNE this host turns the condition by them)
  if (
    map === '1' &&
    r.chance(0.03) &&
    !(op >= 0xa4 && op <= 0xaf) &&
    op !== 0x90 &&
    !(op >= 0x6c && op <= 0x6f) &&
    op !== 0xe0 &&
    op !== 0xe1
  )
    d.prefixes.push(r.chance(0.5) ? 0xf2 : 0xf3)

  // POP to a segment that must not be written: the processor reads the stack before it looks, we look first
  if (family === 'pop_mem' && form.bits === 32) d.overrides = false

  // operands that registers imply
  const shiftByCl = family.endsWith(':EC') || family === 'shld_cl' || family === 'shrd_cl'
  if (shiftByCl) d.pin(RCX, (r.u64() & ~255n) | BigInt(r.chance(0.5) ? r.below(256) : r.below(70)))
  if (STACK.includes(family)) d.pin(RSP, target(r, 8))
  if (family === 'leave') d.pin(RBP, target(r, 8))
  if (family === 'enter') d.pin(RBP, MIDDLE + BigInt(200 + r.below(300)))
  // never AC (the harness' own accesses would fault), ID or NT (they would stay in the process)
  if (family === 'popf') d.pin(RSP, r.chance(0.95) ? MIDDLE + BigInt(r.below(500)) : NOTHING)
  if (family === 'popf') d.poke(d.reg(RSP), r.u64() & ~0x24_4000n & ~(r.chance(0.9) ? 0x100n : 0n), 8)
  if (family === 'ret' || family === 'ret_imm') d.poke(d.reg(RSP), destination(d), 8)
  if (family === 'pushf') d.rflags &= ~0x100
  if (STRING.includes(family) || family === 'xlat') {
    const rep = family === 'xlat' ? 0 : r.below(3)
    if (rep) d.prefixes.push(rep === 1 ? 0xf3 : 0xf2)
    const narrow = d.bits === 64 && r.chance(0.15)
    if (narrow) d.prefixes.push(0x67)
    const high = (v: bigint): bigint => (narrow ? (v & 0xffff_ffffn) | (r.u64() & ~0xffff_ffffn) : v)
    d.pin(RCX, high(BigInt(r.chance(0.2) ? 0 : r.below(14))))
    const side = (): bigint => (r.chance(0.85) ? MIDDLE + BigInt(112 + r.below(288)) : target(r, size))
    d.pin(RSI, high(side()))
    d.pin(RDI, high(side()))
    if (family === 'movs' && r.chance(0.3)) d.pin(RDI, high(d.reg(RSI) + BigInt(r.below(40) - 20)))
    if (family === 'xlat') d.pin(RBX, high(target(r, 1) - (d.reg(RAX) & 255n)))
    if (family === 'scas' || family === 'cmps') {
      // runs of equal elements
      const v = value(r)
      if (r.chance(0.6)) d.pin(RAX, v)
      if (r.chance(0.6)) for (let i = 0; i < 512; i += size) if (r.chance(0.8)) d.poke(MIDDLE + BigInt(i), v, size)
    }
    if (d.bits === 64 && r.chance(0.1)) d.prefixes.push(0x65)
  }
  if (family === 'loop' || family === 'loope' || family === 'loopne' || family === 'jcxz') {
    d.pin(RCX, BigInt(r.below(3)) | (r.chance(0.3) ? r.u64() & ~0xffff_ffffn : 0n))
    if (r.chance(0.2)) d.prefixes.push(0x67)
  }

  // opcode
  if (map === '0F') d.tail.push(0x0f)
  d.tail.push(op)
  if (shape === 'Z' || shape === 'ZA' || shape === 'ZI') {
    if (r.chance(0.5)) d.rex |= 1
    if (family === 'xchg0') d.rex &= ~1
  }
  if (['EG', 'GE', 'GEB', 'EI', 'E', 'M', 'LEA'].includes(shape))
    modrm(form, d, ext < 0 ? r.below(family === 'mov_from_seg' && form.bits === 32 ? 6 : form.bits / 4) : ext, memory)

  switch (imm) {
    case 'ib':
    case 'iz':
      if (BRANCHES.includes(shape)) {
        const bytes = imm === 'ib' ? 1 : size === 2 ? 2 : 4
        const short = (): bigint => BigInt(r.chance(0.5) ? r.below(128) : -128 + r.below(100))
        let to = imm === 'ib' ? short() : destination(d) - CODE - BigInt(d.offset + 32)
        if (r.chance(0.1) && imm === 'iz') to = BigInt(r.u32() | 0)
        pushImmediate(d, BigInt.asUintN(bytes * 8, to), bytes)
      } else {
        const bytes = imm === 'ib' ? 1 : size === 2 ? 2 : 4
        pushImmediate(d, immediate(r, bytes * 8), bytes)
      }
      break
    case 'ub': {
      let v = BigInt(r.below(256))
      if (/^(ro|rc|sh|sa)/.test(family) && r.chance(0.5)) v = BigInt(r.below(70))
      if (family === 'int_n' && v === 0x80n) v = 0x81n
      pushImmediate(d, v, 1)
      break
    }
    case 'iw':
      pushImmediate(d, immediate(r, 16), 2)
      break
    case 'iv':
      pushImmediate(d, value(r), size)
      break
    case 'iwb': {
      const room = r.chance(0.8) ? r.below(64) : r.below(65536)
      pushImmediate(d, BigInt(room), 2)
      d.tail.push(r.chance(0.7) ? r.below(4) : r.below(256))
      break
    }
    case 'mo': {
      let at = target(r, size)
      const narrow = d.bits === 32 || (at < 0xffff_ffffn && r.chance(0.2))
      if (narrow && d.bits === 64) d.prefixes.push(0x67)
      if (d.bits === 64 && r.chance(0.1)) {
        d.prefixes.push(0x65)
        at = narrow ? (at - GS_BASE) & 0xffff_ffffn : BigInt.asUintN(64, at - GS_BASE)
      }
      pushImmediate(d, at, narrow ? 4 : 8)
      break
    }
    default:
  }
  return d.finish()
}

function modrm(form: IntegerForm, d: Draft, reg: number, memory: boolean): void {
  const { r } = d
  const [, , ext, , , shape, , , , family] = form.row
  const { size } = form
  const rm = r.below(form.bits / 4)
  // extra bit of the reg field means nothing to groups
  let field = ext >= 0 && d.bits === 64 && r.chance(0.2) ? reg | 8 : reg
  const bits = /^bt[src]?$/.test(family)
  if (bits && memory) {
    const offset = BigInt(r.chance(0.9) ? r.below(1200) - 600 : r.below(1 << 30))
    d.pin(field, size === 8 ? offset : (d.reg(field) & ~((1n << BigInt(size * 8)) - 1n)) | BigInt.asUintN(size * 8, offset))
  }
  if (field < 16 && ext < 0) d.pinned.add(field)
  let bytes =
    shape === 'GEB' ? 1 : family === 'movsx16' || family === 'movzx16' ? 2 : family === 'movsxd' ? (size === 2 ? 2 : 4) : size
  if (family === 'cmpxchg8b') bytes = size * 2
  if (family === 'mov_from_seg' && memory) bytes = 2
  if (family === 'movnti' || shape === 'LEA') bytes = Math.max(bytes, 1)
  if (form.row[3] === 'mov' && /^mov_(to|from)_[cd]r$/.test(family)) {
    d.registers(field, rm)
    return
  }
  const at =
    bits && memory
      ? MIDDLE + BigInt(120 + r.below(256))
      : target(r, bytes, family === 'cmpxchg8b' && size === 8 && r.chance(0.8) ? 16 : 1)
  const dividend = family === 'div' || family === 'idiv'
  if (dividend)
    [RAX, RDX].forEach((n) => {
      d.pinned.add(n)
    })
  if (family === 'cmpxchg' || family === 'cmpxchg8b')
    [RAX, RDX].forEach((n) => {
      d.pinned.add(n)
    })
  if (memory) d.memory(field, at)
  else {
    if (ext >= 0) field = reg
    d.registers(field, rm)
  }
  const operand = (): bigint => {
    if (memory) return d.peek(at, bytes)
    const high = size === 1 && (d.bits === 32 || !(d.rex || d.rexWanted)) && rm >= 4 && rm < 8
    return high ? (d.reg(rm - 4) >> 8n) & 255n : d.reg(rm) & ((1n << BigInt(size * 8)) - 1n)
  }
  if (dividend && r.chance(0.8)) setDividend(d, size, operand(), family === 'idiv')
  if (family === 'cmpxchg' && r.chance(0.5)) {
    const v = operand()
    d.gpr[RAX] = size === 8 ? v : (d.reg(RAX) & ~((1n << BigInt(size * 8)) - 1n)) | v
  }
  if (family === 'cmpxchg8b' && r.chance(0.5)) {
    const half = BigInt(size * 8)
    const v = operand()
    const keep = size === 4 && r.chance(0.5) ? r.u64() & ~0xffff_ffffn : 0n
    d.gpr[RAX] = (v & ((1n << half) - 1n)) | keep
    d.gpr[RDX] = (v >> half) | keep
  }
  if (family === 'call_ind' || family === 'jmp_ind') {
    const to = destination(d)
    if (memory) d.poke(at, to, 8)
    else if (rm !== RSP) d.gpr[rm] = to
  }
}

/** A dividend whose quotient mostly fits, or just does not. */
function setDividend(d: Draft, size: number, divisor: bigint, signed: boolean): void {
  const { r } = d
  const bits = size * 8
  const mask = (1n << BigInt(bits)) - 1n
  const n = signed ? BigInt.asIntN(bits, divisor) : divisor
  const quotient = signed ? BigInt.asIntN(bits, value(r)) : value(r) & mask
  let dividend = quotient * n
  const rest = n === 0n ? 0n : (r.u64() & mask) % (n < 0n ? -n : n)
  dividend += (signed && dividend < 0n ? -rest : rest) + (r.chance(0.1) ? BigInt(r.below(5) - 2) : 0n)
  const low = dividend & mask
  const high = (dividend >> BigInt(bits)) & mask
  if (size === 1) d.gpr[RAX] = (d.reg(RAX) & ~0xffffn) | (high << 8n) | low
  else {
    d.gpr[RAX] = (d.reg(RAX) & ~mask) | low
    d.gpr[RDX] = (d.reg(RDX) & ~mask) | high
  }
}

/** What the operands of a row are. */
function kindOf([mnemonic, , , , , , , , , module]: SseForm['row']): OperandKind {
  if (module !== 'sse-float' && module !== 'sse-convert') return 'bits'
  const source = /^cvtt?(\w\w)2/.exec(mnemonic)?.[1] ?? mnemonic.slice(-2)
  if (source === 'dq' || source === 'pi' || source === 'si') return 'bits'
  return source.endsWith('d') ? 'f64' : 'f32'
}

function fxOf(r: Random, kind: OperandKind, x87: boolean): { fx: Uint8Array; memory: Uint8Array } {
  const state = makeState(r, kind, x87)
  return { fx: state.slice(0, 512), memory: state.subarray(544, 672) }
}

function sseCase(form: SseForm, r: Random, tiled: boolean): Case {
  const [mnemonic, prefix, opcode, ext, operands, size, align, , , , flags] = form.row
  const d = new Draft(r, tiled)
  const { fx, memory } = fxOf(r, kindOf(form.row), flags.includes('mmx') || mnemonic.startsWith('fx'))
  d.fx = fx
  if (prefix !== '') d.prefixes.push(Number.parseInt(prefix, 16))
  if (flags.includes('w1')) d.rex |= 8
  else if (!flags.includes('w0') && r.chance(0.1) && !operands.includes('G') && !mnemonic.startsWith('fx')) d.rex |= 8
  if (r.chance(0.2)) d.rexWanted = true
  d.tail.push(0x0f, opcode)
  if (operands.includes('G') && !mnemonic.startsWith('fx')) d.pinned.add(RSP)
  if (flags.includes('rdi')) d.pin(RDI, target(r, size))
  const reg = ext >= 0 ? ext : r.below(16)
  if (operands === '' && ext < 0) {
    // Without a ModRM byte, which the byte of the next instruction must not be taken for: NOP's would be memory's, CLC's a register's.
    d.tail.push(r.chance(0.5) ? 0x90 : 0xf8)
    return d.finish()
  }
  if (form.kind === 'mem') {
    const wanted = mnemonic.startsWith('fx') ? MIDDLE : target(r, size, align && r.chance(0.85) ? align : 1)
    const bytes = mnemonic.startsWith('fx') ? fx : memory
    for (let i = 0; i < Math.min(size, bytes.length); i++) d.poke(wanted + BigInt(i), BigInt(bytes[i] ?? 0), 1)
    d.memory(reg, wanted)
  } else d.registers(reg, ext >= 0 && operands === '' ? 0 : r.below(16))
  if (operands.endsWith('I')) d.tail.push(r.chance(0.5) ? r.below(256) : r.below(20))
  return d.finish()
}

function x87Case(form: X87Form, r: Random, tiled: boolean): Case {
  const d = new Draft(r, tiled)
  const { fx, memory } = fxOf(r, 'bits', true)
  d.fx = fx
  if (form.size === 2) d.prefixes.push(0x66)
  if (r.chance(0.1)) d.rexWanted = true
  d.tail.push(form.op)
  const modrm = form.modrms[r.below(form.modrms.length)] ?? 0
  if (form.kind === 'mem') {
    const reg = (modrm >> 3) & 7
    const at = target(r, 10)
    const long = (form.op === 0xd9 && (reg === 4 || reg === 6)) || (form.op === 0xdd && (reg === 4 || reg === 6))
    const place = long ? MIDDLE + BigInt(r.below(300)) : at
    for (let i = 0; i < (long ? 108 : 10); i++) d.poke(place + BigInt(i), BigInt(memory[i] ?? 0), 1)
    if (long) d.poke(place, BigInt(fx[0] ?? 0) | (BigInt(fx[1] ?? 0) << 8n), 2)
    d.memory(reg, place)
  } else d.tail.push(modrm)
  return d.finish()
}

/** One to three instructions and the one that uses their flags; short of code.length 24. Addresses suit the last one or the one before it. */
function sequenceCase(form: SequenceForm, r: Random): Case {
  const last = integerCase(form.user, r, false) // all of 64-bit code
  let state = last
  const codes = [last.code]
  for (let n = 1 + r.below(3); n > 0; n--) {
    const setter = form.setters[r.below(form.setters.length)]
    const added = setter ? integerCase(setter, r, false) : last
    if (codes.reduce((sum, part) => sum + part.length, added.code.length) > 22) continue
    codes.unshift(added.code)
    if (codes.length === 2 && r.chance(0.5)) state = added
  }
  return { ...state, code: Uint8Array.from(codes.flatMap((code) => [...code])) }
}

export function makeCase(form: Form, r: Random, tiled = false): Case {
  switch (form.set) {
    case 'integer':
      return integerCase(form, r, tiled)
    case 'sse':
      return sseCase(form, r, tiled)
    case 'x87':
      return x87Case(form, r, tiled)
    case 'sequence':
      return sequenceCase(form, r)
  }
}
