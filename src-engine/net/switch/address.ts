// Addresses in text, in frames and as numbers. A MAC address is a number below 2^48, exact as a double and quick as a key of a
// map; an IPv4 address is an unsigned 32-bit number. Runs in: domain 0.
import { get16, get32, set16, set32 } from './frame'

export const MAC_BROADCAST = 0xffff_ffff_ffff

export function readMac(bytes: Uint8Array, at: number): number {
  return get16(bytes, at) * 0x1_0000_0000 + get32(bytes, at + 2)
}

export function writeMac(bytes: Uint8Array, at: number, mac: number): void {
  set16(bytes, at, Math.floor(mac / 0x1_0000_0000))
  set32(bytes, at + 2, mac % 0x1_0000_0000)
}

/** Broadcast and multicast: the lowest bit of the first byte. */
export function isGroupMac(mac: number): boolean {
  return (Math.floor(mac / 0x100_0000_0000) & 1) === 1
}

export function parseMac(text: string): number | undefined {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? Number.parseInt(text.replaceAll(':', ''), 16) : undefined
}

export function macText(mac: number): string {
  return (mac.toString(16).padStart(12, '0').match(/../g) ?? []).join(':')
}

export function parseIp(text: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined
  let address = 0
  for (const part of text.split('.')) {
    if (Number(part) > 255) return undefined
    address = address * 256 + Number(part)
  }
  return address
}

export function ipText(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

/** Network mask of a prefix length from 1 to 32. */
export function maskOf(prefix: number): number {
  return (0xffff_ffff << (32 - prefix)) >>> 0
}
