// The tray icon, where the desktop has a tray: without one the app is found again by starting it a second time.
// Runs in: main (Electron).
import { Menu, nativeImage, Tray } from 'electron'
import type { MenuText } from './menu-text'

export interface TrayActions {
  manager(): void
  quit(): void
}

export class TrayIcon {
  private tray: Tray | undefined

  /** Whether this desktop can have one; on Linux that needs a session bus. */
  static possible(): boolean {
    return process.platform !== 'linux' || process.env['DBUS_SESSION_BUS_ADDRESS'] !== undefined
  }

  show(iconPath: string, text: MenuText, actions: TrayActions): void {
    if (!TrayIcon.possible()) return
    try {
      const icon = nativeImage.createFromPath(iconPath)
      if (icon.isEmpty()) return
      this.tray ??= new Tray(icon)
    } catch {
      return // No tray after all: nothing depends on it.
    }
    this.tray.setToolTip('Ringmaster')
    this.tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: text.manager, click: actions.manager },
        { type: 'separator' },
        { label: text.quit, click: actions.quit },
      ]),
    )
    this.tray.removeAllListeners('click')
    this.tray.on('click', actions.manager)
  }

  hide(): void {
    this.tray?.destroy()
    this.tray = undefined
  }
}
