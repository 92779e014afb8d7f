// The split devices of a domain as main describes them to domain 0 and to the domain's process: what a definition says,
// nothing about a running frontend. Device numbers and names are Xen's (xen-guest-abi.md 7).
// Invariant: a device is known by its kind and id, `deviceKey`; two of one domain never share a key.
// Runs in: main, domain and domain-0 processes, windows. No platform.
import { KEYMAP_NAMES } from '../keymap'
import { NEVER_IN_FILE_NAMES, nameOf } from '../name'
import {
  count,
  either,
  fields,
  flag,
  list,
  matching,
  oneOf,
  optional,
  type Shape,
  shortText,
  type TypeOf,
  within,
} from '../shape'

/** Formats an image is read in; `raw` and `qcow2` are written too, `vhd` and `vmdk` are read only. */
export const IMAGE_FORMATS = ['raw', 'qcow2', 'vhd', 'vmdk'] as const
export type ImageFormat = (typeof IMAGE_FORMATS)[number]

/** When a write that was answered is on the host's disk: `writeback` once the guest has flushed, `writethrough` at once, `unsafe`
    when the host likes: flushes are answered and do nothing. The host's page cache is used by all three. */
export const CACHE_MODES = ['writeback', 'writethrough', 'unsafe'] as const
export type CacheMode = (typeof CACHE_MODES)[number]

/** What the guest does not need any more is given back to the host, or the guest cannot say so. */
export const DISCARD_MODES = ['unmap', 'ignore'] as const
export type DiscardMode = (typeof DISCARD_MODES)[number]

/** A virtual disk, `vbd`. `dev` is the name the guest sees: xvda is device 51712, then 16 apart (section 7.2). */
export const diskShape = fields({
  kind: oneOf('vbd'),
  dev: matching('a disk name from xvda to xvdp', /^xvd[a-p]$/),
  /** The image. Empty: a removable drive without a medium. */
  path: shortText(4096),
  format: oneOf(...IMAGE_FORMATS),
  readonly: flag,
  removable: flag,
  /** Backing files outside the image's own folder are opened only when the user agreed to these. */
  allowedBacking: optional(list(shortText(4096), 64)),
  /** No room on the host for a write: the guest is paused and the write kept, or (left out) the guest sees an I/O error. */
  enospace: optional(oneOf('stop', 'report')),
  /** Left out: writeback. */
  cache: optional(oneOf(...CACHE_MODES)),
  /** Left out: unmap. */
  discard: optional(oneOf(...DISCARD_MODES)),
})
export type Disk = TypeOf<typeof diskShape>

export const macShape = matching('a MAC address of one station, as 00:16:3e:12:34:56', /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/)

export const portForwardShape = fields({
  protocol: oneOf('tcp', 'udp'),
  /** Address of the host to listen on; left out 127.0.0.1. Another one is the user's explicit wish. */
  hostAddress: optional(shortText(64)),
  hostPort: within(0, 65535),
  guestPort: within(1, 65535),
})
export type PortForward = TypeOf<typeof portForwardShape>

/** A virtual network interface, `vif`. `index` is its device number. */
export const nicShape = fields({
  kind: oneOf('vif'),
  index: within(0, 7),
  /** Name of a virtual network; `default` is there from the start. */
  network: shortText(64),
  mac: macShape,
  forwards: list(portForwardShape, 64),
  /** Limit in each direction, KiB a second. */
  rateKiB: optional(within(1, 0xffff_ffff)),
  /** Every frame is also written to this pcap file. */
  capture: optional(shortText(4096)),
  /** The cable: `down` passes no frame either way. Left out: up. */
  link: optional(oneOf('up', 'down')),
})
export type Nic = TypeOf<typeof nicShape>

/** Where VNC viewers are let in: a local socket for this user only, or a TCP port (0: one the system chooses). */
export const vncShape = either(
  fields({ kind: oneOf('local') }),
  fields({
    kind: oneOf('tcp'),
    address: shortText(256),
    port: within(0, 65535),
    /** Of which the protocol uses the first eight characters. Wanted for addresses other than the host's own. */
    password: optional(shortText(64)),
  }),
)
export type Vnc = TypeOf<typeof vncShape>

