// The hypercall page: 128 stubs of 32 bytes, for guests that call through it (GRUB, older kernels).
// Spec: xen-guest-abi.md 2.1. Runs in: vcpu threads.
import type { Width } from '../lib/struct-layout'
import type { Domain } from './domain'
import { latchWidth } from './hypercall/hvm-op'

const STUB_SIZE = 32
const STUBS = 128
const IRET = 23
const INT3 = 0xcc

function hypercallPage(): Uint8Array {
  const page = new Uint8Array(STUB_SIZE * STUBS).fill(INT3)
  for (let number = 0; number < STUBS; number++) {
    const stub = number === IRET ? [0x0f, 0x0b] : [0xb8, number, 0, 0, 0, 0x0f, 0x01, 0xd9, 0xc3] // MOV EAX, n; VMMCALL; RET
    page.set(stub, number * STUB_SIZE)
  }
  return page
}

/** The MSR was written: bits above 11 are the guest physical address, below it the page index, of which we have one. */
export function writeHypercallPage(domain: Domain, value: bigint, width: Width): boolean {
  if ((value & 0xfffn) !== 0n || value > 0xf_ffff_ffffn) return false
  if (!domain.memory.writePhysical(Number(value), hypercallPage())) return false
  latchWidth({ domain, width })
  return true
}
