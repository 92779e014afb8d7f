// Processor time, memory and doing of one of our processes, as the system tells them. Linux only; elsewhere unknown.
// Runs in: main, plain Node.
import { readFile } from 'node:fs/promises'

/** /proc counts in these. */
const TICKS_PER_SECOND = 100
const PAGE_KIB = 4

export interface ProcessUsage {
  readonly cpuSeconds: number
  readonly residentKiB: number
}

/** What a process does at this moment, its main thread alone: it is the one that answers us. */
export interface ThreadActivity {
  /** `held`: stopped, traced, or waiting for a disk or for swapped memory; it cannot answer however well it is. */
  readonly state: 'running' | 'sleeping' | 'held'
  readonly cpuSeconds: number
}

export async function processUsage(pid: number): Promise<ProcessUsage | undefined> {
  const parts = await statFields(`/proc/${pid}/stat`)
  return parts && { cpuSeconds: cpuSeconds(parts), residentKiB: Number(parts[21]) * PAGE_KIB }
}

export async function mainThreadActivity(pid: number): Promise<ThreadActivity | undefined> {
  const parts = await statFields(`/proc/${pid}/task/${pid}/stat`)
  if (!parts) return undefined
  const [letter] = parts
  const state = letter === 'R' ? 'running' : letter === 'S' ? 'sleeping' : 'held'
  return { state, cpuSeconds: cpuSeconds(parts) }
}

/** The fields after the name, which stands in parentheses and may hold blanks: state, ppid, ... */
async function statFields(path: string): Promise<string[] | undefined> {
  if (process.platform !== 'linux') return undefined
  try {
    const stat = await readFile(path, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined // It has just ended.
  }
}

function cpuSeconds(parts: readonly string[]): number {
  return (Number(parts[11]) + Number(parts[12])) / TICKS_PER_SECOND
}
