// Reads an ELF kernel: what to load where, and its Xen notes. 32- and 64-bit files, notes of 4 or 8 bytes.
// Segments go to p_paddr, never to p_vaddr: kernels link high and load low.
// Invariant: every range handed back lies within the file, so the builder copies without looking again.
// Spec: System V ABI; Xen elfnote.h; xen-guest-abi.md 1.1 and 1.2. Runs in: the domain's process, main thread.

import { err, ok, type Result } from '../public/result'
import type { BuildError } from './initial-state'

/** Bytes [offset, offset + fileSize) of the file go to `address`; up to `memorySize` the rest is zero. */
export interface Segment {
  readonly address: number
  readonly offset: number
  readonly fileSize: number
  readonly memorySize: number
}

/** XEN_ELFNOTE_* by type; `form` is how the descriptor reads. */
export const XEN_NOTES = [
  { type: 1, name: 'ENTRY', form: 'number' },
  { type: 2, name: 'HYPERCALL_PAGE', form: 'number' },
  { type: 3, name: 'VIRT_BASE', form: 'number' },
  { type: 4, name: 'PADDR_OFFSET', form: 'number' },
  { type: 5, name: 'XEN_VERSION', form: 'text' },
  { type: 6, name: 'GUEST_OS', form: 'text' },
  { type: 7, name: 'GUEST_VERSION', form: 'text' },
  { type: 8, name: 'LOADER', form: 'text' },
  { type: 9, name: 'PAE_MODE', form: 'text' },
  { type: 10, name: 'FEATURES', form: 'text' },
  { type: 12, name: 'HV_START_LOW', form: 'number' },
  { type: 14, name: 'SUSPEND_CANCEL', form: 'number' },
  { type: 15, name: 'INIT_P2M', form: 'number' },
  { type: 16, name: 'MOD_START_PFN', form: 'number' },
  { type: 17, name: 'SUPPORTED_FEATURES', form: 'number' },
  { type: 18, name: 'PHYS32_ENTRY', form: 'number' },
  { type: 19, name: 'PHYS32_RELOC', form: 'bytes' },
] as const

export type XenNoteName = (typeof XEN_NOTES)[number]['name']

export interface ElfKernel {
  readonly bits: 32 | 64
  readonly segments: readonly Segment[]
  /** Xen notes: numbers as bigint, texts as string. Missing: not in the file. */
  readonly notes: ReadonlyMap<XenNoteName, bigint | string>
}

const ELF_MAGIC = 0x464c_457f
const CLASS_32 = 1
const CLASS_64 = 2
const LITTLE_ENDIAN = 1
const EM_386 = 3
const EM_X86_64 = 62
const PT_LOAD = 1
const PT_NOTE = 4
const SHT_NOTE = 7

/** Where fields are: [offset in ELF32, offset in ELF64]; those read by `word` are 4 and 8 bytes wide. */
const HEADER = {
  machine: [18, 18],
  phoff: [28, 32],
  shoff: [32, 40],
  phentsize: [42, 54],
  phnum: [44, 56],
  shentsize: [46, 58],
  shnum: [48, 60],
} as const
const PROGRAM = { type: [0, 0], offset: [4, 8], paddr: [12, 24], filesz: [16, 32], memsz: [20, 40], size: [32, 56] } as const
const SECTION = { type: [4, 4], offset: [16, 24], size: [20, 32], entrySize: [40, 64] } as const

export function isElf(file: Uint8Array): boolean {
  return file.length >= 4 && viewOf(file).getUint32(0, true) === ELF_MAGIC
}

