// Figures as a table for other programs. Runs in: vitest, plain Node.

import { describe, expect, it } from 'vitest'
import type { Sample } from '../../../../src-renderer/state/history'
import { samplesAsCsv } from '../../../../src-renderer/views/domain/performance/export'

const disk = { key: 'vbd/51712', readBytes: 10, writtenBytes: 20, readRequests: 1, writeRequests: 2 }
const sample = (at: number, more: Partial<Sample> = {}): Sample => ({
  at,
  spanMs: 1000,
  cpu: 0.256,
  vcpus: [0.256],
  memory: 1024,
  devices: [],
  ...more,
})

describe('the table of figures', () => {
  it('has a line a sample, in UTC, and empty cells where a device was not there', () => {
    const csv = samplesAsCsv(
      [sample(0, { spanMs: 2004 }), sample(60_000, { spanMs: 60_000, devices: [disk] })],
      new Map([['vbd/51712', 'Disk xvda']]),
    )
    expect(csv.split('\r\n')).toEqual([
      'time,span s,cpu %,vcpu 0 %,memory bytes,Disk xvda read bytes/s,Disk xvda written bytes/s,Disk xvda read requests/s,Disk xvda write requests/s',
      '1970-01-01T00:00:00.000Z,2,25.60,25.60,1024,,,,',
      '1970-01-01T00:01:00.000Z,60,25.60,25.60,1024,10,20,1,2',
      '',
    ])
  })

  it('is neither broken up nor taken for a formula by what a user wrote', () => {
    const names = new Map([['vbd/51712', '=cmd|"x", y']])
    const [head = ''] = samplesAsCsv([sample(0, { devices: [disk] })], names).split('\r\n')
    expect(head).toContain(',"\'=cmd|""x"", y read bytes/s",')
  })
})
