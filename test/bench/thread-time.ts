// Processor time of this process' main thread, without garbage: whoever measures stalls of a millisecond must not make the
// collector run. A busy machine hardly changes it. Linux alone. Runs in: plain Node, main thread.
import { openSync, readSync } from 'node:fs'

const bytes = Buffer.alloc(64)
let file = -1

/** Milliseconds. */
export function ownThread(): number {
  if (file < 0) file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r')
  // The kernel brings the figure up to date when somebody asks for that of the process.
  process.cpuUsage()
  const length = readSync(file, bytes, 0, bytes.length, 0)
  let nanoseconds = 0
  for (let at = 0; at < length; at++) {
    const digit = (bytes[at] ?? 0) - 48
    if (digit < 0) break
    nanoseconds = nanoseconds * 10 + digit
  }
  return nanoseconds / 1e6
}
