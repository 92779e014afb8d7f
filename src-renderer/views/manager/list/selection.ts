// What is chosen in the list and where the keyboard is: one value and the functions that follow a click or an arrow key, as
// desktops do (plain: only this; Ctrl: also this; Shift: from the anchor to here).
// Invariant: `chosen` holds keys only; what they stand for is asked of the rows there are now. Runs in: renderer and tests; pure.

export interface Selection {
  readonly chosen: ReadonlySet<string>
  /** Where the keyboard is. */
  readonly cursor: string | null
  /** Where a range begins. */
  readonly anchor: string | null
}

export const noSelection: Selection = { chosen: new Set(), cursor: null, anchor: null }

export function only(key: string): Selection {
  return { chosen: new Set([key]), cursor: key, anchor: key }
}

export function toggle(before: Selection, key: string): Selection {
  const chosen = new Set(before.chosen)
  if (!chosen.delete(key)) chosen.add(key)
  return { chosen, cursor: key, anchor: key }
}

/** From the anchor to the key, in the order of the rows. */
export function extend(before: Selection, key: string, keys: readonly string[]): Selection {
  const anchor = before.anchor !== null && keys.includes(before.anchor) ? before.anchor : key
  const [from, to] = [keys.indexOf(anchor), keys.indexOf(key)].sort((a, b) => a - b)
  return { chosen: new Set(keys.slice(from, (to ?? 0) + 1)), cursor: key, anchor }
}

export function all(before: Selection, keys: readonly string[]): Selection {
  return { ...before, chosen: new Set(keys) }
}

/** Moves the keyboard alone. */
export function moveTo(before: Selection, key: string): Selection {
  return { ...before, cursor: key, anchor: key }
}

/**
 * What is still there of it; where the keyboard's row is gone, it goes to the one that took its place. `now` says how a row that is gone may be
 * called since.
 */
export function keep(
  selection: Selection,
  keys: readonly string[],
  keysBefore: readonly string[],
  now: (key: string) => string = (key) => key,
): Selection {
  const there = new Set(keys)
  const before = renamed(selection, (key) => (!there.has(key) && there.has(now(key)) ? now(key) : key))
  const chosen = new Set([...before.chosen].filter((key) => there.has(key)))
  if (before.cursor === null || there.has(before.cursor)) {
    return chosen.size === before.chosen.size ? before : { ...before, chosen }
  }
  const next = keys[Math.min(keysBefore.indexOf(before.cursor), keys.length - 1)] ?? null
  if (next !== null && chosen.size === 0) return only(next)
  return { chosen, cursor: next, anchor: next }
}

/** The same value where nothing is called anything else. */
function renamed(before: Selection, now: (key: string) => string): Selection {
  const chosen = [...before.chosen]
  const cursor = before.cursor === null ? null : now(before.cursor)
  if (cursor === before.cursor && chosen.every((key) => now(key) === key)) return before
  return { chosen: new Set(chosen.map(now)), cursor, anchor: before.anchor === null ? null : now(before.anchor) }
}
