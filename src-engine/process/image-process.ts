// What the image process does: the calls of protocol/image-control.ts on the folder image/, one job at a time.
// Invariant: every path comes from main, which knows that the user named it; nothing else is opened but what reachable.ts lets an
// image refer to. Runs in: the image process.
import { stat } from 'node:fs/promises'
import { checkImage } from '../image/check-image'
import { commitImage } from '../image/commit'
import { convertImage } from '../image/convert'
import { createImage } from '../image/create-image'
import { lookForDiskKernel, takeDiskKernel } from '../image/disk-kernel/disk-kernel'
import type { ImageError, ImageErrorCode, ImageResult } from '../image/error'
import { extractInstaller, lookForInstaller } from '../image/install-media'
import { lookForTree, takeTree } from '../image/install-tree/install-tree'
import { ImageLocks } from '../image/lock'
import { lockFolder } from '../image/locked-files'
import { openNodeFile } from '../image/node-file'
import { openImage } from '../image/open'
import { probeImage } from '../image/probe'
import { INCOMPATIBLE, readHeader } from '../image/qcow2/header'
import { rebaseImage } from '../image/rebase'
import { rebaseAside } from '../image/rebase-aside'
import { Answerer, type CallError } from '../public/protocol/call'
import { IMAGE_CALLS, type ImageCalls, type ImageEvents } from '../public/protocol/image-control'
import type { Transport } from '../public/protocol/transport'
import { err, ok, type Result } from '../public/result'

const MIB = 1024 * 1024
const PROGRESS_MS = 100

/** What goes wrong with an image in the toolstack's words; what is not listed is the system's. */
const CODES: Partial<Record<ImageErrorCode, string>> = {
  exists: 'OPERATION_INVALID',
  range: 'OPERATION_INVALID',
  cancelled: 'OPERATION_ABORTED',
  format: 'CONFIG_UNSUPPORTED',
  corrupt: 'CONFIG_UNSUPPORTED',
  unsupported: 'CONFIG_UNSUPPORTED',
  encrypted: 'CONFIG_UNSUPPORTED',
  'backing-refused': 'CONFIG_UNSUPPORTED',
  'read-only': 'CONFIG_UNSUPPORTED',
  'in-use': 'RESOURCE_BUSY',
  'no-space': 'WRITE_FAILED',
}

function callError({ code, message }: ImageError): CallError {
  return { code: CODES[code] ?? 'SYSTEM_ERROR', message }
}

function answer<T>(done: ImageResult<T>): Result<T, CallError> {
  return done.ok ? done : err(callError(done.error))
}

async function unit(work: Promise<ImageResult<unknown>>): Promise<Result<undefined, CallError>> {
  const done = answer(await work)
  return done.ok ? ok(undefined) : done
}

/** Domain 0 has its disks locked: an image that a guest writes to is not touched. */
function whileLocked<T>(
  paths: readonly string[],
  work: () => Promise<ImageResult<T>>,
  mode: 'read' | 'write' = 'write',
): Promise<ImageResult<T>> {
  return new ImageLocks(lockFolder()).whileHeld(paths, mode, work)
}

/** The backing file as it stands in a qcow2 image, and whether it was closed in order. */
async function headerOf(path: string): Promise<{ size?: number; backing?: string; dirty?: boolean }> {
  const file = await openNodeFile(path, 'read')
  if (!file.ok) return {}
  const header = await readHeader(file.value)
  await file.value.close()
  if (!header.ok) return {}
  const { size, backing, incompatible } = header.value
  const dirty = (incompatible & INCOMPATIBLE.dirty) !== 0
  return { size, ...(backing === undefined ? {} : { backing }), ...(dirty ? { dirty } : {}) }
}

export class ImageProcess {
  private readonly answerer: Answerer<ImageCalls, ImageEvents>
  private abort = new AbortController()
  private current: Promise<unknown> = Promise.resolve()
  private told = 0

