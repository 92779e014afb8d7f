// The seam between the CPU core (WebAssembly) and the TypeScript around it: what the core calls, what it offers.
// The hypervisor and its tests know the core only by these two interfaces, so a register file and an identity
// translate() stand in for it.
// Invariant: every call is synchronous and made on the vcpu's own thread; 64-bit values are bigint only here.
// Runs in: the vcpu's worker thread.

/** Called by the core. Addresses are guest physical; results are zero-extended. */
export interface CoreImports {
  /** A gfn that is not populated, or MMIO. `size` is 1, 2, 4 or 8. */
  mmio_read(gpa: bigint, size: number): bigint
  mmio_write(gpa: bigint, size: number, value: bigint): void
  port_in(port: number, size: number): number
  port_out(port: number, size: number, value: number): void
  /** Writes EAX, EBX, ECX, EDX to CPUID_OUT of the vcpu's area. */
  cpuid(leaf: number, subleaf: number): void
  /** For MSRs the core does not keep: 1 with the value in MSR_VALUE, or 0 for #GP. */
  rdmsr(msr: number): number
  /** The value is in MSR_VALUE; 1, or 0 for #GP. */
  wrmsr(msr: number): number
  /** The guest's TSC now. */
  tsc(): bigint
  /** The block, by its first uop, that was just interpreted, now and then (set_sampling); 0: one that begins a region, or is gone. See src-engine/jit. */
  sample?(block: number): void
}

/** Offered by the core. */
export interface CoreExports {
  /** Runs about `budget` instructions; returns an EXIT code (isa/state-layout.ts). */
  run(budget: number): number
  /** 1 if IF is set and no STI or MOV SS shadow is in force. */
  interruptible(): number
  /** Delivers an external interrupt now; the caller has checked interruptible(). */
  inject(vector: number): void
  inject_nmi(): void
  /** Guest virtual to linear address with the paging in force and supervisor rights; 0: no mapping, or not RAM. */
  translate(va: bigint, write: number): number
  /** After any change of the p2m, or of registers that decide the mode. */
  flush_tlb(): void
  /** Forgets all decoded code: for a fresh or restored vcpu. */
  flush_code(): void
  /** Drops what was decoded of a host page (its linear address >> 12) after an outside write. */
  invalidate_page(mfn: number): void
  /** The same for all pages, and all vcpus. */
  drop_code(): void
  /** The lock of all vcpus' decoded code, for who changes it from outside. */
  lock_code(): void
  unlock_code(): void
  // What translated code calls, and what turns it on: src-engine/jit/translated-core.ts.
  readonly table: WebAssembly.Table
  region_read(va: bigint, size: number, at: number, budget: number): number
  region_write(va: bigint, size: number, at: number, budget: number): number
  region_update(va: bigint, size: number, at: number, budget: number): number
  region_pushes(va: bigint, size: number, at: number, budget: number): number
  region_pops(va: bigint, size: number, at: number, budget: number): number
  region_stored(host: number, at: number): number
  cold(ip: number, op: number): number
  settle_flags(): void
  sse_execute(row: number, to: number, from: number, immediate: number): number
  region_x87(what: number): number
  region_x87_read(what: number, host: number): void
  region_x87_write(what: number, host: number): number
  region_x87_add(topA: number, significandA: bigint, topB: number, significandB: bigint, to: number): number
  region_x87_multiply(topA: number, significandA: bigint, topB: number, significandB: bigint, to: number): number
  region_x87_divide(topA: number, significandA: bigint, topB: number, significandB: bigint, to: number): number
  region_x87_order(topA: number, significandA: bigint, topB: number, significandB: bigint): number
  /** A sample every so many interpreted instructions; 0 for none; 1: of every block, and no region is entered. */
  set_sampling(instructions: number): void
  get_eflags(): number
  set_eflags(value: number): void
}
