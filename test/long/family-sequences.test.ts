// Random sequences of machines made from one another; test/boot/family-sequences.test.ts is the slice of `npm test`.
// Runs in: vitest, plain Node, long tier.
import { familySequences } from '../support/family-sequences'

for (const seed of [1, 2, 3, 4]) familySequences({ steps: 150, seed, timeoutMs: 3_600_000 })
