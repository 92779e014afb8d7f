// Processor time and memory of one of our processes, as the system counts them. Linux only; elsewhere unknown.
// Runs in: main, plain Node.
import { readFile } from 'node:fs/promises'

/** /proc counts in these. */
const TICKS_PER_SECOND = 100
const PAGE_KIB = 4

export interface ProcessUsage {
  readonly cpuSeconds: number
  readonly residentKiB: number
}

export async function processUsage(pid: number): Promise<ProcessUsage | undefined> {
  if (process.platform !== 'linux') return undefined
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    // The name, in parentheses, may hold blanks; fields are counted after it.
    const parts = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [userTicks = 0, systemTicks = 0] = [Number(parts[11]), Number(parts[12])]
    return { cpuSeconds: (userTicks + systemTicks) / TICKS_PER_SECOND, residentKiB: Number(parts[21]) * PAGE_KIB }
  } catch {
    return undefined // It has just ended.
  }
}
