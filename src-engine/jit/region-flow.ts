// Which registers a region loads and stores where: each entry loads what some way from it reads before it is written, each way out stores what
// may have been written on the way there. The lazy flags are treated as one more register.
// While a block's instructions are written nobody knows yet what the blocks before and behind it do. So it is only noted where in the code a
// load or a store belongs (Gap), and what the block itself has done until there; when all blocks are known the gaps are filled.
// Runs in: the vcpu's worker thread.
import type { Node } from './region-shape'

/** Registers as a bit set, general ones below XMM ones; and the flags. */
export interface Values {
  readonly registers: number
  readonly flags: boolean
}

const ALL = -1

/** What a block does to registers and flags. */
export class BlockFlow {
  /** Read, or stored on a way out, before each way through the block has written them. */
  private exposed = 0
  private exposedFlags = false
  /** Written on each way to where the block's code is being written. */
  private surely = 0
  private surelyFlags = false
  /** Written on some way since the block began, or since everything was brought to memory. */
  private maybe = 0
  private maybeFlags = false
  /** May what was written before the block still have to be stored? */
  private inherits = true
  /** Of that, what a way out stores and the block itself has not written. */
  private passed = 0
  private passedFlags = false
  /** Before the block: written and not stored, and read later. */
  private before = 0
  private beforeFlags = false
  private needed = 0
  private neededFlags = false

  /** `depth`: how many frames are open where the block begins; what is written inside of more is written on some ways only. */
  constructor(private readonly depth = 0) {}

  read(registers: number): void {
    this.exposed |= registers & ~this.surely
  }
  write(registers: number, depth: number): void {
    this.maybe |= registers
    if (depth === this.depth) this.surely |= registers
  }
  readFlags(): void {
    if (!this.surelyFlags) this.exposedFlags = true
  }
  writeFlags(depth: number): void {
    this.maybeFlags = true
    if (depth === this.depth) this.surelyFlags = true
  }

  /** A way out is here. Gives what it stores, once known() of all blocks has been found. */
  leave(): () => Values {
    const { maybe, maybeFlags, inherits } = this
    this.exposed |= maybe & ~this.surely
    if (maybeFlags) this.readFlags()
    if (inherits) {
      this.passed |= ~this.surely
      if (!this.surelyFlags) this.passedFlags = true
    }
    return () => ({
      registers: inherits ? maybe | this.before : maybe,
      flags: maybeFlags || (inherits && this.beforeFlags),
    })
  }

  /** All has been brought to memory, and loaded again. */
  renewed(): void {
    this.surely = ALL
    this.surelyFlags = true
    this.maybe = 0
    this.maybeFlags = false
    this.inherits = false
  }

  /** What an entry that leads to the block loads. */
  get wanted(): Values {
    return { registers: this.needed, flags: this.neededFlags }
  }

  /** Forwards; true if something new was found. */
  private follow(from: BlockFlow): boolean {
    const registers = this.before | from.maybe | (from.inherits ? from.before : 0)
    const flags = this.beforeFlags || from.maybeFlags || (from.inherits && from.beforeFlags)
    const changed = registers !== this.before || flags !== this.beforeFlags
    this.before = registers
    this.beforeFlags = flags
    return changed
  }
  /** Backwards. */
  private precede(to: BlockFlow | undefined): boolean {
    const registers = this.needed | this.exposed | (this.before & this.passed) | (to ? to.needed & ~this.surely : 0)
    const flags =
      this.neededFlags ||
      this.exposedFlags ||
      (this.beforeFlags && this.passedFlags) ||
      (to?.neededFlags === true && !this.surelyFlags)
    const changed = registers !== this.needed || flags !== this.neededFlags
    this.needed = registers
    this.neededFlags = flags
    return changed
  }

  /** Finds both for all blocks of a region, given in reverse postorder. */
  static settle(nodes: readonly Node[], flows: ReadonlyMap<Node, BlockFlow>): void {
    for (let changed = true; changed; ) {
      changed = false
      for (const node of nodes) {
        const flow = flows.get(node)
        for (const before of node.predecessors) {
          const from = flows.get(before)
          if (from && flow?.follow(from)) changed = true
        }
      }
    }
    for (let changed = true; changed; ) {
      changed = false
      for (let i = nodes.length - 1; i >= 0; i--) {
        const node = nodes[i]
        const flow = node && flows.get(node)
        if (!node || !flow) continue
        if (flow.precede(undefined)) changed = true
        for (const to of [node.takenTo, node.nextTo, ...node.returns]) if (to && flow.precede(flows.get(to))) changed = true
      }
    }
  }
}

/** A place in a region's code where something belongs that is known only when all of it is written. */
export interface Gap {
  readonly at: number
  /** A way out; registers to memory, and from it, round a call, flags of unknown form settled; what an entry loads. */
  readonly kind: 'out' | 'store' | 'load' | 'settled' | 'entry'
  /** Frames that are open there. */
  readonly depth: number
  /** A way that is hardly ever gone. */
  readonly seldom: boolean
  readonly values: () => Values
}
