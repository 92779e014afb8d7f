// Tells the menu bar of this window what of it can be chosen now (src-main/public/menu.ts), whenever that changes.
// Runs in: manager and domain windows.

import { useEffect } from 'react'
import { MACHINE_COMMANDS } from '../../../src-main/public/menu'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { isActionId, isPossible } from './action-table'

/** Those of the menu's commands that would do something to these machines; domain 0 can only be opened. */
export function possibleCommands(domains: readonly DomainInfo[]): readonly string[] {
  const guests = domains.filter(({ kind }) => kind === 'guest')
  return MACHINE_COMMANDS.filter((id) => isActionId(id) && isPossible(id, id === 'open' ? domains : guests))
}

/** Null: this page is not the one the menu is of. */
export function useMenuOffer(commands: readonly string[] | null): void {
  const client = useClient()
  const told = commands?.join(' ')
  useEffect(() => {
    if (told !== undefined) void client.call('menuOffer', { commands: told === '' ? [] : told.split(' ') })
  }, [client, told])
}
