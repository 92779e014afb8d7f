// A function's body whose code was written by itself, as regions' is. Runs in: plain Node.
import { type Body, OP, WasmWriter } from '../../../src-engine/jit/wasm-writer'

/** (parameter) -> parameter, after what `inner` does. */
export function bodyWithin(inner: WasmWriter): Body {
  const whole = new WasmWriter()
  whole.unsigned(0) // no locals
  whole.append(inner)
  whole.get(0)
  whole.op(OP.end)
  return whole.bodyOf()
}
