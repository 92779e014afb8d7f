// Entry point of a vcpu's worker thread: compiles the core, waits for its domain, instantiates the core on the domain's memory and runs the
// loop until told to end.
// Invariant: the loop blocks this thread's event loop; the main thread reaches it only through shared memory.
// Runs in: a worker of the domain's process.
import { parentPort, workerData } from 'node:worker_threads'
import { Domain } from '../hypervisor/domain'
import { Door } from '../hypervisor/door'
import { codeMemoryOf } from '../jit/memory-budget'
import { TRANSLATOR_DEFAULTS, TRANSLATOR_EAGER, Translator } from '../jit/translator'
import { writerBeside } from '../jit/writer-beside'
import { hostClock } from '../lib/monotonic'
import { GuestMemory } from '../memory/guest-memory'
import { rowsAreCounted } from '../public/row-use'
import type { CoreImports } from '../vcpu/core-interface'
import { domainGeometry } from '../vcpu/domain-geometry'
import { compileCore, instantiateCore } from '../vcpu/load'
import { Registers } from '../vcpu/registers'
import { noteDecoded } from './decoded-rows'
import { ownThreadId } from './host-threads'
import { LocalApics, machineImports } from './machine'
import { VcpuLoop } from './vcpu-loop'
import { BELL, type VcpuMessage, type VcpuThreadInput } from './vcpu-threads'

const EFLAGS_AT_START = 2

function tell(message: VcpuMessage): void {
  parentPort?.postMessage(message)
}

async function main(input: VcpuThreadInput, module: WebAssembly.Module): Promise<void> {
  const { memory: wasm, index, vcpus, ramBytes } = input
  const thread = ownThreadId()
  if (thread !== undefined) tell(thread)
  const geometry = domainGeometry(vcpus, ramBytes)
  const memory = new GuestMemory(wasm.buffer, geometry, (page) => domain.requestInvalidate(page))
  const registers = new Registers(wasm.buffer, index)
  const domain: Domain = new Domain(memory, geometry, {
    clock: hostClock,
    door: new Door(() => registers.retired()),
    ring: () => tell(BELL),
    postVector: (vcpu, vector) => lapics.post(vcpu, vector),
  })
  registers.set32('INDEX', index)
  registers.set32('VCPUS', vcpus)
  const lapics: LocalApics = new LocalApics(domain, registers, index)
  let translator: Translator | undefined
  const imports: CoreImports = Object.assign(machineImports(domain, registers, lapics), {
    sample: (block: number) => translator?.sample(block),
  })
  const core = await instantiateCore(wasm, index, imports, module)
  // Flags are kept lazily by the core: it must write them itself once. A restored vcpu has its own.
  if (registers.get64('RETIRED') === 0n) core.set_eflags(EFLAGS_AT_START)
  core.flush_code()
  core.flush_tlb()
  const eager = process.env['RINGMASTER_TRANSLATOR'] === 'eager'
  const how = { ...(eager ? TRANSLATOR_EAGER : TRANSLATOR_DEFAULTS), memory: codeMemoryOf(vcpus) }
  if (input.writer) translator = new Translator(wasm, index, core, writerBeside(input.writer), how)
  new VcpuLoop(domain, registers, core, lapics, rowsAreCounted ? () => noteDecoded(wasm.buffer, index) : undefined).run()
}

async function begin(index: number): Promise<void> {
  const input = new Promise<VcpuThreadInput>((resolve) => parentPort?.once('message', resolve))
  const module = await compileCore(index)
  await main(await input, module)
}

begin(workerData).catch((error: unknown) => {
  // As an uncaught exception: the main thread hears of it by the worker's 'error' event.
  setImmediate(() => {
    throw error
  })
})
