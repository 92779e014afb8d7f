// Writes WebAssembly into a growing typed array: opcodes, LEB128 numbers, and the frame of a module with one function for
// each region. No objects are made per instruction, so that emitting costs microseconds a block.
// Runs in: the vcpu's worker thread. Spec: WebAssembly 2.0, chapter 5 (binary format);
// the proposal "branch hinting" for the section that names the branches hardly ever taken: ignored where it is unknown.

export const OP = {
  unreachable: 0x00, block: 0x02, loop: 0x03, if: 0x04, else: 0x05, end: 0x0b, br: 0x0c, br_if: 0x0d, br_table: 0x0e, call: 0x10, drop: 0x1a, select: 0x1b,
  i32_eqz: 0x45, i32_eq: 0x46, i32_ne: 0x47, i32_lt_s: 0x48, i32_lt_u: 0x49, i32_le_s: 0x4c, i32_le_u: 0x4d, i32_ge_s: 0x4e,
  i64_eqz: 0x50, i64_eq: 0x51, i64_ne: 0x52, i64_lt_s: 0x53, i64_lt_u: 0x54, i64_gt_u: 0x56, i64_le_s: 0x57, i64_le_u: 0x58, i64_ge_u: 0x5a,
  f32_eq: 0x5b, f32_ne: 0x5c, f32_lt: 0x5d, f32_gt: 0x5e, f32_le: 0x5f, f32_ge: 0x60, f64_eq: 0x61, f64_ne: 0x62, f64_lt: 0x63, f64_gt: 0x64, f64_le: 0x65, f64_ge: 0x66,
  i32_clz: 0x67, i32_ctz: 0x68, i32_popcnt: 0x69, i32_add: 0x6a, i32_sub: 0x6b, i32_mul: 0x6c, i32_and: 0x71, i32_or: 0x72, i32_xor: 0x73,
  i32_shl: 0x74, i32_shr_s: 0x75, i32_shr_u: 0x76, i32_rotl: 0x77, i32_rotr: 0x78,
  i64_clz: 0x79, i64_ctz: 0x7a, i64_popcnt: 0x7b, i64_add: 0x7c, i64_sub: 0x7d, i64_mul: 0x7e, i64_div_s: 0x7f, i64_div_u: 0x80, i64_rem_s: 0x81, i64_rem_u: 0x82,
  i64_and: 0x83, i64_or: 0x84, i64_xor: 0x85, i64_shl: 0x86, i64_shr_s: 0x87, i64_shr_u: 0x88, i64_rotl: 0x89, i64_rotr: 0x8a,
  f32_sqrt: 0x91, f32_add: 0x92, f32_sub: 0x93, f32_mul: 0x94, f32_div: 0x95,
  f64_abs: 0x99, f64_trunc: 0x9d, f64_nearest: 0x9e, f64_sqrt: 0x9f, f64_add: 0xa0, f64_sub: 0xa1, f64_mul: 0xa2, f64_div: 0xa3,
  i32_trunc: 0xaa, i64_trunc: 0xb0, f32_convert: 0xb2, f32_convert64: 0xb4, f32_demote: 0xb6, f64_convert: 0xb7, f64_convert64: 0xb9,
  f64_promote: 0xbb, i32_reinterpret: 0xbc, i64_reinterpret: 0xbd, f32_reinterpret: 0xbe, f64_reinterpret: 0xbf,
  i32_wrap: 0xa7, i64_extend_s: 0xac, i64_extend_u: 0xad, i32_extend8_s: 0xc0, i32_extend16_s: 0xc1, i64_extend8_s: 0xc2, i64_extend16_s: 0xc3,
  i64_extend32_s: 0xc4,
  i32_load: 0x28, i64_load: 0x29, f32_load: 0x2a, f64_load: 0x2b, i32_load8_s: 0x2c, i32_load8_u: 0x2d, i32_load16_s: 0x2e, i32_load16_u: 0x2f,
  i64_load16_u: 0x33, i64_load32_u: 0x35,
  i32_store: 0x36, i64_store: 0x37, f32_store: 0x38, f64_store: 0x39, i32_store8: 0x3a, i32_store16: 0x3b, i64_store16: 0x3d, i64_store32: 0x3e,
} as const // biome-ignore format: a table

