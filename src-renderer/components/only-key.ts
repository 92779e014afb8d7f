// What a list or tree of single selection, or a control of several choices, tells its owner: the one key, or nothing when there is none.
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

/** For `onChange` of a control: `then` gets the value of the choice; what is none of them is not told. */
export const onlyChoice =
  <T extends string>(choices: readonly { readonly value: T }[], then: (value: T) => void) =>
  (key: unknown): void => {
    const chosen = choices.find(({ value }) => value === key)
    if (chosen !== undefined) then(chosen.value)
  }
