// What events do to kept answers.

import { QueryObserver } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { errorReport } from '../../../src-main/public/error-code'
import { defaultPreferences, type Preferences } from '../../../src-main/public/preferences'
import { err, ok } from '../../../src-main/public/result'
import type { DomainInfo, JobInfo } from '../../../src-main/public/types'
import { callQuery, makeQueryClient } from '../../../src-renderer/client/queries'
import { followEvents } from '../../../src-renderer/state/answers'
import { domainInfo } from '../../support/domain-info'
import { fakeClient } from '../client/fake-client'

function guest(part: Partial<DomainInfo>): DomainInfo {
  const config = { name: 'a', memoryMiB: 256, vcpus: 1, kernel: '/k', ramdisk: null, cmdline: '', devices: [] }
  return domainInfo({ config, startedAt: 1, ...part })
}

function resize(state: JobInfo['state']): JobInfo {
  const rest = { uuid: null, subject: 'a.raw', step: 'resizing', progress: null, cancellable: false, error: null }
  return { job: 1, kind: 'imageResize', state, ...rest, startedAt: 1, endedAt: state === 'running' ? null : 2 }
}

describe('events and kept answers', () => {
  it('changed preferences replace the answer without asking', async () => {
    const client = fakeClient({ preferencesGet: async () => ok(defaultPreferences) })
    const queries = makeQueryClient()
    const query = callQuery(client, 'preferencesGet', {})
    await queries.prefetchQuery(query)
    const end = followEvents(client, queries)
    const changed: Preferences = { ...defaultPreferences, language: 'de' }
    client.send('preferencesChanged', { preferences: changed, systemIsDark: false })
    expect(queries.getQueryData(query.queryKey)).toEqual(changed)
    end()
    client.send('preferencesChanged', { preferences: defaultPreferences, systemIsDark: false })
    expect(queries.getQueryData(query.queryKey)).toEqual(changed)
    expect(client.called).toEqual(['preferencesGet'])
  })

  it('the host is asked again when a guest starts or ends, not for every change of it, and only while a view shows it', async () => {
    const client = fakeClient({ hostInfo: async () => err(errorReport('internal', { detail: 'none' })) })
    const queries = makeQueryClient()
    const query = callQuery(client, 'hostInfo', {})
    followEvents(client, queries)
    client.send('domainChanged', { domain: guest({}) })
    expect(client.called).toEqual([])
    const end = new QueryObserver(queries, queries.defaultQueryOptions(query)).subscribe(() => undefined)
    await expect.poll(() => queries.getQueryState(query.queryKey)?.status).toBe('error')
    expect(client.called).toHaveLength(1)
    client.send('domainChanged', { domain: guest({ detail: 'x' }) })
    expect(client.called).toHaveLength(1)
    client.send('domainChanged', { domain: guest({ domid: null, state: 'shutoff' }) })
    await expect.poll(() => client.called.length).toBe(2)
    end()
  })

  it('what is known of an image is asked again when a job ends or storage changes, and only while a view shows it', async () => {
    const info = { path: '/a', format: 'raw', virtualSize: 1, fileSize: 1 } as const
    const client = fakeClient({ imageInspect: async () => ok(info) })
    const queries = makeQueryClient()
    const query = callQuery(client, 'imageInspect', { path: '/a' })
    const asked = () => client.called.filter((name) => name === 'imageInspect').length
    followEvents(client, queries)
    const observer = new QueryObserver(queries, queries.defaultQueryOptions(query))
    const end = observer.subscribe(() => undefined)
    await expect.poll(() => observer.getCurrentResult().status).toBe('success')
    client.send('jobChanged', { job: resize('running') })
    expect(asked()).toBe(1)
    client.send('jobChanged', { job: resize('done') })
    await expect.poll(asked).toBe(2)
    await expect.poll(() => observer.getCurrentResult().fetchStatus).toBe('idle')
    client.send('storageChanged', {})
    await expect.poll(asked).toBe(3)
    end()
    client.send('storageChanged', {})
    expect(asked()).toBe(3)
  })
})
