// Commands about disk images: image-create, image-copy, media-extract. The work is done as a job of the app, and waited for.
// Runs in: command line, plain Node.
import { resolve } from 'node:path'
import { type NewImage, WRITTEN_FORMATS, type WrittenFormat } from '../public/device'
import { isTreeAddress } from '../public/tree-address'
import { type Context, call, Failure, untilJob } from './context'
import { memorySize } from './life-commands'

const MIB = 1024 * 1024

function writtenFormat(word = 'qcow2'): WrittenFormat {
  const format = WRITTEN_FORMATS.find((each) => each === word)
  if (!format) throw new Failure(`${word} is no format that can be written: ${WRITTEN_FORMATS.join(', ')}`)
  return format
}

async function make(context: Context, image: NewImage): Promise<void> {
  const { job } = await call(context, 'imageCreate', { image })
  await untilJob(context, job)
}

export async function create(context: Context, file: string, size: string, format?: string): Promise<void> {
  const image = { path: resolve(context.folder, file), format: writtenFormat(format), sizeMiB: memorySize(size) }
  await make(context, image)
}

/** `allowed`: files outside its folder that the image to be copied may refer to. */
export async function copy(
  context: Context,
  [from = '', file = '', size = '']: readonly string[],
  allowed: readonly string[],
  format?: string,
): Promise<void> {
  const path = resolve(context.folder, from)
  const allowedBacking = allowed.map((each) => resolve(context.folder, each))
  const info = await call(context, 'imageInspect', { path, allowedBacking })
  if (info.refused) {
    const { path: below } = info.refused
    throw new Failure(`${from} stands on ${below}, which is read only if you say so. To copy both: --backing ${below}`)
  }
  const least = Math.max(1, Math.ceil(info.virtualSize / MIB))
  await make(context, {
    path: resolve(context.folder, file),
    format: writtenFormat(format),
    sizeMiB: size === '' ? least : Math.max(least, memorySize(size)),
    copyOf: { path, format: info.format, ...(allowed.length > 0 && { allowedBacking }) },
  })
}

/** Out of an image or an installation tree, into files that are not there yet, wherever they are named. */
export async function extract(context: Context, [iso = '', kernel = '', ramdisk = '']: readonly string[]): Promise<void> {
  const at = (path: string): string => resolve(context.folder, path)
  const path = isTreeAddress(iso) ? iso : at(iso)
  const { job } = await call(context, 'mediaExtract', { path, kernel: at(kernel), ramdisk: at(ramdisk) })
  await untilJob(context, job)
}
