// Files that may not go away: the disks of these configurations, and every file that one of them stands on, wherever that
// lies; and all that is named by anything kept. Runs in: main, plain Node.
import { resolve } from 'node:path'
import { disksOf } from '../config/device-check'
import type { Template } from '../public/template'
import type { DomainConfig } from '../public/types'
import { placesOf } from './boot-files'
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

/** Paths, resolved: disks and what they stand on, kernels and ramdisks, images of templates, overlays. */
export async function namedFiles(
  configs: readonly DomainConfig[],
  templates: readonly Template[],
  layers: Pick<Layers, 'chain' | 'files'>,
): Promise<Set<string>> {
  const all = [...configs, ...templates.map(({ config }) => config)]
  const named = await neededFiles(all, layers)
  const images = templates.flatMap(({ disks }) => disks.flatMap(({ image }) => image ?? []))
  for (const path of [...all.flatMap(placesOf), ...images, ...layers.files]) named.add(resolve(path))
  return named
}
