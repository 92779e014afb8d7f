// Where everything of a domain lives in its one linear memory: the map of the whole memory, and the fields of a
// vcpu's area. TypeScript reads these tables; `isa/generate` writes the same numbers for the AssemblyScript core
// (assembly/generated/layout.ts), so a number is written once.
// Invariant: vcpu areas start between 2^20 and 2^27 so that every vcpu's addresses take the same number of bytes in
// a module; vcpu/load.ts patches the addresses of vcpu 0 into those of vcpu n.
// Runs in: anything (plain data).

/** Fixed regions of the linear memory; addresses and sizes in bytes. Spec: test/house/README.md and cpu.md section 6. */
export const MEMORY_MAP = {
  STATIC_BASE: 0x0001_0000, // the core's constant tables (read-only after instantiation)
  DOMAIN_BASE: 0x0010_0000, // hypervisor tables of the domain; layout in hypervisor/domain-layout.ts
  DOMAIN_SIZE: 0x0010_0000,
  CORE_SHARED: 0x001f_f000, // words that the cores of a domain share: offsets in CORE_SHARED below
  VCPU_BASE: 0x0020_0000, // per-vcpu areas
  VCPU_STRIDE: 0x0010_0000,
  VCPU_SLOTS: 32,
  PAGE_FLAGS_BASE: 0x0220_0000, // u8 per host page
  PAGE_FLAGS_SIZE: 0x0010_0000,
  P2M_BASE: 0x0230_0000, // u32 per gfn
  P2M_GFNS: 0x0020_0000,
  XENHEAP_BASE: 0x02b0_0000, // pages the hypervisor owns but guests map: shared info, grant frames, rings, ACPI
  XENHEAP_SIZE: 0x0010_0000,
  CODE_CACHE_BASE: 0x02c0_0000, // per-vcpu decoded code
  CODE_CACHE_SIZE: 0x0200_0000,
} as const

/**
 * Words the vcpus of a domain share (assembly/several.ts): lock of all code caches, count of drops (odd while one is going
 * on), and 1 + the vcpu that runs alone.
 */
export const CORE_SHARED = { CODE_LOCK: 0, DROPS: 4, ALONE: 8 } as const

/** Bits of a PAGE_FLAGS byte. */
export const PAGE_FLAG = { CODE: 1, DIRTY: 2 } as const

/** Bits of a P2M entry beside the host page address. 0 means unpopulated. */
export const P2M_FLAG = { PRESENT: 1, READ_ONLY: 2, MMIO: 4 } as const

/** First byte of guest RAM for a domain with `vcpus` vcpus; a multiple of 2 MiB. */
export function ramBase(vcpus: number): number {
  return MEMORY_MAP.CODE_CACHE_BASE + vcpus * MEMORY_MAP.CODE_CACHE_SIZE
}

/** Segment register numbers as the instruction encoding has them, then LDTR and TR. */
export const SEGMENT = { ES: 0, CS: 1, SS: 2, DS: 3, FS: 4, GS: 5, LDTR: 6, TR: 7 } as const

type Field = readonly [name: string, offset: number, size: number, note: string]

/**
 * Fields of a vcpu area: name, offset, size in bytes, meaning.
 * The register file comes first: 8-byte slots that an instruction's operand bytes index directly.
 */
