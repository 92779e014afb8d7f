// Compressed clusters: zlib's raw deflate, or zstd. The compressed bytes come from a hostile file: output is bounded by the
// cluster, and so is the work for a block of zstd; after some blocks the event loop has its turn.
// Invariant: the last few clusters are kept, since guests read a cluster in pieces. An entry's bits name its contents for as
// long as the image is open, because we never write compressed clusters. Runs in: the image's thread; zlib on the pool.
import { inflateRaw } from 'node:zlib'
import { DamagedZstd, ZstdDecoder } from '../../lib/zstd/decoder'
import { err, ok, type Result } from '../../public/result'
import { turn } from '../turn'

/** A block is 128 KiB at most, some milliseconds; an encoder that means well makes no smaller ones. */
const BLOCKS_AT_ONCE = 2

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
  const output = new Uint8Array(clusterSize)
  try {
    const decoder = new ZstdDecoder(bytes, output)
    for (let blocks = 1; decoder.block(); blocks++) if (blocks % BLOCKS_AT_ONCE === 0) await turn()
    return decoder.length === clusterSize ? ok(output) : err(`zstd data gave ${decoder.length} bytes`)
  } catch (error) {
    if (error instanceof DamagedZstd) return err(`zstd data is damaged (${error.message})`)
    throw error
  }
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
