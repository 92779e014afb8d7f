// The host's own figures beside the sum of its domains'. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { HostFigures, readHost, sharedReader } from '../../../src-main/toolstack/host-figures'
import { SampleHistory } from '../../../src-main/toolstack/sample-history'

const START = 60_000_000
/** Figures on a host whose readings are these: when, and how busy its processors were until then. */
function reading(...rows: readonly (readonly [at: number, busyMs: number])[]): HostFigures {
  const readings = rows.map(([at, busyMs]) => ({ at, busyMs, usedMemoryKiB: 4096.4 }))
  return new HostFigures(new SampleHistory(), () => readings.shift() ?? { at: 0, busyMs: 0, usedMemoryKiB: 0 })
}

const sample = (uuid: string, cpu: number, memoryKiB: number) => ({ uuid, time: 0, cpu, memoryKiB, devices: [] })

describe('the figures of the host', () => {
  it('are what its processors did since the last reading, and the sum of all domains', async () => {
    const figures = reading([0, 10_000], [1000, 11_500], [3000, 11_600])
    const domains = [sample('a', 0.5, 1000), sample('b', 0.25, 24)]
    expect(figures.add(domains, START)).toBe(undefined)
    expect(figures.add(domains, START + 1000)).toEqual({
      time: START + 1000,
      host: { cpu: 1.5, memoryKiB: 4096 },
      domains: { cpu: 0.75, memoryKiB: 1024 },
    })
    expect(figures.add([], START + 3000)?.host.cpu).toBeCloseTo(0.05)
    const host = await figures.series('host', 1, START + 3000)
    expect(host.time).toEqual([START + 1000, START + 3000])
    expect(host.cpu[0]).toBe(1.5)
    expect((await figures.series('domains', 1, START + 3000)).memoryKiB).toEqual([1024, 1024, 0])
  })

  it('have their shares by a clock that is never set, whatever the time of day does, and keep them while nobody reads anew', () => {
    const figures = reading([0, 1000], [1000, 2000], [1000, 2000], [2000, 2500])
    expect(figures.add([], START)).toBe(undefined)
    expect(figures.add([], START - 3_600_000)?.host.cpu).toBe(1)
    expect(figures.add([], START - 3_599_900)?.host.cpu).toBe(1)
    expect(figures.add([], START + 3_600_000)?.host.cpu).toBe(0.5)
  })

  it('of several connections come of one reading a second', () => {
    let now = 5000
    let readings = 0
    const read = sharedReader(
      () => {
        readings += 1
        return { at: now, busyMs: 2 * now, usedMemoryKiB: 1 }
      },
      () => now,
    )
    const connections = [0, 1, 2].map(() => new HostFigures(new SampleHistory(), read))
    for (let second = 0; second < 10; second++) {
      for (const [at, figures] of connections.entries()) {
        now = 5000 + second * 1000 + at * 250
        expect(figures.add([], START + second * 1000)?.host.cpu).toBe(second === 0 ? undefined : 2)
      }
    }
    expect(readings).toBe(10)
  })

  it('read a host that is on', () => {
    const { busyMs, usedMemoryKiB } = readHost()
    expect(busyMs).toBeGreaterThan(0)
    expect(usedMemoryKiB).toBeGreaterThan(1024)
  })
})
