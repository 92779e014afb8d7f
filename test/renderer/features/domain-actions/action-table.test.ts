// What can be done with a domain: offered when allowed, named in both languages, in the same places.

import { describe, expect, it } from 'vitest'
import { type DomainInfo, domainOperations } from '../../../../src-main/public/types'
import {
  type ActionId,
  actionTable,
  contextEntries,
  isActionId,
  isAllowed,
  labelOf,
  savedFileName,
} from '../../../../src-renderer/features/domain-actions/action-table'
import { makeTranslator } from '../../../../src-renderer/lib/translate'
import { domainInfo } from '../../../support/domain-info'

const t = makeTranslator('en')

const ids = Object.keys(actionTable).filter(isActionId)

describe('the actions of a domain', () => {
  it.each(ids)('%s is allowed exactly when its operation is', (id: ActionId) => {
    const { needs } = actionTable[id]
    const never = 'never' in actionTable[id]
    expect(isAllowed(id, domainInfo({ operations: [...domainOperations] }))).toBe(!never)
    if (never) return
    expect(isAllowed(id, domainInfo({ operations: domainOperations.filter((operation) => operation !== needs) }))).toBe(
      needs === null,
    )
  })

  it('keep their places in the context menu whatever the state; Pause and Resume share one', () => {
    const places = (state: DomainInfo['state']) => contextEntries(domainInfo({ state }), t).map(({ id }) => id)
    const running = places('running')
    expect(places('crashed')).toEqual(running)
    expect(places('paused')).toEqual(running.map((id) => (id === 'pause' ? 'resume' : id)))
  })

  it('call Run by what it will do for a saved domain', () => {
    expect(labelOf('run', domainInfo({ state: 'saved' }), t)).toBe('Run from saved state')
    expect(labelOf('run', domainInfo({ state: 'shutoff' }), t)).toBe('Run')
  })

  it('ask before anything that destroys', () => {
    const silent = ids.filter((id) => 'danger' in actionTable[id] && actionTable[id].confirm === 'no')
    expect(silent).toEqual([])
  })

  it('propose a file name any file system takes', () => {
    expect(savedFileName(domainInfo({ name: 'a/b:c*"d' }), new Date(2026, 10, 3))).toBe('a_b_c__d 2026-11-03')
  })
})
