// A picture as a PNG file: 8 bits each of red, green and blue, rows filtered by "up" (a text console repeats itself downwards).
// Spec: the W3C's PNG recommendation. Runs in: anything that is Node.
import { deflateSync } from 'node:zlib'
import { concatBytes, crc32, fromLatin1 } from '../lib/bytes'

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
const FILTER_UP = 2

function chunk(type: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, body.length)
  bytes.set(fromLatin1(type), 4)
  bytes.set(body, 8)
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)))
  return bytes
}

/** `pixels` are XRGB, width × height. */
export function encodePng(pixels: Uint32Array, width: number, height: number): Uint8Array {
  const head = new Uint8Array(13)
  const view = new DataView(head.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  head.set([8, 2, 0, 0, 0], 8)
  const rows = new Uint8Array(height * (1 + 3 * width))
  let at = 0
  for (let y = 0; y < height; y++) {
    rows[at++] = FILTER_UP
    for (let x = 0; x < width; x++) {
      const pixel = pixels[y * width + x] ?? 0
      const above = y === 0 ? 0 : (pixels[(y - 1) * width + x] ?? 0)
      rows[at++] = ((pixel >>> 16) & 0xff) - ((above >>> 16) & 0xff)
      rows[at++] = ((pixel >>> 8) & 0xff) - ((above >>> 8) & 0xff)
      rows[at++] = (pixel & 0xff) - (above & 0xff)
    }
  }
  const packed = deflateSync(rows, { level: 6 })
  return concatBytes([SIGNATURE, chunk('IHDR', head), chunk('IDAT', packed), chunk('IEND', new Uint8Array(0))])
}
