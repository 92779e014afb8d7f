// What a disk image is, asked by whoever shows or uses one. The driver looks at how the file begins and takes what it does not know for a
// raw disk. Invariant: one whose name says otherwise is damaged, and not a raw disk of what is left of it. Runs in: main, plain Node.
import { basename } from 'node:path'
import { err } from '../../src-engine/public/result'
import type { ImageTool, Outcome } from '../driver/driver'
import { IMAGE_FORMATS, type ImageFormat, type ImageInfo } from '../public/device'
import { errorReport } from '../public/error-code'

export async function lookAtImage(images: ImageTool, path: string, allowed?: readonly string[]): Outcome<ImageInfo> {
  const info = await images.inspect(path, allowed)
  const named = namedFormat(basename(path))
  if (!info.ok || info.value.format !== 'raw' || named === undefined) return info
  return err(errorReport('image-not-as-named', { path, format: named }))
}

/** The format that an image of this name has; a flat vmdk is a raw image beside the file that describes it. */
function namedFormat(name: string): ImageFormat | undefined {
  const format = IMAGE_FORMATS.find((each) => each !== 'raw' && name.endsWith(`.${each}`))
  return format === 'vmdk' && /-(flat|f\d+)\.vmdk$/.test(name) ? undefined : format
}
