// A frame as it travels through a virtual network: an Ethernet frame without its check sequence, and what a network card
// with checksum and segmentation offload knows besides. A guest's 64 KiB TCP packet stays one frame all the way.
// Invariant: bytes are never changed once a frame was sent, so anyone may keep the view; who must change something copies.
// Runs in: domain 0.

/**
 * `complete`: checksums are as they came, nobody has looked. `validated`: whoever sent it vouches for the data.
 * `blank`: the TCP or UDP checksum field holds only the sum of the pseudo header, the data never left a machine.
 */
export type ChecksumState = 'complete' | 'validated' | 'blank'

export interface Frame {
  readonly bytes: Uint8Array
  readonly checksum: ChecksumState
  /** Payload bytes of each TCP segment when this is a super frame to be cut up, else 0. */
  readonly gsoSize: number
}

/** What the receiver of frames can take as it is; `adapt` in offload.ts makes the rest fit. */
export interface Offload {
  readonly blankChecksum: boolean
  readonly gso: boolean
}

export const ETHERNET_HEADER = 14
/** Destination, source, type, and 1500 bytes: what a network card sends at most without segmentation. */
export const FRAME_MOST = ETHERNET_HEADER + 1500
const VLAN_TAG = 4
/** An IPv4 packet is at most 65535 bytes. */
export const SUPER_FRAME_MOST = ETHERNET_HEADER + 65535

export const ETHERTYPE_IPV4 = 0x0800
export const ETHERTYPE_ARP = 0x0806
const ETHERTYPE_VLAN = 0x8100

export function plainFrame(bytes: Uint8Array): Frame {
  return { bytes, checksum: 'complete', gsoSize: 0 }
}

export function get16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

export function get32(bytes: Uint8Array, at: number): number {
  return get16(bytes, at) * 0x1_0000 + get16(bytes, at + 2)
}

export function set16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
}

export function set32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

export function etherType(bytes: Uint8Array): number {
  return get16(bytes, 12)
}

/** Whether the length is one a network card may send. */
export function lengthIsGood(frame: Frame): boolean {
  const { length } = frame.bytes
  if (length < ETHERNET_HEADER) return false
  if (frame.gsoSize > 0) return length <= SUPER_FRAME_MOST
  return length <= FRAME_MOST + (etherType(frame.bytes) === ETHERTYPE_VLAN ? VLAN_TAG : 0)
}
