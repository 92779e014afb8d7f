// What a tree of processes takes: processor time and memory, the latter as the sum of PSS, which counts shared pages once.
// Runs in: plain Node, Linux.
import { readdirSync, readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // it ended meanwhile
  }
}

/** The fields after the name, which stands in parentheses and may hold blanks: state, ppid, ... */
function stat(place: string | number): readonly string[] {
  const text = read(`/proc/${place}/stat`)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function seconds(place: string | number): number {
  const fields = stat(place)
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND
}

/** A process and all below it. */
export function processTree(root: number): readonly number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  const parents = all.map((pid) => ({ pid, parent: Number(stat(pid)[1]) }))
  const tree = [root]
  for (let index = 0; index < tree.length; index++) {
    tree.push(...parents.filter(({ parent }) => parent === tree[index]).map(({ pid }) => pid))
  }
  return tree
}

export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + seconds(pid), 0)
}

/** The same for each of their threads but the main ones, by a name of its own. */
export function threadSeconds(pids: readonly number[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>()
  for (const pid of pids) {
    for (const tid of threadsOf(pid)) if (tid !== String(pid)) times.set(`${pid}/task/${tid}`, seconds(`${pid}/task/${tid}`))
  }
  return times
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return [] // it ended meanwhile
  }
}

export function pssMiB(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024, 0)
}

/** Share of one processor over a while. */
export async function cpuShare(root: number, ms: number): Promise<number> {
  const pids = processTree(root)
  const [before, start] = [cpuSeconds(pids), performance.now()]
  await new Promise((resolve) => setTimeout(resolve, ms))
  return (cpuSeconds(pids) - before) / ((performance.now() - start) / 1000)
}
