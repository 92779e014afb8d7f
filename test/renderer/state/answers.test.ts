// What events do to kept answers.

import { QueryObserver } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { errorReport } from '../../../src-main/public/error-code'
import { defaultPreferences, type Preferences } from '../../../src-main/public/preferences'
import { err, ok } from '../../../src-main/public/result'
import type { DomainInfo } from '../../../src-main/public/types'
import { callQuery, makeQueryClient } from '../../../src-renderer/client/queries'
import { followEvents } from '../../../src-renderer/state/answers'
import { domainInfo } from '../../support/domain-info'
import { fakeClient } from '../client/fake-client'

function guest(part: Partial<DomainInfo>): DomainInfo {
  const config = { name: 'a', memoryMiB: 256, vcpus: 1, kernel: '/k', ramdisk: null, cmdline: '', devices: [] }
  return domainInfo({ config, startedAt: 1, ...part })
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
})
