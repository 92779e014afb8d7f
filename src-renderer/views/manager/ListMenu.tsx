// The context menu of the list: of the machines or the connection that are chosen, or of a column's head. Runs in: manager window.

import type { ConnectionInfo } from '../../../src-main/public/connection'
import { shortcuts } from '../../../src-main/public/shortcuts'
import type { DomainInfo } from '../../../src-main/public/types'
import { useWords } from '../../components/Language'
import { ContextMenu, type MenuEntry, type MenuPoint } from '../../components/Menu'
import { connectionEntries } from '../../features/connection/connection-words'
import { contextEntries } from '../../features/domain-actions/action-table'
import { connectionName } from '../../lib/connection-name'
import { keyText } from '../../lib/keys'
import { headEntries } from './list/column-menu'
import type { Column } from './list/columns'
import type { Columns } from './use-columns'

export type ListMenuAt =
  | { readonly kind: 'row'; readonly at: MenuPoint }
  | { readonly kind: 'head'; readonly at: MenuPoint; readonly column: Column['id'] }

export function ListMenu(props: {
  readonly menu: ListMenuAt | null
  readonly selected: readonly DomainInfo[]
  /** The connection whose row alone is chosen. */
  readonly connection: ConnectionInfo | null
  /** The folder whose row alone is chosen: renamed and moved itself. */
  readonly folder: string | null
  readonly columns: Columns
  readonly onAction: (id: string) => void
  readonly onClose: () => void
}) {
  const { t } = useWords()
  const { menu, selected, connection, folder, columns, onAction, onClose } = props
  const [first] = selected
  /** What the list alone can do with machines. */
  const ordering: readonly MenuEntry[] = [
    {
      kind: 'action',
      id: 'rename',
      label: t('action.rename'),
      icon: 'pencil',
      keys: 'F2',
      ...(folder === null && selected.length > 1 && { tip: t('why.one') }),
      disabled: folder === null && (selected.length !== 1 || first?.operations.includes('redefine') !== true),
    },
    { kind: 'action', id: 'folder', label: t('action.folder'), icon: 'folder', keys: keyText(shortcuts.folder.keys, t) },
    { kind: 'action', id: 'tags', label: t('action.tags'), icon: 'tag', keys: keyText(shortcuts.tags.keys, t) },
  ]
  const shown = (): { readonly label: string; readonly entries: readonly MenuEntry[] } => {
    if (menu?.kind === 'head') return { label: t('manager.columns'), entries: headEntries(columns.all, menu.column, t) }
    if (connection !== null) {
      return {
        label: t('connection.menu-of', { name: connectionName(connection, t) }),
        entries: connectionEntries(connection, t),
      }
    }
    const name = folder !== null ? folder : selected.length === 1 ? (first?.name ?? '') : t.number(selected.length)
    return { label: t('action.menu-of', { name }), entries: contextEntries(selected, t, ordering) }
  }
  return (
    <ContextMenu
      at={menu?.at ?? null}
      {...shown()}
      onAction={(id) => {
        if (menu?.kind !== 'head' || !columns.act(id, menu.column)) onAction(id)
      }}
      onClose={onClose}
    />
  )
}