/** After the prefix for vectors. */
export const SIMD = {
  load: 0x00, load32_zero: 0x5c, load64_zero: 0x5d, store: 0x0b,
  i16x8_extract_u: 0x19, i16x8_replace: 0x1a, i32x4_extract: 0x1b, i32x4_replace: 0x1c, i64x2_extract: 0x1d, i64x2_replace: 0x1e,
  f32x4_extract: 0x1f, f32x4_replace: 0x20, f64x2_extract: 0x21, f64x2_replace: 0x22, constant: 0x0c, shuffle: 0x0d,
  i8x16_eq: 0x23, i8x16_gt_s: 0x27, i16x8_eq: 0x2d, i16x8_gt_s: 0x31, i32x4_eq: 0x37, i32x4_lt_s: 0x39, i32x4_gt_s: 0x3b,
  f32x4_eq: 0x41, f32x4_ne: 0x42, f32x4_lt: 0x43, f32x4_le: 0x45, f64x2_eq: 0x47, f64x2_ne: 0x48, f64x2_lt: 0x49, f64x2_le: 0x4b,
  not: 0x4d, and: 0x4e, andnot: 0x4f, or: 0x50, xor: 0x51, any_true: 0x53, f64x2_promote: 0x5f,
  i8x16_bitmask: 0x64, i8x16_narrow_s: 0x65, i8x16_narrow_u: 0x66, i8x16_add: 0x6e, i8x16_add_sat_s: 0x6f, i8x16_add_sat_u: 0x70,
  i8x16_sub: 0x71, i8x16_sub_sat_s: 0x72, i8x16_sub_sat_u: 0x73, i8x16_min_u: 0x77, i8x16_max_u: 0x79, i8x16_avgr_u: 0x7b,
  i16x8_narrow_s: 0x85, i16x8_shl: 0x8b, i16x8_shr_s: 0x8c, i16x8_shr_u: 0x8d, i16x8_add: 0x8e, i16x8_add_sat_s: 0x8f, i16x8_add_sat_u: 0x90,
  i16x8_sub: 0x91, i16x8_sub_sat_s: 0x92, i16x8_sub_sat_u: 0x93, i16x8_mul: 0x95, i16x8_min_s: 0x96, i16x8_max_s: 0x98, i16x8_avgr_u: 0x9b,
  i32x4_bitmask: 0xa4, i32x4_shl: 0xab, i32x4_shr_s: 0xac, i32x4_shr_u: 0xad, i32x4_add: 0xae, i32x4_sub: 0xb1, i32x4_dot: 0xba,
  i64x2_bitmask: 0xc4, i64x2_shl: 0xcb, i64x2_shr_u: 0xcd, i64x2_add: 0xce, i64x2_sub: 0xd1, i64x2_mul: 0xd5, i64x2_eq: 0xd6, i64x2_lt_s: 0xd8,
  f32x4_sqrt: 0xe3, f32x4_add: 0xe4, f32x4_sub: 0xe5, f32x4_mul: 0xe6, f32x4_div: 0xe7, f32x4_pmin: 0xea, f32x4_pmax: 0xeb,
  f64x2_sqrt: 0xef, f64x2_add: 0xf0, f64x2_sub: 0xf1, f64x2_mul: 0xf2, f64x2_div: 0xf3, f64x2_pmin: 0xf6, f64x2_pmax: 0xf7,
  f32x4_convert: 0xfa, f64x2_convert: 0xfe,
} as const // biome-ignore format: a table
const SIMD_PREFIX = 0xfd

/** Read, change, write, after the prefix for atomics: of 32 bits; of 64, 8 and 16 bits the next ones. */
export const ATOMIC = { add: 0x1e, sub: 0x25, and: 0x2c, or: 0x33, xor: 0x3a, xchg: 0x41, cmpxchg: 0x48 } as const
const ATOMIC_PREFIX = 0xfe

const LOCAL_GET = 0x20
const LOCAL_SET = 0x21
const LOCAL_TEE = 0x22
const I32_CONST = 0x41
const I64_CONST = 0x42
const VOID = 0x40

export const I32 = 0x7f
export const I64 = 0x7e
export const F32 = 0x7d
export const F64 = 0x7c
export const V128 = 0x7b

export class WasmWriter {
  private bytes = new Uint8Array(1 << 14)
  length = 0
  /** Where the ifs are that are hardly ever taken. */
  unlikely: number[] = []
  /** Number of the last imported function that is called, and one more. */
  private calls = 0

