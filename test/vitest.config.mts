// How vitest collects and runs our tests. Two tiers in one config: the ordinary one, and with RINGMASTER_TIER=long also
// test/long and the full counts (tests read the tier from test/support/tier.ts).
// Four projects: files that leave their process as it was (plain) and those that change or measure theirs (units), together; then
// those with windows on the test driver; then those that start whole machines. The last two wait as long as they compute, so three files at a time share two processors (README.md);
// in the long tier machines run alone, since some of them are measured. Each file has a display, folders and processes of its own.
// Runs in: plain Node, started by resources/tooling/run.mjs.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const test = path.dirname(fileURLToPath(import.meta.url))
const root = path.dirname(test)
const long = process.env.RINGMASTER_TIER === 'long'
const FILES = '*.test.{ts,tsx,mjs}'
const machines = ['boot', 'contract', 'guest', 'resources', ...(long ? ['long'] : [])]
const windows = `test/e2e/**/${FILES}`
/** Those of them whose machines run on the embedded engine. */
const both = ['connections', 'demo-guest', 'embedded-devices', 'embedded-host', 'german-engine', 'journey'].map(
  (name) => `test/e2e/${name}.test.ts`,
)
const inFolders = (...folders: string[]) => folders.map((folder) => `test/${folder}/**/${FILES}`)
/** Those of the engine's that measure their process, or start others. */
const measured = inFolders('engine/isa', 'engine/jit', 'engine/process', 'engine/vcpu')
/** Those that have other modules of Node's (`vi.mock`): in a shared process another file has loaded the real ones already. */
const otherNode = ['connection/addresses', 'toolstack/cut-off', 'toolstack/full-disk'].map(
  (name) => `test/main/${name}.test.ts`,
)
const displays = path.join(test, 'support/displays.setup.mjs')

/** For tests that start processes by the dozen on a machine that may be busy. Who needed it is told at the end of the run (README.md). */
const SECOND_TRY = 1

/** What takes longest, the longest of each project first; each with its place. */
const longest = new Map(
  [
    ...['main/toolstack/cancelled-jobs', 'isa/lockstep/lockstep', 'main/toolstack/snapshot-cuts', 'isa/fp/sse'],
    ...['e2e/accessibility', 'e2e/manager', 'e2e/wizard', 'e2e/narrow-window', 'e2e/list', 'e2e/dialogs', 'e2e/keyboard'],
    ...['contract/embedded-driver', 'boot/snapshots', 'e2e/embedded-devices', 'e2e/demo-guest', 'guest/micro-kernels'],
    ...['e2e/connections', 'boot/screen', 'boot/killed-writes', 'boot/disk', 'boot/own-disk', 'boot/exit-status'],
  ].map((name, place) => [path.join(test, `${name}.test.ts`), place] as const),
)

/**
 * Long files begin first, so that no worker is left with one while the others have nothing to do. Vitest knows by itself what takes long
 * once it has seen a run; a fresh clone, as continuous integration has, only knows the sizes of files, which say little here.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const group = ({ project }: TestSpecification) => project.config.sequence.groupOrder
    const place = ({ moduleId }: TestSpecification) => longest.get(path.normalize(moduleId)) ?? longest.size
    return (await super.sort(files)).sort((a, b) => group(a) - group(b) || place(a) - place(b))
  }
}

export default defineConfig({
  root,
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'plain',
          include: inFolders('engine', 'main', 'renderer'),
          exclude: [...measured, ...otherNode],
          // A process for each file takes most of a second of a processor, more than most of them have to do.
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'units',
          include: [...inFolders('house', 'isa'), ...measured, ...otherNode],
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
          maxWorkers: 3,
          retry: SECOND_TRY,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'machines',
          include: [...inFolders(...machines), ...both],
          globalSetup: [displays],
          maxWorkers: long ? 1 : 3,
          retry: SECOND_TRY,
          sequence: { groupOrder: 2 },
        },
      },
    ],
    sequence: { sequencer: LongestFirst },
    // What belongs to it: support/tier.ts.
    tags: [{ name: 'long', description: 'the long tier only', skip: !long }],
    environment: 'node',
    globalSetup: [path.join(test, 'support/programs.setup.mjs'), path.join(test, 'support/build.setup.mjs')],
    pool: 'forks',
    // What takes seconds takes a minute where six other processes compute.
    testTimeout: long ? 600_000 : 180_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    // One second, the default, is short on a busy machine.
    expect: { poll: { timeout: 15_000, interval: 50 } },
    reporters: ['default', path.join(test, 'support/row-reporter.ts'), path.join(root, 'resources/tooling/plain-reporter.mjs')],
  },
})
