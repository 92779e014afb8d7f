// A domain with one vcpu whose thread is ours: what process/vcpu.ts makes, on the real core, stepped by whoever holds it. Given
// a clock that only its own instructions move, a guest runs the same each time.
// Runs in: tests, on src-engine/assembly/build/core.wasm.
import { createHash } from 'node:crypto'
import { Domain } from '../../src-engine/hypervisor/domain'
import { Door, type Entry } from '../../src-engine/hypervisor/door'
import { CodeCache } from '../../src-engine/jit/code-cache'
import type { Writer } from '../../src-engine/jit/orders'
import { RegionWriter, type RegionWriterOptions, WriterHere } from '../../src-engine/jit/region-writer'
import type { Witness } from '../../src-engine/jit/translated-core'
import { Translator, type TranslatorOptions } from '../../src-engine/jit/translator'
import type { MonotonicClock } from '../../src-engine/lib/monotonic'
import { GuestMemory } from '../../src-engine/memory/guest-memory'
import { LocalApics, machineImports } from '../../src-engine/process/machine'
import { loadKernel, makeDomain } from '../../src-engine/process/new-domain'
import { VcpuLoop } from '../../src-engine/process/vcpu-loop'
import { HVM_PARAM } from '../../src-engine/public/xen/hvm-params'
import { XENCONS, XENCONS_OUT_SIZE } from '../../src-engine/public/xen/io/console'
import { ByteRing } from '../../src-engine/ring/byte-ring'
import type { CoreExports, CoreImports } from '../../src-engine/vcpu/core-interface'
import { domainGeometry } from '../../src-engine/vcpu/domain-geometry'
import { compileCore, instantiateCore } from '../../src-engine/vcpu/load'
import { Registers } from '../../src-engine/vcpu/registers'

export interface SteppedGuestOptions {
  /** File of the core. */
  readonly core: string
  readonly kernel: Uint8Array
  readonly ramdisk?: Uint8Array
  readonly commandLine?: string
  readonly memoryMiB?: number
  readonly clock: MonotonicClock | ((guest: () => SteppedGuest) => MonotonicClock)
  /** Undefined: the interpreter alone. */
  readonly translator?: TranslatorOptions | undefined
  /** Writes what is translated; unless given, this thread. */
  readonly writer?: (memory: WebAssembly.Memory) => Writer
  /** Told of each region that is written. */
  readonly made?: RegionWriterOptions['made']
  /** Told what translated code could not do. */
  readonly witness?: (cache: CodeCache) => Witness
  /** Without XenStore, so that a kernel does not wait for domain 0, and with somebody who empties its console's ring. */
  readonly alone?: boolean
  /** Witnesses of what passes between the core and the rest. */
  readonly watchImports?: (imports: CoreImports) => CoreImports
  readonly watchCore?: (core: CoreExports) => CoreExports
}

export class SteppedGuest {
  text = ''
  private readonly buffer = new Uint8Array(XENCONS_OUT_SIZE)

  private constructor(
    readonly domain: Domain,
    readonly registers: Registers,
    readonly core: CoreExports,
    readonly translator: Translator | undefined,
    private readonly loop: VcpuLoop,
    private readonly ramBytes: number,
    private readonly ring: ByteRing | undefined,
  ) {}

