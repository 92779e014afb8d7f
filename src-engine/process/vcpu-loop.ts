// What a vcpu's thread does: slices of run(), and between them timers, interrupts, hypercalls, sleep, requests to stand still.
// Invariant: a sleeper samples KICK, then looks at all reasons to be awake, then waits on KICK; whoever has a reason stores it
// first and kicks after. So no wake-up is lost. A vcpu parks only between two instructions, with all its state in memory.
// Spec: xen-guest-abi.md 4.2 (delivery), 1.6 (HLT as power-off), cpu.md section 8. Runs in: the vcpu's worker thread.
import type { Domain } from '../hypervisor/domain'
import { INVALIDATE_SLOTS } from '../hypervisor/domain-layout'
import type { CallingVcpu } from '../hypervisor/hypercall/call'
import { dispatch } from '../hypervisor/hypercall/dispatch'
import { CORE_SHARED, MEMORY_MAP, vcpuAddress } from '../isa/state-layout'
import { cpuid } from '../platform/cpuid'
import { ERRNO } from '../public/xen/errno'
import { HVM_PARAM, HVM_PARAM_CALLBACK_TYPE } from '../public/xen/hvm-params'
import { SHUTDOWN } from '../public/xen/sched'
import { RUNSTATE } from '../public/xen/vcpu'
import type { CoreExports } from '../vcpu/core-interface'
import { EXIT, GPR, type Registers } from '../vcpu/registers'
import { startUp } from '../vcpu/reset'
import type { LocalApics } from './machine'
import { Pace } from './pace'

/** Longest sleep in one piece; a guest without timers wakes this often to look around. */
const SLEEP_LIMIT_MS = 10_000
/** SCHEDOP_yield: how long the main thread gets to work off its bell. */
const YIELD_MS = 1
/** After many PAUSEs: some scheduling of the host. */
const GIVE_WAY_MS = 0.05
/** While another vcpu is waited for: how often our own requests are looked at. */
const FLUSH_LOOK_MS = 1
const NEVER_MS = Number.POSITIVE_INFINITY

const IF = 0x200
const EFLAGS_AT_START = 2
/** Index of EVENTS counters. */
const EVENT = { UPCALL: 0, LAPIC: 1, NMI: 2, TIMER: 3 } as const

const SCHED_OP = 29

const BLOCKED = { NO: 0, HALT: 1, POLL: 2 } as const

const ARGUMENTS = {
  64: [GPR.RDI, GPR.RSI, GPR.RDX, GPR.R10, GPR.R8],
  32: [GPR.RBX, GPR.RCX, GPR.RDX, GPR.RSI, GPR.RDI],
} as const

export class VcpuLoop {
  private readonly index: number
  private readonly caller: CallingVcpu
  private readonly pace = new Pace()

  constructor(
    private readonly domain: Domain,
    private readonly registers: Registers,
    private readonly core: CoreExports,
    private readonly lapics: LocalApics,
    /** Told when the vcpu is about to stop, perhaps for good: at each sched_op, and when it is parked. */
    private readonly stopping?: () => void,
  ) {
    const index = registers.index
    this.index = index
    this.caller = {
      index,
      get width() {
        return registers.longMode ? 64 : 32
      },
      translate: (va, write) => core.translate(BigInt.asIntN(64, va), write ? 1 : 0) >>> 0,
      yield: () => this.letOthersRun(),
    }
  }

  /** Runs until the process wants the thread to end. */
  run(): void {
    this.domain.vset(this.index, 'PARKED', 0)
    while (this.domain.get('STOP') === 0) this.step()
  }

  /** One round: either a slice, a sleep, or a stay at the parking place. */
  step(): void {
    const { domain, index } = this
    if (domain.get('PAUSE') !== 0 || domain.shutdown.stopped) {
      this.park()
      return
    }
    domain.publication.show(() => this.serveRequests())
    domain.states.take(
      index,
      () => this.lapics.own.reset(),
      (vector) => this.start(vector),
    )
    if (!domain.states.isUp(index)) {
      this.stayDown()
      return
    }
    const now = domain.time.systemTime()
    if (domain.timers.fire(index, now, () => this.lapics.own.timerExpired())) {
      domain.shutdown.shutdown(SHUTDOWN.SHUTDOWN_watchdog, 'a watchdog of the guest ran out')
      return
    }
    if (domain.vget(index, 'BLOCKED') !== BLOCKED.NO) {
      this.sleep()
      return
    }
    if (!domain.credit.mayRun()) {
      this.standBy()
      return
    }
    domain.runstates.enter(index, RUNSTATE.running)
    this.deliver()
    this.slice(now)
  }

