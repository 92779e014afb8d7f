// A regular file on the host through Node's fs calls with callbacks, the cheapest asynchronous ones there are.
// Only regular files: a FIFO or device in place of an image would hang us or lead elsewhere.
// Runs in: the image's thread; the calls run on Node's thread pool.
import fs from 'node:fs'
import { ok } from '../public/result'
import { fail, type ImageResult, systemError } from './error'
import type { File, FileMode, OpenFile } from './file'
import { PUNCH_LEAST, punchHole } from './punch'
import { cut, fillZero, lengthOf, type ViewList } from './views'

/** What readv and writev take at once (IOV_MAX). */
const MOST_VIEWS = 1024

const FLAGS: Readonly<Record<FileMode, number>> = {
  // Without O_NONBLOCK opening a FIFO would wait for its other end.
  read: fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0),
  write: fs.constants.O_RDWR | (fs.constants.O_NONBLOCK ?? 0),
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL,
}

type Transfer = (fd: number, views: ViewList, offset: number, done: (error: unknown, bytes: number) => void) => void

const readSome: Transfer = (fd, views, offset, done) => {
  const first = views[0]
  if (views.length === 1 && first !== undefined) fs.read(fd, first, 0, first.length, offset, done)
  else fs.readv(fd, views.slice(0, MOST_VIEWS), offset, done)
}

const writeSome: Transfer = (fd, views, offset, done) => {
  const first = views[0]
  if (views.length === 1 && first !== undefined) fs.write(fd, first, 0, first.length, offset, done)
  else fs.writev(fd, views.slice(0, MOST_VIEWS), offset, done)
}

class NodeFile implements File {
  readonly path: string
  readonly descriptor: number
  size: number
  private open = true

  constructor(path: string, descriptor: number, size: number) {
    this.path = path
    this.descriptor = descriptor
    this.size = size
  }

  read(offset: number, targets: ViewList): Promise<ImageResult<void>> {
    return this.transfer(readSome, offset, targets, 'read')
  }

  async write(offset: number, sources: ViewList): Promise<ImageResult<void>> {
    const done = await this.transfer(writeSome, offset, sources, 'write')
    if (done.ok) this.size = Math.max(this.size, offset + lengthOf(sources))
    return done
  }

  async truncate(size: number): Promise<ImageResult<void>> {
    const done = await this.call('resize', (callback) => fs.ftruncate(this.descriptor, size, callback))
    if (done.ok) this.size = size
    return done
  }

  async punch(offset: number, length: number): Promise<ImageResult<boolean>> {
    return ok(length >= PUNCH_LEAST && (await punchHole(this.descriptor, offset, length)))
  }

  sync(): Promise<ImageResult<void>> {
    return this.call('sync', (callback) => fs.fdatasync(this.descriptor, callback))
  }

  async close(): Promise<ImageResult<void>> {
    if (!this.open) return ok(undefined)
    this.open = false
    return this.call('close', (callback) => fs.close(this.descriptor, callback))
  }

  private call(doing: string, run: (callback: (error: unknown) => void) => void): Promise<ImageResult<void>> {
    return new Promise((resolve) => {
      run((error) => {
        resolve(error ? { ok: false, error: systemError(`Cannot ${doing} ${this.path}`, error) } : ok(undefined))
      })
    })
  }

  private transfer(some: Transfer, offset: number, views: ViewList, doing: 'read' | 'write'): Promise<ImageResult<void>> {
    const total = lengthOf(views)
    return new Promise((resolve) => {
      const step = (done: number): void => {
        if (done === total) {
          resolve(ok(undefined))
          return
        }
        const rest = done === 0 ? views : cut(views, done, total - done)
        some(this.descriptor, rest, offset + done, (error, bytes) => {
          if (error) return resolve({ ok: false, error: systemError(`Cannot ${doing} ${this.path}`, error) })
          if (bytes > 0) return step(done + bytes)
          if (doing === 'write') return resolve(fail('io', `Cannot write ${this.path}: the host took no bytes.`))
          fillZero(rest)
          resolve(ok(undefined))
        })
      }
      step(0)
    })
  }
}

export const openNodeFile: OpenFile = async (path, mode) => {
  let descriptor: number | undefined
  try {
    const handle = await new Promise<number>((resolve, reject) => {
      fs.open(path, FLAGS[mode], 0o644, (error, fd) => (error ? reject(error) : resolve(fd)))
    })
    descriptor = handle
    const stat = await new Promise<fs.Stats>((resolve, reject) => {
      fs.fstat(handle, (error, stats) => (error ? reject(error) : resolve(stats)))
    })
    if (stat.isFile()) return ok(new NodeFile(path, handle, stat.size))
    fs.closeSync(handle)
    return fail('format', `${path} is not a regular file.`)
  } catch (error) {
    if (descriptor !== undefined) fs.closeSync(descriptor)
    return { ok: false, error: systemError(`Cannot ${mode === 'create' ? 'create' : 'open'} ${path}`, error) }
  }
}
