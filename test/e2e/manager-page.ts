// The manager window as a user sees it. Runs in: end-to-end tests.

import type { Locator, Page } from 'playwright-core'
import { dropFiles } from './drop-files'

export class ManagerPage {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  async ready(): Promise<void> {
    await this.page.locator('.status-bar').waitFor({ timeout: 60_000 })
    await this.domain0().first().waitFor({ timeout: 60_000 })
  }

  domain0(): Locator {
    return this.row('Domain 0')
  }

  /** The row of a domain, found by its name. */
  row(name: string): Locator {
    return this.page
      .getByRole('row')
      .filter({ has: this.page.getByText(name, { exact: true }).and(this.page.locator('.name-name')) })
  }

  state(name: string): Locator {
    return this.row(name).locator('.name-state')
  }

  cpuFigure(name: string): Locator {
    return this.row(name).locator('.figure').first()
  }

  async waitForState(name: string, words: string | RegExp): Promise<void> {
    await this.row(name).locator('.name-state', { hasText: words }).waitFor({ timeout: 60_000 })
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  async pressDemoGuest(): Promise<void> {
    await this.page.locator('.empty').getByRole('button', { name: 'Demo guest' }).click()
  }

  async openContextMenu(name: string): Promise<void> {
    await this.row(name).click({ button: 'right' })
    await this.menu().waitFor()
  }

  menu(): Locator {
    return this.page.getByRole('menu')
  }

  /** Behind the name may stand its keys, or why it cannot be chosen. */
  menuItem(name: string): Locator {
    return this.page.getByRole('menuitem', { name: new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![a-z])`) })
  }

  async choose(domain: string, action: string): Promise<void> {
    await this.openContextMenu(domain)
    await this.menuItem(action).click()
    await this.menu().waitFor({ state: 'detached' })
  }

  /** Answers the dialog that saves a machine as a template. */
  async nameTemplate(name: string): Promise<void> {
    await this.dialog().getByLabel('Name').fill(name)
    await this.page.keyboard.press('Enter')
    await this.dialog().waitFor({ state: 'detached' })
  }

  dialog(): Locator {
    return this.page.getByRole('alertdialog').or(this.page.getByRole('dialog'))
  }

  failures(): Locator {
    return this.page.locator('.activity .notice.bad')
  }

  jobs(): Locator {
    return this.page.locator('.job')
  }

  /** What was said to screen readers so far. */
  async announcements(): Promise<readonly string[]> {
    return this.page.getByTestId('live-region').locator('p').allTextContents()
  }

  /** Accessible name of what has the keyboard. */
  async focused(): Promise<string> {
    return this.page.evaluate(() => {
      const active = document.activeElement
      if (active === document.body) return 'nothing'
      // The list has the keyboard itself and names its row.
      const node = document.getElementById(active?.getAttribute('aria-activedescendant') ?? '') ?? active
      return `${node?.getAttribute('role') ?? node?.tagName.toLowerCase()} ${node?.getAttribute('aria-label') ?? node?.textContent ?? ''}`
    })
  }

  // ---- connections ----------------------------------------------------------------------------

  /** The row of a connection, found by its name. */
  connection(name: string): Locator {
    return this.page.locator('.row.connection', { has: this.page.getByText(name, { exact: true }) })
  }

  async waitForConnection(name: string, words: string | RegExp): Promise<void> {
    await this.connection(name).locator('.group-note', { hasText: words }).waitFor({ timeout: 60_000 })
  }

  async chooseOfConnection(name: string, action: string): Promise<void> {
    await this.connection(name).click({ button: 'right' })
    await this.menuItem(action).first().click()
    await this.menu().waitFor({ state: 'detached' })
  }

  async addConnection(name: string, driver = 'Test driver'): Promise<void> {
    await this.button('Application menu').click()
    await this.menuItem('Add connection').click()
    await this.dialog().getByText(driver, { exact: true }).click()
    await this.dialog().getByLabel('Name', { exact: true }).fill(name)
    await this.button('Add and connect').click()
    await this.dialog().waitFor({ state: 'detached' })
  }

  // ---- the list -------------------------------------------------------------------------------

  list(): Locator {
    return this.page.getByRole('treegrid')
  }

  filter(): Locator {
    return this.page.locator('.filter input')
  }

  folder(name: string): Locator {
    return this.page.locator('.row.folder', { hasText: name })
  }

  /** Names of the domains in the order of the list, as far as they are drawn. */
  async names(): Promise<readonly string[]> {
    const rows = await this.page.locator('.row.domain').evaluateAll((nodes) =>
      nodes
        .map((node) => ({
          index: Number(node.getAttribute('aria-rowindex')),
          name: node.querySelector('.name-name')?.textContent ?? '',
        }))
        .sort((a, b) => a.index - b.index),
    )
    return rows.map(({ name }) => name)
  }

  undoBar(): Locator {
    return this.page.locator('.undo-bar')
  }

  palette(): Locator {
    return this.page.locator('.palette')
  }

  /** The command of the palette that these words find first. */
  async command(words: string): Promise<void> {
    await this.page.keyboard.press('Control+k')
    await this.palette().waitFor()
    await this.page.keyboard.type(words)
    await this.page.keyboard.press('Enter')
  }

  /** Drops files of the host onto the window, or onto the row of a machine, as a file manager would. */
  async drop(files: readonly string[], onto?: string | Locator): Promise<void> {
    const target = typeof onto === 'string' ? this.row(onto) : (onto ?? this.page.locator('.window'))
    await dropFiles(this.page, target, files)
  }
}
