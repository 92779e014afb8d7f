// What files fill in of a new machine's disks: a disk whose file is still to be named takes the first, others become disks of their own.
// Runs in: vitest.

import { expect, it } from 'vitest'
import { newDisk } from '../../../../src-renderer/features/disks/disk-form'
import { filledIn, type LookedAt } from '../../../../src-renderer/views/create-domain/filled-in'

const image = (path: string): LookedAt => ({ path, kind: 'disk', size: 1, format: 'qcow2' })

it('names the file of a disk that waits for one, and adds the others', () => {
  const waiting = { ...newDisk('xvda'), source: 'copy', fileFormat: 'raw' } as const
  const { disks } = filledIn([image('/a.qcow2'), image('/b.qcow2')], [waiting])
  expect(disks).toMatchObject([
    { dev: 'xvda', source: 'copy', path: '/a.qcow2', fileFormat: 'qcow2' },
    { dev: 'xvdb', source: 'file', path: '/b.qcow2', fileFormat: 'qcow2' },
  ])
})

it('leaves a new image and an empty drive as they are', () => {
  const before = [newDisk('xvda'), { ...newDisk('xvdb'), source: 'empty' } as const]
  const { disks } = filledIn([image('/a.qcow2')], before)
  expect(disks.slice(0, 2)).toEqual(before)
  expect(disks[2]).toMatchObject({ dev: 'xvdc', path: '/a.qcow2' })
})
