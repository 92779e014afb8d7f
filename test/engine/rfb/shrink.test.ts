// Smaller pictures of a screen. Runs in: vitest.
import { describe, expect, it } from 'vitest'
import { shrink } from '../../../src-engine/rfb/shrink'

describe('a picture made smaller', () => {
  it('has the means of what each pixel stands for', () => {
    const pixels = Uint32Array.of(0x000000, 0xff0000, 0x00ff00, 0x0000ff, 0x101010, 0x303030, 0xffffff, 0xffffff)
    expect(shrink({ pixels, width: 4, height: 2 }, 2)).toEqual({
      pixels: Uint32Array.of(0x501010, 0x80bfbf),
      width: 2,
      height: 1,
    })
  })

  it('keeps its shape, is never larger, and never has no pixel', () => {
    const wide = { pixels: new Uint32Array(1000 * 3), width: 1000, height: 3 }
    expect(shrink(wide, 100)).toMatchObject({ width: 100, height: 1 })
    expect(shrink(wide, 5000)).toBe(wide)
    expect(shrink({ pixels: new Uint32Array(1024 * 768), width: 1024, height: 768 }, 320)).toMatchObject({
      width: 320,
      height: 240,
    })
  })
})
