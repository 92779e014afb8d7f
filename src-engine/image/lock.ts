// Who has an image open: one writer and nobody else, or readers. Lock files lie in a folder that belongs to domain 0, named
// by device and inode of the image, so the same file by another name is the same lock. Other programs are not kept out.
// A lock file names its process by pid, the time that process started, and the host's boot; if that process is gone the lock
// is nobody's and is taken away. It is made whole under another name and then linked, so no half-written one is ever seen.
// Invariant: first make your own lock, then look for those it conflicts with; of two at once at most one goes on.
// Runs in: domain 0 (and the tools that open images).
import { link, mkdir, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ok } from '../public/result'
import { fail, type ImageResult, systemError } from './error'

export interface ImageLock {
  release(): Promise<void>
}

interface Owner {
  readonly pid: number
  /** From /proc/PID/stat, where there is one: in ticks since the boot. */
  readonly started: string
  readonly boot: string
}

let counter = 0

export class ImageLocks {
  private readonly folder: string
  private self: Promise<Owner> | undefined

  /** `folder` must be writable by this user alone: whoever may write there may take locks away. */
  constructor(folder: string) {
    this.folder = folder
  }

  async acquire(file: string, mode: 'read' | 'write'): Promise<ImageResult<ImageLock>> {
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 })
      const { dev, ino } = await stat(file, { bigint: true })
      const key = `${dev.toString(16)}-${ino.toString(16)}`
      const number = ++counter
      const name = mode === 'write' ? `${key}.writer` : `${key}.reader-${process.pid}-${number}`
      const made = await this.make(name, number)
      const conflict = made ? await this.conflicting(key, mode) : true
      if (!conflict) return ok({ release: () => this.remove(name) })
      if (made) await this.remove(name)
      return fail('in-use', mode === 'write' ? `${file} is in use already.` : `${file} is being written by somebody else.`)
    } catch (error) {
      return { ok: false, error: systemError(`Cannot lock ${file}`, error) }
    }
  }

  /** False: somebody alive has it. */
  private async make(name: string, number: number): Promise<boolean> {
    this.self ??= describe(process.pid)
    const whole = path.join(this.folder, `new-${process.pid}-${number}`)
    await writeFile(whole, JSON.stringify(await this.self))
    try {
      for (let attempt = 0; attempt < 3; attempt++) {
        const linked = await link(whole, path.join(this.folder, name)).then(
          () => true,
          (error: unknown) => {
            if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
            throw error
          },
        )
        if (linked) return true
        if (!(await this.takeAway(name, number))) return false
      }
      return false
    } finally {
      await unlink(whole).catch(() => {})
    }
  }

  /** Takes a dead process's lock away. By renaming: of several who try, one gets it, and looks at what it got. */
  private async takeAway(name: string, number: number): Promise<boolean> {
    const file = path.join(this.folder, name)
    if (await alive(file)) return false
    const aside = path.join(this.folder, `dead-${process.pid}-${number}`)
    const moved = await rename(file, aside).then(
      () => true,
      () => false,
    )
    if (!moved) return true
    // In between somebody else may have replaced the dead lock by its own: that one goes back.
    if (await alive(aside)) await link(aside, file).catch(() => {})
    await unlink(aside).catch(() => {})
    return true
  }

  private async conflicting(key: string, mode: 'read' | 'write'): Promise<boolean> {
    const wanted = mode === 'write' ? `${key}.reader-` : `${key}.writer`
    for (const name of await readdir(this.folder)) {
      if (!name.startsWith(wanted)) continue
      const file = path.join(this.folder, name)
      if (await alive(file)) return true
      await unlink(file).catch(() => {})
    }
    return false
  }

  private async remove(name: string): Promise<void> {
    await unlink(path.join(this.folder, name)).catch(() => {})
  }
}

async function alive(file: string): Promise<boolean> {
  let owner: Partial<Owner>
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (typeof parsed !== 'object' || parsed === null) return false
    owner = parsed
  } catch {
    return false
  }
  if (typeof owner.pid !== 'number') return false
  const now = await describe(owner.pid)
  return now.pid !== 0 && now.started === owner.started && now.boot === owner.boot
}

/** pid 0: there is no such process. */
async function describe(pid: number): Promise<Owner> {
  const text = (file: string) => readFile(file, 'utf8').catch(() => '')
  const boot = (await text('/proc/sys/kernel/random/boot_id')).trim()
  if (boot !== '') {
    // The name, in parentheses, may hold anything; field 22 of the line is counted from its end.
    const line = await text(`/proc/${pid}/stat`)
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
    const gone = line === '' || fields[0] === 'Z' || fields[0] === 'X'
    return { pid: gone ? 0 : pid, started: fields[19] ?? '', boot }
  }
  try {
    process.kill(pid, 0)
    return { pid, started: '', boot: '' }
  } catch (error) {
    const foreign = error instanceof Error && 'code' in error && error.code === 'EPERM'
    return { pid: foreign ? pid : 0, started: '', boot: '' }
  }
}
