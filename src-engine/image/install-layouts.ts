// Where installers and live systems keep their kernel and ramdisk, and the words a kernel needs to find the rest again: one row a system, read
// for ISO images and for trees of the network alike.
// Invariant: words are those the system's own boot menu or manual uses; where none is known to be needed there are none.
// Runs in: the image process.

/** Where one system keeps them. */
export interface Layout {
  readonly folders: readonly string[]
  readonly kernel: string | RegExp
  readonly ramdisk: string | RegExp
  /** Only where this file is too. */
  readonly beside?: { readonly folders: readonly string[]; readonly name: string }
  /** `label` as the kernel's command line can hold it. */
  readonly words?: (label: string) => string
  /** Kernel and ramdisk by name, where those above are patterns: a tree of the network lists no folder. */
  readonly named?: readonly (readonly [kernel: string, ramdisk: string])[]
  /** In place of `words` for a tree: how its kernel is told where the rest is. `address` ends with a slash. */
  readonly treeWords?: (address: string) => string
}

/** The first that fits counts. Of several kernels in a folder it is the first, and of ramdisks too: they are sorted alike. */
export const LAYOUTS: readonly Layout[] = [
  // Debian's live images have an installer too, whose kernel is told less.
  {
    folders: ['live'],
    kernel: /^vmlinuz[\w.+-]*$/,
    ramdisk: /^initrd\.img[\w.+-]*$/,
    words: () => 'boot=live components',
    named: [['vmlinuz', 'initrd.img']],
    treeWords: (address) => `boot=live components fetch=${address}live/filesystem.squashfs`,
  },
  { folders: ['install.amd'], kernel: 'vmlinuz', ramdisk: 'initrd.gz' },
  {
    folders: ['casper'],
    kernel: /^vmlinuz[\w.+-]*$/,
    ramdisk: /^initrd[\w.+-]*$/,
    named: [
      ['vmlinuz', 'initrd'],
      ['vmlinuz', 'initrd.gz'],
      ['vmlinuz', 'initrd.lz'],
    ],
  },
  {
    folders: ['images', 'pxeboot'],
    kernel: 'vmlinuz',
    ramdisk: 'initrd.img',
    beside: { folders: ['LiveOS'], name: 'squashfs.img' },
    words: (label) => (label === '' ? '' : `root=live:CDLABEL=${label} rd.live.image`),
  },
  {
    folders: ['images', 'pxeboot'],
    kernel: 'vmlinuz',
    ramdisk: 'initrd.img',
    words: (label) => (label === '' ? '' : `inst.stage2=hd:LABEL=${label}`),
    treeWords: (address) => `inst.repo=${address}`,
  },
  {
    folders: ['boot', 'x86_64', 'loader'],
    kernel: 'linux',
    ramdisk: 'initrd',
    treeWords: (address) => `install=${address}`,
  },
  {
    folders: ['arch', 'boot', 'x86_64'],
    kernel: 'vmlinuz-linux',
    ramdisk: 'initramfs-linux.img',
    words: (label) => (label === '' ? 'archisobasedir=arch' : `archisobasedir=arch archisolabel=${label}`),
    treeWords: (address) => `archisobasedir=arch archiso_http_srv=${address} ip=dhcp`,
  },
  {
    folders: ['boot'],
    kernel: /^vmlinuz-[\w.+-]+$/,
    ramdisk: /^initramfs-[\w.+-]+$/,
    words: () => 'modules=loop,squashfs,sd-mod,usb-storage',
    named: [['vmlinuz-lts', 'initramfs-lts']],
  },
  // Debian's netboot image.
  { folders: [], kernel: 'linux', ramdisk: 'initrd.gz' },
]
