// What a program with a guest in it prints, and the moments its guest noted: lines `MARK seconds`, the last `BENCH END`.
// Runs in: the benchmarks, plain Node.
import { spawn } from 'node:child_process'

/** For kernels under QEMU: a starved emulator's timer looks broken to Linux, and who panics should end. */
export const QEMU_WORDS = 'console=ttyS0 no_timer_check panic=-1'

/** Both standard streams of the program; it is killed when it takes longer. */
export function outputOf(program: string, args: readonly string[], timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    let output = ''
    const add = (bytes: Buffer): void => {
      output += bytes.toString('latin1')
    }
    child.stdout.on('data', add)
    child.stderr.on('data', add)
    child.on('error', reject)
    child.on('close', () => {
      clearTimeout(timer)
      resolve(output)
    })
  })
}

/** Seconds between the marks `what-from` and `what-to`. Throws when the guest did not come to its end. */
export function secondsOf(output: string, what: string): number {
  if (!output.includes('BENCH END')) throw new Error(`the guest did not come to its end:\n${output.slice(-1500)}`)
  const at = (mark: string): number => Number(new RegExp(`${mark} ([\\d.]+)`).exec(output)?.[1] ?? Number.NaN)
  return at(`${what}-to`) - at(`${what}-from`)
}
