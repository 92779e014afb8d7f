// Where a domain's pieces lie in its linear memory, for the folders that do not know the instruction set (hypervisor,
// memory, platform): the numbers of isa/state-layout.ts as one plain object that is handed to constructors.
// Runs in: any thread of the domain's process (plain data).

import { MEMORY_MAP, P2M_FLAG, PAGE_FLAG, ramBase, VCPU_OFFSET } from '../isa/state-layout'
import type { MemoryGeometry } from '../memory/guest-memory'

export const PAGE_SIZE = 4096

export interface DomainGeometry extends MemoryGeometry {
  readonly vcpus: number
  readonly domainBase: number
  readonly heapBase: number
  readonly heapPages: number
  /** Start of vcpu `index`'s area, of its local APIC page and of the hypervisor's own page in it. */
  vcpuArea(index: number): number
  lapicPage(index: number): number
  vcpuPrivate(index: number): number
  /** Size of the whole WebAssembly memory in its pages of 64 KiB. */
  readonly wasmPages: number
}

export function domainGeometry(vcpus: number, ramBytes: number): DomainGeometry {
  const base = ramBase(vcpus)
  const area = (index: number): number => MEMORY_MAP.VCPU_BASE + index * MEMORY_MAP.VCPU_STRIDE
  return {
    vcpus,
    domainBase: MEMORY_MAP.DOMAIN_BASE,
    heapBase: MEMORY_MAP.XENHEAP_BASE,
    heapPages: MEMORY_MAP.XENHEAP_SIZE / PAGE_SIZE,
    ramBase: base,
    ramBytes,
    p2mBase: MEMORY_MAP.P2M_BASE,
    p2mGfns: MEMORY_MAP.P2M_GFNS,
    pageFlagsBase: MEMORY_MAP.PAGE_FLAGS_BASE,
    pageFlagCode: PAGE_FLAG.CODE,
    pageFlagDirty: PAGE_FLAG.DIRTY,
    p2mPresent: P2M_FLAG.PRESENT,
    p2mReadOnly: P2M_FLAG.READ_ONLY,
    p2mMmio: P2M_FLAG.MMIO,
    vcpuArea: area,
    lapicPage: (index) => area(index) + VCPU_OFFSET.LAPIC,
    vcpuPrivate: (index) => area(index) + VCPU_OFFSET.VCPU_PRIVATE,
    wasmPages: Math.ceil((base + ramBytes) / 65536),
  }
}
