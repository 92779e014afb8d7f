// How vitest collects and runs our tests. Two tiers in one config: the ordinary one, and with RINGMASTER_TIER=long also
// test/long and the full counts (tests read the tier from test/support/tier.ts).
// Three projects, one after the other: files that stay in their process, or start short ones; those with windows on the test driver;
// those that start whole machines. Two files at a time; in the long tier machines run alone, since some of them are measured.
// Runs in: plain Node, started by resources/tooling/run.mjs.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const test = path.dirname(fileURLToPath(import.meta.url))
const root = path.dirname(test)
const long = process.env.RINGMASTER_TIER === 'long'
const FILES = '*.test.{ts,tsx,mjs}'
const machines = ['boot', 'contract', 'guest', 'resources', ...(long ? ['long'] : [])]
const windows = `test/e2e/**/${FILES}`
/** Those of them whose machines run on the embedded engine. */
const both = ['connections', 'demo-guest', 'embedded-devices', 'journey'].map((name) => `test/e2e/${name}.test.ts`)
const displays = path.join(test, 'support/displays.setup.mjs')

export default defineConfig({
  root,
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'units',
          include: ['engine', 'house', 'isa', 'main', 'renderer'].map((folder) => `test/${folder}/**/${FILES}`),
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'windows',
          include: [windows],
          exclude: both,
          globalSetup: [displays],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'machines',
          include: [...machines.map((folder) => `test/${folder}/**/${FILES}`), ...both],
          globalSetup: [displays],
          maxWorkers: long ? 1 : 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
    environment: 'node',
    globalSetup: [path.join(test, 'support/programs.setup.mjs'), path.join(test, 'support/build.setup.mjs')],
    pool: 'forks',
    testTimeout: long ? 600_000 : 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    // One second, the default, is short on a busy machine.
    expect: { poll: { timeout: 15_000, interval: 50 } },
    reporters: ['default', path.join(test, 'support/row-reporter.ts'), path.join(root, 'resources/tooling/plain-reporter.mjs')],
  },
})
