// Figures of disks and network interfaces, on the test driver: charts in Performance, columns of the list.
// Runs in: plain Node; starts the real Electron on a virtual display.

import { describe, expect, it } from 'vitest'
import type { Device } from '../../src-main/public/device'
import { startMachine } from './domain-setup'
import { ownApp } from './own-app'

const keep = ownApp()

describe('figures of devices', () => {
  it('are charts with axes and legends beside processor and memory, and columns of the list when wanted', async () => {
    const drive: Device = { kind: 'vbd', dev: 'xvda', path: '', format: 'raw', readonly: true, removable: true }
    const card: Device = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] }
    const { app, manager, domain } = await startMachine([drive, card], keep)
    await domain.tab('Performance').click()
    for (const name of ['Drive xvda', 'Network interface 0']) {
      const chart = domain.chart(name)
      await chart.waitFor()
      await expect.poll(() => chart.getAttribute('aria-label')).toMatch(/iB\/s|B\/s/)
    }
    await domain.page.getByText('Requests', { exact: true }).click()
    await expect.poll(() => domain.chart('Drive xvda').getAttribute('aria-label')).toMatch(/^Drive xvda: \d+\/s, \d+\/s$/)
    await app.picture(domain.page, 'performance-devices')

    const columns = () => manager.page.locator('.column-name').allTextContents()
    await expect.poll(columns).toEqual(['Name', 'State', 'CPU', 'Memory', 'Network', 'Tags'])
    await manager.button('Columns').click()
    await manager.menuItem('Disk').click()
    await manager.menu().waitFor({ state: 'detached' })
    await expect.poll(columns).toEqual(['Name', 'State', 'CPU', 'Memory', 'Disk', 'Network', 'Tags'])
    await expect.poll(() => manager.row('server').locator('.figure.traffic').count()).toBe(2)
    await app.picture(manager.page, 'list-traffic')
  })
})
