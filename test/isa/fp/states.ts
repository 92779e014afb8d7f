// Start states for the floating-point tests: a seeded generator whose operands are mostly the values that go wrong
// (zeros, denormals, infinities, NaNs with payloads, neighbours of powers of two, ties), the rest random bits.
// Runs in: vitest.
import { STATE } from './native'

export type Random = { u32(): number; below(n: number): number; u64(): bigint; chance(p: number): boolean }

/** A small counter-based generator; the same seed gives the same cases everywhere. RINGMASTER_SEED shifts all seeds. */
export function random(seed: number): Random {
  let a = (seed + Number(process.env['RINGMASTER_SEED'] ?? 0)) >>> 0
  const u32 = (): number => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  return {
    u32,
    below: (n) => Math.floor((u32() / 2 ** 32) * n),
    u64: () => (BigInt(u32()) << 32n) | BigInt(u32()),
    chance: (p) => u32() / 2 ** 32 < p,
  }
}

function pick<T>(r: Random, list: readonly [T, ...T[]]): T {
  return list[r.below(list.length)] ?? list[0]
}

/** Fraction patterns of `width` bits: empty, full, one bit, runs, random. */
function fraction(r: Random, width: number): bigint {
  const mask = (1n << BigInt(width)) - 1n
  const shift = BigInt(r.below(width))
  switch (r.below(7)) {
    case 0:
      return 0n
    case 1:
      return mask
    case 2:
      return 1n << shift
    case 3:
      return (mask << shift) & mask
    case 4:
      return mask >> shift
    case 5:
      return (r.u64() << shift) & mask
    default:
      return r.u64() & mask
  }
}

/** An IEEE value of 32 or 64 bits. */
export function float(r: Random, width: 32 | 64): bigint {
  const [exponentBits, fractionBits] = width === 32 ? [8, 23] : [11, 52]
  const top = (1 << exponentBits) - 1
  const bias = top >> 1
  const sign = BigInt(r.below(2)) << BigInt(width - 1)
  let exponent: number
  switch (r.below(8)) {
    case 0:
      exponent = 0
      break
    case 1:
      exponent = top
      break
    case 2:
      exponent = pick(r, [1, 2, top - 1, top - 2])
      break
    case 3:
    case 4:
      exponent = bias + r.below(8) - 4
      break
    case 5:
      exponent = bias + r.below(140) - 70
      break
    default:
      exponent = r.below(top + 1)
  }
  exponent = Math.max(0, Math.min(top, exponent))
  return sign | (BigInt(exponent) << BigInt(fractionBits)) | fraction(r, fractionBits)
}

/** A float whose value is near an integer of up to 70 bits: the conversions' edge. */
export function nearInteger(r: Random, width: 32 | 64): bigint {
  const magnitude = 2 ** r.below(70) + pick(r, [0, 0, 0.5, -0.5, 1, -1, 0.25, 1.5, 2.5])
  const view = new DataView(new ArrayBuffer(8))
  if (width === 32) {
    view.setFloat32(0, r.chance(0.5) ? magnitude : -magnitude)
    return BigInt(view.getUint32(0))
  }
  view.setFloat64(0, r.chance(0.5) ? magnitude : -magnitude)
  return view.getBigUint64(0)
}

/** Sign and exponent, significand of an x87 register; unsupported encodings (unnormals, pseudo-denormals) among them. */
export function extended(r: Random): readonly [signExponent: number, significand: bigint] {
  const sign = r.below(2) << 15
  let exponent: number
  switch (r.below(8)) {
    case 0:
      exponent = 0
      break
    case 1:
      exponent = 0x7fff
      break
    case 2:
      exponent = pick(r, [1, 2, 0x7ffe, 0x7ffd])
      break
    case 3:
    case 4:
      exponent = 0x3fff + r.below(10) - 5
      break
    case 5:
      exponent = 0x3fff + r.below(160) - 80
      break
    case 6:
      exponent = 0x3fff + pick(r, [127, 128, -126, -127, -149, -150, 1023, 1024, -1022, -1023, -1074, -1075])
      break
    default:
      exponent = r.below(0x8000)
  }
  const integer = exponent !== 0 ? (r.chance(0.97) ? 1n << 63n : 0n) : r.chance(0.1) ? 1n << 63n : 0n
  let low = fraction(r, 63)
  if (exponent === 0x7fff && r.chance(0.5)) low = pick(r, [0n, 0n, 1n << 62n, 1n, (1n << 62n) | 5n])
  if (exponent === 0 && r.chance(0.3)) low = 0n
  return [sign | exponent, integer | low]
}

export type OperandKind = 'bits' | 'f32' | 'f64' | 'integers'

