// Makes the core of another vcpu out of vcpu 0's: every i32 constant and memory offset in the code section that is an
// address in vcpu 0's area or code cache is moved to the other vcpu's. Nothing else in the module names them: static
// data, globals and i64 constants are not addresses.
// A constant counts as an address of the area when it lies within a field of isa/state-layout.ts (or is the byte after
// one: ends of loops). Sources must not use such numbers for anything else; what would be doubtful is refused here.
// Invariant: the result has the same functions, types and data, only code bodies change (and their lengths).
// Runs in: the vcpu's worker thread. Spec: WebAssembly 2.0 with threads, chapter 5 (binary format).
import { MEMORY_MAP, VCPU_FIELDS } from '../isa/state-layout'

const CODE_SECTION = 10
const AREA = MEMORY_MAP.VCPU_BASE
const AREA_END = AREA + Math.max(...VCPU_FIELDS.map(([, offset, size]) => offset + size))
const CACHE = MEMORY_MAP.CODE_CACHE_BASE
const CACHE_END = CACHE + MEMORY_MAP.CODE_CACHE_SIZE

/** The number itself or where it goes for this vcpu. */
function moved(value: number, vcpu: number): number {
  if (value >= AREA && value <= AREA_END) {
    const offset = value - AREA
    const known = VCPU_FIELDS.some(([, start, size]) => offset >= start && offset <= start + size)
    if (!known) throw new Error(`relocation of the core: 0x${value.toString(16)} lies between the fields of a vcpu's area`)
    return value + vcpu * MEMORY_MAP.VCPU_STRIDE
  }
  if (value >= CACHE && value <= CACHE_END) return value + vcpu * MEMORY_MAP.CODE_CACHE_SIZE
  return value
}

/** i32 mul, div, rem, and, or, xor, shifts, rotates: an operand of these is no address. */
const MASKING: readonly number[] = [0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78]

class Reader {
  at = 0
  constructor(readonly bytes: Uint8Array) {}

  byte(): number {
    const value = this.bytes[this.at++]
    if (value === undefined) throw new Error('relocation of the core: the module ends too early')
    return value
  }
  /** Unsigned LEB128 of at most 32 bits. */
  unsigned(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 5; i++) {
      const b = this.byte()
      value += (b & 127) * scale
      if (b < 128) return value
      scale *= 128
    }
    throw new Error('relocation of the core: a number is too long')
  }
  /** Signed LEB128 of 32 bits. */
  signed(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const b = this.byte()
      value |= (b & 127) << shift
      if (b < 128) return shift + 7 < 32 && b & 64 ? value | (-1 << (shift + 7)) : value
    }
    throw new Error('relocation of the core: a number is too long')
  }
  /** Any LEB128, passed over. */
  skip(): void {
    while (this.byte() >= 128);
  }
}

class Writer {
  private bytes = new Uint8Array(1 << 16)
  length = 0

  private room(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more))
    bigger.set(this.bytes.subarray(0, this.length))
    this.bytes = bigger
  }
  put(piece: Uint8Array): void {
    this.room(piece.length)
    this.bytes.set(piece, this.length)
    this.length += piece.length
  }
  unsigned(value: number): void {
    this.room(5)
    let rest = value
    while (rest >= 128) {
      this.bytes[this.length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.bytes[this.length++] = rest
  }
  signed(value: number): void {
    this.room(5)
    let rest = value
    while (rest > 63 || rest < -64) {
      this.bytes[this.length++] = (rest & 127) | 128
      rest >>= 7
    }
    this.bytes[this.length++] = rest & 127
  }
  done(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length)
  }
}

/** Copies the expressions of one function body, moving addresses. */
class Body {
  private from: number // start of what is not copied yet

  constructor(
    private readonly r: Reader,
    private readonly end: number,
    private readonly out: Writer,
    private readonly vcpu: number,
  ) {
    this.from = r.at
  }

  run(): void {
    const { r } = this
    for (let groups = r.unsigned(); groups > 0; groups--) {
      r.skip() // locals: count and type
      r.byte()
    }
    while (r.at < this.end) this.instruction()
    if (r.at !== this.end) throw new Error('relocation of the core: a function does not end where it says')
    this.copy(r.at)
  }

  private copy(to: number): void {
    this.out.put(this.r.bytes.subarray(this.from, to))
    this.from = to
  }

