// The window of one domain as a user sees it. Runs in: end-to-end tests.

import type { Locator, Page } from 'playwright-core'

export class DomainPage {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  async ready(): Promise<void> {
    await this.page.getByTestId('domain-state').waitFor({ timeout: 60_000 })
  }

  state(): Locator {
    return this.page.getByTestId('domain-state')
  }

  async waitForState(words: string | RegExp): Promise<void> {
    await this.page.locator('[data-testid="domain-state"]', { hasText: words }).waitFor({ timeout: 60_000 })
  }

  tab(name: string): Locator {
    return this.page.getByRole('tab', { name })
  }

  /** What the terminal shows: one string, lines ending in newlines, without blanks at their ends. */
  async screen(): Promise<string> {
    const lines = await this.page.locator('.xterm-rows > div').allTextContents()
    return lines.map((line) => line.replace(/\u00a0/g, ' ').trimEnd()).join('\n')
  }

  async waitForText(text: string | RegExp, timeout = 20_000): Promise<void> {
    const end = Date.now() + timeout
    for (;;) {
      const screen = await this.screen()
      if (typeof text === 'string' ? screen.includes(text) : text.test(screen)) return
      if (Date.now() > end) throw new Error(`the console does not show ${String(text)} but:\n${screen.trimEnd()}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async type(text: string): Promise<void> {
    await this.page.locator('.xterm-helper-textarea').focus()
    await this.page.keyboard.type(text)
  }

  // ---- the screen -----------------------------------------------------------------------------

  /** The canvas that shows the guest's screen. */
  screenCanvas(): Locator {
    return this.page.getByTestId('screen').locator('canvas').first()
  }

  async waitForScreen(words = 'Connected'): Promise<void> {
    await this.page.getByTestId('screen-connection').filter({ hasText: words }).waitFor({ timeout: 60_000 })
    await this.page.waitForFunction(() => {
      const canvas = document.querySelector('[data-testid="screen"] canvas')
      return canvas instanceof HTMLCanvasElement && canvas.width > 0
    })
  }

  /** How many pixels of the guest's screen are not black. */
  lit(): Promise<number> {
    return this.screenCanvas().evaluate((node) => {
      if (!(node instanceof HTMLCanvasElement)) return 0
      const copy = new OffscreenCanvas(node.width, node.height).getContext('2d', { willReadFrequently: true })
      copy?.drawImage(node, 0, 0)
      const pixels = copy?.getImageData(0, 0, node.width, node.height).data ?? new Uint8ClampedArray()
      let count = 0
      for (let at = 0; at < pixels.length; at += 4) {
        if ((pixels[at] ?? 0) + (pixels[at + 1] ?? 0) + (pixels[at + 2] ?? 0) > 0) count += 1
      }
      return count
    })
  }

  /** The guest's screen as the window has it: red, green, blue of each pixel in one number, row by row. */
  async screenPixels(): Promise<number[]> {
    const found: unknown = await this.screenCanvas().evaluate((node) => {
      if (!(node instanceof HTMLCanvasElement)) return '[]'
      const copy = new OffscreenCanvas(node.width, node.height).getContext('2d', { willReadFrequently: true })
      copy?.drawImage(node, 0, 0)
      const bytes = copy?.getImageData(0, 0, node.width, node.height).data ?? new Uint8ClampedArray()
      const pixels: number[] = []
      for (let at = 0; at < bytes.length; at += 4) {
        pixels.push(((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0))
      }
      return JSON.stringify(pixels)
    })
    return JSON.parse(String(found))
  }

  keyboard(): Locator {
    return this.page.getByTestId('keyboard')
  }

  /** Lines of the log that have these words. */
  logLine(words: string | RegExp): Locator {
    return this.page.locator('.log-text', { hasText: words })
  }

  // ---- details --------------------------------------------------------------------------------

  part(name: string): Locator {
    return this.page.getByRole('option', { name })
  }

  details(): Locator {
    return this.page.getByTestId('details-page')
  }

  dialog(): Locator {
    return this.page.getByRole('alertdialog').or(this.page.getByRole('dialog'))
  }

  async addDevice(kind: string): Promise<void> {
    await this.button('Add a device').click()
    await this.page.getByRole('menuitem', { name: kind }).click()
    await this.dialog().waitFor()
  }

  connection(): Locator {
    return this.page.getByTestId('console-connection')
  }

  notice(): Locator {
    return this.page.locator('.window > .notice')
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  chart(name: string): Locator {
    return this.page.getByRole('img', { name: new RegExp(`^${name}`) })
  }
}
