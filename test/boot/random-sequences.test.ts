// A slice of test/long/sequences.test.ts with a fixed seed. Runs in: vitest, plain Node.
import { randomSequences } from '../support/random-sequences'

randomSequences({ guests: 2, sequences: 3, seed: 7, timeoutMs: 180_000 })
