// Recorded cases and what the processor made of them, for machines that cannot run the native harness. The file is
// gzip over, for each form, its name, struct request, and struct answer as the exclusive or with the parts of the
// request it has in common (mostly zeros then).
// Runs in: tests, and the fuzzer with --record.
import { gunzipSync, gzipSync } from 'node:zlib'
import { ANSWER, type Answer, type Case, REQUEST, readAnswer, readCase, writeAnswer, writeCase } from './case'

export type Recorded = { readonly form: string; readonly case: Case; readonly answer: Answer }

/** Registers and memory of a request at the places of an answer. */
function mask(request: Uint8Array, answer: Uint8Array): void {
  const mix = (from: number, to: number, length: number): void => {
    for (let i = 0; i < length; i++) answer[to + i] = (answer[to + i] ?? 0) ^ (request[from + i] ?? 0)
  }
  mix(REQUEST.GPR, 0, 128)
  mix(REQUEST.RFLAGS, ANSWER.RFLAGS, 8)
  mix(REQUEST.MIDDLE, ANSWER.MIDDLE, 512)
  mix(REQUEST.TAIL, ANSWER.TAIL, 64)
  if (answer.length > ANSWER.BYTES) mix(REQUEST.BYTES, ANSWER.BYTES, 416)
}

export function pack(list: readonly Recorded[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const { form, case: c, answer } of list) {
    const name = new TextEncoder().encode(form)
    const request = new Uint8Array(REQUEST.BYTES + (c.fx ? 416 : 0))
    const result = new Uint8Array(ANSWER.BYTES + (c.fx ? 416 : 0))
    writeCase(request, c)
    writeAnswer(result, answer)
    mask(request, result)
    parts.push(Uint8Array.of(c.fx ? 1 : 0, name.length), name, request, result)
  }
  return gzipSync(Buffer.concat(parts), { level: 9 })
}

export function unpack(packed: Uint8Array): Recorded[] {
  const bytes = new Uint8Array(gunzipSync(packed))
  const found: Recorded[] = []
  let at = 0
  const take = (length: number): Uint8Array => {
    const piece = bytes.subarray(at, at + length)
    if (piece.length !== length) throw new Error('the recorded cases end too early')
    at += length
    return piece
  }
  while (at < bytes.length) {
    const [fx = 0, length = 0] = take(2)
    const form = new TextDecoder().decode(take(length))
    const request = take(REQUEST.BYTES + fx * 416)
    const result = take(ANSWER.BYTES + fx * 416)
    mask(request, result)
    found.push({ form, case: readCase(request), answer: readAnswer(result) })
  }
  return found
}
