// The app that a test of a file has running: ended after the test, whatever became of it; its folder goes with the file, as some
// tests start again on it. Runs in: end-to-end tests.
import fs from 'node:fs'
import { afterAll, afterEach, expect } from 'vitest'
import type { RunningApp } from './app'

/** What the windows showed when a test failed: on a busy machine it may not do so again. */
async function keepPictures(app: RunningApp, test: string): Promise<void> {
  const name = `failed-${test.replace(/\W+/g, '-').slice(0, 60)}`
  const pages = app.electron.windows().entries()
  for (const [index, page] of pages) await app.picture(page, `${name}-${index}`).catch(() => undefined)
}

/** Called once in a file; the function it returns is told of each app as soon as there is one. No window of it may have had an error. */
export function ownApp(): (app: RunningApp) => RunningApp {
  let running: RunningApp | undefined
  const folders = new Set<string>()
  afterEach(async ({ task }) => {
    const app = running
    running = undefined
    if (app !== undefined && task.result?.state === 'fail') await keepPictures(app, task.name)
    await app?.close()
    expect(app?.errors ?? []).toEqual([])
  })
  afterAll(() => {
    for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true })
  })
  return (app) => {
    running = app
    folders.add(app.folder)
    return app
  }
}
