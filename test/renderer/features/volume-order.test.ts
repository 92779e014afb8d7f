// Volumes ordered by each column. Runs in: vitest, plain Node.
import { expect, it } from 'vitest'
import { errorReport } from '../../../src-main/public/error-code'
import type { Volume } from '../../../src-main/public/storage'
import { isVolumeColumn, sortedVolumes, type VolumeColumn } from '../../../src-renderer/features/disks/volume-order'

function volume(name: string, capacity: number, allocation: number, users: number, part: Partial<Volume> = {}): Volume {
  const usedBy = Array.from({ length: users }, (_, index) => ({ how: 'disk', name: `m${index}` }) as const)
  const common = { pool: 'default', path: `/${name}`, backing: null, modifiedAt: 0, problem: null }
  return { ...common, name, format: 'qcow2', capacity, allocation, usedBy, ...part }
}

const volumes = [
  volume('disk10.qcow2', 5, 2, 1),
  volume('disk9.raw', 5, 9, 0, { format: 'raw' }),
  volume('Ärger.qcow2', 0, 4, 3, { format: null, problem: errorReport('internal', { detail: '' }) }),
  volume('boot.qcow2', 7, 1, 0),
]

it.each<[VolumeColumn, boolean, string]>([
  ['name', false, 'Ä b 9 10'],
  ['name', true, '10 9 b Ä'],
  ['size', false, '9 10 b Ä'],
  ['size', true, 'b 9 10 Ä'],
  ['host', true, '9 Ä 10 b'],
  ['format', true, '9 b 10 Ä'],
  ['used', false, 'b 9 10 Ä'],
  ['used', true, '10 b 9 Ä'],
])('%s, descending %s', (column, descending, order) => {
  const short = ({ name }: Volume) => (name.startsWith('disk') ? Number.parseInt(name.slice(4), 10) : name[0])
  expect(sortedVolumes(volumes, column, descending, 'de').map(short).join(' ')).toBe(order)
})

it('knows its columns', () => {
  expect(['used', 'volume'].map(isVolumeColumn)).toEqual([true, false])
})
