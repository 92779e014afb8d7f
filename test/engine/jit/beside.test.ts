// Regions that are written beside the vcpu: the guest changes its code meanwhile, and what comes too late is not put in place.
// Runs in: vitest, on src-engine/assembly/build/core.wasm and out/main/translator.cjs.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { BLOCK as LAYOUT } from '../../../src-engine/isa/state-layout'
import { CodeCache } from '../../../src-engine/jit/code-cache'
import type { Answer, Order, Writer } from '../../../src-engine/jit/orders'
import { RegionWriter, WriterHere } from '../../../src-engine/jit/region-writer'
import { TRANSLATOR_DEFAULTS, TRANSLATOR_EAGER, Translator } from '../../../src-engine/jit/translator'
import { hostClock } from '../../../src-engine/lib/monotonic'
import { Machine, newMemory } from '../../isa/fuzz/machine'
import { buildMicroKernel, cannotBuild } from '../../support/micro-kernel'
import { SteppedGuest } from '../../support/stepped-guest'
import { LONG } from '../../support/tier'
import { TranslatorThread } from '../../support/translator-thread'
import { BLOCK, rowOfBlocks } from './row-of-blocks'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')
/** Samples until what has come is in place. */
const SOON = 3

const thread = new TranslatorThread()
afterAll(() => thread.end())

// All but the last change their code so soon, or run so briefly, that what is ordered may be gone before it comes.
const kernels = [...(LONG ? ['code-pages'] : []), 'code-again', 'code-tables', 'code-tricks', 'code-flood', 'cpu-programs']
it.skipIf(cannotBuild()).each(kernels)('%s: its checks hold, with defaults and eager', async (name) => {
  for (const translator of [TRANSLATOR_DEFAULTS, TRANSLATOR_EAGER]) {
    const kernel = readFileSync(buildMicroKernel(name))
    const writer = (memory: WebAssembly.Memory) => thread.writerFor(memory)
    const guest = await SteppedGuest.make({ core: CORE, kernel, clock: hostClock, alone: true, translator, writer })
    while (!guest.stopped) guest.step()
    expect(guest.text).toMatch(/SUCCESS|END /)
    expect(guest.text).not.toContain('FAILURE')
    if (name === 'cpu-programs') expect(guest.translator?.statistics.regions).toBeGreaterThan(0)
  }
})

/** Writes at once and keeps the answer until it is let out. */
class LateWriter implements Writer {
  readonly orders: Order[] = []
  late = true

  constructor(private readonly writer: WriterHere) {}

  begin(order: Order): void {
    this.orders.push(order)
    this.writer.begin(order)
  }
  isBusy(): boolean {
    return this.late
  }
  answer(): Answer {
    return this.writer.answer()
  }
}

/** A row of blocks that has run, the first of them hot: what it is part of is written, and the answer on its way. */
async function underWay() {
  const memory = newMemory(1)
  const machine = await Machine.create(CORE, memory, 0, 1)
  const c = rowOfBlocks()
  const wanted = machine.run(c, 10_000)
  const cache = new CodeCache(memory.buffer, 0)
  const page = machine.codePages()[0] ?? 0
  const firstOf = (block: number): number => cache.find(page + block * BLOCK)
  const writer = new LateWriter(new WriterHere(new RegionWriter(memory.buffer, 0)))
  const translator = new Translator(memory, 0, machine.core, writer, {
    ...TRANSLATOR_DEFAULTS,
    threshold: 1,
    batch: 1,
    patience: 1,
  })
  const first = firstOf(0)
  translator.sample(first)
  expect(writer.orders.length).toBe(1)
  const arrives = (): void => {
    writer.late = false
    for (let i = 0; i < SOON; i++) translator.sample(0)
  }
  const check = (): void => expect(machine.runDecoded(c, 10_000)).toEqual(wanted)
  return { machine, cache, translator, writer, page, first, firstOf, arrives, check }
}

it('are put in place when they come', async () => {
  const { cache, translator, first, arrives, check } = await underWay()
  check()
  expect(cache.hasEntry(first)).toBe(false)
  arrives()
  expect(cache.hasEntry(first)).toBe(true)
  expect(translator.statistics.regions).toBe(1)
  check()
})

it('are not, when their page has changed meanwhile', async () => {
  const { machine, cache, translator, page, first, firstOf, arrives, check } = await underWay()
  machine.core.invalidate_page(page >>> 12)
  check()
  // decoded anew, elsewhere in the pool
  expect(firstOf(0)).not.toBe(first)
  arrives()
  expect(translator.statistics.regions).toBe(0)
  for (const block of [first, firstOf(0)]) expect(cache.hasEntry(block)).toBe(false)
  check()
})

it('are not, when the pool was emptied meanwhile and the same places hold blocks again', async () => {
  const { machine, cache, translator, first, firstOf, arrives, check } = await underWay()
  machine.core.flush_code()
  check()
  expect(firstOf(0)).toBe(first)
  arrives()
  expect(translator.statistics.regions).toBe(0)
  expect(cache.hasEntry(first)).toBe(false)
  check()
})

it('are not of blocks that were decoded after the order', async () => {
  const { cache, translator, writer, first, arrives } = await underWay()
  const [order] = writer.orders
  expect(order?.kind === 'regions' && order.end).toBe(cache.poolEnd())
  // as if the writer had read a block that was not complete then
  expect(cache.isThere(first, first)).toBe(false)
  expect(cache.isThere(first, cache.poolEnd())).toBe(true)
  cache.end = first - LAYOUT.HEADER
  expect(cache.find(cache.hostOf(first))).toBe(0)
  arrives()
  expect(translator.statistics.regions).toBe(1)
})
