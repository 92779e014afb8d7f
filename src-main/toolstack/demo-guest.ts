// The demo guest: Debian's kernel and BusyBox, fetched through apt, and a ramdisk of our own around them, so that a
// fresh machine boots a real Linux after one click. Nothing of Debian's is shipped with us.
// What was fetched is kept in the folder the caller gives; with it a second demo guest needs no network.
// Invariant: a file in the folder under its final name is whole (written beside it, then renamed).
// Runs in: main, plain Node.

import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { err, ok, type Result } from '../../src-engine/public/result'
import { type ErrorReport, errorReport } from '../public/error-code'
import { missingAptProgram, PrivateApt } from './apt'
import { type InitramfsEntry, makeInitramfs } from './initramfs'

/** Kernel flavours by metapackage, which always depends on the newest kernel package. */
export const DEMO_KERNELS = {
  cloud: { metapackage: 'linux-image-cloud-amd64' },
  standard: { metapackage: 'linux-image-amd64' },
} as const

export type DemoKernel = keyof typeof DEMO_KERNELS

/** The line the guest prints when its shell is about to start. */
export const DEMO_MARKER = 'Ringmaster demo guest: ready'
/** Its shell's prompt ends so. */
export const DEMO_PROMPT = 'demo:~# '

export interface DemoGuest {
  /** Paths of the two files. */
  readonly kernel: string
  readonly ramdisk: string
  /** For a Xen console; elsewhere put another console in place of hvc0. */
  readonly commandLine: string
  /** As `uname -r` prints it. */
  readonly release: string
  readonly memoryMiB: number
}

export interface DemoGuestProgress {
  /** From 0 to 1, and what is being done, in a few words. */
  report(fraction: number, step: DemoStep): void
  readonly signal: AbortSignal
}

/** Without the kernel's self-tests of its ciphers, which are two thirds of the instructions of a boot. */
const COMMAND_LINE = 'console=hvc0 cryptomgr.notests'

export type DemoStep = 'package lists' | 'kernel' | 'BusyBox' | 'ramdisk'

/** Can a demo guest be made here? Looks only; the network is not tried. */
export async function demoGuestAvailable(): Promise<Result<null, ErrorReport>> {
  const missing = await missingAptProgram()
  return missing === undefined ? ok(null) : err(unavailable(`${missing} was not found; ${WANTED}`))
}

const WANTED = 'a Linux kernel with a PVH entry (bzImage or ELF) and an initramfs for it are needed'

/** Fetches what is missing in `folder`, builds the ramdisk, and says where things are. */
export async function makeDemoGuest(
  folder: string,
  progress: DemoGuestProgress,
  flavour: DemoKernel = 'cloud',
): Promise<Result<DemoGuest, ErrorReport>> {
  try {
    await mkdir(folder, { recursive: true })
    let files = await kept(folder, flavour)
    if (!files.kernel || !files.busybox) {
      const fetched = await fetchMissing(folder, flavour, files, progress)
      if (!fetched.ok) return fetched
      files = await kept(folder, flavour)
    }
    if (!files.kernel || !files.busybox) return err(unavailable('the files fetched have gone'))
    progress.signal.throwIfAborted()
    progress.report(0.97, 'ramdisk')
    const ramdisk = await makeRamdisk(folder, files.busybox)
    progress.report(1, 'ramdisk')
    return ok({
      kernel: files.kernel,
      ramdisk,
      commandLine: COMMAND_LINE,
      release: path.basename(files.kernel).slice('vmlinuz-'.length),
      memoryMiB: 256,
    })
  } catch (error) {
    if (progress.signal.aborted) return err(errorReport('cancelled'))
    return err(unavailable(error instanceof Error ? error.message : String(error)))
  }
}

/** What is in the folder already; of several kernels the newest file. */
async function kept(folder: string, flavour: DemoKernel): Promise<{ kernel: string | undefined; busybox: string | undefined }> {
  const kernels: { file: string; time: number }[] = []
  const kernelFolder = path.join(folder, flavour)
  for (const name of await readdir(kernelFolder).catch(() => [])) {
    if (!name.startsWith('vmlinuz-')) continue
    const file = path.join(kernelFolder, name)
    kernels.push({ file, time: (await stat(file)).mtimeMs })
  }
  const busybox = path.join(folder, 'busybox')
  const busyboxThere = await stat(busybox).then(
    () => true,
    () => false,
  )
  kernels.sort((a, b) => b.time - a.time)
  return { kernel: kernels[0]?.file, busybox: busyboxThere ? busybox : undefined }
}

