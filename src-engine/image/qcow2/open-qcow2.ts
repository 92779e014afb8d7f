// Opening a qcow2 image: tables that every request needs are read, features judged, bits of the header that writing changes
// set. An image that was left with its dirty bit gets its refcounts counted anew before it is written (repair.ts).
// Runs in: the image's thread.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { File } from '../file'
import type { Image } from '../image'
import { setU64, viewOf } from '../views'
import { AT, AUTOCLEAR, type Header, INCOMPATIBLE, readHeader } from './header'
import { readRefcountTable } from './refcounts'
import { State } from './state'

/** What the caller opens for us, once the header has told the names. */
export interface Surroundings {
  openBacking(name: string, format: string | undefined): Promise<ImageResult<Image>>
  openDataFile(name: string): Promise<ImageResult<File>>
}

export async function openQcow2State(file: File, readonly: boolean, around: Surroundings): Promise<ImageResult<State>> {
  const read = await readHeader(file)
  if (!read.ok) return read
  const header = read.value
  if (!readonly && header.incompatible & INCOMPATIBLE.corrupt) {
    return fail('corrupt', `${file.path} is marked as corrupt; it is opened for reading only, or repaired first.`)
  }
  if (!readonly && header.incompatible & INCOMPATIBLE.dirty) {
    return fail('corrupt', `${file.path} was not closed by its last writer and must be repaired before it is written.`)
  }
  const l1 = new Uint8Array(8 * header.l1Size)
  const readL1 = await file.read(header.l1Offset, [l1])
  if (!readL1.ok) return readL1
  const table = await readRefcountTable(file, header)
  if (!table.ok) return table
  if (header.hasDataFile && header.dataFile === undefined)
    return fail('unsupported', `${file.path} does not name its data file.`)

  let dataFile: File | undefined
  if (header.hasDataFile && header.dataFile !== undefined) {
    const opened = await around.openDataFile(header.dataFile)
    if (!opened.ok) return opened
    dataFile = opened.value
  }
  let backing: Image | undefined
  if (header.backing !== undefined) {
    const opened = await around.openBacking(header.backing, header.backingFormat)
    if (!opened.ok) {
      await dataFile?.close()
      return opened
    }
    backing = opened.value
  }
  return ok(new State(header, file, dataFile, backing, l1, table.value))
}

/** Autoclear bits that we do not keep true go off before the first write: bitmaps, and what we do not know. */
export async function clearAutoclear(file: File, header: Header): Promise<ImageResult<void>> {
  const keep = header.autoclear & AUTOCLEAR.rawDataFile
  if (header.version === 2 || (header.autoclear === keep && header.autoclearHigh === 0)) return ok(undefined)
  const bytes = new Uint8Array(8)
  setU64(viewOf(bytes), 0, keep)
  const written = await file.write(AT.autoclear, [bytes])
  return written.ok ? file.sync() : written
}
