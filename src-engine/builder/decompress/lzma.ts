// LZMA as LZMA2's chunks have it: matches and literals behind a range coder, whose odds, state and last distances go on from chunk to
// chunk until they are reset. The dictionary is the output itself.
// Speed is the point of this file: 66 MB of kernel are unpacked before the user sees a line. So the symbol loop keeps
// the range coder in local variables and every bit is decoded in place, `range` and `code` being 32-bit patterns of
// either sign, compared unsigned.
// Long because: the symbol loop loses half its speed when cut into functions.
// Spec: the LZMA description of its author. Runs in: the domain's process, main thread.

const STATES = 12
const POS_STATES = 16
// Places of the adaptive probabilities in one table.
const IS_MATCH = 0
const IS_REP0_LONG = IS_MATCH + STATES * POS_STATES
const IS_REP = IS_REP0_LONG + STATES * POS_STATES
const IS_REP_G0 = IS_REP + STATES
const IS_REP_G1 = IS_REP_G0 + STATES
const IS_REP_G2 = IS_REP_G1 + STATES
const POS_SLOT = IS_REP_G2 + STATES // four trees of 6 bits, by length
const POS_SPECIAL = POS_SLOT + 4 * 64 // reverse trees of slots 4-13, at base - slot
const POS_ALIGN = POS_SPECIAL + 128
const MATCH_LENGTH = POS_ALIGN + 16
// Within a length coder: two choice bits, then trees of 3, 3 (by position state) and 8 bits.
const LENGTH_LOW = 2
const LENGTH_MID = LENGTH_LOW + POS_STATES * 8
const LENGTH_HIGH = LENGTH_MID + POS_STATES * 8
const REP_LENGTH = MATCH_LENGTH + LENGTH_HIGH + 256
const LITERAL = REP_LENGTH + LENGTH_HIGH + 256
const LITERAL_CODER = 0x300
const LC_LP_MOST = 4

const PROBABILITIES = LITERAL + (LITERAL_CODER << LC_LP_MOST)
const EVEN_ODDS = 1024

const MIN_MATCH = 2

/** Decodes chunks of `input` into `output`. */
export class LzmaDecoder {
  private readonly input: Uint8Array
  private readonly output: Uint8Array
  private readonly probabilities = new Uint16Array(PROBABILITIES)
  private literalContextBits = 0
  private literalPositionMask = 0
  private positionMask = 0
  private state = 0
  private rep0 = 0
  private rep1 = 0
  private rep2 = 0
  private rep3 = 0
  /** Where the dictionary begins in the output: no match reaches before it. */
  dictionaryStart: number

  constructor(input: Uint8Array, output: Uint8Array, start: number) {
    this.input = input
    this.output = output
    this.dictionaryStart = start
  }

  /** From a properties byte; false when there are none such. */
  setProperties(byte: number): boolean {
    if (byte > (4 * 5 + 4) * 9 + 8) return false
    const lc = byte % 9
    const lp = Math.floor(byte / 9) % 5
    if (lc + lp > LC_LP_MOST) return false
    this.literalContextBits = lc
    this.literalPositionMask = (1 << lp) - 1
    this.positionMask = (1 << Math.floor(byte / 45)) - 1
    return true
  }

  resetState(): void {
    this.probabilities.fill(EVEN_ODDS)
    this.state = 0
    this.rep0 = 0
    this.rep1 = 0
    this.rep2 = 0
    this.rep3 = 0
  }

