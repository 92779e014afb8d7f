// The first regions a translator makes. Runs in: vitest, on src-engine/assembly/build/core.wasm.
import path from 'node:path'
import { expect, it } from 'vitest'
import { CodeCache } from '../../../src-engine/jit/code-cache'
import { RegionWriter, WriterHere } from '../../../src-engine/jit/region-writer'
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
  const clock = () => looks++
  const writer = new WriterHere(new RegionWriter(memory.buffer, 0, { now: clock }))
  const translator = new Translator(memory, 0, machine.core, writer, { ...TRANSLATOR_DEFAULTS, clock, ...some })
  return { translator, at: (block) => cache.find(page + block * 4) }
}

it('have so many blocks at most, fewer inside a function that has a region, and the time of all parts is told', async () => {
  const { translator, at } = await translating({ threshold: 1, batch: 1, patience: 1 })
  const made: number[] = []
  for (const block of [0, TRANSLATOR_DEFAULTS.blocks, BLOCKS - 4]) {
    const before = translator.statistics.blocks
    translator.sample(at(block))
    for (let i = 0; i < SOON; i++) translator.sample(0)
    made.push(translator.statistics.blocks - before)
  }
  // the row and the HLT behind it; the last one is in the second region already
  expect(made).toEqual([TRANSLATOR_DEFAULTS.blocks, BLOCKS + 1 - TRANSLATOR_DEFAULTS.blocks, 5])
  // of what a step took one look at the clock is between those round each of three parts
  const { milliseconds, writing, compiling, joining } = translator.statistics
  expect([milliseconds, writing, compiling, joining]).toEqual([7, 1, 1, 1].map((looks) => looks * made.length))
})
