// Disk images by the engine's image process: one for each job, so that a job that hangs or dies is alone, and one kept a while
// for looking into files, which windows do while a path is typed.
// Invariant: a process that was started here is ended here. Runs in: main, plain Node.
import { type CallError, Caller } from '../../../src-engine/public/protocol/call'
import {
  IMAGE_CALLS,
  IMAGE_EVENTS,
  type ImageCalls,
  type ImageEvents,
  TREE_ADDRESS_MOST,
  type TreeRefusal,
} from '../../../src-engine/public/protocol/image-control'
import { err, ok, type Result } from '../../../src-engine/public/result'
import type { DiskKernel, DiskLook, ImageFormat, ImageInfo, InstallMedia, NewImage, WrittenFormat } from '../../public/device'
import { type ErrorReport, errorReport } from '../../public/error-code'
import type { BootDisk } from '../../public/own-disk'
import { treeHost } from '../../public/tree-address'
import type { Supervisor } from '../../supervisor/supervisor'
import type { BackingFile, ImageCopy, ImageRebase, ImageResize, ImageTool, Outcome, Progress } from '../driver'

type ImageCaller = Caller<ImageCalls, ImageEvents>

const KEPT_MS = 10_000
const MIB = 1024 * 1024

function imageError(error: CallError, path: string): ErrorReport {
  const detail = error.message.replace(/\.\s*$/, '')
  switch (error.code) {
    case 'OPERATION_ABORTED':
      return errorReport('cancelled')
    case 'CONFIG_UNSUPPORTED':
      return errorReport('image-unreadable', { path, detail })
    case 'RESOURCE_BUSY':
      return errorReport('image-busy', { path })
    case 'WRITE_FAILED':
      return errorReport('disk-full', { path })
    default:
      return errorReport('image-failed', { path, detail })
  }
}

function mediaError(error: CallError, path: string): ErrorReport {
  if (error.code === 'OPERATION_ABORTED') return errorReport('cancelled')
  const detail = error.message.replace(/\.\s*$/, '')
  return errorReport(error.code === 'CONFIG_UNSUPPORTED' ? 'media-unreadable' : 'file-unreadable', { path, detail })
}

/** What a server did wrong, with what the sentence about it needs. */
function treeError({ why, url, detail }: TreeRefusal, address: string): ErrorReport {
  const host = treeHost(url) ?? address
  const values = { url: why === 'address' ? address : url, host, detail: detail.replace(/\.\s*$/, '') || '?' }
  return errorReport(`tree-${why}`, { ...values, most: Math.floor(Number(detail) / MIB) || 1 })
}

const TOO_LONG: TreeRefusal = { why: 'address', url: '', detail: '' }

function diskArgs({ dev, path, format, allowedBacking = [] }: BootDisk) {
  return { dev, path, format, allowed: [...allowedBacking] }
}

export class EmbeddedImages implements ImageTool {
  private readonly supervisor: Supervisor
  private kept: { readonly caller: ImageCaller; readonly end: () => void } | undefined
  private timer: NodeJS.Timeout | undefined
  /** Short calls that have no answer yet. */
  private running = 0

  constructor(supervisor: Supervisor) {
    this.supervisor = supervisor
  }

  async create(image: NewImage): Outcome {
    const { path, format, sizeMiB, backing } = image
    const args = { path, format, sizeMiB, ...(backing === undefined ? {} : { backing }) }
    const created = await this.quick('create', args)
    if (created.ok) return ok(null)
    if (created.error.code === 'OPERATION_INVALID') return err(errorReport('file-exists', { path }))
    const report = imageError(created.error, path)
    return err(report.reason === 'image-failed' ? { ...errorReport('file-unwritable', report.values) } : report)
  }

  async inspect(path: string, allowed: readonly string[] = []): Outcome<ImageInfo> {
    const found = await this.quick('inspect', { path, allowed: [...allowed] })
    if (found.ok) return ok({ path, ...found.value })
    if (found.error.code !== 'SYSTEM_ERROR') return err(imageError(found.error, path))
    return err(errorReport('file-unreadable', { path, detail: found.error.message.replace(/\.\s*$/, '') }))
  }

