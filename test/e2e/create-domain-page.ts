// The window for a new virtual machine as a user sees it. Runs in: end-to-end tests.

import type { Locator, Page } from 'playwright-core'

export class CreateDomainPage {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  field(label: string): Locator {
    return this.page.getByLabel(label, { exact: true })
  }

  message(label: string): Locator {
    return this.page.locator('.field', { has: this.field(label) }).locator('.field-message')
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name })
  }

  /** The fields of one disk, by the name the guest sees. */
  disk(dev: string): Locator {
    return this.page.getByRole('group', { name: dev, exact: true })
  }

  /** Chooses from a list that opens. */
  async choose(label: string, option: string): Promise<void> {
    await this.page.locator('.field', { hasText: label }).locator('.select-button').click()
    await this.page.getByRole('option', { name: option }).click()
  }

  summary(): Locator {
    return this.page.getByTestId('summary')
  }

  refusal(): Locator {
    return this.page.locator('.notice.bad')
  }
}
