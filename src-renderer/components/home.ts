// Where the keyboard goes when what had it is no more: a menu or dialog that closed, a row or card that went.
// Invariant: who uses nothing but the keyboard is never left without a place, and nobody's place is taken. Runs in: every window.

/** The page's own place for it, which is marked with data-home; a page without one has the tab that shows it. */
const PLACES = ['[data-home]', '[role="tab"][aria-selected="true"]']

/** The library gives the keyboard back to what asked some frames after a dialog went. */
const AFTER_LIBRARY_MS = 50

const later = (act: () => void): void => void setTimeout(act, AFTER_LIBRARY_MS)

function focusFirst(places: readonly string[]): void {
  for (const place of places) {
    const shown = [...document.querySelectorAll<HTMLElement>(place)].filter((each) => each.checkVisibility()).at(-1)
    if (shown === undefined) continue
    shown.focus()
    return
  }
}

export function goHome(): void {
  later(() => {
    if (document.activeElement === null || document.activeElement === document.body) focusFirst(PLACES)
  })
}

/** After an entry of the list was deleted: to the one that took its place, and not to the button that asked, which is for that one now. */
export function goToList(): void {
  later(() => focusFirst(PLACES.slice(0, 1)))
}

/** As the `ref` of what may go by itself, or by a button within it. */
export function homeward(part: HTMLElement | null): () => void {
  return () => {
    if (part?.contains(document.activeElement)) goHome()
  }
}
