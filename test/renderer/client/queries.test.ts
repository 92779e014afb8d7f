// Answers of calls as react-query keeps them.

import { QueryObserver } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { errorReport } from '../../../src-main/public/error-code'
import { defaultPreferences } from '../../../src-main/public/preferences'
import { err, ok } from '../../../src-main/public/result'
import { CallFailure, callQuery, makeQueryClient, reportOf } from '../../../src-renderer/client/queries'
import { fakeClient } from './fake-client'

describe('an answer of a call', () => {
  it('is kept under the name of the call and its arguments', () => {
    const client = fakeClient({})
    expect(callQuery(client, 'domainSamples', { uuid: 'u', minutes: 60 }).queryKey).toEqual([
      'domainSamples',
      { uuid: 'u', minutes: 60 },
    ])
  })

  it('is asked for once, however many ask', async () => {
    const client = fakeClient({ preferencesGet: async () => ok(defaultPreferences) })
    const queries = makeQueryClient()
    const query = callQuery(client, 'preferencesGet', {})
    const both = await Promise.all([queries.fetchQuery(query), queries.fetchQuery(query)])
    expect(both).toEqual([defaultPreferences, defaultPreferences])
    expect(await queries.fetchQuery(query)).toEqual(defaultPreferences)
    expect(client.called).toEqual(['preferencesGet'])
  })

  it('that is a refusal keeps the report and is not asked for again, neither at once nor by the next view', async () => {
    const refusal = errorReport('not-allowed', { call: 'aboutInfo' })
    const client = fakeClient({ aboutInfo: async () => err(refusal) })
    const queries = makeQueryClient()
    const query = callQuery(client, 'aboutInfo', {})
    const failure = await queries.fetchQuery(query).catch((thrown: unknown) => thrown)
    expect(failure).toBeInstanceOf(CallFailure)
    expect(reportOf(failure)).toEqual(refusal)
    const observer = new QueryObserver(queries, queries.defaultQueryOptions(query))
    const end = observer.subscribe(() => undefined)
    expect(reportOf(observer.getCurrentResult().error)).toEqual(refusal)
    end()
    expect(client.called).toEqual(['aboutInfo'])
  })

  it('that failed for a reason of our own is an internal error with its words', () => {
    expect(reportOf(new Error('oh'))).toEqual(errorReport('internal', { detail: 'oh' }))
  })
})
