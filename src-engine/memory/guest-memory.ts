// A domain's memory as TypeScript sees it: typed views of the one shared WebAssembly memory, the p2m (guest frame number to
// host page), and copies in and out by guest physical address.
// Invariant: whoever writes guest memory from outside the vcpus' own instructions goes through `writeFromOutside`: it marks
// the page dirty and has its decoded code dropped before the guest can hear of the write (house.md, section 1).
// Runs in: any thread of the domain's process. State: tables in shared memory; an object holds only views.

/** Where things are; made by vcpu/domain-geometry.ts. Addresses are offsets into the linear memory. */
export interface MemoryGeometry {
  readonly ramBase: number
  readonly ramBytes: number
  readonly p2mBase: number
  readonly p2mGfns: number
  readonly pageFlagsBase: number
  readonly pageFlagCode: number
  readonly pageFlagDirty: number
  readonly p2mPresent: number
  readonly p2mReadOnly: number
  readonly p2mMmio: number
}

const PAGE = 4096

/** Told the linear address of a page whose decoded code must go before the write is announced. */
export type CodeDropper = (page: number) => void

export class GuestMemory {
  readonly u8: Uint8Array
  readonly u16: Uint16Array
  readonly u32: Uint32Array
  readonly i32: Int32Array
  readonly u64: BigUint64Array
  readonly i64: BigInt64Array
  readonly f64: Float64Array
  readonly view: DataView

  constructor(
    readonly buffer: ArrayBufferLike,
    readonly geometry: MemoryGeometry,
    private readonly dropCode: CodeDropper,
  ) {
    const length = buffer.byteLength
    this.u8 = new Uint8Array(buffer, 0, length)
    this.u16 = new Uint16Array(buffer, 0, length >>> 1)
    this.u32 = new Uint32Array(buffer, 0, length / 4)
    this.i32 = new Int32Array(buffer, 0, length / 4)
    this.u64 = new BigUint64Array(buffer, 0, length / 8)
    this.i64 = new BigInt64Array(buffer, 0, length / 8)
    this.f64 = new Float64Array(buffer, 0, length / 8)
    this.view = new DataView(buffer, 0, length)
  }

  /** The p2m entry of a gfn: host page address | flags, 0 when there is nothing. */
  p2mEntry(gfn: number): number {
    if (gfn < 0 || gfn >= this.geometry.p2mGfns) return 0
    return this.u32[(this.geometry.p2mBase >>> 2) + gfn] ?? 0
  }

  /** Sets or clears (0) a p2m entry. The caller has every vcpu flush its TLB afterwards. */
  setP2mEntry(gfn: number, entry: number): void {
    this.u32[(this.geometry.p2mBase >>> 2) + gfn] = entry
  }

  /** Linear address of the page a gfn maps to, 0 when unpopulated or MMIO. */
  pageOf(gfn: number): number {
    const entry = this.p2mEntry(gfn)
    if ((entry & this.geometry.p2mPresent) === 0 || (entry & this.geometry.p2mMmio) !== 0) return 0
    return (entry & ~(PAGE - 1)) >>> 0
  }

  /** True for a page of the domain's own RAM (as against the hypervisor's pages a guest maps). */
  isRamPage(page: number): boolean {
    return page >= this.geometry.ramBase && page < this.geometry.ramBase + this.geometry.ramBytes
  }

  /** Linear address of a guest physical address, 0 when nothing is there. */
  addressOf(gpa: number): number {
    const page = this.pageOf(Math.floor(gpa / PAGE))
    return page === 0 ? 0 : page + (gpa % PAGE)
  }

  /** The one way to change guest-visible memory from outside: [address, address + bytes.length) lies within one page. */
  writeFromOutside(address: number, bytes: Uint8Array): void {
    this.beforeOutsideWrite(address)
    this.u8.set(bytes, address)
  }

  /** For writers that store single words with atomic operations: the same duties, without the copy. */
  beforeOutsideWrite(address: number): void {
    const index = this.geometry.pageFlagsBase + (address >>> 12)
    const flags = this.u8[index] ?? 0
    if ((flags & this.geometry.pageFlagDirty) === 0) Atomics.or(this.u8, index, this.geometry.pageFlagDirty)
    if ((flags & this.geometry.pageFlagCode) !== 0) this.dropCode((address & ~(PAGE - 1)) >>> 0)
  }

  /** Copies to guest physical memory; false (with a part written) where a page is missing or read-only. */
  writePhysical(gpa: number, bytes: Uint8Array): boolean {
    let done = 0
    while (done < bytes.length) {
      const at = gpa + done
      const entry = this.p2mEntry(Math.floor(at / PAGE))
      const address = this.addressOf(at)
      if (address === 0 || (entry & this.geometry.p2mReadOnly) !== 0) return false
      const length = Math.min(bytes.length - done, PAGE - (at % PAGE))
      this.writeFromOutside(address, bytes.subarray(done, done + length))
      done += length
    }
    return true
  }

  /** Copies from guest physical memory into a private buffer; undefined where a page is missing. */
  readPhysical(gpa: number, length: number): Uint8Array | undefined {
    const bytes = new Uint8Array(length)
    let done = 0
    while (done < length) {
      const at = gpa + done
      const address = this.addressOf(at)
      if (address === 0) return undefined
      const part = Math.min(length - done, PAGE - (at % PAGE))
      bytes.set(this.u8.subarray(address, address + part), done)
      done += part
    }
    return bytes
  }
}
