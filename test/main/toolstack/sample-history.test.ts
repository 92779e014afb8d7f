// The hour of samples and the day of minutes behind the charts. Runs in: vitest, plain Node.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SampleStore } from '../../../src-main/definition/sample-store'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { SampleHistory } from '../../../src-main/toolstack/sample-history'

const MINUTE = 60_000
const START = 1_000_000 * MINUTE
const UUID = '11111111-2222-4333-8444-555555555555'

let folder = ''
const problems: ErrorReport[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringmaster-samples-'))
  problems.length = 0
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const kept = () => new SampleHistory(new SampleStore(folder, (problem) => problems.push(problem)))
const sample = (time: number, cpu = 0.5) => ({ uuid: UUID, time, cpu, vcpus: [cpu], memoryKiB: 1024, devices: [] })
const rates = (readBytes: number) => ({ key: 'vbd/51712', readBytes, writtenBytes: 1, readRequests: 2, writeRequests: 3 })

describe('the sample history', () => {
  it('keeps one hour at one sample a second, oldest first', async () => {
    const history = new SampleHistory()
    for (let second = 0; second < 4000; second++) {
      history.add({ uuid: 'a', time: START + second * 1000, cpu: second % 2, memoryKiB: second, devices: [] })
    }
    const now = START + 3999 * 1000
    const hour = await history.series('a', 60, now)
    expect(hour.memoryKiB.at(-1)).toBe(3999)
    expect(hour.minutes).toBe(0)
    expect(hour.time).toHaveLength(3600)
    const minute = await history.series('a', 1, now)
    expect(minute.time[0]).toBe(now - 60_000)
    expect(minute.cpu).toHaveLength(61)
  })

  it('keeps a day of minutes, their means, and ends with what is finer', async () => {
    const history = new SampleHistory()
    const hours = 25
    for (let second = 0; second < hours * 3600; second += 10) history.add(sample(START + second * 1000, (second / 10) % 2))
    const now = START + hours * 3600 * 1000
    const day = await history.series(UUID, 24 * 60, now)
    expect(day.minutes).toBe(24 * 60 - 1)
    expect(day.time.length - day.minutes).toBe(6)
    expect(day.cpu.slice(0, day.minutes).every((value) => value === 0.5)).toBe(true)
    expect(day.time[0]).toBe(now - 24 * 60 * MINUTE + MINUTE / 2)
    expect(day.time.every((time, index) => index === 0 || time > (day.time[index - 1] ?? 0))).toBe(true)
  })

  it('has columns for each device and vcpu, zero while it was not there', async () => {
    const history = new SampleHistory()
    for (const [second, devices] of [[], [rates(100)], [rates(200)], []].entries()) {
      history.add({ uuid: 'a', time: second * 1000, cpu: 0, vcpus: second < 2 ? [1] : [1, 0.5], memoryKiB: 0, devices })
    }
    const { devices, vcpus } = await history.series('a', 60, 3000)
    expect(devices).toHaveLength(1)
    expect(devices[0]).toMatchObject({ key: 'vbd/51712', readBytes: [0, 100, 200, 0], writeRequests: [0, 3, 3, 0] })
    expect(vcpus).toEqual([
      [1, 1, 1, 1],
      [0, 0, 0.5, 0.5],
    ])
  })

  it('goes on after a restart where it was, in files that are replaced whole', async () => {
    const first = kept()
    for (let second = 0; second < 600; second++) {
      first.add({ ...sample(START + second * 1000), devices: [rates(second < 300 ? 0 : 600)] })
    }
    await first.close(START + 600_000)
    expect(readdirSync(folder)).toEqual([`${UUID}.json`])
    const second = kept()
    const later = START + 20 * MINUTE
    for (let at = 0; at < 90; at++) second.add(sample(later + at * 1000))
    const series = await second.series(UUID, 60, later + MINUTE)
    expect(series.minutes).toBe(10)
    expect(series.time.length).toBe(100)
    expect(series.devices[0]?.readBytes.slice(0, 11)).toEqual([0, 0, 0, 0, 0, 600, 600, 600, 600, 600, 0])
    await second.close(later + 2 * MINUTE)
    const third = await kept().series(UUID, 24 * 60, later + 2 * MINUTE)
    expect(third.time.length).toBe(12)
    await second.forget(UUID)
    expect(readdirSync(folder)).toEqual([])
    expect(problems).toEqual([])
  })

  it('puts a damaged or newer file aside, says so once, and begins anew', async () => {
    const path = join(folder, `${UUID}.json`)
    const whole = { time: [2, 1], minutes: 0, cpu: [0, 0], vcpus: [], memoryKiB: [0, 0], devices: [] }
    for (const content of ['{', '{"version":2}', JSON.stringify({ version: 1, series: whole })]) {
      writeFileSync(path, content)
      const history = kept()
      expect((await history.series(UUID, 60, START)).time).toEqual([])
      await history.series(UUID, 60, START)
      const [said, ...more] = problems.splice(0)
      expect([said?.reason, more]).toEqual(['figures-damaged', []])
      expect(readFileSync(said?.values['kept'] ?? '', 'utf8')).toBe(content)
    }
  })

  it('forgets what lies in the future when the clock is set back', async () => {
    const history = new SampleHistory()
    for (let second = 0; second < 300; second++) history.add(sample(START + second * 1000))
    const back = START - 3600_000
    for (let second = 0; second < 10; second++) history.add(sample(back + second * 1000))
    const { time } = await history.series(UUID, 60, back + 10_000)
    expect(time.every((at) => at <= back + 10_000)).toBe(true)
    expect(time.length).toBeGreaterThanOrEqual(10)
  })

  it('keeps the past when the clock is set back by little, in rings that went round too', async () => {
    const history = new SampleHistory()
    for (let second = 0; second < 5000; second++) history.add(sample(START + second * 1000))
    const back = START + 4900_000
    for (let second = 0; second < 10; second++) history.add(sample(back + second * 1000))
    const { time } = await history.series(UUID, 60, back + 10_000)
    // The hour had come to 1400; what was written over the oldest and then forgotten is missing there, nothing else.
    expect(time.every((at, index) => index === 0 || at > (time[index - 1] ?? 0))).toBe(true)
    expect(time.at(-1)).toBe(back + 9000)
    expect(time.filter((at) => at > START + 1500_000).length).toBeGreaterThanOrEqual(3400)
  })

  it('is empty for a domain that never ran or was forgotten', async () => {
    const history = new SampleHistory()
    history.add(sample(1))
    await history.forget(UUID)
    for (const uuid of [UUID, 'b']) {
      const empty = { time: [], minutes: 0, cpu: [], vcpus: [], memoryKiB: [], devices: [] }
      expect(await history.series(uuid, 60, 2)).toEqual(empty)
    }
  })
})
