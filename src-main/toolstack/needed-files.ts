// Image files that may not go away: the disks of these configurations, and every file that one of them stands on, wherever that
// lies. Runs in: main, plain Node.
import { resolve } from 'node:path'
import { disksOf } from '../config/device-check'
import type { DomainConfig } from '../public/types'
import type { Layers } from './layers'

/** Paths, resolved. Looks into the files themselves, not at what a guest may reach: an image that is not allowed its backing file needs it too. */
export async function neededFiles(configs: readonly DomainConfig[], layers: Pick<Layers, 'chain'>): Promise<Set<string>> {
  const needed = new Set<string>()
  for (const disk of configs.flatMap(({ devices }) => disksOf(devices))) {
    const path = resolve(disk.path)
    if (disk.path === '' || needed.has(path)) continue
    needed.add(path)
    for (const below of await layers.chain(disk, 'anywhere')) needed.add(resolve(below))
  }
  return needed
}
