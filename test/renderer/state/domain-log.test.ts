// The log of a domain: lines asked for and lines that come as events.

import { describe, expect, it } from 'vitest'
import { ok } from '../../../src-main/public/result'
import type { LogLine } from '../../../src-main/public/types'
import { callQuery, makeQueryClient } from '../../../src-renderer/client/queries'
import { followLog, LINES_KEPT, linesAfter } from '../../../src-renderer/state/domain-log'
import { fakeClient } from '../client/fake-client'

const uuid = 'a'
const line = (time: number, text = `line ${time}`): LogLine => ({ time, level: 'info', source: 'engine', text })

describe('the log of a domain', () => {
  it('drops early lines that the answer holds already', () => {
    expect(linesAfter([line(1), line(2)], [line(2), line(3)])).toEqual([line(3)])
    expect(linesAfter([], [line(1)])).toEqual([line(1)])
  })

  it('has every line once, said before the answer, while it was on its way, or after', async () => {
    let answer: (lines: readonly LogLine[]) => void = () => undefined
    const client = fakeClient({ domainLog: () => new Promise((resolve) => (answer = (lines) => resolve(ok(lines)))) })
    const queries = makeQueryClient()
    const query = callQuery(client, 'domainLog', { uuid })
    const loaded = queries.prefetchQuery(query)
    const end = followLog(client, queries, uuid)
    client.send('logLine', { uuid, line: line(2) })
    client.send('logLine', { uuid: 'another', line: line(2, 'not ours') })
    client.send('logLine', { uuid, line: line(3) })
    answer([line(1), line(2)])
    await loaded
    // The same millisecond as the line before: still a line of its own.
    client.send('logLine', { uuid, line: line(3, 'second') })
    await expect.poll(() => queries.getQueryData(query.queryKey)?.length).toBe(4)
    expect(queries.getQueryData(query.queryKey)).toEqual([line(1), line(2), line(3), line(3, 'second')])
    end()
    client.send('logLine', { uuid, line: line(4) })
    expect(queries.getQueryData(query.queryKey)).toHaveLength(4)
  })

  it('keeps the newest lines of a flood', async () => {
    const client = fakeClient({ domainLog: async () => ok([line(0)]) })
    const queries = makeQueryClient()
    const query = callQuery(client, 'domainLog', { uuid })
    await queries.prefetchQuery(query)
    const end = followLog(client, queries, uuid)
    for (let time = 1; time <= LINES_KEPT + 50; time += 1) client.send('logLine', { uuid, line: line(time) })
    await expect.poll(() => queries.getQueryData(query.queryKey)?.at(-1)?.time).toBe(LINES_KEPT + 50)
    expect(queries.getQueryData(query.queryKey)).toHaveLength(LINES_KEPT)
    end()
  })
})
