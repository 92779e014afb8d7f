// The demo guest: Debian's kernel and BusyBox, fetched through apt, and a ramdisk of our own around them, so that a
// fresh machine boots a real Linux after one click. Nothing of Debian's is shipped with us.
// What was fetched is kept in the folder the caller gives; with it a second demo guest needs no network. A folder of a version
// that kept no drivers is completed when apt can be reached, and serves as it is when not.
// Invariant: a file in the folder under its final name is whole (written beside it, then renamed).
// Runs in: main, plain Node.

import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { err, ok, type Result } from '../../src-engine/public/result'
import { type ErrorReport, errorReport } from '../public/error-code'
import { missingAptProgram, PrivateApt } from './apt'
import { LARGE_REQUESTS, LARGE_REQUESTS_WORD } from './disk-words'
import { type InitramfsEntry, makeInitramfs } from './initramfs'

/** Kernel flavours by metapackage, which always depends on the newest kernel package. */
export const DEMO_KERNELS = {
  cloud: { metapackage: 'linux-image-cloud-amd64' },
  standard: { metapackage: 'linux-image-amd64' },
} as const

export type DemoKernel = keyof typeof DEMO_KERNELS

/** Modules of the kernel's package that the guest loads, so that disks and interfaces attached to it are seen. Neither needs another. */
const DRIVERS = ['xen-blkfront', 'xen-netfront'] as const
const DRIVER_FILE = new RegExp(`/((?:${DRIVERS.join('|')})\\.ko(?:\\.xz)?)$`)

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
const COMMAND_LINE = `console=hvc0 cryptomgr.notests ${LARGE_REQUESTS_WORD}`

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
    if (!files.kernel || !files.busybox || !files.drivers) {
      const fetched = await fetchMissing(folder, flavour, files, progress)
      progress.signal.throwIfAborted()
      if (!fetched.ok && !(files.kernel && files.busybox)) return fetched
      files = await kept(folder, flavour)
    }
    if (!files.kernel || !files.busybox) return err(unavailable('the files fetched have gone'))
    progress.signal.throwIfAborted()
    progress.report(0.97, 'ramdisk')
    const ramdisk = await makeRamdisk(folder, files.busybox, files.drivers)
    progress.report(1, 'ramdisk')
    return ok({
      kernel: files.kernel,
      ramdisk,
      commandLine: COMMAND_LINE,
      release: releaseOf(files.kernel),
      memoryMiB: 256,
    })
  } catch (error) {
    if (progress.signal.aborted) return err(errorReport('cancelled'))
    return err(unavailable(error instanceof Error ? error.message : String(error)))
  }
}

interface Kept {
  readonly kernel: string | undefined
  /** The folder of this kernel's drivers, which is empty when they are built into it. */
  readonly drivers: string | undefined
  readonly busybox: string | undefined
}

function releaseOf(kernel: string): string {
  return path.basename(kernel).slice('vmlinuz-'.length)
}

function driversOf(kernel: string): string {
  return path.join(path.dirname(kernel), `drivers-${releaseOf(kernel)}`)
}

async function there(file: string): Promise<string | undefined> {
  return stat(file).then(
    () => file,
    () => undefined,
  )
}

/** What is in the folder already; of several kernels the newest file. */
async function kept(folder: string, flavour: DemoKernel): Promise<Kept> {
  const kernels: { file: string; time: number }[] = []
  const kernelFolder = path.join(folder, flavour)
  for (const name of await readdir(kernelFolder).catch(() => [])) {
    if (!name.startsWith('vmlinuz-')) continue
    const file = path.join(kernelFolder, name)
    kernels.push({ file, time: (await stat(file)).mtimeMs })
  }
  kernels.sort((a, b) => b.time - a.time)
  const kernel = kernels[0]?.file
  const drivers = kernel === undefined ? undefined : await there(driversOf(kernel))
  return { kernel, drivers, busybox: await there(path.join(folder, 'busybox')) }
}

