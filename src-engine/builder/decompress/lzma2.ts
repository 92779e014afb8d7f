// LZMA2, the compression inside an xz block: chunks that are stored or LZMA-coded (lzma.ts), over one dictionary, which here is
// the output itself (its size is known beforehand).
// Spec: the .xz format text. Runs in: the domain's process, main thread.

import { err, ok, type Result } from '../../public/result'
import { LzmaDecoder } from './lzma'

/** One LZMA2 stream from `input` at `at` into `output` at `start`. Both positions can be read after `run`. */
export class Lzma2Decoder {
  private readonly input: Uint8Array
  private readonly output: Uint8Array
  private readonly coder: LzmaDecoder
  /** Next byte of input. */
  at: number
  /** Next byte of output. */
  end: number

  constructor(input: Uint8Array, at: number, output: Uint8Array, start: number) {
    this.input = input
    this.output = output
    this.at = at
    this.end = start
    this.coder = new LzmaDecoder(input, output, start)
  }

  /** Decodes up to and including the end mark. */
  run(): Result<void, string> {
    const { input, coder } = this
    const byte = (offset: number): number => input[this.at + offset] ?? 0
    let needsDictionary = true
    let needsProperties = true
    let needsState = true
    for (;;) {
      if (this.at >= input.length) return err('LZMA2 data ends too early')
      const control = byte(0)
      if (control === 0) {
        this.at += 1
        return ok(undefined)
      }
      if (control >= 0xe0 || control === 1) {
        needsDictionary = false
        coder.dictionaryStart = this.end
        if (control === 1) needsProperties = true
      } else if (needsDictionary) {
        return err('LZMA2 data does not begin with a new dictionary')
      }
      if (control < 0x80) {
        if (control > 2) return err('unknown LZMA2 chunk')
        const size = (byte(1) << 8) + byte(2) + 1
        this.at += 3
        if (this.at + size > input.length) return err('LZMA2 data ends too early')
        if (this.end + size > this.output.length) return err('LZMA2 data is longer than announced')
        this.output.set(input.subarray(this.at, this.at + size), this.end)
        this.at += size
        this.end += size
        continue
      }
      const size = ((control & 0x1f) << 16) + (byte(1) << 8) + byte(2) + 1
      const packed = (byte(3) << 8) + byte(4) + 1
      this.at += 5
      if (control >= 0xc0) {
        if (!coder.setProperties(byte(0))) return err('unknown LZMA properties')
        this.at += 1
        needsProperties = false
      } else if (needsProperties) {
        return err('an LZMA2 chunk comes without properties')
      }
      if (control >= 0xa0) {
        coder.resetState()
        needsState = false
      } else if (needsState) {
        return err('an LZMA2 chunk comes without a state')
      }
      if (this.at + packed > input.length) return err('LZMA2 data ends too early')
      if (this.end + size > this.output.length) return err('LZMA2 data is longer than announced')
      if (!coder.decodeChunk(this.at, this.at + packed, this.end, this.end + size)) return err('LZMA2 data is damaged')
      this.at += packed
      this.end += size
    }
  }
}
