// The start info a PVH guest finds in EBX: where its ramdisk, command line, memory map and ACPI tables are.
// One block holds the record and all it points to, so that one placement puts everything below 1 GiB, where the guest
// reads it through its first page tables.
// Spec: Xen arch-x86/hvm/start_info.h; xen-guest-abi.md 1.4. Runs in: the domain's process, main thread.

import type { MemoryMapEntry } from './initial-state'

const START_MAGIC = 0x336e_c578
const VERSION = 1
/** struct hvm_start_info, v1: u32 fields are named w, u64 fields q. */
const OFFSET = {
  magic: 0,
  version: 4,
  flags: 8,
  modules: 12,
  modlist: 16,
  commandLine: 24,
  rsdp: 32,
  memoryMap: 40,
  entries: 48,
} as const
const INFO_SIZE = 56
const MODULE_SIZE = 32
const ENTRY_SIZE = 24

export interface StartInfo {
  readonly commandLine: Uint8Array
  readonly ramdisk: { readonly address: number; readonly size: number } | undefined
  readonly memoryMap: readonly MemoryMapEntry[]
  readonly rsdp: number
}

/** Bytes the block will take. */
export function startInfoSize(commandLine: Uint8Array, memoryMapEntries: number): number {
  return 64 + MODULE_SIZE + memoryMapEntries * ENTRY_SIZE + commandLine.length + 1
}

/** The block for guest physical address `base`; the record itself is at its start. */
export function makeStartInfo(info: StartInfo, base: number): Uint8Array {
  const bytes = new Uint8Array(startInfoSize(info.commandLine, info.memoryMap.length))
  const view = new DataView(bytes.buffer)
  const modules = align8(INFO_SIZE)
  const map = modules + MODULE_SIZE
  const text = map + info.memoryMap.length * ENTRY_SIZE

  view.setUint32(OFFSET.magic, START_MAGIC, true)
  view.setUint32(OFFSET.version, VERSION, true)
  view.setUint32(OFFSET.modules, info.ramdisk ? 1 : 0, true)
  if (info.ramdisk) {
    setQuad(view, OFFSET.modlist, base + modules)
    setQuad(view, modules, info.ramdisk.address)
    setQuad(view, modules + 8, info.ramdisk.size)
  }
  setQuad(view, OFFSET.commandLine, base + text)
  setQuad(view, OFFSET.rsdp, info.rsdp)
  setQuad(view, OFFSET.memoryMap, base + map)
  view.setUint32(OFFSET.entries, info.memoryMap.length, true)
  info.memoryMap.forEach((entry, index) => {
    const at = map + index * ENTRY_SIZE
    setQuad(view, at, entry.address)
    setQuad(view, at + 8, entry.size)
    view.setUint32(at + 16, entry.type, true)
  })
  bytes.set(info.commandLine, text)
  return bytes
}

function setQuad(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true)
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true)
}

function align8(value: number): number {
  return (value + 7) & ~7
}