  /** The bytes, with room for `more` of them. */
  private room(more: number): Uint8Array<ArrayBuffer> {
    if (this.length + more <= this.bytes.length) return this.bytes
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more))
    bigger.set(this.bytes.subarray(0, this.length))
    this.bytes = bigger
    return bigger
  }
  clear(): void {
    this.length = 0
    this.unlikely.length = 0
    this.calls = 0
  }
  written(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length)
  }
  /** What is written, as a function's body. */
  bodyOf(): Body {
    return { bytes: this.written().slice(), unlikely: [...this.unlikely], calls: this.calls }
  }
  byte(value: number): void {
    const bytes = this.length < this.bytes.length ? this.bytes : this.room(1)
    bytes[this.length++] = value
  }
  put(piece: Uint8Array): void {
    this.room(piece.length).set(piece, this.length)
    this.length += piece.length
  }
  unsigned(value: number): void {
    const bytes = this.room(5)
    let at = this.length
    let rest = value >>> 0
    while (rest >= 128) {
      bytes[at++] = (rest & 127) | 128
      rest >>>= 7
    }
    bytes[at++] = rest
    this.length = at
  }
  private signed(value: number): void {
    const bytes = this.room(5)
    let at = this.length
    let rest = value | 0
    while (rest > 63 || rest < -64) {
      bytes[at++] = (rest & 127) | 128
      rest >>= 7
    }
    bytes[at++] = rest & 127
    this.length = at
  }
  /** Two bytes: most instructions that have an operand have no more. */
  private pair(first: number, second: number): void {
    const bytes = this.room(2)
    const at = this.length
    bytes[at] = first
    bytes[at + 1] = second
    this.length = at + 2
  }
  private withUnsigned(code: number, value: number): void {
    if (value >>> 7 === 0) {
      this.pair(code, value)
      return
    }
    this.byte(code)
    this.unsigned(value)
  }
  private withSigned(code: number, value: number): void {
    if ((value + 64) >>> 7 === 0) {
      this.pair(code, value & 127)
      return
    }
    this.byte(code)
    this.signed(value)
  }

  op(code: number): void {
    this.byte(code)
  }
  get(local: number): void {
    this.withUnsigned(LOCAL_GET, local)
  }
  set(local: number): void {
    this.withUnsigned(LOCAL_SET, local)
  }
  tee(local: number): void {
    this.withUnsigned(LOCAL_TEE, local)
  }
  i32(value: number): void {
    this.withSigned(I32_CONST, value)
  }
  /** A 64-bit constant: a whole number of less than 2^53. */
  i64(value: number): void {
    if (value === (value | 0)) this.withSigned(I64_CONST, value)
    else this.i64of(value | 0, Math.floor(value / 2 ** 32))
  }
  /** A 64-bit constant from its halves. */
  i64of(low: number, high: number): void {
    this.byte(I64_CONST)
    this.room(10)
    let l = low | 0
    let h = high | 0
    for (;;) {
      const b = l & 127
      l = (l >>> 7) | (h << 25)
      h >>= 7
      if ((l === 0 && h === 0 && (b & 64) === 0) || (l === -1 && h === -1 && (b & 64) !== 0)) {
        this.bytes[this.length++] = b
        return
      }
      this.bytes[this.length++] = b | 128
    }
  }
  /** A load or store, alignment unknown, at a constant offset from the address on the stack. */
  memory(code: number, offset: number): void {
    this.byte(code)
    this.byte(0)
    this.unsigned(offset)
  }
  /** Of 1 << size bytes at the address on the stack. */
  atomic(code: number, size: number): void {
    this.byte(ATOMIC_PREFIX)
    this.unsigned(code + ([2, 3, 0, 1][size] ?? 0))
    this.byte(size)
    this.unsigned(0)
  }
  simd(code: number): void {
    this.byte(SIMD_PREFIX)
    this.unsigned(code)
  }
  /** Extracts or replaces a lane. */
  lane(code: number, lane: number): void {
    this.simd(code)
    this.byte(lane)
  }
  /** A vector's load or store, as memory(). */
  simdMemory(code: number, offset: number): void {
    this.simd(code)
    this.byte(0)
    this.unsigned(offset)
  }
  /** A constant vector. */
  vector(bytes: readonly number[]): void {
    this.simd(SIMD.constant)
    for (const byte of bytes) this.byte(byte)
  }
  /** Of two vectors on the stack, the bytes of these numbers. */
  shuffle(bytes: readonly number[]): void {
    this.simd(SIMD.shuffle)
    for (const byte of bytes) this.byte(byte)
  }
  /** block, loop or if without a result. */
  frame(code: number): void {
    this.byte(code)
    this.byte(VOID)
  }
  /** An if without a result that is hardly ever taken. */
  seldom(): void {
    this.unlikely.push(this.length)
    this.frame(OP.if)
  }
  /** What another writer has from one offset to another. */
  appendPart(other: WasmWriter, from: number, to: number): void {
    const { unlikely } = other
    // the first one from there on: they are in order
    let low = 0
    for (let high = unlikely.length; low < high; ) {
      const middle = (low + high) >> 1
      if ((unlikely[middle] ?? 0) < from) low = middle + 1
      else high = middle
    }
    for (; (unlikely[low] ?? to) < to; low++) this.unlikely.push(this.length - from + (unlikely[low] ?? 0))
    this.put(other.bytes.subarray(from, to))
    this.calls = Math.max(this.calls, other.calls)
  }
  /** All that another writer has. */
  append(other: WasmWriter): void {
    this.appendPart(other, 0, other.length)
  }
  branch(code: number, label: number): void {
    this.byte(code)
    this.unsigned(label)
  }
  /** By the number on the stack to one of these labels; the last one for any other number. */
  table(labels: readonly number[]): void {
    this.byte(OP.br_table)
    this.unsigned(labels.length - 1)
    for (const label of labels) this.unsigned(label)
  }
  call(index: number): void {
    this.byte(OP.call)
    this.unsigned(index)
    if (index >= this.calls) this.calls = index + 1
  }
}

