// How vitest collects and runs our tests. Two tiers in one config: the ordinary one, and with RINGMASTER_TIER=long also
// test/long and the full counts (tests read the tier from test/support/tier.ts).
// Tests under test/e2e, test/boot and test/long start processes of their own, so files run one after another there.
// Runs in: plain Node, started by resources/tooling/run.mjs.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const test = path.dirname(fileURLToPath(import.meta.url))
const root = path.dirname(test)
const long = process.env.RINGMASTER_TIER === 'long'

export default defineConfig({
  root,
  test: {
    include: ['test/**/*.test.{ts,tsx,mjs}'],
    exclude: ['node_modules/**', 'out/**', 'test/bench/**', ...(long ? [] : ['test/long/**'])],
    environment: 'node',
    globalSetup: [path.join(test, 'support/programs.setup.mjs'), path.join(test, 'support/build.setup.mjs')],
    pool: 'forks',
    maxWorkers: 2,
    fileParallelism: false,
    testTimeout: long ? 600_000 : 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    // One second, the default, is short on a busy machine.
    expect: { poll: { timeout: 15_000, interval: 50 } },
    reporters: ['default', path.join(test, 'support/row-reporter.ts'), path.join(root, 'resources/tooling/plain-reporter.mjs')],
  },
})
