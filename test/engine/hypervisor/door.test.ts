// The door of a vcpu, on the real core in this thread, interpreting and translating: entries carry the exact count of retired instructions; nothing reaches the
// guest beside it; and a second run that is given what the first one let in, at the same instructions, is the same run.
// Runs in: vitest, on out/main/core.wasm.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { Domain } from '../../../src-engine/hypervisor/domain'
import { Door, type Entry } from '../../../src-engine/hypervisor/door'
import { TRANSLATOR_EAGER, Translator } from '../../../src-engine/jit/translator'
import { hostClock, type MonotonicClock } from '../../../src-engine/lib/monotonic'
import { GuestMemory } from '../../../src-engine/memory/guest-memory'
import { LocalApics, machineImports } from '../../../src-engine/process/machine'
import { loadKernel, makeDomain } from '../../../src-engine/process/new-domain'
import { VcpuLoop } from '../../../src-engine/process/vcpu-loop'
import type { CoreExports, CoreImports } from '../../../src-engine/vcpu/core-interface'
import { domainGeometry } from '../../../src-engine/vcpu/domain-geometry'
import { compileCore, instantiateCore } from '../../../src-engine/vcpu/load'
import { GPR, Registers } from '../../../src-engine/vcpu/registers'
import { makeElf, NOTE_PHYS32_ENTRY, number } from '../../support/elf-image'
import { buildMicroKernel, cannotBuild } from '../../support/micro-kernel'
import { randomFrom } from '../../support/random'

const CORE = path.resolve(__dirname, '../../../out/main/core.wasm')
const ENTRY = 0x10_0000

interface Watch {
  readonly imports?: (imports: CoreImports) => CoreImports
  readonly core?: (core: CoreExports) => CoreExports
}

/** What vcpu.ts makes, in this thread; the caller steps it. */
class Run {
  readonly log: Entry[] = []
  text = ''
  private constructor(
    readonly domain: Domain,
    readonly registers: Registers,
    private readonly loop: VcpuLoop,
    private readonly translator: Translator | undefined,
  ) {
    domain.door.observe((entry) => this.log.push(entry))
  }

  static async make(
    kernel: Uint8Array,
    commandLine: string,
    clock: MonotonicClock,
    translating: boolean,
    watch: Watch = {},
  ): Promise<Run> {
    const made = makeDomain({ domid: 1, uuid: new Uint8Array(16).fill(3), memoryMiB: 16, vcpus: 1 }, () => {})
    if (!made.ok) throw new Error(made.error)
    const { wasm, ramBytes } = made.value
    const loaded = loadKernel(made.value, { kernel, ramdisk: undefined, commandLine })
    if (!loaded.ok) throw new Error(loaded.error)
    made.value.domain.set64('WALL_BASE', 1_700_000_000_000_000_000n)
    made.value.domain.time.writeWallClock()
    const geometry = domainGeometry(1, ramBytes)
    const registers = new Registers(wasm.buffer, 0)
    const memory = new GuestMemory(wasm.buffer, geometry, (page) => domain.requestInvalidate(page))
    const domain: Domain = new Domain(memory, geometry, {
      clock,
      ring: () => domain.answerBell(),
      postVector: (vcpu, vector) => lapics.post(vcpu, vector),
      door: new Door(() => registers.retired()),
    })
    const lapics: LocalApics = new LocalApics(domain, registers, 0)
    let translator: Translator | undefined
    const imports: CoreImports = Object.assign(machineImports(domain, registers, lapics), {
      sample: (block: number) => translator?.sample(block),
    })
    const module = await compileCore(0, CORE)
    const core = await instantiateCore(wasm, 0, watch.imports?.(imports) ?? imports, module)
    core.set_eflags(2)
    core.flush_code()
    core.flush_tlb()
    if (translating) translator = new Translator(wasm, 0, core, TRANSLATOR_EAGER)
    const run = new Run(domain, registers, new VcpuLoop(domain, registers, watch.core?.(core) ?? core, lapics), translator)
    domain.set64('FROZEN_AT', -1n)
    domain.set64('CLOCK_OFFSET', 0n)
    domain.set('PAUSE', 0)
    return run
  }

  get translates(): boolean {
    return (this.translator?.statistics.regions ?? 0) > 0
  }

  step(): void {
    this.loop.step()
    this.text += Buffer.from(this.domain.consoleOutput.take()).toString('latin1')
  }

  /** Registers and all of guest RAM. */
  state(): string {
    const { memory, geometry } = this.domain
    const ram = memory.u8.subarray(geometry.ramBase, geometry.ramBase + 16 * 1024 * 1024)
    const registers = Array.from({ length: 16 }, (_, index) => this.registers.gpr(index).toString(16))
    const hash = createHash('sha256').update(new Uint8Array(ram)).digest('hex')
    return `${registers.join(' ')} rip ${this.registers.get64('RIP')} retired ${this.registers.retired()} ram ${hash}`
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
