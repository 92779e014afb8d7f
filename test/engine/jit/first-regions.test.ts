// The first regions a translator makes. Runs in: vitest, on src-engine/assembly/build/core.wasm.
import path from 'node:path'
import { expect, it } from 'vitest'
import { CodeCache } from '../../../src-engine/jit/code-cache'
import { TRANSLATOR_DEFAULTS, Translator, type TranslatorOptions } from '../../../src-engine/jit/translator'
import { type Case, DATA, MIDDLE, TAIL } from '../../isa/fuzz/case'
import { Machine, newMemory } from '../../isa/fuzz/machine'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')
const BLOCKS = 80
/** More samples than it takes until all is done that one has begun. */
const SOON = 100

/** A translator whose clock counts the looks at it, a page of 80 blocks one after the other, and their first uops. */
async function translating(
  some: Partial<TranslatorOptions>,
): Promise<{ translator: Translator; at: (block: number) => number }> {
  const memory = newMemory(1)
  const machine = await Machine.create(CORE, memory, 0, 1)
  const gpr = Array.from({ length: 16 }, () => DATA)
  const [middle, tail] = [new Uint8Array(Number(DATA + 0x1000n - MIDDLE) * 2), new Uint8Array(Number(DATA + 0x2000n - TAIL))]
  // test eax, eax; jz to the next one
  const code = Array.from({ length: BLOCKS }, () => [0x85, 0xc0, 0x74, 0]).flat()
  const c: Case = { code: Uint8Array.from([...code, 0xf4]), offset: 0, bits: 64, gpr, rflags: 2, middle, tail, fx: undefined }
  machine.run(c, 10_000)
  const cache = new CodeCache(memory.buffer, 0)
  const page = machine.codePages()[0] ?? 0
  let looks = 0
  const translator = new Translator(memory, 0, machine.core, { ...TRANSLATOR_DEFAULTS, clock: () => looks++, ...some })
  return { translator, at: (block) => cache.find(page + block * 4) }
}

it('are small and grow, as V8 interprets the translator while it makes them', async () => {
  const { translator, at } = await translating({ threshold: 1, batch: 1, patience: 1 })
  const made: number[] = []
  for (let block = 0; block < BLOCKS && made.length < 5; block += made.at(-1) ?? 0) {
    const before = translator.statistics.blocks
    translator.sample(at(block))
    for (let i = 0; i < SOON; i++) translator.sample(0)
    made.push(translator.statistics.blocks - before)
  }
  // the last one is in the middle of a function that has a region
  expect(made).toEqual([2, 4, 8, 16, 20])
  // a small module is one step: of what it took one look at the clock is between those round either part
  const { milliseconds, writing, compiling } = translator.statistics
  expect([milliseconds, writing, compiling]).toEqual([5 * made.length, made.length, made.length])
})

it('are written a few at a time, and the guest runs between', async () => {
  const { translator, at } = await translating({})
  const first = Array.from({ length: 12 }, (_, i) => at(i))
  translator.translateBlocks(first)
  const { blocks, regions, longest } = translator.statistics
  expect(regions).toBe(first.length)
  expect(blocks).toBe(first.length * TRANSLATOR_DEFAULTS.blocks)
  // two looks for each that is written, and two round a step
  expect(longest).toBeLessThan(2 * 4)
})
