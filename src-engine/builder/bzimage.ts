// Finds the kernel proper inside a bzImage, the form distributions ship: 16-bit setup code, then a small program that
// would unpack the payload. We unpack it ourselves and start the ELF file inside at its PVH entry.
// Spec: Linux Documentation/arch/x86/boot.rst; xen-guest-abi.md 1.1. Runs in: the domain's process, main thread.

import { err, ok, type Result } from '../public/result'
import { COMPRESSIONS, decompressPayload } from './decompress/payload'
import type { BuildError } from './initial-state'

const OFFSET = { SETUP_SECTS: 0x1f1, MAGIC: 0x202, VERSION: 0x206, PAYLOAD_OFFSET: 0x248, PAYLOAD_LENGTH: 0x24c } as const
const HDRS = 0x5372_6448 // 'HdrS'
const PROTOCOL_WITH_PAYLOAD = 0x0208
/** Nothing that boots is larger; a larger number is damage, and must not become an allocation. */
const UNPACKED_MOST = 1024 * 1024 * 1024

export function isBzImage(file: Uint8Array): boolean {
  return file.length >= OFFSET.PAYLOAD_LENGTH + 4 && viewOf(file).getUint32(OFFSET.MAGIC, true) === HDRS
}

/** The unpacked kernel, an ELF file, and how it was packed. */
export function unpackBzImage(file: Uint8Array): Result<{ elf: Uint8Array; compression: string }, BuildError> {
  const view = viewOf(file)
  const version = view.getUint16(OFFSET.VERSION, true)
  if (version < PROTOCOL_WITH_PAYLOAD) {
    const shown = `${version >> 8}.${String(version & 0xff).padStart(2, '0')}`
    return err({
      kind: 'KERNEL_UNSUPPORTED',
      message: `The kernel is a bzImage of boot protocol ${shown}; only 2.08 and later say where the kernel is inside.`,
    })
  }
  const start = (view.getUint8(OFFSET.SETUP_SECTS) || 4) * 512 + 512 + view.getUint32(OFFSET.PAYLOAD_OFFSET, true)
  const length = view.getUint32(OFFSET.PAYLOAD_LENGTH, true)
  if (start + length > file.length) {
    return err({
      kind: 'KERNEL_INVALID',
      message: `The kernel file is truncated: it has ${file.length} bytes and should have at least ${start + length}.`,
    })
  }
  if (length < 16) return err({ kind: 'KERNEL_INVALID', message: 'The kernel file is a bzImage without a kernel inside.' })

  const payload = file.subarray(start, start + length)
  const compression = COMPRESSIONS.find((row) => row.magic.every((byte, at) => payload[at] === byte))
  if (!compression) {
    const first = Array.from(payload.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
    return err({
      kind: 'KERNEL_UNSUPPORTED',
      message: `The kernel is compressed in a way we do not know (it begins with ${first}).`,
    })
  }
  if (compression.status !== 'done') {
    return err({
      kind: 'KERNEL_UNSUPPORTED',
      message: `The kernel is compressed with ${compression.name}, which is not supported; gzip, xz, lz4 and zstd are.`,
    })
  }
  const size = viewOf(payload).getUint32(length - 4, true)
  if (size > UNPACKED_MOST) {
    return err({ kind: 'KERNEL_INVALID', message: `The kernel file is damaged: it claims to unpack to ${size} bytes.` })
  }
  const elf = decompressPayload(compression.name, payload, size)
  if (!elf.ok) {
    return err({ kind: 'KERNEL_INVALID', message: `The kernel inside the file cannot be unpacked: ${elf.error}.` })
  }
  return ok({ elf: elf.value, compression: compression.name })
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
