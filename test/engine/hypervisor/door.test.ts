// The door of a vcpu, on the real core in this thread, interpreting and translating: entries carry the exact count of retired instructions; nothing reaches the
// guest beside it; and a second run that is given what the first one let in, at the same instructions, is the same run.
// Runs in: vitest, on out/main/core.wasm.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Domain } from '../../../src-engine/hypervisor/domain'
import type { Entry } from '../../../src-engine/hypervisor/door'
import { TRANSLATOR_EAGER } from '../../../src-engine/jit/translator'
import { hostClock, type MonotonicClock } from '../../../src-engine/lib/monotonic'
import type { CoreExports, CoreImports } from '../../../src-engine/vcpu/core-interface'
import { GPR, type Registers } from '../../../src-engine/vcpu/registers'
import { makeElf, NOTE_PHYS32_ENTRY, number } from '../../support/elf-image'
import { buildMicroKernel, cannotBuild } from '../../support/micro-kernel'
import { randomFrom } from '../../support/random'
import { SteppedGuest } from '../../support/stepped-guest'

const CORE = path.resolve(__dirname, '../../../out/main/core.wasm')
const ENTRY = 0x10_0000

interface Watch {
  readonly imports?: (imports: CoreImports) => CoreImports
  readonly core?: (core: CoreExports) => CoreExports
}

/** A guest whose entries are logged. */
class Run {
  readonly log: Entry[] = []
  private constructor(readonly guest: SteppedGuest) {
    guest.observe(this.log)
  }

  static async make(
    kernel: Uint8Array,
    commandLine: string,
    clock: MonotonicClock,
    translating: boolean,
    watch: Watch = {},
  ): Promise<Run> {
    const translator = translating ? TRANSLATOR_EAGER : undefined
    return new Run(
      await SteppedGuest.make({
        ...{ core: CORE, kernel, commandLine, clock, translator },
        ...(watch.imports ? { watchImports: watch.imports } : {}),
        ...(watch.core ? { watchCore: watch.core } : {}),
      }),
    )
  }

  get domain(): Domain {
    return this.guest.domain
  }
  get registers(): Registers {
    return this.guest.registers
  }
  get text(): string {
    return this.guest.text
  }
  get translates(): boolean {
    return this.guest.translates
  }
  step(): void {
    this.guest.step()
  }
  state(): string {
    return this.guest.state()
  }
}

/** Code at 1 MiB, 32 bits, paging off. */
const kernelOf = (...code: number[]): Uint8Array =>
  makeElf({
    bits: 32,
    segments: [{ address: ENTRY, content: Uint8Array.from(code) }],
    notes: [{ type: NOTE_PHYS32_ENTRY, value: number(ENTRY, 4) }],
  })

