// Where the keyboard goes when what had it is no more: a menu or dialog that closed, a row or card that went.
// Invariant: who uses nothing but the keyboard is never left without a place, and nobody's place is taken. Runs in: every window.

/** The page's own place for it, which is marked with data-home; a page without one has the tab that shows it. */
const PLACES = ['[data-home]', '[role="tab"][aria-selected="true"]']

/** After the library has had its turn at giving the keyboard back. */
export function goHome(): void {
  setTimeout(() => {
    if (document.activeElement !== null && document.activeElement !== document.body) return
    for (const place of PLACES) {
      const shown = [...document.querySelectorAll<HTMLElement>(place)].filter((each) => each.checkVisibility()).at(-1)
      if (shown !== undefined) return shown.focus()
    }
  }, 50)
}

/** As the `ref` of what may go by itself, or by a button within it. */
export function homeward(part: HTMLElement | null): () => void {
  return () => {
    if (part?.contains(document.activeElement)) goHome()
  }
}
