// What the builder is given, what it writes to, and what it hands back: the seam between the builder, which knows
// formats and placement, and the domain's process, which knows memory and vcpus.
// The builder sees guest memory only through `BuildTarget`, so it runs (and is tested) without WebAssembly.
// Runs in: the domain's process, main thread, once, before the vcpus start.

/** What the toolstack asks for. Files are read by the caller: an unreadable file is the caller's sentence. */
export interface BuildInput {
  /** ELF32/ELF64 with a PVH note, or a bzImage around one. */
  readonly kernel: Uint8Array
  readonly ramdisk?: Uint8Array | undefined
  readonly commandLine: string
  readonly vcpus: number
}

/** Pages that belong to the hypervisor but that the guest sees at a gfn outside its RAM. */
export type SpecialPage = 'store' | 'console' | 'acpi'

/** The guest physical memory being filled. Addresses are guest physical. */
export interface BuildTarget {
  /** Size of the one RAM range [0, ramBytes); a multiple of 4096. See `checkMemory` for the limit. */
  readonly ramBytes: number
  /** Copies into RAM; [gpa, gpa + bytes.length) is within RAM. */
  write(gpa: number, bytes: Uint8Array): void
  /** Zeroes RAM. RAM that was never written reads as zero, so a fresh memory may do nothing. */
  zero(gpa: number, length: number): void
  /** Takes a zeroed page of the hypervisor's heap, copies `bytes` (at most 4096) to its start, maps it at `gfn`. */
  mapPage(kind: SpecialPage, gfn: number, bytes: Uint8Array): void
}

/** A range of the guest's physical memory map; `type` is one of MEMORY_MAP_TYPE. */
export interface MemoryMapEntry {
  readonly address: number
  readonly size: number
  readonly type: number
}

export interface InitialSegment {
  readonly selector: number
  readonly base: number
  readonly limit: number
  /** Attributes as Xen has them: descriptor bits 8-15 at 0-7, bits 20-23 at 8-11. */
  readonly attributes: number
}

/** Registers of vcpu 0 at PHYS32_ENTRY; whatever is not named is 0. Spec: xen-guest-abi.md 1.3. */
export interface InitialRegisters {
  readonly rip: number
  readonly rbx: number
  readonly rflags: number
  readonly cr0: number
  readonly cr4: number
  readonly efer: number
  readonly dr6: number
  readonly dr7: number
  readonly cs: InitialSegment
  readonly ds: InitialSegment
  readonly es: InitialSegment
  readonly fs: InitialSegment
  readonly gs: InitialSegment
  readonly ss: InitialSegment
  readonly tr: InitialSegment
}

export interface InitialState {
  readonly registers: InitialRegisters
  /** For HVM_PARAM_STORE_PFN and HVM_PARAM_CONSOLE_PFN; mapped as 'store' and 'console' already. */
  readonly storeGfn: number
  readonly consoleGfn: number
  /** The guest's e820, for XENMEM_memory_map; the same entries are in the start info. */
  readonly memoryMap: readonly MemoryMapEntry[]
  /** Highest gfn of RAM plus one. */
  readonly ramPages: number
  /** Lines for the hypervisor's message ring: what the kernel is and where things went. */
  readonly log: readonly string[]
}

/** Why a domain cannot be built. `message` is one clear sentence for people. */
export interface BuildError {
  readonly kind: BuildErrorKind
  readonly message: string
}

export type BuildErrorKind =
  | 'MEMORY_INVALID' // amount of memory or vcpus out of range
  | 'KERNEL_INVALID' // truncated, not a kernel, inconsistent headers
  | 'KERNEL_UNSUPPORTED' // a kernel, but not one that starts as PVH, or a compression we do not have
  | 'NO_SPACE' // kernel, ramdisk and the rest do not fit in the memory
  | 'COMMAND_LINE_INVALID'