  // --- between slices ---

  /** What other threads ask of our translated state. True when the TLB was flushed. */
  private serveRequests(): boolean {
    const { domain, index, core } = this
    const { i32 } = domain.memory
    const word = domain.vcpuAddress(index, 'FLUSH') >>> 2
    // Taken, not read and cleared: a request that comes in between must stay.
    const flush = Atomics.exchange(i32, word, 0)
    // Who waits for it may go on at once: here we are not inside run().
    if (flush !== 0 && domain.vcpus > 1) Atomics.notify(i32, word)
    let cons = domain.vget(index, 'INVALIDATE_CONS')
    const prod = domain.vget(index, 'INVALIDATE_PROD')
    if (flush === 0 && cons === prod) return false
    for (; cons !== prod; cons = (cons + 1) >>> 0) {
      core.invalidate_page(domain.vget(index, 'INVALIDATE', cons % INVALIDATE_SLOTS) >>> 12)
    }
    domain.vset(index, 'INVALIDATE_CONS', cons)
    if (flush === 0) return false
    if (flush === 2) core.drop_code()
    core.flush_tlb()
    return true
  }

  /**
   * After a hypercall that asked all vcpus to flush: until none of them can still run with the old translations, as Xen's own
   * shootdown. A vcpu that is parked flushes before it runs on. Ours is served meanwhile, as the other may wait for us.
   */
  private awaitFlush(): void {
    const { domain, index } = this
    const { i32 } = domain.memory
    for (let vcpu = 0; vcpu < domain.vcpus; vcpu++) {
      if (vcpu === index) continue
      const word = domain.vcpuAddress(vcpu, 'FLUSH') >>> 2
      for (;;) {
        const wanted = Atomics.load(i32, word)
        if (wanted === 0 || domain.vget(vcpu, 'PARKED') !== 0 || domain.get('STOP') !== 0) break
        Atomics.wait(i32, word, wanted, FLUSH_LOOK_MS)
        this.serveRequests()
      }
    }
  }

  /** Stands still until PAUSE is 0 (or STOP), so that others may read and write everything. */
  private park(): void {
    const { domain, index } = this
    this.stopping?.()
    domain.vset(index, 'PARKED', 1)
    domain.ringBell()
    for (;;) {
      const kick = domain.vget(index, 'KICK')
      if (domain.get('STOP') !== 0 || (domain.get('PAUSE') === 0 && !domain.shutdown.stopped)) break
      this.wait(kick, NEVER_MS)
    }
    domain.vset(index, 'PARKED', 0)
  }

  /** False when the time was over first. */
  private wait(kick: number, milliseconds: number): boolean {
    const { domain, index } = this
    const word = domain.vcpuAddress(index, 'KICK') >>> 2
    return Atomics.wait(domain.memory.i32, word, kick | 0, milliseconds) !== 'timed-out'
  }

  /** Sleeps until an event, a deadline or a request; clears BLOCKED when the guest is to run again. */
  private sleep(): void {
    const { domain, index } = this
    domain.runstates.enter(index, RUNSTATE.blocked)
    const kick = domain.vget(index, 'KICK')
    if (this.awake()) {
      domain.vset(index, 'BLOCKED', BLOCKED.NO)
      domain.runstates.enter(index, RUNSTATE.running)
      return
    }
    if (
      domain.get('PAUSE') !== 0 ||
      domain.get('STOP') !== 0 ||
      domain.shutdown.stopped ||
      domain.vget(index, 'FLUSH') !== 0 ||
      domain.get('POSTED_ANY') !== 0
    )
      return
    const deadline = domain.timers.next(index)
    const left = deadline < 0n ? SLEEP_LIMIT_MS : Number(deadline - domain.time.systemTime()) / 1e6
    if (left > 0 && !this.wait(kick, Math.min(left, SLEEP_LIMIT_MS))) domain.foresight.timerWoke(left)
  }

  /** STARTUP: real mode at the page of the vector. */
  private start(vector: number): void {
    const { domain, index, registers, core } = this
    startUp(registers, vector, cpuid(1, index)[0])
    core.set_eflags(EFLAGS_AT_START)
    core.flush_tlb()
    domain.runstates.enter(index, RUNSTATE.running)
  }