/** Framebuffer with keyboard and pointer: one `vfb` and one `vkbd`, both number 0. */
export const displayShape = fields({
  kind: oneOf('vfb'),
  width: within(640, 1920),
  height: within(480, 1200),
  /** Left out: no viewer from outside; windows of the app need none. */
  vnc: optional(vncShape),
  /** What the guest believes its keyboard to be: for viewers that tell characters instead of keys. Left out: en-us. */
  keymap: optional(oneOf(...KEYMAP_NAMES)),
})
export type Display = TypeOf<typeof displayShape>

/** Memory a display's framebuffer needs, MiB: for XenStore's `videoram` and the kernel's command line. */
export function videoMemoryMiB({ width, height }: Display): number {
  return Math.ceil((width * height * 4) / (1024 * 1024))
}

export type Device = Disk | Nic | Display
export const deviceShape: Shape<Device> = either(either(diskShape, nicShape), displayShape)

/** xvda → 51712, xvdb → 51728, ... */
export function diskNumber(dev: string): number {
  return 51712 + 16 * (dev.charCodeAt(3) - 'a'.charCodeAt(0))
}

/** `vbd/51712`, `vif/0`, `vfb/0`: as in the paths of XenStore. */
export function deviceKey(device: Device): string {
  switch (device.kind) {
    case 'vbd':
      return `vbd/${diskNumber(device.dev)}`
    case 'vif':
      return `vif/${device.index}`
    case 'vfb':
      return 'vfb/0'
  }
}

/** Stands in xl.cfg as `bridge=NAME`, between commas. */
export const networkNameShape = nameOf(
  'a network name',
  new RegExp(`^(?![\\s.-])[^,='"\\[\\]${NEVER_IN_FILE_NAMES}]*[^\\s,='"\\[\\]${NEVER_IN_FILE_NAMES}]$`, 'u'),
  64,
)

/** A virtual network. Addresses are dotted quads; `prefix` is the length of the network's part. */
export const networkShape = fields({
  name: networkNameShape,
  kind: oneOf('nat', 'isolated'),
  /** The gateway's address, where DHCP and DNS answer too. */
  address: matching('an IPv4 address', /^(\d{1,3}\.){3}\d{1,3}$/),
  prefix: within(16, 30),
  dhcp: optional(fields({ first: shortText(15), last: shortText(15) })),
  /** Fixed leases by MAC. */
  hosts: list(fields({ mac: macShape, address: shortText(15), name: optional(shortText(64)) }), 1024),
  /** Whether the host's own loopback services answer at the gateway's address. */
  hostLoopback: flag,
  /** It is switched off: interfaces stay on it and have nothing to talk to. */
  stopped: optional(flag),
})
export type Network = TypeOf<typeof networkShape>

/** There from the start. */
export const DEFAULT_NETWORK: Network = {
  name: 'default',
  kind: 'nat',
  address: '10.0.2.1',
  prefix: 24,
  dhcp: { first: '10.0.2.15', last: '10.0.2.250' },
  hosts: [],
  hostLoopback: true,
}

/** What a device has done since it was connected; for charts. Bytes are payload bytes. */
export const deviceCountersShape = fields({
  key: shortText(32),
  /** xenbus state of the backend, 1 to 6; 0 for a device without one. */
  state: within(0, 8),
  readBytes: count,
  writtenBytes: count,
  readRequests: count,
  writeRequests: count,
  errors: count,
})
export type DeviceCounters = TypeOf<typeof deviceCountersShape>

/** An address a network's DHCP server gave, or keeps for a MAC. */
export const leaseShape = fields({
  mac: macShape,
  address: shortText(15),
  /** What the guest calls itself. */
  name: optional(shortText(64)),
  /** Milliseconds since 1970; left out for one without an end. */
  untilMs: optional(count),
})
export type NetworkLease = TypeOf<typeof leaseShape>
