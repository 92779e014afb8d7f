// The reducer of a window: events to what is shown.

import { describe, expect, it } from 'vitest'
import { errorReport } from '../../../src-main/public/error-code'
import { DOMAIN0_UUID, type DomainInfo, type JobInfo } from '../../../src-main/public/types'
import {
  type Action,
  type AppState,
  domainChanges,
  initialState,
  jobOf,
  listedDomains,
  madeMachines,
  reduce,
} from '../../../src-renderer/state/app-state'
import { domainInfo } from '../../support/domain-info'

function domain(name: string, part: Partial<DomainInfo> = {}): DomainInfo {
  const config = { name, memoryMiB: 256, vcpus: 1, kernel: '/k', ramdisk: null, cmdline: '', devices: [] }
  return domainInfo({ uuid: `uuid-of-${name}`, name, config, operations: ['suspend'], startedAt: 1, ...part })
}

const domain0 = domain('Domain-0', { uuid: DOMAIN0_UUID, kind: 'domain0', config: null, domid: 0 })

function job(number: number, part: Partial<JobInfo> = {}): JobInfo {
  return {
    job: number,
    kind: 'save',
    state: 'running',
    uuid: 'uuid-of-a',
    subject: 'a',
    step: 'saving',
    progress: 0.5,
    cancellable: true,
    startedAt: 1,
    endedAt: null,
    error: null,
    ...part,
  }
}

function stateAfter(...actions: readonly Action[]): AppState {
  return actions.reduce(reduce, initialState)
}

const listed = (...domains: readonly DomainInfo[]): Action => ({ kind: 'domainsListed', domains })

describe('the state of a window', () => {
  it('is not ready before the first list', () => {
    expect(initialState.ready).toBe(false)
    expect(stateAfter(listed()).ready).toBe(true)
  })

  it('replaces a domain by what an event says of it, and forgets a removed one with its figures', () => {
    const state = stateAfter(
      listed(domain('a')),
      { kind: 'samples', samples: [{ uuid: 'uuid-of-a', time: 1000, cpu: 0.5, memoryKiB: 1024, devices: [] }], keepMs: 60_000 },
      { kind: 'domainsChanged', domains: [domain('a', { state: 'paused' })] },
    )
    expect(state.domains['uuid-of-a']?.state).toBe('paused')
    expect(state.figures['uuid-of-a']).toEqual([
      { at: 1000, spanMs: 1000, cpu: 0.5, vcpus: [], memory: 1024 * 1024, devices: [] },
    ])
    const gone = reduce(state, { kind: 'domainRemoved', uuid: 'uuid-of-a' })
    expect(gone.domains).toEqual({})
    expect(gone.figures).toEqual({})
  })

  it('shows no failure for what the user cancelled, and at most three failures', () => {
    expect(stateAfter({ kind: 'failed', error: errorReport('cancelled') }).failures).toEqual([])
    const many = ['a', 'b', 'c', 'd'].map((name): Action => ({ kind: 'failed', error: errorReport('name-exists', { name }) }))
    const state = stateAfter(...many, ...many.slice(-1))
    expect(state.failures.map(({ error }) => error.values['name'])).toEqual(['b', 'c', 'd'])
    expect(new Set(state.failures.map(({ id }) => id)).size).toBe(3)
    const id = state.failures[1]?.id ?? -1
    expect(reduce(state, { kind: 'failureDismissed', id }).failures).toHaveLength(2)
  })

  it('keeps running jobs whatever their number, and drops the oldest ended ones', () => {
    const ended = Array.from(
      { length: 30 },
      (_, index): Action => ({ kind: 'jobChanged', job: job(index + 2, { state: 'done' }) }),
    )
    const state = stateAfter({ kind: 'jobChanged', job: job(1) }, ...ended)
    expect(state.jobs[1]?.state).toBe('running')
    expect(Object.keys(state.jobs).length).toBeLessThanOrEqual(20)
    expect(state.jobs[31]).toBeDefined()
  })

  it('asks to quit, waits, and goes back when quitting ends', () => {
    const asked = stateAfter({ kind: 'quitAsked', names: ['a'] })
    expect(asked.quitting).toEqual({ kind: 'asked', names: ['a'] })
    expect(reduce(asked, { kind: 'quitAnswered' }).quitting).toEqual({ kind: 'no' })
    const waiting = reduce(asked, { kind: 'quitWaiting', names: ['a'] })
    expect(waiting.quitting.kind).toBe('waiting')
    expect(reduce(waiting, { kind: 'quitAnswered' })).toBe(waiting)
    const gaveUp = reduce(waiting, { kind: 'quitWaiting', names: [] })
    expect(gaveUp.quitting).toEqual({ kind: 'gaveUp', names: ['a'] })
    expect(reduce(gaveUp, { kind: 'quitAnswered' }).quitting).toEqual({ kind: 'no' })
  })

  it('joins what was measured before the window opened with what came since, each sample once', () => {
    const state = stateAfter(
      { kind: 'samples', samples: [{ uuid: 'x', time: 3000, cpu: 0.3, memoryKiB: 0, devices: [] }], keepMs: 3_600_000 },
      { kind: 'samples', samples: [{ uuid: 'x', time: 4000, cpu: 0.4, memoryKiB: 0, devices: [] }], keepMs: 3_600_000 },
      {
        kind: 'historyLoaded',
        uuid: 'x',
        samples: [1000, 2000, 3000].map((at) => ({ at, spanMs: 1000, cpu: 0, vcpus: [], memory: 0, devices: [] })),
      },
    )
    expect(state.figures['x']?.map(({ at }) => at)).toEqual([1000, 2000, 3000, 4000])
  })
})

