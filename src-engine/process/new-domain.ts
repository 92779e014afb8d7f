// Makes a domain's memory and everything in it: from a kernel, up to the point where its vcpu may run.
// Spec: xen-guest-abi.md 1.3, 1.5, 5 (grants 0 and 1). Runs in: main thread of the domain's process.
import { buildDomain } from '../builder/build-domain'
import type { InitialRegisters, InitialSegment } from '../builder/initial-state'
import { checkMemory } from '../builder/memory-map'
import { Domain } from '../hypervisor/domain'
import { DOMAIN_TABLE } from '../hypervisor/domain-layout'
import { hostClock } from '../lib/monotonic'
import { GuestMemory } from '../memory/guest-memory'
import { apicId } from '../platform/cpuid'
import { LocalApic } from '../platform/lapic'
import { err, ok, type Result } from '../public/result'
import { GNTTAB_RESERVED_CONSOLE, GNTTAB_RESERVED_XENSTORE } from '../public/xen/grant-table'
import { HVM_PARAM } from '../public/xen/hvm-params'
import { E820_ENTRY_SIZE } from '../public/xen/memory'
import { SHUTDOWN } from '../public/xen/sched'
import { domainGeometry } from '../vcpu/domain-geometry'
import { Registers, SEGMENT } from '../vcpu/registers'

export interface DomainRequest {
  readonly domid: number
  readonly uuid: Uint8Array
  readonly memoryMiB: number
  readonly vcpus: number
}

/** A domain's memory with views of it, seen from the main thread. */
export interface MadeDomain {
  readonly wasm: WebAssembly.Memory
  readonly domain: Domain
  readonly ramBytes: number
}

export interface KernelFiles {
  readonly kernel: Uint8Array
  readonly ramdisk: Uint8Array | undefined
  readonly commandLine: string
}

const DOM0 = 0
/** Logical destinations of local APICs have a bit for each of eight. */
export const MAX_VCPUS = 8
const PAT_AT_RESET = 0x0007_0406_0007_0406n

/** Why a domain cannot have this many vcpus here; undefined when it can. */
export function checkVcpus(vcpus: number, architecture: string = process.arch): string | undefined {
  if (vcpus > MAX_VCPUS) return `A domain has at most ${MAX_VCPUS} vcpus in this version, not ${vcpus}.`
  // Plain loads and stores of a guest are plain ones of the host: only an x86 keeps them in the order that x86 promises.
  if (vcpus > 1 && architecture !== 'x64')
    return `On this computer (${architecture}) a domain has one vcpu, not ${vcpus}: several need a host with the memory order of x86.`
  return undefined
}

/** Memory and empty tables. `ring`: what this thread does when it rings itself. An error is one sentence for people. */
export function makeDomain(request: DomainRequest, ring: () => void): Result<MadeDomain, string> {
  const refused = checkVcpus(request.vcpus)
  if (refused !== undefined) return err(refused)
  const ram = checkMemory(request.memoryMiB, domainGeometry(request.vcpus, 0).ramBase)
  if (!ram.ok) return err(ram.error.message)
  const ramBytes = ram.value
  const geometry = domainGeometry(request.vcpus, ramBytes)
  let wasm: WebAssembly.Memory
  try {
    wasm = new WebAssembly.Memory({ initial: geometry.wasmPages, maximum: geometry.wasmPages, shared: true })
  } catch {
    return err(`The host does not give this process ${request.memoryMiB} MiB of memory.`)
  }
  const memory = new GuestMemory(wasm.buffer, geometry, (page) => domain.requestInvalidate(page))
  const domain: Domain = new Domain(memory, geometry, {
    clock: hostClock,
    ring,
    postVector: (vcpu, vector) => postToLapic(domain, vcpu, vector),
  })
  domain.initialise({ domid: request.domid, uuid: request.uuid })
  return ok({ wasm, domain, ramBytes })
}

/** A local APIC seen from outside its vcpu's thread: only IRR may be touched. */
function lapicOf(domain: Domain, vcpu: number): LocalApic {
  const nothing = (): void => {}
  return new LocalApic(domain.memory, domain.geometry.lapicPage(vcpu), apicId(vcpu), {
    now: () => 0n,
    setTimer: nothing,
    timerDeadline: () => -1n,
    getCr8: () => 0,
    setCr8: nothing,
    sendIpi: nothing,
  })
}

function postToLapic(domain: Domain, vcpu: number, vector: number): void {
  lapicOf(domain, vcpu).post(vector)
  domain.kick(vcpu)
}