  /** Down: sleeps until it is started, or others want something of it. */
  private stayDown(): void {
    const { domain, index } = this
    domain.runstates.enter(index, RUNSTATE.offline)
    const kick = domain.vget(index, 'KICK')
    if (domain.get('PAUSE') !== 0 || domain.get('STOP') !== 0 || domain.shutdown.stopped) return
    if (domain.states.wanted(index) || domain.vget(index, 'FLUSH') !== 0 || domain.get('POSTED_ANY') !== 0) return
    this.wait(kick, SLEEP_LIMIT_MS)
  }

  /** Runnable: waits for a grant of time. */
  private standBy(): void {
    const { domain, index } = this
    domain.runstates.enter(index, RUNSTATE.runnable)
    const kick = domain.vget(index, 'KICK')
    if (domain.get('PAUSE') !== 0 || domain.get('STOP') !== 0 || domain.shutdown.stopped || domain.credit.mayRun()) return
    if (domain.vget(index, 'FLUSH') !== 0) return
    this.wait(kick, SLEEP_LIMIT_MS)
  }

  /** Has a blocked vcpu a reason to run? */
  private awake(): boolean {
    const { domain, index } = this
    if (domain.shared.upcallPending(index) || domain.vget(index, 'NMI') !== 0 || this.lapics.own.pendingVector() >= 0)
      return true
    if (domain.vget(index, 'BLOCKED') !== BLOCKED.POLL) return false
    const deadline = domain.vget64(index, 'POLL_DEADLINE')
    if (deadline >= 0n && deadline <= domain.time.systemTime()) return true
    const count = domain.vget(index, 'POLL_COUNT')
    for (let i = 0; i < count; i++) if (domain.events.pending(domain.vget(index, 'POLL_PORTS', i))) return true
    return false
  }

  /** Delivers one interrupt if it can, else asks the core to stop when it could: NMI, then event upcall, then local APIC. */
  private deliver(): void {
    const { domain, registers, core, index } = this
    if (domain.vget(index, 'NMI') !== 0 && registers.get32('NMI_BLOCKED') === 0) {
      domain.vset(index, 'NMI', 0)
      domain.count(index, 'EVENTS', EVENT.NMI)
      domain.door.enter('NMI', 0)
      core.inject_nmi()
    }
    const upcall = this.upcallVector()
    const vector = upcall >= 0 ? upcall : this.lapics.own.pendingVector()
    if (vector < 0) {
      registers.set32('IRQ_WANTED', 0)
      return
    }
    if (core.interruptible() === 0) {
      registers.set32('IRQ_WANTED', 1)
      return
    }
    registers.set32('IRQ_WANTED', 0)
    if (upcall < 0) this.lapics.own.acknowledge(vector)
    domain.count(index, 'EVENTS', upcall < 0 ? EVENT.LAPIC : EVENT.UPCALL)
    core.inject(domain.door.enter('INTERRUPT', vector))
    this.lapics.ask()
  }

  /** The global callback vector while upcall_pending is set: level-like, no EOI. -1: none. */
  private upcallVector(): number {
    const { domain, index } = this
    if (!domain.shared.upcallPending(index) || domain.vget(index, 'UPCALL_VECTOR') !== 0) return -1
    const callback = domain.get64('HVM_PARAM', HVM_PARAM.HVM_PARAM_CALLBACK_IRQ)
    return Number((callback >> 56n) & 0xffn) === HVM_PARAM_CALLBACK_TYPE.VECTOR ? Number(callback & 0xffn) : -1
  }

  // --- a slice and its exit ---

  private budget(now: bigint): number {
    const deadline = this.domain.timers.next(this.index)
    return this.pace.next(deadline < 0n ? undefined : Number(deadline - now), this.domain.vcpus > 1)
  }

  private slice(now: bigint): void {
    const { domain, index, core, registers } = this
    const budget = this.budget(now)
    const before = registers.retired()
    registers.running = true
    let exit = core.run(budget)
    if (exit === EXIT.ALONE) {
      domain.count(index, 'EXITS', exit)
      exit = this.alone()
    }
    registers.running = false
    const spent = domain.time.systemTime() - now
    domain.count(index, 'RUN_NS', 0, Number(spent))
    this.pace.ran(registers.retired() - before, Number(spent))
    domain.credit.spend(spent)
    domain.count(index, 'EXITS', exit)
    switch (exit) {
      case EXIT.BUDGET:
      case EXIT.INTR_WINDOW:
      case EXIT.DEBUG:
        return
      case EXIT.PAUSED:
        this.giveWay()
        return
      case EXIT.HYPERCALL:
        this.hypercall()
        return
      case EXIT.HLT:
        this.halt()
        return
      case EXIT.SHUTDOWN:
        this.tripleFault()
        return
      default:
        domain.shutdown.crashDomain(this.unimplemented())
    }
  }