describe('samples taken every few seconds', () => {
  it('are each of the time since the one before', () => {
    const at = (time: number) => ({ uuid: 'x', time, cpu: 0.3, memoryKiB: 0, devices: [] })
    const state = stateAfter(
      { kind: 'samples', samples: [at(3000)], keepMs: 3_600_000 },
      { kind: 'samples', samples: [at(6010)], keepMs: 3_600_000 },
      { kind: 'samples', samples: [at(9000), at(10_000)], keepMs: 3_600_000 },
    )
    expect(state.figures['x']?.map(({ spanMs }) => spanMs)).toEqual([1000, 3010, 2990, 1000])
  })
})

describe('the list of domains', () => {
  const domains = stateAfter(listed(domain('guest-10'), domain('Äpfel'), domain0, domain('guest-2'), domain('Zebra'))).domains

  it('has domain 0 first, then guests as people sort names', () => {
    const names = listedDomains(domains, '', 'de').map(({ name }) => name)
    expect(names).toEqual(['Domain-0', 'Äpfel', 'guest-2', 'guest-10', 'Zebra'])
  })

  it('is filtered by any part of a name, whatever its case', () => {
    expect(listedDomains(domains, ' PFEL', 'de').map(({ name }) => name)).toEqual(['Äpfel'])
    expect(listedDomains(domains, 'domain', 'en')).toEqual([])
  })
})

describe('what is announced', () => {
  it('is nothing for the first list, then each new state, arrival and departure', () => {
    const first = stateAfter(listed(domain('a'), domain('b')))
    expect(domainChanges(initialState, first)).toEqual([])
    const next = stateAfter(listed(domain('a', { state: 'crashed' }), domain('c')))
    expect(domainChanges(first, next).map(({ kind, domain: { name } }) => `${kind} ${name}`)).toEqual([
      'state a',
      'new c',
      'removed b',
    ])
  })

  it('is nothing when only figures or other fields changed', () => {
    const first = stateAfter(listed(domain('a')))
    const next = reduce(first, { kind: 'domainsChanged', domains: [domain('a', { operations: [] })] })
    expect(domainChanges(first, next)).toEqual([])
  })
})

describe('a machine that a window has asked for', () => {
  const uuid = 'uuid-of-copy'
  const fork = job(7, { kind: 'fork', uuid, subject: 'copy' })
  const done: Action = { kind: 'jobChanged', job: { ...fork, state: 'done' } }
  const follow: Action = { kind: 'jobFollowed', job: 7 }

  it('is told of once it is there, until that is left; a job of others is not', () => {
    const there = listed(domain('copy'))
    expect(madeMachines(stateAfter(there, done))).toEqual([])
    const made = stateAfter(there, follow, { kind: 'jobChanged', job: fork }, done)
    expect(madeMachines(stateAfter(there, follow, { kind: 'jobChanged', job: fork }))).toEqual([])
    expect(madeMachines(made).map(({ job, domain }) => [job, domain.name])).toEqual([[7, 'copy']])
    const removed = reduce(made, { kind: 'domainRemoved', uuid })
    expect(madeMachines(removed)).toEqual([])
    // That it was deleted is undone: it is no news.
    expect(madeMachines(reduce(removed, there))).toEqual([])
    expect(madeMachines(reduce(made, { kind: 'jobLeft', job: 7 }))).toEqual([])
  })

  it('and could not be made is a failure, also when that was known before the answer to the call', () => {
    const error = errorReport('no-such-call', { call: 'x' })
    const failed: Action = { kind: 'jobChanged', job: { ...fork, state: 'failed', error } }
    expect(stateAfter(failed, follow).failures).toEqual([{ id: 1, error, uuid: fork.uuid }])
    expect(stateAfter(failed).failures).toEqual([])
  })
})

describe('the job of a domain', () => {
  it('is the running one it names', () => {
    const state = stateAfter({ kind: 'jobsListed', jobs: [job(1), job(2, { state: 'done' })] })
    expect(jobOf(state, domain('a', { job: 1 }))?.job).toBe(1)
    expect(jobOf(state, domain('a', { job: 2 }))).toBeUndefined()
    expect(jobOf(state, domain('a'))).toBeUndefined()
  })
})
