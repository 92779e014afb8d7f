// Which host clusters a few L2 entries refer to: what is to be freed when the entries are replaced.
// Runs in: the image's thread.
import { COMPRESSED, compressedAt, hostOffset, ZERO } from './entry'
import type { State } from './state'
import type { L2Table } from './tables'

/** Host clusters that entries refer to, once per reference; without those that stay (`host` on). */
export function oldReferences(state: State, table: L2Table, first: number, count: number, host: number): number[] {
  const { clusterSize, header } = state
  const found: number[] = []
  if (header.hasDataFile) return found
  const { entrySize } = state.tables
  for (let i = 0; i < count; i++) {
    const high = table.view.getUint32(entrySize * (first + i))
    const low = table.view.getUint32(entrySize * (first + i) + 4)
    if (high & COMPRESSED) {
      const { host: at, length } = compressedAt(high, low, header.clusterBits)
      for (let c = Math.floor(at / clusterSize); c * clusterSize < at + length; c++) found.push(c)
    } else {
      const at = hostOffset(high, low & ~ZERO)
      if (at !== 0 && at !== host + i * clusterSize) found.push(at / clusterSize)
    }
  }
  return found
}
