// What a list or tree of single selection tells its owner: the one key, or nothing when there is none.
// Runs in: renderer, tests; pure.
import type { Selection } from 'react-aria-components'

/** For `onSelectionChange`: `then` gets the chosen key; a selection of none or all is not told. */
export const onlyKey =
  (then: (key: string) => void) =>
  (keys: Selection): void => {
    if (keys === 'all') return
    const [key] = keys
    if (key !== undefined) then(String(key))
  }
