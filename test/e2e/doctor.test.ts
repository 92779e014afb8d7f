// The doctor through its window: findings with their buttons, one mended, a look again, and the report as a zip without secrets.
// Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import path from 'node:path'
import { unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { launch } from './app'
import { ownApp } from './own-app'
import { openWindow, SERVER, stageFolder } from './scenes'

const keep = ownApp()

describe('the doctor', () => {
  it('shows what is wrong, mends what it can, opens the machine otherwise, and collects a report', async () => {
    const folder = stageFolder({})
    fs.chmodSync(folder, 0o755)
    fs.rmSync(path.join(folder, 'initrd.img-6.1.0-cloud-amd64'))
    // Sparse, and larger than any computer of a test has room for.
    fs.truncateSync(path.join(folder, 'disks', 'store-01-xvdb.img'), 2 ** 43)
    const app = await launch({ folder })
    keep(app)
    const { page: manager } = await app.manager()
    const page = await openWindow(app, manager, 'doctor', null)
    const finding = (words: string) => page.locator('.finding', { hasText: words })

    const readable = finding('Other users of this computer may look into')
    await readable.getByRole('button', { name: 'Close it to others' }).click()
    await readable.waitFor({ state: 'detached' })
    expect(fs.statSync(folder).mode & 0o777).toBe(0o700)

    const open = finding('Ports of “server” are open to other computers: 2222')
    await open.getByRole('button', { name: 'Let only this computer in' }).focus()
    await page.keyboard.press('Enter')
    await open.waitFor({ state: 'detached' })

    const missing = finding('initrd.img-6.1.0-cloud-amd64 of “server” is not there')
    await missing.waitFor()
    await app.picture(page, 'doctor')
    const domain = await app.domain(() => missing.getByRole('button', { name: 'Open server' }).click())
    await expect.poll(() => new URL(domain.page.url()).searchParams.get('uuid')).toBe(SERVER)
    await domain.page.getByRole('tab', { name: 'Details', selected: true }).waitFor()

    const grows = finding('The disk xvdb of “store-01”').filter({ hasText: 'can grow by' })
    const host = await app.other(() => grows.getByRole('button', { name: 'Open Storage' }).click())
    await host.getByRole('tab', { name: 'Storage', selected: true }).waitFor()

    const zip = path.join(folder, 'report.zip')
    await app.answerFileDialogs(zip)
    await page.getByRole('button', { name: 'Collect report…' }).click()
    await page.getByText('The report was saved').waitFor()
    const names = Object.keys(unzipSync(fs.readFileSync(zip)))
    expect(names).toContain('ringmaster-report/findings.json')
    expect(names).toContain('ringmaster-report/domains/server.json')
  })
})