export const VCPU_FIELDS = [
  ['GPR', 0x000, 128, 'RAX RCX RDX RBX RSP RBP RSI RDI R8-R15, u64 each'],
  ['ZERO', 0x080, 8, 'always 0: the base or index that is not there'],
  ['TMP', 0x088, 8, 'effective address computed by an address uop'],
  ['PC_BASE', 0x090, 8, 'virtual address of the page (linear) that holds the running code; RIP-relative operands use it as base'],
  ['CODE_BASE', 0x098, 8, 'base of CS, to get RIP from a linear address (0 in 64-bit mode)'],
  ['SEG_BASE', 0x0a0, 64, 'bases of ES CS SS DS FS GS LDTR TR, u64 each'],
  ['SEG_SEL', 0x0e0, 16, 'selectors, u16 each'],
  ['SEG_ATTR', 0x0f0, 32, 'attributes, u32 each: descriptor bits 8-15 and 20-23 as Xen has them (type, S, DPL, P, AVL, L, D/B, G at bits 0-7, 8-11); bit 16 = null or unusable'],
  ['SEG_LIMIT', 0x110, 32, 'limits in bytes (expanded by G), u32 each'],
  ['GDTR_BASE', 0x130, 8, ''],
  ['IDTR_BASE', 0x138, 8, ''],
  ['GDTR_LIMIT', 0x140, 4, ''],
  ['IDTR_LIMIT', 0x144, 4, ''],
  ['RIP', 0x148, 8, 'next instruction, valid whenever run() is not running'],
  ['FLAGS_TYPE', 0x150, 4, 'lazy flags: see assembly/flags.ts'],
  ['EFLAGS_REST', 0x154, 4, 'EFLAGS without the six status flags'],
  ['FLAGS_A', 0x158, 8, ''],
  ['FLAGS_B', 0x160, 8, ''],
  ['FLAGS_R', 0x168, 8, ''],
  ['CR0', 0x170, 8, ''],
  ['CR2', 0x178, 8, ''],
  ['CR3', 0x180, 8, ''],
  ['CR4', 0x188, 8, ''],
  ['CR8', 0x190, 8, 'TPR >> 4; kept with the local APIC by the vcpu thread'],
  ['EFER', 0x198, 8, ''],
  ['STAR', 0x1a0, 8, ''],
  ['LSTAR', 0x1a8, 8, ''],
  ['CSTAR', 0x1b0, 8, ''],
  ['SFMASK', 0x1b8, 8, ''],
  ['KERNEL_GS_BASE', 0x1c0, 8, ''],
  ['PAT', 0x1c8, 8, ''],
  ['SYSENTER_CS', 0x1d0, 8, ''],
  ['SYSENTER_ESP', 0x1d8, 8, ''],
  ['SYSENTER_EIP', 0x1e0, 8, ''],
  ['TSC_AUX', 0x1e8, 8, ''],
  ['DR', 0x1f0, 64, 'DR0-DR7, u64 each'],
  ['CPL', 0x230, 4, 'current privilege level'],
  ['MODE', 0x234, 4, '0 16-bit, 1 32-bit, 2 64-bit code'],
  ['SHADOW', 0x238, 4, 'bit 0: interrupts inhibited for one instruction by STI or MOV SS; bit 1: by MOV SS (debug traps too)'],
  ['IRQ_WANTED', 0x23c, 4, 'set by the vcpu thread: leave run() when an interrupt can be delivered'],
  ['HALTED', 0x240, 4, ''],
  ['FAULT', 0x244, 4, 'pending fault of the running instruction: 0x100 | vector, or 0'],
  ['FAULT_CODE', 0x248, 4, 'its error code'],
  ['EXIT', 0x24c, 4, 'exit asked for by the running instruction, code + 1, or 0'],
  ['NMI_BLOCKED', 0x250, 4, ''],
  ['STOPPED_IP', 0x254, 4, 'scratch of the dispatcher'],
  ['RETIRED', 0x258, 8, 'instructions retired since the domain was built'],
  ['BUDGET', 0x260, 4, 'instructions left in this run()'],
  ['DTLB', 0x264, 4, 'address of the data TLB in force (user or supervisor)'],
  ['MSR_VALUE', 0x268, 8, 'operand of the rdmsr and wrmsr imports'],
  ['CPUID_OUT', 0x270, 16, 'result of the cpuid import: EAX EBX ECX EDX'],
  ['FAULT_VA', 0x280, 8, ''],
  ['UNKNOWN_RIP', 0x288, 8, 'linear address of an instruction the core does not know'],
  ['CODE_NEXT', 0x290, 4, 'code pool: next free byte'],
  ['CODE_END', 0x294, 4, ''],
  ['INDEX', 0x298, 4, 'number of this vcpu'],
  ['VCPUS', 0x29c, 4, 'vcpus of the domain: with one, LOCK is plain'],
  ['STAT_DECODED', 0x2a0, 8, 'blocks decoded'],
  ['STAT_TLB_FILL', 0x2a8, 8, 'page walks'],
  ['STAT_CODE_FLUSH', 0x2b0, 8, 'code pool flushes'],
  ['STAT_SMC', 0x2b8, 8, 'pages whose decoded code was dropped'],
  ['JUMP_KEY', 0x2d0, 4, 'what a jump cache entry for an address below 2^63 must match: generation << 3 | MODE << 1 | user; a new generation when such addresses may lead elsewhere'],
  ['ATTENTION', 0x2d4, 4, 'not 0: the next block boundary has something to look at (fault, exit, shadow, single step)'],
  ['RESULT', 0x2d8, 4, 'what run() returns'],
  ['STEPPING', 0x2dc, 4, 'the running block is a single instruction with TF set'],
  ['BREAKS', 0x2e0, 4, 'data breakpoints that the running instruction has hit, as DR6 has them'],
  ['PATCH', 0x2e4, 4, 'link of the block just left, which the boundary fills in; or 0'],
  ['PLACE', 0x2e8, 4, 'place in its block of the instruction that asks for the time, or 0: with BUDGET, the instructions retired before it'],
  ['STAT_TRANSLATED', 0x2f0, 8, 'instructions retired in translated code'],
  ['STAT_ENTERED', 0x2f8, 8, 'times translated code was entered'],
  ['STRADDLE', 0x2c0, 16, 'bytes of an instruction that crosses a page'],
  ['FPU_ST', 0x300, 128, 'x87 registers R0-R7 by physical number, 16 bytes each: u64 significand, u16 sign and exponent; MMX uses the significands'],
  ['FPU_CW', 0x380, 2, ''],
  ['FPU_SW', 0x382, 2, 'status word, TOP included in bits 11-13'],
  ['FPU_TAG', 0x384, 2, 'bit per physical register: 1 = not empty (the FXSAVE form)'],
  ['FPU_OP', 0x386, 2, 'last opcode, 11 bits'],
  ['FPU_CS', 0x388, 2, ''],
  ['FPU_DS', 0x38a, 2, ''],
  ['MXCSR', 0x38c, 4, ''],
  ['FPU_IP', 0x390, 8, ''],
  ['FPU_DP', 0x398, 8, ''],
  ['EPOCH', 0x3a0, 4, 'odd while in run(): with several vcpus others wait for it to change'],
  ['PAUSES', 0x3a4, 4, 'PAUSE instructions in this run()'],
  ['LAST_ENTER', 0x3a8, 4, 'ENTER uop by which translated code was entered last'],
  ['LAST_STAY', 0x3ac, 4, 'instructions that were retired by it'],
  ['JUMP_KEY_UPPER', 0x3d0, 4, 'the same for addresses from 2^63 on; 0x100 after JUMP_KEY'],
  ['JUMPS_LOCAL', 0x3d4, 4, '1: the jump cache has an entry from 2^63 on whose page is not global'],
  ['TLB_GUESS', 0x3d8, 4, 'addend of the TLB entry that a region guessed last: only ever a guess'],
  ['XMM', 0x400, 256, 'XMM0-XMM15, 16 bytes each'],
  ['SCRATCH', 0x500, 256, 'operands that cross pages, x87 temporaries; dead between instructions'],
  ['STAGING', 0x600, 512, 'FXSAVE and FNSAVE images on their way; dead between instructions'],
  ['JUMP_PAGES', 0x800, 512, 'a bit for each hash of a page that the jump cache has entries of: 2048 below 2^63, 2048 from there on'],
  ['LAPIC', 0x1000, 4096, 'register page of the local APIC; layout as the MMIO page; owned by platform/lapic.ts'],
  ['VCPU_PRIVATE', 0x2000, 4096, 'free for the hypervisor: timers, registrations (hypervisor/domain-layout.ts)'],
  ['DECODED', 0x3000, 4096, 'byte a uop number: 1 once the decoder has made one'],
  ['TLB_SUPERVISOR', 0x10000, 65536, 'read, write and execute arrays, and what lately left them'],
  ['TLB_USER', 0x20000, 65536, ''],
  ['TLB_CHECKED', 0x30000, 32768, 'always empty: in force while each data access has to be looked at (breakpoints, alignment checks)'],
] as const satisfies readonly Field[]

