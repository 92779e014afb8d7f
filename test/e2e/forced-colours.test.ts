// In the system's own colours (Windows' high contrast) what is ticked, chosen and selected is told from what is not.
// Runs in: plain Node; starts the real Electron on a virtual display.
import { expect, it } from 'vitest'
import { startMachine } from './domain-setup'
import { ownApp } from './own-app'

const keep = ownApp()

it('boxes that are not ticked look so, those that are have the colours of what is chosen, and a console keeps its own', async () => {
  const { app, domain } = await startMachine(
    [{ kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [], link: 'down' }],
    keep,
  )
  const { page } = domain
  await page.emulateMedia({ forcedColors: 'active' })
  const colour = (node: SVGElement | HTMLElement, name: string) => getComputedStyle(node).getPropertyValue(name)
  const terminal = page.getByTestId('terminal')
  expect(await terminal.evaluate(colour, 'forced-color-adjust')).toBe('none')

  await domain.tab('Details').click()
  const chosen = await domain.tab('Details').evaluate(colour, 'background-color')
  await domain.part('Network interface 0').click()
  const box = domain.details().locator('.checkbox-box').first()
  expect(await box.locator('svg').isVisible()).toBe(false)
  expect(await box.evaluate(colour, 'background-color')).not.toBe(chosen)
  await domain.details().getByText('plugged in').click()
  await expect.poll(() => box.locator('svg').isVisible()).toBe(true)
  expect(await box.evaluate(colour, 'background-color')).toBe(chosen)
  await app.picture(page, 'forced-colours')
})