  /** One LZMA chunk: input[at, inputEnd) to output[o, outputEnd). False when the data is damaged. */
  decodeChunk(at: number, inputEnd: number, outputStart: number, outputEnd: number): boolean {
    const input = this.input
    const output = this.output
    const probs = this.probabilities
    const dictionary = this.dictionaryStart
    const positionMask = this.positionMask
    const lc = this.literalContextBits
    const literalPositionMask = this.literalPositionMask
    let state = this.state
    let rep0 = this.rep0
    let rep1 = this.rep1
    let rep2 = this.rep2
    let rep3 = this.rep3
    let o = outputStart

    // The range coder: a zero byte, then four bytes of code.
    if (inputEnd - at < 5 || input[at] !== 0) return false
    let code = ((input[at + 1] ?? 0) << 24) | ((input[at + 2] ?? 0) << 16) | ((input[at + 3] ?? 0) << 8) | (input[at + 4] ?? 0)
    let range = -1
    let i = at + 5
    let index = 0
    let p = 0
    let bound = 0

    while (o < outputEnd) {
      if (i > inputEnd) return false
      const posState = (o - dictionary) & positionMask
      index = IS_MATCH + (state << 4) + posState
      p = probs[index] ?? 0
      bound = Math.imul(range >>> 11, p)
      if (code >>> 0 < bound >>> 0) {
        // A literal, coded in the context of its position and the byte before it.
        range = bound
        probs[index] = p + ((2048 - p) >> 5)
        if ((range & 0xff000000) === 0) {
          range <<= 8
          code = (code << 8) | (input[i++] ?? 0)
        }
        const before = o > dictionary ? (output[o - 1] ?? 0) : 0
        const coder = LITERAL + LITERAL_CODER * ((((o - dictionary) & literalPositionMask) << lc) + (before >> (8 - lc)))
        let symbol = 1
        if (state >= 7) {
          // After a match the byte the last distance points at is context too, as long as the bits agree.
          let match = (output[o - rep0 - 1] ?? 0) << 1
          let offset = 0x100
          do {
            const matchBit = match & offset
            match <<= 1
            index = coder + offset + matchBit + symbol
            p = probs[index] ?? 0
            bound = Math.imul(range >>> 11, p)
            if (code >>> 0 < bound >>> 0) {
              range = bound
              probs[index] = p + ((2048 - p) >> 5)
              symbol <<= 1
              offset &= ~matchBit
            } else {
              range = (range - bound) | 0
              code = (code - bound) | 0
              probs[index] = p - (p >> 5)
              symbol = (symbol << 1) | 1
              offset &= matchBit
            }
            if ((range & 0xff000000) === 0) {
              range <<= 8
              code = (code << 8) | (input[i++] ?? 0)
            }
          } while (symbol < 0x100)
        } else {
          do {
            index = coder + symbol
            p = probs[index] ?? 0
            bound = Math.imul(range >>> 11, p)
            if (code >>> 0 < bound >>> 0) {
              range = bound
              probs[index] = p + ((2048 - p) >> 5)
              symbol <<= 1
            } else {
              range = (range - bound) | 0
              code = (code - bound) | 0
              probs[index] = p - (p >> 5)
              symbol = (symbol << 1) | 1
            }
            if ((range & 0xff000000) === 0) {
              range <<= 8
              code = (code << 8) | (input[i++] ?? 0)
            }
          } while (symbol < 0x100)
        }
        output[o++] = symbol
        state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6
        continue
      }

      range = (range - bound) | 0
      code = (code - bound) | 0
      probs[index] = p - (p >> 5)
      if ((range & 0xff000000) === 0) {
        range <<= 8
        code = (code << 8) | (input[i++] ?? 0)
      }

      let lengthCoder = MATCH_LENGTH
      let isRep = true
      index = IS_REP + state
      p = probs[index] ?? 0
      bound = Math.imul(range >>> 11, p)
      if (code >>> 0 < bound >>> 0) {
        range = bound
        probs[index] = p + ((2048 - p) >> 5)
        isRep = false
        rep3 = rep2
        rep2 = rep1
        rep1 = rep0
        state = state < 7 ? 7 : 10
      } else {
        range = (range - bound) | 0
        code = (code - bound) | 0
        probs[index] = p - (p >> 5)
        if ((range & 0xff000000) === 0) {
          range <<= 8
          code = (code << 8) | (input[i++] ?? 0)
        }
        // One of the last four distances.
        lengthCoder = REP_LENGTH
        index = IS_REP_G0 + state
        p = probs[index] ?? 0
        bound = Math.imul(range >>> 11, p)
        if (code >>> 0 < bound >>> 0) {
          range = bound
          probs[index] = p + ((2048 - p) >> 5)
          if ((range & 0xff000000) === 0) {
            range <<= 8
            code = (code << 8) | (input[i++] ?? 0)
          }
          index = IS_REP0_LONG + (state << 4) + posState
          p = probs[index] ?? 0
          bound = Math.imul(range >>> 11, p)
          if (code >>> 0 < bound >>> 0) {
            // A single byte at the last distance.
            range = bound
            probs[index] = p + ((2048 - p) >> 5)
            if ((range & 0xff000000) === 0) {
              range <<= 8
              code = (code << 8) | (input[i++] ?? 0)
            }
            if (rep0 >>> 0 >= o - dictionary) return false
            output[o] = output[o - rep0 - 1] ?? 0
            o++
            state = state < 7 ? 9 : 11
            continue
          }
          range = (range - bound) | 0
          code = (code - bound) | 0
          probs[index] = p - (p >> 5)
        } else {
          range = (range - bound) | 0
          code = (code - bound) | 0
          probs[index] = p - (p >> 5)
          if ((range & 0xff000000) === 0) {
            range <<= 8
            code = (code << 8) | (input[i++] ?? 0)
          }
          let distance = rep1
          index = IS_REP_G1 + state
          p = probs[index] ?? 0
          bound = Math.imul(range >>> 11, p)
          if (code >>> 0 < bound >>> 0) {
            range = bound
            probs[index] = p + ((2048 - p) >> 5)
          } else {
            range = (range - bound) | 0
            code = (code - bound) | 0
            probs[index] = p - (p >> 5)
            if ((range & 0xff000000) === 0) {
              range <<= 8
              code = (code << 8) | (input[i++] ?? 0)
            }
            index = IS_REP_G2 + state
            p = probs[index] ?? 0
            bound = Math.imul(range >>> 11, p)
            if (code >>> 0 < bound >>> 0) {
              range = bound
              probs[index] = p + ((2048 - p) >> 5)
              distance = rep2
            } else {
              range = (range - bound) | 0
              code = (code - bound) | 0
              probs[index] = p - (p >> 5)
              distance = rep3
              rep3 = rep2
            }
            rep2 = rep1
          }
          rep1 = rep0
          rep0 = distance
        }
        state = state < 7 ? 8 : 11
      }
      if ((range & 0xff000000) === 0) {
        range <<= 8
        code = (code << 8) | (input[i++] ?? 0)
      }

      // The length: which of three trees, then its bits.
      let tree = lengthCoder + LENGTH_LOW + (posState << 3)
      let top = 8
      let length = MIN_MATCH - 8
      index = lengthCoder
      p = probs[index] ?? 0
      bound = Math.imul(range >>> 11, p)
      if (code >>> 0 < bound >>> 0) {
        range = bound
        probs[index] = p + ((2048 - p) >> 5)
      } else {
        range = (range - bound) | 0
        code = (code - bound) | 0
        probs[index] = p - (p >> 5)
        if ((range & 0xff000000) === 0) {
          range <<= 8
          code = (code << 8) | (input[i++] ?? 0)
        }
        index = lengthCoder + 1
        p = probs[index] ?? 0
        bound = Math.imul(range >>> 11, p)
        if (code >>> 0 < bound >>> 0) {
          range = bound
          probs[index] = p + ((2048 - p) >> 5)
          tree = lengthCoder + LENGTH_MID + (posState << 3)
          length = MIN_MATCH
        } else {
          range = (range - bound) | 0
          code = (code - bound) | 0
          probs[index] = p - (p >> 5)
          tree = lengthCoder + LENGTH_HIGH
          top = 256
          length = MIN_MATCH + 16 - 256
        }
      }
      if ((range & 0xff000000) === 0) {
        range <<= 8
        code = (code << 8) | (input[i++] ?? 0)
      }
      let node = 1
      do {
        index = tree + node
        p = probs[index] ?? 0
        bound = Math.imul(range >>> 11, p)
        if (code >>> 0 < bound >>> 0) {
          range = bound
          probs[index] = p + ((2048 - p) >> 5)
          node <<= 1
        } else {
          range = (range - bound) | 0
          code = (code - bound) | 0
          probs[index] = p - (p >> 5)
          node = (node << 1) | 1
        }
        if ((range & 0xff000000) === 0) {
          range <<= 8
          code = (code << 8) | (input[i++] ?? 0)
        }
      } while (node < top)
      length += node

      if (!isRep) {
        // A new distance: a slot (its two highest bits and their place), then the bits below.
        const lengthClass = length < MIN_MATCH + 4 ? length - MIN_MATCH : 3
        tree = POS_SLOT + (lengthClass << 6)
        node = 1
        do {
          index = tree + node
          p = probs[index] ?? 0
          bound = Math.imul(range >>> 11, p)
          if (code >>> 0 < bound >>> 0) {
            range = bound
            probs[index] = p + ((2048 - p) >> 5)
            node <<= 1
          } else {
            range = (range - bound) | 0
            code = (code - bound) | 0
            probs[index] = p - (p >> 5)
            node = (node << 1) | 1
          }
          if ((range & 0xff000000) === 0) {
            range <<= 8
            code = (code << 8) | (input[i++] ?? 0)
          }
        } while (node < 64)
        const slot = node - 64
        if (slot < 4) {
          rep0 = slot
        } else {
          const bits = (slot >> 1) - 1
          let base = (2 | (slot & 1)) << bits
          let count = bits
          let place = 0
          if (slot < 14) {
            tree = POS_SPECIAL + base - slot
          } else {
            // The middle bits are even odds and are not adapted.
            count = 4
            for (let left = bits; left > 4; left--) {
              range >>>= 1
              if (code >>> 0 >= range >>> 0) {
                code = (code - range) | 0
                base += 1 << (left - 1)
              }
              if ((range & 0xff000000) === 0) {
                range <<= 8
                code = (code << 8) | (input[i++] ?? 0)
              }
            }
            tree = POS_ALIGN
          }
          node = 1
          do {
            index = tree + node
            p = probs[index] ?? 0
            bound = Math.imul(range >>> 11, p)
            if (code >>> 0 < bound >>> 0) {
              range = bound
              probs[index] = p + ((2048 - p) >> 5)
              node <<= 1
            } else {
              range = (range - bound) | 0
              code = (code - bound) | 0
              probs[index] = p - (p >> 5)
              node = (node << 1) | 1
              base += 1 << place
            }
            if ((range & 0xff000000) === 0) {
              range <<= 8
              code = (code << 8) | (input[i++] ?? 0)
            }
            place++
          } while (place < count)
          rep0 = base | 0
        }
      }

      // A distance of 2^32 would be LZMA's own end mark; LZMA2 has none, so it fails here like any other beyond the start.
      if (rep0 >>> 0 >= o - dictionary) return false
      const stop = o + length
      if (stop > outputEnd) return false
      let from = o - rep0 - 1
      while (o < stop) output[o++] = output[from++] ?? 0
    }

    this.state = state
    this.rep0 = rep0
    this.rep1 = rep1
    this.rep2 = rep2
    this.rep3 = rep3
    return i === inputEnd && code === 0
  }
}