  async resize({ path, sizeMiB, allowed = [], shrink = false }: ImageResize, progress: Progress): Outcome {
    const format = await this.formatOf(path)
    if (!format.ok) return format
    return this.job(path, progress, async (caller) => {
      const resized = await caller.call('resize', { path, format: format.value.format, sizeMiB, shrink, allowed: [...allowed] })
      if (resized.ok) return ok(null)
      if (resized.error.code !== 'OPERATION_INVALID') return err(imageError(resized.error, path))
      return err(errorReport('image-shrink', { path, min: Math.ceil(format.value.virtualSize / MIB) }))
    })
  }

  async convert(from: string, to: string, format: WrittenFormat, progress: Progress): Outcome {
    const source = await this.formatOf(from)
    if (!source.ok) return source
    return this.copy({ from, fromFormat: source.value.format, to, format, allowed: [] }, progress)
  }

  async copy(order: ImageCopy, progress: Progress): Outcome {
    const { to } = order
    return this.job(to, progress, async (caller) => {
      const converted = await caller.call('convert', { ...order, allowed: [...order.allowed] })
      if (converted.ok) return ok(null)
      if (converted.error.code === 'OPERATION_INVALID') return err(errorReport('file-exists', { path: to }))
      return err(imageError(converted.error, to))
    })
  }

  async check(path: string, repair: boolean, progress: Progress): Outcome {
    const format = await this.formatOf(path)
    if (!format.ok) return format
    return this.job(path, progress, async (caller) => {
      const checked = await caller.call('check', { path, format: format.value.format, repair })
      if (!checked.ok) return err(imageError(checked.error, path))
      const { errors, first } = checked.value
      if (errors === 0) return ok(null)
      return err(errorReport('image-damaged', { path, detail: first[0]?.replace(/\.\s*$/, '') ?? `${errors} errors` }))
    })
  }

  async overlay(path: string, backing: BackingFile, allowed: readonly string[]): Outcome {
    const made = await this.quick('overlay', { path, backing: { ...backing }, allowed: [...allowed] })
    if (made.ok) return ok(null)
    return err(made.error.code === 'OPERATION_INVALID' ? errorReport('file-exists', { path }) : imageError(made.error, path))
  }

  async rebase({ path, backing, allowed, aside }: ImageRebase, progress: Progress): Outcome {
    return this.job(path, progress, async (caller) => {
      const over = backing ? { backing: { ...backing } } : {}
      const beside = aside === undefined ? {} : { aside }
      const rebased = await caller.call('rebase', { path, ...over, ...beside, allowed: [...allowed] })
      return rebased.ok ? ok(null) : err(imageError(rebased.error, path))
    })
  }

  async commit(path: string, into: BackingFile, allowed: readonly string[], progress: Progress): Outcome {
    return this.job(path, progress, async (caller) => {
      const order = { path, into: into.path, intoFormat: into.format, allowed: [...allowed] }
      const done = await caller.call('commit', order)
      return done.ok ? ok(null) : err(imageError(done.error, path))
    })
  }

  async lookInstaller(path: string): Outcome<InstallMedia | undefined> {
    const looked = await this.quick('lookInstaller', { path })
    return looked.ok ? ok(looked.value.found) : err(mediaError(looked.error, path))
  }

  async takeInstaller(path: string, to: { readonly kernel: string; readonly ramdisk: string }, progress: Progress): Outcome {
    return this.job(path, progress, async (caller) => {
      const taken = await caller.call('takeInstaller', { path, ...to })
      if (taken.ok) return ok(null)
      if (taken.error.code === 'OPERATION_INVALID') return err(errorReport('file-exists', { path: to.kernel }))
      if (taken.error.code === 'WRITE_FAILED') return err(errorReport('disk-full', { path: to.kernel }))
      return err(mediaError(taken.error, path))
    })
  }

