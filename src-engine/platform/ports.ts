// I/O ports of a machine without devices: reads give all ones, writes are dropped, but for a few that kernels touch on the way.
// Spec: xen-guest-abi.md 2.7. Runs in: vcpu threads.

export interface PortSurroundings {
  /** A byte to the early log (port 0xe9). */
  earlyConsole(byte: number): void
  /** The reset register (ACPI FADT: 0xcf9) was told to reset. */
  reset(): void
}

interface PortAccess {
  readonly read?: (size: number) => number
  readonly write?: (value: number, around: PortSurroundings) => void
}

const RESET_CPU = 0x04

/** First port, last port, name, access, why. Ports without a row, and accesses without a function: all ones, dropped. */
export const PORTS = [
  [0x20, 0x21, 'PIC', {}, 'all ones make Linux use its null PIC'],
  [0x42, 0x42, 'PIT channel 2', { read: () => 0 }, 'anything but 0xff ends the TSC calibration loop at once'],
  [0x70, 0x71, 'CMOS', {}, 'only the warm-reset byte is written'],
  [0x80, 0x80, 'POST', {}, 'I/O delay'],
  [0xa0, 0xa1, 'PIC', {}, 'as above'],
  [0xe9, 0xe9, 'debug console', { write: (value, around) => around.earlyConsole(value & 0xff) }, 'earlyprintk=xen, GRUB'],
  [
    0xcf9,
    0xcf9,
    'reset',
    {
      write: (value, around) => {
        if ((value & RESET_CPU) !== 0) around.reset()
      },
    },
    'FADT reset register',
  ],
] as const satisfies readonly (readonly [number, number, string, PortAccess, string])[]

function find(port: number): PortAccess | undefined {
  for (const [first, last, , access] of PORTS) if (port >= first && port <= last) return access
  return undefined
}

export function readPort(port: number, size: number): number {
  return find(port)?.read?.(size) ?? (size === 4 ? 0xffff_ffff : size === 2 ? 0xffff : 0xff)
}

export function writePort(port: number, value: number, around: PortSurroundings): void {
  find(port)?.write?.(value, around)
}
