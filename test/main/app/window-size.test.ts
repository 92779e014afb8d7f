// The sizes windows are opened with again. Runs in: vitest, plain Node.
import { expect, it } from 'vitest'
import { noSizes, sizesWith, type WindowSize, type WindowSizes, windowSizesShape } from '../../../src-main/app/window-size'

const size = (key: string, width = 980): WindowSize => ({ key, width, height: 640, maximised: false })

it('keeps the newest of each window, and not all there ever were', () => {
  let kept: WindowSizes = noSizes
  for (let index = 0; index < 300; index++) kept = sizesWith(kept, size(`domain ${index}`))
  kept = sizesWith(kept, size('domain 250', 700))
  expect(kept.sizes).toHaveLength(200)
  expect(kept.sizes[0]).toEqual(size('domain 250', 700))
  expect(kept.sizes.filter(({ key }) => key === 'domain 250')).toHaveLength(1)
  expect(windowSizesShape.is(kept)).toBe(true)
})
