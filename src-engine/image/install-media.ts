// What an ISO image is started with: the kernel and the ramdisk of an installer or a live system, as `virt-install --location` takes
// them, where the table of layouts says.
// Invariant: what is taken out appears whole or not at all, and no file is written over. Runs in: the image process.
import { unlink } from 'node:fs/promises'
import { ok } from '../public/result'
import { fail, type ImageResult } from './error'
import type { File, OpenFile } from './file'
import { LAYOUTS } from './install-layouts'
import { type IsoFile, type IsoImage, openIso } from './iso9660'
import { openNodeFile } from './node-file'
import { writeWhole } from './whole-file'

export interface InstallMedia {
  readonly label: string
  /** Paths within the image. */
  readonly kernel: string
  readonly ramdisk: string
  readonly cmdline: string
}

interface Found extends InstallMedia {
  readonly kernelFile: IsoFile
  readonly ramdiskFile: IsoFile
}

export interface ExtractOptions {
  /** Where the two go; nothing may be there. */
  readonly kernel: string
  readonly ramdisk: string
  readonly progress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
  readonly openFile?: OpenFile
}

const CHUNK = 1024 * 1024
/** No guest could hold more. */
const FILE_MOST = 2 * 1024 * 1024 * 1024

/** What an image would be started with; undefined: it has neither where the table says. */
export async function lookForInstaller(
  path: string,
  openFile: OpenFile = openNodeFile,
): Promise<ImageResult<InstallMedia | undefined>> {
  return withIso(path, openFile, async (_file, found) => {
    if (found === undefined) return ok(undefined)
    const { label, kernel, ramdisk, cmdline } = found
    return ok({ label, kernel, ramdisk, cmdline })
  })
}

/** Takes kernel and ramdisk out: both, or none. */
export async function extractInstaller(path: string, options: ExtractOptions): Promise<ImageResult<void>> {
  return withIso(path, options.openFile ?? openNodeFile, async (file, found) => {
    if (found === undefined) return fail('format', `${path} has no kernel and ramdisk where installers keep them.`)
    const { kernelFile, ramdiskFile } = found
    const total = kernelFile.length + ramdiskFile.length
    const from = (start: number) => (done: number) => options.progress?.(start + done, total)
    const kernel = await takeOut(file, kernelFile, options.kernel, options, from(0))
    if (!kernel.ok) return kernel
    const ramdisk = await takeOut(file, ramdiskFile, options.ramdisk, options, from(kernelFile.length))
    if (!ramdisk.ok) await unlink(options.kernel).catch(() => {})
    return ramdisk
  })
}

async function withIso<T>(
  path: string,
  openFile: OpenFile,
  work: (file: File, found: Found | undefined) => Promise<ImageResult<T>>,
): Promise<ImageResult<T>> {
  const file = await openFile(path, 'read')
  if (!file.ok) return file
  const iso = await openIso(file.value)
  const found = iso.ok ? await findInstaller(iso.value, path) : iso
  const done = found.ok ? await work(file.value, found.value) : found
  await file.value.close()
  return done
}

async function findInstaller(iso: IsoImage, path: string): Promise<ImageResult<Found | undefined>> {
  for (const layout of LAYOUTS) {
    const { folders, beside, words } = layout
    const marked = beside ? await iso.find(beside.folders, beside.name) : undefined
    if (marked && !marked.ok) return marked
    if (marked?.ok && marked.value === undefined) continue
    const kernel = await iso.find(folders, layout.kernel)
    if (!kernel.ok) return kernel
    const ramdisk = kernel.value === undefined ? kernel : await iso.find(folders, layout.ramdisk)
    if (!ramdisk.ok) return ramdisk
    if (kernel.value === undefined || ramdisk.value === undefined) continue
    for (const { name, length } of [kernel.value, ramdisk.value]) {
      if (length === 0 || length > FILE_MOST) return fail('corrupt', `In ${path}, ${name} is empty or larger than any guest.`)
    }
    const inside = (file: IsoFile): string => [...folders, file.name].join('/')
    return ok({
      label: iso.label,
      kernel: inside(kernel.value),
      ramdisk: inside(ramdisk.value),
      cmdline: words?.(labelWord(iso.label)) ?? '',
      kernelFile: kernel.value,
      ramdiskFile: ramdisk.value,
    })
  }
  return ok(undefined)
}

/** Empty where a command line cannot hold it. */
function labelWord(label: string): string {
  return /^[\w .:+-]*$/.test(label) ? label.replaceAll(' ', '\\x20') : ''
}

function takeOut(
  source: File,
  file: IsoFile,
  to: string,
  options: ExtractOptions,
  progress: (done: number) => void,
): Promise<ImageResult<void>> {
  return writeWhole(to, options.openFile ?? openNodeFile, (target) => copyInto(source, file, target, options, progress))
}

async function copyInto(
  source: File,
  { position, length }: IsoFile,
  target: File,
  { signal }: ExtractOptions,
  progress: (done: number) => void,
): Promise<ImageResult<void>> {
  const buffer = new Uint8Array(Math.min(CHUNK, length))
  for (let at = 0; at < length; at += CHUNK) {
    if (signal?.aborted) return fail('cancelled', `Taking files out of ${source.path} was called off.`)
    const bytes = buffer.subarray(0, Math.min(CHUNK, length - at))
    const read = await source.read(position + at, [bytes])
    if (!read.ok) return read
    const written = await target.write(at, [bytes])
    if (!written.ok) return written
    progress(at + bytes.length)
  }
  return ok(undefined)
}