export function readElf(file: Uint8Array): Result<ElfKernel, BuildError> {
  const view = viewOf(file)
  const fileClass = file[4]
  if (file.length < 52 || (fileClass === CLASS_64 && file.length < 64)) return truncated()
  if ((fileClass !== CLASS_32 && fileClass !== CLASS_64) || file[5] !== LITTLE_ENDIAN) {
    return err({ kind: 'KERNEL_UNSUPPORTED', message: 'The kernel is an ELF file of another kind of machine.' })
  }
  const wide = fileClass === CLASS_64 ? 1 : 0
  const half = (field: readonly [number, number], base = 0): number => view.getUint16(base + field[wide], true)
  const word = (field: readonly [number, number], base: number): number =>
    wide ? Number(view.getBigUint64(base + field[1], true)) : view.getUint32(base + field[0], true)

  const machine = half(HEADER.machine)
  if (machine !== EM_386 && machine !== EM_X86_64) {
    return err({ kind: 'KERNEL_UNSUPPORTED', message: `The kernel is for another machine than x86 (ELF machine ${machine}).` })
  }
  const programStart = word(HEADER.phoff, 0)
  const programSize = half(HEADER.phentsize)
  const programCount = half(HEADER.phnum)
  if (programCount === 0 || programSize < PROGRAM.size[wide]) {
    return err({ kind: 'KERNEL_INVALID', message: 'The kernel is an ELF file with nothing to load.' })
  }
  if (programStart + programCount * programSize > file.length) return truncated()

  const segments: Segment[] = []
  const notes = new Map<XenNoteName, bigint | string>()
  for (let index = 0; index < programCount; index++) {
    const at = programStart + index * programSize
    const type = view.getUint32(at, true)
    if (type !== PT_LOAD && type !== PT_NOTE) continue
    const offset = word(PROGRAM.offset, at)
    const fileSize = word(PROGRAM.filesz, at)
    if (offset + fileSize > file.length) return truncated()
    if (type === PT_NOTE) {
      readNotes(file.subarray(offset, offset + fileSize), notes)
      continue
    }
    const memorySize = word(PROGRAM.memsz, at)
    if (memorySize < fileSize)
      return err({ kind: 'KERNEL_INVALID', message: 'The kernel is an ELF file with damaged headers.' })
    if (memorySize > 0) segments.push({ address: word(PROGRAM.paddr, at), offset, fileSize, memorySize })
  }
  if (segments.length === 0) return err({ kind: 'KERNEL_INVALID', message: 'The kernel is an ELF file with nothing to load.' })
  if (notes.size === 0) readNoteSections(file, view, wide, word, half, notes)
  return ok({ bits: wide ? 64 : 32, segments, notes })
}

/** Some linkers leave notes out of the program headers; the sections still list them. */
function readNoteSections(
  file: Uint8Array,
  view: DataView,
  wide: 0 | 1,
  word: (field: readonly [number, number], base: number) => number,
  half: (field: readonly [number, number]) => number,
  notes: Map<XenNoteName, bigint | string>,
): void {
  const start = word(HEADER.shoff, 0)
  const size = half(HEADER.shentsize)
  const count = half(HEADER.shnum)
  if (start === 0 || size < SECTION.entrySize[wide] || start + count * size > file.length) return
  for (let index = 0; index < count; index++) {
    const at = start + index * size
    if (view.getUint32(at + SECTION.type[wide], true) !== SHT_NOTE) continue
    const offset = word(SECTION.offset, at)
    readNotes(file.subarray(offset, offset + word(SECTION.size, at)), notes)
  }
}

/** {u32 namesz, descsz, type}, name and descriptor each padded to 4 bytes. What does not fit is not a note. */
function readNotes(bytes: Uint8Array, notes: Map<XenNoteName, bigint | string>): void {
  const view = viewOf(bytes)
  let at = 0
  while (at + 12 <= bytes.length) {
    const nameSize = view.getUint32(at, true)
    const size = view.getUint32(at + 4, true)
    const type = view.getUint32(at + 8, true)
    const name = at + 12
    const value = name + ((nameSize + 3) & ~3)
    const next = value + ((size + 3) & ~3)
    if (nameSize > bytes.length || size > bytes.length || value + size > bytes.length) return
    if (nameSize === 4 && textOf(bytes, name, name + 4) === 'Xen') {
      const row = XEN_NOTES.find((known) => known.type === type)
      if (row?.form === 'text') notes.set(row.name, textOf(bytes, value, value + size))
      if (row?.form === 'number' && size === 4) notes.set(row.name, BigInt(view.getUint32(value, true)))
      if (row?.form === 'number' && size >= 8) notes.set(row.name, view.getBigUint64(value, true))
    }
    at = next
  }
}

/** Latin text up to a NUL. */
function textOf(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let at = start; at < end && bytes[at]; at++) text += String.fromCharCode(bytes[at] ?? 0)
  return text
}

function truncated(): Result<never, BuildError> {
  return err({ kind: 'KERNEL_INVALID', message: 'The kernel is a truncated ELF file.' })
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
