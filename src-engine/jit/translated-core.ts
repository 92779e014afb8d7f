// What regions are joined to: the core's functions that they call, and who is told of it. Runs in: the vcpu's worker thread.

/** What the translator needs of the core's exports. */
export interface TranslatedCore {
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
  lock_code(): void
  unlock_code(): void
  /** Samples each so many interpreted instructions; 0 for none; 1: of every block, and no region is entered. */
  set_sampling(instructions: number): void
}

/** Told what translated code could not do, with the uop: for the coverage report only, it makes regions slower. */
export interface Witness {
  /** A region was left at a uop (bits 0 and 1: see emitter.ts), or for an address: negative, see WAYS there. */
  left(result: number): void
  /** The interpreter was called for a uop. */
  called(ip: number): void
  /** A sample was taken at a block. */
  sampled(first: number): void
}

/** What modules of regions import, the functions of emitter.ts; what else the core exports is ignored. */
export function importsOf(memory: WebAssembly.Memory, core: TranslatedCore, witness: Witness | undefined): WebAssembly.Imports {
  const told = { left: (result: number) => witness?.left(result), called: (ip: number) => witness?.called(ip) }
  return { e: { ...core, memory, ...told } }
}
