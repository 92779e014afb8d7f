// Whether processes that no child of ours are, or not any more, still run. One that has ended is in the system's list until its parent
// has looked, and where that has ended too it is the system's first process, which may take seconds: such ones do nothing any more.
// Runs in: tests, plain Node.
import fs from 'node:fs'

/** Takes a signal; a negative number is a process group. */
function listed(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/**
 * Process group of one that runs, `ended` of one that waits to be looked at, undefined of one that is not there or where there is no /proc.
 * Source: proc_pid_stat(5). The first thread may have ended before the others.
 */
function lookedUp(pid: number | string): number | 'ended' | undefined {
  try {
    const [state, , group, ...rest] = fs
      .readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    const threads = Number(rest[14])
    return state === 'X' || (state === 'Z' && threads <= 1) ? 'ended' : Number(group)
  } catch {
    return undefined
  }
}

export const alive = (pid: number): boolean => listed(pid) && lookedUp(pid) !== 'ended'

/** Whether any process of the group runs. */
export function groupAlive(group: number): boolean {
  if (!listed(-group)) return false
  if (!fs.existsSync('/proc/self/stat')) return true
  return fs.readdirSync('/proc').some((name) => /^\d+$/.test(name) && lookedUp(name) === group)
}
