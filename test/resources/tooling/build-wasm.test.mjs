// The build's check that the interpreter's dispatch is a jump table, on small modules of known shape.
// Runs in: vitest, plain Node.
import binaryen from 'assemblyscript/binaryen'
import { describe, expect, it } from 'vitest'
import { checkDispatch } from '../../../resources/tooling/build-wasm.mjs'

function moduleWith(body) {
  const module = binaryen.parseText(
    `(module (memory 1) (func $core/run (param i32) (result i32) ${body}) (export "run" (func $core/run)))`,
  )
  const bytes = module.emitBinary()
  module.dispose()
  return bytes
}

const JUMP_TABLE = `
  (block $c (block $b (block $a (br_table $a $b $c $a (local.get 0)))
  (return (i32.const 1))) (return (i32.const 2))) (i32.const 3)`
const COMPARISONS = `
  (if (i32.eq (local.get 0) (i32.const 0)) (then (return (i32.const 1))))
  (if (i32.eq (local.get 0) (i32.const 1)) (then (return (i32.const 2)))) (i32.const 3)`

describe('the dispatch check', () => {
  it('accepts a br_table wide enough and tells its width without the default', async () => {
    expect(await checkDispatch(moduleWith(JUMP_TABLE), { cases: 3 })).toBe(3)
  })

  it('refuses a br_table with fewer targets than there are cases', async () => {
    await expect(checkDispatch(moduleWith(JUMP_TABLE), { cases: 4 })).rejects.toThrow('no jump table')
  })

  it('refuses a chain of comparisons', async () => {
    await expect(checkDispatch(moduleWith(COMPARISONS), { cases: 2 })).rejects.toThrow('no jump table')
  })
})
