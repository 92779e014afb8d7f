// An installation tree of the network, as `virt-install --location https://…` takes one: what it has to be started with, by its
// `.treeinfo`, as Debian's archive has it, or where the table of layouts says; and the two files downloaded.
// Invariant: what is taken for a kernel or a ramdisk begins like one, so that a server that answers everything with a page has none; what
// is downloaded appears whole or not at all. Runs in: the image process.
import { createHash } from 'node:crypto'
import { unlink } from 'node:fs/promises'
import { TREE_ADDRESS_MOST } from '../../public/protocol/image-control'
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { File, OpenFile } from '../file'
import { LAYOUTS } from '../install-layouts'
import { openNodeFile } from '../node-file'
import { writeWhole } from '../whole-file'
import { DEBIAN_FOLDERS, releaseFileOf, releaseTitle } from './debian-tree'
import { type HttpAnswer, type HttpLimits, openHttp, readFirst, readUrl, refuseThrown } from './http'
import { refuse, type TreeRefusal, type TreeResult } from './refusal'
import { readTreeInfo } from './treeinfo'

export interface TreeLimits extends HttpLimits {
  /** Looking around takes no longer than this, however many files are asked for. */
  readonly lookMs: number
  readonly kernelMost: number
  readonly ramdiskMost: number
}

const MIB = 1024 * 1024
export const TREE_LIMITS: TreeLimits = {
  silenceMs: 20_000,
  redirects: 5,
  lookMs: 60_000,
  kernelMost: 256 * MIB,
  ramdiskMost: 1024 * MIB,
}
const TREEINFO_MOST = 256 * 1024
const RELEASE_MOST = 4096

export interface InstallTree {
  /** The system's name and version as far as the tree says them, else the host's name. */
  readonly label: string
  /** Paths below its address. */
  readonly kernel: string
  readonly ramdisk: string
  readonly cmdline: string
  /** Bytes to be downloaded, as far as the server says. */
  readonly size: number
}

interface Candidate {
  readonly kernel: string
  readonly ramdisk: string
  readonly title?: string
  readonly words?: (address: string) => string
  readonly sumOf?: (path: string) => string | undefined
}

export interface LookOptions {
  readonly limits?: TreeLimits
  readonly signal?: AbortSignal
}

export interface TakeOptions extends LookOptions {
  /** Where the two go; nothing may be there. */
  readonly kernel: string
  readonly ramdisk: string
  readonly progress?: (done: number, total: number) => void
  readonly openFile?: OpenFile
}

const startsWith = (bytes: Buffer, ...marks: readonly string[]): boolean =>
  marks.some((mark) => bytes.toString('latin1', 0, mark.length) === mark)

/** One file that must be there: what it begins with, and how much of it is looked at for that. */
const KERNEL = {
  first: 1024,
  is: (bytes: Buffer): boolean => startsWith(bytes, '\x7fELF') || bytes.toString('latin1', 0x202, 0x206) === 'HdrS',
}
const RAMDISK = {
  first: 16,
  is: (bytes: Buffer): boolean =>
    startsWith(bytes, '070701', '070702', '\x1f\x8b', '\xfd7zXZ', '\x28\xb5\x2f\xfd', '\x02\x21\x4c\x18', '\x04\x22\x4d\x18') ||
    startsWith(bytes, 'BZh', '\x5d\0\0'),
}

/** Http or https without a password, not too long for a kernel's command line, as the address of a folder; undefined for anything else. */
export function treeAddress(text: string): URL | undefined {
  const url = readUrl(text)
  if (url === undefined) return undefined
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined
  url.search = ''
  url.hash = ''
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  // Characters that are written by their codes make it longer.
  return url.href.length > TREE_ADDRESS_MOST ? undefined : url
}

/** What a tree would be started with. */
export async function lookForTree(address: string, options: LookOptions = {}): Promise<TreeResult<InstallTree>> {
  const found = await new TreeSearch(address, options).find()
  if (!found.ok) return found
  const { label, kernel, ramdisk, cmdline, size } = found.value
  return ok({ label, kernel, ramdisk, cmdline, size })
}