/** The operand byte of a register-file slot is its offset in the area; slots above GPR an operand can name. */
export const SLOT = { ZERO: 0x80, TMP: 0x88, PC_BASE: 0x90, SEG_BASE: 0xa0 } as const

/** Parts of a vcpu's code cache: first block of each host page (u32), hash of blocks (u32), jump cache, a block not kept, noted jumps, straddles, the pool. */
export const CODE_CACHE = {
  HEADS: 0,
  HASH: 0x40_0000,
  JUMPS: 0x48_0000,
  ONE_SHOT: 0x4c_0000,
  NOTES: 0x4c_1000,
  STRADDLES: 0x4c_3000,
  POOL: 0x4e_3000,
} as const
/** Lists of the hash of blocks, and where a block's is: see bucket() in assembly/decode/cache.ts. */
export const HASH_BUCKETS = 131072
/** Entries of the jump cache: {u64 linear address, u32 key, u32 uop}. */
export const JUMP_ENTRIES = 16384
/** Entries of NOTES: {u32 uop of an indirect jump or 0, i32 distance of where it led from the first byte of its page}. */
export const NOTE_ENTRIES = 1024
/**
 * A block's header: host address and mode of its first byte, chains (hash, page), bytes of its uops, and ENTRY, a uop of
 * its own before the first one: ENTER once the block begins translated code. The uops follow at HEADER.
 */
