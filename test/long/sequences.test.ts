// The 200 random sequences of issue 2: start, pause, resume, save, restore, destroy over four guests, with processes killed in
// between; test/boot/random-sequences.test.ts is the slice of `npm test`. Runs in: vitest, plain Node, long tier.
import { randomSequences } from '../support/random-sequences'

randomSequences({ guests: 4, sequences: 200, seed: 2026, timeoutMs: 1_800_000 })