/** Downloads kernel and ramdisk: both, or none. The refusal is the server's; errors are of the files here. */
export async function takeTree(address: string, options: TakeOptions): Promise<ImageResult<TreeRefusal | undefined>> {
  const { limits = TREE_LIMITS, signal = new AbortController().signal } = options
  const found = await new TreeSearch(address, options).find()
  if (!found.ok) return signal.aborted ? cancelled(address) : ok(found.error)
  const { base, sumOf, size } = found.value
  const download = new Download(limits, signal, (done) => options.progress?.(done, Math.max(done, size)))
  const openFile = options.openFile ?? openNodeFile
  const take = (path: string, to: string, most: number): Promise<ImageResult<void>> =>
    writeWhole(to, openFile, (file) => download.into(file, new URL(path, base), most, sumOf?.(path)))
  let taken = await take(found.value.kernel, options.kernel, limits.kernelMost)
  if (taken.ok) {
    taken = await take(found.value.ramdisk, options.ramdisk, limits.ramdiskMost)
    if (!taken.ok) await unlink(options.kernel).catch(() => {})
  }
  if (taken.ok) return ok(undefined)
  if (signal.aborted) return cancelled(address)
  return download.refusal === undefined ? taken : ok(download.refusal)
}

function cancelled(address: string) {
  return fail('cancelled', `Downloading from ${address} was called off.`)
}

interface Found extends InstallTree {
  readonly base: URL
  readonly sumOf: Candidate['sumOf']
}

/** One look around a tree. */
class TreeSearch {
  private readonly address: string
  private readonly limits: TreeLimits
  private readonly signal: AbortSignal
  /** The first answer that says something is wrong with the server rather than that a file is not there. */
  private trouble: TreeRefusal | undefined

  constructor(address: string, { limits = TREE_LIMITS, signal }: LookOptions) {
    this.address = address
    this.limits = limits
    const end = AbortSignal.timeout(limits.lookMs)
    this.signal = signal === undefined ? end : anyOf(signal, end)
  }

  async find(): Promise<TreeResult<Found>> {
    const base = treeAddress(this.address)
    if (base === undefined) return refuse('address', new URL('about:blank'), this.address)
    const info = await this.byTreeInfo(base)
    if (!info.ok) return info
    for (const candidate of info.value === undefined ? candidates() : [info.value]) {
      const sizes = await this.sizesOf(base, candidate)
      if (!sizes.ok) return sizes
      if (sizes.value !== undefined) return ok(await this.foundAt(base, candidate, sizes.value))
    }
    return this.trouble === undefined ? refuse('nothing', base) : { ok: false, error: this.trouble }
  }

  private async byTreeInfo(base: URL): Promise<TreeResult<Candidate | undefined>> {
    for (const name of ['.treeinfo', 'treeinfo']) {
      const url = new URL(name, base)
      const read = await this.read(url, TREEINFO_MOST)
      if (!read.ok) return read
      if (read.value === undefined) continue
      if (read.value.more) return refuse('large', url, TREEINFO_MOST)
      const info = readTreeInfo(read.value.bytes.toString('utf8'))
      // A server that has a page for everything.
      if (info === undefined) continue
      if (info.pair === undefined) return refuse('arch', url)
      const { pair, title, sumOf } = info
      const layout = LAYOUTS.find(
        ({ folders, treeWords }) => treeWords !== undefined && pair.kernel.startsWith(`${folders.join('/')}/`),
      )
      return ok({ ...pair, title, sumOf, ...(layout?.treeWords && { words: layout.treeWords }) })
    }
    return ok(undefined)
  }

  /** The bytes of the two; undefined: they are not there. */
  private async sizesOf(base: URL, { kernel, ramdisk }: Candidate): Promise<TreeResult<number | undefined>> {
    const { kernelMost, ramdiskMost } = this.limits
    const first = await this.sizeOf(new URL(kernel, base), KERNEL, kernelMost)
    if (!first.ok || first.value === undefined) return first
    const second = await this.sizeOf(new URL(ramdisk, base), RAMDISK, ramdiskMost)
    return second.ok && second.value !== undefined ? ok(first.value + second.value) : second
  }

  private async sizeOf(url: URL, mark: typeof KERNEL, most: number): Promise<TreeResult<number | undefined>> {
    const read = await this.read(url, mark.first)
    if (!read.ok) return read
    if (read.value === undefined) return ok(undefined)
    const { bytes, size = 0 } = read.value
    if (!mark.is(bytes)) return this.note(refuse('not-kernel', url).error)
    return size > most ? refuse('large', url, most) : ok(size)
  }

  private async foundAt(base: URL, { kernel, ramdisk, title = '', words, sumOf }: Candidate, size: number): Promise<Found> {
    const label = labelOf(title) || (await this.release(new URL(kernel, base))) || base.hostname
    return { label, kernel, ramdisk, cmdline: words?.(base.href) ?? '', size, base, sumOf }
  }

  private async release(kernel: URL): Promise<string | undefined> {
    const url = releaseFileOf(kernel)
    const read = url && (await this.read(url, RELEASE_MOST))
    return read?.ok && read.value ? releaseTitle(read.value.bytes.toString('latin1')) : undefined
  }

