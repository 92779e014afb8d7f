// Branch hints: each names an if of its function, by the offset from the function's first byte, and modules with them are valid.
// Oracle: the proposal "branch hinting" and the module's own bytes. Runs in: plain Node.
import { expect, it } from 'vitest'
import { type Body, moduleOf, OP, WasmWriter } from '../../../src-engine/jit/wasm-writer'
import { bodyWithin } from './written-body'

/** (parameter) -> parameter, with `ifs` branches that are hardly ever taken and as many ordinary ones. */
function bodyWith(ifs: number): Body {
  const inner = new WasmWriter()
  for (let i = 0; i < ifs; i++) {
    inner.get(0)
    inner.seldom()
    inner.op(OP.end)
    inner.get(0)
    inner.frame(OP.if)
    inner.op(OP.end)
  }
  return bodyWithin(inner)
}

/** LEB128 numbers of a section. */
function numbersOf(section: ArrayBuffer): number[] {
  const numbers: number[] = []
  let value = 0
  let shift = 0
  for (const byte of new Uint8Array(section)) {
    value |= (byte & 127) << shift
    shift += 7
    if (byte & 128) continue
    numbers.push(value)
    value = 0
    shift = 0
  }
  return numbers
}

it('names ifs by their place in the function, in order of functions and places', () => {
  const bodies = [bodyWith(1), bodyWith(0), bodyWith(60)]
  const module = new WebAssembly.Module(moduleOf([], { maximum: 1 }, bodies))
  const [section] = WebAssembly.Module.customSections(module, 'metadata.code.branch_hint')
  if (!section) throw new Error('no section of hints')
  const numbers = numbersOf(section)
  expect(numbers.shift()).toBe(bodies.length)
  bodies.forEach(({ bytes }, index) => {
    expect(numbers.shift()).toBe(index)
    const many = numbers.shift() ?? 0
    expect(many).toBe([1, 0, 60][index])
    let before = 0
    for (let i = 0; i < many; i++) {
      const [at = 0, size, taken] = numbers.splice(0, 3)
      expect(bytes[at]).toBe(OP.if)
      expect(at).toBeGreaterThan(before)
      expect([size, taken]).toEqual([1, 0])
      before = at
    }
  })
  expect(numbers).toEqual([])
})
