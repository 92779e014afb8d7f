// Pixels made opaque by vectors and one by one. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { byPixels, encodeOpaque } from '../../../src-engine/rfb/encode/opaque'
import { Output } from '../../../src-engine/rfb/output'
import { randomFrom } from '../../support/random'

describe('opaque pixels', () => {
  const areas = [
    { what: 'one pixel', stride: 5, area: { x: 3, y: 1, width: 1, height: 1 } },
    { what: 'a part with odd sides', stride: 90, area: { x: 7, y: 5, width: 77, height: 45 } },
    { what: 'whole rows', stride: 64, area: { x: 0, y: 3, width: 64, height: 21 } },
    { what: 'more than fits at once', stride: 1024, area: { x: 0, y: 0, width: 1024, height: 131 } },
  ]
  describe.each(areas)('$what', ({ stride, area }) => {
    it.each(['same', 'exchanged'] as const)('in the %s order', (order) => {
      const next = randomFrom(stride)
      const pixels = Uint32Array.from({ length: stride * (area.y + area.height + 1) }, () => next(2 ** 32))
      const expected = new Uint8Array(4 * area.width * area.height)
      for (let i = 0; i < area.width * area.height; i++) {
        const pixel = pixels[(area.y + Math.floor(i / area.width)) * stride + area.x + (i % area.width)] ?? 0
        const [red, green, blue] = [(pixel >>> 16) & 255, (pixel >>> 8) & 255, pixel & 255]
        expected.set(order === 'same' ? [blue, green, red, 255] : [red, green, blue, 255], 4 * i)
      }
      const out = new Output(3)
      out.u8(77)
      encodeOpaque(out, pixels, stride, area, order)
      expect(out.at).toBe(1 + expected.length)
      expect(Buffer.compare(out.finish().subarray(1), expected)).toBe(0)
      // A processor without vectors does it so.
      const slow = new Output(expected.length)
      for (let line = 0; line < area.height; line++) {
        const from = (area.y + line) * stride + area.x
        byPixels(slow, pixels, from, from + area.width, order)
      }
      expect(Buffer.compare(slow.finish(), expected)).toBe(0)
    })
  })
})
