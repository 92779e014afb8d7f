// Reproducible random numbers for tests. Runs in: any test.

/** A generator with a seed (mulberry32): whole numbers from 0 to `below` - 1. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export function oneOf<T>(random: (below: number) => number, list: readonly T[]): T {
  const one = list[random(list.length)]
  if (one === undefined) throw new Error('nothing to choose from')
  return one
}
