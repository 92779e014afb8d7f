// Takes a few files out of a tar stream and stops as soon as it has them: of a kernel package of hundreds of MB only the
// kernel is wanted, and it comes first.
// Spec: POSIX ustar; long names of GNU tar are passed over (none of ours is long). Runs in: main, plain Node.

const BLOCK = 512

/**
 * Regular files of the stream for which `wanted` gives a key, by key. Ends early once `count` were found.
 * The stream may throw; that is the caller's.
 */
export async function readTarMembers(
  stream: AsyncIterable<Uint8Array>,
  wanted: (path: string) => string | undefined,
  count: number,
): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  let rest: Buffer = Buffer.alloc(0)
  let skip = 0 // bytes of the present member and its padding still to pass over
  let taking: { readonly key: string; readonly size: number; readonly parts: Buffer[]; left: number } | undefined
  for await (const chunk of stream) {
    let bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    rest = Buffer.alloc(0)
    while (bytes.length > 0) {
      if (taking) {
        const part = bytes.subarray(0, taking.left)
        taking.parts.push(Buffer.from(part))
        taking.left -= part.length
        bytes = bytes.subarray(part.length)
        if (taking.left > 0) break
        found.set(taking.key, Buffer.concat(taking.parts))
        if (found.size === count) return found
        skip = -taking.size & (BLOCK - 1)
        taking = undefined
      } else if (skip > 0) {
        const passed = Math.min(skip, bytes.length)
        skip -= passed
        bytes = bytes.subarray(passed)
      } else if (bytes.length < BLOCK) {
        rest = Buffer.from(bytes)
        break
      } else {
        const header = bytes.subarray(0, BLOCK)
        bytes = bytes.subarray(BLOCK)
        const size = Number.parseInt(textOf(header, 124, 12), 8) || 0
        const type = textOf(header, 156, 1)
        const prefix = textOf(header, 257, 5) === 'ustar' ? textOf(header, 345, 155) : ''
        const name = textOf(header, 0, 100)
        const path = (prefix ? `${prefix}/${name}` : name).replace(/^\.\//, '')
        const key = type === '0' || type === '' ? wanted(path) : undefined
        if (key !== undefined && size > 0) taking = { key, size, parts: [], left: size }
        else skip = Math.ceil(size / BLOCK) * BLOCK
      }
    }
  }
  return found
}

function textOf(header: Buffer, at: number, length: number): string {
  const field = header.toString('latin1', at, at + length)
  const end = field.indexOf('\0')
  return (end < 0 ? field : field.slice(0, end)).trim()
}
