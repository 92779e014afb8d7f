// What has the keyboard in a window, and whether that can be seen: an outline on the control, on the label around it, or on the row
// that is the current one. Runs in: end-to-end tests.

import type { Page } from 'playwright-core'

/** What has the keyboard, and whether that can be seen; null while nothing has it. */
export function focusNow(page: Page): Promise<{ readonly name: string; readonly seen: boolean } | null> {
  return page.evaluate(() => {
    const focused = document.activeElement
    if (focused === null || focused === document.body) return null
    // A guest's console and screen show their own cursor.
    if (focused.closest('.xterm, [data-testid="screen"]') !== null) return null
    const label = focused.closest('label')
    const current = document.getElementById(focused.getAttribute('aria-activedescendant') ?? '')
    const marked = [focused, focused.closest('[data-focus-visible]'), label, current, ...(label?.querySelectorAll('*') ?? [])]
    const seen = marked.some((element) => {
      if (element === null) return false
      const { outlineStyle, outlineWidth } = getComputedStyle(element)
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1.5
    })
    return {
      name: `${focused.tagName} ${focused.className} ${focused.getAttribute('aria-label') ?? ''} ${focused.textContent?.slice(0, 30)}`,
      seen,
    }
  })
}
