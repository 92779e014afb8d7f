// The bounce file of a link: where payloads too long for a record cross between the two processes, memory-backed where the system
// has it. Domain 0 makes it (nobody else may read it) and gives its path to the domain, which opens it; then its name is removed and
// it lives as long as somebody has it open. The domain hands out places in it (BounceArea), because the domain knows what is on the
// way; domain 0 only reads and writes where it is told, within the file.
// Invariant: a place is used for one payload at a time; nothing outside the file's size is ever touched.
// Runs in: main thread of both processes.
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { err, ok, type Result } from '../public/result'

/** Size of a bounce file: what all devices of a domain may have on the way. Pages are only used up to the highest place ever used. */
export const BOUNCE_BYTES = 16 * 1024 * 1024

const SHARED_MEMORY = '/dev/shm'
/** Room a memory file system must have for it to be used. */
const ROOM_WANTED = 8 * BOUNCE_BYTES
const NAME = 'ringmaster-bounce-'

function folder(): string {
  try {
    fs.accessSync(SHARED_MEMORY, fs.constants.W_OK)
    // In a container it may be small; a full one would be an I/O error for guests.
    const { bavail, bsize } = fs.statfsSync(SHARED_MEMORY)
    if (bavail * bsize >= ROOM_WANTED) return SHARED_MEMORY
  } catch {
    // No such folder, or not for us.
  }
  return os.tmpdir()
}

/** Is there such a process? Also one of another user, which we may not signal. */
function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** A payload in pieces: views of guest pages or of a private buffer. */
export type Pieces = readonly Uint8Array[]

/** One end's hold of the file. */
export class BounceFile {
  private constructor(
    private fd: number,
    readonly size: number,
    readonly path: string,
  ) {}

  /**
   * Domain 0 makes one. `owner` (the domain's handle) and this process are part of its name: what a domain 0 that died left for it is
   * removed, but nothing of one that lives, whose domain may be about to open it (two engines may have a domain of one handle).
   */
  static make(owner: string, size = BOUNCE_BYTES): Result<BounceFile, string> {
    try {
      const directory = folder()
      const prefix = `${NAME}${owner}-`
      for (const name of fs.readdirSync(directory)) {
        if (!name.startsWith(prefix)) continue
        const maker = Number.parseInt(name.slice(prefix.length), 10)
        if (!lives(maker)) fs.rmSync(path.join(directory, name), { force: true })
      }
      const file = path.join(directory, `${prefix}${process.pid}-${randomUUID()}`)
      const fd = fs.openSync(file, 'wx+', 0o600)
      fs.ftruncateSync(fd, size)
      return ok(new BounceFile(fd, size, file))
    } catch (error) {
      return err(error instanceof Error ? error.message : String(error))
    }
  }

  /** The domain opens what domain 0 has made. */
  static open(file: string, size: number): Result<BounceFile, string> {
    try {
      const fd = fs.openSync(file, 'r+')
      const stat = fs.fstatSync(fd)
      if (stat.isFile() && stat.size === size && path.basename(file).startsWith(NAME)) return ok(new BounceFile(fd, size, file))
      fs.closeSync(fd)
      return err('not a bounce file')
    } catch (error) {
      return err(error instanceof Error ? error.message : String(error))
    }
  }

  /** Both have it open: nobody else gets to. */
  unlink(): void {
    fs.rmSync(this.path, { force: true })
  }

  /** Is this a place in the file? For numbers that came from the other side. */
  holds(offset: number, length: number): boolean {
    return Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && offset + length <= this.size
  }

  /** False when not all could be written: the file system is full. */
  write(pieces: Pieces, offset: number): boolean {
    return this.move(pieces, offset, fs.writevSync)
  }

  read(pieces: Pieces, offset: number): boolean {
    return this.move(pieces, offset, fs.readvSync)
  }

  close(): void {
    if (this.fd < 0) return
    fs.closeSync(this.fd)
    this.fd = -1
  }

  private move(pieces: Pieces, offset: number, call: (fd: number, pieces: Pieces, position: number) => number): boolean {
    if (this.fd < 0) return false
    try {
      let at = offset
      // The system takes at most IOV_MAX (1024) pieces at once.
      for (let first = 0; first < pieces.length; first += 1024) {
        const some = pieces.length <= 1024 ? pieces : pieces.slice(first, first + 1024)
        let length = 0
        for (const piece of some) length += piece.length
        if (call(this.fd, some, at) !== length) return false
        at += length
      }
      return true
    } catch {
      return false
    }
  }
}

const GRAIN = 4096

/** Which places of a bounce file are in use; only the domain has one. */
export class BounceArea {
  readonly file: BounceFile
  /** Free stretches [first, end) in bytes, in order, never touching each other. */
  private free: [number, number][]
  private waiting: (() => void)[] = []
  private readonly spare = new Set<() => void>()

  constructor(file: BounceFile) {
    this.file = file
    this.free = [[0, file.size]]
  }

  /** A place for `length` bytes, or -1 when there is none now. Who has `need` of it gets what others hold to spare. */
  take(length: number, need = true): number {
    const at = this.find(length)
    if (at >= 0 || !need || this.spare.size === 0) return at
    for (const call of this.spare) call()
    return this.find(length)
  }

  /** `call` gives places back that are held only to be quicker. Returns how to take that offer back. */
  reclaim(call: () => void): () => void {
    this.spare.add(call)
    return () => this.spare.delete(call)
  }

  private find(length: number): number {
    const size = Math.ceil(length / GRAIN) * GRAIN
    for (let i = 0; i < this.free.length; i++) {
      const stretch = this.free[i]
      if (!stretch || stretch[1] - stretch[0] < size) continue
      const at = stretch[0]
      stretch[0] += size
      if (stretch[0] === stretch[1]) this.free.splice(i, 1)
      return at
    }
    return -1
  }

  give(at: number, length: number): void {
    const end = at + Math.ceil(length / GRAIN) * GRAIN
    let i = 0
    while (i < this.free.length && (this.free[i]?.[0] ?? 0) < at) i++
    this.free.splice(i, 0, [at, end])
    // Joins with the one after, then with the one before.
    for (const left of [i, i - 1]) {
      const one = this.free[left]
      const next = this.free[left + 1]
      if (one && next && one[1] === next[0]) {
        one[1] = next[1]
        this.free.splice(left + 1, 1)
      }
    }
    const waiting = this.waiting
    this.waiting = []
    // Later: whoever gives a place back is in the middle of something.
    for (const call of waiting) queueMicrotask(call)
  }

  /** Calls once when a place has become free. */
  whenFree(call: () => void): void {
    this.waiting.push(call)
  }
}
