// A slice of test/long/family-sequences.test.ts with a fixed seed. Runs in: vitest, plain Node.
import { familySequences } from '../support/family-sequences'

familySequences({ steps: 8, seed: 6, timeoutMs: 400_000 })
