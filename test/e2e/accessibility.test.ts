// Every window and dialog through axe-core (names, roles, contrast, focus: what it calls serious or critical fails), and whether words are
// cut off where the screen is small: at 200 and 300 % the windows here have 720 and 480 pixels. In the long tier in all themes; in the ordinary
// one axe, being most of the time of a look, takes the first of each window and of the others every fourth.
// Runs in: plain Node; starts the real Electron on a virtual display.

import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { LONG } from '../support/tier'
import { seriousViolations } from './axe'
import { playScenes } from './scenes'

/**
 * Words of which a part is hidden where no scroll bar leads to it. What ends in an ellipsis is left out, for it says so itself; not where
 * people choose by the words, in side lists and selects, nor how the keyboard leaves the console, nor a network's address.
 */
async function cutOff(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const cut: string[] = []
    for (const button of document.querySelectorAll('.number-group .button')) {
      const { width, height } = button.getBoundingClientRect()
      if (width > 0 && width < height - 1.5)
        cut.push(`squashed: ${button.getAttribute('aria-label') ?? 'a button of a number'}`)
    }
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = words.nextNode(); node !== null; node = words.nextNode()) {
      const parent = node.parentElement
      const text = node.textContent?.trim() ?? ''
      if (parent === null || text === '' || !parent.checkVisibility()) continue
      if (parent.closest('.visually-hidden, .xterm, [aria-hidden="true"], [data-testid="screen"], .live-chart') !== null)
        continue
      const range = document.createRange()
      range.selectNodeContents(node)
      const box = range.getBoundingClientRect()
      const button = parent.closest('button')?.getBoundingClientRect()
      const ellipsis = getComputedStyle(parent).textOverflow === 'ellipsis'
      if (button !== undefined && !ellipsis && (box.right > button.right + 1.5 || box.left < button.left - 1.5))
        cut.push(`out of its button: ${text.slice(0, 60)}`)
      for (let above: Element | null = parent; above !== null; above = above.parentElement) {
        const style = getComputedStyle(above)
        // For screen readers only.
        if (above.clientWidth <= 1 && style.position === 'absolute') break
        if (style.visibility === 'hidden' || style.opacity === '0') break
        const edge = above === document.body ? new DOMRect(0, 0, innerWidth, innerHeight) : above.getBoundingClientRect()
        const sideways = box.right > edge.right + 1.5 || box.left < edge.left - 1.5
        const down = box.bottom > edge.bottom + 3 || box.top < edge.top - 3
        const hides = (overflow: string): boolean => overflow === 'hidden' || overflow === 'clip'
        if (style.textOverflow === 'ellipsis') {
          if (sideways && above.matches('.side-name, .select-value, .console .last, .topology-address'))
            cut.push(`ends in an ellipsis: ${text.slice(0, 60)}`)
          break
        }
        if ((sideways && hides(style.overflowX)) || (down && hides(style.overflowY))) {
          cut.push(`cut off: ${text.slice(0, 60)} (in ${above.className || above.tagName})`)
          break
        }
        // Scrolling leads to it.
        if ((sideways || down) && (/auto|scroll/.test(style.overflowX) || /auto|scroll/.test(style.overflowY))) break
      }
    }
    return cut
  })
}

const rounds = [
  { theme: 'dark', language: 'de', scale: 2 },
  { theme: 'light', language: 'en', scale: 1 },
  { theme: 'contrast', language: 'de', scale: 3 },
] as const

describe('every window and dialog', () => {
  const what = 'has no serious finding of axe and cuts no words off: $theme, $language, $scale'
  it.each(LONG ? rounds : rounds.slice(0, 1))(what, { timeout: 600_000 }, async (round) => {
    const found: string[] = []
    let looked = 0
    const windows = new Set<string>()
    await playScenes({
      ...round,
      show: async (page, name) => {
        looked += 1
        const window = page.url()
        const isForAxe = LONG || looked % 4 === 0 || !windows.has(window)
        windows.add(window)
        const findings = [...(isForAxe ? await seriousViolations(page) : []), ...(await cutOff(page))]
        for (const finding of findings) found.push(`${name}: ${finding}`)
      },
      failed: (scene, reason) => found.push(`${scene}: ${String(reason)}`),
    })
    expect([...new Set(found)]).toEqual([])
    expect(looked).toBeGreaterThan(25)
  })
})
