// Image files as far as windows and tests need them: a file of the right magic that says how large it is. No guest reads them.
// Invariant: never overwrites; a cancelled convert leaves nothing. Runs in: main (test driver), plain Node.
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import { err, ok } from '../../../src-engine/public/result'
import { systemErrorCode, systemErrorText } from '../../lib/atomic-file'
import { writeProblem } from '../../lib/write-problem'
import type { Device, DiskKernel, DiskLook, ImageInfo, InstallMedia, NewImage, WrittenFormat } from '../../public/device'
import { type ErrorReport, errorReport } from '../../public/error-code'
import type { BootDisk } from '../../public/own-disk'
import { treeHost } from '../../public/tree-address'
import type { BackingFile, ImageCopy, ImageRebase, ImageResize, ImageTool, Outcome, Progress } from '../driver'

const MIB = 1024 * 1024
const QCOW2_MAGIC = 0x514649fb
const HEADER = 104
const PATH_MOST = 4096
const CHAIN_MOST = 32
/** A CD image of this label has nothing that is known. */
const EXT_MAGIC = 0xef53
/** What it says of each disk that has something. */
export const TEST_DISK_KERNEL: DiskKernel = {
  from: 'grub',
  title: 'Debian GNU/Linux',
  kernel: '/boot/vmlinuz-6.1.0-10-amd64',
  ramdisks: ['/boot/initrd.img-6.1.0-10-amd64'],
  cmdline: 'root=UUID=4711 ro quiet console=tty0 console=hvc0',
  dirty: false,
}
export const UNKNOWN_LABEL = 'UNKNOWN'

export class TestImages implements ImageTool {
  private readonly work: (progress: Progress) => Promise<ErrorReport | undefined>

  constructor(work: (progress: Progress) => Promise<ErrorReport | undefined>) {
    this.work = work
  }

  async create(image: NewImage): Outcome {
    const { path, format, sizeMiB } = image
    try {
      const file = await open(path, 'wx', 0o600)
      try {
        if (format === 'raw') await file.truncate(sizeMiB * MIB)
        else await file.write(this.header(sizeMiB * MIB), 0)
      } finally {
        await file.close()
      }
      return ok(null)
    } catch (thrown) {
      if (systemErrorCode(thrown) === 'EEXIST') return err(errorReport('file-exists', { path }))
      return err(writeProblem(path, thrown))
    }
  }

  async overlay(path: string, backing: BackingFile): Outcome {
    const below = await this.inspect(resolve(dirname(path), backing.path))
    if (!below.ok) return below
    try {
      await writeFile(path, this.header(below.value.virtualSize, backing.path), { flag: 'wx', mode: 0o600 })
      return ok(null)
    } catch (thrown) {
      if (systemErrorCode(thrown) === 'EEXIST') return err(errorReport('file-exists', { path }))
      return err(writeProblem(path, thrown))
    }
  }

  async rebase({ path, backing, allowed, aside }: ImageRebase, progress: Progress): Outcome {
    const info = await this.openable(path, allowed)
    if (!info.ok) return info
    if (aside !== undefined) await writeFile(aside, '')
    const failure = await this.work(progress)
    if (failure) {
      if (aside !== undefined) await rm(aside, { force: true })
      return err(failure)
    }
    await writeFile(aside ?? path, this.header(info.value.virtualSize, backing?.path))
    if (aside !== undefined) await rename(aside, path)
    return ok(null)
  }

  async commit(path: string, into: BackingFile, _allowed: readonly string[], progress: Progress): Outcome {
    for (const file of [path, into.path]) {
      const info = await this.inspect(file)
      if (!info.ok) return info
    }
    const failure = await this.work(progress)
    return failure ? err(failure) : ok(null)
  }

  async inspect(path: string, allowed: readonly string[] = []): Outcome<ImageInfo> {
    const info = await this.look(path)
    if (!info.ok) return info
    const refused = await this.refused(info.value, allowed, [path])
    return ok({ ...info.value, ...(refused === undefined ? {} : { refused }) })
  }

  private async openable(path: string, allowed: readonly string[]): Outcome<ImageInfo> {
    const info = await this.inspect(path, allowed)
    if (!info.ok || info.value.refused === undefined) return info
    return err(errorReport('image-unreadable', { path, detail: `${info.value.refused.path} is not allowed` }))
  }