export interface ImportedFunction {
  readonly name: string
  readonly parameters: readonly number[]
  readonly results: readonly number[]
}

/** A function's body as the code section has it, and where in it the ifs are that are hardly ever taken. */
export interface Body {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly unlikely: readonly number[]
  /** How many of the imported functions it needs, from the first one on. */
  readonly calls: number
}

/** A compilation hint: at once, and by the optimising compiler alone. */
const OPTIMISED_AT_ONCE = 2 | (2 << 2) | (2 << 4)

/**
 * A module around the bodies of regions, (budget: i32, entry: i32) -> i32 each, exported as "0", "1", ... It imports what they call and
 * what stands before that: V8 compiles a way into JavaScript for each signature that is imported, though no region goes it.
 * `optimised`: V8 compiles them with its optimising compiler, before the module is there.
 */
export function moduleOf(
  functions: readonly ImportedFunction[],
  memoryPages: { readonly maximum: number },
  bodies: readonly Body[],
  optimised = false,
): Uint8Array<ArrayBuffer> {
  const imports = functions.slice(0, Math.max(0, ...bodies.map(({ calls }) => calls)))
  const out = new WasmWriter()
  out.put(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
  const section = (id: number, write: (w: WasmWriter) => void): void => {
    const w = new WasmWriter()
    write(w)
    out.byte(id)
    out.unsigned(w.length)
    out.put(w.written())
  }
  const text = (w: WasmWriter, value: string): void => {
    w.unsigned(value.length)
    for (let i = 0; i < value.length; i++) w.byte(value.charCodeAt(i))
  }
  section(1, (w) => {
    w.unsigned(imports.length + 1)
    for (const { parameters, results } of [...imports, { parameters: [I32, I32], results: [I32] }]) {
      w.byte(0x60)
      w.unsigned(parameters.length)
      for (const type of parameters) w.byte(type)
      w.unsigned(results.length)
      for (const type of results) w.byte(type)
    }
  })
  section(2, (w) => {
    w.unsigned(imports.length + 1)
    text(w, 'e')
    text(w, 'memory')
    w.byte(2)
    w.byte(3) // shared, with a maximum
    w.unsigned(1)
    w.unsigned(memoryPages.maximum)
    imports.forEach(({ name }, type) => {
      text(w, 'e')
      text(w, name)
      w.byte(0)
      w.unsigned(type)
    })
  })
  section(3, (w) => {
    w.unsigned(bodies.length)
    for (let i = 0; i < bodies.length; i++) w.unsigned(imports.length)
  })
  section(7, (w) => {
    w.unsigned(bodies.length)
    for (let i = 0; i < bodies.length; i++) {
      text(w, String(i))
      w.byte(0)
      w.unsigned(imports.length + i)
    }
  })
  if (optimised)
    section(0, (w) => {
      text(w, 'compilationHints')
      w.unsigned(bodies.length)
      for (let i = 0; i < bodies.length; i++) w.byte(OPTIMISED_AT_ONCE)
    })
  section(0, (w) => {
    text(w, 'metadata.code.branch_hint')
    w.unsigned(bodies.length)
    bodies.forEach(({ unlikely }, i) => {
      w.unsigned(imports.length + i)
      w.unsigned(unlikely.length)
      for (const at of unlikely) {
        w.unsigned(at)
        w.byte(1) // bytes of the hint
        w.byte(0) // not taken
      }
    })
  })
  section(10, (w) => {
    w.unsigned(bodies.length)
    for (const { bytes } of bodies) {
      w.unsigned(bytes.length)
      w.put(bytes)
    }
  })
  return out.written()
}
