// The manager window over machines that the test driver's script makes. Runs in: end-to-end tests.

import { launch, type RunningApp } from './app'
import type { ManagerPage } from './manager-page'

/** `keep` is told of the app at once, so that it is ended whatever happens after. */
export async function startList(
  keep: (app: RunningApp) => void,
  script: object,
  options: { folder?: string; keepFolder?: boolean } = {},
): Promise<{ readonly app: RunningApp; readonly manager: ManagerPage }> {
  const app = await launch({
    ...options,
    env: { RINGMASTER_TEST_SCRIPT: JSON.stringify(script), RINGMASTER_TEST_DELAY_MS: '40' },
  })
  keep(app)
  return { app, manager: await app.manager() }
}
