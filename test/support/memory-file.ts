// A host file in memory that is only read. Runs in: vitest, plain Node.
import { fail, type ImageResult } from '../../src-engine/image/error'
import type { File } from '../../src-engine/image/file'
import { cut, lengthOf, scatter, type ViewList } from '../../src-engine/image/views'
import { ok } from '../../src-engine/public/result'

export class MemoryFile implements File {
  readonly path: string
  readonly descriptor = undefined
  private readonly bytes: Uint8Array

  constructor(path: string, bytes: Uint8Array) {
    this.path = path
    this.bytes = bytes
  }

  get size(): number {
    return this.bytes.length
  }

  async read(offset: number, targets: ViewList): Promise<ImageResult<void>> {
    const total = lengthOf(targets)
    const there = this.bytes.subarray(Math.min(offset, this.size), Math.min(offset + total, this.size))
    scatter(there, targets)
    for (const view of cut(targets, there.length, total - there.length)) view.fill(0)
    return ok(undefined)
  }

  write = this.refuse
  truncate = this.refuse
  punch = this.refuse

  async sync(): Promise<ImageResult<void>> {
    return ok(undefined)
  }

  async close(): Promise<ImageResult<void>> {
    return ok(undefined)
  }

  private async refuse(): Promise<ImageResult<never>> {
    return fail('read-only', `${this.path} is only read.`)
  }
}
