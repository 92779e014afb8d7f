// Finds room in guest RAM beside the kernel's segments, from the top down: what is put high is out of the way of a
// kernel that grows from its end.
// Runs in: anything (pure).

export interface Range {
  readonly start: number
  readonly end: number
}

const PAGE = 4096
/** Nothing is placed in the first MiB: guests keep their start-up code for other processors and BIOS leftovers there. */
const LOWEST = 0x10_0000

/** The highest page-aligned place for `size` bytes that ends at or below `limit` and touches none of `taken`. */
export function placeHigh(size: number, limit: number, taken: readonly Range[]): number | undefined {
  const tops = [limit, ...taken.map((range) => range.start)].filter((top) => top <= limit).sort((a, b) => b - a)
  for (const top of tops) {
    const start = Math.floor((top - size) / PAGE) * PAGE
    if (start < LOWEST) return undefined
    if (taken.every((range) => start + size <= range.start || range.end <= start)) return start
  }
  return undefined
}
