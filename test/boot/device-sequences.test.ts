// A slice of test/long/device-sequences.test.ts with a fixed seed. Runs in: vitest, plain Node.
import { deviceSequences } from '../support/device-sequences'

deviceSequences({ steps: 6, seed: 24, timeoutMs: 400_000 })
