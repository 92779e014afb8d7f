// The time of day a guest is told. Runs in: vitest, plain Node.
import { expect, it } from 'vitest'
import { fakeDomain } from '../../support/fake-domain'

const SECOND = 1_000_000_000n

it('a domain whose building took a while begins with the time of day there is then', () => {
  const { domain, clock } = fakeDomain()
  domain.time.freeze()
  const stood = domain.time.systemTime()
  const wall = clock.wall()
  clock.ns += 4n * SECOND
  clock.wall = () => wall + 4n * SECOND
  domain.time.takeWallClock()
  domain.time.thaw()
  clock.ns += SECOND
  clock.wall = () => wall + 5n * SECOND
  expect(domain.time.systemTime() - stood).toBe(SECOND)
  // What a guest reckons: the time of day at system time 0, and system time.
  expect(domain.get64('WALL_BASE') + domain.time.systemTime()).toBe(clock.wall())
})
