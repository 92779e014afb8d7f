// What can be done with a domain: offered when allowed, named in both languages, in the same places.

import { describe, expect, it } from 'vitest'
import { type DomainInfo, domainOperations } from '../../../../src-main/public/types'
import { lifeCycle } from '../../../../src-main/toolstack/life-cycle'
import type { MenuEntry } from '../../../../src-renderer/components/Menu'
import {
  type ActionId,
  actionTable,
  contextEntries,
  doneTo,
  isActionId,
  isAllowed,
  isPossible,
  isReadyAfter,
  labelOf,
  savedFileName,
  stopEntries,
  whyNotNow,
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

  it('say why they cannot be done, in the menu what is looked for in vain, of the others under the pointer', () => {
    for (const state of ['shutoff', 'saved', 'running', 'paused', 'crashed', 'saving'] as const) {
      const domain = domainInfo({ state, operations: lifeCycle[state].operations })
      for (const entry of contextEntries(domain, t)) {
        if (entry.kind === 'separator') continue
        const why = entry.reason ?? entry.tip
        expect(why !== undefined, `${entry.id} of a machine that is ${state}`).toBe(entry.disabled)
      }
    }
    const off = domainInfo({ state: 'shutoff', operations: lifeCycle.shutoff.operations })
    expect(contextEntries(off, t).find(({ id }) => id === 'pause')).toMatchObject({ tip: 'Only a machine that runs' })
    expect(whyNotNow('runFresh', [off], t)).toBe('Only a machine with a saved state')
    const two = contextEntries([off, off], t)
    expect(two.find(({ id }) => id === 'clone')).toMatchObject({ reason: 'Only one machine at a time' })
  })

  it('delete one that is on, which is forced off first; of several only those that are off', () => {
    const off = domainInfo({ state: 'shutoff', operations: lifeCycle.shutoff.operations })
    const on = domainInfo({ state: 'running', operations: lifeCycle.running.operations })
    expect([isPossible('delete', [on]), isReadyAfter('delete', on), isReadyAfter('delete', off)]).toEqual([true, true, false])
    expect(doneTo('delete', [on])).toEqual([on])
    expect(doneTo('delete', [on, off])).toEqual([off])
    expect(isPossible('delete', [on, on])).toBe(false)
    expect(isPossible('clone', [on])).toBe(false)
  })

  it("show their keys in the list, where they hold, and not in a machine's window", () => {
    const keys = (entries: readonly MenuEntry[]) =>
      entries.flatMap((entry) => (entry.kind === 'action' && entry.keys !== undefined ? [`${entry.id} ${entry.keys}`] : []))
    const domain = domainInfo({})
    expect(keys(contextEntries(domain, t))).toEqual([
      'run Ctrl+R',
      'pause Ctrl+P',
      'shutdown Ctrl+Shift+D',
      'delete Del',
      'open Enter',
    ])
    expect(keys(stopEntries(domain, t))).toEqual([])
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
