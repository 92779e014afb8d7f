// Model-specific registers that the core does not keep itself (it keeps EFER, STAR.., FS and GS base, PAT, SYSENTER_*).
// Spec: xen-guest-abi.md 2.4. Whatever has no row is #GP. Runs in: vcpu threads.

/** What MSRs need of the machine around them. */
export interface MsrSurroundings {
  readonly vcpu: number
  tsc(): bigint
  /** The hypercall page MSR was written; false for a page that is not there. */
  hypercallPage(value: bigint): boolean
}

interface MsrAccess {
  /** undefined: #GP. */
  readonly read?: (around: MsrSurroundings) => bigint
  /** false: #GP. */
  readonly write?: (value: bigint, around: MsrSurroundings) => boolean
}

const dropped = (): boolean => true
const constant = (value: bigint) => (): bigint => value

const APIC_BASE_ENABLED = 0xfee0_0800n
const APIC_BASE_BSP = 0x100n
const apicBase = ({ vcpu }: MsrSurroundings): bigint => APIC_BASE_ENABLED | (vcpu === 0 ? APIC_BASE_BSP : 0n)

/** MSR, name, access, note. */
export const MSRS = [
  [0x10, 'TSC', { read: (around) => around.tsc(), write: dropped }, 'one TSC for all vcpus; writes are dropped'],
  [0x1b, 'APIC_BASE', { read: apicBase, write: (value, around) => value === apicBase(around) }, 'fixed'],
  [0x8b, 'PATCH_LEVEL', { read: constant(0n), write: dropped }, 'no microcode'],
  [0x4000_0000, 'HYPERCALL', { write: (value, around) => around.hypercallPage(value) }, 'write only'],
  [0xc001_0015, 'HWCR', { read: constant(1n << 24n), write: dropped }, 'TscFreqSel'],
  [0xc001_001f, 'NB_CFG', { read: constant(0n), write: dropped }, 'family 0x10 and later'],
  [0xc001_1029, 'DE_CFG', { read: constant(2n), write: dropped }, 'LFENCE is serialising'],
] as const satisfies readonly (readonly [number, string, MsrAccess, string])[]

const BY_NUMBER: ReadonlyMap<number, MsrAccess> = new Map(MSRS.map(([number, , access]) => [number, access]))

/** The value, or undefined for #GP. */
export function readMsr(msr: number, around: MsrSurroundings): bigint | undefined {
  return BY_NUMBER.get(msr >>> 0)?.read?.(around)
}

/** False for #GP. */
export function writeMsr(msr: number, value: bigint, around: MsrSurroundings): boolean {
  return BY_NUMBER.get(msr >>> 0)?.write?.(value, around) ?? false
}
