// The menu bars of the manager and of a machine's window: greyed by what is chosen and by the machine's state, and doing what the pages'
// own buttons do. Runs in: plain Node; starts the real Electron on a virtual display.

import { expect, it } from 'vitest'
import { launch } from './app'
import { startMachine } from './domain-setup'
import { ManagerPage } from './manager-page'
import { MenuBar } from './menu-bar'
import { ownApp } from './own-app'

const keep = ownApp()

it('has what can be done with a machine now, in its window and for the row that is chosen', async () => {
  const { app, manager, domain } = await startMachine([{ kind: 'vfb', width: 800, height: 600 }], keep)
  const menus = await MenuBar.of(app, manager.page)
  const offered = (above: string) => menus.offered(domain.page, above)
  await expect
    .poll(() => offered('Virtual machine'))
    .toEqual([
      'Pause',
      ...['Reboot', 'Shut down', 'Force reset', 'Force off', 'Save state and turn off', 'Save…'].map(
        (word) => `Shut down > ${word}`,
      ),
      'Save as template…',
      'Delete',
      'Save a picture of the screen…',
    ])
  expect(await offered('View')).toEqual(['Screen', 'Text console', 'Details', 'Performance', 'Snapshots', 'Inside', 'Log'])
  expect(await offered('Send key')).toContain('Ctrl+Alt+Delete')
  // In the manager it is about what is chosen.
  await manager.row('Domain 0').click()
  await expect.poll(() => menus.offered(manager.page, 'Virtual &machine')).toEqual(['Open'])
  await manager.row('server').click()
  await expect.poll(() => menus.offered(manager.page, 'Virtual &machine')).toContain('Pause')

  await menus.choose(domain.page, 'page-details')
  await domain.page.getByRole('listbox', { name: 'Parts' }).waitFor()
  await menus.choose(domain.page, 'pause')
  await domain.waitForState('Paused')
  await expect.poll(() => offered('Virtual machine')).toContain('Resume')
  await menus.choose(manager.page, 'resume')
  await domain.waitForState('Running')
  await menus.choose(domain.page, 'forceOff')
  await domain.dialog().getByRole('button', { name: 'Force off' }).click()
  await domain.waitForState('Shut off')
  await expect.poll(() => offered('Virtual machine')).toEqual(['Run', 'Clone…', 'Save as template…', 'Delete'])
  expect(await offered('Send key')).toEqual([])
  await menus.choose(domain.page, 'clone')
  await domain.dialog().getByText('Clone').first().waitFor()
  await domain.page.keyboard.press('Escape')
  expect(app.errors).toEqual([])
})

it('has a page hear what was chosen in another window, even one that is only being opened', { tags: 'long' }, async () => {
  const app = keep(await launch())
  const manager = await app.manager()
  const host = await app.other(async () => {
    await app.call(manager.page, 'windowOpen', { view: 'host', uuid: null })
  })
  await host.getByRole('tab').first().waitFor()
  const menus = await MenuBar.of(app, host)
  await manager.page.close()
  const again = new ManagerPage(await app.other(() => menus.chooseWord(host, '&File', 'Trash…')))
  await again.dialog().getByRole('heading', { name: 'Trash' }).waitFor()
})
