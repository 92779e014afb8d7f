// Whether images of disks refer to files that the user has not agreed to: an image may name any file of this computer, and what it
// names is read by a guest. The driver opens none of them; this is why, so that people can be asked.
// Runs in: main, plain Node.
import { err } from '../../src-engine/public/result'
import type { ImageTool, Outcome } from '../driver/driver'
import type { Device, ImageInfo, NewImage } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { DomainConfig } from '../public/types'
import { lookAtImage } from './image-look'

/** backing-refused for the first such file; undefined when there is none. Images that cannot be looked into are somebody else's to tell. */
export async function refusedBacking(images: ImageTool, devices: readonly Device[]): Promise<ErrorReport | undefined> {
  for (const device of devices) {
    if (device.kind !== 'vbd' || device.path === '' || device.format === 'raw') continue
    const info = await images.inspect(device.path, device.allowedBacking)
    if (!info.ok || info.value.refused === undefined) continue
    const { path, chain } = info.value.refused
    return errorReport('backing-refused', { dev: device.dev, path, chain: chain.join(' → ') })
  }
  return undefined
}

/** What the image is, when all it refers to may be opened to be written; image-refers for the first file that may not. */
export async function imageToWrite(images: ImageTool, path: string, allowed: readonly string[]): Outcome<ImageInfo> {
  const info = await lookAtImage(images, path, allowed)
  if (!info.ok || info.value.refused === undefined) return info
  const { path: file, chain } = info.value.refused
  return err(errorReport('image-refers', { image: path, path: file, chain: chain.join(' → ') }))
}

/** What the user has agreed to for machines that have this image as a disk. */
export function agreedFor(path: string, domains: Iterable<{ readonly config: DomainConfig | null }>): string[] {
  return [...domains].flatMap(({ config }) => {
    return (config?.devices ?? []).flatMap((device) => {
      return device.kind === 'vbd' && device.path === path ? (device.allowedBacking ?? []) : []
    })
  })
}

/** The same disks on the images that theirs are to be copies of: what those refer to is read as well. */
export function sourcesOf(devices: readonly Device[], images: readonly NewImage[]): Device[] {
  return devices.map((device) => {
    if (device.kind !== 'vbd') return device
    const copied = images.find(({ path }) => path === device.path)?.copyOf
    return copied ? { ...device, ...copied } : device
  })
}
