// The menu bar, as data. In a domain window the keys a shell wants (Ctrl+W, Ctrl+Q, …) belong to the console, so its menu uses them with
// Shift, as virt-manager does. What is about machines is chosen in the page and greyed until the page offers it.
// Runs in: main and tests, plain Node.
import type { MenuItemConstructorOptions } from 'electron'
import { DOMAIN_PAGES, type MachineCommand, SEND_KEY } from '../public/menu'
import { labelOf, sendKeys } from '../public/send-keys'
import { acceleratorOf, type ShortcutId } from '../public/shortcuts'
import type { WindowView } from '../public/types'
import type { MenuText } from './menu-text'
import type { ZoomStep } from './zoom'

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
  zoom(step: ZoomStep): void
  quit(): void
}

const separator: MenuItemConstructorOptions = { type: 'separator' }

/** `choose`: tells the page of the window. */
export function menuTemplate(
  view: WindowView,
  text: MenuText,
  actions: MenuActions,
  choose: (command: string) => void,
): MenuItemConstructorOptions[] {
  const inDomain = view === 'domain'
  const keys = (id: ShortcutId): string => acceleratorOf(id, inDomain)
  const offered = (id: string, label: string): MenuItemConstructorOptions => ({
    id,
    label,
    enabled: false,
    click: () => choose(id),
  })
  const ofMachine = (id: MachineCommand): MenuItemConstructorOptions => offered(id, text[`machine-${id}`])
  const file: MenuItemConstructorOptions[] = [
    { label: text.newMachine, accelerator: keys('newMachine'), click: actions.newMachine },
    { label: text.restore, click: actions.restore },
    { label: text.importConfig, click: actions.importConfig },
    { label: text.trash, click: actions.trash },
    separator,
    { label: text.addConnection, click: actions.addConnection },
    separator,
    { label: text.close, accelerator: keys('close'), role: 'close' },
    { label: text.quit, accelerator: keys('quit'), click: actions.quit },
  ]
  const edit: MenuItemConstructorOptions[] = [
    { label: text.cut, role: 'cut' },
    { label: text.copy, role: 'copy' },
    { label: text.paste, role: 'paste' },
    { label: text.selectAll, role: 'selectAll' },
    separator,
    { label: text.host, click: actions.host },
    { label: text.networks, click: actions.networks },
    { label: text.preferences, click: actions.preferences },
  ]
  const stop = (['reboot', 'shutdown', 'reset', 'forceOff', 'managedSave', 'save'] as const).map(ofMachine)
  const machine: MenuItemConstructorOptions[] = [
    ...(inDomain ? [] : [ofMachine('open'), ofMachine('details'), separator]),
    ofMachine('run'),
    ofMachine('pause'),
    ofMachine('resume'),
    { label: text.stop, submenu: stop },
    separator,
    ofMachine('clone'),
    ofMachine('migrate'),
    ofMachine('template'),
    ofMachine('delete'),
    ...(inDomain ? [separator, ofMachine('screen-shot')] : []),
  ]
  const look: MenuItemConstructorOptions[] = [
    ...(inDomain ? [...DOMAIN_PAGES.map((page) => offered(`page-${page}`, text[`page-${page}`])), separator] : []),
    ...(view === 'manager' ? [] : [{ label: text.manager, click: actions.manager }]),
    { label: text.wall, accelerator: keys('wall'), click: actions.wall },
    separator,
    { label: text.zoomIn, accelerator: keys('zoomIn'), click: () => actions.zoom('in') },
    { label: text.zoomOut, accelerator: keys('zoomOut'), click: () => actions.zoom('out') },
    { label: text.zoomReset, accelerator: keys('zoomReset'), click: () => actions.zoom('reset') },
    { label: text.fullScreen, role: 'togglefullscreen', accelerator: keys('fullScreen') },
  ]
  const send = sendKeys.map((row) => offered(`${SEND_KEY}${row.id}`, labelOf(row, text.language)))
  // Alt with a letter is the guest's in its window: words are gone over by it in a shell.
  const top = (label: string): string => (inDomain ? label.replace('&', '') : label)
  const aboutMachines = view === 'manager' || inDomain
  return [
    { label: top(text.file), submenu: file },
    { label: top(text.edit), submenu: edit },
    ...(aboutMachines ? [{ label: top(text.machine), submenu: machine }] : []),
    { label: top(text.view), submenu: look },
    ...(inDomain ? [{ label: top(text.sendKey), submenu: send }] : []),
    {
      label: top(text.help),
      submenu: [
        { label: text.doctor, click: actions.doctor },
        { label: text.about, click: actions.about },
      ],
    },
  ]
}
