// What is chosen of a list after the chosen one went: the entry that took its place, as in every list of a desktop.
// Runs in: every window that has such a list.
import { useLayoutEffect, useRef } from 'react'

/** The next below `gone` that is still there, else the next above it. */
export function neighbourOf(gone: string, before: readonly string[], now: readonly string[]): string | undefined {
  const place = before.indexOf(gone)
  const isThere = (key: string): boolean => now.includes(key)
  return before.slice(place + 1).find(isThere) ?? before.slice(0, Math.max(place, 0)).reverse().find(isThere)
}

/** One that was not in the list yet is waited for: it was only just made. */
export function useNeighbour(keys: readonly string[], chosen: string, onChoose: (key: string) => void): void {
  const last = useRef(keys)
  useLayoutEffect(() => {
    const before = last.current
    last.current = keys
    if (keys.includes(chosen) || !before.includes(chosen)) return
    const next = neighbourOf(chosen, before, keys)
    if (next !== undefined) onChoose(next)
  })
}
