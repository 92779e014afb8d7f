// Bytes as the engine's messages need them: Latin-1 text for XenStore values (each character is one byte, so any bytes
// survive), UUIDs, CRC-32. Invariant: latin1(fromLatin1(s)) is s for characters up to U+00FF.
// Runs in: anything that is Node.

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

export function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

export function fromUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** For whoever keeps a part of a message: the bytes alone, where they would hold on to a message much larger than they are. */
export function toKeep(bytes: Uint8Array): Uint8Array {
  return 2 * bytes.length < bytes.buffer.byteLength ? bytes.slice() : bytes
}

/** 16 bytes of a UUID in text form, in the order written. */
export function uuidBytes(uuid: string): Uint8Array {
  const digits = uuid.replaceAll('-', '')
  const bytes = new Uint8Array(16)
  for (let i = 0; i < 16; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

export function uuidText(bytes: Uint8Array): string {
  let digits = ''
  for (let i = 0; i < 16; i++) digits += (bytes[i] ?? 0).toString(16).padStart(2, '0')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
}

/** Eight tables of 256: the first for a byte, the others for a byte that is this many bytes before the last of its eight. */
const CRC_TABLES = new Uint32Array(8 * 256)
for (let i = 0; i < 256; i++) {
  let crc = i
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  CRC_TABLES[i] = crc
}
for (let i = 256; i < CRC_TABLES.length; i++) {
  const before = CRC_TABLES[i - 256] ?? 0
  CRC_TABLES[i] = (CRC_TABLES[before & 0xff] ?? 0) ^ (before >>> 8)
}

/** CRC-32 as in Ethernet and zip; `from` continues an earlier one. Eight bytes at a time: save files are long. */
export function crc32(bytes: Uint8Array, from = 0): number {
  const t = CRC_TABLES
  let crc = ~from
  let i = 0
  for (const whole = bytes.length - 7; i < whole; i += 8) {
    crc ^= (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24)
    crc =
      (t[0x700 | (crc & 0xff)] ?? 0) ^
      (t[0x600 | ((crc >>> 8) & 0xff)] ?? 0) ^
      (t[0x500 | ((crc >>> 16) & 0xff)] ?? 0) ^
      (t[0x400 | (crc >>> 24)] ?? 0) ^
      (t[0x300 | (bytes[i + 4] ?? 0)] ?? 0) ^
      (t[0x200 | (bytes[i + 5] ?? 0)] ?? 0) ^
      (t[0x100 | (bytes[i + 6] ?? 0)] ?? 0) ^
      (t[bytes[i + 7] ?? 0] ?? 0)
  }
  for (; i < bytes.length; i++) crc = (t[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8)
  return ~crc >>> 0
}
