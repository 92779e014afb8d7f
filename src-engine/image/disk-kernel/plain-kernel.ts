// A disk without a boot menu, as made for virtual machines: the kernel that /vmlinuz points to, else the newest in /boot, with its
// ramdisk. The command line then says where the root is, as that is all that is known. Runs in: the image process.
import { ok } from '../../public/result'
import type { ImageResult } from '../error'
import type { Bootable, OpenedPart } from './bootable'
import { type FileSystem, type FoundNode, findNode, namesIn } from './file-system'
import { compareVersions } from './version-order'

/** What a kernel's name begins with, and what stands there in the names of its ramdisk. */
const KERNEL = /^(?:vmlinuz|vmlinux|bzImage|kernel)(?=$|[-.\d])/
const RAMDISKS: readonly ((version: string) => string)[] = [
  (version) => `initrd.img${version}`,
  (version) => `initrd${version}`,
  (version) => `initramfs${version}.img`,
  (version) => `initramfs${version}`,
]
const FOLDERS = ['/', '/boot']
const NOT_KERNELS = /(?:rescue|\.old$|\.efi\.signed$|\.sig$|\.bak$)/
const ROOT_MARKS = ['/etc/fstab', '/sbin/init', '/etc/os-release', '/usr/lib/os-release']

export async function plainKernel(parts: readonly OpenedPart[], disk: string): Promise<ImageResult<Bootable | undefined>> {
  for (const { system } of parts) {
    for (const folder of FOLDERS) {
      const found = await kernelIn(system, folder)
      if (!found.ok) return found
      if (found.value === undefined) continue
      const root = await rootOf(parts)
      if (!root.ok) return root
      const cmdline = root.value === undefined ? '' : `root=/dev/${disk}${root.value || ''} ro`
      return ok({ from: 'files', title: found.value.kernel.path, system, ...found.value, cmdline })
    }
  }
  return ok(undefined)
}

async function kernelIn(
  system: FileSystem,
  folder: string,
): Promise<ImageResult<{ kernel: FoundNode; ramdisks: readonly FoundNode[] } | undefined>> {
  const names = await namesIn(system, folder)
  if (!names.ok) return names
  const kernels = names.value.filter((name) => KERNEL.test(name) && !NOT_KERNELS.test(name))
  // A name without a version is a link that the distribution keeps.
  const wanted = kernels.sort((a, b) =>
    versionOf(a).length && versionOf(b).length ? compareVersions(b, a) : versionOf(a).length - versionOf(b).length,
  )
  for (const name of wanted) {
    const kernel = await findNode(system, `${folder}/${name}`)
    if (!kernel.ok) return kernel
    if (kernel.value?.node.kind !== 'file') continue
    for (const ramdiskName of RAMDISKS) {
      const ramdisk = await findNode(system, `${folder}/${ramdiskName(versionOf(name))}`)
      if (!ramdisk.ok) return ramdisk
      if (ramdisk.value?.node.kind === 'file') return ok({ kernel: kernel.value, ramdisks: [ramdisk.value] })
    }
    return ok({ kernel: kernel.value, ramdisks: [] })
  }
  return ok(undefined)
}

function versionOf(name: string): string {
  return name.replace(KERNEL, '')
}

/** The number of the part that has a system's root. */
async function rootOf(parts: readonly OpenedPart[]): Promise<ImageResult<number | undefined>> {
  for (const { number, system } of parts) {
    for (const mark of ROOT_MARKS) {
      const found = await findNode(system, mark)
      if (!found.ok) return found
      if (found.value) return ok(number)
    }
  }
  return ok(undefined)
}
