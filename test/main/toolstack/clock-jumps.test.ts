// The host's clock is set back by a year and forward by a day, under machines and jobs: nothing stands still for that, nothing absurd is told.
// Runs in: vitest, plain Node.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ok } from '../../../src-engine/public/result'
import { ClockJump } from '../../../src-main/toolstack/clock-jump'
import { LiveFigures, timeAt } from '../../../src-renderer/state/live-figures'
import { makeToolstack, testCaller } from '../../support/toolstack'

const DAY = 86_400_000
const JUMPS = [
  ['back by a year', -365 * DAY],
  ['forward by a day', DAY],
] as const

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const set = (byMs: number): void => void vi.setSystemTime(Date.now() + byMs)

describe.each(JUMPS)('a clock set %s', (_what, byMs) => {
  it('leaves uptimes, figures and jobs as they should be', async () => {
    const made = await makeToolstack()
    const uuid = await made.started('guest')
    const told = (): Promise<void> =>
      new Promise((resolve) => {
        made.onEvent((name) => {
          if (name === 'samples') resolve()
        })
      })
    await told()
    const uptime = (): number => {
      const info = made.toolstack.domains.info(uuid)
      return info.ok ? Date.now() - (info.value.startedAt ?? 0) : Number.NaN
    }
    expect(uptime()).toBeLessThan(60_000)
    const fractions: (number | null)[] = []
    const job = made.toolstack.jobs.start({
      kind: 'imageCheck',
      subject: 'disk',
      uuid: null,
      step: 'checking-image',
      cancellable: true,
      work: async ({ report }) => {
        report(0.1)
        set(byMs)
        await new Promise((resolve) => setTimeout(resolve, 150))
        report(0.5)
        fractions.push(...made.jobs.map(({ progress }) => progress))
        return ok(null)
      },
    })
    expect(await made.toolstack.jobs.wait(job)).toEqual(ok(null))
    expect(fractions).toContain(0.5)
    await told()
    expect(uptime()).toBeLessThan(60_000)
    expect(uptime()).toBeGreaterThanOrEqual(0)
    // The guest goes by the old time, until it is started again; the doctor says so.
    const off = (): number => {
      const info = made.toolstack.domains.info(uuid)
      return info.ok ? (info.value.clockOffMs ?? 0) : Number.NaN
    }
    expect(Math.abs(off() - byMs)).toBeLessThan(60_000)
    const series = await made.servers.domainSamples({ uuid, minutes: 1 }, testCaller())
    expect(series.ok && series.value.time.length).toBeGreaterThan(0)
    expect(series.ok && series.value.time.every((at) => at <= Date.now())).toBe(true)
    await made.close()
  })

  it('leaves the small curves of the list going', () => {
    const live = new LiveFigures()
    const add = (time: number): void => live.add([{ uuid: 'a', time, cpu: 0.5, memoryKiB: 1024, devices: [] }])
    const start = Date.now()
    for (let second = 0; second < 10; second++) add(start + second * 1000)
    for (let second = 10; second < 20; second++) add(start + byMs + second * 1000)
    const ring = live.ring('a')
    expect(ring && timeAt(ring, 0)).toBe(start + byMs + 19_000)
  })

  it('is found once', () => {
    const jump = new ClockJump()
    expect([jump.look(1000, 0), jump.look(2100, 1000), jump.look(3000 + byMs, 2000), jump.look(4000 + byMs, 3000)]).toEqual([
      0,
      0,
      byMs,
      0,
    ])
  })
})
