// Quitting with guests that run: every answer, and the end of the session. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { Quit } from '../../../src-main/app/quit'
import { type ErrorReport, errorReport } from '../../../src-main/public/error-code'

function setUp(active: string[], failures: ErrorReport[] = []) {
  const told: string[] = []
  const quit = new Quit({
    guests: {
      activeNames: () => [...active],
      saveAll: async () => {
        told.push('save')
        if (failures.length === 0) active.length = 0
        return failures
      },
      shutdownAll: async () => {
        told.push('shutdown')
        return [errorReport('not-shut-down', { name: 'A', seconds: 60 })]
      },
      destroyAll: async () => {
        told.push('destroy')
        active.length = 0
      },
    },
    ask: (names) => told.push(`ask ${names.join()}`),
    waitingFor: () => {},
    failed: (errors) => told.push(`failed ${errors.length}`),
    leave: () => told.push('leave'),
  })
  return { quit, told }
}

describe('quitting', () => {
  it('asks nothing when no guest runs', () => {
    const { quit, told } = setUp([])
    expect(quit.request()).toBe(true)
    expect(told).toEqual([])
  })

  it('saves all and leaves', async () => {
    const { quit, told } = setUp(['A', 'B'])
    expect(quit.request()).toBe(false)
    await quit.choose('save')
    expect(told).toEqual(['ask A,B', 'save', 'leave'])
    expect(quit.request()).toBe(true)
  })

  it('stays when a save failed, says so, and may be asked again', async () => {
    const { quit, told } = setUp(['A'], [errorReport('disk-full')])
    quit.request()
    await quit.choose('save')
    expect(told).toEqual(['ask A', 'save', 'failed 1'])
    expect(quit.request()).toBe(false)
    await quit.choose('destroy')
    expect(told.slice(3)).toEqual(['ask A', 'destroy', 'leave'])
  })

  it('stays when a guest does not follow the shutdown, and says so', async () => {
    const { quit, told } = setUp(['A'])
    quit.request()
    await quit.choose('shutdown')
    expect(told).toEqual(['ask A', 'shutdown', 'failed 1'])
    expect(quit.leaving).toBe(false)
  })

  it('stays on cancel, and ignores an answer nobody asked for', async () => {
    const { quit, told } = setUp(['A'])
    await quit.choose('destroy')
    quit.request()
    await quit.choose('cancel')
    await quit.choose('destroy')
    expect(told).toEqual(['ask A'])
  })

  it('saves what it can when the session ends, and leaves', async () => {
    const { quit, told } = setUp(['A'], [errorReport('disk-full')])
    await Promise.all([quit.sessionEnds(), quit.sessionEnds()])
    expect(told).toEqual(['save', 'leave'])
  })
})
