// Puts a PVH kernel, its ramdisk and the tables it reads at start into guest memory.
// Invariant: nothing overlaps, and all that the guest reads before it has its own page tables is below 1 GiB.
// Spec: xen-guest-abi.md section 1. Runs in: the domain's process, main thread, before the vcpus start.

import { err, ok, type Result } from '../public/result'
import { makeAcpiTables } from './acpi'
import { isBzImage, unpackBzImage } from './bzimage'
import { type ElfKernel, isElf, readElf } from './elf'
import type { BuildError, BuildInput, BuildTarget, InitialRegisters, InitialSegment, InitialState } from './initial-state'
import { GUEST_PLACE, memoryMap } from './memory-map'
import { placeHigh, type Range } from './placement'
import { makeStartInfo, startInfoSize } from './start-info'

const PAGE = 4096
const GIB = 1024 * 1024 * 1024
/** What Linux takes (COMMAND_LINE_SIZE less the NUL); more would be cut without a word. */
const COMMAND_LINE_MOST = 2047
/** Bit 15 of SUPPORTED_FEATURES: the RSDP may be anywhere. */
const LINUX_RSDP_UNRESTRICTED = 1n << 15n
/** Where guests without that bit look for the RSDP: the end of the BIOS area. */
const LOW_RSDP = 0x10_0000 - 36
const ZEROES = new Uint8Array(0)

/**
 * Builds the domain, or says in one sentence why not. On an error the target may be half written: drop it.
 * Call `checkMemory` (memory-map.ts) before the memory is made.
 */
export function buildDomain(input: BuildInput, target: BuildTarget): Result<InitialState, BuildError> {
  const commandLine = new TextEncoder().encode(input.commandLine)
  if (commandLine.length > COMMAND_LINE_MOST || commandLine.includes(0)) {
    return err({
      kind: 'COMMAND_LINE_INVALID',
      message:
        commandLine.length > COMMAND_LINE_MOST
          ? `The command line has ${commandLine.length} bytes; kernels read at most ${COMMAND_LINE_MOST}.`
          : 'The command line has a NUL character in it.',
    })
  }
  const image = openKernel(input.kernel)
  if (!image.ok) return image
  const { elf, file, compression } = image.value

  const entry = elf.notes.get('PHYS32_ENTRY')
  if (typeof entry !== 'bigint') {
    return err({
      kind: 'KERNEL_UNSUPPORTED',
      message: 'The kernel has no PVH entry (no Xen note PHYS32_ENTRY), so it cannot be started as a PVH guest.',
    })
  }
  const taken: Range[] = elf.segments.map(({ address, memorySize }) => ({ start: address, end: address + memorySize }))
  const kernelEnd = Math.max(...taken.map((range) => range.end))
  if (!taken.some((range) => range.start <= Number(entry) && Number(entry) < range.end)) {
    return err({ kind: 'KERNEL_INVALID', message: 'The kernel is damaged: its PVH entry is outside of what it loads.' })
  }
  if (kernelEnd > target.ramBytes) {
    return err({
      kind: 'NO_SPACE',
      message: `The kernel does not fit: it reaches to ${mib(kernelEnd)} and the domain has ${mib(target.ramBytes)} of memory.`,
    })
  }

  const ramdiskAt = placeRamdisk(input.ramdisk, target.ramBytes, kernelEnd, taken)
  if (!ramdiskAt.ok) return ramdiskAt
  const ramdisk = ramdiskAt.value

  const acpi = makeAcpiTables(GUEST_PLACE.ACPI_BASE, input.vcpus)
  const map = memoryMap(target.ramBytes, Math.ceil(acpi.bytes.length / PAGE) * PAGE)
  const size = startInfoSize(commandLine, map.length)
  const startInfo = placeStartInfo(size, Math.min(target.ramBytes, GIB), elf, taken)
  if (startInfo === undefined) {
    return err({
      kind: 'NO_SPACE',
      message: `No room for the start info beside the kernel in ${mib(target.ramBytes)} of memory.`,
    })
  }

  const features = elf.notes.get('SUPPORTED_FEATURES')
  const anywhere = typeof features === 'bigint' && (features & LINUX_RSDP_UNRESTRICTED) !== 0n
  const lowRsdp = !anywhere && taken.every((range) => range.end <= LOW_RSDP || LOW_RSDP + 36 <= range.start)
  const rsdp = lowRsdp ? LOW_RSDP : acpi.rsdp

  for (const segment of elf.segments) {
    target.write(segment.address, file.subarray(segment.offset, segment.offset + segment.fileSize))
    const rest = segment.memorySize - segment.fileSize
    if (rest > 0) target.zero(segment.address + segment.fileSize, rest)
  }
  if (ramdisk && input.ramdisk) target.write(ramdisk.address, input.ramdisk)
  target.write(startInfo, makeStartInfo({ commandLine, ramdisk, memoryMap: map, rsdp }, startInfo))
  if (lowRsdp) target.write(LOW_RSDP, acpi.rsdpBytes)
  for (let at = 0; at < acpi.bytes.length; at += PAGE) {
    target.mapPage('acpi', (GUEST_PLACE.ACPI_BASE + at) / PAGE, acpi.bytes.subarray(at, at + PAGE))
  }
  target.mapPage('store', GUEST_PLACE.STORE_GFN, ZEROES)
  target.mapPage('console', GUEST_PLACE.CONSOLE_GFN, ZEROES)

  return ok({
    registers: initialRegisters(Number(entry), startInfo),
    storeGfn: GUEST_PLACE.STORE_GFN,
    consoleGfn: GUEST_PLACE.CONSOLE_GFN,
    memoryMap: map,
    ramPages: target.ramBytes / PAGE,
    log: [
      `kernel: ELF${elf.bits}${compression ? `, ${compression}` : ''}, ${describe(elf)}, ends at ${hex(kernelEnd)}, entry ${hex(Number(entry))}`,
      ramdisk ? `ramdisk: ${hex(ramdisk.address)}-${hex(ramdisk.address + ramdisk.size)}` : 'ramdisk: none',
      `start info: ${hex(startInfo)}, RSDP: ${hex(rsdp)}, memory: ${mib(target.ramBytes)}`,
    ],
  })
}

