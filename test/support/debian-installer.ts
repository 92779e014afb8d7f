// Debian's netboot installer as its package has it, fetched once through apt into the user's cache folder, never into the repo.
// Runs in: tests, plain Node.
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PrivateApt } from '../../src-main/toolstack/apt'
import { demoFolder } from './debian-guest'

const PACKAGE = 'debian-installer-12-netboot-amd64'
const FILES = { kernel: 'linux', ramdisk: 'initrd.gz' } as const

/** Kernel and ramdisk of the installer's text form, kept beside the demo guest's. Throws where they cannot be had. `folder` is for apt's own files. */
export async function debianInstaller(folder: string): Promise<Readonly<Record<keyof typeof FILES, string>>> {
  const kept = path.join(demoFolder, 'installer')
  const place = (file: string): string => path.join(kept, file)
  if (!Object.values(FILES).every((file) => existsSync(place(file)))) {
    mkdirSync(kept, { recursive: true })
    const apt = new PrivateApt(path.join(folder, 'apt'), AbortSignal.timeout(600_000))
    const updated = await apt.update(() => undefined)
    if (!updated.ok) throw new Error(updated.error)
    const packed = await apt.download(PACKAGE, () => undefined)
    if (!packed.ok) throw new Error(packed.error)
    for (const file of Object.values(FILES)) {
      const found = await apt.extract(packed.value, (name) => name.endsWith(`/text/debian-installer/amd64/${file}`))
      if (!found.ok) throw new Error(found.error)
      writeFileSync(`${place(file)}.part`, found.value.content)
      renameSync(`${place(file)}.part`, place(file))
    }
  }
  return { kernel: place(FILES.kernel), ramdisk: place(FILES.ramdisk) }
}
