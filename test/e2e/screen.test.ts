// The screen of a machine on the test driver: keys, pointer, pixel on pixel, typing what was copied, as a picture, filling the screen, reboots.
// Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Device } from '../../src-main/public/device'
import { readPng } from '../support/png'
import { LONG } from '../support/tier'
import { startMachine } from './domain-setup'
import { ownApp } from './own-app'

const keep = ownApp()

const screen: Device = { kind: 'vfb', width: 800, height: 600 }

describe('the screen of a machine', () => {
  it('says in a narrow window, whole, which keys give the keyboard back', { tags: 'long' }, async () => {
    const { app, domain } = await startMachine([screen], keep, { language: 'de' })
    await app.electron.evaluate(({ BrowserWindow }) => {
      for (const window of BrowserWindow.getAllWindows()) window.setContentSize(680, 450)
    })
    await domain.waitForScreen('Verbunden')
    await domain.screenCanvas().click({ position: { x: 50, y: 40 } })
    const line = domain.keyboard()
    await line.locator('.short').getByText('Strg+Alt').waitFor()
    await app.picture(domain.page, 'screen-narrow')
    expect(await line.evaluate((each) => each.scrollWidth <= each.clientWidth)).toBe(true)
    expect(await line.textContent()).toContain('Tastatur: Gast (Strg+Alt gibt sie zurück)')
    // Pixel on pixel it has scroll bars, but not for a picture that is no more.
    const box = domain.page.locator('.screen-box')
    const bars = () => box.evaluate((each: HTMLElement) => each.offsetWidth - each.clientWidth)
    await domain.page.getByText('1:1', { exact: true }).click()
    await expect.poll(bars).toBeGreaterThan(0)
    await domain.page.getByRole('button', { name: 'Herunterfahren' }).first().click()
    await box.getByText('server ist ausgeschaltet.').waitFor()
    await expect.poll(bars).toBe(0)
  })

  it('draws the guest only while it is seen: not behind another tab, nor in a window out of sight', async () => {
    const { domain } = await startMachine([screen], keep)
    const { page } = domain
    await domain.waitForScreen()
    // The guest moves something on its screen four times a second.
    await page.evaluate(() => {
      const drawing = OffscreenCanvasRenderingContext2D.prototype
      const put = drawing.putImageData
      let drawn = 0
      drawing.putImageData = function (...what: unknown[]) {
        document.body.dataset['drawn'] = `${++drawn}`
        Reflect.apply(put, this, what)
      }
    })
    const drawn = async () => Number((await page.locator('body').getAttribute('data-drawn')) ?? 0)
    const goesOn = async () => {
      const before = await drawn()
      await expect.poll(drawn).toBeGreaterThan(before + 3)
    }
    const stands = async () => {
      // What was asked for still comes.
      await page.waitForTimeout(600)
      const before = await drawn()
      await page.waitForTimeout(1_200)
      expect(await drawn()).toBe(before)
    }
    await goesOn()
    await domain.tab('Details').click()
    await stands()
    await domain.tab('Screen').click()
    await goesOn()
    // Playwright keeps its pages visible, so the page is told what Electron tells it of a window that is minimized.
    const tell = (state: string) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'visibilityState', { value, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
      }, state)
    await tell('hidden')
    await stands()
    await tell('visible')
    await goesOn()
  })

  it('shows the guest, takes keys and pointer, and gives the keyboard back at Ctrl+Alt', async () => {
    const { app, domain } = await startMachine([screen], keep)
    const { page } = domain
    await domain.waitForScreen()
    await expect.poll(() => domain.screenCanvas().getAttribute('aria-label')).toContain('Screen of server')
    await domain.screenCanvas().click({ position: { x: 50, y: 40 } })
    await expect.poll(() => domain.keyboard().textContent()).toContain('Keyboard: guest')
    await page.keyboard.press('a')
    await page.keyboard.press('Tab')
    await app.picture(page, 'screen')
    await domain.button('Send key').click()
    await page.getByRole('menuitem', { name: 'Ctrl+Alt+Delete' }).click()
    await expect.poll(() => domain.keyboard().textContent()).toContain('Keyboard: guest')
    // A modifier held from the menu is down for one key.
    await domain.button('Send key').click()
    await page.getByRole('menuitem', { name: 'Hold Super for the next key' }).click()
    await expect.poll(() => domain.keyboard().textContent()).toContain('Held for the next key: Super')
    await app.picture(page, 'screen-held')
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('CANVAS')
    await page.keyboard.press('b')
    await expect.poll(() => domain.keyboard().textContent()).toContain('Keyboard: guest')
    await page.keyboard.down('ControlLeft')
    await page.keyboard.down('AltLeft')
    await page.keyboard.up('AltLeft')
    await page.keyboard.up('ControlLeft')
    await expect.poll(() => domain.keyboard().textContent()).toContain('Keyboard: here')
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('tab')
    await domain.tab('Log').click()
    for (const key of ['61', 'ff09', 'ffff', 'ffeb', '62']) {
      await domain.logLine(`screen: key ${key} down`).waitFor()
      await domain.logLine(`screen: key ${key} up`).waitFor()
    }
    // Nothing stays down in the guest.
    const lines = await page.locator('.log-text').allTextContents()
    const count = (end: string) => lines.filter((line) => line.startsWith('screen: key') && line.endsWith(end)).length
    expect(count('down')).toBe(count('up'))
    await domain.logLine(/screen: pointer \d+ \d+ buttons 1/).waitFor()
  })

  it.each(LONG ? [1, 1.25, 1.5, 2, 3] : [1.5])(
    'is drawn pixel on pixel at %s, and a click arrives on its pixel',
    async (scale) => {
      const { app, domain } = await startMachine([screen], keep, { scale })
      const { page } = domain
      await domain.waitForScreen()
      await page.getByText('1:1').click()
      const box = () => domain.screenCanvas().boundingBox()
      await expect.poll(async () => Math.round(((await box())?.width ?? 0) * scale * 64) / 64).toBe(800)
      const found = await box()
      if (found === null) throw new Error('no canvas')
      // Whole device pixels, or it would be blurred.
      for (const edge of [found.x, found.y]) expect(Math.abs(edge * scale - Math.round(edge * scale))).toBeLessThan(0.02)
      // And what the window shows there is the picture, pixel by pixel: its stripes and its ramp, which stand still.
      const compared = async () => {
        const pixels = await domain.screenPixels()
        const shown = readPng(await page.screenshot())
        const [left, top] = [Math.round(found.x * scale), Math.round(found.y * scale)]
        const wrong = pixels.filter((pixel, at) => {
          const [x, y] = [at % 800, Math.floor(at / 800)]
          return x < 400 && y >= 60 && y < 150 && shown.pixels[(top + y) * shown.width + left + x] !== pixel
        })
        return { wrong: wrong.length, colourful: new Set(pixels).size > 200 }
      }
      await expect.poll(compared, { timeout: 60_000 }).toEqual({ wrong: 0, colourful: true })
      await page.mouse.click(found.x + (123 + 0.5) / scale, found.y + (45 + 0.5) / scale)
      await app.picture(page, `screen-exact-${scale}`)
      await domain.tab('Log').click()
      await domain.logLine('screen: pointer').first().waitFor()
      const line = (await domain.logLine('buttons 1').first().textContent()) ?? ''
      const [, x = 0, y = 0] = (/pointer (\d+) (\d+)/.exec(line) ?? []).map(Number)
      expect(Math.abs(x - 123)).toBeLessThanOrEqual(1)
      expect(Math.abs(y - 45)).toBeLessThanOrEqual(1)
    },
  )

  it('is typed what was copied, on the keyboard the guest has', { tags: 'long' }, async () => {
    const { app, domain } = await startMachine([screen], keep)
    const { page } = domain
    await domain.waitForScreen()
    await app.electron.evaluate(({ clipboard }) => clipboard.writeText('yZ{'))
    await domain.button('Paste as typing').click()
    await page.getByRole('menuitem', { name: 'Type it: guest has a German keyboard' }).click()
    await expect.poll(() => domain.keyboard().textContent()).toContain('Typed 3 of 3')
    await domain.button('Send key').click()
    await page.getByRole('menuitem', { name: 'Ctrl+Alt+Shift+Esc' }).click()
    await domain.tab('Log').click()
    for (const key of ['79', '5a', '7b', 'ff1b']) await domain.logLine(`screen: key ${key} up`).waitFor()
    const lines = await page.locator('.log-text').allTextContents()
    const count = (end: string) => lines.filter((line) => line.startsWith('screen: key') && line.endsWith(end)).length
    expect(count('down')).toBe(count('up'))
  })

  it('is saved as a picture, fills the screen and comes back', { tags: 'long' }, async () => {
    const { app, domain } = await startMachine([screen], keep)
    const { page } = domain
    await domain.waitForScreen()
    const file = path.join(app.folder, 'shot.png')
    await app.answerFileDialogs(file)
    await domain.button('Save a picture of the screen').click()
    await expect.poll(() => fs.existsSync(file)).toBe(true)
    expect(fs.readFileSync(file).readUInt32BE(16)).toBe(800)
    const tell = (on: boolean) =>
      app.electron.evaluate(({ BrowserWindow }, full) => {
        const window = BrowserWindow.getAllWindows().find((each) => each.webContents.getURL().includes('view=domain'))
        window?.emit(full ? 'enter-full-screen' : 'leave-full-screen')
      }, on)
    // Without a window manager a virtual display has no full screen: its event is what the page acts on.
    await domain.button('Full screen').click()
    await tell(true)
    await page.locator('.toolbar').waitFor({ state: 'hidden' })
    await app.picture(page, 'screen-full')
    await page.getByRole('button', { name: 'Leave full screen' }).waitFor()
    // Its bar tells what the status line does, and stays while a key is held.
    const bar = page.getByRole('toolbar', { name: 'Full screen' })
    await bar.hover()
    await bar.getByText('1:1').click()
    await expect.poll(async () => (await domain.screenCanvas().boundingBox())?.width).toBe(800)
    await bar.getByRole('button', { name: 'Send key' }).click()
    await page.getByRole('menuitem', { name: 'Hold Super for the next key' }).click()
    await page.mouse.move(400, 300)
    await expect.poll(() => domain.keyboard().textContent()).toContain('Held for the next key: Super')
    await expect.poll(async () => (await bar.boundingBox())?.y).toBe(0)
    await app.picture(page, 'screen-full-held')
    await page.keyboard.press('b')
    await expect.poll(async () => (await bar.boundingBox())?.y ?? 0).toBeLessThan(0)
    await tell(false)
    await page.locator('.toolbar').waitFor()
    // Fitted in full screen alone, as the preferences may say.
    const kept = await app.call(page, 'preferencesGet', {})
    expect(await app.call(page, 'preferencesSet', { ...kept.value, screenScale: 'fullScreen' })).toMatchObject({ ok: true })
    const width = async () => Math.round((await domain.screenCanvas().boundingBox())?.width ?? 0)
    await expect.poll(width).toBe(800)
    await tell(true)
    await page.locator('.toolbar').waitFor({ state: 'hidden' })
    await expect.poll(width).toBeGreaterThan(800)
    await tell(false)
    await expect.poll(width).toBe(800)
  })

  it('follows the guest through a reboot, and says so when there is none', { tags: 'long' }, async () => {
    const { domain } = await startMachine([screen], keep, { env: { RINGMASTER_TEST_DELAY_MS: '4000' } })
    await domain.waitForScreen()
    await domain.button('More ways to stop').click()
    await domain.page.getByRole('menuitem', { name: 'Reboot' }).click()
    await domain.page.getByTestId('screen-connection').filter({ hasText: 'Not connected' }).waitFor()
    await domain.waitForScreen()
    await domain.button('Shut down').click()
    await domain.page.getByText('server is off.').first().waitFor()
  })

  it('connects again where its stream ended while it was being opened', { tags: 'long' }, async () => {
    const { domain } = await startMachine([screen], keep)
    const { page } = domain
    await domain.waitForScreen()
    // From the first word of the next connection on the other side is gone, as a guest is that ends just then.
    await page.evaluate(() => {
      const { postMessage } = MessagePort.prototype
      let left = 2
      MessagePort.prototype.postMessage = function (this: MessagePort, message: unknown) {
        const first = message instanceof Uint8Array && new TextDecoder().decode(message).startsWith('RFB ')
        if (first && left-- > 0) this.dispatchEvent(new Event('close'))
        else postMessage.call(this, message)
        if (left < 0) document.body.dataset['connectedAgain'] = 'yes'
      }
    })
    await domain.button('More ways to stop').click()
    await page.getByRole('menuitem', { name: 'Reboot' }).click()
    await page.locator('body[data-connected-again]').waitFor()
    await domain.waitForScreen()
  })
})
