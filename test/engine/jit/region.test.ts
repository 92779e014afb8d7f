// Shapes of regions, made from blocks that the interpreter decoded. Runs in: vitest, on src-engine/assembly/build/core.wasm.
import path from 'node:path'
import { expect, it } from 'vitest'
import { CodeCache } from '../../../src-engine/jit/code-cache'
import { fromMemory } from '../../../src-engine/jit/from-memory'
import { jumpNotes } from '../../../src-engine/jit/jump-tables'
import { formRegion } from '../../../src-engine/jit/region'
import type { Region } from '../../../src-engine/jit/region-shape'
import { type Case, DATA, MIDDLE, TAIL } from '../../isa/fuzz/case'
import { Machine } from '../../isa/fuzz/machine'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')

const never = (_offset: number): boolean => false

/** The region from a program's first byte on, after it has run once, and where its blocks begin. */
async function regionOf(
  code: readonly number[],
  {
    isWarm = never,
    endsAt = never,
    most = 1000,
  }: { isWarm?: (offset: number) => boolean; endsAt?: (offset: number) => boolean; most?: number } = {},
): Promise<{ cache: CodeCache; region: Region; starts: number[]; heads: number[] }> {
  const machine = await Machine.create(CORE)
  const gpr = Array.from({ length: 16 }, () => DATA)
  const [middle, tail] = [new Uint8Array(Number(DATA + 0x1000n - MIDDLE) * 2), new Uint8Array(Number(DATA + 0x2000n - TAIL))]
  const c: Case = { code: Uint8Array.from(code), offset: 0, bits: 64, gpr, rflags: 2, middle, tail, fx: undefined }
  machine.run(c, 10_000)
  const cache = new CodeCache(machine.memory.buffer, 0)
  const page = machine.codePages()[0] ?? 0
  const pageAt = (distance: number): number => (distance === 0 ? page : 0)
  const region = formRegion(cache, cache.find(page), { blocks: 64, instructions: most }, pageAt, {
    notes: jumpNotes(cache),
    isWarm: (first) => isWarm(cache.offset(first)),
    endsAt: (first) => endsAt(cache.offset(first)),
  })
  const offset = ({ first }: { first: number }): number => cache.offset(first)
  return { cache, region, starts: region.nodes.map(offset), heads: region.nodes.filter((node) => node.loopHead).map(offset) }
}

it('a loop that control falls into, with a branch in it, is entered at its head, and no instruction stands in two blocks', async () => {
  const { region, starts, heads } = await regionOf([
    ...[0xb9, 10, 0, 0, 0], // mov ecx, 10
    ...[0xf6, 0xc1, 1], // 5: test cl, 1
    ...[0x74, 4], // jz 14
    ...[0x48, 0x83, 0xc0, 5], // add rax, 5
    ...[0xff, 0xc9], // 14: dec ecx
    ...[0x75, 0xf3], // jnz 5
    0xf4, // hlt
  ])
  expect(heads).toEqual([5])
  expect(starts.sort((a, b) => a - b)).toEqual([0, 5, 10, 14, 18])
  // but for the HLT, which the region leaves for
  expect(region.nodes.reduce((sum, { instructions }) => sum + instructions, 0)).toBe(6 + 1)
})

it('blocks that the interpreter was found at are entries, if no block has to be copied for it', async () => {
  const code = [
    ...[0xb9, 10, 0, 0, 0], // mov ecx, 10
    ...[0xf6, 0xc1, 1], // 5: test cl, 1
    ...[0x74, 4], // jz 14
    ...[0x48, 0x83, 0xc0, 5], // 10: add rax, 5
    ...[0xff, 0xc9], // 14: dec ecx
    ...[0x75, 0xf3], // jnz 5
    ...[0x85, 0xc0, 0x74, 2], // 18: test eax, eax; jz 24
    ...[0xff, 0xc6], // 22: inc esi
    0xf4, // 24: hlt
  ]
  const entered = async (warm: readonly number[]): Promise<number[]> => {
    const { cache, region } = await regionOf(code, { isWarm: (offset) => warm.includes(offset) })
    return region.entries.map(({ block }) => cache.offset(block.first))
  }
  expect(await entered([])).toEqual([0])
  // 10 and 14 stand in the loop, behind its head
  expect(await entered([10, 14, 18, 22])).toEqual([0, 18, 22])
})

it('a region ends in front of a block where another goes on, and leaves for it', async () => {
  const code = [
    ...[0x85, 0xc0, 0x74, 2], // test eax, eax; jz 6
    ...[0xff, 0xc6], // 4: inc esi
    ...[0x85, 0xc0, 0x74, 2], // 6: test eax, eax; jz 12
    ...[0xff, 0xc7], // 10: inc edi
    0xf4, // 12: hlt
  ]
  expect((await regionOf(code)).starts).toEqual([0, 4, 10])
  const { region, starts } = await regionOf(code, { endsAt: (offset) => offset === 4 })
  expect(starts).toEqual([0])
  expect(region.nodes[0]?.nextTo).toBeUndefined()
})

