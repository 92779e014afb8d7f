// What leaving waits for. Runs in: vitest, plain Node.
import { expect, it } from 'vitest'
import { UnderWay } from '../../../src-main/lib/under-way'

const aTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

it('what is under way is counted until all of it has ended, well or not, and its end is told once', async () => {
  let ends = 0
  const underWay = new UnderWay(() => ends++)
  const first = underWay.begin()
  let finish = (): void => {}
  const second = underWay.during(
    () =>
      new Promise<string>((resolve) => {
        finish = () => resolve('done')
      }),
  )
  const third = underWay.during(() => Promise.reject(new Error('no room')))
  await expect(third).rejects.toThrow('no room')
  first()
  first()
  await aTurn()
  expect([underWay.any, ends]).toEqual([true, 0])
  finish()
  expect(await second).toBe('done')
  await aTurn()
  expect([underWay.any, ends]).toEqual([false, 1])
})

it('what begins before the end was told is waited for in its turn', async () => {
  const seen: boolean[] = []
  const underWay = new UnderWay(() => seen.push(underWay.any))
  underWay.begin()()
  const next = underWay.begin()
  await aTurn()
  next()
  await aTurn()
  expect(seen).toEqual([true, false])
})
