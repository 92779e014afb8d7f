// The life-cycle table against what libvirt's users know of a domain's states. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { domainOperations, domainStates } from '../../../src-main/public/types'
import { isActive, type LifeEvent, lifeCycle, mayBe, nextState } from '../../../src-main/toolstack/life-cycle'

describe('the life-cycle table', () => {
  it('has a row for each state and no others', () => {
    expect(Object.keys(lifeCycle).sort()).toEqual([...domainStates].sort())
  })

  it('allows each operation in some state', () => {
    const reached = new Set(domainStates.flatMap((state) => lifeCycle[state].operations))
    expect([...reached].sort()).toEqual([...domainOperations].sort())
  })

  it.each([
    ['shutoff', 'create', 'starting'],
    ['crashed', 'create', 'starting'],
    ['starting', 'up', 'running'],
    ['running', 'suspended', 'paused'],
    ['paused', 'resumed', 'running'],
    ['running', 'shutdownAsked', 'shutdown'],
    ['shutdown', 'stopped', 'shutoff'],
    ['running', 'save', 'saving'],
    ['saving', 'saveEnded', 'running'],
    ['saving', 'saveEndedPaused', 'paused'],
    ['saving', 'stoppedSaved', 'saved'],
    ['saved', 'restore', 'restoring'],
    ['restoring', 'up', 'running'],
    ['running', 'crashed', 'crashed'],
    ['running', 'create', 'starting'],
  ] as const)('leads a domain that is %s by “%s” to %s', (from, event: LifeEvent, to) => {
    expect(nextState(from, event)).toBe(to)
  })

  it('takes a crash from every active state and from no other', () => {
    for (const state of domainStates) {
      if (isActive(state)) expect(nextState(state, 'crashed')).toBe('crashed')
      else expect(() => nextState(state, 'crashed')).toThrow(/cannot happen/)
    }
  })

  it('does not let a running domain be started, deleted or restored', () => {
    for (const operation of ['create', 'undefine', 'restore'] as const) expect(mayBe('running', operation)).toBe(false)
  })

  it('lets every active domain be forced off', () => {
    const cannot = domainStates.filter((state) => isActive(state) && !mayBe(state, 'destroy'))
    expect(cannot).toEqual([])
  })
})
