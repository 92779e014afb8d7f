// The menu bars of the windows: made anew when the language changes, and greyed by what the page of each offers.
// Invariant: where the system has one menu bar for all (macOS) it is the manager's. Runs in: main (Electron).
import { BrowserWindow, Menu } from 'electron'
import type { WindowView } from '../public/types'
import { type MenuActions, menuTemplate } from './menu'
import type { MenuText } from './menu-text'

export interface MenusParts {
  text(): MenuText
  readonly actions: MenuActions
  viewOf(window: BrowserWindow): WindowView
  /** Tells the page of the window what was chosen. */
  chosen(window: BrowserWindow, command: string): void
}

export class Menus {
  private readonly parts: MenusParts
  private readonly offered = new WeakMap<BrowserWindow, ReadonlySet<string>>()
  private readonly menus = new WeakMap<BrowserWindow, Menu>()
  /** Chosen before the page could hear it. */
  private readonly waiting = new WeakMap<BrowserWindow, string[]>()

  constructor(parts: MenusParts) {
    this.parts = parts
  }

  /** A new window, or one whose words have changed. */
  dress(window: BrowserWindow): void {
    if (process.platform === 'darwin') return
    const menu = this.build(this.parts.viewOf(window), (command) => this.parts.chosen(window, command))
    this.menus.set(window, menu)
    this.grey(window)
    window.setMenu(menu)
  }

  renew(): void {
    if (process.platform !== 'darwin') {
      for (const window of BrowserWindow.getAllWindows()) this.dress(window)
      return
    }
    const chosen = (command: string): void => {
      const window = BrowserWindow.getFocusedWindow()
      if (window) this.parts.chosen(window, command)
    }
    Menu.setApplicationMenu(this.build('manager', chosen))
  }

  /** What can be chosen in the window now. */
  offer(window: BrowserWindow, commands: readonly string[]): void {
    this.offered.set(window, new Set(commands))
    this.grey(window)
    for (const command of this.waiting.get(window) ?? []) this.parts.chosen(window, command)
    this.waiting.delete(window)
  }

  /** What was chosen elsewhere; a page that is only being opened hears it once it has said what it offers, which it does when it listens. */
  choose(window: BrowserWindow, command: string): void {
    if (this.offered.has(window)) this.parts.chosen(window, command)
    else this.waiting.set(window, [...(this.waiting.get(window) ?? []), command])
  }

  private build(view: WindowView, chosen: (command: string) => void): Menu {
    return Menu.buildFromTemplate(menuTemplate(view, this.parts.text(), this.parts.actions, chosen))
  }

  private grey(window: BrowserWindow): void {
    const offered = this.offered.get(window)
    const look = (menu: Menu | undefined): void => {
      for (const item of menu?.items ?? []) {
        // Only what waits for the page has an id of ours; Electron gives none.
        if (item.id) item.enabled = offered?.has(item.id) === true
        look(item.submenu)
      }
    }
    look(this.menus.get(window))
  }
}
