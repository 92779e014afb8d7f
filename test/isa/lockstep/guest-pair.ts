// Whole guests in lockstep: two domains made alike, one interpreted, one translated, each with a clock that only its own
// instructions move. After each slice, which ends at the same instruction on both sides, registers, flags and counts must
// agree, and now and then all of guest RAM.
// Sleep is skipped: a vcpu that waits for a timer finds it run out. Nothing else comes from outside, there is no domain 0.
// Runs in: tests and the lockstep checker.
import { CodeCache } from '../../../src-engine/jit/code-cache'
import { TRANSLATOR_EAGER, type TranslatorOptions } from '../../../src-engine/jit/translator'
import type { MonotonicClock } from '../../../src-engine/lib/monotonic'
import { readVirtual } from '../../../src-engine/process/page-walk'
import { SteppedGuest, type SteppedGuestOptions } from '../../support/stepped-guest'
import { GeneratedCode, guestCode } from './disassembly'

const NS_AN_INSTRUCTION = 4n
/** Not 0, as time since the host's start never is. */
const EPOCH = 1_000_000_000n

class GuestClock implements MonotonicClock {
  private slept = EPOCH
  guest: SteppedGuest | undefined

  now(): bigint {
    return this.slept + BigInt(this.guest?.registers.retired() ?? 0) * NS_AN_INSTRUCTION
  }
  wall(): bigint {
    return 1_700_000_000_000_000_000n
  }
  sleepFor(ns: bigint): void {
    this.slept += ns
  }
}

interface Side {
  readonly guest: SteppedGuest
  readonly clock: GuestClock
}

export interface GuestFiles {
  readonly kernel: Uint8Array
  readonly ramdisk?: Uint8Array
  readonly commandLine: string
  readonly memoryMiB: number
}

export interface GuestPairOptions {
  readonly translator?: TranslatorOptions
  /** Instructions of a slice, to find a difference's place; 0: as the product has them. */
  readonly slice?: number
  /** Instructions between two comparisons of guest RAM. */
  readonly ramEvery?: number
}

async function makeSide(
  core: string,
  files: GuestFiles,
  slice: number,
  translator?: Pick<SteppedGuestOptions, 'translator' | 'made'>,
): Promise<Side> {
  const clock = new GuestClock()
  const guest = await SteppedGuest.make({
    ...{ core, ...files, clock, ...translator },
    ...(slice > 0
      ? { watchCore: (real) => Object.assign({ ...real }, { run: (budget: number) => real.run(Math.min(budget, slice)) }) }
      : {}),
  })
  clock.guest = guest
  return { guest, clock }
}

/** One step; false: it can never run again. */
function step({ guest, clock }: Side): boolean {
  const { domain } = guest
  if (guest.stopped) return false
  if (domain.vget(0, 'BLOCKED') !== 0) {
    const deadline = domain.timers.next(0)
    if (deadline < 0n && !domain.shared.upcallPending(0)) return false
    const left = deadline - domain.time.systemTime()
    if (deadline >= 0n && left > 0n) clock.sleepFor(left)
  }
  guest.step()
  return true
}

/** Instructions shown of each place. */
const LINES = 24

export class GuestPair {
  /** Where the last slice began. */
  private from = 0n

  private constructor(
    private readonly interpreted: Side,
    private readonly translated: Side,
    private readonly ramEvery: number,
    private readonly generated: GeneratedCode,
    private readonly cache: CodeCache,
  ) {}

  static async make(core: string, files: GuestFiles, options: GuestPairOptions = {}): Promise<GuestPair> {
    const { translator = TRANSLATOR_EAGER, slice = 0, ramEvery = 10_000_000 } = options
    const generated = new GeneratedCode()
    const translated = await makeSide(core, files, slice, { translator, made: generated.made })
    const cache = new CodeCache(translated.guest.domain.memory.u8.buffer, 0)
    generated.cache = cache
    return new GuestPair(await makeSide(core, files, slice), translated, ramEvery, generated, cache)
  }

  get retired(): number {
    return this.translated.guest.registers.retired()
  }
  /** Share of instructions retired in translated code. */
  get share(): number {
    return Number(this.translated.guest.registers.get64('STAT_TRANSLATED')) / this.retired
  }
  /** Regions of what was seen to run. */
  get traced(): number {
    return this.translated.guest.translator?.statistics.traced ?? 0
  }
  get text(): string {
    return this.translated.guest.text
  }

  /** Code from where the last slice began and where either side is now, and what was generated of those pages. */
  async disassembly(): Promise<string> {
    const { domain, registers } = this.translated.guest
    const ends = [this.interpreted, this.translated].map(({ guest }) => guest.registers.get64('RIP'))
    const places = [...new Set([this.from, ...ends])]
    const paging = {
      cr0: registers.get64('CR0'),
      cr3: registers.get64('CR3'),
      cr4: registers.get64('CR4'),
      efer: registers.get64('EFER'),
    }
    const guest = places.map((at) => guestCode(readVirtual(domain.memory, paging, at, LINES * 15), at, LINES))
    const pages = places.map((at) => this.cache.pageAt(at & ~0xfffn)).filter((page) => page !== 0)
    return `guest:\n${guest.join('\n---\n')}\n${await this.generated.text(pages)}`
  }

  /** Runs until both have retired this many instructions or stop; the first difference as text, or ''. */
  run(instructions: number, progress?: (retired: number) => void): string {
    const [a, b] = [this.interpreted.guest, this.translated.guest]
    let compared = this.retired
    for (;;) {
      this.from = a.registers.get64('RIP')
      const before = `${a.registers.get64('RIP').toString(16)}, instruction ${a.registers.retired()}`
      const went = [step(this.interpreted), step(this.translated)]
      const [x, y] = [a.registersText(), b.registersText()]
      if (x !== y) return `after the slice from ${before}:\n  interpreter ${x}\n  translated  ${y}`
      if (went[0] !== went[1]) return `after the slice from ${before}: one of them has stopped`
      const done = !went[0] || this.retired >= instructions
      if (done || this.retired - compared >= this.ramEvery) {
        compared = this.retired
        const at = firstDifference(a.ram(), b.ram())
        if (at >= 0) return `RAM differs at ${at.toString(16)} before ${b.registers.get64('RIP').toString(16)}: ${x}`
        progress?.(compared)
      }
      if (done) return a.text === b.text ? '' : 'what they print differs'
    }
  }
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const STEP = 1 << 20
  for (let at = 0; at < a.length; at += STEP) {
    const [x, y] = [a.subarray(at, at + STEP), b.subarray(at, at + STEP)]
    if (Buffer.compare(x, y) === 0) continue
    return at + x.findIndex((byte, i) => byte !== y[i])
  }
  return -1
}
