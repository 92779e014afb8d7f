// qcow2 as a Format: brings reading, writing, zeroing and syncing together. Version 2 and 3, README.md says what of them.
// Runs in: the image's thread.
import { ok } from '../../public/result'
import type { ImageResult } from '../error'
import type { ExtentPieces, Format } from '../format'
import type { Allocated, Extent } from '../image'
import type { ViewList } from '../views'
import { corrupt, locate } from './mapping'
import { readGuest } from './read'
import { resizeQcow2 } from './resize'
import type { State } from './state'
import { writeGuest } from './write'
import { discardGuest, zeroGuest } from './zero'

export class Qcow2Format implements Format {
  readonly name = 'qcow2'
  readonly granularity: number
  private readonly state: State
  private readonly readonly: boolean

  constructor(state: State, readonly: boolean) {
    this.state = state
    this.readonly = readonly
    this.granularity = state.unit
  }

  get size(): number {
    return this.state.header.size
  }

  read(offset: number, targets: ViewList): Promise<ImageResult<void>> {
    return readGuest(this.state, offset, targets)
  }

  write(offset: number, sources: ViewList): Promise<ImageResult<void>> {
    return writeGuest(this.state, offset, sources)
  }

  discard(offset: number, length: number): Promise<ImageResult<void>> {
    return discardGuest(this.state, offset, length)
  }

  writeZeroes(offset: number, length: number, unmap: boolean): Promise<ImageResult<void>> {
    return zeroGuest(this.state, offset, length, unmap)
  }

  resize(size: number): Promise<ImageResult<void>> {
    return resizeQcow2(this.state, size)
  }

  /** Tables are in the page cache when a write is answered, so one sync is all, unless a table's write had failed. */
  async flush(): Promise<ImageResult<void>> {
    const tables = await this.state.tables.writeDirty()
    return tables.ok ? this.state.sync.barrier() : tables
  }

  async extents(offset: number, length: number, purpose: 'read' | 'write'): Promise<ImageResult<ExtentPieces>> {
    const { state } = this
    const epoch = state.epochs.enter()
    const pieces: Extent[] = []
    const releases: (() => void)[] = [() => state.epochs.leave(epoch)]
    const release = () => {
      for (const one of releases) one()
    }
    for (let at = offset; at < offset + length; ) {
      let mapping = locate(state, at, offset + length - at)
      if (mapping instanceof Promise) {
        const loaded = await mapping
        if (!loaded.ok) {
          release()
          return loaded
        }
        mapping = loaded.value
      }
      if (mapping.kind === 'unallocated' && purpose === 'read' && state.backing && at < state.backingSize) {
        const there = Math.min(mapping.length, state.backingSize - at)
        const below = await state.backing.extents(at, there, 'read')
        if (!below.ok) {
          release()
          return below
        }
        pieces.push(...below.value.pieces)
        releases.push(below.value.release)
        at += there
        continue
      }
      pieces.push(this.piece(mapping, purpose))
      at += mapping.length
    }
    return ok({ pieces, release })
  }

  async allocation(offset: number, length: number): Promise<ImageResult<Allocated>> {
    const { state } = this
    let mapping = locate(state, offset, length)
    if (mapping instanceof Promise) {
      const loaded = await mapping
      if (!loaded.ok) return loaded
      mapping = loaded.value
    }
    switch (mapping.kind) {
      case 'unallocated': {
        const there = Math.min(mapping.length, state.backingSize - offset)
        if (there > 0 && state.backing) return state.backing.allocation(offset, there)
        return ok({ kind: 'zero', length: mapping.length })
      }
      case 'zero':
        return ok({ kind: 'zero', length: mapping.length })
      case 'corrupt':
        return corrupt(state, offset)
      default:
        return ok({ kind: 'data', length: mapping.length, source: state.file.path })
    }
  }

  /** Whether this image itself says what is at `offset`, and for how many bytes that goes on: for rebase. */
  async ownMapping(offset: number, length: number): Promise<ImageResult<{ own: boolean; length: number }>> {
    let mapping = locate(this.state, offset, length)
    if (mapping instanceof Promise) {
      const loaded = await mapping
      if (!loaded.ok) return loaded
      mapping = loaded.value
    }
    return ok({ own: mapping.kind !== 'unallocated', length: mapping.length })
  }

  async close(): Promise<ImageResult<void>> {
    const { state } = this
    const done = this.readonly ? ok(undefined) : await this.settle()
    if (state.data !== state.file) await state.data.close()
    const closed = await state.file.close()
    const below = state.backing ? await state.backing.close() : ok(undefined)
    return !done.ok ? done : closed.ok ? below : closed
  }

  /** Frees what is to be freed and gives back what was set aside: a clean close leaves no leak. */
  private async settle(): Promise<ImageResult<void>> {
    const { state } = this
    while (state.frees.waiting) {
      const synced = await state.sync.barrier()
      if (!synced.ok) return synced
      const counted = await state.frees.settle()
      if (!counted.ok) return counted
    }
    const counted = await state.frees.settle()
    return counted.ok ? state.reserve.release() : counted
  }

  private piece(mapping: Exclude<ReturnType<typeof locate>, Promise<unknown>>, purpose: 'read' | 'write'): Extent {
    const { length } = mapping
    const { descriptor, size } = this.state.data
    if (mapping.kind === 'data' && descriptor !== undefined && (purpose === 'read' || mapping.copied)) {
      // A cluster that reaches beyond the end of the file is filled up by read().
      const safe =
        mapping.host + length <= size && (mapping.host >= this.state.clusterSize || this.state.data !== this.state.file)
      if (safe) return { kind: 'file', length, fileDescriptor: descriptor, fileOffset: mapping.host }
    }
    const zero = mapping.kind === 'zero' || mapping.kind === 'unallocated'
    return zero && purpose === 'read' ? { kind: 'zero', length } : { kind: 'through', length }
  }
}
