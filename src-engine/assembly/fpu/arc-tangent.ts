// FPATAN: atan2 by a quotient at most 1, less the nearest eighth (whose arc tangent is a constant), then a series in
// 128-bit arithmetic (wide.ts), rounded once to 64 bits. Multiples of pi/4 are the true ones, not the 66-bit pi.
// Invariant: every result but a zero counts as inexact, as on hardware.
// Runs in: the vcpu's thread.
import { A, B, DENORMAL, INFINITE, NORMAL, ZERO, expOf, raiseFlags, setResult, sigOf, signOf } from './soft'
import { beginX87, nanResult, round80, stopped, unpack80 } from './extended'
import { DE, pop, st } from './state'
import { deliver, emptyTwo } from './arith'
import {
  SQUARE_HI, SQUARE_LO, W_EXPONENT, divSmall, divWide, mulFix, mulWide, normalise, setSquare, shiftWide, takeWide, wideHi,
  wideLo,
} from './wide'

const TOP_BIT: u64 = 0x8000000000000000
const PI_HI: u64 = 0xc90fdaa22168c234, PI_LO: u64 = 0xc4c6628b80dc1cd1

/** atan(k/8) for k = 1 to 8, fixed. */
function arcHi(k: u32): u64 {
  switch (k) {
    case 0: return 0
    case 1: return 0x0feadd4d5617b6e3
    case 2: return 0x1f5b75f92c80dd62
    case 3: return 0x2dec3283c9bde11c
    case 4: return 0x3b58ce0ac3769ed1
    case 5: return 0x47802eaf7bfacfcd
    case 6: return 0x525e3e8c9a7b8492
    case 7: return 0x5c029f15e118cf39
    default: return 0x6487ed5110b4611a
  }
}
function arcLo(k: u32): u64 {
  switch (k) {
    case 0: return 0
    case 1: return 0x2c897989f3e888ef
    case 2: return 0xadb8f3debef442fc
    case 3: return 0xe2a8c848b73f9120
    case 4: return 0x5bf9117b2f0ea340
    case 5: return 0xae41af0b32e21ba3
    case 6: return 0x0cd43f9522bed64f
    case 7: return 0xe596d2a90852221e
    default: return 0x62633145c06e0e68
  }
}

/** t - t^3/3 + ...: atan(t) in W, floating, for the floating t in W with exponent at most -4. */
function arcSeries(): void {
  const th = wideHi(), tl = wideLo(), te = load<i32>(W_EXPONENT)
  shiftWide(th, tl, -te)
  setSquare(wideHi(), wideLo())
  const zh = load<u64>(SQUARE_HI), zl = load<u64>(SQUARE_LO)
  let h: u64 = 0, l: u64 = 0
  for (let k: u64 = 33; ; k -= 2) {
    mulFix(h, l, zh, zl)
    const ph = wideHi(), pl = wideLo()
    divSmall(TOP_BIT, 0, k)
    l = wideLo() - pl
    h = wideHi() - ph - <u64>(wideLo() < pl)
    if (k == 1) break
  }
  normalise(h, l, 0)
  mulWide(wideHi(), wideLo(), load<i32>(W_EXPONENT), th, tl, te)
}

/** atan of the floating q <= 1 in W: floating in W. */
function arcTangent(): void {
  const qe = load<i32>(W_EXPONENT)
  if (qe < -4) {
    arcSeries()
    return
  }
  shiftWide(wideHi(), wideLo(), -qe)
  const qh = wideHi(), ql = wideLo()
  const k = <u32>((qh + ((<u64>1) << 59)) >> 60) // nearest eighth: fixed point has 63 fraction bits in the high half
  const ch = <u64>k << 60
  const below = qh < ch
  // |q - c| and 1 + qc
  const nh = below ? ch - qh - <u64>(ql != 0) : qh - ch, nl = below ? 0 - ql : ql
  mulFix(qh, ql, ch, 0)
  const dh = (wideHi() >> 1) + ((<u64>1) << 62), dl = (wideHi() << 63) | (wideLo() >> 1) // halved: up to 2
  if (!normalise(nh, nl, 0)) {
    normalise(arcHi(k), arcLo(k), 0)
    return
  }
  const th = wideHi(), tl = wideLo(), te = load<i32>(W_EXPONENT)
  normalise(dh, dl, 1)
  divWide(th, tl, te, wideHi(), wideLo(), load<i32>(W_EXPONENT))
  arcSeries()
  shiftWide(wideHi(), wideLo(), -load<i32>(W_EXPONENT))
  const sh = wideHi(), sl = wideLo(), ah = arcHi(k), al = arcLo(k)
  if (below) normalise(ah - sh - <u64>(al < sl), al - sl, 0)
  else normalise(ah + sh + <u64>(al + sl < al), al + sl, 0)
}

/** FPATAN: atan2(ST(1), ST(0)) into ST(1), pop. */
export function fpatan(): void {
  beginX87()
  if (emptyTwo()) return
  const kx = unpack80(A, st(0)), ky = unpack80(B, st(1))
  if (!nanResult(false)) {
    if (kx == DENORMAL || ky == DENORMAL) raiseFlags(DE)
    if (stopped()) return
    const sy = signOf(B), sx = signOf(A)
    if (ky == ZERO || (kx == INFINITE && ky != INFINITE)) {
      if (sx) constant(sy, PI_HI, PI_LO, 1)
      else setResult(ZERO, sy, 0, 0, 0)
    } else if (ky == INFINITE) {
      if (kx != INFINITE) constant(sy, PI_HI, PI_LO, 0)
      else if (sx) constant(sy, 0x96cbe3f9990e91a7, 0x9394c9e8a0a5159c, 1)
      else constant(sy, PI_HI, PI_LO, -1)
    } else if (kx == ZERO) constant(sy, PI_HI, PI_LO, 0)
    else general(sy, sx)
  }
  if (deliver(1)) pop()
}
function constant(sign: u32, hi: u64, lo: u64, exponent: i32): void {
  setResult(NORMAL, sign, exponent, hi, lo | 1)
  round80(64)
}
function general(sy: u32, sx: u32): void {
  const x = sigOf(A), y = sigOf(B), ex = expOf(A), ey = expOf(B)
  const steep = ey > ex || (ey == ex && y > x)
  if (steep) divWide(x, 0, ex, y, 0, ey)
  else divWide(y, 0, ey, x, 0, ex)
  if (!steep && !sx) {
    arcTangent()
    takeWide(sy)
    round80(64)
    return
  }
  arcTangent()
  // pi/2 - a, pi/2 + a or pi - a, in fixed point with 126 fraction bits.
  const e = load<i32>(W_EXPONENT)
  shiftWide(wideHi(), wideLo(), e > -127 ? 1 - e : 128)
  const ah = wideHi(), al = wideLo() | 1
  const bh = steep ? PI_HI >> 1 : PI_HI, bl = steep ? (PI_HI << 63) | (PI_LO >> 1) : PI_LO
  if (steep && sx) normalise(bh + ah + <u64>(bl + al < bl), bl + al, 1)
  else normalise(bh - ah - <u64>(bl < al), bl - al, 1)
  takeWide(sy)
  round80(64)
}
