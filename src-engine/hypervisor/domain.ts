// One domain, as its threads see it: the parts of the hypervisor wired over the domain's shared memory.
// Each thread of the process makes its own Domain on the same memory; `initialise` is called once, by the thread that builds
// the domain. Runs in: any thread of the domain's process.
import type { GuestMemory } from '../memory/guest-memory'
import { RUNSTATE } from '../public/xen/vcpu'
import type { DomainGeometry } from '../vcpu/domain-geometry'
import { ConsoleOutput } from './console-output'
import { Credit } from './credit'
import { HEAP_PAGE, LAYOUT_VERSION, NO_GFN } from './domain-layout'
import { DomainState, type Surroundings } from './domain-state'
import { EventChannels } from './event-channel'
import { Foresight } from './foresight'
import { GrantTable } from './grant-table'
import { Messages } from './messages'
import { P2m } from './p2m'
import { Publication } from './publication'
import { Runstates } from './runstate'
import { SharedPage } from './shared-page'
import { Shutdown } from './shutdown'
import { DEFAULT_TSC_KHZ, DomainTime } from './time'
import { Timers } from './timers'
import { Vcpus } from './vcpus'

export interface DomainIdentity {
  /** The domid the guest sees. */
  readonly domid: number
  /** 16 bytes. */
  readonly uuid: Uint8Array
}

export class Domain extends DomainState {
  readonly shared: SharedPage
  readonly time: DomainTime
  readonly messages: Messages
  readonly consoleOutput: ConsoleOutput
  readonly events: EventChannels
  readonly timers: Timers
  readonly runstates: Runstates
  readonly p2m: P2m
  readonly grants: GrantTable
  readonly shutdown: Shutdown
  readonly states: Vcpus
  readonly credit: Credit
  readonly publication: Publication
  readonly foresight: Foresight

  constructor(memory: GuestMemory, geometry: DomainGeometry, surroundings: Surroundings) {
    super(memory, geometry, surroundings)
    this.shared = new SharedPage(this)
    this.time = new DomainTime(this, this.shared)
    this.messages = new Messages(this, this.time)
    this.consoleOutput = new ConsoleOutput(this)
    this.events = new EventChannels(this, this.shared)
    this.timers = new Timers(this, this.events)
    this.runstates = new Runstates(this, this.shared, this.time)
    this.p2m = new P2m(this, this.shared)
    this.grants = new GrantTable(this, this.p2m)
    this.shutdown = new Shutdown(this, this.messages)
    this.credit = new Credit(this)
    this.states = new Vcpus(this, this.shutdown)
    this.publication = new Publication(this, this.events)
    this.foresight = new Foresight(this)
  }

  /** Fills the tables of a new domain: RAM mapped, time stopped at 0, vcpu 0 up. */
  initialise({ domid, uuid }: DomainIdentity): void {
    this.set('LAYOUT', LAYOUT_VERSION)
    this.set('VCPUS', this.vcpus)
    this.set('DOMID', domid)
    this.set('PAUSE', 1)
    this.set('HEAP_NEXT', this.geometry.heapBase + HEAP_PAGE.FREE * 4096)
    this.set('SHARED_INFO_GFN', NO_GFN)
    this.memory.u8.set(uuid.subarray(0, 16), this.address('UUID'))
    this.time.start(0n, this.surroundings.clock.wall(), DEFAULT_TSC_KHZ)
    this.p2m.mapInitialRam()
    this.grants.clear()
    for (let vcpu = 0; vcpu < this.vcpus; vcpu++) {
      this.vset(vcpu, 'PARKED', 1)
      this.vset(vcpu, 'UP', vcpu === 0 ? 1 : 0)
      this.vset(vcpu, 'INITIALISED', vcpu === 0 ? 1 : 0)
      this.vset(vcpu, 'RUNSTATE', vcpu === 0 ? RUNSTATE.running : RUNSTATE.offline)
      this.vset(vcpu, 'INFO', this.shared.defaultInfo(vcpu))
      this.vset(vcpu, 'INFO_GFN', NO_GFN)
      for (const timer of ['SINGLESHOT', 'APIC_DEADLINE', 'POLL_DEADLINE'] as const) this.vset64(vcpu, timer, -1n)
      this.time.writeTimeRecord(vcpu)
    }
    this.time.writeWallClock()
  }

  /** Takes the next page of XENHEAP, zeroed; 0 when there is none. */
  allocateHeapPage(): number {
    const page = this.get('HEAP_NEXT')
    if (page + 4096 > this.geometry.heapBase + this.geometry.heapPages * 4096) return 0
    this.set('HEAP_NEXT', page + 4096)
    return page
  }
}
