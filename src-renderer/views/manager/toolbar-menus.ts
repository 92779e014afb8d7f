// The menus of the toolbar: the app's own, and the saved filters.
// Invariant: whatever can be chosen here is a command of the palette too (commands.ts). Runs in: renderer and tests; pure.

import type { ListLayout } from '../../../src-main/public/list'
import type { MenuEntry } from '../../components/Menu'
import type { Translator } from '../../lib/translate'
import { FORGET_FILTER, USE_FILTER } from './commands'

/** The saved filters, keeping this one, forgetting each; and what the field understands, for reading. */
export function filterEntries(filters: ListLayout['filters'], text: string, t: Translator): readonly MenuEntry[] {
  return [
    ...filters.map(
      ({ name, text: kept }): MenuEntry => ({
        kind: 'action',
        id: `${USE_FILTER}${name}`,
        label: name,
        reason: kept,
        on: kept === text,
      }),
    ),
    ...(filters.length > 0 ? [{ kind: 'separator' as const, id: 's-filters' }] : []),
    { kind: 'action', id: 'filter-save', label: t('command.filter-save'), icon: 'star', disabled: text.trim() === '' },
    ...filters.map(
      ({ name }): MenuEntry => ({
        kind: 'action',
        id: `${FORGET_FILTER}${name}`,
        label: t('filter.forget', { name }),
        icon: 'trash',
      }),
    ),
    { kind: 'separator', id: 's-help' },
    { kind: 'action', id: 'filter-help', label: t('filter.help-title'), reason: t('filter.examples'), disabled: true },
  ]
}

export function appEntries(whyNoDemo: string | undefined, t: Translator): readonly MenuEntry[] {
  const greyed = whyNoDemo === undefined ? {} : { disabled: true, reason: whyNoDemo }
  return [
    { kind: 'action', id: 'new', label: t('action.new'), icon: 'plus', keys: t('key.new') },
    { kind: 'action', id: 'demo', label: t('action.demo'), icon: 'run', ...greyed },
    { kind: 'action', id: 'restore', label: t('action.restore'), icon: 'restore' },
    { kind: 'action', id: 'import', label: t('action.import'), icon: 'paste' },
    { kind: 'action', id: 'trash', label: t('action.trash'), icon: 'trash' },
    { kind: 'action', id: 'connection-add', label: t('connection.add'), icon: 'network' },
    { kind: 'separator', id: 's1' },
    { kind: 'action', id: 'palette', label: t('command.open-palette'), keys: t('key.with-ctrl', { key: 'K' }) },
    { kind: 'action', id: 'keys', label: t('command.keys'), icon: 'keyboard', keys: t('key.with-ctrl', { key: '/' }) },
    { kind: 'separator', id: 's3' },
    { kind: 'action', id: 'host', label: t('action.host'), icon: 'host' },
    { kind: 'action', id: 'wall', label: t('action.wall'), icon: 'guest', keys: t('key.with-ctrl-shift', { key: 'L' }) },
    { kind: 'action', id: 'networks', label: t('action.networks'), icon: 'network' },
    { kind: 'action', id: 'preferences', label: t('action.preferences'), icon: 'gear' },
    { kind: 'action', id: 'doctor', label: t('action.doctor'), icon: 'doctor' },
    { kind: 'action', id: 'about', label: t('action.about'), icon: 'info' },
    { kind: 'separator', id: 's2' },
    { kind: 'action', id: 'quit', label: t('action.quit'), icon: 'close', keys: t('key.quit') },
  ]
}