  /** As a hypervisor that does not open what it may not. */
  async refusalOf(devices: readonly Device[]): Promise<ErrorReport | undefined> {
    for (const device of devices) {
      if (device.kind !== 'vbd' || device.path === '' || device.format === 'raw') continue
      const info = await this.inspect(device.path, device.allowedBacking)
      if (info.ok && info.value.refused)
        return errorReport('engine-said', { detail: `${info.value.refused.path} is not allowed` })
    }
    return undefined
  }

  /** A name that is a whole path is opened only when it is allowed. */
  private async refused(
    { path, backing }: ImageInfo,
    allowed: readonly string[],
    chain: string[],
  ): Promise<ImageInfo['refused']> {
    if (backing === undefined || chain.length > CHAIN_MOST) return undefined
    const below = resolve(dirname(path), backing)
    if (isAbsolute(backing) && !allowed.includes(below)) return { path: below, chain }
    const next = await this.look(below)
    return next.ok ? this.refused(next.value, allowed, [...chain, below]) : undefined
  }

  private async look(path: string): Outcome<ImageInfo> {
    try {
      const file = await open(path, 'r')
      try {
        const head = Buffer.alloc(HEADER + PATH_MOST)
        const { bytesRead } = await file.read(head, 0, head.length, 0)
        const { size, blocks } = await file.stat()
        const fileSize = blocks * 512
        if (bytesRead < 32 || head.readUInt32BE(0) !== QCOW2_MAGIC)
          return ok({ path, format: 'raw', virtualSize: size, fileSize })
        const name = head.toString('utf8', HEADER, HEADER + head.readUInt32BE(16))
        const backing = head.readBigUInt64BE(8) === 0n ? {} : { backing: name }
        return ok({ path, format: 'qcow2', virtualSize: Number(head.readBigUInt64BE(24)), fileSize, ...backing })
      } finally {
        await file.close()
      }
    } catch (thrown) {
      return err(errorReport('file-unreadable', { path, detail: systemErrorText(thrown) }))
    }
  }

  async resize({ path, sizeMiB, allowed = [], shrink = false }: ImageResize, progress: Progress): Outcome {
    const info = await this.openable(path, allowed)
    if (!info.ok) return info
    const { virtualSize, format, backing } = info.value
    if (sizeMiB * MIB < virtualSize && !shrink)
      return err(errorReport('image-shrink', { path, min: Math.ceil(virtualSize / MIB) }))
    const failure = await this.work(progress)
    if (failure) return err(failure)
    const file = await open(path, 'r+')
    try {
      if (format === 'raw') await file.truncate(sizeMiB * MIB)
      else await file.write(this.header(sizeMiB * MIB, backing), 0)
    } finally {
      await file.close()
    }
    return ok(null)
  }

  async convert(from: string, to: string, format: WrittenFormat, progress: Progress): Outcome {
    const info = await this.inspect(from)
    if (!info.ok) return info
    const sizeMiB = Math.max(1, Math.ceil(info.value.virtualSize / MIB))
    const created = await this.create({ path: to, format, sizeMiB })
    if (!created.ok) return created
    const failure = await this.work(progress)
    if (failure) await rm(to, { force: true })
    return failure ? err(failure) : ok(null)
  }

  async copy({ from, to, format, allowed }: ImageCopy, progress: Progress): Outcome {
    const info = await this.openable(from, allowed)
    return info.ok ? this.convert(from, to, format, progress) : info
  }

  async check(path: string, _repair: boolean, progress: Progress): Outcome {
    try {
      await stat(path)
    } catch (thrown) {
      return err(errorReport('file-unreadable', { path, detail: systemErrorText(thrown) }))
    }
    const failure = await this.work(progress)
    return failure ? err(failure) : ok(null)
  }

  /** Of a CD image all but its label is made up: Debian's installer, or nothing known where it has none or says so. */
  async lookInstaller(path: string): Outcome<InstallMedia | undefined> {
    try {
      const file = await open(path, 'r')
      try {
        const descriptor = Buffer.alloc(2048)
        await file.read(descriptor, 0, descriptor.length, 16 * 2048)
        if (descriptor.toString('latin1', 1, 6) !== 'CD001') {
          return err(errorReport('media-unreadable', { path, detail: `${path} is no CD image` }))
        }
        const label = descriptor.toString('latin1', 40, 72).replaceAll('\0', '').trim()
        if (label === '' || label === UNKNOWN_LABEL) return ok(undefined)
        return ok({ label, kernel: 'install.amd/vmlinuz', ramdisk: 'install.amd/initrd.gz', cmdline: '' })
      } finally {
        await file.close()
      }
    } catch (thrown) {
      return err(errorReport('file-unreadable', { path, detail: systemErrorText(thrown) }))
    }
  }

