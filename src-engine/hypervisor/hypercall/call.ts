// One hypercall in progress: whose it is, its arguments in the caller's width, and copies from and to the caller's memory.
// Invariant: guest memory is copied once into a private buffer, checked, then used; a copy that meets an unmapped address
// fails as a whole for reads and is -EFAULT for the guest. Spec: xen-guest-abi.md 2.1.
// Runs in: the calling vcpu's thread.
import {
  type FieldRow,
  readStruct,
  type StructTable,
  type StructValue,
  structSize,
  type Width,
  writeStruct,
} from '../../lib/struct-layout'
import { ERRNO } from '../../public/xen/errno'
import { DOMID_SELF } from '../../public/xen/hypercall'
import type { Domain } from '../domain'

const PAGE = 4096

/** Longest copy a hypercall asks for in one piece; larger sizes from a guest are -EFAULT. */
const COPY_LIMIT = 1024 * 1024

/** The calling vcpu as a hypercall needs it; the vcpu's thread implements it over the core, tests over an array. */
export interface CallingVcpu {
  readonly index: number
  /** Layout of pointed-to arguments: the mode of the CPU at the call. */
  readonly width: Width
  /** Guest virtual address to linear address, 0 for none; supervisor rights. */
  translate(va: bigint, write: boolean): number
  /** Lets other threads of the process run a moment (SCHEDOP_yield). */
  yield(): void
}

/** What a hypercall returns: 0 or more, or a negated errno. */
export type HypercallResult = number | bigint

export class Call {
  constructor(
    readonly domain: Domain,
    readonly vcpu: CallingVcpu,
    readonly args: readonly bigint[],
  ) {}

  get width(): Width {
    return this.vcpu.width
  }
  /** Bytes of an unsigned long or a pointer in the caller's layout. */
  get wordSize(): number {
    return this.width === 64 ? 8 : 4
  }
  arg(index: number): bigint {
    return this.args[index] ?? 0n
  }
  /** An argument that is an int. */
  int(index: number): number {
    return Number(BigInt.asIntN(32, this.arg(index)))
  }
  /** The pointer argument `index`. */
  pointer(index: number): bigint {
    return this.width === 64 ? this.arg(index) : this.arg(index) & 0xffff_ffffn
  }

  copyIn(va: bigint, length: number): Uint8Array | undefined {
    if (length > COPY_LIMIT) return undefined
    const { memory } = this.domain
    const bytes = new Uint8Array(length)
    let done = 0
    while (done < length) {
      const at = this.vcpu.translate(this.wrap(va + BigInt(done)), false)
      if (at === 0) return undefined
      const part = Math.min(length - done, PAGE - (at % PAGE))
      bytes.set(memory.u8.subarray(at, at + part), done)
      done += part
    }
    return bytes
  }

  copyOut(va: bigint, bytes: Uint8Array): boolean {
    let done = 0
    while (done < bytes.length) {
      const at = this.vcpu.translate(this.wrap(va + BigInt(done)), true)
      if (at === 0) return false
      const part = Math.min(bytes.length - done, PAGE - (at % PAGE))
      this.domain.memory.writeFromOutside(at, bytes.subarray(done, done + part))
      done += part
    }
    return true
  }

  private wrap(va: bigint): bigint {
    return this.width === 64 ? BigInt.asUintN(64, va) : BigInt.asUintN(32, va)
  }

  read<F extends readonly FieldRow[]>(table: StructTable<F>, va: bigint): StructValue<F> | undefined {
    const bytes = this.copyIn(va, structSize(table, this.width))
    return bytes && readStruct(table, this.width, new DataView(bytes.buffer))
  }

  /** Writes only the fields named in `value`; the rest of the guest's structure is as it was. 0 or -EFAULT. */
  write<F extends readonly FieldRow[]>(table: StructTable<F>, va: bigint, value: Partial<StructValue<F>>): number {
    const bytes = this.copyIn(va, structSize(table, this.width))
    if (!bytes) return -ERRNO.EFAULT
    writeStruct(table, this.width, new DataView(bytes.buffer), 0, value)
    return this.copyOut(va, bytes) ? 0 : -ERRNO.EFAULT
  }

  /** An array of unsigned longs in the caller's width. */
  readWords(va: bigint, count: number): bigint[] | undefined {
    const bytes = this.copyIn(va, count * this.wordSize)
    if (!bytes) return undefined
    const view = new DataView(bytes.buffer)
    return Array.from({ length: count }, (_, i) =>
      this.width === 64 ? view.getBigUint64(i * 8, true) : BigInt(view.getUint32(i * 4, true)),
    )
  }

  writeWord(va: bigint, value: bigint): boolean {
    const view = new DataView(new ArrayBuffer(this.wordSize))
    if (this.width === 64) view.setBigUint64(0, BigInt.asUintN(64, value), true)
    else view.setUint32(0, Number(BigInt.asUintN(32, value)), true)
    return this.copyOut(va, new Uint8Array(view.buffer))
  }

  /** Does a domid in an argument mean the caller itself? */
  isSelf(domid: number): boolean {
    return domid === DOMID_SELF || domid === this.domain.get('DOMID')
  }
}

/** A gfn of an argument as a number the p2m understands; huge ones become -1, which nothing maps. */
export function gfnOf(value: bigint): number {
  return value < 0x1_0000_0000n ? Number(value) : -1
}
