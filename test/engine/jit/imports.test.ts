// What a module of regions imports. Oracle: the module itself, as the engine reads it. Runs in: plain Node.
import { expect, it } from 'vitest'
import { type Body, I32, moduleOf, WasmWriter } from '../../../src-engine/jit/wasm-writer'
import { bodyWithin } from './written-body'

const FUNCTIONS = ['first', 'second', 'third', 'fourth'].map((name) => ({ name, parameters: [I32], results: [] }))

/** Calls these functions, by their numbers, in a part that is written by itself. */
function bodyCalling(...numbers: readonly number[]): Body {
  const inner = new WasmWriter()
  for (const number of numbers) {
    inner.get(0)
    inner.call(number)
  }
  return bodyWithin(inner)
}

const imported = (bodies: readonly Body[]): string[] =>
  WebAssembly.Module.imports(new WebAssembly.Module(moduleOf(FUNCTIONS, { maximum: 1 }, bodies))).map(({ name }) => name)

it('are the functions up to the last one that a region calls, and no others', () => {
  expect(imported([bodyCalling()])).toEqual(['memory'])
  expect(imported([bodyCalling(), bodyCalling(1, 0)])).toEqual(['memory', 'first', 'second'])
  expect(imported([bodyCalling(3), bodyCalling(0)])).toEqual(['memory', 'first', 'second', 'third', 'fourth'])
})

it('are those of what is written last, when a writer is used again', () => {
  const w = new WasmWriter()
  w.call(3)
  w.clear()
  w.call(0)
  expect(w.bodyOf().calls).toBe(1)
})