function openKernel(
  kernel: Uint8Array,
): Result<{ elf: ElfKernel; file: Uint8Array; compression: string | undefined }, BuildError> {
  let file = kernel
  let compression: string | undefined
  if (isBzImage(kernel)) {
    const unpacked = unpackBzImage(kernel)
    if (!unpacked.ok) return unpacked
    file = unpacked.value.elf
    compression = unpacked.value.compression
  }
  if (!isElf(file)) {
    return err({
      kind: 'KERNEL_INVALID',
      message: compression
        ? 'The kernel file is damaged: what is packed inside is not an ELF kernel.'
        : `The kernel file is neither a bzImage nor an ELF kernel (${kernel.length === 0 ? 'it is empty' : 'or it is truncated'}).`,
    })
  }
  const elf = readElf(file)
  return elf.ok ? ok({ elf: elf.value, file, compression }) : elf
}

/** High but below 1 GiB, where any guest can reach it early; above only when it is too large for that. */
function placeRamdisk(
  ramdisk: Uint8Array | undefined,
  ramBytes: number,
  kernelEnd: number,
  taken: Range[],
): Result<{ address: number; size: number } | undefined, BuildError> {
  if (!ramdisk || ramdisk.length === 0) return ok(undefined)
  const size = ramdisk.length
  const address = placeHigh(size, Math.min(ramBytes, GIB), taken) ?? placeHigh(size, ramBytes, taken)
  if (address === undefined) {
    return err({
      kind: 'NO_SPACE',
      message:
        size > ramBytes
          ? `The ramdisk (${mib(size)}) is larger than the domain's memory (${mib(ramBytes)}).`
          : `The ramdisk (${mib(size)}) does not fit beside the kernel (up to ${mib(kernelEnd)}) in ${mib(ramBytes)} of memory.`,
    })
  }
  taken.push({ start: address, end: address + size })
  return ok({ address, size })
}

/**
 * Below a 32-bit kernel: Linux reads it through its first page tables, which end 2 MiB behind the kernel there, and not at 1 GiB.
 * High where there is no room below it, and for all others.
 */
function placeStartInfo(size: number, limit: number, elf: ElfKernel, taken: readonly Range[]): number | undefined {
  const below = elf.bits === 32 ? placeHigh(size, Math.min(...elf.segments.map(({ address }) => address)), taken) : undefined
  return below ?? placeHigh(size, limit, taken)
}

/** Spec: xen-guest-abi.md 1.3. */
function initialRegisters(entry: number, startInfo: number): InitialRegisters {
  const flat = (attributes: number): InitialSegment => ({ selector: 0, base: 0, limit: 0xffff_ffff, attributes })
  return {
    rip: entry,
    rbx: startInfo,
    rflags: 2,
    cr0: 0x11, // PE, ET
    cr4: 0,
    efer: 0,
    dr6: 0xffff_0ff0,
    dr7: 0x400,
    cs: flat(0xc9b),
    ds: flat(0xc93),
    es: flat(0xc93),
    // Free by the specification; 32-bit Linux reads its stack's canary through FS before it loads one.
    fs: flat(0xc93),
    gs: flat(0xc93),
    ss: flat(0xc93),
    tr: { selector: 0, base: 0, limit: 0x67, attributes: 0x8b },
  }
}

function describe(elf: ElfKernel): string {
  return `${elf.notes.get('GUEST_OS') ?? 'unnamed'} ${elf.notes.get('GUEST_VERSION') ?? ''}`.trim()
}

/** Rounded to a tenth of a MiB, so that what is just too large does not read as equal. */
function mib(bytes: number): string {
  return `${Math.ceil((bytes / (1024 * 1024)) * 10) / 10} MiB`
}

function hex(value: number): string {
  return `0x${value.toString(16)}`
}
