// Holes in files. Node has no call for them, so util-linux's `fallocate` does it where it is installed: a process each time,
// worth it for large ranges only, one at a time. Elsewhere nothing is punched and the room stays taken.
// Runs in: the image's thread; the work is in a child process.
import { spawn } from 'node:child_process'

/** Below this a hole is not worth a process. */
export const PUNCH_LEAST = 1024 * 1024

let possible = process.platform === 'linux'
let last: Promise<unknown> = Promise.resolve()

function run(fileDescriptor: number, args: readonly string[]): Promise<boolean> {
  const next = last.then(
    () =>
      new Promise<boolean>((resolve) => {
        if (!possible) return resolve(false)
        const child = spawn('fallocate', [...args, '/proc/self/fd/3'], {
          stdio: ['ignore', 'ignore', 'ignore', fileDescriptor],
        })
        child.once('error', () => {
          possible = false
          resolve(false)
        })
        child.once('exit', (status) => resolve(status === 0))
      }),
  )
  last = next
  return next
}

export function punchHole(fileDescriptor: number, offset: number, length: number): Promise<boolean> {
  return run(fileDescriptor, ['--punch-hole', '--offset', String(offset), '--length', String(length)])
}

/** Reserves room for the first `length` bytes; the file grows to that length. */
export function reserveRoom(fileDescriptor: number, length: number): Promise<boolean> {
  return length === 0 ? Promise.resolve(true) : run(fileDescriptor, ['--length', String(length)])
}
