// Which programs of the system a test can compare with. A test that lacks one is skipped and says which.
import { spawnSync } from 'node:child_process'

/** The first of these programs that is not installed; undefined when all are. */
export function missingProgram(...names: readonly string[]): string | undefined {
  return names.find((name) => spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status !== 0)
}

/** Runs a program on `input` and returns its standard output; throws with its standard error. */
export function runProgram(name: string, args: readonly string[], input: Uint8Array): Buffer {
  const run = spawnSync(name, args, { input, maxBuffer: 256 * 1024 * 1024 })
  if (run.status !== 0) throw new Error(`${name} ${args.join(' ')}: ${run.stderr.toString()}`)
  return run.stdout
}