  async lookTree(address: string): Outcome<InstallMedia> {
    if (address.length > TREE_ADDRESS_MOST) return err(treeError(TOO_LONG, address))
    // A server may keep us waiting for long, and nobody else is to wait for that.
    const { caller, end } = this.start(() => {})
    const looked = await caller.call('lookTree', { address })
    end()
    if (!looked.ok) return err(errorReport('internal', { detail: looked.error.message }))
    const { found, refused } = looked.value
    if (found !== undefined) return ok(found)
    return err(treeError(refused ?? { why: 'nothing', url: address, detail: '' }, address))
  }

  async takeTree(address: string, to: { readonly kernel: string; readonly ramdisk: string }, progress: Progress): Outcome {
    if (address.length > TREE_ADDRESS_MOST) return err(treeError(TOO_LONG, address))
    return this.job(to.kernel, progress, async (caller) => {
      const taken = await caller.call('takeTree', { address, ...to })
      if (taken.ok) return taken.value.refused === undefined ? ok(null) : err(treeError(taken.value.refused, address))
      if (taken.error.code === 'OPERATION_INVALID') return err(errorReport('file-exists', { path: to.kernel }))
      return err(imageError(taken.error, to.kernel))
    })
  }

  async lookDiskKernel(disk: BootDisk): Outcome<DiskLook> {
    const looked = await this.quick('lookDiskKernel', diskArgs(disk))
    return looked.ok ? ok(looked.value) : err(this.diskError(looked.error, disk.path))
  }

  async takeDiskKernel(
    disk: BootDisk,
    to: { readonly kernel: string; readonly ramdisk: string },
    progress: Progress,
  ): Outcome<DiskKernel | undefined> {
    return this.job(disk.path, progress, async (caller) => {
      const taken = await caller.call('takeDiskKernel', { ...diskArgs(disk), ...to })
      if (taken.ok) return ok(taken.value.found)
      if (taken.error.code === 'OPERATION_INVALID') return err(errorReport('file-exists', { path: to.kernel }))
      return err(this.diskError(taken.error, disk.path))
    })
  }

  private diskError(error: CallError, path: string): ErrorReport {
    if (error.code !== 'SYSTEM_ERROR') return imageError(error, path)
    return errorReport('file-unreadable', { path, detail: error.message.replace(/\.\s*$/, '') })
  }

  private formatOf(path: string): Promise<Result<{ format: ImageFormat; virtualSize: number }, ErrorReport>> {
    return this.inspect(path)
  }

  private async job<T>(path: string, progress: Progress, work: (caller: ImageCaller) => Outcome<T>): Outcome<T> {
    if (progress.signal.aborted) return err(errorReport('cancelled'))
    const { caller, end } = this.start((fraction) => progress.report(fraction))
    const abort = (): void => void caller.call('cancel', {})
    progress.signal.addEventListener('abort', abort)
    const done = await work(caller)
    progress.signal.removeEventListener('abort', abort)
    end()
    return done.ok || done.error.reason !== 'image-failed'
      ? done
      : err({ ...done.error, values: { ...done.error.values, path } })
  }

  /**
   * A short call, by the process that is kept for them until it has had nothing to do for a while. Its end takes a moment, and a call that
   * comes in that moment has a process of its own.
   */
  private async quick<K extends keyof ImageCalls & string>(name: K, args: ImageCalls[K]['args']) {
    clearTimeout(this.timer)
    if (this.kept === undefined || this.kept.caller.gone) this.kept = this.start(() => {})
    this.running += 1
    const reply = await this.kept.caller.call(name, args)
    this.running -= 1
    if (this.running === 0) this.timer = setTimeout(() => this.endKept(), KEPT_MS).unref()
    return reply
  }

  private endKept(): void {
    this.kept?.end()
    this.kept = undefined
  }

  private start(report: (fraction: number) => void) {
    const child = this.supervisor.start('image', 'Ringmaster disk images', () => {})
    const caller: ImageCaller = new Caller<ImageCalls, ImageEvents>(child.transport, IMAGE_CALLS, IMAGE_EVENTS, {
      progress: ({ done, total }) => report(total > 0 ? Math.min(1, done / total) : 0),
    })
    return { caller, end: () => child.kill() }
  }
}
