// Maps every cluster of a new image, so that later writes change no tables. The clusters are fresh: they read as zeroes.
// Runs in: the image's thread, before the image is used.
import { ok } from '../../public/result'
import type { ImageResult } from '../error'
import { COPIED } from './entry'
import { tableForWrite } from './l2-allocation'
import type { State } from './state'

export async function preallocateQcow2(state: State): Promise<ImageResult<void>> {
  const { tables, clusterSize, header } = state
  for (let at = 0; at < header.size; ) {
    const table = await tableForWrite(state, Math.floor(at / tables.span))
    if (!table.ok) return table
    const first = Math.floor((at % tables.span) / clusterSize)
    const end = Math.min(header.size, at - (at % tables.span) + tables.span)
    const taken = await state.reserve.takeRow(Math.ceil((end - at) / clusterSize))
    if (!taken.ok) return taken
    const { cluster, count } = taken.value
    for (let i = 0; i < count; i++) {
      const host = (cluster + i) * clusterSize
      table.value.view.setUint32(8 * (first + i), (COPIED | Math.floor(host / 0x1_0000_0000)) >>> 0)
      table.value.view.setUint32(8 * (first + i) + 4, host % 0x1_0000_0000)
    }
    table.value.mark(8 * first, 8 * (first + count))
    table.value.pins--
    const written = await tables.writeOut(table.value)
    if (!written.ok) return written
    at += count * clusterSize
  }
  return ok(undefined)
}
