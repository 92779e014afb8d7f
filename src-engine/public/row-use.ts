// Rows count themselves when they are used (house.md, section 7): where a table's row is looked up, rowUsed() says so. In the
// app nobody listens and it is one comparison; under the tests test/support/row-sink.cjs listens in every process and thread.
// Not for hot paths: one call a hypercall, message or call is meant.
// Runs in: anything (no platform imports).

declare global {
  // var, because it stands on globalThis
  var ringmasterRowUse: ((table: string, row: string) => void) | undefined
}

const listener = globalThis.ringmasterRowUse

/** Somebody listens: what costs time to find out is worth it. */
export const rowsAreCounted = listener !== undefined

/** The row of this name or number was used. */
export function rowUsed(table: string, row: string | number): void {
  if (listener !== undefined) listener(table, String(row))
}