  private memarg(): void {
    const { r } = this
    if (r.unsigned() & 0x40) throw new Error('relocation of the core: more than one memory')
    const start = r.at
    const offset = r.unsigned()
    const there = moved(offset, this.vcpu)
    if (there === offset) return
    this.copy(start)
    this.out.unsigned(there)
    this.from = r.at
  }

  private constant(): void {
    const { r } = this
    const start = r.at
    const value = r.signed()
    if (-value >= AREA && -value <= AREA_END) throw new Error(`relocation of the core: ${value} looks like a negated address`)
    const there = moved(value >>> 0, this.vcpu)
    if (there === value >>> 0) return
    const next = r.bytes[r.at] ?? 0
    if (MASKING.includes(next))
      throw new Error(`relocation of the core: 0x${(value >>> 0).toString(16)} is used as a number, not as an address`)
    this.copy(start)
    this.out.signed(there | 0)
    this.from = r.at
  }

  private instruction(): void {
    const { r } = this
    const op = r.byte()
    if (op === 0x41) this.constant()
    else if (op >= 0x28 && op <= 0x3e) this.memarg()
    else if (
      op <= 0x01 ||
      op === 0x05 ||
      op === 0x0b ||
      op === 0x0f ||
      op === 0x1a ||
      op === 0x1b ||
      (op >= 0x45 && op <= 0xc4)
    )
      return
    else if ((op >= 0x02 && op <= 0x04) || (op >= 0x20 && op <= 0x26))
      r.skip() // block type; variable
    else if (op === 0x0c || op === 0x0d || op === 0x10 || op === 0x3f || op === 0x40) r.skip()
    else if (op === 0x11) {
      r.skip()
      r.skip()
    } else if (op === 0x0e) for (let n = r.unsigned(); n >= 0; n--) r.skip()
    else if (op === 0x1c) for (let n = r.unsigned(); n > 0; n--) r.skip()
    else if (op === 0x42)
      r.skip() // i64.const: never an address
    else if (op === 0x43) r.at += 4
    else if (op === 0x44) r.at += 8
    else if (op === 0xfc) this.bulk(r.unsigned())
    else if (op === 0xfd) this.vector(r.unsigned())
    else if (op === 0xfe) this.atomic(r.unsigned())
    else throw new Error(`relocation of the core: opcode 0x${op.toString(16)} is not known`)
  }

  private bulk(op: number): void {
    const operands = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1][op]
    if (operands === undefined) throw new Error(`relocation of the core: opcode 0xFC ${op} is not known`)
    for (let i = 0; i < operands; i++) this.r.skip()
  }

  private vector(op: number): void {
    if (op <= 11 || op === 92 || op === 93) this.memarg()
    else if (op === 12 || op === 13) this.r.at += 16
    else if (op >= 21 && op <= 34) this.r.at += 1
    else if (op >= 84 && op <= 91) {
      this.memarg()
      this.r.at += 1
    } else if (op > 255) throw new Error(`relocation of the core: opcode 0xFD ${op} is not known`)
  }

  private atomic(op: number): void {
    if (op === 3) this.r.at += 1
    else if (op <= 2 || (op >= 0x10 && op <= 0x4e)) this.memarg()
    else throw new Error(`relocation of the core: opcode 0xFE ${op} is not known`)
  }
}

/** The bytes of core.wasm for another vcpu. */
export function relocate(bytes: Uint8Array, vcpu: number): Uint8Array<ArrayBuffer> {
  const r = new Reader(bytes)
  const out = new Writer()
  r.at = 8
  out.put(bytes.subarray(0, 8))
  while (r.at < bytes.length) {
    const start = r.at
    const id = r.byte()
    const size = r.unsigned()
    const end = r.at + size
    if (id !== CODE_SECTION) {
      out.put(bytes.subarray(start, end))
      r.at = end
      continue
    }
    const section = new Writer()
    const count = r.unsigned()
    section.unsigned(count)
    for (let i = 0; i < count; i++) {
      const length = r.unsigned()
      const body = new Writer()
      new Body(r, r.at + length, body, vcpu).run()
      section.unsigned(body.length)
      section.put(body.done())
    }
    if (r.at !== end) throw new Error('relocation of the core: the code section does not end where it says')
    out.put(Uint8Array.of(CODE_SECTION))
    out.unsigned(section.length)
    out.put(section.done())
  }
  return out.done()
}
