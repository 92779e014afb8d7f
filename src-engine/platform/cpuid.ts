// The processor a guest sees: the CPUID policy as a table. An AMD of family 0x0f, because Linux turns on the fewest
// mitigations for it, with the features our core has and no others. Part of a domain's saved state.
// Spec: xen-guest-abi.md 2.3; AMD64 Architecture Programmer's Manual volume 3, appendix E. Runs in: vcpu threads (plain data).

export const BRAND = 'Ringmaster virtual CPU'

/** Family 0xf, model 0x2f, stepping 2: below the models with the C1E erratum, above those with the LAHF one. */
const SIGNATURE = 0x0002_0ff2

/** CPUID.1:EDX: FPU DE PSE TSC MSR PAE CX8 APIC SEP PGE CMOV PAT CLFSH MMX FXSR SSE SSE2. */
const FEATURES_EDX = 0x0789_ab7d
/** CPUID.1:ECX: HYPERVISOR. */
const FEATURES_ECX = 0x8000_0000
/** The bits of FEATURES_EDX that AMD repeats in 0x80000001:EDX. */
const REPEATED = 0x0183_f3ff
/** 0x80000001:EDX: SYSCALL NX LM. 0x80000001:ECX: LAHF in 64-bit mode. */
const EXTENDED_EDX = (1 << 11) | (1 << 20) | (1 << 29)
const EXTENDED_ECX = 1
/**
 * 0x80000021:EAX: automatic IBRS. Linux then jumps and calls indirectly as such, not by retpolines: returns to an address put on the stack,
 * which guard a processor's own predictor, and here, where no jump of the guest is one of the host's, only cost.
 */
const AUTOMATIC_IBRS = 1 << 8

type Leaf = readonly [eax: number, ebx: number, ecx: number, edx: number]

/** Leaf, registers, meaning. Where a leaf is not listed all registers are 0. */
export const CPUID_LEAVES = [
  [0x0000_0000, [0x0000_0001, 0x6874_7541, 0x444d_4163, 0x6974_6e65], 'highest basic leaf; "AuthenticAMD"'],
  [0x0000_0001, [SIGNATURE, 0x0001_0800, FEATURES_ECX, FEATURES_EDX], 'signature; CLFLUSH 64 bytes, APIC id by vcpu; features'],
  [0x8000_0000, [0x8000_0021, 0x6874_7541, 0x444d_4163, 0x6974_6e65], 'highest extended leaf'],
  [0x8000_0001, [SIGNATURE, 0, EXTENDED_ECX, (FEATURES_EDX & REPEATED) | EXTENDED_EDX], 'extended features'],
  [0x8000_0005, [0xff08_ff08, 0xff20_ff20, 0x4002_0140, 0x4002_0140], 'first level TLBs and caches'],
  [0x8000_0006, [0, 0x4200_4200, 0x0200_8140, 0], 'second level TLBs and caches'],
  [0x8000_0007, [0, 0, 0, 0x100], 'invariant TSC'],
  [0x8000_0008, [0x0000_3028, 0, 0, 0], '48 bits virtual, 40 bits physical'],
  [0x8000_0021, [AUTOMATIC_IBRS, 0, 0, 0], 'extended features'],
] as const satisfies readonly (readonly [number, Leaf, string])[]

const HIGHEST_EXTENDED = 0x8000_0000
/** The highest extended leaf of the policy before this one, which is the same up to there. */
const HIGHEST_BEFORE = 0x8000_0008

const written = (leaves: readonly (readonly [number, Leaf])[]): string => JSON.stringify(leaves)

/** The policy, as it stands in save files. */
export const CPUID_POLICY = written(CPUID_LEAVES.map(([leaf, registers]) => [leaf, registers]))

/** What was offered before, as it stands in save files: its guests find all that they have seen, and a leaf more that they do not ask for. */
export const CPUID_POLICY_BEFORE = written(
  CPUID_LEAVES.filter(([leaf]) => leaf <= HIGHEST_BEFORE).map(([leaf, [eax, ...others]]) => [
    leaf,
    [leaf === HIGHEST_EXTENDED ? HIGHEST_BEFORE : eax, ...others],
  ]),
)

const LEAVES: ReadonlyMap<number, Leaf> = new Map(CPUID_LEAVES.map(([leaf, registers]) => [leaf, registers]))

/** The architectural leaves, for vcpu `vcpu`. */
export function cpuid(leaf: number, vcpu: number): Leaf {
  if (leaf >= 0x8000_0002 && leaf <= 0x8000_0004) return brand(leaf - 0x8000_0002)
  const found = LEAVES.get(leaf >>> 0)
  if (!found) return [0, 0, 0, 0]
  const [eax, ebx, ecx, edx] = found
  return leaf === 1 ? [eax, (ebx | (apicId(vcpu) << 24)) >>> 0, ecx, edx] : found
}

/** The APIC id of a vcpu; the MADT and the local APIC's ID register say the same. */
export function apicId(vcpu: number): number {
  return vcpu * 2
}

function brand(part: number): Leaf {
  const text = new Uint8Array(48)
  text.set(new TextEncoder().encode(BRAND))
  const view = new DataView(text.buffer)
  const word = (i: number): number => view.getUint32(part * 16 + i * 4, true)
  return [word(0), word(1), word(2), word(3)]
}
