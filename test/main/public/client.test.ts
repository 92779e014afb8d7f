// The client of the tables: what comes from main is checked, each event once. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { makeClient } from '../../../src-main/public/client'

describe('events', () => {
  it('are checked once for all that listen, and one of a wrong shape is nobody’s', () => {
    let deliver: (name: unknown, payload: unknown) => void = () => {}
    const client = makeClient({
      invoke: async () => undefined,
      listen: (listener) => {
        deliver = listener
      },
    })
    const heard: unknown[] = []
    for (let number = 0; number < 3; number++) client.subscribe('domainRemoved', ({ uuid }) => heard.push(uuid))
    let looks = 0
    const payload = {
      get uuid() {
        looks++
        return '11111111-2222-4333-8444-555555555555'
      },
    }
    deliver('domainRemoved', payload)
    expect(heard).toHaveLength(3)
    const [checks] = [looks - heard.length] // each listener reads it once itself
    deliver('domainRemoved', payload)
    expect(looks).toBe(2 * (checks + 3))
    expect(checks).toBe(1)
    deliver('domainRemoved', { uuid: '../..' })
    deliver('nothing', {})
    expect(heard).toHaveLength(6)
  })
})
