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

  refusal(): Locator {
    return this.page.locator('.notice.bad')
  }
}
