// The pass that names the core's cold branches: which ifs it finds, and that the code stays as it was.
// Oracle: Binaryen reads the section and shows it as annotations; V8 takes the module.
// Runs in: vitest, plain Node.
import binaryen from 'assemblyscript/binaryen'
import { describe, expect, it } from 'vitest'
import { hintColdBranches } from '../../../resources/tooling/branch-hints.mjs'

const NEVER = '(@metadata.code.branch_hint "\\00")'
const NEARLY_ALWAYS = '(@metadata.code.branch_hint "\\01")'

/** A module with two imports, so that indices of functions are not those of bodies, and one function of interest. */
function moduleWith(body) {
  const module = binaryen.parseText(`(module
    (import "env" "a" (func $a)) (import "env" "m" (memory 1)) (import "env" "b" (func $b (param i32) (result i32)))
    (func $core/slow (param i32) (result i32) (local.get 0))
    (func $core/quick (param i32) (result i32) (local.get 0))
    (func $core/run (export "run") (param i32) (local i32) ${body}))`)
  binaryen.setDebugInfo(true)
  const bytes = module.emitBinary()
  binaryen.setDebugInfo(false)
  module.dispose()
  return bytes
}

function textOf(bytes) {
  const module = binaryen.readBinary(bytes)
  const text = module.emitText()
  module.dispose()
  return text.slice(text.indexOf('(func $core/run')).replace(/\s+/g, ' ')
}

const call = (name) => `(local.set 1 (call $core/${name} (local.get 0)))`
const arms = (then, other) => `(if (local.get 0) (then ${then}) ${other ? `(else ${other})` : ''})`

describe('branch hints', () => {
  it('says of an if whether the arm that calls a cold function is taken', () => {
    const { bytes, hints } = hintColdBranches(
      moduleWith(`${arms(call('slow'))} ${arms(call('quick'), call('slow'))} ${arms(call('quick'))}`),
      ['slow'],
    )
    const text = textOf(bytes)
    expect(hints).toBe(2)
    const order = [...text.matchAll(/(@metadata\.code\.branch_hint "\\0\d")|\(if /g)].map(([found]) => found)
    expect(order.filter((found) => found !== '(if ')).toEqual([NEVER, NEARLY_ALWAYS].map((hint) => hint.slice(1, -1)))
    expect(order.at(-1)).toBe('(if ')
    expect(WebAssembly.validate(bytes)).toBe(true)
  })

  it('leaves alone what calls a cold function in both arms, or perhaps', () => {
    const { hints } = hintColdBranches(
      moduleWith(`${arms(call('slow'), call('slow'))} ${arms(`(block $out (br_if $out (local.get 0)) ${call('slow')})`)}`),
      ['slow'],
    )
    expect(hints).toBe(0)
  })

  it('names the inner if and not the outer one', () => {
    const inner = arms(call('slow'))
    const { bytes, hints } = hintColdBranches(moduleWith(arms(`${call('quick')} ${inner}`, call('quick'))), ['slow'])
    expect(hints).toBe(1)
    expect(textOf(bytes)).toMatch(/\(if .*\(@metadata\.code\.branch_hint "\\00"\) \(if /)
  })

  it('changes no other byte, and tells of names without a function', () => {
    const plain = moduleWith(arms(call('slow')))
    const { bytes, unknown } = hintColdBranches(plain, ['slow', 'gone'])
    expect(unknown).toEqual(['gone'])
    const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(bytes), 'metadata.code.branch_hint')
    expect(section).toBeDefined()
    const at = bytes.findIndex((byte, i) => byte !== plain[i])
    const more = bytes.length - plain.length
    // a section's number may be that of the one behind it, so the difference may seem to begin later
    expect([...bytes.subarray(0, at), ...bytes.subarray(at + more)]).toEqual([...plain])
  })
})
