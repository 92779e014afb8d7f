// Compressed clusters: zlib's raw deflate, or zstd. The compressed bytes come from a hostile file: output is bounded by the
// cluster, zstd frames are measured before they are unpacked, and long ones are unpacked in steps.
// Invariant: the last few clusters are kept, since guests read a cluster in pieces. An entry's bits name its contents for as
// long as the image is open, because we never write compressed clusters. Runs in: the image's thread; zlib on the pool.
import { inflateRaw } from 'node:zlib'
import { Decompress, decompress } from 'fzstd'
import { err, ok, type Result } from '../../public/result'
import { turn } from '../turn'

/** Unpacked at once below this; zstd gives about 100 MB/s, so this is some milliseconds. */
const AT_ONCE = 256 * 1024
const STEP = 16 * 1024
/** The window that a stream may ask for: zstd's levels that QEMU uses stay below it. */
const WINDOW_LIMIT = 8 * 1024 * 1024

export function decompressCluster(
  method: 'zlib' | 'zstd',
  bytes: Uint8Array,
  clusterSize: number,
): Promise<Result<Uint8Array, string>> {
  return method === 'zlib' ? inflate(bytes, clusterSize) : unpackZstd(bytes, clusterSize)
}

function inflate(bytes: Uint8Array, clusterSize: number): Promise<Result<Uint8Array, string>> {
  return new Promise((resolve) => {
    inflateRaw(bytes, { maxOutputLength: clusterSize }, (error, output) => {
      if (error) resolve(err(`zlib data is damaged (${error.message})`))
      else if (output.length !== clusterSize) resolve(err(`zlib data gave ${output.length} bytes`))
      else resolve(ok(output))
    })
  })
}

async function unpackZstd(bytes: Uint8Array, clusterSize: number): Promise<Result<Uint8Array, string>> {
  const frame = zstdFrame(bytes)
  if (!frame || frame.window > Math.max(WINDOW_LIMIT, clusterSize)) return err('zstd data is damaged')
  const stream = bytes.subarray(0, frame.length)
  try {
    if (clusterSize <= AT_ONCE) {
      const output = decompress(stream)
      return output.length === clusterSize ? ok(output) : err(`zstd data gave ${output.length} bytes`)
    }
    const output = new Uint8Array(clusterSize)
    let at = 0
    const decoder = new Decompress((part) => {
      if (at + part.length <= clusterSize) output.set(part, at)
      at += part.length
    })
    for (let from = 0; from < stream.length && at <= clusterSize; from += STEP) {
      decoder.push(stream.subarray(from, from + STEP), from + STEP >= stream.length)
      await turn()
    }
    return at === clusterSize ? ok(output) : err(`zstd data gave ${at} bytes`)
  } catch (error) {
    return err(`zstd data is damaged (${error instanceof Error ? error.message : String(error)})`)
  }
}

/** Length of the first frame and the memory it asks for. Spec: RFC 8878, section 3.1.1. */
function zstdFrame(bytes: Uint8Array): { readonly length: number; readonly window: number } | undefined {
  const byte = (at: number) => bytes[at] ?? 0
  if (byte(0) !== 0x28 || byte(1) !== 0xb5 || byte(2) !== 0x2f || byte(3) !== 0xfd) return undefined
  const descriptor = byte(4)
  const single = (descriptor & 0x20) !== 0
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
  if (dictionary !== 0 || descriptor & 8) return undefined
  let at = 5
  let window = 0
  if (!single) {
    const exponent = 2 ** (10 + (byte(at) >> 3))
    window = exponent + (exponent / 8) * (byte(at) & 7)
    at++
  }
  let size = 0
  for (let i = sizeBytes - 1; i >= 0; i--) size = size * 256 + byte(at + i)
  if (sizeBytes === 2) size += 256
  window = Math.max(window, size)
  at += sizeBytes
  for (;;) {
    if (at + 3 > bytes.length) return undefined
    const block = byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16)
    const type = (block >> 1) & 3
    if (type === 3) return undefined
    at += 3 + (type === 1 ? 1 : block >> 3)
    if (block & 1) break
  }
  if (descriptor & 4) at += 4
  return at <= bytes.length ? { length: at, window } : undefined
}

/** Unpacked clusters by their entry. */
export class ClusterCache {
  private readonly kept = new Map<string, Promise<Result<Uint8Array, string>>>()
  private readonly most = 8

  get(high: number, low: number, make: () => Promise<Result<Uint8Array, string>>): Promise<Result<Uint8Array, string>> {
    const key = `${high}:${low}`
    let found = this.kept.get(key)
    if (!found) {
      found = make()
      this.kept.set(key, found)
      const oldest = this.kept.keys().next().value
      if (this.kept.size > this.most && oldest !== undefined) this.kept.delete(oldest)
    }
    return found
  }

  clear(): void {
    this.kept.clear()
  }
}
