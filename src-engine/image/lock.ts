// Who has an image open: one writer and nobody else, or readers. Claims lie as files in a folder that belongs to domain 0,
// named by device and inode of the image, so the same file by another name is the same lock. Other programs are not kept out.
// A claim names its process by pid, the time that process started, and the host's boot; the claim of a process that is gone
// counts for nothing and is removed. Names are never used twice, so removing a dead one cannot hit a living one.
// Whoever wants a lock makes a claim, then looks at the others it conflicts with. One that is held: refused. One not yet
// decided: the lower name gives way to none, the higher gives way to it; the lower waits to see what the higher had decided
// before it could know. Invariant: of two conflicting claims, each made before its owner looked, at least one is seen by the
// other's owner, so at most one is ever held. Runs in: domain 0 (and the tools that open images).
import { randomUUID } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ok } from '../public/result'
import { fail, type ImageResult, systemCode, systemError } from './error'

export interface ImageLock {
  release(): Promise<void>
}

interface Owner {
  readonly pid: number
  /** From /proc/PID/stat, where there is one: in ticks since the boot. */
  readonly started: string
  readonly boot: string
}

/** A claim's companion that says it is held; the claim itself stays, so a look at the folder never misses both. */
const HELD = '.held'
/** A claim that is being written has another name until it is whole. */
const NEW = 'new-'
const POLL_MS = 5
/** An image that this process is still closing is waited for: a guest that restarts opens its disks at once. */
const PATIENCE_MS = 2000
/** Somebody else who is about to decide is waited for as long as a stalled host may take. */
const DECISION_MS = 30_000

export class ImageLocks {
  private readonly folder: string
  private readonly patience: number
  private self: Promise<Owner> | undefined
  private swept: Promise<void> | undefined

  /** `folder` must be writable by this user alone: whoever may write there may take locks away. */
  constructor(folder: string, patience = PATIENCE_MS) {
    this.folder = folder
    this.patience = patience
  }

  async acquire(file: string, mode: 'read' | 'write'): Promise<ImageResult<ImageLock>> {
    let made: string | undefined
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 })
      const owner = await lstat(this.folder)
      // In a folder for everybody somebody else may have been first, or have put a link there.
      const ours = owner.isDirectory() && (process.getuid === undefined || owner.uid === process.getuid())
      if (!ours) return fail('no-access', `${this.folder} is not our own folder, so images cannot be locked.`)
      const { dev, ino } = await stat(file, { bigint: true })
      const key = `${dev.toString(16)}-${ino.toString(16)}`
      const claim = `${key}.${mode}.${randomUUID()}`
      this.swept ??= this.sweep().catch(() => {})
      made = claim
      await this.write(claim)
      if (await this.wins(claim, key, mode)) {
        await this.write(`${claim}${HELD}`)
        return ok({ release: () => this.withdraw(claim) })
      }
      await this.withdraw(claim)
      return fail('in-use', mode === 'write' ? `${file} is in use already.` : `${file} is being written by somebody else.`)
    } catch (error) {
      if (made !== undefined) await this.withdraw(made)
      return { ok: false, error: systemError(`Cannot lock ${file}`, error) }
    }
  }

  /** Nothing is done where one of them is in use. */
  async whileHeld<T>(
    files: readonly string[],
    mode: 'read' | 'write',
    work: () => Promise<ImageResult<T>>,
  ): Promise<ImageResult<T>> {
    const held: ImageLock[] = []
    try {
      for (const file of files) {
        const lock = await this.acquire(file, mode)
        if (!lock.ok) return lock
        held.push(lock.value)
      }
      return await work()
    } finally {
      // Also where the work threw: its process answers so and goes on, and the images would stay in use.
      for (const lock of held) await lock.release()
    }
  }

  private async wins(claim: string, key: string, mode: 'read' | 'write'): Promise<boolean> {
    const started = performance.now()
    for (;;) {
      const names = new Set(await readdir(this.folder))
      let undecided = false
      let closing = false
      for (const other of names) {
        const conflicts = other.startsWith(`${key}.write.`) || (mode === 'write' && other.startsWith(`${key}.read.`))
        if (!conflicts || other === claim || other.endsWith(HELD)) continue
        const owner = await livingOwner(path.join(this.folder, other))
        if (owner === undefined) {
          await this.withdraw(other)
          continue
        }
        const held = names.has(`${other}${HELD}`)
        if (held ? owner !== process.pid : rank(other) < rank(claim)) return false
        if (held) closing = true
        else undecided = true
      }
      if (!undecided && !closing) return true
      if (performance.now() - started > (closing ? this.patience : DECISION_MS)) return false
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  /** Claims of processes that are gone, on whatever image: perhaps nobody wants that one again. Once, and nobody waits for it. */
  private async sweep(): Promise<void> {
    for (const name of await readdir(this.folder)) {
      if (name.endsWith(HELD) || name.startsWith(NEW)) continue
      if ((await livingOwner(path.join(this.folder, name))) === undefined) await this.withdraw(name)
    }
  }

  private async write(name: string): Promise<void> {
    this.self ??= describe(process.pid)
    // Made whole elsewhere first: a claim without its owner's name would count as dead.
    const file = path.join(this.folder, name)
    if (name.endsWith(HELD)) await writeFile(file, '')
    else {
      const whole = path.join(this.folder, `${NEW}${name}`)
      await writeFile(whole, JSON.stringify(await this.self))
      await rename(whole, file)
    }
  }

  private async withdraw(claim: string): Promise<void> {
    await unlink(path.join(this.folder, `${claim}${HELD}`)).catch(() => {})
    await unlink(path.join(this.folder, claim)).catch(() => {})
  }
}

/** The claim's own part of the name. */
function rank(claim: string): string {
  return claim.slice(claim.lastIndexOf('.') + 1)
}

/** The pid of a claim's process; undefined when that is gone, or its claim. What cannot be read is thrown: it may be somebody's. */
async function livingOwner(file: string): Promise<number | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
  const owner = ownerIn(text)
  if (typeof owner.pid !== 'number') return undefined
  const now = await describe(owner.pid)
  return now.pid !== 0 && now.started === owner.started && now.boot === owner.boot ? owner.pid : undefined
}

/** Nothing of it in a claim that was cut short when the host lost its power. */
function ownerIn(text: string): Partial<Owner> {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? parsed : {}
  } catch {
    return {}
  }
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
    return { pid: systemCode(error) === 'EPERM' ? pid : 0, started: '', boot: '' }
  }
}
