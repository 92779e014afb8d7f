// A domain that exists in this process: its memory and vcpus, and the pumps and the link around them.
// Runs in: main thread of the domain's process.
import { ConsolePump } from '../backend/console/pump'
import { PumpHost, type StallListener } from '../backend/pump-host'
import { PUMP_MAKERS } from '../backend/pumps'
import { backendAccess } from '../hypervisor/backend-access'
import type { Log } from '../lib/log'
import type { DomainCalls } from '../public/protocol/control'
import { err, ok, type Result } from '../public/result'
import { HVM_PARAM } from '../public/xen/hvm-params'
import { XenStoreRingPump } from '../xenstore/ring-pump'
import { DomainLink } from './domain-link'
import type { GuestScreen } from './guest-screen'
import { TimeBeside } from './host-threads'
import type { MadeDomain } from './new-domain'
import type { PumpState } from './pump-state'
import { type VcpuThreadListener, VcpuThreads } from './vcpu-threads'

/** Where XenStore's and the console's rings are, for domain 0. */
export type GuestPages = DomainCalls['build']['reply']

export interface RunningDomain {
  readonly handle: string
  readonly made: MadeDomain
  readonly threads: VcpuThreads
  readonly beside: TimeBeside
  readonly store: XenStoreRingPump
  readonly console: ConsolePump
  readonly devices: PumpHost
  readonly screen: GuestScreen | undefined
  readonly link: DomainLink
  readonly storePort: number
  readonly consolePort: number
}

/** Joins pumps and link to a made domain, with the state they were saved with if there is one; an error says what of it is refused. */
export function joinParts(
  handle: string,
  made: MadeDomain,
  screen: GuestScreen | undefined,
  state: PumpState | undefined,
  listener: VcpuThreadListener & StallListener & { readonly log: Log },
): Result<RunningDomain, string> {
  const { domain } = made
  const { storePort, consolePort, storeGfn, consoleGfn } = guestPages(made)
  const page = (gfn: number, port: number) => {
    const offset = domain.memory.pageOf(gfn)
    return {
      memory: domain.memory.buffer,
      offset,
      notify: () => domain.events.post(port),
      wrote: () => domain.memory.beforeOutsideWrite(offset),
    }
  }
  // A guest may have given them back before it was saved, and then they would lie where our own memory begins.
  if (domain.memory.pageOf(storeGfn) === 0) return err('the page of XenStore is not there')
  if (domain.memory.pageOf(consoleGfn) === 0) return err('the page of the console is not there')
  const store = new XenStoreRingPump(page(storeGfn, storePort))
  const console = new ConsolePump(page(consoleGfn, consolePort))
  if (state) {
    const wrong = store.load(state.store)
    if (wrong !== undefined) return err(wrong)
    console.load(state.console)
  } else store.initialise()
  const makers = new Map([...PUMP_MAKERS, ...(screen?.pumps ?? [])])
  const devices = new PumpHost(backendAccess(domain), makers, [storePort, consolePort], listener.log, listener)
  const wrong = devices.load(state?.devices ?? [])
  if (wrong !== undefined) return err(wrong)
  const link = new DomainLink(handle, store, console, devices, listener.log, () => domain.foresight.expect(), state?.xenstore)
  const threads = new VcpuThreads(domain, listener)
  const beside = new TimeBeside(() => threads.known)
  return ok({ handle, made, threads, beside, store, console, devices, screen, link, storePort, consolePort })
}

export function guestPages({ domain }: MadeDomain): GuestPages {
  const param = (index: number): number => Number(domain.get64('HVM_PARAM', index))
  return {
    guestDomid: domain.get('DOMID'),
    storeGfn: param(HVM_PARAM.HVM_PARAM_STORE_PFN),
    storePort: param(HVM_PARAM.HVM_PARAM_STORE_EVTCHN),
    consoleGfn: param(HVM_PARAM.HVM_PARAM_CONSOLE_PFN),
    consolePort: param(HVM_PARAM.HVM_PARAM_CONSOLE_EVTCHN),
  }
}