  static async make(options: SteppedGuestOptions): Promise<SteppedGuest> {
    const { kernel, ramdisk, commandLine = '', memoryMiB = 16 } = options
    let guest: SteppedGuest | undefined
    const clock =
      typeof options.clock === 'function'
        ? options.clock(() => {
            if (!guest) throw new Error('the guest is not made yet')
            return guest
          })
        : options.clock
    const made = makeDomain({ domid: 1, uuid: new Uint8Array(16).fill(3), memoryMiB, vcpus: 1 }, () => {})
    if (!made.ok) throw new Error(made.error)
    const { wasm, ramBytes } = made.value
    const loaded = loadKernel(made.value, { kernel, ramdisk, commandLine })
    if (!loaded.ok) throw new Error(loaded.error)
    made.value.domain.set64('WALL_BASE', 1_700_000_000_000_000_000n)
    made.value.domain.time.writeWallClock()
    const geometry = domainGeometry(1, ramBytes)
    const registers = new Registers(wasm.buffer, 0)
    const memory = new GuestMemory(wasm.buffer, geometry, (page) => domain.requestInvalidate(page))
    const domain: Domain = new Domain(memory, geometry, {
      clock,
      ring: () => domain.answerBell(),
      postVector: (vcpu, vector) => lapics.post(vcpu, vector),
      door: new Door(() => registers.retired()),
    })
    const lapics: LocalApics = new LocalApics(domain, registers, 0)
    let translator: Translator | undefined
    const imports: CoreImports = Object.assign(machineImports(domain, registers, lapics), {
      sample: (block: number) => translator?.sample(block),
    })
    const module = await compileCore(0, options.core)
    const core = await instantiateCore(wasm, 0, options.watchImports?.(imports) ?? imports, module)
    core.set_eflags(2)
    core.flush_code()
    core.flush_tlb()
    if (options.translator) {
      const witness = options.witness?.(new CodeCache(wasm.buffer, 0))
      const here = () =>
        new WriterHere(new RegionWriter(wasm.buffer, 0, { witnessed: witness !== undefined, made: options.made }))
      const writer = options.writer?.(wasm) ?? here()
      translator = new Translator(wasm, 0, core, writer, options.translator, witness)
    }
    const loop = new VcpuLoop(domain, registers, options.watchCore?.(core) ?? core, lapics)
    let ring: ByteRing | undefined
    if (options.alone) {
      made.value.domain.set64('HVM_PARAM', 0n, HVM_PARAM.HVM_PARAM_STORE_PFN)
      ring = new ByteRing({
        ...{ memory: wasm.buffer, page: memory.pageOf(Number(domain.get64('HVM_PARAM', HVM_PARAM.HVM_PARAM_CONSOLE_PFN))) },
        ...{ data: XENCONS.out, size: XENCONS_OUT_SIZE, consumer: XENCONS.out_cons, producer: XENCONS.out_prod },
      })
    }
    guest = new SteppedGuest(domain, registers, core, translator, loop, ramBytes, ring)
    domain.set64('FROZEN_AT', -1n)
    domain.set64('CLOCK_OFFSET', 0n)
    domain.set('PAUSE', 0)
    return guest
  }

  get translates(): boolean {
    return (this.translator?.statistics.regions ?? 0) > 0
  }
  get stopped(): boolean {
    return this.domain.shutdown.stopped
  }

  step(): void {
    this.loop.step()
    this.text += Buffer.from(this.domain.consoleOutput.take()).toString('latin1')
    const bytes = this.ring?.take(this.buffer, 0, this.buffer.length) ?? 0
    if (bytes <= 0) return
    this.text += Buffer.from(this.buffer.subarray(0, bytes)).toString('latin1')
    this.domain.events.post(Number(this.domain.get64('HVM_PARAM', HVM_PARAM.HVM_PARAM_CONSOLE_EVTCHN)))
  }

  /** Guest RAM, as it is now. */
  ram(): Uint8Array {
    const { memory, geometry } = this.domain
    return memory.u8.subarray(geometry.ramBase, geometry.ramBase + this.ramBytes)
  }
  /** General-purpose registers, flags, RIP and the count of retired instructions. */
  registersText(): string {
    const { registers } = this
    const gpr = Array.from({ length: 16 }, (_, index) => registers.gpr(index).toString(16))
    const flags = this.core.get_eflags().toString(16)
    return `${gpr.join(' ')} rip ${registers.get64('RIP').toString(16)} flags ${flags} retired ${registers.retired()}`
  }
  /** Registers and all of guest RAM. */
  state(): string {
    const hash = createHash('sha256').update(new Uint8Array(this.ram())).digest('hex')
    return `${this.registersText()} ram ${hash}`
  }
  observe(log: Entry[]): void {
    this.domain.door.observe((entry) => log.push(entry))
  }
}