  /** The beginning of a file; undefined: it is not there. */
  private async read(url: URL, first: number): Promise<TreeResult<Beginning | undefined>> {
    const opened = await openHttp(url, { limits: this.limits, signal: this.signal, first })
    if (!opened.ok) return opened.error.why === 'redirect' ? this.note(opened.error) : this.late(opened)
    const { status, size, close } = opened.value
    if (status !== 200 && status !== 206) {
      close()
      return [403, 404, 410, 416].includes(status) ? ok(undefined) : this.note(refuse('status', url, status).error)
    }
    const read = await readFirst(opened.value, first, this.limits)
    if (!read.ok) return this.late(read)
    const more = read.value.more || (size ?? 0) > first
    return ok({ bytes: read.value.bytes, more, size })
  }

  /** What was called off because it took too long did not fail by itself. */
  private late<T>(failed: TreeResult<T> & { readonly ok: false }): TreeResult<never> {
    if (!this.signal.aborted) return failed
    return refuse('silent', new URL(failed.error.url), Math.round(this.limits.lookMs / 1000))
  }

  private note(trouble: TreeRefusal): TreeResult<undefined> {
    this.trouble ??= trouble
    return ok(undefined)
  }
}

interface Beginning {
  readonly bytes: Buffer
  readonly more: boolean
  readonly size: number | undefined
}

/** AbortSignal.any() is not in every runtime we run on. */
function anyOf(first: AbortSignal, second: AbortSignal): AbortSignal {
  const both = new AbortController()
  for (const signal of [first, second]) {
    if (signal.aborted) both.abort()
    else signal.addEventListener('abort', () => both.abort(), { once: true })
  }
  return both.signal
}

/** What a server calls its system, as far as it is words. */
function labelOf(title: string): string {
  return title
    .replace(/[^\w .,+()-]+/g, ' ')
    .trim()
    .slice(0, 60)
}

function candidates(): Candidate[] {
  const debian = DEBIAN_FOLDERS.map((folder) => ({ kernel: `${folder}linux`, ramdisk: `${folder}initrd.gz`, title: '' }))
  const others = LAYOUTS.flatMap(({ folders, kernel, ramdisk, beside, named, treeWords }): Candidate[] => {
    if (beside !== undefined) return []
    const pairs = typeof kernel === 'string' && typeof ramdisk === 'string' ? [[kernel, ramdisk] as const] : (named ?? [])
    const at = (file: string): string => [...folders, file].join('/')
    return pairs.map((pair) => ({ kernel: at(pair[0]), ramdisk: at(pair[1]), ...(treeWords && { words: treeWords }) }))
  })
  return [...debian, ...others]
}

/** The two downloads of a tree, one after the other. */
class Download {
  refusal: TreeRefusal | undefined
  private readonly limits: TreeLimits
  private readonly signal: AbortSignal
  private readonly progress: (done: number) => void
  private done = 0

  constructor(limits: TreeLimits, signal: AbortSignal, progress: (done: number) => void) {
    this.limits = limits
    this.signal = signal
    this.progress = progress
  }

  async into(target: File, url: URL, most: number, sum: string | undefined): Promise<ImageResult<void>> {
    const opened = await openHttp(url, { limits: this.limits, signal: this.signal })
    if (!opened.ok) return this.refused(opened.error)
    const { status, size, close } = opened.value
    if (status !== 200) {
      close()
      return this.refused(refuse('status', url, status).error)
    }
    if (size !== undefined && size > most) {
      close()
      return this.refused(refuse('large', url, most).error)
    }
    return this.copy(target, opened.value, most, sum)
  }

  private async copy(target: File, answer: HttpAnswer, most: number, sum: string | undefined): Promise<ImageResult<void>> {
    const { url } = answer
    const hash = createHash('sha256')
    let at = 0
    try {
      for await (const chunk of answer.chunks()) {
        if (at + chunk.length > most) return this.refused(refuse('large', url, most).error)
        hash.update(chunk)
        const written = await target.write(at, [chunk])
        if (!written.ok) return written
        at += chunk.length
        this.done += chunk.length
        this.progress(this.done)
      }
    } catch (thrown) {
      return this.refused(refuseThrown(url, thrown, this.limits).error)
    }
    // Called off between the last bytes and the end.
    if (this.signal.aborted) return cancelled(url.href)
    if (at === 0 || (answer.size !== undefined && at !== answer.size)) return this.refused(refuse('cut', url).error)
    if (sum !== undefined && hash.digest('hex') !== sum) return this.refused(refuse('damaged', url).error)
    return ok(undefined)
  }

  private refused(refusal: TreeRefusal): ImageResult<void> {
    this.refusal = refusal
    return fail('io', `${refusal.url}: ${refusal.why}`)
  }
}
