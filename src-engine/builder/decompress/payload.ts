// The ways a kernel payload can be compressed, told by its first bytes, and the way to unpack each.
// Invariant: unpacking never throws and never yields more than the announced size.
// zstd is fzstd's here and not zstddec's, which unpacks compressed clusters: a WebAssembly memory never gets smaller, so that a
// kernel of 60 MiB would leave 87 MiB in its guest's process for good, and it took four fifths of the time.
// Runs in: the domain's process, main thread.

import { gunzipSync } from 'node:zlib'
import { decompress as decompressZstd } from 'fzstd'
import { err, ok, type Result } from '../../public/result'
import { decompressLz4Legacy } from './lz4-legacy'
import { decompressXz } from './xz'

export const COMPRESSIONS = [
  { name: 'gzip', magic: [0x1f, 0x8b], status: 'done' },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], status: 'done' },
  { name: 'lz4', magic: [0x02, 0x21, 0x4c, 0x18], status: 'done' },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], status: 'done' },
  { name: 'lzo', magic: [0x89, 0x4c, 0x5a], status: 'no' },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68], status: 'no' },
  { name: 'lzma', magic: [0x5d, 0x00, 0x00], status: 'no' },
] as const

export type Compression = Extract<(typeof COMPRESSIONS)[number], { status: 'done' }>['name']

/**
 * `payload` as it stands in the file: its last four bytes are the unpacked size (`size`), for gzip as part of the
 * format, for the others appended by the kernel's build.
 */
export function decompressPayload(name: Compression, payload: Uint8Array, size: number): Result<Uint8Array, string> {
  const stream = payload.subarray(0, payload.length - 4)
  switch (name) {
    case 'gzip':
      return unpack('gzip', size, () => gunzipSync(payload, { maxOutputLength: size + 1 }))
    case 'xz':
      return decompressXz(stream, size)
    case 'lz4':
      return decompressLz4Legacy(stream, size)
    case 'zstd':
      return unpack('zstd', size, () => decompressZstd(stream))
  }
}

/** For the libraries, which report damage by throwing. */
function unpack(name: string, size: number, run: () => Uint8Array): Result<Uint8Array, string> {
  let output: Uint8Array
  try {
    output = run()
  } catch (error) {
    return err(`${name} data is damaged (${error instanceof Error ? error.message : String(error)})`)
  }
  return output.length === size ? ok(output) : err(`${name} data gave ${output.length} bytes instead of ${size}`)
}
