// V8's threads by the processors there are. Runs in: vitest, plain Node.
import { expect, it } from 'vitest'
import { v8ThreadOptions } from '../../../src-engine/public/v8-threads'

it.each([
  [1, 1],
  [2, 1],
  [3, 2],
  [5, 4],
  [64, 4],
])('of %i processors V8 gets %i threads', (processors, threads) => {
  expect(v8ThreadOptions(processors)).toEqual([`--v8-pool-size=${threads}`])
})