async function fetchMissing(
  folder: string,
  flavour: DemoKernel,
  files: { readonly kernel: string | undefined; readonly busybox: string | undefined },
  progress: DemoGuestProgress,
): Promise<Result<null, ErrorReport>> {
  const available = await demoGuestAvailable()
  if (!available.ok) return available
  const work = path.join(folder, `fetch-${process.pid}-${randomUUID()}`)
  try {
    const apt = new PrivateApt(work, progress.signal)
    progress.report(0, 'package lists')
    const updated = await apt.update((fraction) => progress.report(fraction * 0.2, 'package lists'))
    if (!updated.ok) return err(unavailable(updated.error))
    if (!files.kernel) {
      const name = await apt.dependency(DEMO_KERNELS[flavour].metapackage, 'linux-image-')
      if (!name.ok) return err(unavailable(name.error))
      const file = await fetchFile(apt, name.value, /^boot\/vmlinuz-[^/]+$/, (fraction) =>
        progress.report(0.2 + fraction * 0.6, 'kernel'),
      )
      if (!file.ok) return file
      await mkdir(path.join(folder, flavour), { recursive: true })
      await writeWhole(path.join(folder, flavour, path.basename(file.value.path)), file.value.content)
    }
    if (!files.busybox) {
      const file = await fetchFile(apt, 'busybox-static', /^(usr\/)?bin\/busybox$/, (fraction) =>
        progress.report(0.85 + fraction * 0.1, 'BusyBox'),
      )
      if (!file.ok) return file
      await writeWhole(path.join(folder, 'busybox'), file.value.content)
    }
    return ok(null)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function fetchFile(
  apt: PrivateApt,
  name: string,
  wanted: RegExp,
  report: (fraction: number) => void,
): Promise<Result<{ path: string; content: Buffer }, ErrorReport>> {
  report(0)
  const downloaded = await apt.download(name, report)
  if (!downloaded.ok) return err(unavailable(downloaded.error))
  const file = await apt.extract(downloaded.value, (entry) => wanted.test(entry))
  return file.ok ? file : err(unavailable(file.error))
}

/**
 * Process 1. The shell runs beside it so that it can hear what `poweroff`, `reboot` and `halt` send: they signal
 * process 1, also when the toolstack asks for a shutdown and Linux runs /sbin/poweroff. The console is whichever the
 * kernel was given (cttyhack looks it up).
 */
const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /root /sbin /usr/bin /usr/sbin
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox --install -s
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=xterm USER=root PS1='demo:\\w# '
trap 'poweroff -f' USR2
trap 'reboot -f' TERM
trap 'halt -f' USR1
hostname demo
cd /root
echo '${DEMO_MARKER}'
while :; do
  setsid cttyhack sh &
  wait $!
done
`

/** Named after what it is made of, so that a newer recipe makes a new file. */
async function makeRamdisk(folder: string, busybox: string): Promise<string> {
  const program = await readFile(busybox)
  const archive = makeInitramfs(ramdiskEntries(program))
  const hash = createHash('sha256').update(archive).digest('hex').slice(0, 16)
  const file = path.join(folder, `ramdisk-${hash}.cpio.gz`)
  const there = await stat(file).then(
    () => true,
    () => false,
  )
  if (!there) await writeWhole(file, gzipSync(archive, { level: 9 }))
  return file
}

function ramdiskEntries(busybox: Uint8Array): InitramfsEntry[] {
  return [
    { kind: 'folder', path: 'bin' },
    { kind: 'folder', path: 'dev' },
    { kind: 'device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 }, // process 1's standard output
    { kind: 'file', path: 'bin/busybox', mode: 0o755, content: busybox },
    { kind: 'link', path: 'bin/sh', target: 'busybox' },
    { kind: 'folder', path: 'etc' },
    { kind: 'file', path: 'etc/passwd', mode: 0o644, content: Buffer.from('root:x:0:0:root:/root:/bin/sh\n') },
    { kind: 'file', path: 'etc/group', mode: 0o644, content: Buffer.from('root:x:0:\n') },
    { kind: 'file', path: 'init', mode: 0o755, content: Buffer.from(INIT) },
  ]
}

async function writeWhole(file: string, content: Uint8Array): Promise<void> {
  const beside = `${file}.${process.pid}-${randomUUID()}`
  await writeFile(beside, content)
  await rename(beside, file)
}

function unavailable(detail: string): ErrorReport {
  return errorReport('demo-unavailable', { detail: detail.replace(/\.$/, '') })
}
