// What a window makes of events that concern more than its state. Runs in: vitest; pure.
import { describe, expect, it } from 'vitest'
import { errorReport } from '../../../src-main/public/error-code'
import { ok } from '../../../src-main/public/result'
import { makeQueryClient } from '../../../src-renderer/client/queries'
import { connect } from '../../../src-renderer/state/connect'
import { makeAppStore } from '../../../src-renderer/state/store'
import { domainInfo } from '../../support/domain-info'
import { fakeClient } from '../client/fake-client'

const uuid = '11111111-2222-4333-8444-555555555555'

async function connected(historyOf: string | null) {
  const none = async () => ok([])
  const client = fakeClient({ connectionList: none, domainList: none, jobList: none, noticeList: none })
  const store = makeAppStore()
  const end = await connect({ client, store, queries: makeQueryClient() }, { historyOf })
  return { client, store, end }
}

describe('events of a window', () => {
  it('end the curves of a machine with its run, not with the next second', async () => {
    const { client, store, end } = await connected(null)
    let drawn = 0
    store.live.subscribe(() => {
      drawn += 1
    })
    const sample = { uuid, time: 1000, cpu: 0.5, vcpus: [0.5], memoryKiB: 1024, devices: [] }
    client.send('samples', { samples: [sample], connection: '00000000' })
    client.send('domainChanged', { domain: domainInfo({ uuid, state: 'paused', domid: 3 }) })
    await expect.poll(() => store.api.getState().domains[uuid]?.state).toBe('paused')
    expect([store.live.latest(uuid, 'cpu'), drawn]).toEqual([0.5, 1])
    client.send('domainChanged', { domain: domainInfo({ uuid, state: 'shutoff', domid: null }) })
    await expect.poll(() => store.api.getState().domains[uuid]?.state).toBe('shutoff')
    expect([store.live.latest(uuid, 'cpu'), drawn]).toEqual([undefined, 2])
    end()
  })

  it('tell a machine’s window that a copy it asked for could not be made', async () => {
    const { client, store, end } = await connected(uuid)
    const error = errorReport('no-such-call', { call: 'x' })
    const job = (number: number) => ({
      job: number,
      kind: 'branch' as const,
      state: 'failed' as const,
      uuid: null,
      subject: 'copy',
      step: 'branching',
      progress: null,
      cancellable: false,
      startedAt: 1,
      endedAt: 2,
      error,
    })
    client.send('jobChanged', { job: job(1) })
    expect(store.api.getState().failures).toEqual([])
    store.dispatch({ kind: 'jobFollowed', job: 2 })
    client.send('jobChanged', { job: job(2) })
    expect(store.api.getState().failures).toHaveLength(1)
    end()
  })
})
