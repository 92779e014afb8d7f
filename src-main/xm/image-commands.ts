// Commands about disk images: image-create, image-copy, image-resize, image-rebase, media-extract. The work is done as a job of the app, and waited for.
// Runs in: command line, plain Node.
import { basename, dirname, resolve } from 'node:path'
import { IMAGE_SIZE_MOST_MIB, type NewImage, WRITTEN_FORMATS, type WrittenFormat } from '../public/device'
import type { ErrorReport } from '../public/error-code'
import type { Result } from '../public/result'
import { isTreeAddress } from '../public/tree-address'
import { type Context, call, Failure, taken, untilJob } from './context'
import { memorySize } from './life-commands'

const MIB = 1024 * 1024

function writtenFormat(word = 'qcow2'): WrittenFormat {
  const format = WRITTEN_FORMATS.find((each) => each === word)
  if (!format) throw new Failure(`${word} is no format that can be written: ${WRITTEN_FORMATS.join(', ')}`)
  return format
}

function imageSize(text: string): number {
  const size = memorySize(text, 'image')
  if (size <= IMAGE_SIZE_MOST_MIB) return size
  throw new Failure(`invalid image size: ${text}; at most ${IMAGE_SIZE_MOST_MIB / MIB}t is possible`)
}

async function make(context: Context, image: NewImage): Promise<void> {
  const { job } = await call(context, 'imageCreate', { image })
  await untilJob(context, job)
}

export async function create(context: Context, file: string, size: string, format?: string): Promise<void> {
  const image = { path: resolve(context.folder, file), format: writtenFormat(format), sizeMiB: imageSize(size) }
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
    sizeMiB: size === '' ? least : Math.max(least, imageSize(size)),
    copyOf: { path, format: info.format, ...(allowed.length > 0 && { allowedBacking }) },
  })
}

/** The job, or the sentence that says what lets the next file be opened. */
function begunUnlessRefused(begun: Result<{ job: number }, ErrorReport>, allowed: readonly string[]): number {
  const { path: refused, image: file } = !begun.ok && begun.error.reason === 'image-refers' ? begun.error.values : {}
  if (refused === undefined) return taken(begun).job
  const all = [...allowed, refused].join(' ')
  throw new Failure(`${file} refers to ${refused}, which is opened only if you say so. To go on: --backing ${all}`)
}

/** Larger, never smaller; `allowed`: files it may refer to, its data file among them. */
export async function resize(context: Context, file: string, size: string, allowed: readonly string[]): Promise<void> {
  const path = resolve(context.folder, file)
  const allowedBacking = allowed.map((each) => resolve(context.folder, each))
  const begun = await context.app.client.call('imageResize', { path, sizeMiB: imageSize(size), allowedBacking })
  await untilJob(context, begunUnlessRefused(begun, allowedBacking))
}

/** Onto an image beside it, or onto none. What it stands on is named by its file name alone, so both are volumes of one pool. */
export async function rebase(context: Context, file: string, below: string, allowed: readonly string[]): Promise<void> {
  const path = resolve(context.folder, file)
  const folder = dirname(path)
  const pools = await call(context, 'poolList', {})
  const pool = pools.find((each) => resolve(each.path) === folder)
  if (!pool) {
    const folders = pools.map((each) => each.path).join(', ')
    throw new Failure(`${file} is in no pool: ${folders}. Add its folder on the Storage page, or copy it into one of these`)
  }
  const on = below === '' ? null : resolve(context.folder, below)
  if (on !== null && dirname(on) !== folder) {
    throw new Failure(
      `${below} is not in the folder of ${file}, ${folder}: an image is put on one beside it. Copy it there first`,
    )
  }
  const allowedBacking = allowed.map((each) => resolve(context.folder, each))
  const order = { pool: pool.name, name: basename(path), backing: on && basename(on), allowedBacking }
  const begun = await context.app.client.call('volumeRebase', order)
  await untilJob(context, begunUnlessRefused(begun, allowedBacking))
}

/** Out of an image or an installation tree, into files that are not there yet, wherever they are named. */
export async function extract(context: Context, [iso = '', kernel = '', ramdisk = '']: readonly string[]): Promise<void> {
  const at = (path: string): string => resolve(context.folder, path)
  const path = isTreeAddress(iso) ? iso : at(iso)
  const { job } = await call(context, 'mediaExtract', { path, kernel: at(kernel), ramdisk: at(ramdisk) })
  await untilJob(context, job)
}
