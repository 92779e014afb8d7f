// The toolbar of the manager: what to do with the chosen domain, the filter, and the rest in a menu.
// Invariant: no button changes its place or size with the state of what is chosen.
// Runs in: manager window.

import type { RefObject } from 'react'
import { Input, SearchField, Toolbar } from 'react-aria-components'
import type { DomainInfo, Preferences } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { ToolButton } from '../../components/Button'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import { MenuButton } from '../../components/Menu'
import { isActionId, isAllowed, labelOf, pauseOrResume, stopEntries } from '../../features/domain-actions/action-table'
import { usePerform } from '../../features/domain-actions/DomainActions'

export interface ManagerToolbarProps {
  readonly selected: DomainInfo | null
  readonly filter: string
  readonly filterInput: RefObject<HTMLInputElement | null>
  readonly filterDisabled: boolean
  readonly demoAvailable: boolean
  readonly onFilter: (text: string) => void
  readonly onFilterDone: () => void
  readonly onOpenView: (view: 'create-domain' | 'networks' | 'preferences' | 'about') => void
  readonly onDemo: () => void
  readonly preferences: Preferences
  readonly onPreferences: (change: Partial<Preferences>) => void
}

export function ManagerToolbar(props: ManagerToolbarProps) {
  const { selected } = props
  const { t } = useWords()
  const client = useClient()
  const perform = usePerform()
  const { diskColumn, networkColumn } = props.preferences
  const guest = selected?.kind === 'guest' ? selected : null
  const pause = pauseOrResume(guest)
  const can = (id: 'run' | 'pause' | 'resume' | 'shutdown') => guest !== null && isAllowed(id, guest)

  const fromMenu = (id: string) => {
    if (id === 'new') props.onOpenView('create-domain')
    else if (id === 'preferences' || id === 'about' || id === 'networks') props.onOpenView(id)
    else if (id === 'diskColumn') props.onPreferences({ diskColumn: !diskColumn })
    else if (id === 'networkColumn') props.onPreferences({ networkColumn: !networkColumn })
    else if (id === 'demo') props.onDemo()
    else if (id === 'quit') void client.call('quit', {})
    else if (isActionId(id)) perform(id, selected)
  }

  return (
    <header className="toolbar">
      <Toolbar aria-label={t('manager.toolbar')} className="toolbar-buttons">
        <ToolButton icon="plus" label={t('action.new')} keys={t('key.new')} onPress={() => props.onOpenView('create-domain')}>
          <span className="word">{t('action.new')}</span>
        </ToolButton>
        <span className="divider" />
        <ToolButton
          icon="open"
          label={t('action.open')}
          keys={t('key.enter')}
          disabled={selected === null}
          onPress={() => perform('open', selected)}
        >
          <span className="word">{t('action.open')}</span>
        </ToolButton>
        <ToolButton icon="run" label={labelOf('run', guest, t)} disabled={!can('run')} onPress={() => perform('run', guest)}>
          <span className="word">{t('action.run')}</span>
        </ToolButton>
        <ToolButton
          icon={pause === 'pause' ? 'pause' : 'run'}
          label={labelOf(pause, guest, t)}
          disabled={!can(pause)}
          onPress={() => perform(pause, guest)}
        >
          <span className="word same-width">
            <span aria-hidden={pause !== 'pause'}>{t('action.pause')}</span>
            <span aria-hidden={pause !== 'resume'}>{t('action.resume')}</span>
          </span>
        </ToolButton>
        <ToolButton
          icon="power"
          label={t('action.shutdown')}
          disabled={!can('shutdown')}
          onPress={() => perform('shutdown', guest)}
        >
          <span className="word">{t('action.shutdown')}</span>
        </ToolButton>
        <MenuButton
          icon="down"
          label={t('action.shutdown-menu')}
          disabled={guest === null}
          entries={guest === null ? [] : stopEntries(guest, t)}
          onAction={fromMenu}
        />
      </Toolbar>
      <span className="fill" />
      <SearchField
        className="filter"
        aria-label={t('manager.filter')}
        value={props.filter}
        onChange={props.onFilter}
        isDisabled={props.filterDisabled}
      >
        <Icon name="search" />
        <Input
          ref={props.filterInput}
          className="input"
          placeholder={t('manager.filter')}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowDown' && event.key !== 'Enter') return
            event.preventDefault()
            props.onFilterDone()
          }}
        />
      </SearchField>
      <MenuButton
        icon="more"
        label={t('action.more')}
        entries={[
          { kind: 'action', id: 'new', label: t('action.new'), icon: 'plus', keys: t('key.new') },
          { kind: 'action', id: 'demo', label: t('action.demo'), icon: 'run', disabled: !props.demoAvailable },
          { kind: 'action', id: 'restore', label: t('action.restore'), icon: 'restore' },
          { kind: 'separator', id: 's1' },
          { kind: 'action', id: 'diskColumn', label: t('manager.show-disk'), ...(diskColumn && { icon: 'check' as const }) },
          {
            kind: 'action',
            id: 'networkColumn',
            label: t('manager.show-network'),
            ...(networkColumn && { icon: 'check' as const }),
          },
          { kind: 'separator', id: 's3' },
          { kind: 'action', id: 'networks', label: t('action.networks'), icon: 'network' },
          { kind: 'action', id: 'preferences', label: t('action.preferences'), icon: 'gear' },
          { kind: 'action', id: 'about', label: t('action.about'), icon: 'info' },
          { kind: 'separator', id: 's2' },
          { kind: 'action', id: 'quit', label: t('action.quit'), icon: 'close', keys: t('key.quit') },
        ]}
        onAction={fromMenu}
      />
    </header>
  )
}
