// The LZ4 legacy frame, as `lz4 -l` writes it and Linux wraps kernels in it: magic, then blocks {u32 length, bytes}, each
// at most 8 MiB when unpacked and independent of the others. There is no end mark: the input ends with a block.
// The size of the output is known beforehand, so every copy is checked against it and nothing grows.
// Runs in: the domain's process, main thread.

import { err, ok, type Result } from '../../public/result'

const MAGIC = 0x184c2102
const BLOCK_MOST = 8 * 1024 * 1024
const MIN_MATCH = 4

export function decompressLz4Legacy(input: Uint8Array, outputSize: number): Result<Uint8Array, string> {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  const output = new Uint8Array(outputSize)
  let read = 4
  let written = 0
  while (read + 4 <= input.length) {
    const length = view.getUint32(read, true)
    read += 4
    if (length === MAGIC) continue // frames may follow each other
    if (read + length > input.length) return err('an LZ4 block goes beyond the end')
    written = decodeBlock(input, read, read + length, output, written)
    if (written < 0) return err('an LZ4 block is damaged')
    read += length
  }
  return written === outputSize ? ok(output) : err(`LZ4 data gave ${written} bytes instead of ${outputSize}`)
}

/** Unpacks input[at, end) to output[start...]; returns the new end of the output, or -1 for damaged data. */
function decodeBlock(input: Uint8Array, at: number, end: number, output: Uint8Array, start: number): number {
  const limit = Math.min(output.length, start + BLOCK_MOST)
  let i = at
  let o = start
  while (i < end) {
    const token = byte(input, i++)
    let literals = token >>> 4
    if (literals === 15) {
      let more: number
      do {
        if (i >= end) return -1
        more = byte(input, i++)
        literals += more
      } while (more === 255)
    }
    if (i + literals > end || o + literals > limit) return -1
    if (literals < 32) {
      for (const stop = i + literals; i < stop; ) output[o++] = byte(input, i++)
    } else {
      output.set(input.subarray(i, i + literals), o)
      i += literals
      o += literals
    }
    if (i === end) return o // a block's last sequence has no match
    if (i + 2 > end) return -1
    const distance = byte(input, i) | (byte(input, i + 1) << 8)
    i += 2
    let length = token & 15
    if (length === 15) {
      let more: number
      do {
        if (i >= end) return -1
        more = byte(input, i++)
        length += more
      } while (more === 255)
    }
    length += MIN_MATCH
    if (distance === 0 || distance > o - start || o + length > limit) return -1
    if (length <= distance && length > 48) {
      output.copyWithin(o, o - distance, o - distance + length)
      o += length
    } else {
      // Byte by byte on purpose: a match may overlap what it writes.
      for (const stop = o + length; o < stop; o++) output[o] = byte(output, o - distance)
    }
  }
  return o
}

function byte(from: Uint8Array, at: number): number {
  return from[at] ?? 0
}
