// The Performance page: ranges, pause and inspect by keyboard, figures as table and picture, and what is kept over a restart.
// On the test driver. Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { startMachine, UUID } from './domain-setup'
import { ownApp } from './own-app'

const keep = ownApp()

describe('how a machine performs', () => {
  it('can be paused, looked at by keyboard, and taken away as table and picture', { tags: 'long' }, async () => {
    const { app, domain } = await startMachine(
      [{ kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] }],
      keep,
    )
    const { page } = domain
    await domain.tab('Performance').click()
    await domain.chart('CPU usage: \\d+%').waitFor()
    await domain.button('Pause the charts and inspect').click()
    await page.getByRole('slider').focus()
    const label = () => domain.chart('CPU usage').getAttribute('aria-label')
    await page.keyboard.press('Home')
    await expect.poll(label).toBe('CPU usage: nothing measured')
    await page.keyboard.press('End')
    await expect.poll(label).toMatch(/\d+% of one CPU/)
    const paused = await label()
    await app.picture(page, 'performance-paused')
    // By mouse a moment is pointed at in any chart, and all show it.
    const moment = () => page.getByRole('slider').inputValue()
    const memory = await domain.chart('Memory').boundingBox()
    if (memory === null) throw new Error('no chart')
    await page.mouse.move(memory.x + memory.width / 2, memory.y + 40)
    await page.mouse.down()
    await expect.poll(moment).not.toBe('60')
    const pressed = Number(await moment())
    await page.mouse.move(memory.x + memory.width - 30, memory.y + 40, { steps: 4 })
    await page.mouse.up()
    await expect.poll(async () => Number(await moment())).toBeGreaterThan(pressed)
    await page.mouse.move(memory.x + memory.width + 200, memory.y + 40)
    await page.getByRole('slider').focus()
    await page.keyboard.press('End')
    await expect.poll(label).toBe(paused)

    const table = path.join(app.folder, 'figures.csv')
    await app.answerFileDialogs(table)
    await domain.button('Export').click()
    await page.getByRole('menuitem', { name: 'Table (CSV)…' }).click()
    await expect.poll(() => fs.existsSync(table)).toBe(true)
    const [head = '', first = ''] = fs.readFileSync(table, 'utf8').split('\r\n')
    expect(head).toMatch(/^time,span s,cpu %,vcpu 0 %,memory bytes,Network interface 0 received bytes\/s/)
    expect(first).toMatch(/^\d{4}-.*Z,1,[\d.]+,[\d.]+,268435456,\d+,\d+,\d+,\d+$/)
    const picture = path.join(app.folder, 'charts.png')
    await app.answerFileDialogs(picture)
    await domain.button('Export').click()
    await page.getByRole('menuitem', { name: 'Picture (PNG)…' }).click()
    await expect.poll(() => fs.existsSync(picture)).toBe(true)
    expect(fs.readFileSync(picture).subarray(1, 4).toString()).toBe('PNG')
    await app.answerFileDialogs(null)
    await domain.button('Export').click()
    await page.getByRole('menuitem', { name: 'Table (CSV)…' }).click()

    expect(await label()).toBe(paused)
    await domain.button('Let the charts go on').click()
    await page.getByRole('slider').waitFor({ state: 'detached' })
  })

  it('has each vcpu, over a minute to a day; what was measured before a restart too', async () => {
    const minute = 60_000
    const now = Math.floor(Date.now() / minute) * minute - minute / 2
    const time = Array.from({ length: 23 * 60 }, (_, index) => now - (23 * 60 - 1 - index) * minute)
    const flat = (value: number) => time.map(() => value)
    const series = {
      time,
      minutes: 0,
      cpu: flat(0.75),
      vcpus: [flat(0.5), flat(0.25)],
      memoryKiB: flat(131072),
      devices: [],
    }
    const { app, domain } = await startMachine([], keep, {
      config: { vcpus: 2 },
      prepare: (folder) => {
        fs.mkdirSync(path.join(folder, 'samples'))
        fs.writeFileSync(path.join(folder, 'samples', `${UUID}.json`), JSON.stringify({ version: 1, series }))
      },
    })
    const { page } = domain
    await domain.tab('Performance').click()
    for (const vcpu of [0, 1]) await domain.chart(`vCPU ${vcpu}: \\d+%`).waitFor()
    await domain.button('Pause the charts and inspect').click()
    const label = (chart: string) => domain.chart(chart).getAttribute('aria-label')
    for (const range of ['10 minutes', '1 hour', '6 hours', '24 hours']) {
      await page.getByText(range, { exact: true }).click()
      await page.getByRole('slider').focus()
      await page.keyboard.press('End')
      // A tenth of the range each.
      for (let press = 0; press < 9; press++) await page.keyboard.press('PageDown')
      await expect.poll(() => label('vCPU 0')).toBe('vCPU 0: 50%')
      expect(await label('vCPU 1')).toBe('vCPU 1: 25%')
      expect(await label('CPU usage')).toBe('CPU usage: 75% of one CPU')
      expect(await label('Memory')).toBe('Memory: 128 MiB of 256 MiB')
      await app.picture(page, `performance-${range.replace(' ', '-')}`)
    }
  })

  it('shows what was measured before a restart', { tags: 'long' }, async () => {
    const minute = 60_000
    const now = Math.floor(Date.now() / minute) * minute - minute / 2
    const time = Array.from({ length: 120 }, (_, index) => now - (119 - index) * minute)
    const flat = (value: number) => time.map(() => value)
    const series = { time, minutes: 0, cpu: flat(0.25), vcpus: [flat(0.25)], memoryKiB: flat(262144), devices: [] }
    const { app, domain } = await startMachine([], keep, {
      prepare: (folder) => {
        fs.mkdirSync(path.join(folder, 'samples'))
        fs.writeFileSync(path.join(folder, 'samples', `${UUID}.json`), JSON.stringify({ version: 1, series }))
      },
    })
    const { page } = domain
    await domain.tab('Performance').click()
    await page.getByText('6 hours').click()
    await domain.button('Pause the charts and inspect').click()
    await page.getByRole('slider').focus()
    for (let presses = 0; presses < 50; presses += 1) await page.keyboard.press('ArrowLeft')
    await expect.poll(() => domain.chart('CPU usage').getAttribute('aria-label')).toBe('CPU usage: 25% of one CPU')
    await app.picture(page, 'performance-hours')
  })
})
