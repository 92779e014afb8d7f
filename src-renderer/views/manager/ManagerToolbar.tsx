// The toolbar of the manager: what to do with the chosen domain, the filter, and the rest in a menu.
// Invariant: no button changes its place or size with the state of what is chosen.
// Runs in: manager window.

import type { RefObject } from 'react'
import { Input, SearchField, Toolbar } from 'react-aria-components'
import type { DomainInfo } from '../../../src-main/public/types'
import { ToolButton } from '../../components/Button'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import { MenuButton, type MenuEntry } from '../../components/Menu'
import { isPossible, keysOf, labelOf, stopEntries, whyNotNow } from '../../features/domain-actions/action-table'
import { PauseButton } from '../../features/domain-actions/PauseButton'
import { appEntries, filterEntries } from './toolbar-menus'

export interface ManagerToolbarProps {
  /** What is chosen: domain 0 among it can only be opened. */
  readonly selected: readonly DomainInfo[]
  readonly filter: string
  readonly filterInput: RefObject<HTMLInputElement | null>
  readonly filterDisabled: boolean
  readonly whyNoDemo: string | undefined
  readonly columns: readonly MenuEntry[]
  readonly filters: readonly { readonly name: string; readonly text: string }[]
  readonly onFilter: (text: string) => void
  readonly onFilterDone: () => void
  readonly onAction: (id: string) => void
}

export function ManagerToolbar(props: ManagerToolbarProps) {
  const { selected, onAction } = props
  const { t } = useWords()
  const guests = selected.filter(({ kind }) => kind === 'guest')
  const [only] = guests
  const one = guests.length === 1 ? (only ?? null) : null
  const can = (id: 'run' | 'shutdown') => isPossible(id, guests)

  return (
    <header className="toolbar">
      <Toolbar aria-label={t('manager.toolbar')} className="toolbar-buttons">
        <ToolButton icon="plus" label={t('action.new')} keys={t('key.new')} onPress={() => onAction('new')}>
          <span className="word">{t('action.new')}</span>
        </ToolButton>
        <span className="divider" />
        <ToolButton
          icon="open"
          label={t('action.open')}
          keys={t('key.enter')}
          why={selected.length > 1 ? t('why.one') : undefined}
          disabled={selected.length !== 1}
          onPress={() => onAction('open')}
        >
          <span className="word">{t('action.open')}</span>
        </ToolButton>
        <ToolButton
          icon="run"
          label={labelOf('run', one, t)}
          keys={keysOf('run', t)}
          why={whyNotNow('run', guests, t)}
          disabled={!can('run')}
          onPress={() => onAction('run')}
        >
          <span className="word">{t('action.run')}</span>
        </ToolButton>
        <PauseButton domains={guests} keys={keysOf('pause', t)} onAction={onAction} />
        <ToolButton
          icon="power"
          label={t('action.shutdown')}
          keys={keysOf('shutdown', t)}
          why={whyNotNow('shutdown', guests, t)}
          disabled={!can('shutdown')}
          onPress={() => onAction('shutdown')}
        >
          <span className="word">{t('action.shutdown')}</span>
        </ToolButton>
        <MenuButton
          icon="down"
          label={t('action.shutdown-menu')}
          disabled={guests.length === 0}
          entries={stopEntries(guests, t)}
          onAction={onAction}
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
        icon="star"
        label={t('filter.menu')}
        entries={filterEntries(props.filters, props.filter, t)}
        onAction={onAction}
      />
      <MenuButton icon="columns" label={t('manager.columns')} entries={props.columns} onAction={onAction} />
      <MenuButton icon="more" label={t('action.more')} entries={appEntries(props.whyNoDemo, t)} onAction={onAction} />
    </header>
  )
}
