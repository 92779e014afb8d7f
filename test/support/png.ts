// Reads PNG files for comparison: 8 bits a channel, with or without alpha, not interlaced. Runs in: vitest, plain Node.
import { inflateSync } from 'node:zlib'

export interface Picture {
  readonly width: number
  readonly height: number
  /** XRGB with X zero. */
  readonly pixels: Uint32Array
}

export function readPng(file: Uint8Array): Picture {
  const bytes = Buffer.from(file)
  let width = 0
  let height = 0
  let channels = 0
  const packed: Buffer[] = []
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const body = bytes.subarray(at + 8, at + 8 + length)
    const type = bytes.toString('latin1', at + 4, at + 8)
    if (type === 'IHDR') {
      width = body.readUInt32BE(0)
      height = body.readUInt32BE(4)
      channels = body[9] === 6 ? 4 : 3
      if (body[8] !== 8 || (body[9] !== 2 && body[9] !== 6) || body[12] !== 0) throw new Error('a PNG of another kind')
    }
    if (type === 'IDAT') packed.push(body)
    at += 12 + length
  }
  const data = inflateSync(Buffer.concat(packed))
  const line = width * channels
  const rows = new Uint8Array(height * line)
  for (let y = 0; y < height; y++) {
    const filter = data[y * (line + 1)]
    for (let i = 0; i < line; i++) {
      const left = i < channels ? 0 : (rows[y * line + i - channels] ?? 0)
      const above = y === 0 ? 0 : (rows[(y - 1) * line + i] ?? 0)
      const corner = y === 0 || i < channels ? 0 : (rows[(y - 1) * line + i - channels] ?? 0)
      const guess =
        filter === 1
          ? left
          : filter === 2
            ? above
            : filter === 3
              ? (left + above) >> 1
              : filter === 4
                ? paeth(left, above, corner)
                : 0
      rows[y * line + i] = (data[y * (line + 1) + 1 + i] ?? 0) + guess
    }
  }
  const pixels = new Uint32Array(width * height)
  for (let i = 0; i < pixels.length; i++) {
    const at = i * channels
    pixels[i] = ((rows[at] ?? 0) << 16) | ((rows[at + 1] ?? 0) << 8) | (rows[at + 2] ?? 0)
  }
  return { width, height, pixels }
}

function paeth(left: number, above: number, corner: number): number {
  const estimate = left + above - corner
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - above), Math.abs(estimate - corner)]
  return a <= b && a <= c ? left : b <= c ? above : corner
}
