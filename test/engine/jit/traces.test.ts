// Regions of what a guest was seen to do: following it block by block, what is chosen, what they are worth. Runs in: vitest, on
// src-engine/assembly/build/core.wasm.
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { vcpuAddress } from '../../../src-engine/isa/state-layout'
import { CodeCache } from '../../../src-engine/jit/code-cache'
import { hotPaths } from '../../../src-engine/jit/hot-paths'
import { RegionWriter, WriterHere } from '../../../src-engine/jit/region-writer'
import { Trace, TracePace } from '../../../src-engine/jit/trace'
import { TRANSLATOR_DEFAULTS, Translator } from '../../../src-engine/jit/translator'
import { WasmWriter } from '../../../src-engine/jit/wasm-writer'
import { type Case, DATA, MIDDLE, TAIL } from '../../isa/fuzz/case'
import { Machine, newMemory } from '../../isa/fuzz/machine'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')
const BUDGET = 10_000

/** For ever: two calls of a function through a register, the second one now and then left out. */
const PROGRAM = [
  ...[0x48, 0x8d, 0x05, 0x1d, 0x00, 0x00, 0x00], // lea rax, [f]
  ...[0xff, 0xd0], // 7: call rax
  ...[0x83, 0xc1, 0x03], // add ecx, 3
  ...[0xf6, 0xc1, 0x07], // test cl, 7
  ...[0x74, 0x02], // jz 19
  ...[0xff, 0xd0], // call rax
  ...[0x01, 0xca], // 19: add edx, ecx
  ...[0xff, 0xcb], // dec ebx
  ...[0x75, 0xee], // jnz 7
  ...[0xbb, 0x00, 0x10, 0x00, 0x00], // mov ebx, 4096
  ...[0xeb, 0xe7], // jmp 7
  ...[0x90, 0x90, 0x90, 0x90],
  ...[0x31, 0xcf], // f: xor edi, ecx
  ...[0xff, 0xc6], // inc esi
  0xc3, // ret
]
const F = PROGRAM.length - 5

function program(): Case {
  const gpr = Array.from({ length: 16 }, (_, i) => (i === 4 ? DATA + 0x1000n : DATA)) // a stack
  const [middle, tail] = [new Uint8Array(Number(DATA + 0x1000n - MIDDLE) * 2), new Uint8Array(Number(DATA + 0x2000n - TAIL))]
  return { code: Uint8Array.from(PROGRAM), offset: 0, bits: 64, gpr, rflags: 2, middle, tail, fx: undefined }
}

async function machine(sample?: (block: number) => void) {
  const memory = newMemory(1)
  const made = await Machine.create(CORE, memory, 0, 1, sample)
  const view = new DataView(memory.buffer)
  const at = (field: 'RETIRED' | 'STAT_TRANSLATED' | 'STAT_ENTERED'): number =>
    Number(view.getBigUint64(vcpuAddress(0, field), true))
  return { machine: made, memory, at, cache: new CodeCache(memory.buffer, 0) }
}

function translatorFor({ machine: { core }, memory }: Awaited<ReturnType<typeof machine>>, traceAfter: number): Translator {
  const options = { ...TRANSLATOR_DEFAULTS, period: 101, traceAfter, traced: 2048 }
  return new Translator(memory, 0, core, new WriterHere(new RegionWriter(memory.buffer, 0)), options)
}

/** Runs the program some million instructions; what it ends with, and how many instructions its stays had in the last of them. */
async function stays(traceAfter: number): Promise<{ answer: unknown; retired: number; stay: number }> {
  let translator: Translator | undefined
  const made = await machine((block) => translator?.sample(block))
  translator = translatorFor(made, traceAfter)
  const c = program()
  made.machine.run(c, BUDGET)
  for (let i = 0; i < 20; i++) made.machine.runDecoded(c, BUDGET)
  const [instructions, entered] = [made.at('STAT_TRANSLATED'), made.at('STAT_ENTERED')]
  const answer = made.machine.runDecoded(c, BUDGET)
  const stay = (made.at('STAT_TRANSLATED') - instructions) / (made.at('STAT_ENTERED') - entered)
  return { answer, retired: made.at('RETIRED'), stay }
}

