// Opens files with their locks held: everything an image consists of, backing files included, from opening to closing.
// Runs in: domain 0 (and the tools that open images).
import os from 'node:os'
import path from 'node:path'
import { ok } from '../public/result'
import type { ImageResult } from './error'
import type { File, OpenFile } from './file'
import type { ImageLock } from './lock'
import { ImageLocks } from './lock'
import { openNodeFile } from './node-file'
import type { ViewList } from './views'

class LockedFile implements File {
  private readonly inner: File
  private readonly lock: ImageLock

  constructor(inner: File, lock: ImageLock) {
    this.inner = inner
    this.lock = lock
  }

  get path(): string {
    return this.inner.path
  }

  get descriptor(): number | undefined {
    return this.inner.descriptor
  }

  get size(): number {
    return this.inner.size
  }

  read(offset: number, targets: ViewList): Promise<ImageResult<void>> {
    return this.inner.read(offset, targets)
  }

  write(offset: number, sources: ViewList): Promise<ImageResult<void>> {
    return this.inner.write(offset, sources)
  }

  truncate(size: number): Promise<ImageResult<void>> {
    return this.inner.truncate(size)
  }

  punch(offset: number, length: number): Promise<ImageResult<boolean>> {
    return this.inner.punch(offset, length)
  }

  sync(): Promise<ImageResult<void>> {
    return this.inner.sync()
  }

  async close(): Promise<ImageResult<void>> {
    const closed = await this.inner.close()
    await this.lock.release()
    return closed
  }
}

export function lockedFiles(openFile: OpenFile, locks: ImageLocks): OpenFile {
  return async (file, mode) => {
    // A new file is nobody's yet, and has no number to be locked by.
    if (mode === 'create') return openFile(file, mode)
    const lock = await locks.acquire(file, mode)
    if (!lock.ok) return lock
    const opened = await openFile(file, mode)
    if (opened.ok) return ok(new LockedFile(opened.value, lock.value))
    await lock.value.release()
    return opened
  }
}

/** One folder for all of a user's programs of ours, gone after a boot where the system has such a place. */
export function lockFolder(): string {
  const user = process.getuid?.() ?? os.userInfo().username
  return path.join(process.env['XDG_RUNTIME_DIR'] ?? os.tmpdir(), `ringmaster-locks-${user}`)
}

/** Files as domain 0 opens them. */
export const openLockedFile: OpenFile = lockedFiles(openNodeFile, new ImageLocks(lockFolder()))
