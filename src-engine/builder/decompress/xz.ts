// The .xz container: stream header, blocks, index. We read what kernels are packed with: one stream, blocks of
// LZMA2 with or without the x86 BCJ filter before it, checks CRC32 and SHA-256 verified, CRC64 passed over (nothing
// we read uses it, and LZMA2's own range coder notices nearly all damage).
// Our own, as the npm package that reads .xz without native code (xz-decompress 0.2, tried 2026-11-26) is built without that filter and
// without SHA-256.
// Spec: "The .xz File Format" 1.1.0. Runs in: the domain's process, main thread.

import { createHash } from 'node:crypto'
import { err, ok, type Result } from '../../public/result'
import { crc32 } from './crc32'
import { Lzma2Decoder } from './lzma2'
import { undoX86Filter } from './x86-filter'

const CHECK = { NONE: 0, CRC32: 1, CRC64: 4, SHA256: 10 } as const
const CHECK_SIZE = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64] as const

const FILTER = { X86: 4, LZMA2: 0x21 } as const

const STREAM_HEADER_SIZE = 12

interface Block {
  readonly x86: boolean
  /** Start of the compressed data. */
  readonly at: number
}

export function decompressXz(input: Uint8Array, outputSize: number): Result<Uint8Array, string> {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  if (input.length < STREAM_HEADER_SIZE) return err('xz data ends too early')
  if (crc32(input, 6, 8) !== view.getUint32(8, true)) return err('the xz header is damaged')
  const check = (input[7] ?? 0) & 15
  const output = new Uint8Array(outputSize)
  let at = STREAM_HEADER_SIZE
  let end = 0
  for (;;) {
    if (at >= input.length) return err('xz data ends too early')
    if (input[at] === 0) break // the index, which tells us nothing new
    const header = readBlockHeader(input, view, at)
    if (!header.ok) return header
    const decoder = new Lzma2Decoder(input, header.value.at, output, end)
    const decoded = decoder.run()
    if (!decoded.ok) return decoded
    const block = output.subarray(end, decoder.end)
    if (header.value.x86) undoX86Filter(block)
    end = decoder.end
    at = decoder.at + ((header.value.at - decoder.at) & 3)
    if (at + (CHECK_SIZE[check] ?? 0) > input.length) return err('xz data ends too early')
    if (check === CHECK.CRC32 && crc32(block, 0, block.length) !== view.getUint32(at, true)) {
      return err('the xz checksum does not match')
    }
    if (
      check === CHECK.SHA256 &&
      !createHash('sha256')
        .update(block)
        .digest()
        .equals(input.subarray(at, at + 32))
    ) {
      return err('the xz checksum does not match')
    }
    at += CHECK_SIZE[check] ?? 0
  }
  return end === outputSize ? ok(output) : err(`xz data gave ${end} bytes instead of ${outputSize}`)
}

/** Header: size byte (in 4-byte units, less one), flags, sizes if announced, filters, padding, CRC32. */
function readBlockHeader(input: Uint8Array, view: DataView, start: number): Result<Block, string> {
  const size = ((input[start] ?? 0) + 1) * 4
  const crcAt = start + size - 4
  if (crcAt + 4 > input.length) return err('xz data ends too early')
  if (crc32(input, start, crcAt) !== view.getUint32(crcAt, true)) return err('an xz block header is damaged')
  const flags = input[start + 1] ?? 0
  let at = start + 2
  const readNumber = (): number => {
    let value = 0
    for (let place = 1; at < crcAt; place *= 128) {
      const byte = input[at++] ?? 0
      value += (byte & 127) * place
      if (byte < 128) break
    }
    return value
  }
  if (flags & 0x40) readNumber() // compressed size
  if (flags & 0x80) readNumber() // uncompressed size
  const filters: number[] = []
  for (let left = (flags & 3) + 1; left > 0; left--) {
    const id = readNumber()
    const properties = readNumber()
    if (id === FILTER.X86 && properties !== 0) return err('xz data with an x86 filter that does not start at 0')
    filters.push(id)
    at += properties
  }
  if (at > crcAt) return err('an xz block header is damaged')
  const plain = filters.length === 1 && filters[0] === FILTER.LZMA2
  const x86 = filters.length === 2 && filters[0] === FILTER.X86 && filters[1] === FILTER.LZMA2
  if (!plain && !x86) return err(`xz data with filters we do not have (${filters.join(', ')})`)
  return ok({ x86, at: start + size })
}
