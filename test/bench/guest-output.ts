// What a program with a guest in it prints, and the moments its guest noted: lines `MARK seconds`, the last `BENCH END`.
// Runs in: the benchmarks, plain Node.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** For kernels under QEMU: a starved emulator's timer looks broken to Linux, and who panics should end. */
export const QEMU_WORDS = 'console=ttyS0 no_timer_check panic=-1'

const TICKS = 100

/** Processor seconds of a process and of what it started, all threads; those that have ended with the time their parents know. */
function processorSeconds(pid: number): number {
  const rows = new Map<number, { readonly parent: number; readonly ticks: number }>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      const parts = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number)
      const [, parent = 0] = parts
      rows.set(Number(name), { parent, ticks: parts.slice(11, 15).reduce((sum, each) => sum + each, 0) })
    } catch {
      // It has ended meanwhile.
    }
  }
  const under = (each: number): boolean => each === pid || (rows.has(each) && under(rows.get(each)?.parent ?? 0))
  return [...rows].reduce((sum, [each, { ticks }]) => sum + (under(each) ? ticks : 0), 0) / TICKS
}

/**
 * Both standard streams of the program; it is killed when it takes longer. On Linux a line `CPU MARK seconds` stands at the end for each
 * mark: the processor time used when it was seen, which a busy host changes little.
 */
export function outputOf(program: string, args: readonly string[], timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    let output = ''
    const used = new Map<string, number>()
    const add = (bytes: Buffer): void => {
      output += bytes.toString('latin1')
      for (const [, mark = ''] of process.platform === 'linux' ? output.matchAll(/([\w-]+-(?:from|to)) [\d.]+\s/g) : []) {
        if (!used.has(mark)) used.set(mark, processorSeconds(child.pid ?? 0))
      }
    }
    child.stdout.on('data', add)
    child.stderr.on('data', add)
    child.on('error', reject)
    child.on('close', () => {
      clearTimeout(timer)
      resolve(output + [...used].map(([mark, seconds]) => `\nCPU ${mark} ${seconds}`).join(''))
    })
  })
}

/** Seconds between the marks `what-from` and `what-to`, by the guest's clock or in processor time. Throws when the guest did not end. */
export function secondsOf(output: string, what: string, by: '' | 'CPU ' = ''): number {
  if (!output.includes('BENCH END')) throw new Error(`the guest did not come to its end:\n${output.slice(-1500)}`)
  const at = (mark: string): number => Number(new RegExp(`${by}${mark} ([\\d.]+)`).exec(output)?.[1] ?? Number.NaN)
  return at(`${what}-to`) - at(`${what}-from`)
}
