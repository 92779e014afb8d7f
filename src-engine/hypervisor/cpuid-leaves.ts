// Xen's CPUID leaves, from 0x40000000: how a guest finds out that it runs on Xen, and what it may use.
// Spec: xen-guest-abi.md 2.2. Runs in: vcpu threads.
import { XEN_VERSION } from '../public/xen/version'
import type { Domain } from './domain'
import { clockScale } from './time'

export const XEN_CPUID_BASE = 0x4000_0000
export const XEN_CPUID_LAST = 0x4000_0005
export const HYPERCALL_MSR = 0x4000_0000

/** base+4 EAX: vcpu id present (3), domid present (4). Bit 6, upcall vector per vcpu, stays clear: the global one is faster. */
const FEATURES = (1 << 3) | (1 << 4)
/** base+3 EAX: host TSC reliable (1). */
const TSC_RELIABLE = 1 << 1

type Leaf = readonly [eax: number, ebx: number, ecx: number, edx: number]

/** The leaf's registers, or undefined when it is none of Xen's. */
export function xenCpuid(domain: Domain, vcpu: number, leaf: number, subleaf: number): Leaf | undefined {
  if (leaf < XEN_CPUID_BASE || leaf > XEN_CPUID_LAST) return undefined
  switch (leaf - XEN_CPUID_BASE) {
    case 0:
      return [XEN_CPUID_LAST, 0x566e_6558, 0x6558_4d4d, 0x4d4d_566e]
    case 1:
      return [(XEN_VERSION.major << 16) | XEN_VERSION.minor, 0, 0, 0]
    case 2:
      return [1, HYPERCALL_MSR, 0, 0]
    case 3:
      return timeLeaf(domain, subleaf)
    case 4:
      return [FEATURES, vcpu, domain.get('DOMID'), 0]
    default:
      return [0, 0, 0, 0]
  }
}

function timeLeaf(domain: Domain, subleaf: number): Leaf {
  const khz = domain.get('TSC_KHZ')
  switch (subleaf) {
    case 0:
      return [TSC_RELIABLE, 0, khz, domain.get('INCARNATION')]
    case 1: {
      const { mul, shift } = clockScale(khz)
      return [0, 0, mul, shift >>> 0]
    }
    case 2:
      return [khz, 0, 0, 0]
    default:
      return [0, 0, 0, 0]
  }
}
