// The window for a new virtual machine as a user sees it. Runs in: end-to-end tests.

import type { Locator, Page } from 'playwright-core'
import { dropFiles } from './drop-files'

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
    await this.page
      .locator('.field', { has: this.page.getByText(label, { exact: true }) })
      .locator('.select-button')
      .click()
    await this.page.getByRole('option', { name: option }).click()
  }

  /** Drops files of the host onto the window. */
  drop(files: readonly string[]): Promise<void> {
    return dropFiles(this.page, this.page.locator('form.create'), files)
  }

  summary(): Locator {
    return this.page.getByTestId('summary')
  }

  /** What the page is filled in from. */
  async startFrom(way: string): Promise<void> {
    await this.page.getByRole('radiogroup', { name: 'Start from' }).getByText(way, { exact: true }).click()
  }

  /** The list of templates, in which one is chosen. */
  templates(): Locator {
    return this.page.locator('.create-template .select-button')
  }

  /** Fills the page in from a template, once the templates are known. */
  async startFromTemplate(name: string): Promise<void> {
    await this.startFrom('Template')
    await this.templates().and(this.page.locator(':enabled')).waitFor()
    await this.choose('Template', name)
  }

  /** The end of the page, shown in one of its ways. */
  async show(what: 'Summary' | 'Command' | 'Domain XML' | 'xl.cfg file'): Promise<void> {
    await this.page.getByRole('radiogroup', { name: 'It will be' }).getByText(what, { exact: true }).click()
  }

  text(): Locator {
    return this.page.locator('.create-text pre')
  }

  refusal(): Locator {
    return this.page.locator('.notice.bad')
  }
}
