// The menu bar. In a domain window the keys a shell wants (Ctrl+W, Ctrl+Q, …) belong to the console, so its menu uses them with
// Shift, as virt-manager does. Runs in: main (Electron).
import { Menu, type MenuItemConstructorOptions } from 'electron'
import { acceleratorOf, type ShortcutId } from '../public/shortcuts'
import type { WindowView } from '../public/types'
import type { MenuText } from './menu-text'

export interface MenuActions {
  newMachine(): void
  restore(): void
  importConfig(): void
  trash(): void
  addConnection(): void
  preferences(): void
  networks(): void
  wall(): void
  doctor(): void
  host(): void
  about(): void
  manager(): void
  quit(): void
}

export function buildMenu(view: WindowView, text: MenuText, actions: MenuActions): Menu {
  const keys = (id: ShortcutId): string => acceleratorOf(id, view === 'domain')
  const file: MenuItemConstructorOptions[] = [
    { label: text.newMachine, accelerator: keys('newMachine'), click: actions.newMachine },
    { label: text.restore, click: actions.restore },
    { label: text.importConfig, click: actions.importConfig },
    { label: text.trash, click: actions.trash },
    { type: 'separator' },
    { label: text.addConnection, click: actions.addConnection },
    { type: 'separator' },
    { label: text.close, accelerator: keys('close'), role: 'close' },
    { label: text.quit, accelerator: keys('quit'), click: actions.quit },
  ]
  const edit: MenuItemConstructorOptions[] = [
    { role: 'cut' },
    { role: 'copy' },
    { role: 'paste' },
    { role: 'selectAll' },
    { type: 'separator' },
    { label: text.host, click: actions.host },
    { label: text.networks, click: actions.networks },
    { label: text.preferences, click: actions.preferences },
  ]
  const look: MenuItemConstructorOptions[] = [
    ...(view === 'manager' ? [] : [{ label: text.manager, click: actions.manager }]),
    { label: text.wall, accelerator: keys('wall'), click: actions.wall },
    { role: 'zoomIn', accelerator: keys('zoomIn') },
    { role: 'zoomOut', accelerator: keys('zoomOut') },
    { role: 'resetZoom', accelerator: keys('zoomReset') },
    { role: 'togglefullscreen', accelerator: keys('fullScreen') },
  ]
  return Menu.buildFromTemplate([
    { label: text.file, submenu: file },
    { label: text.edit, submenu: edit },
    { label: text.view, submenu: look },
    {
      label: text.help,
      submenu: [
        { label: text.doctor, click: actions.doctor },
        { label: text.about, click: actions.about },
      ],
    },
  ])
}
