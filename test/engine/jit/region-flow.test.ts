// What a region's entries load and its ways out store. Runs in: vitest.
import { expect, it } from 'vitest'
import { BlockFlow } from '../../../src-engine/jit/region-flow'
import { type Node, pointNode } from '../../../src-engine/jit/region-shape'

const RAX = 1
const RCX = 2
const RDX = 4
/** Depth of the frames where blocks begin, and inside of an `if`. */
const ALWAYS = 0
const PERHAPS = 1

/** Blocks in reverse postorder, each with the numbers of those that it leads to; what each does to registers. */
function settled(ways: readonly (readonly number[])[], does: readonly ((flow: BlockFlow) => void)[]): BlockFlow[] {
  const nodes: Node[] = ways.map((_, order) => pointNode({ order }))
  ways.forEach((to, i) => {
    const node = nodes[i]
    if (!node) return
    node.returns = to.flatMap((one) => nodes[one] ?? [])
    for (const one of node.returns) one.predecessors.push(node)
  })
  const flows = does.map((what) => {
    const flow = new BlockFlow(ALWAYS)
    what(flow)
    return flow
  })
  BlockFlow.settle(nodes, new Map(nodes.flatMap((node, i) => (flows[i] ? [[node, flows[i]]] : []))))
  return flows
}

const DIAMOND = [[1, 2], [3], [3], []]
const nothing = (): void => {}

it('what only one of two ways writes is stored behind both, so the entry loads it', () => {
  let out: ReturnType<BlockFlow['leave']> | undefined
  const [first] = settled(DIAMOND, [
    (flow) => flow.read(RAX),
    (flow) => {
      flow.write(RCX, ALWAYS)
      flow.writeFlags(ALWAYS)
    },
    nothing,
    (flow) => {
      out = flow.leave()
    },
  ])
  expect(out?.()).toEqual({ registers: RCX, flags: true })
  expect(first?.wanted).toEqual({ registers: RAX | RCX, flags: true })
})

it('what both ways write is stored and not loaded, and what neither writes is neither', () => {
  let out: ReturnType<BlockFlow['leave']> | undefined
  const both = (flow: BlockFlow): void => {
    flow.write(RCX, ALWAYS)
    flow.writeFlags(ALWAYS)
  }
  const [first] = settled(DIAMOND, [
    nothing,
    both,
    both,
    (flow) => {
      flow.read(RCX)
      flow.readFlags()
      out = flow.leave()
    },
  ])
  expect(out?.()).toEqual({ registers: RCX, flags: true })
  expect(first?.wanted).toEqual({ registers: 0, flags: false })
})

it('a way out in front of a write stores what was written before it alone', () => {
  let early: ReturnType<BlockFlow['leave']> | undefined
  let late: ReturnType<BlockFlow['leave']> | undefined
  const [first] = settled(
    [[1], []],
    [
      (flow) => flow.write(RAX, ALWAYS),
      (flow) => {
        early = flow.leave()
        flow.write(RCX, ALWAYS)
        late = flow.leave()
      },
    ],
  )
  expect(early?.()).toEqual({ registers: RAX, flags: false })
  expect(late?.()).toEqual({ registers: RAX | RCX, flags: false })
  expect(first?.wanted.registers).toBe(0)
})

it('the head of a loop stores what the round before wrote, and has it loaded for the first one', () => {
  let out: ReturnType<BlockFlow['leave']> | undefined
  const [first] = settled(
    [[1], [2], [1]],
    [
      nothing,
      (flow) => {
        out = flow.leave()
        flow.read(RDX)
      },
      (flow) => flow.write(RCX, ALWAYS),
    ],
  )
  expect(out?.().registers).toBe(RCX)
  expect(first?.wanted.registers).toBe(RCX | RDX)
})

it('what an instruction writes on some ways through it may be what it was before', () => {
  let out: ReturnType<BlockFlow['leave']> | undefined
  const [first] = settled(
    [[]],
    [
      (flow) => {
        flow.write(RAX, PERHAPS)
        flow.writeFlags(PERHAPS)
        out = flow.leave()
      },
    ],
  )
  expect(out?.()).toEqual({ registers: RAX, flags: true })
  expect(first?.wanted).toEqual({ registers: RAX, flags: true })
})

it('after a call that brings all to memory and back only what is written later is stored', () => {
  let call: ReturnType<BlockFlow['leave']> | undefined
  let out: ReturnType<BlockFlow['leave']> | undefined
  const [first] = settled(
    [[1], []],
    [
      (flow) => flow.write(RAX, ALWAYS),
      (flow) => {
        flow.write(RCX, ALWAYS)
        call = flow.leave()
        flow.renewed()
        flow.read(RDX)
        flow.write(RDX, ALWAYS)
        out = flow.leave()
      },
    ],
  )
  expect(call?.().registers).toBe(RAX | RCX)
  expect(out?.().registers).toBe(RDX)
  expect(first?.wanted.registers).toBe(0)
})
