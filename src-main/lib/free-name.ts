// Names that nobody has yet. Runs in: main and tests; pure.

/** The first of "Debian", "Debian 2", … that is not taken. */
export function freeName(taken: ReadonlySet<string>, wanted: string): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted} ${number}`
    if (!taken.has(name)) return name
  }
}
