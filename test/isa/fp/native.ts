// Builds native.c with gcc and runs batches of cases on the host CPU.
// Runs in: vitest, on x86-64 Linux with gcc on an AMD processor; `hasNative` says whether that is so.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** Bytes of a state: FXSAVE image, RAX, RCX, RDX, RFLAGS, 128 bytes of memory. */
export const STATE = { FX: 0, RAX: 512, RCX: 520, RDX: 528, RFLAGS: 536, MEMORY: 544, SIZE: 672 } as const
const REQUEST = 32 + STATE.SIZE
const ANSWER = 8 + STATE.SIZE

export type Case = { readonly code: Uint8Array; readonly state: Uint8Array }
/** Signal 0, 4, 8 or 11, and the state afterwards. */
export type Outcome = { readonly signal: number; readonly state: Uint8Array }

const isAmd = (): boolean => fs.readFileSync('/proc/cpuinfo', 'utf8').includes('AuthenticAMD')

/** Whether this host can be asked: we follow AMD where processors differ (assembly/fpu/README.md). */
export const hasNative =
  process.platform === 'linux' &&
  process.arch === 'x64' &&
  isAmd() &&
  spawnSync('gcc', ['--version'], { stdio: 'ignore' }).status === 0

/** Compiles a C file of this folder into a temporary folder; the caller removes `folder`. */
export function compileC(source: string, extra: readonly string[] = []): { readonly program: string; readonly folder: string } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fp-oracle-'))
  const program = path.join(folder, source.replace(/\.c$/, ''))
  const built = spawnSync('gcc', ['-O1', '-o', program, path.join(import.meta.dirname, source), ...extra], { encoding: 'utf8' })
  if (built.status !== 0) throw new Error(built.stderr)
  return { program, folder }
}

/** The outcomes of `cases` on this CPU, in order. */
export function runNative(program: string, cases: readonly Case[]): Outcome[] {
  const input = new Uint8Array(cases.length * REQUEST)
  const view = new DataView(input.buffer)
  cases.forEach(({ code, state }, index) => {
    view.setUint32(index * REQUEST, code.length, true)
    input.set(code, index * REQUEST + 8)
    input.set(state, index * REQUEST + 32)
  })
  const run = spawnSync(program, { input, maxBuffer: cases.length * ANSWER + 4096 })
  if (run.status !== 0 || run.stdout.length !== cases.length * ANSWER) {
    throw new Error(
      `the oracle ended with ${run.status ?? run.signal} after ${run.stdout.length / ANSWER} of ${cases.length} cases`,
    )
  }
  const output = new DataView(run.stdout.buffer, run.stdout.byteOffset, run.stdout.length)
  return cases.map((_, index) => ({
    signal: output.getUint32(index * ANSWER, true),
    state: run.stdout.subarray(index * ANSWER + 8, (index + 1) * ANSWER),
  }))
}
