// Whether a process is there, as far as the system tells this user. Runs in: main, plain Node.
import { systemErrorCode } from './atomic-file'

/** Of another user's process it is not told more than that there is one. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    return systemErrorCode(thrown) === 'EPERM'
  }
}
