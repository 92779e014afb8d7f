// Which machines start what lies on their own disk, as with Xen's `bootloader = "pygrub"`: those whose definition says so, and those that
// name no kernel. What the disk starts goes before kernel files that are named too: these are for as long as it has nothing to start,
// so that a machine made from an installer starts that, and then what it installed. Xen takes the first disk, and so do we.
// Runs in: main, preload, renderer, command line. No platform.
import type { Disk } from './device'
import type { DomainConfig } from './types'

/** Xen's program, and what a definition says when a window or a command chose the disk. */
export const BOOTLOADER = 'pygrub'

export type BootDisk = Pick<Disk, 'dev' | 'path' | 'format' | 'allowedBacking'>

/** The disk that is read at the start; undefined: it starts the files it names. */
export function ownBootDisk({
  bootloader,
  kernel,
  devices,
}: Pick<DomainConfig, 'bootloader' | 'kernel' | 'devices'>): Disk | undefined {
  if (bootloader === undefined && kernel.trim() !== '') return undefined
  return devices.flatMap((device) => (device.kind === 'vbd' && !device.removable && device.path !== '' ? [device] : []))[0]
}

/** Its own words come after those of the disk's menu, unless they belong to the kernel it names. */
export function ownCmdline(found: string, { kernel, cmdline }: Pick<DomainConfig, 'kernel' | 'cmdline'>): string {
  return kernel.trim() === '' && cmdline.trim() !== '' ? `${found} ${cmdline.trim()}` : found
}
