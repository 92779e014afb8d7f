// Names that nobody has yet. Runs in: main and tests; pure.
import { bytesOf, cutTo, NAME_BYTES_MOST, nameKey } from '../../src-engine/public/name'

/** The first of "Debian", "Debian 2", … that is not taken, nor looks like one that is; shortened where the number would not fit. */
export function freeName(taken: Iterable<string>, wanted: string): string {
  const keys = new Set([...taken].map(nameKey))
  for (let number = 1; ; number++) {
    const after = number === 1 ? '' : ` ${number}`
    const name = `${cutTo(wanted, NAME_BYTES_MOST - bytesOf(after)).trimEnd()}${after}`
    if (!keys.has(nameKey(name))) return name
  }
}