  private hypercall(): void {
    const { domain, registers } = this
    const { width } = this.caller
    const number = Number(registers.gpr(GPR.RAX) & 0xffff_ffffn)
    if (registers.get32('CPL') !== 0) {
      this.setResult(-ERRNO.EPERM, width)
      return
    }
    const args = ARGUMENTS[width].map((register) => {
      const value = registers.gpr(register)
      return width === 64 ? value : value & 0xffff_ffffn
    })
    if (number === SCHED_OP) this.stopping?.()
    const result = dispatch(domain, this.caller, number, args)
    this.setResult(result, width)
    // The p2m may have changed: nobody's TLB may serve the next instruction from before.
    if (this.serveRequests() && domain.vcpus > 1) this.awaitFlush()
  }

  private setResult(result: number | bigint, width: 64 | 32): void {
    const value = BigInt(result)
    this.registers.setGpr(GPR.RAX, width === 64 ? value : BigInt.asUintN(32, value))
  }

  /** HLT: sleep, or with interrupts off for good: the vcpu is down, and with the last one the domain is off. */
  private halt(): void {
    const { domain, index, core } = this
    if ((core.get_eflags() & IF) !== 0) {
      domain.vset(index, 'BLOCKED', BLOCKED.HALT)
      return
    }
    domain.states.down(index, 'all vcpus are halted with interrupts off')
  }

  /** A piece of run() while every other vcpu stands between two instructions. */
  private alone(): number {
    const { domain, index, core } = this
    const { i32 } = domain.memory
    const word = (MEMORY_MAP.CORE_SHARED + CORE_SHARED.ALONE) >>> 2
    for (;;) {
      const other = Atomics.compareExchange(i32, word, 0, index + 1)
      if (other === 0) break
      Atomics.wait(i32, word, other, 1)
    }
    for (let vcpu = 0; vcpu < domain.vcpus; vcpu++) {
      const epoch = vcpuAddress(vcpu, 'EPOCH') >>> 2
      for (;;) {
        const now = Atomics.load(i32, epoch)
        if ((now & 1) === 0) break
        Atomics.wait(i32, epoch, now, 1)
      }
    }
    const exit = core.run(1)
    Atomics.store(i32, word, 0)
    Atomics.notify(i32, word)
    return exit
  }

  /** HVM parameter 31 says what a triple fault means; 0 (its default) would be power-off, so an unset one is a crash here. */
  private tripleFault(): void {
    const { domain, registers } = this
    const rip = registers.get64('RIP').toString(16)
    const reason = Number(domain.get64('HVM_PARAM', HVM_PARAM.HVM_PARAM_TRIPLE_FAULT_REASON))
    if (reason === SHUTDOWN.SHUTDOWN_crash || reason === 0) domain.shutdown.crashDomain(`triple fault at RIP 0x${rip}`)
    else domain.shutdown.shutdown(reason, `triple fault at RIP 0x${rip}`)
  }

  private unimplemented(): string {
    const { domain, registers, core } = this
    const at = registers.get64('UNKNOWN_RIP')
    const bytes: string[] = []
    for (let i = 0n; i < 15n; i++) {
      const address = core.translate(BigInt.asIntN(64, at + i), 0) >>> 0
      if (address === 0) break
      bytes.push((domain.memory.u8[address] ?? 0).toString(16).padStart(2, '0'))
    }
    return `instruction not implemented at 0x${at.toString(16)}: ${bytes.join(' ')}`
  }

  /** The guest waits for another vcpu, whose thread may be waiting for a processor of the host. */
  private giveWay(): void {
    const { domain, index } = this
    const kick = domain.vget(index, 'KICK')
    if (domain.get('PAUSE') === 0 && domain.get('STOP') === 0 && !domain.shared.upcallPending(index))
      this.wait(kick, GIVE_WAY_MS)
  }

  /** SCHEDOP_yield: guests spin on it until a backend has moved, so the main thread must get its turn. */
  private letOthersRun(): void {
    const { domain, index } = this
    const kick = domain.vget(index, 'KICK')
    if (domain.bellPending()) this.wait(kick, YIELD_MS)
  }
}
