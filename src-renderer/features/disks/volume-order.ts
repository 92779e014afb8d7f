// The order of volumes in a table, by one of its columns. Invariant: equal ones stay in the order of their names, and what cannot be read, of which
// no size is known, comes after all in either direction. Runs in: renderer and tests; pure.
import type { Volume } from '../../../src-main/public/storage'
import type { Language } from '../../lib/translate'

export const VOLUME_COLUMNS = ['name', 'size', 'host', 'format', 'used'] as const
export type VolumeColumn = (typeof VOLUME_COLUMNS)[number]

export function isVolumeColumn(id: unknown): id is VolumeColumn {
  return VOLUME_COLUMNS.some((column) => column === id)
}

export function sortedVolumes(
  volumes: readonly Volume[],
  column: VolumeColumn,
  descending: boolean,
  language: Language,
): readonly Volume[] {
  const { compare } = new Intl.Collator(language, { numeric: true })
  const names = (a: Volume, b: Volume) => compare(a.name, b.name)
  const by: Readonly<Record<VolumeColumn, (a: Volume, b: Volume) => number>> = {
    name: names,
    size: (a, b) => a.capacity - b.capacity,
    host: (a, b) => a.allocation - b.allocation,
    format: (a, b) => compare(a.format ?? '', b.format ?? ''),
    used: (a, b) => a.usedBy.length - b.usedBy.length,
  }
  const unknown = ({ problem }: Volume) => (column !== 'name' && column !== 'host' && problem !== null ? 1 : 0)
  const sign = descending ? -1 : 1
  return [...volumes].sort((a, b) => unknown(a) - unknown(b) || sign * by[column](a, b) || names(a, b))
}
