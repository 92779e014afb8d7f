// The window of virtual networks as a user sees it. Runs in: end-to-end tests.

import type { Locator, Page } from 'playwright-core'

export class NetworksPage {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  item(name: string): Locator {
    return this.page.getByRole('listbox', { name: 'Networks' }).getByRole('option', { name })
  }

  field(label: string): Locator {
    return this.page.getByLabel(label, { exact: true })
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  dialog(): Locator {
    return this.page.getByRole('alertdialog')
  }

  /** Opens a list to choose from. */
  async open(label: string): Promise<void> {
    await this.page.locator('.field', { hasText: label }).locator('.select-button').click()
  }

  choice(name: string): Locator {
    return this.page.getByRole('option', { name })
  }
}
