// The Internet checksum (RFC 1071): the one's complement of the one's complement sum of 16-bit words.
// The sum does not care about byte order as long as the result is turned back, so long runs are added as native words.
// Runs in: domain 0, once for every byte whose checksum is not left blank, therefore without garbage for short runs.
import { get32 } from './frame'

const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
const WORTH_A_VIEW = 128

/** Adds bytes `from` to `to` (an odd last byte is padded with zero) to a sum; the result is not folded beyond 2^32. */
export function addSum(bytes: Uint8Array, from: number, to: number, sum = 0): number {
  const offset = bytes.byteOffset + from
  if (LITTLE && to - from >= WORTH_A_VIEW && (offset & 1) === 0) {
    const count = (to - from) >> 1
    const words = new Uint16Array(bytes.buffer, offset, count)
    let total = 0
    for (let i = 0; i < count; i++) total += words[i] ?? 0
    const folded = fold(total)
    const tail = (to - from) & 1 ? (bytes[to - 1] ?? 0) << 8 : 0
    return sum + (((folded & 0xff) << 8) | (folded >>> 8)) + tail
  }
  let total = sum
  let at = from
  for (; at + 1 < to; at += 2) total += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  if (at < to) total += (bytes[at] ?? 0) << 8
  return total
}

/** A sum as 16 bits. */
export function fold(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000)
  return folded
}

/** The checksum of bytes whose checksum field is zero; 0 when the field is in place and right. */
export function checksum(bytes: Uint8Array, from: number, to: number, sum = 0): number {
  return ~fold(addSum(bytes, from, to, sum)) & 0xffff
}

/** Sum of the pseudo header of TCP and UDP over IPv4. */
export function pseudoSum(source: number, destination: number, protocol: number, length: number): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length
}

/** The same, read from an IPv4 header at `ip`. */
export function pseudoSumAt(bytes: Uint8Array, ip: number, protocol: number, length: number): number {
  return pseudoSum(get32(bytes, ip + 12), get32(bytes, ip + 16), protocol, length)
}

/** RFC 1624: a checksum after one 16-bit word under it has changed. */
export function updated(sum: number, before: number, after: number): number {
  return ~fold((~sum & 0xffff) + (~before & 0xffff) + after) & 0xffff
}