it('blocks that end apart, as no block has more than sixteen instructions, are left as they are', async () => {
  const nops = Array.from({ length: 20 }, () => 0x90)
  const { region, starts } = await regionOf([
    ...[0xb9, 2, 0, 0, 0], // mov ecx, 2
    ...nops, // 5
    ...[0xff, 0xc9], // 25: dec ecx
    ...[0x75, 0xe8], // jnz 5
    0xf4,
  ])
  const [first] = region.nodes
  expect(first?.instructions).toBe(16)
  expect(first?.falls).toBe(false)
  expect(starts).toContain(5)
  // both ways come together where the sixteen of the second one end
  const second = region.nodes.find((node) => node.falls)
  expect(second?.nextTo?.taken).toBe(5)
})

it('registers made from what was loaded are known, those that only count and those that were saved are not', async () => {
  const { cache, region } = await regionOf([
    ...[0x48, 0x8b, 0x18], // mov rbx, [rax]
    ...[0x48, 0x8d, 0x4b, 8], // lea rcx, [rbx + 8]
    ...[0x48, 0x89, 0xce], // mov rsi, rcx
    ...[0x48, 0x83, 0xc0, 4], // add rax, 4
    ...[0x48, 0x89, 0x18], // mov [rax], rbx
    ...[0x48, 0x39, 0x18], // cmp [rax], rbx
    ...[0x48, 0x0f, 0xb6, 0x38], // movzx rdi, byte [rax]
    ...[0x57, 0x5a], // push rdi; pop rdx
    0xf4,
  ])
  const [RCX, RBX, RSI, RDI] = [1, 3, 6, 7]
  expect(fromMemory(cache, region)).toBe([RCX, RBX, RSI, RDI].reduce((set, n) => set | (1 << n), 0))
})

/** dec ecx; js; then a jump by the table at rax to one of two places. */
const dispatch = (toEnd: number): number[] => [
  ...[0xff, 0xc9, 0x78, toEnd], // dec ecx; js
  ...[0x89, 0xca, 0x83, 0xe2, 1], // mov edx, ecx; and edx, 1
  ...[0xff, 0x24, 0xd0], // jmp [rax + rdx * 8]
]
/** [rax] becomes 38, [rax + 8] becomes the other address, ecx a count. */
const tableOf = (other: number): number[] => [
  ...[0x48, 0x8d, 0x1d, 38 - 7, 0, 0, 0, 0x48, 0x89, 0x18], // lea rbx, [38]; mov [rax], rbx
  ...[0x48, 0x8d, 0x1d, other - 17, 0, 0, 0, 0x48, 0x89, 0x58, 8], // 10: lea rbx, [other]; mov [rax + 8], rbx
  ...[0xb9, 6, 0, 0, 0], // 21: mov ecx, 6
]

it('all jumps through one table lead to one node, which is the loop that they make, and by which their targets are entered', async () => {
  const { cache, region } = await regionOf([
    ...tableOf(52),
    ...dispatch(66 - 30), // 26
    ...[0xff, 0xc6], // 38: inc esi
    ...dispatch(66 - 44),
    ...[0xff, 0xce], // 52: dec esi
    ...dispatch(66 - 58),
    0xf4, // 66: hlt
  ])
  const [junction, another] = region.nodes.filter((node) => node.junction)
  expect(another).toBeUndefined()
  expect(junction?.returns.map(({ first }) => cache.offset(first)).sort()).toEqual([38, 52])
  expect(junction?.predecessors.filter((node) => node !== region.root)).toHaveLength(3)
  expect(region.nodes.filter((node) => node.loopHead)).toEqual([junction])
  const entries = region.entries.map(({ block, by }) => [cache.offset(block.first), by.junction] as const)
  expect(entries.sort(([a], [b]) => a - b)).toEqual([
    [0, false],
    [38, true],
    [52, true],
  ])
})

it('a switch in a loop of another head is not entered at its targets', async () => {
  const { region, cache, heads } = await regionOf([
    ...tableOf(42),
    ...dispatch(46 - 30), // 26
    ...[0xff, 0xc6, 0xeb, 0x100 + 26 - 42], // 38: inc esi; jmp 26
    ...[0xff, 0xce, 0xeb, 0x100 + 26 - 46], // 42: dec esi; jmp 26
    0xf4, // 46: hlt
  ])
  expect(region.nodes.filter((node) => node.junction).map(({ returns }) => returns.length)).toEqual([2])
  expect(heads).toEqual([26])
  expect(region.entries.map(({ block }) => cache.offset(block.first))).toEqual([0])
})

it('no more blocks are taken in once there are so many instructions', async () => {
  // test eax, eax; jz to the next one
  const code = [...Array.from({ length: 20 }, () => [0x85, 0xc0, 0x74, 0]).flat(), 0xf4]
  expect((await regionOf(code, { most: 10 })).starts).toEqual([0, 4, 8, 12, 16])
  expect((await regionOf(code)).starts).toHaveLength(21)
})
