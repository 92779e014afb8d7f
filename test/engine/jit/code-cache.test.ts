// How blocks come to be entered through regions, and cease to be. Runs in: vitest, on src-engine/assembly/build/core.wasm.
import path from 'node:path'
import { expect, it, vi } from 'vitest'
import { JUMP_ENTRIES } from '../../../src-engine/isa/state-layout'
import { CodeCache } from '../../../src-engine/jit/code-cache'
import { RegionWriter, WriterHere } from '../../../src-engine/jit/region-writer'
import { TRANSLATOR_DEFAULTS, Translator } from '../../../src-engine/jit/translator'
import { Machine, newMemory } from '../../isa/fuzz/machine'
import { BLOCK, BLOCKS, rowOfBlocks } from './row-of-blocks'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')

it('of many regions ceases at once: the jump cache is looked through once', async () => {
  const memory = newMemory(1)
  const machine = await Machine.create(CORE, memory, 0, 1)
  const c = rowOfBlocks()
  const answer = machine.run(c, 10_000)
  const cache = new CodeCache(memory.buffer, 0)
  const page = machine.codePages()[0] ?? 0
  const translator = new Translator(memory, 0, machine.core, new WriterHere(new RegionWriter(memory.buffer, 0)), {
    ...TRANSLATOR_DEFAULTS,
    blocks: 1,
  })
  const regions = new Map<number, readonly number[]>()
  const firsts = Array.from({ length: BLOCKS }, (_, block) => cache.find(page + block * BLOCK))
  for (const first of firsts) {
    translator.translateBlocks([first])
    regions.set(cache.regionAt(first) ?? -1, [first])
  }
  expect(regions.size).toBe(BLOCKS)
  expect(machine.runDecoded(c, 10_000)).toEqual(answer)

  const read = vi.spyOn(cache.view, 'getUint32')
  cache.leave(regions)
  expect(read.mock.calls.length).toBeGreaterThan(JUMP_ENTRIES)
  expect(read.mock.calls.length).toBeLessThan(2 * JUMP_ENTRIES)
  for (const first of firsts) expect(cache.hasEntry(first)).toBe(false)
  expect(machine.runDecoded(c, 10_000)).toEqual(answer)
})