describe.each([
  ['interpreting', false],
  ['translating', true],
])('the door, %s', (_how, translating) => {
  it('knows at which instruction the guest asks for the time, inside blocks and across slices', async () => {
    // mov ecx, 5000; then 5 nops, rdtsc, 20 nops, mov edx, 0x10, dec ecx, jnz; the block is longer than a block may be.
    const nops = (count: number): number[] => new Array(count).fill(0x90)
    const body = [...nops(5), 0x0f, 0x31, ...nops(20), 0xba, 0x10, 0, 0, 0, 0x49]
    const back = -(body.length + 6)
    const jnz = [0x0f, 0x85, back & 0xff, (back >> 8) & 0xff, 0xff, 0xff]
    const kernel = kernelOf(0xb9, 0x88, 0x13, 0, 0, ...body, ...jnz, 0xfa, 0xf4)
    const asked: { tsc: bigint; retired: number }[] = []
    const run = await Run.make(kernel, '', hostClock, translating, {
      imports: (imports) => ({
        ...imports,
        tsc: () => {
          const tsc = imports.tsc()
          asked.push({ tsc, retired: run.log.at(-1)?.retired ?? -1 })
          expect(run.log.at(-1)).toMatchObject({ kind: 'CLOCK', value: tsc })
          return tsc
        },
      }),
    })
    while (!run.domain.shutdown.stopped) run.step()
    expect(asked).toHaveLength(5000)
    // Of the loop: 5 nops, RDTSC, 20 nops, MOV, DEC, JNZ.
    asked.forEach(({ retired }, at) => {
      expect(retired).toBe(1 + at * 29 + 5)
    })
    expect(run.registers.gpr(GPR.RCX)).toBe(0n)
    // 64-bit code alone is translated: see the last test.
    expect(run.translates).toBe(false)
    expect(run.registers.retired()).toBe(1 + 5000 * 29 + 2)
  })

  it.skipIf(cannotBuild())('lets in all that reaches the guest, in the order of instructions', async () => {
    // The witness sees the core's side: the time it is given and the interrupts put into it.
    const witness: { kind: string; value: bigint; retired: number }[] = []
    const saw = (kind: string, value: bigint): void => void witness.push({ kind, value, retired: run.registers.retired() })
    const run: Run = await Run.make(readFileSync(buildMicroKernel('worker')), 'pulse=1', hostClock, translating, {
      imports: (imports) => ({
        ...imports,
        tsc: () => {
          const tsc = imports.tsc()
          saw('CLOCK', tsc)
          return tsc
        },
      }),
      core: (core) => ({
        ...core,
        inject: (vector) => {
          saw('INTERRUPT', BigInt(vector))
          core.inject(vector)
        },
      }),
    })
    const port = Number(run.domain.get64('HVM_PARAM', 2))
    let posted = 0
    for (let steps = 0; !run.text.includes('LINE 12 '); steps++) {
      if (steps % 7 === 0 && !run.domain.events.pending(port)) {
        run.domain.events.post(port)
        posted++
      }
      run.step()
    }
    const { log } = run
    expect(log.every((entry, at) => at === 0 || entry.retired >= (log[at - 1]?.retired ?? 0))).toBe(true)
    const count = (kind: string): number => log.filter((entry) => entry.kind === kind).length
    expect(count('EVENT')).toBe(posted)
    expect(count('TIMER')).toBeGreaterThan(5)
    expect(count('INTERRUPT')).toBeGreaterThan(5)
    // Each thing seen is in the log, in this order, with this count.
    let at = 0
    for (const seen of witness) {
      while (at < log.length && !(log[at]?.kind === seen.kind && log[at]?.value === seen.value)) at++
      expect(log[at]).toEqual(seen)
      at++
    }
    expect(witness.filter(({ kind }) => kind === 'INTERRUPT')).toHaveLength(count('INTERRUPT'))
  })

  it.skipIf(cannotBuild())('makes the same run, translated, of the same entries at the same instructions', async () => {
    const kernel = readFileSync(buildMicroKernel('worker'))
    const random = randomFrom(77)
    const first = await Run.make(kernel, 'pulse=1', hostClock, translating)
    const port = Number(first.domain.get64('HVM_PARAM', 2))
    while (!first.text.includes('LINE 12 ')) {
      if (random(5) === 0) first.domain.events.post(port)
      first.step()
    }
    // The second has no time of its own and no other thread: both come from the first one's log. It is translated, whatever the first
    // was: slices end at the same instruction either way.
    const { log } = first
    const position = (): number => second.log.length
    const clock = { now: () => log[position()]?.value ?? -1n, wall: hostClock.wall }
    const second: Run = await Run.make(kernel, 'pulse=1', clock, true)
    while (position() < log.length) {
      const next = log[position()]
      if (next?.kind === 'EVENT' && next.retired === second.registers.retired()) second.domain.events.post(Number(next.value))
      second.step()
      expect(second.log.slice(-20)).toEqual(log.slice(Math.max(0, position() - 20), position()))
    }
    expect([first.translates, second.translates]).toEqual([translating, true])
    expect(second.text).toBe(first.text)
    expect(second.state()).toBe(first.state())
  })
})