  async takeInstaller(path: string, to: { readonly kernel: string; readonly ramdisk: string }, progress: Progress): Outcome {
    const found = await this.lookInstaller(path)
    if (!found.ok) return found
    if (found.value === undefined) {
      const detail = `${path} has no kernel and ramdisk where installers keep them`
      return err(errorReport('media-unreadable', { path, detail }))
    }
    const failure = await this.work(progress)
    if (failure) return err(failure)
    return this.write(to)
  }

  /** A tree is Debian's, whatever its address; only the hosts that are none of example.com have something wrong with them. */
  async lookTree(address: string): Outcome<InstallMedia> {
    const host = treeHost(address) ?? ''
    const values = { url: address, host, detail: '?', most: 1 }
    if (host === 'nowhere.invalid') return err(errorReport('tree-no-host', values))
    if (host !== 'example.com') return err(errorReport('tree-nothing', values))
    const folder = 'main/installer-amd64/current/images/netboot/debian-installer/amd64'
    return ok({ label: 'Debian 12.8', kernel: `${folder}/linux`, ramdisk: `${folder}/initrd.gz`, cmdline: '', size: 38 * MIB })
  }

  async takeTree(address: string, to: { readonly kernel: string; readonly ramdisk: string }, progress: Progress): Outcome {
    const found = await this.lookTree(address)
    if (!found.ok) return found
    const failure = await this.work(progress)
    return failure ? err(failure) : this.write(to)
  }

  /** Whatever an ext file system really has, it is Debian's kernel; XFS is refused, FAT is named, all else is empty. */
  async lookDiskKernel({ path }: BootDisk): Outcome<DiskLook> {
    try {
      const file = await open(path, 'r')
      try {
        const head = Buffer.alloc(2048)
        await file.read(head, 0, head.length, 0)
        if (head.toString('latin1', 0, 4) === 'XFSB') {
          const detail = `${path} has XFS, which cannot be read, and no kernel elsewhere`
          return err(errorReport('image-unreadable', { path, detail }))
        }
        if (head.readUInt16LE(1024 + 56) === EXT_MAGIC) return ok({ found: TEST_DISK_KERNEL, holds: [] })
        return ok({ holds: head.toString('latin1', 82, 87) === 'FAT32' ? ['FAT'] : [] })
      } finally {
        await file.close()
      }
    } catch (thrown) {
      return err(errorReport('file-unreadable', { path, detail: systemErrorText(thrown) }))
    }
  }

  async takeDiskKernel(
    disk: BootDisk,
    to: { readonly kernel: string; readonly ramdisk: string },
    progress: Progress,
  ): Outcome<DiskKernel | undefined> {
    const found = await this.lookDiskKernel(disk)
    if (!found.ok) return found
    if (found.value.found === undefined) return ok(undefined)
    const failure = await this.work(progress)
    if (failure) return err(failure)
    const written = await this.write(to)
    return written.ok ? ok(found.value.found) : written
  }

  private async write({ kernel, ramdisk }: { readonly kernel: string; readonly ramdisk: string }): Outcome {
    try {
      await mkdir(dirname(kernel), { recursive: true })
      await writeFile(kernel, 'HdrS', { flag: 'wx' })
      await writeFile(ramdisk, '070701', { flag: 'wx' })
      return ok(null)
    } catch (thrown) {
      if (systemErrorCode(thrown) === 'EEXIST') return err(errorReport('file-exists', { path: kernel }))
      return err(writeProblem(kernel, thrown))
    }
  }

  private header(size: number, backing?: string): Buffer {
    const head = Buffer.alloc(HEADER)
    head.writeUInt32BE(QCOW2_MAGIC, 0)
    head.writeUInt32BE(3, 4)
    const name = Buffer.from(backing ?? '')
    if (backing !== undefined) head.writeBigUInt64BE(BigInt(HEADER), 8)
    head.writeUInt32BE(name.length, 16)
    head.writeUInt32BE(16, 20)
    head.writeBigUInt64BE(BigInt(size), 24)
    return Buffer.concat([head, name])
  }
}
