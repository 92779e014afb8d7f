// Single instructions as WebAssembly: which function does what family of uops to registers, memory and flags. What is in none
// of them is carried out by the interpreter's own function from inside the region.
// Runs in: the vcpu's worker thread.
import { binary, unary } from './arithmetic'
import { bitTest, scan } from './bits'
import { UOP } from './code-cache'
import { CALL, type Emitter, LEFT } from './emitter'
import { compareExchange, exchange, exchangeAdd, locked } from './exchange'
import { FlagState, type Place } from './flag-state'
import { EXPLICIT } from './flags'
import { ENTRY } from './locals'
import { conditional, extend, other } from './moves'
import { divide, multiply, multiplyWide } from './multiply'
import { doubleShift, rotate, shift } from './shifts'
import { SseInstructions } from './sse'
import { afterCall, type Facts, isNative } from './uop-facts'
import { UOP_LOCK, UOPS, type UopKind } from './uop-table'
import { storeBudget, storeTmp } from './vcpu-fields'
import { OP } from './wasm-writer'
import { X87Instructions } from './x87'

type Translation = (state: FlagState, kind: UopKind, place: Place) => void

/** The first pattern that a family matches. */
const BY_FAMILY: readonly (readonly [RegExp, Translation])[] = [
  [/^(add|sub|cmp|and|test|or|xor|adc|sbb|mov):/, binary],
  [/^(inc|dec|neg|not):/, unary],
  [/^(shl|shr|sar):/, shift],
  [/^(rol|ror):/, rotate],
  [/^sh[lr]d_/, doubleShift],
  [/^imul:/, multiply],
  [/^(mul|imul_wide)$/, multiplyWide],
  [/^i?div$/, divide],
  [/^xadd$/, exchangeAdd],
  [/^cmpxchg$/, compareExchange],
  [/^xchg:EG$/, exchange],
  [/^bt[src]?(_imm)?$/, bitTest],
  [/^bs[fr]$/, scan],
  [/^mov[sz]x/, extend],
  [/^(set|cmov)/, conditional],
  [/./, other],
]

const TRANSLATIONS: ReadonlyMap<UopKind, Translation> = new Map(
  UOPS.flatMap((kind) => {
    const found = kind && isNative(kind) && BY_FAMILY.find(([pattern]) => pattern.test(kind.family))
    return found ? [[kind, found[1]] as const] : []
  }),
)

export class Instructions extends FlagState {
  private readonly sse: SseInstructions
  private readonly x87: X87Instructions

  constructor(e: Emitter) {
    super(e)
    this.sse = new SseInstructions(e)
    this.x87 = new X87Instructions(e)
  }

  /** A block begins. */
  forget(): void {
    this.sse.forget()
    this.x87.forget()
  }

  translate({ kind, native }: Facts, place: Place): void {
    const { e } = this
    const { ip } = place
    if (!native) {
      const uops = kind.cold === UOP_LOCK ? 2 : 1
      if (e.cache.byte(ip + (uops - 1) * UOP + 6) === 0x88) storeTmp(e)
      callCold(e, ip, uops, kind.cold)
      this.forget()
      this.form = afterCall(kind.name, this.form)
    } else if (kind.cold === UOP_LOCK) {
      locked(this, kind, { ...place, ip: ip + UOP })
    } else if (kind.family === 'sse') {
      if (this.sse.translate(ip, kind.memory, place.flagsSeen)) this.form = EXPLICIT
    } else if (kind.family === 'x87') {
      if (this.x87.translate(ip, kind.memory, place.flagsSeen, (n) => this.pushCondition(n))) this.form = EXPLICIT
    } else if (kind.family === 'fwait') this.x87.wait()
    else TRANSLATIONS.get(kind)?.(this, kind, place)
  }
}

/** Let the interpreter carry a uop out (or a LOCK uop with the one behind it); all registers are in memory before and read again after it. */
function callCold(e: Emitter, ip: number, uops: number, number: number): void {
  const next = ip + uops * UOP
  const { w } = e
  if (e.witnessed) {
    w.i32(ip)
    w.call(CALL.called)
  }
  const stored = e.flow.leave()
  e.gap('store', stored)
  storeBudget(e)
  w.i32(ip)
  w.i32(number)
  w.call(CALL.cold)
  w.set(ENTRY)
  // flags that were not stored are those the region was entered with, and where no entry wants them they may be PRODUCT
  e.gap('load', () => ({ registers: e.used, flags: stored().flags }))
  e.gap('settled', () => ({ registers: 0, flags: !stored().flags }))
  e.flow.renewed()
  w.get(ENTRY)
  e.seldom()
  e.leave(ip | LEFT)
  e.close()
  // something to look at, or this page's code was dropped
  w.i32(0)
  w.memory(OP.i32_load, e.field('ATTENTION'))
  w.i32(next)
  w.memory(OP.i32_load16_u, 0)
  w.op(OP.i32_eqz)
  w.op(OP.i32_or)
  e.seldom()
  e.leave(next)
  e.close()
}
