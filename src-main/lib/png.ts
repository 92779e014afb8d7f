// Writes a PNG file of RGB pixels: signature, IHDR, one IDAT, IEND (RFC 2083); nothing more is needed for a screenshot.
// Runs in: main, plain Node.
import { deflateSync } from 'node:zlib'

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value >>> 0
})

function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff
  for (const byte of bytes) value = (CRC_TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)
  return (value ^ 0xffffffff) >>> 0
}

function chunk(kind: string, body: Uint8Array): Uint8Array {
  const made = new Uint8Array(12 + body.length)
  const view = new DataView(made.buffer)
  view.setUint32(0, body.length)
  for (let index = 0; index < 4; index++) made[4 + index] = kind.charCodeAt(index)
  made.set(body, 8)
  view.setUint32(8 + body.length, crc32(made.subarray(4, 8 + body.length)))
  return made
}

/** `bgrx`: four bytes a pixel, as in a framebuffer of ours. */
export function encodePng(bgrx: Uint8Array, width: number, height: number): Uint8Array {
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header.set([8, 2], 8) // eight bits a channel, RGB
  const lines = new Uint8Array(height * (1 + width * 3))
  for (let y = 0; y < height; y++) {
    let at = y * (1 + width * 3) + 1 // filter 0 before each line
    for (let from = y * width * 4; from < (y + 1) * width * 4; from += 4) {
      lines[at++] = bgrx[from + 2] ?? 0
      lines[at++] = bgrx[from + 1] ?? 0
      lines[at++] = bgrx[from] ?? 0
    }
  }
  const parts = [
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', new Uint8Array()),
  ]
  const made = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    made.set(part, at)
    at += part.length
  }
  return made
}
