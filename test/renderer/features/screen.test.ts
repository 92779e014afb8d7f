// Where a screen goes in its box, and which keys are sent. Runs in: vitest, plain Node.

import { describe, expect, it } from 'vitest'
import { labelOf, sendKeys } from '../../../src-main/public/send-keys'
import { percentOf, placeOf } from '../../../src-renderer/features/screen/fit'

const guest = { width: 800, height: 600 }
const CORNER = { pageLeft: 0, pageTop: 0 }

describe('the place of a screen', () => {
  it('fits into its box and keeps its shape', () => {
    expect(placeOf('fit', guest, { width: 1000, height: 600, ...CORNER }, 1)).toEqual({
      left: 100,
      top: 0,
      width: 800,
      height: 600,
    })
    expect(placeOf('fit', guest, { width: 400, height: 900, ...CORNER }, 1)).toEqual({
      left: 0,
      top: 300,
      width: 400,
      height: 300,
    })
    expect(percentOf('fit', guest, { width: 400, height: 900 }, 2)).toBe(1)
  })

  it('lies on whole device pixels at 1:1, at every scale of the desktop', () => {
    for (const ratio of [1, 1.25, 1.5, 1.75, 2, 3]) {
      for (const pageTop of [0, 90.4, 113.75]) {
        const box = { width: 977, height: 613, pageLeft: 8.3, pageTop }
        const place = placeOf('exact', guest, box, ratio)
        for (const edge of [box.pageLeft + place.left, pageTop + place.top, place.width, place.height]) {
          expect(Math.abs(edge * ratio - Math.round(edge * ratio))).toBeLessThan(1e-9)
        }
        expect(place.left).toBeGreaterThanOrEqual(0)
        expect(place.width * ratio).toBeCloseTo(800)
      }
      expect(percentOf('exact', guest, { width: 977, height: 613 }, ratio)).toBeCloseTo(1)
    }
  })

  it('begins at the corner when it is larger than its box, and when nothing is known', () => {
    expect(placeOf('exact', guest, { width: 300, height: 200, ...CORNER }, 1)).toMatchObject({ left: 0, top: 0, width: 800 })
    expect(placeOf('fit', { width: 0, height: 0 }, { width: 300, height: 200, ...CORNER }, 1)).toMatchObject({ width: 300 })
  })
})

describe('keys to send', () => {
  it('have the names and keysyms that X gives them', () => {
    const row = sendKeys.find(({ id }) => id === 'f12')
    expect(row && labelOf(row, 'de')).toBe('Strg+Alt+F12')
    const labels = ['backspace', 'delete', 'escape', 'print'].map((id) => sendKeys.find((each) => each.id === id))
    const named = (language: string) => labels.map((each) => (each === undefined ? '' : labelOf(each, language)))
    expect(named('de')).toEqual(['Strg+Alt+Rücktaste', 'Strg+Alt+Entf', 'Strg+Alt+Umschalt+Esc', 'Druck'])
    expect(named('en')).toEqual(['Ctrl+Alt+Backspace', 'Ctrl+Alt+Delete', 'Ctrl+Alt+Shift+Esc', 'Print'])
    expect(row?.keys.map(({ keysym }) => keysym)).toEqual([0xffe3, 0xffe9, 0xffc9])
    expect(new Set(sendKeys.map(({ id }) => id)).size).toBe(sendKeys.length)
  })
})
