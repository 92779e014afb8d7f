// DES, which VNC authentication is made of (RFC 6143 section 7.2.2); newer OpenSSL has put it away. Encryption of single blocks
// only, from the tables of FIPS 46-3, bit by bit. It protects nothing against today's attackers: that is the protocol's weakness,
// and why a screen is opened to a network only where somebody said so.
// Invariant: the tables number bits as the standard does, 1 is the highest of the input. Runs in: anything.

const every8 = (start: number): number[] => Array.from({ length: 8 }, (_, i) => start - 8 * i)
const INITIAL = [58, 60, 62, 64, 57, 59, 61, 63].flatMap(every8)
const FINAL = INITIAL.map((_, i) => INITIAL.indexOf(i + 1) + 1)
const EXPANSION = Array.from({ length: 48 }, (_, i) => ((Math.floor(i / 6) * 4 + (i % 6) + 31) % 32) + 1)
const P = numbers('16 7 20 21 29 12 28 17 1 15 23 26 5 18 31 10 2 8 24 14 32 27 3 9 19 13 30 6 22 11 4 25')
const KEY = numbers(
  '57 49 41 33 25 17 9 1 58 50 42 34 26 18 10 2 59 51 43 35 27 19 11 3 60 52 44 36 ' +
    '63 55 47 39 31 23 15 7 62 54 46 38 30 22 14 6 61 53 45 37 29 21 13 5 28 20 12 4',
)
const ROUND_KEY = numbers(
  '14 17 11 24 1 5 3 28 15 6 21 10 23 19 12 4 26 8 16 7 27 20 13 2 ' +
    '41 52 31 37 47 55 30 40 51 45 33 48 44 49 39 56 34 53 46 42 50 36 29 32',
)
const SHIFTS = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1]
/** S1 to S8: four rows of sixteen hexadecimal digits each. */
const BOXES = [
  'e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d',
  'f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9',
  'a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c',
  '7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e',
  '2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453',
  'c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d',
  '4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c',
  'd2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b',
].map((digits) => Array.from(digits, (digit) => Number.parseInt(digit, 16)))

function numbers(text: string): number[] {
  return text.split(' ').map(Number)
}

const pick = (bits: readonly number[], table: readonly number[]): number[] => table.map((from) => bits[from - 1] ?? 0)

function toBits(bytes: Uint8Array): number[] {
  return Array.from({ length: bytes.length * 8 }, (_, i) => ((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1)
}

function roundKeys(key: Uint8Array): number[][] {
  const chosen = pick(toBits(key), KEY)
  let left = chosen.slice(0, 28)
  let right = chosen.slice(28)
  return SHIFTS.map((shift) => {
    left = [...left.slice(shift), ...left.slice(0, shift)]
    right = [...right.slice(shift), ...right.slice(0, shift)]
    return pick([...left, ...right], ROUND_KEY)
  })
}

function mangle(half: readonly number[], key: readonly number[]): number[] {
  const wide = pick(half, EXPANSION).map((bit, i) => bit ^ (key[i] ?? 0))
  const out = BOXES.flatMap((box, i) => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = wide.slice(6 * i, 6 * i + 6)
    const value = box[((a << 1) | f) * 16 + ((b << 3) | (c << 2) | (d << 1) | e)] ?? 0
    return [value >> 3, (value >> 2) & 1, (value >> 1) & 1, value & 1]
  })
  return pick(out, P)
}

/** Encrypts whole blocks of 8 bytes, each by itself. */
export function desEncrypt(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  const keys = roundKeys(key)
  const out = new Uint8Array(blocks.length)
  for (let at = 0; at + 8 <= blocks.length; at += 8) {
    const bits = pick(toBits(blocks.subarray(at, at + 8)), INITIAL)
    let left = bits.slice(0, 32)
    let right = bits.slice(32)
    for (const one of keys) {
      const mixed = mangle(right, one).map((bit, i) => bit ^ (left[i] ?? 0))
      left = right
      right = mixed
    }
    pick([...right, ...left], FINAL).forEach((bit, i) => {
      out[at + (i >> 3)] = (out[at + (i >> 3)] ?? 0) | (bit << (7 - (i & 7)))
    })
  }
  return out
}

/** What a viewer answers to a challenge: encrypted with the password's first 8 bytes, the bits of each turned around. */
export function vncResponse(password: string, challenge: Uint8Array): Uint8Array {
  const key = new Uint8Array(8)
  new TextEncoder()
    .encode(password)
    .subarray(0, 8)
    .forEach((byte, i) => {
      for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) key[i] = (key[i] ?? 0) | (0x80 >> bit)
    })
  return desEncrypt(key, challenge)
}
