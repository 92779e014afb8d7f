// The x86 BCJ filter of xz, undone in place: before compression the 32-bit displacement of each CALL (E8) and JMP (E9)
// was made absolute, so that calls of one function look alike; here it is made relative again.
// The filter cannot know which E8 or E9 byte is an opcode, so both sides keep the same guess from the bytes around:
// only displacements whose top byte is 00 or FF count, and `recent` remembers, one bit a byte (bit 0 the newest), which
// of the three bytes before looked like opcodes whose operand the present one may be part of.
// Runs in: the domain's process, main thread.

/** By `recent`: may the byte be an opcode at all; and which byte of the displacement overlaps the older candidate. */
const MAY_CONVERT = [true, true, true, false, true, false, false, false] as const
const OVERLAP = [0, 1, 2, 2, 3, 3, 3, 3] as const

export function undoX86Filter(bytes: Uint8Array): void {
  const last = bytes.length - 5
  let candidate = -1 // place of the newest E8 or E9 seen
  let recent = 0
  for (let i = 0; i <= last; i++) {
    if (((bytes[i] ?? 0) & 0xfe) !== 0xe8) continue
    const gap = i - candidate
    candidate = i
    if (gap > 3) {
      recent = 0
    } else {
      recent = (recent << (gap - 1)) & 7
      if (recent !== 0) {
        const overlapped = bytes[i + 4 - (OVERLAP[recent] ?? 0)] ?? 0
        if (!MAY_CONVERT[recent] || isSignByte(overlapped)) {
          recent = (recent << 1) | 1
          continue
        }
      }
    }
    if (!isSignByte(bytes[i + 4] ?? 0)) {
      recent = (recent << 1) | 1
      continue
    }
    let value = (bytes[i + 1] ?? 0) | ((bytes[i + 2] ?? 0) << 8) | ((bytes[i + 3] ?? 0) << 16) | ((bytes[i + 4] ?? 0) << 24)
    let relative = (value - (i + 5)) | 0
    while (recent !== 0) {
      // The result must not look like an operand of the older candidate either; else go round with the low bits flipped.
      const shift = (OVERLAP[recent] ?? 0) * 8
      if (!isSignByte((relative >>> (24 - shift)) & 0xff)) break
      value = relative ^ ((1 << (32 - shift)) - 1)
      relative = (value - (i + 5)) | 0
    }
    // 25 bits, sign-extended.
    relative = (relative << 7) >> 7
    bytes[i + 1] = relative
    bytes[i + 2] = relative >> 8
    bytes[i + 3] = relative >> 16
    bytes[i + 4] = relative >> 24
    i += 4
  }
}

function isSignByte(byte: number): boolean {
  return byte === 0 || byte === 0xff
}
