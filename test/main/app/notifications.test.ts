// What is told on the desktop, against a spy: crashes and long jobs while nobody looks, and nothing else. Runs in: vitest, plain Node.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { menuText, TEXTS } from '../../../src-main/app/menu-text'
import { type Note, Notifications } from '../../../src-main/app/notifications'
import { errorReport } from '../../../src-main/public/error-code'
import { type DomainInfo, type JobInfo, jobKinds } from '../../../src-main/public/types'
import { domainInfo } from '../../support/domain-info'

const UUID = '11111111-2222-4333-8444-555555555555'

let told: Note[] = []
let looking = false
let wanted = true
let language: 'en' | 'de' = 'en'
let notifications: Notifications

beforeEach(() => {
  vi.useFakeTimers()
  told = []
  looking = false
  wanted = true
  language = 'en'
  notifications = new Notifications({
    clock: { now: () => 100_000 },
    wanted: () => wanted,
    looking: () => looking,
    text: () => menuText(language, 'en'),
    show: (note) => told.push(note),
  })
})
afterEach(() => {
  vi.useRealTimers()
})

function becomes(change: Partial<DomainInfo>, uuid = UUID): void {
  notifications.hears.domainChanged?.({ domain: domainInfo({ uuid, name: 'web', state: 'running', ...change }) })
}

function ends(change: Partial<JobInfo>): void {
  const job: JobInfo = {
    job: 1,
    kind: 'clone',
    state: 'done',
    uuid: UUID,
    subject: 'web',
    step: 'cloning',
    progress: null,
    cancellable: true,
    startedAt: 0,
    endedAt: 100_000,
    error: null,
    ...change,
  }
  notifications.hears.jobChanged?.({ job })
}

function heard(): readonly string[] {
  vi.advanceTimersByTime(2000)
  return told.splice(0).map(({ title, body, uuid }) => `${title} | ${body} | ${uuid ?? 'manager'}`)
}

describe('a machine', () => {
  it('that crashes is told of, once, with why; what ends as it should is not', () => {
    becomes({})
    becomes({ state: 'crashed', detail: 'a triple fault' })
    becomes({ state: 'crashed', detail: 'a triple fault', name: 'renamed' })
    expect(heard()).toEqual([`“web” has crashed | A triple fault | ${UUID}`])
    becomes({})
    language = 'de'
    becomes({ state: 'crashed', detail: 'a watchdog of the guest ran out' })
    const why = 'Eine Totmannuhr des Gastes ist abgelaufen'
    expect(heard()).toEqual([`„web“ ist abgestürzt | ${why} | ${UUID}`])
    becomes({})
    for (const state of ['paused', 'running', 'shutoff', 'saved'] as const) becomes({ state })
    expect(heard()).toEqual([])
  })

  it('that was crashed before the app was there is no news, nor is one that has gone and come again', () => {
    becomes({ state: 'crashed' })
    becomes({})
    notifications.hears.domainRemoved?.({ uuid: UUID })
    becomes({ state: 'crashed' })
    expect(heard()).toEqual([])
  })

  it('that stands because the host’s disk is full is told of, in German', () => {
    language = 'de'
    becomes({})
    becomes({ state: 'paused', stalledBy: 'vbd/51712' })
    expect(heard()).toEqual([`„web“ steht still | ${TEXTS.de.noteStalledBody} | ${UUID}`])
  })
})

describe('a job', () => {
  it('that took long is told of when it is done, and one that fails in any case; one that is called off is not', () => {
    ends({})
    ends({ state: 'failed', startedAt: 99_999, error: errorReport('cancelled') })
    ends({ state: 'cancelled' })
    ends({ state: 'running' })
    ends({ startedAt: 99_000 })
    ends({ kind: 'snapshotMerge' })
    expect(heard()).toEqual([`Done: web | Cloned | ${UUID}`, `Failed: web | Ringmaster shows why. | ${UUID}`])
  })

  it('of every kind has its words', () => {
    for (const kind of jobKinds) for (const each of [TEXTS.en, TEXTS.de]) expect(each[`job-${kind}`]).not.toBe('')
  })
})

it('nothing is told while somebody looks, or when it is not wanted', () => {
  becomes({})
  looking = true
  becomes({ state: 'crashed' })
  ends({})
  looking = false
  wanted = false
  becomes({})
  becomes({ state: 'crashed' })
  ends({})
  expect(heard()).toEqual([])
})

it('many at once are one', () => {
  const uuids = Array.from({ length: 500 }, (_, index) => `${String(index).padStart(8, '0')}-2222-4333-8444-555555555555`)
  for (const uuid of uuids) becomes({}, uuid)
  uuids.forEach((uuid, index) => {
    becomes({ state: 'crashed', name: `web-${index}` }, uuid)
  })
  const crashed = ['web-0', 'web-1', 'web-2'].map((name) => `“${name}” has crashed`)
  expect(heard()).toEqual([`Ringmaster | ${[...crashed, 'and 497 more'].join('\n')} | manager`])
})