/** Loads the kernel into a made domain. The message of an error is one sentence for people. */
export function loadKernel(made: MadeDomain, files: KernelFiles): Result<undefined, string> {
  const { domain, ramBytes } = made
  const { memory } = domain
  let lost = false
  const state = buildDomain(
    { kernel: files.kernel, ramdisk: files.ramdisk, commandLine: files.commandLine, vcpus: domain.vcpus },
    {
      ramBytes,
      write: (gpa, bytes) => memory.u8.set(bytes, domain.geometry.ramBase + gpa),
      zero: (gpa, length) => memory.u8.fill(0, domain.geometry.ramBase + gpa, domain.geometry.ramBase + gpa + length),
      mapPage: (_kind, gfn, bytes) => {
        const page = domain.allocateHeapPage()
        if (page === 0) lost = true
        else {
          memory.u8.set(bytes.subarray(0, 4096), page)
          memory.setP2mEntry(gfn, (page + domain.geometry.p2mPresent) >>> 0)
        }
      },
    },
  )
  if (!state.ok) return err(state.error.message)
  if (lost) return err('The tables of the domain need more pages than the hypervisor has for them.')
  const { storeGfn, consoleGfn, memoryMap, registers, log } = state.value

  const param = (index: number, value: number): void => domain.set64('HVM_PARAM', BigInt(value), index)
  param(HVM_PARAM.HVM_PARAM_STORE_PFN, storeGfn)
  param(HVM_PARAM.HVM_PARAM_STORE_EVTCHN, ownPort(domain))
  param(HVM_PARAM.HVM_PARAM_CONSOLE_PFN, consoleGfn)
  param(HVM_PARAM.HVM_PARAM_CONSOLE_EVTCHN, ownPort(domain))
  param(HVM_PARAM.HVM_PARAM_TRIPLE_FAULT_REASON, SHUTDOWN.SHUTDOWN_crash)
  domain.grants.prefill(GNTTAB_RESERVED_CONSOLE, DOM0, consoleGfn)
  domain.grants.prefill(GNTTAB_RESERVED_XENSTORE, DOM0, storeGfn)

  memoryMap.forEach(({ address, size, type }, i) => {
    const at = domain.geometry.domainBase + DOMAIN_TABLE.MEMORY_MAP + i * E820_ENTRY_SIZE
    memory.view.setBigUint64(at, BigInt(address), true)
    memory.view.setBigUint64(at + 8, BigInt(size), true)
    memory.view.setUint32(at + 16, type, true)
  })
  domain.set('MEMORY_MAP_ENTRIES', memoryMap.length)

  for (let vcpu = 0; vcpu < domain.vcpus; vcpu++) lapicOf(domain, vcpu).reset()
  resetVcpu(new Registers(memory.buffer, 0), registers)
  for (const line of log) domain.messages.log(line)
  return ok(undefined)
}

/** A port whose other end is domain 0, held by a pump of this process; it survives EVTCHNOP_reset. */
function ownPort(domain: Domain): number {
  const port = domain.events.allocUnbound(DOM0, true)
  domain.events.bindBackend(port)
  return port
}

function resetVcpu(registers: Registers, state: InitialRegisters): void {
  const segment = (number: number, { selector, base, limit, attributes }: InitialSegment): void =>
    registers.setSegment(number, selector, BigInt(base), limit, attributes)
  registers.setGpr(3, BigInt(state.rbx))
  registers.set64('RIP', BigInt(state.rip))
  registers.set64('CR0', BigInt(state.cr0))
  registers.set64('CR4', BigInt(state.cr4))
  registers.set64('EFER', BigInt(state.efer))
  registers.set32('EFLAGS_REST', state.rflags)
  registers.set32('CPL', 0)
  registers.set32('MODE', 1)
  segment(SEGMENT.CS, state.cs)
  segment(SEGMENT.DS, state.ds)
  segment(SEGMENT.ES, state.es)
  segment(SEGMENT.FS, state.fs)
  segment(SEGMENT.GS, state.gs)
  segment(SEGMENT.SS, state.ss)
  segment(SEGMENT.TR, state.tr)
  segment(SEGMENT.LDTR, { selector: 0, base: 0, limit: 0, attributes: 1 << 16 })
  registers.setDebug(6, BigInt(state.dr6))
  registers.setDebug(7, BigInt(state.dr7))
  registers.set64('PAT', PAT_AT_RESET)
  registers.resetFpu()
}
