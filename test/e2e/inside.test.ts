// The inside of a machine, on the test driver: tables that follow, XenStore that follows and can be written after a warning, a vcpu
// at a pause. Our own engine shows its own in embedded-devices.test.ts. Runs in: plain Node; starts the real Electron.

import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { startMachine, UUID } from './domain-setup'
import { ownApp } from './own-app'

const keep = ownApp()

describe('the inside of a machine', () => {
  it('is tables that follow, and a vcpu once it is paused', async () => {
    const { app, domain } = await startMachine(
      [{ kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] }],
      keep,
    )
    const { page } = domain
    await domain.tab('Inside').click()
    const row = (words: string | RegExp) => page.getByRole('row').filter({ hasText: words })
    await expect.poll(() => row('sched_op').textContent()).toMatch(/sched_op2\d\d/)
    await app.picture(page, 'inside-counters')
    // By keyboard through the list.
    await page.getByRole('option', { name: 'Hypercalls and exits' }).focus()
    await page.keyboard.press('ArrowDown')
    await row('VIRQ_TIMER').waitFor()
    await page.keyboard.press('ArrowDown')
    await page.getByText('3 in use, in 1 of 64 frames; 3 shown.').waitFor()
    await page.keyboard.press('ArrowDown')
    await row('vif/0').waitFor()
    await app.picture(page, 'inside-rings')
    await domain.part('Shared info').click()
    await row('wc_sec').waitFor()
    await domain.part('vCPU state').click()
    await page.getByText('while the machine is paused').waitFor()
    await page.getByTestId('inside-page').getByRole('button', { name: 'Pause' }).click()
    await row('hlt').waitFor()
    await row('rflags').waitFor()
    // Nothing of it is out of sight at the side.
    const hidden = page
      .locator('.data-table')
      .evaluateAll((tables) => tables.map((table) => table.scrollWidth - table.clientWidth))
    expect(Math.max(...(await hidden))).toBeLessThanOrEqual(0)
    await app.picture(page, 'inside-vcpu')
    await domain.button('Shut down').waitFor()
  })

  it('has XenStore, which follows changes and is written only after a warning', async () => {
    const { app, manager, domain } = await startMachine([{ kind: 'vfb', width: 800, height: 600 }], keep)
    const { page } = domain
    await domain.tab('Inside').click()
    await domain.part('XenStore').click()
    const tree = page.getByRole('treegrid')
    await tree.getByText('262144', { exact: true }).waitFor()
    // The guest's own home comes first; its backends are a key away.
    expect(await tree.getByText('frontend', { exact: true }).count()).toBe(0)
    await tree.getByText('0', { exact: true }).first().click()
    await page.keyboard.press('ArrowRight')
    await tree.getByText('frontend', { exact: true }).waitFor()
    await page.keyboard.press('ArrowLeft')
    await tree.getByText('frontend', { exact: true }).waitFor({ state: 'detached' })
    await app.call(manager.page, 'storeWrite', { uuid: UUID, path: '/local/domain/1/memory/target', value: '131072' })
    await tree.getByText('131072', { exact: true }).waitFor()
    await tree.getByText('target', { exact: true }).click()
    await domain.button('Edit…').click()
    await domain.dialog().getByText('It cannot be undone').waitFor()
    await app.picture(page, 'inside-store-edit')
    await domain.dialog().getByLabel('Value').fill('98304')
    await page.keyboard.press('Escape')
    await domain.dialog().waitFor({ state: 'detached' })
    await tree.getByText('131072', { exact: true }).waitFor()
    await domain.button('Edit…').click()
    await domain.dialog().getByLabel('Value').fill('65536')
    await page.keyboard.press('Enter')
    await tree.getByText('65536', { exact: true }).waitFor()
    const refused = await app.call(manager.page, 'storeWrite', { uuid: UUID, path: '/local/domain/0/name', value: 'x' })
    expect(refused.ok).toBe(false)
  })
})

describe('the inside of a machine in German', () => {
  it('decodes the shared-info page in words and numbers of the language', { tags: 'long' }, async () => {
    const { app, domain } = await startMachine([], keep, { language: 'de', preferences: { theme: 'dark' } })
    const { page } = domain
    await domain.tab('Innen').click()
    await domain.part('Shared info').click()
    const row = (words: string) => page.getByRole('row').filter({ hasText: words })
    await row('layout').getByText('eingeblendet bei gfn 0xfefff').waitFor()
    await row('wc_sec')
      .getByText(/^Uhrzeit bei Systemzeit 0: 18\.11\.2026/)
      .waitFor()
    // Not how many are bound.
    await row('evtchn_pending').getByText('gesetzt bei gebundenen Ports: 0').waitFor()
    await row('time.system_time')
      .getByText(/^\d+,\d{3} s$/)
      .waitFor()
    await app.picture(page, 'inside-shared-german')
  })
})

describe('the log of a machine', () => {
  it('is filtered by who says it and by words, and saved to a file with the message ring', { tags: 'long' }, async () => {
    const { app, domain } = await startMachine([], keep)
    const { page } = domain
    await domain.tab('Log').click()
    await domain.logLine('Starting → Running').waitFor()
    await page.getByRole('button', { name: 'Who says it' }).click()
    await page.getByRole('option', { name: 'Life' }).click()
    await domain.logLine('was created').waitFor({ state: 'detached' })
    await page.getByLabel('Filter by words').fill('nothing like it')
    await page.getByText('No line fits the filter.').waitFor()
    await page.getByLabel('Filter by words').fill('RUNNING')
    await domain.logLine('Starting → Running').waitFor()
    await app.picture(page, 'log-filtered')
    const file = path.join(app.folder, 'server.log')
    await app.answerFileDialogs(file)
    await domain.button('Save log…').click()
    await expect.poll(() => fs.existsSync(file)).toBe(true)
    expect(fs.readFileSync(file, 'utf8')).toMatch(
      / info life: starting → running\n\n--- hypervisor message ring ---\n\(test\) domain created\n$/,
    )
  })
})
