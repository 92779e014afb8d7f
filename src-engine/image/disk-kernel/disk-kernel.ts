// A machine starts from its own disk: the kernel, ramdisk and command line that its boot menu names, as Xen's pygrub takes them. Read at
// each start, so that what an upgrade in the guest installed is what starts next.
// Invariant: the disk is only read, under the locks that other readers hold; what is taken out appears whole or not at all.
// Runs in: the image process.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { OpenFile } from '../file'
import type { Image, OpenOptions } from '../image'
import { openLockedFile } from '../locked-files'
import { openNodeFile } from '../node-file'
import { openImage } from '../open'
import { writeWhole } from '../whole-file'
import { findBootable } from './boot-menu'
import type { Bootable, MenuKind } from './bootable'
import { DiskReader } from './disk-reader'
import type { FoundNode } from './file-system'
import { findSystems, type Unread } from './found-systems'
import { diskParts } from './partitions'
import { writePieces } from './take-out'

export interface DiskKernel {
  readonly from: MenuKind
  /** As the menu shows it. */
  readonly title: string
  /** Paths within its file system. */
  readonly kernel: string
  readonly ramdisks: readonly string[]
  /** With a console of ours, if it names none. */
  readonly cmdline: string
  /** Its file system was not taken off in order, and is read as it stands. */
  readonly dirty: boolean
}

export interface DiskLook {
  readonly found?: DiskKernel
  /** Without one: what is there instead, as `FAT (xvda1)`; a type as its partition table has it where nothing is known. */
  readonly holds: readonly string[]
}

export interface DiskOptions extends Pick<OpenOptions, 'format' | 'allowed'> {
  /** What the guest calls it, as xvda. */
  readonly dev: string
  readonly openFile?: OpenFile
}

export interface TakeOptions extends DiskOptions {
  /** Where they go; nothing may be there. */
  readonly kernel: string
  readonly ramdisk: string
  readonly progress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

const HOLDS_MOST = 16
const CMDLINE_MOST = 4000
/** A guest's memory holds them. */
const FILE_MOST = 1024 * 1024 * 1024

/** What a disk would start, if anything. */
export function lookForDiskKernel(path: string, options: DiskOptions): Promise<ImageResult<DiskLook>> {
  return withDisk(path, options, async (_image, { bootable, holds }) =>
    ok(bootable ? { found: told(bootable), holds: [] } : { holds }),
  )
}

/** Takes the kernel out, and the ramdisk if it has one. Several ramdisks become one, as boot loaders load them. */
export function takeDiskKernel(path: string, options: TakeOptions): Promise<ImageResult<DiskKernel | undefined>> {
  return withDisk(path, options, async (image, { bootable }) => {
    if (bootable === undefined) return ok(undefined)
    const { system, kernel, ramdisks } = bootable
    const sized = checkSizes(image.path, [kernel, ...ramdisks])
    if (!sized.ok) return sized
    const total = [kernel, ...ramdisks].reduce((sum, { node }) => sum + node.size, 0)
    const orders = [
      { to: options.kernel, nodes: [kernel] },
      ...(ramdisks.length > 0 ? [{ to: options.ramdisk, nodes: ramdisks }] : []),
    ]
    let before = 0
    for (const { to, nodes } of orders) {
      const written = await writeWhole(to, openNodeFile, (target) =>
        writePieces({ image, system, nodes, target, ...options, progress: (done) => options.progress?.(before + done, total) }),
      )
      if (!written.ok) return written
      before += nodes.reduce((sum, { node }) => sum + node.size, 0)
    }
    return ok(told(bootable))
  })
}

function checkSizes(path: string, files: readonly FoundNode[]): ImageResult<void> {
  const wrong = files.find(({ node }) => node.size === 0 || node.size > FILE_MOST)
  return wrong ? fail('corrupt', `On ${path}, ${wrong.path} is empty or larger than any guest.`) : ok(undefined)
}

async function withDisk<T>(
  path: string,
  { format, allowed, dev, openFile = openLockedFile }: DiskOptions,
  work: (image: Image, looked: Looked) => Promise<ImageResult<T>>,
): Promise<ImageResult<T>> {
  const image = await openImage(path, { format, readonly: true, ...(allowed ? { allowed } : {}) }, openFile)
  if (!image.ok) return image
  const found = await lookOn(image.value, dev)
  const done = found.ok ? await work(image.value, found.value) : found
  await image.value.close()
  return done
}

interface Looked {
  readonly bootable: Bootable | undefined
  readonly holds: readonly string[]
}

async function lookOn(image: Image, dev: string): Promise<ImageResult<Looked>> {
  const disk = new DiskReader(image)
  const parts = await diskParts(disk)
  if (!parts.ok) return parts
  const systems = await findSystems(disk, parts.value)
  if (!systems.ok) return systems
  const { opened, unread, beside } = systems.value
  const bootable = await findBootable(opened, dev)
  if (!bootable.ok) return bootable
  if (bootable.value || unread.length === 0) {
    const others = [...opened.map(({ number }) => ({ number, name: 'ext' })), ...beside].sort((a, b) => a.number - b.number)
    return ok({ bootable: bootable.value, holds: namesOf(others, dev).slice(0, HOLDS_MOST) })
  }
  return fail(
    'unsupported',
    `${image.path} has ${namesOf(unread, dev).join(', ')}, which cannot be read, and no kernel elsewhere.`,
  )
}

/** Without a word of any language. */
function namesOf(found: readonly Unread[], dev: string): string[] {
  return found.map(({ name, number }) => (number === 0 ? name : `${name} (${dev}${number})`))
}

function told({ from, title, kernel, ramdisks, cmdline, system }: Bootable): DiskKernel {
  return {
    from,
    title: title.slice(0, 256),
    kernel: kernel.path,
    ramdisks: ramdisks.map(({ path }) => path),
    // Kernels take half of that.
    cmdline: withConsole(cmdline.slice(0, CMDLINE_MOST)),
    dirty: system.dirty,
  }
}

/** A Xen guest's console is hvc0. Whoever names others gets it beside them, last, so that it is the one login and messages go to. */
export function withConsole(cmdline: string): string {
  const named = [...cmdline.matchAll(/(?:^|\s)console=(\S+)/g)].map(([, name = '']) => name.replace(/,.*$/, ''))
  if (named.includes('hvc0') || named.includes('xvc0')) return cmdline
  const consoles = named.length === 0 ? 'console=tty0 console=hvc0' : 'console=hvc0'
  return cmdline === '' ? consoles : `${cmdline} ${consoles}`
}
