// The state INIT and STARTUP leave a vcpu in: real mode at the page that the vector names.
// Invariant: called on the vcpu's own thread (or before it exists), between two run()s; the core's flags and caches are the caller's.
// Runs in: the vcpu's thread. Spec: AMD64 manual volume 2, 14.1.3 and 15.27.8; Intel SDM volume 3, 9.4.4.
import { type Registers, SEGMENT } from './registers'

const REAL_CODE = 0x9b
const REAL_DATA = 0x93
const LDT = 0x82
const BUSY_TSS = 0x8b
const LIMIT = 0xffff
/** CD, NW, ET. */
const CR0_AT_INIT = 0x6000_0010n

const CLEARED_64 = ['CR2', 'CR3', 'CR4', 'CR8', 'EFER', 'GDTR_BASE', 'IDTR_BASE'] as const
const CLEARED_32 = [
  'CPL',
  'MODE',
  'SHADOW',
  'IRQ_WANTED',
  'HALTED',
  'FAULT',
  'EXIT',
  'NMI_BLOCKED',
  'STEPPING',
  'BREAKS',
] as const

/** `signature`: CPUID.1:EAX, which RDX holds after a reset. FPU, MSRs other than EFER, and what was retired stay. */
export function startUp(registers: Registers, vector: number, signature: number): void {
  for (let number = 0; number < 16; number++) registers.setGpr(number, number === 2 ? BigInt(signature) : 0n)
  for (const field of CLEARED_64) registers.set64(field, 0n)
  for (const field of CLEARED_32) registers.set32(field, 0)
  registers.set64('CR0', CR0_AT_INIT)
  registers.set32('GDTR_LIMIT', LIMIT)
  registers.set32('IDTR_LIMIT', LIMIT)
  registers.setSegment(SEGMENT.CS, vector << 8, BigInt(vector << 12), LIMIT, REAL_CODE)
  for (const number of [SEGMENT.DS, SEGMENT.ES, SEGMENT.FS, SEGMENT.GS, SEGMENT.SS])
    registers.setSegment(number, 0, 0n, LIMIT, REAL_DATA)
  registers.setSegment(SEGMENT.LDTR, 0, 0n, LIMIT, LDT)
  registers.setSegment(SEGMENT.TR, 0, 0n, LIMIT, BUSY_TSS)
  registers.setDebug(6, 0xffff_0ff0n)
  registers.setDebug(7, 0x400n)
  registers.set64('RIP', 0n)
}
