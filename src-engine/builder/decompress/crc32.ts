// CRC-32 (the IEEE polynomial, reflected), four bytes a step. Node has zlib.crc32 only from 20.15; our floor is 18.15.
// Runs in: the domain's process, main thread.

const TABLES = makeTables()

function makeTables(): Int32Array {
  const tables = new Int32Array(4 * 256)
  for (let n = 0; n < 256; n++) {
    let value = n
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    tables[n] = value
  }
  for (let n = 256; n < tables.length; n++) {
    const before = tables[n - 256] ?? 0
    tables[n] = (before >>> 8) ^ (tables[before & 255] ?? 0)
  }
  return tables
}

/** CRC-32 of bytes[start, end) as an unsigned number. */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1
  let at = start
  for (; at + 4 <= end; at += 4) {
    crc ^= (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
    crc =
      (TABLES[768 + (crc & 255)] ?? 0) ^
      (TABLES[512 + ((crc >>> 8) & 255)] ?? 0) ^
      (TABLES[256 + ((crc >>> 16) & 255)] ?? 0) ^
      (TABLES[crc >>> 24] ?? 0)
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (TABLES[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0)
  return (crc ^ -1) >>> 0
}