/** Fills 16 bytes of `view` at `at` with lanes of a kind. */
export function fillOperand(r: Random, view: DataView, at: number, kind: OperandKind): void {
  const byteWise = r.below(3)
  for (let i = 0; i < 16; i += 4) {
    if (kind === 'f32') view.setUint32(at + i, Number(r.chance(0.15) ? nearInteger(r, 32) : float(r, 32)), true)
    else if (kind === 'f64') {
      if (i % 8 === 0) view.setBigUint64(at + i, r.chance(0.15) ? nearInteger(r, 64) : float(r, 64), true)
    } else if (byteWise === 0) {
      for (let k = 0; k < 4; k++) view.setUint8(at + i + k, pick(r, [0, 1, 0x7f, 0x80, 0xff, r.below(256)]))
    } else if (byteWise === 1) {
      for (let k = 0; k < 4; k += 2) view.setUint16(at + i + k, pick(r, [0, 1, 0x7fff, 0x8000, 0xffff, r.below(65536)]), true)
    } else view.setUint32(at + i, pick(r, [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, r.u32(), r.u32()]), true)
  }
}

/** MXCSR: mostly all masked, every rounding, FTZ and DAZ, sticky flags; some exceptions unmasked in a sixth of the cases. */
export function mxcsr(r: Random): number {
  let word = 0x1f80
  if (r.chance(0.5)) word |= 0x20
  if (r.chance(0.4)) word |= r.below(4) << 13
  if (r.chance(0.15)) word |= 0x8000
  if (r.chance(0.15)) word |= 0x40
  if (r.chance(0.3)) word |= r.below(64)
  if (r.chance(0.16)) word = (word & ~0x1fbf) | (r.below(64) << 7)
  return word
}

/** A whole state: XMM registers of `kind`, x87 registers of any kind, memory like the registers. */
export function makeState(r: Random, kind: OperandKind, x87 = false): Uint8Array {
  const state = new Uint8Array(STATE.SIZE)
  const view = new DataView(state.buffer)
  view.setUint16(0, 0x37f, true)
  view.setUint32(24, mxcsr(r), true)
  if (x87) {
    let control = 0x37f
    if (r.chance(0.5)) control = (control & 0xff) | (r.below(4) << 10) | (pick(r, [0, 2, 3, 3]) << 8)
    if (r.chance(0.25)) control = (control & ~0x3f) | r.below(64)
    view.setUint16(0, control, true)
    let status = r.below(8) << 11
    if (r.chance(0.5)) status |= r.below(64) & (r.chance(0.8) ? control & 0x3f : 0x3f)
    if (r.chance(0.5)) status |= (r.below(8) << 8) | (r.below(2) << 14)
    if (r.chance(0.2)) status |= 0x41 & (control & 1 ? 0x41 : 0)
    if (status & ~control & 0x3f) status |= 0x8080
    view.setUint16(2, status, true)
    view.setUint8(4, r.chance(0.75) ? 0xff : r.below(256))
  } else {
    // For MMX: any TOP and tags; now and then an exception waits.
    view.setUint8(4, r.below(256))
    view.setUint16(2, (r.below(8) << 11) | (r.chance(0.2) ? r.below(64) : 0), true)
    if (r.chance(0.05)) {
      view.setUint16(0, 0x340, true)
      view.setUint16(2, 0x8081, true)
    }
  }
  for (let i = 0; i < 8; i++) {
    const [signExponent, significand] = extended(r)
    view.setBigUint64(32 + 16 * i, x87 ? significand : r.u64(), true)
    view.setUint16(40 + 16 * i, signExponent, true)
    if (!x87) fillMmx(r, view, 32 + 16 * i)
  }
  for (let i = 0; i < 16; i++) fillOperand(r, view, 160 + 16 * i, kind)
  view.setBigUint64(STATE.RAX, r.u64(), true)
  view.setBigUint64(STATE.RCX, integer(r), true)
  view.setBigUint64(STATE.RDX, integer(r), true)
  view.setBigUint64(STATE.RFLAGS, 0x202n | BigInt(r.u32() & 0x8d5), true)
  for (let i = 0; i < 128; i += 16) fillOperand(r, view, STATE.MEMORY + i, kind)
  // Lanes of both operands are alike now and then: comparisons, and sums that cancel.
  if (r.chance(0.15)) state.copyWithin(160 + 32, 160 + 16, 160 + 32)
  if (r.chance(0.15)) state.copyWithin(STATE.MEMORY, 160 + 16, 160 + 32)
  // Shift counts.
  if (kind === 'bits' && r.chance(0.3)) {
    const count = BigInt(r.below(70))
    view.setBigUint64(160 + 32, count, true)
    view.setBigUint64(STATE.MEMORY, count, true)
    view.setBigUint64(32 + 32, count, true)
  }
  return state
}

function fillMmx(r: Random, view: DataView, at: number): void {
  const lanes = new DataView(new ArrayBuffer(16))
  fillOperand(r, lanes, 0, 'bits')
  view.setBigUint64(at, lanes.getBigUint64(0), true)
}

/** An integer near a power of two, or any. */
export function integer(r: Random): bigint {
  const near = (1n << BigInt(r.below(64))) + BigInt(r.below(5) - 2)
  return BigInt.asUintN(64, r.chance(0.7) ? (r.chance(0.5) ? near : -near) : r.u64())
}
