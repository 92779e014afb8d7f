// Whether images of disks refer to files that the user has not agreed to: an image may name any file of this computer, and what it
// names is read by a guest. The driver opens none of them; this is why, so that people can be asked.
// Runs in: main, plain Node.
import type { ImageTool } from '../driver/driver'
import type { Device, NewImage } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'

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

/** The same disks on the images that theirs are to be copies of: what those refer to is read as well. */
export function sourcesOf(devices: readonly Device[], images: readonly NewImage[]): Device[] {
  return devices.map((device) => {
    if (device.kind !== 'vbd') return device
    const copied = images.find(({ path }) => path === device.path)?.copyOf
    return copied ? { ...device, ...copied } : device
  })
}
