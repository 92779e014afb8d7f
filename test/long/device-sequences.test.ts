// Random sequences over the devices of Linux guests; test/boot/device-sequences.test.ts is the slice of `npm test`.
// Runs in: vitest, plain Node, long tier.
import { deviceSequences } from '../support/device-sequences'

for (const seed of [1, 2, 3, 4]) deviceSequences({ steps: 250, seed, timeoutMs: 1_800_000 })
