// The app that a test of a file has running: ended after the test, whatever became of it. Runs in: end-to-end tests.
import { afterEach, expect } from 'vitest'
import type { RunningApp } from './app'

/** Called once in a file; the function it returns is told of each app as soon as there is one. No window of it may have had an error. */
export function ownApp(): (app: RunningApp) => RunningApp {
  let running: RunningApp | undefined
  afterEach(async () => {
    const app = running
    running = undefined
    await app?.close()
    expect(app?.errors ?? []).toEqual([])
  })
  return (app) => {
    running = app
    return app
  }
}
