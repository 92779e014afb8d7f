// The tray icon, where the desktop has a tray: without one the app is found again by starting it a second time.
// Invariant: its menu follows the machines, but is made anew only when it would be another. Runs in: main (Electron).
import { Menu, nativeImage, Tray } from 'electron'
import type { DomainInfo } from '../public/types'
import type { MenuText } from './menu-text'
import { type TrayActions, trayMachines, trayTemplate } from './tray-menu'

export interface TrayParts {
  readonly icon: string
  readonly actions: TrayActions
  text(): MenuText
  domains(): readonly DomainInfo[]
}

/** A thousand machines that start together are one change. */
const GATHER_MS = 500

export class TrayIcon {
  private readonly parts: TrayParts
  private tray: Tray | undefined
  private shown = ''
  private timer: NodeJS.Timeout | undefined

  constructor(parts: TrayParts) {
    this.parts = parts
  }

  /** Whether this desktop can have one; on Linux that needs a session bus. */
  static possible(): boolean {
    return process.platform !== 'linux' || process.env['DBUS_SESSION_BUS_ADDRESS'] !== undefined
  }

  /** Also when its words have changed. */
  show(): void {
    if (!TrayIcon.possible()) return
    try {
      const icon = nativeImage.createFromPath(this.parts.icon)
      if (icon.isEmpty()) return
      this.tray ??= new Tray(icon)
    } catch {
      return // No tray after all: nothing depends on it.
    }
    this.tray.setToolTip('Ringmaster')
    this.tray.removeAllListeners('click')
    this.tray.on('click', this.parts.actions.manager)
    this.shown = ''
    this.draw()
  }

  hide(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.tray?.destroy()
    this.tray = undefined
  }

  /** Machines came, went or changed. */
  changed(): void {
    if (this.tray === undefined || this.timer !== undefined) return
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.draw()
    }, GATHER_MS)
    this.timer.unref()
  }

  private draw(): void {
    const machines = trayMachines(this.parts.domains())
    const shown = JSON.stringify(machines.map(({ uuid, name, operations }) => [uuid, name, operations]))
    if (shown === this.shown) return
    this.shown = shown
    this.tray?.setContextMenu(Menu.buildFromTemplate(trayTemplate(machines, this.parts.text(), this.parts.actions)))
  }
}