export const BLOCK = { HOST: 0, MODE: 4, HASH_NEXT: 8, PAGE_NEXT: 12, BYTES: 16, ENTRY: 32, HEADER: 48 } as const

/**
 * TLB geometry: direct-mapped arrays of 16-byte entries {u64 tag, u32 host addend, u32 flags}; behind them VICTIM_ENTRIES for each
 * array that have lost their slot to another page.
 */
export const TLB = { ENTRIES: 1024, READ: 0x0000, WRITE: 0x4000, EXEC: 0x8000, VICTIMS: 0xc000, VICTIM_ENTRIES: 8 } as const

/** What run() returns. */
export const EXIT = {
  BUDGET: 0,
  HYPERCALL: 1,
  HLT: 2,
  SHUTDOWN: 3,
  INTR_WINDOW: 4,
  UNIMPLEMENTED: 5,
  DEBUG: 6,
  /** A locked access that atomics cannot do: the vcpu does it while all others stand still. */
  ALONE: 7,
  /** Of several vcpus this one waits for another: the host may have something better to do. */
  PAUSED: 8,
} as const

export type VcpuField = (typeof VCPU_FIELDS)[number][0]

/** Offset of each field within a vcpu area. */
export const VCPU_OFFSET: Readonly<Record<VcpuField, number>> = Object.fromEntries(
  VCPU_FIELDS.map(([name, offset]) => [name, offset]),
) as Record<VcpuField, number>

/** Linear address of a field of vcpu `index`. */
export function vcpuAddress(index: number, field: VcpuField): number {
  return MEMORY_MAP.VCPU_BASE + index * MEMORY_MAP.VCPU_STRIDE + VCPU_OFFSET[field]
}
