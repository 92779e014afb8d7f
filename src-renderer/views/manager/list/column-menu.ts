// The menus of columns: which are shown, and what can be done with one of them. Runs in: renderer and tests; pure.

import type { MenuEntry } from '../../../components/Menu'
import type { Translator } from '../../../lib/translate'
import type { Column, ColumnId } from './columns'

export function columnEntries(columns: readonly Column[], t: Translator): readonly MenuEntry[] {
  const ticks = columns.map(
    ({ id, label, shown }): MenuEntry => ({
      kind: 'action',
      id: `column-${id}`,
      label: t(label),
      on: shown,
      disabled: id === 'name',
    }),
  )
  return [
    ...ticks,
    { kind: 'separator', id: 's-reset' },
    { kind: 'action', id: 'columns-reset', label: t('manager.columns-reset') },
  ]
}

export function headEntries(columns: readonly Column[], id: ColumnId, t: Translator): readonly MenuEntry[] {
  const shown = columns.filter((column) => column.shown)
  const place = shown.findIndex((column) => column.id === id)
  return [
    { kind: 'action', id: 'sort-up', label: t('manager.sort-up') },
    { kind: 'action', id: 'sort-down', label: t('manager.sort-down') },
    { kind: 'separator', id: 's-sort' },
    { kind: 'action', id: 'left', label: t('manager.column-left'), disabled: place < 2 },
    { kind: 'action', id: 'right', label: t('manager.column-right'), disabled: place < 1 || place === shown.length - 1 },
    { kind: 'action', id: 'wider', label: t('manager.column-wider') },
    { kind: 'action', id: 'narrower', label: t('manager.column-narrower') },
    { kind: 'separator', id: 's-columns' },
    ...columnEntries(columns, t),
  ]
}
