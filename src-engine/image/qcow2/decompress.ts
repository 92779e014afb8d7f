// Compressed clusters: zlib's raw deflate, or zstd. The compressed bytes come from a hostile file: output is bounded by the
// cluster, and zstd frames are measured before they are unpacked.
// Invariant: the last few clusters are kept, since guests read a cluster in pieces. An entry's bits name its contents for as
// long as the image is open, because we never write compressed clusters. Runs in: the image's thread; zlib on the pool.
import { inflateRaw } from 'node:zlib'
import { ZSTDDecoder } from 'zstddec'
import { err, ok, type Result } from '../../public/result'

/** Blocks of a frame: encoders that mean well make few, and the tables of each cost microseconds however short it is. */
const blocksOf = (clusterSize: number): number => 16 + clusterSize / 1024

const zstd = new ZSTDDecoder()

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

/** 2 MiB, the largest cluster, take it some milliseconds. */
async function unpackZstd(bytes: Uint8Array, clusterSize: number): Promise<Result<Uint8Array, string>> {
  const length = frameLength(bytes, blocksOf(clusterSize))
  if (length === undefined) return err('zstd data is damaged (no whole frame)')
  await zstd.init()
  // What is wrong with a frame it tells by a length that is none.
  const output = zstd.decode(bytes.subarray(0, length), clusterSize)
  return output.length === clusterSize ? ok(output) : err('zstd data is damaged (not what a cluster holds)')
}

/**
 * Bytes of the first frame, as what is behind it in the image's sectors is no part of it; undefined where it is cut off or has more blocks.
 * Spec: RFC 8878, sections 3.1.1 and 3.1.1.2.
 */
function frameLength(bytes: Uint8Array, mostBlocks: number): number | undefined {
  const byte = (at: number): number => bytes[at] ?? 0
  const descriptor = byte(4)
  const single = (descriptor & 0x20) !== 0
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0
  let at = 5 + (single ? 0 : 1) + dictionaryBytes + sizeBytes
  for (let blocks = 0; blocks < mostBlocks; blocks++) {
    const head = byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16)
    const repeated = ((head >> 1) & 3) === 1
    at += 3 + (repeated ? 1 : head >> 3)
    if (at > bytes.length) return undefined
    if ((head & 1) === 0) continue
    const end = at + ((descriptor & 4) === 0 ? 0 : 4)
    return end <= bytes.length ? end : undefined
  }
  return undefined
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
