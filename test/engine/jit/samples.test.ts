// How often the interpreter tells what it spends time on. Runs in: vitest, on src-engine/assembly/build/core.wasm.
import path from 'node:path'
import { expect, it } from 'vitest'
import { vcpuAddress } from '../../../src-engine/isa/state-layout'
import { CodeCache } from '../../../src-engine/jit/code-cache'
import { RegionWriter, WriterHere } from '../../../src-engine/jit/region-writer'
import { TRANSLATOR_DEFAULTS, Translator } from '../../../src-engine/jit/translator'
import { type Case, DATA, MIDDLE, TAIL } from '../../isa/fuzz/case'
import { Machine, newMemory } from '../../isa/fuzz/machine'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')
const PERIOD = 1000
const BUDGET = 10_000
const RUNS = 8
/** run()s that a machine makes of a case. */
const SLICES = 10

/** A loop that a region runs, of `rounds`, and an instruction that is always interpreted, for ever. */
const program = (rounds: number): readonly number[] => [
  ...[0xbb, ...[rounds & 0xff, rounds >> 8, 0, 0]], // mov ebx, rounds
  ...[0xff, 0xcb], // 5: dec ebx
  ...[0x75, 0xfc], // jnz 5
  ...[0x31, 0xc9], // xor ecx, ecx
  ...[0xf3, 0xa4], // rep movsb
  ...[0xeb, 0xf1], // jmp 0
]

/** Runs it piece by piece from its start; interpreted instructions and samples. */
async function sampled(rounds: number, translated: boolean): Promise<{ interpreted: number; samples: number }> {
  let samples = 0
  const memory = newMemory(1)
  const machine = await Machine.create(CORE, memory, 0, 1, () => samples++)
  const gpr = Array.from({ length: 16 }, () => DATA)
  const [middle, tail] = [new Uint8Array(Number(DATA + 0x1000n - MIDDLE) * 2), new Uint8Array(Number(DATA + 0x2000n - TAIL))]
  const c: Case = { code: Uint8Array.from(program(rounds)), offset: 0, bits: 64, gpr, rflags: 2, middle, tail, fx: undefined }
  const view = new DataView(memory.buffer)
  const at = (field: 'RETIRED' | 'STAT_TRANSLATED'): number => Number(view.getBigUint64(vcpuAddress(0, field), true))
  const interpreted = (): number => at('RETIRED') - at('STAT_TRANSLATED')
  machine.run(c, BUDGET)
  if (translated) {
    const cache = new CodeCache(memory.buffer, 0)
    const translator = new Translator(
      memory,
      0,
      machine.core,
      new WriterHere(new RegionWriter(memory.buffer, 0)),
      TRANSLATOR_DEFAULTS,
    )
    translator.translateBlocks([cache.find(machine.codePages()[0] ?? 0)])
  }
  machine.core.set_sampling(PERIOD)
  samples = 0
  const before = interpreted()
  for (let run = 0; run < RUNS; run++) machine.runDecoded(c, BUDGET)
  return { interpreted: interpreted() - before, samples }
}

it('comes after so many interpreted instructions, also where no slice interprets as many', async () => {
  for (const [rounds, translated] of [
    [2000, false],
    [2000, true],
    [200, true],
    [20, true],
  ] as const) {
    const { interpreted, samples } = await sampled(rounds, translated)
    expect(samples, `${rounds} rounds`).toBeGreaterThanOrEqual(Math.floor((interpreted * 0.9) / PERIOD) - 1)
    expect(samples, `${rounds} rounds`).toBeLessThanOrEqual(Math.ceil(interpreted / PERIOD))
    expect(samples).toBeGreaterThan(5)
    if (translated) expect(interpreted).toBeLessThan(RUNS * SLICES * BUDGET * 0.2)
  }
})

it('of a long straight run count together, however many blocks it is', async () => {
  // a loop of 40 blocks: mov ebx, ebx 640 times, jmp to the first
  const code = [...Array.from({ length: 640 }, () => [0x89, 0xdb]).flat(), 0xe9, ...int32(-1285)]
  const memory = newMemory(1)
  let translator: Translator | undefined
  const machine = await Machine.create(CORE, memory, 0, 1, (block) => translator?.sample(block))
  const gpr = Array.from({ length: 16 }, () => DATA)
  const [middle, tail] = [new Uint8Array(Number(DATA + 0x1000n - MIDDLE) * 2), new Uint8Array(Number(DATA + 0x2000n - TAIL))]
  const c: Case = { code: Uint8Array.from(code), offset: 0, bits: 64, gpr, rflags: 2, middle, tail, fx: undefined }
  // no multiple of the period is one of the loop
  translator = new Translator(memory, 0, machine.core, new WriterHere(new RegionWriter(memory.buffer, 0)), {
    ...TRANSLATOR_DEFAULTS,
    period: 101,
  })
  const view = new DataView(memory.buffer)
  const at = (field: 'RETIRED' | 'STAT_TRANSLATED'): number => Number(view.getBigUint64(vcpuAddress(0, field), true))
  machine.run(c, 100_000)
  expect(at('RETIRED')).toBeGreaterThan(1_000_000)
  expect(at('RETIRED') - at('STAT_TRANSLATED')).toBeLessThan(140_000)
})

function int32(value: number): readonly number[] {
  return [...new Uint8Array(Int32Array.of(value).buffer)]
}
