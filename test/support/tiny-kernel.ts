// PVH kernels of a few instructions, assembled by hand: for tests of what the runner and the hypervisor do when a guest ends.
// They run in 32-bit protected mode with paging off, at 1 MiB. Runs in: vitest.
import { makeElf, NOTE_PHYS32_ENTRY, number } from './elf-image'

const ENTRY = 0x10_0000

/** mov al, c; out 0xe9, al for each character. */
function print(text: string): number[] {
  return [...new TextEncoder().encode(text)].flatMap((byte) => [0xb0, byte, 0xe6, 0xe9])
}

/** Code of each kernel. */
export const TINY = {
  /** Prints, then HLT with interrupts off: power-off. */
  poweroff: [...print('hello from a tiny kernel\n'), 0xfa, 0xf4, 0xeb, 0xfd],
  /** No IDT: the first exception is a triple fault. */
  tripleFault: [...print('going\n'), 0x0f, 0x0b],
  /** mov al, fs:[0x100000]; mov al, gs:[0x100000]; prints; power-off. */
  flatSegments: [0x64, 0xa0, 0, 0, 0x10, 0, 0x65, 0xa0, 0, 0, 0x10, 0, ...print('FS and GS\n'), 0xfa, 0xf4, 0xeb, 0xfd],
  /** Spins with interrupts off. */
  spin: [...print('spinning\n'), 0xfa, 0xeb, 0xfe],
  /** mov dx, 0xcf9; mov al, 6; out dx, al; jmp $ */
  reboot: [...print('again\n'), 0x66, 0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee, 0xeb, 0xfe],
  /** Prints without end. */
  flood: [...print('flood flood flood flood\n'), 0xeb, 0x9e],
  /** mov eax, 17; xor ebx, ebx; xor ecx, ecx; vmmcall; jmp: xen_version without end. */
  hypercalls: [...print('calling\n'), 0xb8, 17, 0, 0, 0, 0x31, 0xdb, 0x31, 0xc9, 0x0f, 0x01, 0xd9, 0xeb, 0xf2],
  /** mov ecx, n; counts eax up in memory at 2 MiB: inc dword [0x200000]; loop; prints '.' after each 16 Mi rounds. */
  count: [
    ...[0xb9, 0, 0, 0, 1], // mov ecx, 0x1000000
    ...[0xff, 0x05, 0, 0, 0x20, 0], // inc dword [0x200000]
    ...[0x49, 0x75, 0xf7], // dec ecx; jnz
    ...[0xb0, 0x2e, 0xe6, 0xe9], // '.'
    ...[0xeb, 0xec],
  ],
} as const

export function tinyKernel(name: keyof typeof TINY): Uint8Array {
  return makeElf({
    bits: 32,
    segments: [{ address: ENTRY, content: Uint8Array.from(TINY[name]) }],
    notes: [{ type: NOTE_PHYS32_ENTRY, value: number(ENTRY, 4) }],
  })
}
