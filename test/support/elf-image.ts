// Makes small ELF kernels for the builder's tests: one program header per segment and one for the notes.

export interface ElfImageOptions {
  readonly bits: 32 | 64
  readonly segments: readonly { readonly address: number; readonly content: Uint8Array; readonly memorySize?: number }[]
  /** Xen notes: type and descriptor. */
  readonly notes?: readonly { readonly type: number; readonly value: Uint8Array; readonly owner?: string }[]
  readonly machine?: number
  /** Put the notes into a section instead of a segment. */
  readonly notesInSection?: boolean
}

export const NOTE_PHYS32_ENTRY = 18
export const NOTE_SUPPORTED_FEATURES = 17

/** A little-endian number of `size` bytes. */
export function number(value: number | bigint, size: 4 | 8): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
  return bytes.slice(0, size)
}

export function makeElf(options: ElfImageOptions): Uint8Array {
  const wide = options.bits === 64
  const notes = Buffer.concat((options.notes ?? []).map(makeNote))
  const inSegment = notes.length > 0 && !options.notesInSection
  const parts = [...options.segments.map((segment) => segment.content), notes]
  const headerSize = wide ? 64 : 52
  const programSize = wide ? 56 : 32
  const sectionSize = wide ? 64 : 40
  const count = options.segments.length + (inSegment ? 1 : 0)
  const offsets: number[] = []
  let at = headerSize + count * programSize
  for (const part of parts) {
    offsets.push(at)
    at += (part.length + 15) & ~15
  }
  const sections = at
  const file = Buffer.alloc(at + (options.notesInSection ? sectionSize : 0))
  file.write('\x7fELF', 0, 'latin1')
  file.set([wide ? 2 : 1, 1, 1], 4)
  file.writeUInt16LE(2, 16)
  file.writeUInt16LE(options.machine ?? (wide ? 62 : 3), 18)
  file.writeUInt32LE(1, 20)
  const word = (value: number, offset: number): void => {
    if (wide) file.writeBigUInt64LE(BigInt(value), offset)
    else file.writeUInt32LE(value, offset)
  }
  word(headerSize, wide ? 32 : 28) // e_phoff
  if (options.notesInSection) word(sections, wide ? 40 : 32) // e_shoff
  file.writeUInt16LE(headerSize, wide ? 52 : 40)
  file.writeUInt16LE(programSize, wide ? 54 : 42)
  file.writeUInt16LE(count, wide ? 56 : 44)
  file.writeUInt16LE(sectionSize, wide ? 58 : 46)
  file.writeUInt16LE(options.notesInSection ? 1 : 0, wide ? 60 : 48)
  for (let index = 0; index < count; index++) {
    const header = headerSize + index * programSize
    const segment = options.segments[index]
    const offset = offsets[index] ?? 0
    const content = parts[index] ?? new Uint8Array(0)
    const address = segment?.address ?? 0
    file.writeUInt32LE(segment ? 1 : 4, header)
    word(offset, header + (wide ? 8 : 4))
    word(0xdead_0000 + address, header + (wide ? 16 : 8)) // p_vaddr: must not be used
    word(address, header + (wide ? 24 : 12))
    word(content.length, header + (wide ? 32 : 16))
    word(segment?.memorySize ?? content.length, header + (wide ? 40 : 20))
  }
  if (options.notesInSection) {
    file.writeUInt32LE(7, sections + 4)
    word(offsets[offsets.length - 1] ?? 0, sections + (wide ? 24 : 16))
    word(notes.length, sections + (wide ? 32 : 20))
  }
  parts.forEach((part, index) => {
    file.set(part, offsets[index])
  })
  return new Uint8Array(file)
}

function makeNote(note: { readonly type: number; readonly value: Uint8Array; readonly owner?: string }): Buffer {
  const owner = Buffer.from(`${note.owner ?? 'Xen'}\0`)
  const header = Buffer.alloc(12)
  header.writeUInt32LE(owner.length, 0)
  header.writeUInt32LE(note.value.length, 4)
  header.writeUInt32LE(note.type, 8)
  const pad = (bytes: Uint8Array): Uint8Array => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
  return Buffer.concat([header, pad(owner), pad(note.value)])
}
