// The guest's physical memory map, and how much memory a domain may have.
// RAM is one range from 0. It ends below the pages the hypervisor shows at fixed places under 4 GiB, because the
// engine's own state takes more of the 4 GiB of one WebAssembly memory than those places leave.
// Spec: xen-guest-abi.md 1.4 and 1.5. Runs in: anything (pure).

import { err, ok, type Result } from '../public/result'
import type { BuildError, MemoryMapEntry } from './initial-state'

/** XEN_HVM_MEMMAP_TYPE_*. */
export const MEMORY_MAP_TYPE = { RAM: 1, RESERVED: 2, ACPI: 3, NVS: 4 } as const

/** Guest physical places outside RAM; a real toolstack (libxl) uses the same. */
export const GUEST_PLACE = {
  ACPI_BASE: 0xfc00_0000,
  SPECIAL_BASE: 0xfeff_8000, // 8 reserved pages
  SPECIAL_SIZE: 0x8000,
  STORE_GFN: 0xf_effc,
  CONSOLE_GFN: 0xf_efff,
} as const

const MIB = 1024 * 1024

/** Least memory we start at all; kernels want more, and the builder says so when the image does not fit. */
export const MEMORY_FLOOR = 4 * MIB

/**
 * Is this an amount of memory a domain can have? Returns the bytes.
 * `engineState` is what the engine keeps in the same 4 GiB WebAssembly memory: `ramBase(vcpus)` of isa/state-layout.
 */
export function checkMemory(memoryMib: number, engineState: number): Result<number, BuildError> {
  const most = Math.floor((4096 * MIB - engineState) / MIB) * MIB
  if (memoryMib > 0 && Number.isFinite(memoryMib) && !Number.isInteger(memoryMib)) {
    return err({ kind: 'MEMORY_INVALID', message: `Memory of ${memoryMib} MiB is not a whole number of MiB.` })
  }
  if (!(memoryMib * MIB >= MEMORY_FLOOR)) {
    return err({
      kind: 'MEMORY_INVALID',
      message: `Memory of ${memoryMib} MiB is too little: a domain needs at least ${MEMORY_FLOOR / MIB} MiB.`,
    })
  }
  if (memoryMib * MIB > most) {
    return err({
      kind: 'MEMORY_INVALID',
      message:
        `Memory of ${memoryMib} MiB is beyond the limit of ${most / MIB} MiB ` +
        `(4096 MiB less ${Math.ceil(engineState / MIB)} MiB of engine state).`,
    })
  }
  return ok(memoryMib * MIB)
}

/** RAM, the special pages, and `acpiSize` bytes of ACPI tables. */
export function memoryMap(ramBytes: number, acpiSize: number): MemoryMapEntry[] {
  return [
    { address: 0, size: ramBytes, type: MEMORY_MAP_TYPE.RAM },
    { address: GUEST_PLACE.ACPI_BASE, size: acpiSize, type: MEMORY_MAP_TYPE.NVS },
    { address: GUEST_PLACE.SPECIAL_BASE, size: GUEST_PLACE.SPECIAL_SIZE, type: MEMORY_MAP_TYPE.RESERVED },
  ]
}
