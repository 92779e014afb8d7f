// The menu bars, which the system draws and no page shows: read and chosen from in the main process. Runs in: end-to-end tests.

import type { JSHandle, Page } from 'playwright-core'
import type { RunningApp } from './app'

interface MenuEntry {
  readonly path: string
  readonly id: string
  readonly enabled: boolean
}

const KEPT = 'menuOfTest'

export class MenuBar {
  private readonly app: RunningApp

  private constructor(app: RunningApp) {
    this.app = app
  }

  /** From now on; `page` is any window of the app, which has all menus made anew. */
  static async of(app: RunningApp, page: Page): Promise<MenuBar> {
    await app.electron.evaluate(({ BrowserWindow }, kept) => {
      const own = BrowserWindow.prototype.setMenu
      BrowserWindow.prototype.setMenu = function setMenu(menu) {
        Reflect.set(this, kept, menu)
        own.call(this, menu)
      }
    }, KEPT)
    await page.evaluate(async () => {
      const { call } = Reflect.get(window, 'ringmaster')
      const { value } = await call('preferencesGet', {})
      await call('preferencesSet', value)
    })
    return new MenuBar(app)
  }

  /** `path`: the words on the way to it, as `View > Details`. */
  async entries(page: Page): Promise<readonly MenuEntry[]> {
    const window: JSHandle<object> = await this.app.electron.browserWindow(page)
    return window.evaluate((own, kept) => {
      const found: MenuEntry[] = []
      const look = (items: readonly object[], above: string): void => {
        for (const item of items) {
          const [label, id, enabled, below] = ['label', 'id', 'enabled', 'submenu'].map((key) => Reflect.get(item, key))
          const path = above === '' ? String(label) : `${above} > ${label}`
          if (below) look(Reflect.get(below, 'items'), path)
          else found.push({ path, id: String(id ?? ''), enabled: enabled === true })
        }
      }
      look(Reflect.get(Reflect.get(own, kept), 'items'), '')
      return found
    }, KEPT)
  }

  /** What can be chosen of the words below this one. */
  async offered(page: Page, above: string): Promise<readonly string[]> {
    const entries = await this.entries(page)
    return entries.flatMap(({ path, enabled, id }) =>
      enabled && id !== '' && path.startsWith(`${above} > `) ? [path.slice(above.length + 3)] : [],
    )
  }

  async choose(page: Page, id: string): Promise<void> {
    const window: JSHandle<object> = await this.app.electron.browserWindow(page)
    await window.evaluate(
      (own, [kept, wanted]) => {
        const menu = Reflect.get(own, kept)
        Reflect.apply(Reflect.get(menu.getMenuItemById(wanted), 'click'), undefined, [])
      },
      [KEPT, id] as const,
    )
  }

  /** What main does itself has no id: by its word, in a menu of the bar. */
  async chooseWord(page: Page, menu: string, word: string): Promise<void> {
    const window: JSHandle<object> = await this.app.electron.browserWindow(page)
    await window.evaluate(
      (own, [kept, above, label]) => {
        const called = (items: readonly object[], name: string): object =>
          items.find((item) => Reflect.get(item, 'label') === name) ?? {}
        const bar = called(Reflect.get(Reflect.get(own, kept), 'items'), above)
        Reflect.apply(Reflect.get(called(Reflect.get(Reflect.get(bar, 'submenu'), 'items'), label), 'click'), undefined, [])
      },
      [KEPT, menu, word] as const,
    )
  }
}
