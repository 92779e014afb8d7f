// Rows of the text console: lines that scroll keep their elements, and each row shows what it should, with a selection and found places too.
// On the test driver. Runs in: plain Node; starts the real Electron on a virtual display.

import { describe, expect, it } from 'vitest'
import { startMachine } from './domain-setup'
import { ownApp } from './own-app'

const keep = ownApp()

describe('the rows of the text console', () => {
  it('move with their lines instead of being made again, and are right after each change', async () => {
    const { domain } = await startMachine([], keep)
    const { page } = domain
    await domain.tab('Text console').click()
    await domain.waitForText('~ #')
    await domain.type('seq 200\r')
    await domain.waitForText('\n200\n')
    const rows = (await domain.screen()).split('\n').length
    // A mark on what a row shows, which goes with the element.
    await page.evaluate(() => {
      for (const one of document.querySelectorAll('.xterm-rows > div > *')) Object.assign(one, { marked: true })
    })
    await domain.type('seq 5\r')
    await domain.waitForText(/\n200\n.*seq 5\n1\n2\n3\n4\n5\n/)
    const kept = await page.evaluate(
      () => [...document.querySelectorAll('.xterm-rows > div > *')].filter((one) => Reflect.get(one, 'marked') === true).length,
    )
    expect(kept).toBeGreaterThanOrEqual(rows - 10)
    const written = [...Array.from({ length: 200 }, (_, i) => String(i + 1)), '#', '1', '2', '3', '4', '5', '#']
    const shown = (await domain.screen()).split('\n').map((line) => (line.includes('#') ? '#' : line))
    expect(shown).toEqual(written.slice(-rows))

    // Back and forth through the lines above.
    await page.keyboard.press('Shift+PageUp')
    await expect.poll(() => domain.screen()).not.toContain('seq 5')
    const above = (await domain.screen()).split('\n').map(Number)
    expect(above).toEqual(above.map((_, at) => (above[0] ?? 0) + at))
    await page.keyboard.press('Shift+PageDown')
    await domain.waitForText(/seq 5\n1\n2/)

    // What is selected is marked where it stands, while more lines come, and no more once it is not selected.
    const selected = async () => (await page.locator('.xterm-selection > div').count()) > 0
    expect(await selected()).toBe(false)
    await page.locator('.xterm-screen').dblclick({ position: { x: 10, y: 8 } })
    await expect.poll(selected).toBe(true)
    await domain.type('seq 3\r')
    await domain.waitForText(/seq 3\n1\n2\n3\n/)
    await expect.poll(selected).toBe(false)
  })
})