  constructor(control: Transport) {
    this.answerer = new Answerer<ImageCalls, ImageEvents>(control, IMAGE_CALLS, {
      create: ({ path, format, sizeMiB, backing }) => {
        const over = backing && { name: backing.path, format: backing.format }
        const options = { format, size: sizeMiB * MIB, ...(over ? { backing: over, allowed: [over.name] } : {}) }
        return unit(createImage(path, options))
      },
      overlay: ({ path, backing, allowed }) => {
        const over = { name: backing.path, format: backing.format }
        return unit(createImage(path, { format: 'qcow2', backing: over, allowed: [backing.path, ...allowed] }))
      },
      inspect: ({ path, allowed }) => this.inspect(path, allowed ?? []),
      resize: (args) => unit(whileLocked([args.path], () => this.resize(args))),
      convert: (args) => this.job((signal) => this.convert(args, signal)),
      check: ({ path, format, repair }) => this.check(path, format, repair),
      rebase: (args) => this.rebase(args),
      commit: ({ path, into, intoFormat, allowed }) =>
        this.job((signal) => {
          const progress = (done: number, total: number): void => this.progress(done, total)
          return unit(whileLocked([path, into], () => commitImage(path, { into, intoFormat, allowed, progress, signal })))
        }),
      lookInstaller: async ({ path }) => {
        const looked = answer(await lookForInstaller(path))
        return looked.ok ? ok(looked.value === undefined ? {} : { found: looked.value }) : looked
      },
      takeInstaller: ({ path, kernel, ramdisk }) =>
        this.job((signal) => {
          const progress = (done: number, total: number): void => this.progress(done, total)
          return unit(extractInstaller(path, { kernel, ramdisk, progress, signal }))
        }),
      lookTree: async ({ address }) => {
        const looked = await lookForTree(address)
        return ok(looked.ok ? { found: looked.value } : { refused: looked.error })
      },
      takeTree: ({ address, kernel, ramdisk }) =>
        this.job(async (signal) => {
          const progress = (done: number, total: number): void => this.progress(done, total)
          const taken = answer(await takeTree(address, { kernel, ramdisk, progress, signal }))
          return taken.ok ? ok(taken.value === undefined ? {} : { refused: taken.value }) : taken
        }),
      lookDiskKernel: async ({ path, ...options }) => {
        const looked = answer(await lookForDiskKernel(path, options))
        return looked.ok ? ok({ ...looked.value, holds: [...looked.value.holds] }) : looked
      },
      takeDiskKernel: ({ path, ...options }) =>
        this.job(async (signal) => {
          const progress = (done: number, total: number): void => this.progress(done, total)
          const taken = answer(await takeDiskKernel(path, { ...options, progress, signal }))
          return taken.ok ? ok(taken.value === undefined ? {} : { found: taken.value }) : taken
        }),
      cancel: () => {
        this.abort.abort()
        return ok(undefined)
      },
    })
  }

  async dispose(): Promise<void> {
    this.abort.abort()
    await this.current.catch(() => undefined)
  }

  private job<T>(work: (signal: AbortSignal) => Promise<Result<T, CallError>>): Promise<Result<T, CallError>> {
    this.abort = new AbortController()
    const done = work(this.abort.signal)
    this.current = done
    return done
  }

  private progress(done: number, total: number): void {
    const now = performance.now()
    if (now - this.told < PROGRESS_MS) return
    this.told = now
    this.answerer.event('progress', { done, total })
  }

  private async inspect(path: string, allowed: readonly string[]): Promise<Result<ImageCalls['inspect']['reply'], CallError>> {
    const format = await probeImage(path)
    if (!format.ok) return answer(format)
    const image = await openImage(path, { format: format.value, readonly: true, judgeAsWritten: true, allowed })
    const { size, ...header } = format.value === 'qcow2' ? await headerOf(path) : {}
    // An image over a file that lies elsewhere, or with a data file, cannot be opened without the user's word: it is told of all the same.
    const refused = image.ok ? undefined : image.error.refused
    if (!image.ok && !refused) return answer(image)
    const virtualSize = image.ok ? image.value.size : (size ?? 0)
    if (image.ok) await image.value.close()
    const { blocks } = await stat(path)
    const outside = refused ? { refused: { path: refused.path, chain: [...refused.chain] } } : {}
    return ok({ format: format.value, virtualSize, fileSize: blocks * 512, ...header, ...outside })
  }

  private async resize(args: ImageCalls['resize']['args']): Promise<ImageResult<void>> {
    const { path, format, sizeMiB, shrink = false, allowed = [] } = args
    const image = await openImage(path, { format, readonly: false, allowed })
    if (!image.ok) return image
    const resized = await image.value.resize(sizeMiB * MIB, shrink)
    const closed = await image.value.close()
    return resized.ok ? closed : resized
  }

  private convert(args: ImageCalls['convert']['args'], signal: AbortSignal): Promise<Result<undefined, CallError>> {
    const { from, fromFormat, to, format, allowed } = args
    const progress = (done: number, total: number): void => this.progress(done, total)
    const source = { format: fromFormat, readonly: true, ...(allowed ? { allowed } : {}) }
    return unit(convertImage(from, to, { source, target: { format }, progress, signal }))
  }

  private rebase({ path, backing, allowed, aside }: ImageCalls['rebase']['args']): Promise<Result<undefined, CallError>> {
    return this.job((signal) => {
      const over = backing ? { backing: { name: backing.path, format: backing.format } } : {}
      const progress = (done: number, total: number): void => this.progress(done, total)
      const options = { ...over, allowed, progress, signal }
      if (aside === undefined) return unit(whileLocked([path], () => rebaseImage(path, { ...options, mode: 'safe' })))
      return unit(whileLocked([path], () => rebaseAside(path, aside, options), 'read'))
    })
  }

  private check(
    path: string,
    format: ImageCalls['check']['args']['format'],
    repair: boolean,
  ): Promise<Result<ImageCalls['check']['reply'], CallError>> {
    return this.job(async (signal) => {
      if (format !== 'qcow2') return ok({ errors: 0, leaks: 0, first: [] })
      const look = () => checkImage(path, format, repair ? 'all' : 'nothing', signal)
      const report = await (repair ? whileLocked([path], look) : look())
      if (!report.ok) return answer(report)
      const { errorCount, errors, leaks } = report.value
      return ok({ errors: Math.max(errorCount, errors.length), leaks, first: errors.slice(0, 8) })
    })
  }
}
