// The menu of the tray icon, as data: the machines that are on, each with what is done to it from afar, as in virt-manager.
// Runs in: main and tests, plain Node.
import type { MenuItemConstructorOptions } from 'electron'
import type { DomainInfo } from '../public/types'
import type { MenuText } from './menu-text'

/** What the tray does to a machine at once; all else is in its window. */
export type TrayOperation = 'suspend' | 'resume' | 'shutdown'

export interface TrayActions {
  manager(): void
  quit(): void
  open(uuid: string): void
  operate(uuid: string, operation: TrayOperation): void
}

/** More are in the manager; a menu as high as the screen helps nobody. */
const MACHINES_MOST = 20

const rows = [
  ['suspend', 'machine-pause'],
  ['resume', 'machine-resume'],
  ['shutdown', 'machine-shutdown'],
] as const satisfies readonly (readonly [TrayOperation, keyof MenuText])[]

/** Those the tray shows: on, by name. */
export function trayMachines(domains: readonly DomainInfo[]): DomainInfo[] {
  return domains
    .filter(({ kind, domid }) => kind === 'guest' && domid !== null)
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
    .slice(0, MACHINES_MOST)
}

export function trayTemplate(
  machines: readonly DomainInfo[],
  text: MenuText,
  actions: TrayActions,
): MenuItemConstructorOptions[] {
  const ofMachine = ({ uuid, name, operations }: DomainInfo): MenuItemConstructorOptions => ({
    // A lone & would mark a letter for Alt.
    label: name.replaceAll('&', '&&'),
    submenu: [
      { label: text['machine-open'], click: () => actions.open(uuid) },
      { type: 'separator' },
      ...rows.map(([operation, label]) => ({
        label: text[label],
        enabled: operations.includes(operation),
        click: () => actions.operate(uuid, operation),
      })),
    ],
  })
  const separator: MenuItemConstructorOptions = { type: 'separator' }
  return [
    { label: text.manager, click: actions.manager },
    separator,
    ...(machines.length > 0 ? [...machines.map(ofMachine), separator] : []),
    { label: text.quit, click: actions.quit },
  ]
}
