// Compiling and instantiating the CPU core on a domain's memory. The core's text is made for vcpu 0; for another vcpu
// vcpu/relocate.ts moves the addresses of the per-vcpu areas inside a copy of the module's bytes before it is compiled.
// Runs in: the vcpu's worker thread (and tests).
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setFlagsFromString } from 'node:v8'
import type { CoreExports, CoreImports } from './core-interface'
import { relocate } from './relocate'

// To V8 run() is a huge function, and of those it keeps all values in memory from branch to branch, so that compiling them takes less
// time: then half of a dispatch is loads and stores. One that knows no such flag says so on stderr and goes on.
setFlagsFromString('--no-turbo-use-mid-tier-regalloc-for-huge-functions')
// Where ways meet, V8 moves what all of them move between the same two places once, as the first of them does: if that one has a number
// that 32 bits hold and another one an address, the address loses its upper half (seen in 11.3, that of Node 20, in a region by which
// OpenSSL in a guest crashed). Of the core and of regions none is to be optimised so.
setFlagsFromString('--no-turbo-move-optimization')

/** Compile the core for one vcpu. `file`: core.wasm, which the build puts beside the bundles. */
export async function compileCore(vcpu = 0, file = path.join(__dirname, 'core.wasm')): Promise<WebAssembly.Module> {
  const bytes = await readFile(file)
  return WebAssembly.compile(vcpu === 0 ? bytes : relocate(bytes, vcpu))
}

/** Instantiate a core compiled for vcpu `_vcpu` on a domain's memory. */
export async function instantiateCore(
  memory: WebAssembly.Memory,
  _vcpu: number,
  imports: CoreImports,
  module: WebAssembly.Module,
): Promise<CoreExports> {
  const env = {
    memory,
    mmio_read: imports.mmio_read.bind(imports),
    mmio_write: imports.mmio_write.bind(imports),
    port_in: imports.port_in.bind(imports),
    port_out: imports.port_out.bind(imports),
    cpuid: imports.cpuid.bind(imports),
    rdmsr: imports.rdmsr.bind(imports),
    wrmsr: imports.wrmsr.bind(imports),
    tsc: imports.tsc.bind(imports),
    sample: (block: number) => imports.sample?.(block),
    abort: () => {
      throw new Error('the CPU core aborted')
    },
  }
  const instance = await WebAssembly.instantiate(module, { env })
  return instance.exports as unknown as CoreExports
}
