// The host's own figures beside the sum of its domains'. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { HostFigures, readHost } from '../../../src-main/toolstack/host-figures'
import { SampleHistory } from '../../../src-main/toolstack/sample-history'

const START = 60_000_000
const sample = (uuid: string, cpu: number, memoryKiB: number) => ({ uuid, time: 0, cpu, memoryKiB, devices: [] })

describe('the figures of the host', () => {
  it('are what its processors did since the last reading, and the sum of all domains', async () => {
    const readings = [10_000, 11_500, 11_600].map((busyMs) => ({ busyMs, usedMemoryKiB: 4096.4 }))
    const figures = new HostFigures(new SampleHistory(), () => readings.shift() ?? { busyMs: 0, usedMemoryKiB: 0 })
    const domains = [sample('a', 0.5, 1000), sample('b', 0.25, 24)]
    expect(figures.add(domains, START).host.cpu).toBe(0)
    expect(figures.add(domains, START + 1000)).toEqual({
      time: START + 1000,
      host: { cpu: 1.5, memoryKiB: 4096 },
      domains: { cpu: 0.75, memoryKiB: 1024 },
    })
    expect(figures.add([], START + 3000).host.cpu).toBeCloseTo(0.05)
    const host = await figures.series('host', 1, START + 3000)
    expect(host.time).toEqual([START, START + 1000, START + 3000])
    expect(host.cpu[1]).toBe(1.5)
    expect((await figures.series('domains', 1, START + 3000)).memoryKiB).toEqual([1024, 1024, 0])
  })

  it('know no share while the clock goes back', () => {
    const readings = [1000, 2000, 3000].map((busyMs) => ({ busyMs, usedMemoryKiB: 1 }))
    const figures = new HostFigures(new SampleHistory(), () => readings.shift() ?? { busyMs: 0, usedMemoryKiB: 0 })
    figures.add([], START)
    expect(figures.add([], START - 3_600_000).host.cpu).toBe(0)
    expect(figures.add([], START - 3_599_000).host.cpu).toBe(1)
  })

  it('read a host that is on', () => {
    const { busyMs, usedMemoryKiB } = readHost()
    expect(busyMs).toBeGreaterThan(0)
    expect(usedMemoryKiB).toBeGreaterThan(1024)
  })
})
