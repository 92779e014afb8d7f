// Generated from isa/sse-rows.ts by isa/generate/sse-dispatch.ts; do not edit.
import { emms, mmx_enter, mmx_maskmovq, mmx_movd, mmx_movq, mmx_packssdw, mmx_packsswb, mmx_packuswb, mmx_paddb, mmx_paddd, mmx_paddq, mmx_paddsb, mmx_paddsw, mmx_paddusb, mmx_paddusw, mmx_paddw, mmx_pand, mmx_pandn, mmx_pavgb, mmx_pavgw, mmx_pcmpeqb, mmx_pcmpeqd, mmx_pcmpeqw, mmx_pcmpgtb, mmx_pcmpgtd, mmx_pcmpgtw, mmx_pextrw, mmx_pinsrw, mmx_pmaddwd, mmx_pmaxsw, mmx_pmaxub, mmx_pminsw, mmx_pminub, mmx_pmovmskb, mmx_pmulhuw, mmx_pmulhw, mmx_pmullw, mmx_pmuludq, mmx_por, mmx_psadbw, mmx_pshufw, mmx_pslld, mmx_pslld_i, mmx_psllq, mmx_psllq_i, mmx_psllw, mmx_psllw_i, mmx_psrad, mmx_psrad_i, mmx_psraw, mmx_psraw_i, mmx_psrld, mmx_psrld_i, mmx_psrlq, mmx_psrlq_i, mmx_psrlw, mmx_psrlw_i, mmx_psubb, mmx_psubd, mmx_psubq, mmx_psubsb, mmx_psubsw, mmx_psubusb, mmx_psubusw, mmx_psubw, mmx_punpckhbw, mmx_punpckhdq, mmx_punpckhwd, mmx_punpcklbw, mmx_punpckldq, mmx_punpcklwd, mmx_pxor } from '../execute/mmx'
import { ldmxcsr, maskmovdqu, mov128, mov32, mov32_zx, mov64, mov64_zx, mov_gpr32, movhlps, movhps_load, movhps_store, movmskpd, movmskps, pmovmskb, stmxcsr } from '../execute/sse-move'
import { packssdw, packsswb, packuswb, paddb, paddd, paddq, paddsb, paddsw, paddusb, paddusw, paddw, pand, pandn, pavgb, pavgw, pcmpeqb, pcmpeqd, pcmpeqw, pcmpgtb, pcmpgtd, pcmpgtw, pextrw, pinsrw, pmaddwd, pmaxsw, pmaxub, pminsw, pminub, pmulhuw, pmulhw, pmullw, pmuludq, por, psadbw, pshufd, pshufhw, pshuflw, pslld, pslld_i, pslldq, psllq, psllq_i, psllw, psllw_i, psrad, psrad_i, psraw, psraw_i, psrld, psrld_i, psrldq, psrlq, psrlq_i, psrlw, psrlw_i, psubb, psubd, psubq, psubsb, psubsw, psubusb, psubusw, psubw, punpckhbw, punpckhdq, punpckhqdq, punpckhwd, punpcklbw, punpckldq, punpcklqdq, punpcklwd, pxor, shufpd, shufps } from '../execute/sse-integer'
import { addpd, addps, addsd, addss, cmppd, cmpps, cmpsd, cmpss, comisd, comiss, divpd, divps, divsd, divss, maxpd, maxps, maxsd, maxss, minpd, minps, minsd, minss, mulpd, mulps, mulsd, mulss, rcpps, rcpss, rsqrtps, rsqrtss, sqrtpd, sqrtps, sqrtsd, sqrtss, subpd, subps, subsd, subss, ucomisd, ucomiss } from '../execute/sse-float'
import { cvtdq2pd, cvtdq2ps, cvtpd2dq, cvtpd2pi, cvtpd2ps, cvtpi2ps, cvtps2dq, cvtps2pd, cvtps2pi, cvtsd2si, cvtsd2si_q, cvtsd2ss, cvtsi2sd, cvtsi2sd_q, cvtsi2ss, cvtsi2ss_q, cvtss2sd, cvtss2si, cvtss2si_q, cvttpd2dq, cvttpd2pi, cvttps2dq, cvttps2pi, cvttsd2si, cvttsd2si_q, cvttss2si, cvttss2si_q } from '../execute/sse-convert'

