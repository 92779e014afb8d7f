// MAC addresses for new network interfaces: Xen's own range 00:16:3e, the rest at random, none that a definition has.
// Runs in: main, plain Node.
import { randomBytes } from 'node:crypto'
import type { DomainConfig } from '../public/types'

export function freeMac(configs: readonly DomainConfig[], random: (bytes: number) => Uint8Array = randomBytes): string {
  const taken = new Set(
    configs.flatMap(({ devices }) => devices.flatMap((device) => (device.kind === 'vif' ? [device.mac] : []))),
  )
  for (;;) {
    const tail = [...random(3)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
    const mac = `00:16:3e:${tail}`
    if (!taken.has(mac)) return mac
  }
}
