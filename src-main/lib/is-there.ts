// Whether a name is taken. Runs in: main, plain Node.
import { lstat } from 'node:fs/promises'

/** Of a link by itself, also where it leads nowhere; false too where it cannot be looked at. */
export function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