/** Runs function `id` (sseFunctionId). 0, or a fault code 0x100 | vector, or what the row says (eflags, rdi). */
export function sse_execute(id: i32, dst: u32, src: u32, imm: i32): i32 {
  let fault: i32 = 0
  switch (id) {
    case 0: { mov128(dst, src); return 0 }
    case 1: { mov32(dst, src); return 0 }
    case 2: { mov32_zx(dst, src); return 0 }
    case 3: { mov64(dst, src); return 0 }
    case 4: { mov64_zx(dst, src); return 0 }
    case 5: { movhlps(dst, src); return 0 }
    case 6: { movhps_load(dst, src); return 0 }
    case 7: { movhps_store(dst, src); return 0 }
    case 8: { fault = mmx_enter(); if (fault) return fault; mov64(dst, src); return 0 }
    case 9: { mov_gpr32(dst, src); return 0 }
    case 10: { fault = mmx_enter(); if (fault) return fault; mov64_zx(dst, src); return 0 }
    case 11: { fault = mmx_enter(); if (fault) return fault; mmx_movq(dst, src); return 0 }
    case 12: { fault = mmx_enter(); if (fault) return fault; mmx_movd(dst, src); return 0 }
    case 13: { fault = mmx_enter(); if (fault) return fault; mov_gpr32(dst, src); return 0 }
    case 14: { fault = mmx_enter(); if (fault) return fault; mov32(dst, src); return 0 }
    case 15: { movmskps(dst, src); return 0 }
    case 16: { movmskpd(dst, src); return 0 }
    case 17: { pmovmskb(dst, src); return 0 }
    case 18: { fault = mmx_enter(); if (fault) return fault; mmx_pmovmskb(dst, src); return 0 }
    case 19: { return maskmovdqu(dst, src) }
    case 20: { fault = mmx_enter(); if (fault) return fault; return mmx_maskmovq(dst, src) }
    case 21: { pinsrw(dst, src, imm); return 0 }
    case 22: { fault = mmx_enter(); if (fault) return fault; mmx_pinsrw(dst, src, imm); return 0 }
    case 23: { pextrw(dst, src, imm); return 0 }
    case 24: { fault = mmx_enter(); if (fault) return fault; mmx_pextrw(dst, src, imm); return 0 }
    case 25: { fault = mmx_enter(); if (fault) return fault; mmx_punpcklbw(dst, src); return 0 }
    case 26: { punpcklbw(dst, src); return 0 }
    case 27: { fault = mmx_enter(); if (fault) return fault; mmx_punpcklwd(dst, src); return 0 }
    case 28: { punpcklwd(dst, src); return 0 }
    case 29: { fault = mmx_enter(); if (fault) return fault; mmx_punpckldq(dst, src); return 0 }
    case 30: { punpckldq(dst, src); return 0 }
    case 31: { fault = mmx_enter(); if (fault) return fault; mmx_packsswb(dst, src); return 0 }
    case 32: { packsswb(dst, src); return 0 }
    case 33: { fault = mmx_enter(); if (fault) return fault; mmx_pcmpgtb(dst, src); return 0 }
    case 34: { pcmpgtb(dst, src); return 0 }
    case 35: { fault = mmx_enter(); if (fault) return fault; mmx_pcmpgtw(dst, src); return 0 }
    case 36: { pcmpgtw(dst, src); return 0 }
    case 37: { fault = mmx_enter(); if (fault) return fault; mmx_pcmpgtd(dst, src); return 0 }
    case 38: { pcmpgtd(dst, src); return 0 }
    case 39: { fault = mmx_enter(); if (fault) return fault; mmx_packuswb(dst, src); return 0 }
    case 40: { packuswb(dst, src); return 0 }
    case 41: { fault = mmx_enter(); if (fault) return fault; mmx_punpckhbw(dst, src); return 0 }
    case 42: { punpckhbw(dst, src); return 0 }
    case 43: { fault = mmx_enter(); if (fault) return fault; mmx_punpckhwd(dst, src); return 0 }
    case 44: { punpckhwd(dst, src); return 0 }
    case 45: { fault = mmx_enter(); if (fault) return fault; mmx_punpckhdq(dst, src); return 0 }
    case 46: { punpckhdq(dst, src); return 0 }
    case 47: { fault = mmx_enter(); if (fault) return fault; mmx_packssdw(dst, src); return 0 }
    case 48: { packssdw(dst, src); return 0 }
    case 49: { punpcklqdq(dst, src); return 0 }
    case 50: { punpckhqdq(dst, src); return 0 }
    case 51: { fault = mmx_enter(); if (fault) return fault; mmx_pcmpeqb(dst, src); return 0 }
    case 52: { pcmpeqb(dst, src); return 0 }
    case 53: { fault = mmx_enter(); if (fault) return fault; mmx_pcmpeqw(dst, src); return 0 }
    case 54: { pcmpeqw(dst, src); return 0 }
    case 55: { fault = mmx_enter(); if (fault) return fault; mmx_pcmpeqd(dst, src); return 0 }
    case 56: { pcmpeqd(dst, src); return 0 }
    case 57: { fault = mmx_enter(); if (fault) return fault; mmx_psrlw(dst, src); return 0 }
    case 58: { psrlw(dst, src); return 0 }
    case 59: { fault = mmx_enter(); if (fault) return fault; mmx_psrld(dst, src); return 0 }
    case 60: { psrld(dst, src); return 0 }
    case 61: { fault = mmx_enter(); if (fault) return fault; mmx_psrlq(dst, src); return 0 }
    case 62: { psrlq(dst, src); return 0 }
    case 63: { fault = mmx_enter(); if (fault) return fault; mmx_paddq(dst, src); return 0 }
    case 64: { paddq(dst, src); return 0 }
    case 65: { fault = mmx_enter(); if (fault) return fault; mmx_pmullw(dst, src); return 0 }
    case 66: { pmullw(dst, src); return 0 }
    case 67: { fault = mmx_enter(); if (fault) return fault; mmx_psubusb(dst, src); return 0 }
    case 68: { psubusb(dst, src); return 0 }
    case 69: { fault = mmx_enter(); if (fault) return fault; mmx_psubusw(dst, src); return 0 }
    case 70: { psubusw(dst, src); return 0 }
    case 71: { fault = mmx_enter(); if (fault) return fault; mmx_pminub(dst, src); return 0 }
    case 72: { pminub(dst, src); return 0 }
    case 73: { fault = mmx_enter(); if (fault) return fault; mmx_pand(dst, src); return 0 }
    case 74: { pand(dst, src); return 0 }
    case 75: { fault = mmx_enter(); if (fault) return fault; mmx_paddusb(dst, src); return 0 }
    case 76: { paddusb(dst, src); return 0 }
    case 77: { fault = mmx_enter(); if (fault) return fault; mmx_paddusw(dst, src); return 0 }
    case 78: { paddusw(dst, src); return 0 }
    case 79: { fault = mmx_enter(); if (fault) return fault; mmx_pmaxub(dst, src); return 0 }
    case 80: { pmaxub(dst, src); return 0 }
    case 81: { fault = mmx_enter(); if (fault) return fault; mmx_pandn(dst, src); return 0 }
    case 82: { pandn(dst, src); return 0 }
    case 83: { fault = mmx_enter(); if (fault) return fault; mmx_pavgb(dst, src); return 0 }
    case 84: { pavgb(dst, src); return 0 }
    case 85: { fault = mmx_enter(); if (fault) return fault; mmx_psraw(dst, src); return 0 }
    case 86: { psraw(dst, src); return 0 }
    case 87: { fault = mmx_enter(); if (fault) return fault; mmx_psrad(dst, src); return 0 }
    case 88: { psrad(dst, src); return 0 }
    case 89: { fault = mmx_enter(); if (fault) return fault; mmx_pavgw(dst, src); return 0 }
    case 90: { pavgw(dst, src); return 0 }
    case 91: { fault = mmx_enter(); if (fault) return fault; mmx_pmulhuw(dst, src); return 0 }
    case 92: { pmulhuw(dst, src); return 0 }
    case 93: { fault = mmx_enter(); if (fault) return fault; mmx_pmulhw(dst, src); return 0 }
    case 94: { pmulhw(dst, src); return 0 }
    case 95: { fault = mmx_enter(); if (fault) return fault; mmx_psubsb(dst, src); return 0 }
    case 96: { psubsb(dst, src); return 0 }
    case 97: { fault = mmx_enter(); if (fault) return fault; mmx_psubsw(dst, src); return 0 }
    case 98: { psubsw(dst, src); return 0 }
    case 99: { fault = mmx_enter(); if (fault) return fault; mmx_pminsw(dst, src); return 0 }
    case 100: { pminsw(dst, src); return 0 }
    case 101: { fault = mmx_enter(); if (fault) return fault; mmx_por(dst, src); return 0 }
    case 102: { por(dst, src); return 0 }
    case 103: { fault = mmx_enter(); if (fault) return fault; mmx_paddsb(dst, src); return 0 }
    case 104: { paddsb(dst, src); return 0 }
    case 105: { fault = mmx_enter(); if (fault) return fault; mmx_paddsw(dst, src); return 0 }
    case 106: { paddsw(dst, src); return 0 }
    case 107: { fault = mmx_enter(); if (fault) return fault; mmx_pmaxsw(dst, src); return 0 }
    case 108: { pmaxsw(dst, src); return 0 }
    case 109: { fault = mmx_enter(); if (fault) return fault; mmx_pxor(dst, src); return 0 }
    case 110: { pxor(dst, src); return 0 }
    case 111: { fault = mmx_enter(); if (fault) return fault; mmx_psllw(dst, src); return 0 }
    case 112: { psllw(dst, src); return 0 }
    case 113: { fault = mmx_enter(); if (fault) return fault; mmx_pslld(dst, src); return 0 }
    case 114: { pslld(dst, src); return 0 }
    case 115: { fault = mmx_enter(); if (fault) return fault; mmx_psllq(dst, src); return 0 }
    case 116: { psllq(dst, src); return 0 }
    case 117: { fault = mmx_enter(); if (fault) return fault; mmx_pmuludq(dst, src); return 0 }
    case 118: { pmuludq(dst, src); return 0 }
    case 119: { fault = mmx_enter(); if (fault) return fault; mmx_pmaddwd(dst, src); return 0 }
    case 120: { pmaddwd(dst, src); return 0 }
    case 121: { fault = mmx_enter(); if (fault) return fault; mmx_psadbw(dst, src); return 0 }
    case 122: { psadbw(dst, src); return 0 }
    case 123: { fault = mmx_enter(); if (fault) return fault; mmx_psubb(dst, src); return 0 }
    case 124: { psubb(dst, src); return 0 }
    case 125: { fault = mmx_enter(); if (fault) return fault; mmx_psubw(dst, src); return 0 }
    case 126: { psubw(dst, src); return 0 }
    case 127: { fault = mmx_enter(); if (fault) return fault; mmx_psubd(dst, src); return 0 }
    case 128: { psubd(dst, src); return 0 }
    case 129: { fault = mmx_enter(); if (fault) return fault; mmx_psubq(dst, src); return 0 }
    case 130: { psubq(dst, src); return 0 }
    case 131: { fault = mmx_enter(); if (fault) return fault; mmx_paddb(dst, src); return 0 }
    case 132: { paddb(dst, src); return 0 }
    case 133: { fault = mmx_enter(); if (fault) return fault; mmx_paddw(dst, src); return 0 }
    case 134: { paddw(dst, src); return 0 }
    case 135: { fault = mmx_enter(); if (fault) return fault; mmx_paddd(dst, src); return 0 }
    case 136: { paddd(dst, src); return 0 }
    case 137: { fault = mmx_enter(); if (fault) return fault; mmx_psrlw_i(dst, imm); return 0 }
    case 138: { psrlw_i(dst, imm); return 0 }
    case 139: { fault = mmx_enter(); if (fault) return fault; mmx_psraw_i(dst, imm); return 0 }
    case 140: { psraw_i(dst, imm); return 0 }
    case 141: { fault = mmx_enter(); if (fault) return fault; mmx_psllw_i(dst, imm); return 0 }
    case 142: { psllw_i(dst, imm); return 0 }
    case 143: { fault = mmx_enter(); if (fault) return fault; mmx_psrld_i(dst, imm); return 0 }
    case 144: { psrld_i(dst, imm); return 0 }
    case 145: { fault = mmx_enter(); if (fault) return fault; mmx_psrad_i(dst, imm); return 0 }
    case 146: { psrad_i(dst, imm); return 0 }
    case 147: { fault = mmx_enter(); if (fault) return fault; mmx_pslld_i(dst, imm); return 0 }
    case 148: { pslld_i(dst, imm); return 0 }
    case 149: { fault = mmx_enter(); if (fault) return fault; mmx_psrlq_i(dst, imm); return 0 }
    case 150: { psrlq_i(dst, imm); return 0 }
    case 151: { fault = mmx_enter(); if (fault) return fault; mmx_psllq_i(dst, imm); return 0 }
    case 152: { psllq_i(dst, imm); return 0 }
    case 153: { psrldq(dst, imm); return 0 }
    case 154: { pslldq(dst, imm); return 0 }
    case 155: { fault = mmx_enter(); if (fault) return fault; mmx_pshufw(dst, src, imm); return 0 }
    case 156: { pshufd(dst, src, imm); return 0 }
    case 157: { pshufhw(dst, src, imm); return 0 }
    case 158: { pshuflw(dst, src, imm); return 0 }
    case 159: { return emms() }
    case 160: { shufps(dst, src, imm); return 0 }
    case 161: { shufpd(dst, src, imm); return 0 }
    case 162: { return sqrtps(dst, src) }
    case 163: { return sqrtpd(dst, src) }
    case 164: { return sqrtss(dst, src) }
    case 165: { return sqrtsd(dst, src) }
    case 166: { return addps(dst, src) }
    case 167: { return addpd(dst, src) }
    case 168: { return addss(dst, src) }
    case 169: { return addsd(dst, src) }
    case 170: { return mulps(dst, src) }
    case 171: { return mulpd(dst, src) }
    case 172: { return mulss(dst, src) }
    case 173: { return mulsd(dst, src) }
    case 174: { return subps(dst, src) }
    case 175: { return subpd(dst, src) }
    case 176: { return subss(dst, src) }
    case 177: { return subsd(dst, src) }
    case 178: { return minps(dst, src) }
    case 179: { return minpd(dst, src) }
    case 180: { return minss(dst, src) }
    case 181: { return minsd(dst, src) }
    case 182: { return divps(dst, src) }
    case 183: { return divpd(dst, src) }
    case 184: { return divss(dst, src) }
    case 185: { return divsd(dst, src) }
    case 186: { return maxps(dst, src) }
    case 187: { return maxpd(dst, src) }
    case 188: { return maxss(dst, src) }
    case 189: { return maxsd(dst, src) }
    case 190: { rsqrtps(dst, src); return 0 }
    case 191: { rsqrtss(dst, src); return 0 }
    case 192: { rcpps(dst, src); return 0 }
    case 193: { rcpss(dst, src); return 0 }
    case 194: { return cmpps(dst, src, imm) }
    case 195: { return cmppd(dst, src, imm) }
    case 196: { return cmpss(dst, src, imm) }
    case 197: { return cmpsd(dst, src, imm) }
    case 198: { return ucomiss(dst, src) }
    case 199: { return ucomisd(dst, src) }
    case 200: { return comiss(dst, src) }
    case 201: { return comisd(dst, src) }
    case 202: { fault = mmx_enter(); if (fault) return fault; return cvtpi2ps(dst, src) }
    case 203: { return cvtpi2ps(dst, src) }
    case 204: { fault = mmx_enter(); if (fault) return fault; return cvtdq2pd(dst, src) }
    case 205: { return cvtdq2pd(dst, src) }
    case 206: { return cvtsi2ss(dst, src) }
    case 207: { return cvtsi2sd(dst, src) }
    case 208: { return cvttss2si(dst, src) }
    case 209: { return cvttsd2si(dst, src) }
    case 210: { return cvtss2si(dst, src) }
    case 211: { return cvtsd2si(dst, src) }
    case 212: { return cvtsi2ss_q(dst, src) }
    case 213: { return cvtsi2sd_q(dst, src) }
    case 214: { return cvttss2si_q(dst, src) }
    case 215: { return cvttsd2si_q(dst, src) }
    case 216: { return cvtss2si_q(dst, src) }
    case 217: { return cvtsd2si_q(dst, src) }
    case 218: { fault = mmx_enter(); if (fault) return fault; return cvttps2pi(dst, src) }
    case 219: { fault = mmx_enter(); if (fault) return fault; return cvttpd2pi(dst, src) }
    case 220: { fault = mmx_enter(); if (fault) return fault; return cvtps2pi(dst, src) }
    case 221: { fault = mmx_enter(); if (fault) return fault; return cvtpd2pi(dst, src) }
    case 222: { return cvtps2pd(dst, src) }
    case 223: { return cvtpd2ps(dst, src) }
    case 224: { return cvtss2sd(dst, src) }
    case 225: { return cvtsd2ss(dst, src) }
    case 226: { return cvtdq2ps(dst, src) }
    case 227: { return cvtps2dq(dst, src) }
    case 228: { return cvttps2dq(dst, src) }
    case 229: { return cvtpd2dq(dst, src) }
    case 230: { return cvttpd2dq(dst, src) }
    case 231: { return ldmxcsr(dst) }
    case 232: { stmxcsr(dst); return 0 }
  }
  return 0x106
}
