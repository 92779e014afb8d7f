// What becomes of regions when the interpreter empties its pool of decoded code. Runs in: vitest, on src-engine/assembly/build/core.wasm.
import path from 'node:path'
import { expect, it } from 'vitest'
import { CodeCache } from '../../../src-engine/jit/code-cache'
import { MODULES_A_COLLECTION } from '../../../src-engine/jit/dead-modules'
import { CODE_MEMORY, modulesWithin } from '../../../src-engine/jit/memory-budget'
import { RegionWriter, WriterHere } from '../../../src-engine/jit/region-writer'
import { TRANSLATOR_DEFAULTS, Translator } from '../../../src-engine/jit/translator'
import { Machine, newMemory } from '../../isa/fuzz/machine'
import { BLOCK, BLOCKS, rowOfBlocks } from './row-of-blocks'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')

/** A region for each block of a program, the pool emptied, and a region for each once more. */
async function twice(memoryForCode: number): Promise<{ slots: readonly number[][]; statistics: Translator['statistics'] }> {
  const memory = newMemory(1)
  const machine = await Machine.create(CORE, memory, 0, 1)
  const c = rowOfBlocks()
  const cache = new CodeCache(memory.buffer, 0)
  const translator = new Translator(memory, 0, machine.core, new WriterHere(new RegionWriter(memory.buffer, 0)), {
    ...TRANSLATOR_DEFAULTS,
    memory: memoryForCode,
    blocks: 1,
  })
  const answer = machine.run(c)
  const slots: number[][] = []
  for (let time = 0; time < 2; time++) {
    machine.core.flush_code()
    expect(machine.runDecoded(c)).toEqual(answer)
    const firsts = Array.from({ length: BLOCKS }, (_, block) => cache.find((machine.codePages()[0] ?? 0) + block * BLOCK))
    translator.sample(firsts[0] ?? 0)
    slots.push(
      firsts.map((first) => {
        translator.translateBlocks([first])
        return cache.regionAt(first) ?? -1
      }),
    )
    expect(machine.runDecoded(c)).toEqual(answer)
  }
  return { slots, statistics: translator.statistics }
}

it('their slots are given up with a later collection, and then used again', async () => {
  const { slots, statistics } = await twice(CODE_MEMORY)
  const [old = [], young = []] = slots
  expect(statistics.regions).toBe(2 * BLOCKS)
  expect(statistics.modules).toBeGreaterThan(MODULES_A_COLLECTION)
  const before = MODULES_A_COLLECTION - BLOCKS - 2
  expect(young.slice(0, before).filter((slot) => old.includes(slot))).toEqual([])
  expect(young.filter((slot) => old.includes(slot)).length).toBeGreaterThan(BLOCKS / 2)
})

it('where there is no room they go first', async () => {
  const { bytes } = (await twice(CODE_MEMORY)).statistics
  // for two more than the program's regions
  const room = (bytes / 2) * (1 + 2 / BLOCKS)
  const { statistics } = await twice(room * (CODE_MEMORY / modulesWithin(CODE_MEMORY)))
  expect(statistics.regions).toBe(2 * BLOCKS)
  expect(statistics.evicted).toBe(0)
  expect(statistics.most).toBeLessThan(room * 1.1)
})
