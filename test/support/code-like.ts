// Bytes that look enough like machine code to exercise compressors: repeated runs, and the opcodes and sign bytes that
// xz's x86 filter acts on. The same seed gives the same bytes.

const ALPHABET = [0xe8, 0xe9, 0xe8, 0x00, 0xff, 0x00, 0xff, 0x0f, 0x1f, 0x90, 0x48, 0x89, 0x55, 0xc3, 0x01, 0xfe]

export function codeLikeBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed >>> 0 || 1
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  for (let at = 0; at < length; ) {
    if (at > 16 && random(4) === 0) {
      const distance = 1 + random(Math.min(at, 4000))
      for (let left = 3 + random(60); left > 0 && at < length; left--, at++) bytes[at] = bytes[at - distance] ?? 0
    } else {
      bytes[at++] = random(3) === 0 ? random(256) : (ALPHABET[random(ALPHABET.length)] ?? 0)
    }
  }
  return bytes
}
