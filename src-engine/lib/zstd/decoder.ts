// Unpacks a zstd frame block by block into a buffer that is there already, for bytes that come from somebody hostile: what it writes is
// bounded by the buffer, a block by 128 KiB, and the work for a block by what it writes and its own length. The caller may do something
// else between two blocks. Dictionaries and frames after the first are not read, and a checksum is not looked at.
// Spec: RFC 8878. Invariant: `block` throws DamagedZstd and nothing else.
// Runs in: anything.
import { DamagedZstd } from './bits'
import { decodeHuffman, type HuffmanTable, readHuffman } from './huffman'
import { runSequences, SequenceState, type Target } from './sequences'

export { DamagedZstd } from './bits'

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd]
const BLOCK_MOST = 128 * 1024
const RAW = 0
const REPEATED = 1
const COMPRESSED = 2
const STREAMS_HEADER = 6

export class ZstdDecoder {
  private readonly source: Uint8Array
  private readonly target: Target
  private at: number
  private readonly sequences = new SequenceState()
  private huffman: HuffmanTable | undefined
  private readonly literals = new Uint8Array(BLOCK_MOST)

  /** Throws where no frame begins, or one that needs a dictionary. */
  constructor(source: Uint8Array, output: Uint8Array) {
    this.source = source
    this.target = { bytes: output, at: 0, end: output.length }
    if (MAGIC.some((byte, i) => source[i] !== byte)) throw new DamagedZstd('no frame begins here')
    const descriptor = source[4] ?? 0
    if ((descriptor & 8) !== 0) throw new DamagedZstd('the frame has features that we do not know')
    if ((descriptor & 3) !== 0) throw new DamagedZstd('the frame needs a dictionary')
    const single = (descriptor & 0x20) !== 0
    const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
    // What the window is does not matter to one whose window is all of the output.
    this.at = 5 + (single ? 0 : 1) + sizeBytes
  }

  /** Bytes that are unpacked. */
  get length(): number {
    return this.target.at
  }

  /** Unpacks a block; false: it was the last. */
  block(): boolean {
    const { source, target } = this
    const head = (source[this.at] ?? 0) | ((source[this.at + 1] ?? 0) << 8) | ((source[this.at + 2] ?? 0) << 16)
    const from = this.at + 3
    const type = (head >> 1) & 3
    const size = head >> 3
    const length = type === REPEATED ? 1 : size
    if (size > BLOCK_MOST || from + length > source.length) throw new DamagedZstd('a block is cut off')
    this.at = from + length
    target.end = Math.min(target.bytes.length, target.at + BLOCK_MOST)
    if (type === COMPRESSED) this.compressed(source.subarray(from, from + size))
    else if (type === RAW || type === REPEATED) {
      if (size > target.end - target.at) throw new DamagedZstd('a block is larger than it may be')
      if (type === RAW) target.bytes.set(source.subarray(from, from + size), target.at)
      else target.bytes.fill(source[from] ?? 0, target.at, target.at + size)
      target.at += size
    } else throw new DamagedZstd('a block is of no known kind')
    return (head & 1) === 0
  }

  private compressed(block: Uint8Array): void {
    const kind = (block[0] ?? 0) & 3
    const { literals, length } = kind < COMPRESSED ? this.plainLiterals(block, kind) : this.codedLiterals(block, kind)
    runSequences(block.subarray(length), literals, this.sequences, this.target)
  }

  /** As they are, or one byte over and over. */
  private plainLiterals(block: Uint8Array, kind: number): { literals: Uint8Array; length: number } {
    const [first = 0, second = 0, third = 0] = block
    const format = (first >> 2) & 3
    const head = format === 1 ? 2 : format === 3 ? 3 : 1
    const size =
      format === 1 ? (first >> 4) + (second << 4) : format === 3 ? (first >> 4) + (second << 4) + (third << 12) : first >> 3
    const length = head + (kind === REPEATED ? 1 : size)
    if (size > BLOCK_MOST || length > block.length) throw new DamagedZstd('literals are cut off')
    if (kind === RAW) return { literals: block.subarray(head, length), length }
    const literals = this.literals.subarray(0, size)
    literals.fill(block[head] ?? 0)
    return { literals, length }
  }

  /** By a Huffman code, that of the block before where it has none of its own; in one stream or four. */
  private codedLiterals(block: Uint8Array, kind: number): { literals: Uint8Array; length: number } {
    const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = block
    const format = (first >> 2) & 3
    const head = Math.max(3, format + 2)
    const [size, packed] =
      head === 3
        ? [(first >> 4) | ((second & 0x3f) << 4), (second >> 6) | (third << 2)]
        : head === 4
          ? [(first >> 4) | (second << 4) | ((third & 3) << 12), (third >> 2) | (fourth << 6)]
          : [(first >> 4) | (second << 4) | ((third & 0x3f) << 12), (third >> 6) | (fourth << 2) | (fifth << 10)]
    const length = head + packed
    if (size > BLOCK_MOST || length > block.length) throw new DamagedZstd('literals are cut off')
    let streams = block.subarray(head, length)
    if (kind === COMPRESSED) {
      const read = readHuffman(streams)
      this.huffman = read.table
      streams = streams.subarray(read.length)
    }
    const { huffman } = this
    if (!huffman) throw new DamagedZstd('a code is used before it is told')
    const literals = this.literals.subarray(0, size)
    if (format === 0) decodeHuffman(huffman, streams, literals)
    else decodeFour(huffman, streams, literals)
    return { literals, length }
  }
}

/** The lengths of the first three go before; each has a quarter of the literals, the last what is left. */
function decodeFour(table: HuffmanTable, streams: Uint8Array, literals: Uint8Array): void {
  const each = (literals.length + 3) >> 2
  let from = STREAMS_HEADER
  for (let i = 0; i < 4; i++) {
    const to = i < 3 ? from + ((streams[2 * i] ?? 0) | ((streams[2 * i + 1] ?? 0) << 8)) : streams.length
    if (to > streams.length || from > to || each * i > literals.length) throw new DamagedZstd('literals are cut off')
    decodeHuffman(table, streams.subarray(from, to), literals.subarray(each * i, i < 3 ? each * (i + 1) : literals.length))
    from = to
  }
}