describe('following', () => {
  it('tells of every block that has run, and enters no region meanwhile', async () => {
    const told: number[] = []
    const made = await machine((block) => told.push(block))
    const c = program()
    made.machine.run(c, BUDGET)
    const translator = translatorFor(made, Number.POSITIVE_INFINITY)
    translator.translateBlocks(made.cache.blocksOfPage(made.machine.codePages()[0] ?? 0))
    made.machine.core.set_sampling(0)
    const before = { retired: made.at('RETIRED'), entered: made.at('STAT_ENTERED') }
    const answer = made.machine.runDecoded(c, BUDGET)
    const own = { retired: made.at('RETIRED'), entered: made.at('STAT_ENTERED') }
    expect(own.entered).toBeGreaterThan(before.entered)
    expect(told).toEqual([])
    made.machine.core.set_sampling(1)
    expect(made.machine.runDecoded(c, BUDGET)).toEqual(answer)
    expect(made.at('RETIRED') - own.retired).toBe(own.retired - before.retired)
    expect(made.at('STAT_ENTERED')).toBe(own.entered)
    // most blocks of the program have two or three instructions
    expect(told.length).toBeGreaterThan((own.retired - before.retired) / 4)
    const page = made.machine.codePages()[0] ?? 0
    const functions = told.filter((block) => block !== 0 && made.cache.hostOf(block) === page + F)
    expect(functions.length).toBeGreaterThan(told.length / 5)
  })
})

describe('a region of what was seen', () => {
  it('holds a loop of calls through a register, in which stays else end at each', async () => {
    const without = await stays(Number.POSITIVE_INFINITY)
    const traced = await stays(20_000)
    expect(without.stay).toBeLessThan(20)
    expect(traced.stay).toBeGreaterThan(200)
    expect(traced.answer).toEqual(without.answer)
    expect(traced.retired).toBe(without.retired)
  })

  it('has a small function once for each call of it', async () => {
    let trace: Trace | undefined
    const made = await machine((block) => {
      if (trace?.add(block)) trace = undefined
    })
    const c = program()
    made.machine.run(c, BUDGET)
    const taken = new Trace(made.cache, 2048)
    trace = taken
    made.machine.core.set_sampling(1)
    made.machine.runDecoded(c, BUDGET)
    const order = {
      kind: 'traced',
      blocks: taken.blocks,
      pages: taken.pages,
      known: [],
      stay: 10,
      refused: [],
      generation: 0,
      end: 0,
    } as const
    const [region = []] = hotPaths(made.cache, order)
    const page = made.machine.codePages()[0] ?? 0
    const places = region.filter(({ first }) => made.cache.hostOf(first) === page + F)
    expect(places.length).toBe(2)
    expect(new Set(places.map(({ context }) => context)).size).toBe(2)
    for (const { context, to } of places) {
      expect(context).toBeGreaterThan(0)
      expect(to.length).toBe(1)
    }
    // there is none that is there already, and none where stays would hardly become longer
    expect(hotPaths(made.cache, { ...order, known: [region.map(({ first }) => first)] })).toEqual([])
    expect(hotPaths(made.cache, { ...order, stay: 100_000 })).toEqual([])
  })
})

describe('when a guest is followed', () => {
  const paced = () => {
    const now = { instructions: 0, stays: 0 }
    const pace = new TracePace({ instructions: () => now.instructions, stays: () => now.stays } as unknown as CodeCache, 40_000)
    /** Stays of such a length until it is time, of at most a hundred thousand. */
    const until = (length: number, interpreted = 0): number | undefined => {
      for (let stays = 1000; stays <= 100_000; stays += 1000) {
        now.stays += 1000
        now.instructions += 1000 * length
        if (pace.isDue(interpreted)) return stays
      }
      return undefined
    }
    return { pace, until }
  }

  it('is after many short stays or much interpreting', () => {
    expect(paced().until(100)).toBeUndefined()
    expect(paced().until(20)).toBe(1000)
    const { pace, until } = paced()
    pace.taken(false)
    pace.taken(false)
    const stays = until(20) ?? 0
    expect(stays).toBe(4000)
    const other = paced()
    other.pace.taken(false)
    other.pace.taken(false)
    expect(other.until(20, 50_000)).toBeLessThan(stays)
  })

  it('is later each time that nothing came of it, or stays are as short as they were', () => {
    const { pace, until } = paced()
    expect(until(20)).toBe(1000)
    pace.taken(true)
    expect(until(20)).toBe(1000)
    pace.taken(true)
    expect(until(20)).toBe(2000)
    pace.taken(true)
    expect(until(20)).toBe(4000)
    pace.taken(true)
    expect(until(30)).toBe(8000)
    pace.taken(true)
    expect(until(30)).toBe(1000)
    pace.taken(false)
    expect(until(30)).toBe(2000)
    pace.forget()
    expect(until(30)).toBe(1000)
  })
})

it('whole numbers beyond 32 bits are written as they are', () => {
  for (const value of [
    0,
    -1,
    63,
    -64,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    0xffff_ffff,
    2 ** 32 + 10,
    -(2 ** 46) - 4096,
    2 ** 52 + 1,
  ]) {
    const w = new WasmWriter()
    w.i64(value)
    let [read, shift] = [0n, 0n]
    for (const byte of w.written().slice(1)) {
      read |= BigInt(byte & 127) << shift
      shift += 7n
    }
    expect(BigInt.asIntN(Number(shift), read)).toBe(BigInt(value))
  }
})
