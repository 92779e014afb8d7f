// The Snapshots page of a domain's window as a user sees it. Runs in: end-to-end tests.
import type { Locator, Page } from 'playwright-core'

export class SnapshotsPage {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  dialog(): Locator {
    return this.page.getByRole('alertdialog').or(this.page.getByRole('dialog'))
  }

  /** Presses the button that does what the dialog asks. */
  async submit(name: string): Promise<void> {
    await this.dialog().getByRole('button', { name, exact: true }).click()
    await this.dialog().waitFor({ state: 'detached', timeout: 60_000 })
  }

  async take(name: string, description = ''): Promise<void> {
    await this.button('Take snapshot…').click()
    await this.dialog().getByLabel('Name').fill(name)
    await this.dialog().getByLabel('Description').fill(description)
    await this.submit('Take snapshot')
    await this.row(name).waitFor({ timeout: 60_000 })
  }

  row(name: string): Locator {
    return this.page.getByRole('row', { name, exact: true })
  }

  async choose(name: string): Promise<void> {
    await this.row(name).click()
    await this.page.getByRole('heading', { name, exact: true }).waitFor({ timeout: 60_000 })
  }

  /** Chooses what the chosen snapshot is compared with. */
  async compareWith(name: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Compare with' }).click()
    await this.page.getByRole('option', { name, exact: true }).click()
  }

  words(words: string | RegExp): Locator {
    return this.page.getByText(words)
  }

  /** Names of the tree's rows with their level, from top to bottom. */
  levels(): Promise<string[]> {
    return this.page
      .getByRole('row')
      .evaluateAll((rows) =>
        rows.map((row) => `${row.querySelector('.snapshot-words > span')?.textContent} ${row.getAttribute('aria-level')}`),
      )
  }
}
