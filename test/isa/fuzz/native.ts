// Builds native.c with gcc and runs batches of cases on the host CPU.
// Runs in: tests and the fuzzer, on x86-64 Linux with gcc; `hasNative` says whether that is so.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ANSWER, type Answer, type Case, REQUEST, readAnswer, writeCase } from './case'
import { amdOnly, type Form } from './forms'

export const hasNative =
  process.platform === 'linux' && process.arch === 'x64' && spawnSync('gcc', ['--version'], { stdio: 'ignore' }).status === 0

const hostIsAmd = os.cpus()[0]?.model.includes('AMD') === true
/** The forms that this host can answer for. */
export function answerable(forms: readonly Form[]): readonly Form[] {
  return hostIsAmd ? forms : forms.filter((form) => !amdOnly(form) && (form.set !== 'sequence' || !amdOnly(form.user)))
}

export type Oracle = { run(cases: readonly Case[]): Answer[]; dispose(): void }

/** Compiles the harness into a temporary folder of its own. */
export function buildOracle(): Oracle {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'isa-oracle-'))
  const program = path.join(folder, 'native')
  const source = path.join(import.meta.dirname, 'native.c')
  const built = spawnSync('gcc', ['-O1', '-fcf-protection=none', '-o', program, source], { encoding: 'utf8' })
  if (built.status !== 0) throw new Error(built.stderr)
  return {
    run: (cases) => runNative(program, cases),
    dispose: () => fs.rmSync(folder, { recursive: true, force: true }),
  }
}

function runNative(program: string, cases: readonly Case[]): Answer[] {
  const fx = cases.some((c) => c.fx !== undefined)
  const size = REQUEST.BYTES + (fx ? 512 : 0)
  const input = new Uint8Array(8 + cases.length * size)
  const view = new DataView(input.buffer)
  view.setUint32(0, cases.length, true)
  view.setUint32(4, fx ? 1 : 0, true)
  for (const [i, c] of cases.entries()) writeCase(input.subarray(8 + i * size, 8 + (i + 1) * size), c)
  const each = ANSWER.BYTES + (fx ? 512 : 0)
  const run = spawnSync(program, { input, maxBuffer: cases.length * each + 4096, timeout: 120_000 })
  if (run.status !== 0 || run.stdout.length !== cases.length * each) {
    throw new Error(`the native harness ended with ${run.status ?? run.signal} in a batch of ${cases.length} cases`)
  }
  return cases.map((_, i) => readAnswer(run.stdout.subarray(i * each, (i + 1) * each)))
}