async function fetchMissing(
  folder: string,
  flavour: DemoKernel,
  files: Kept,
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
    if (!files.kernel || !files.drivers) {
      const fetched = await fetchKernel(folder, flavour, apt, progress)
      if (!fetched.ok) return fetched
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

/** The newest kernel and its drivers; the drivers first, as it is the kernel that is looked for. */
async function fetchKernel(
  folder: string,
  flavour: DemoKernel,
  apt: PrivateApt,
  progress: DemoGuestProgress,
): Promise<Result<null, ErrorReport>> {
  const report = (fraction: number): void => progress.report(0.2 + fraction * 0.6, 'kernel')
  report(0)
  const name = await apt.dependency(DEMO_KERNELS[flavour].metapackage, 'linux-image-')
  if (!name.ok) return err(unavailable(name.error))
  const downloaded = await apt.download(name.value, report)
  if (!downloaded.ok) return err(unavailable(downloaded.error))
  const wanted = (entry: string): string | undefined =>
    /^boot\/(vmlinuz-[^/]+)$/.exec(entry)?.[1] ?? DRIVER_FILE.exec(entry)?.[1]
  const files = await apt.extractSome(downloaded.value, wanted, 1 + DRIVERS.length)
  const kernelName = [...files.keys()].find((file) => file.startsWith('vmlinuz-'))
  const content = files.get(kernelName ?? '')
  if (kernelName === undefined || content === undefined) {
    return err(unavailable(`the package ${path.basename(downloaded.value)} does not hold the file wanted`))
  }
  const kernel = path.join(folder, flavour, kernelName)
  const drivers = driversOf(kernel)
  const beside = `${drivers}.${process.pid}-${randomUUID()}`
  await mkdir(beside, { recursive: true })
  for (const [file, bytes] of files) if (file !== kernelName) await writeFile(path.join(beside, file), bytes)
  await rm(drivers, { recursive: true, force: true })
  await rename(beside, drivers)
  await writeWhole(kernel, content)
  return ok(null)
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
 * process 1, also when the toolstack asks for a shutdown and Linux runs /sbin/poweroff. It is logged in, as what a shell starts
 * beside itself is deaf to Ctrl+C otherwise. The console is whichever the kernel was given (cttyhack looks it up). The drivers are
 * there before the prompt is, though they are a twelfth of the boot's instructions: what is typed at once finds eth0.
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
echo 'Attached disks are /dev/xvda and so on; an attached interface gets its address by udhcpc.'
sh /etc/load-drivers
while :; do
  setsid cttyhack login -p -f root &
  wait $!
done
`

/**
 * Without what drivers say of themselves. From then on the console has warnings and worse alone, as on a system that boots with
 * `quiet`: what the kernel notes at any moment (`crng init done`) would be written over the prompt. dmesg has all of it.
 */
const LOAD_DRIVERS = `read -r level rest </proc/sys/kernel/printk
[ $level -gt 5 ] && level=5
dmesg -n 1
for driver in /drivers/*; do
  case $driver in
    *xen-blkfront*) words=${LARGE_REQUESTS} ;;
    *) words= ;;
  esac
  [ -f $driver ] && insmod $driver $words
done
dmesg -n $level
`

/** What BusyBox's udhcpc runs when a lease comes and goes; it asks for eth0 when nothing else is said. */
const LEASE_SCRIPT = `#!/bin/sh
case $1 in
  deconfig) ip addr flush dev $interface; ip link set $interface up ;;
  bound | renew)
    ip addr replace $ip/$mask dev $interface
    for gateway in $router; do ip route replace default via $gateway dev $interface; break; done
    for server in $dns; do echo nameserver $server; done >/etc/resolv.conf ;;
esac
`

/** Named after what it is made of, so that a newer recipe makes a new file. */
async function makeRamdisk(folder: string, busybox: string, drivers: string | undefined): Promise<string> {
  const program = await readFile(busybox)
  const loaded: InitramfsEntry[] = []
  if (drivers !== undefined) {
    for (const name of (await readdir(drivers)).sort()) {
      loaded.push({ kind: 'file', path: `drivers/${name}`, mode: 0o644, content: await readFile(path.join(drivers, name)) })
    }
  }
  const archive = makeInitramfs([...ramdiskEntries(program), ...loaded])
  const hash = createHash('sha256').update(archive).digest('hex').slice(0, 16)
  const file = path.join(folder, `ramdisk-${hash}.cpio.gz`)
  if (!(await there(file))) await writeWhole(file, gzipSync(archive, { level: 9 }))
  return file
}

function ramdiskEntries(busybox: Uint8Array): InitramfsEntry[] {
  return [
    { kind: 'folder', path: 'bin' },
    { kind: 'folder', path: 'dev' },
    { kind: 'device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 }, // process 1's standard output
    { kind: 'file', path: 'bin/busybox', mode: 0o755, content: busybox },
    { kind: 'link', path: 'bin/sh', target: 'busybox' },
    { kind: 'folder', path: 'drivers' },
    { kind: 'folder', path: 'etc' },
    { kind: 'file', path: 'etc/load-drivers', mode: 0o644, content: Buffer.from(LOAD_DRIVERS) },
    { kind: 'folder', path: 'etc/udhcpc' },
    { kind: 'file', path: 'etc/udhcpc/default.script', mode: 0o755, content: Buffer.from(LEASE_SCRIPT) },
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
