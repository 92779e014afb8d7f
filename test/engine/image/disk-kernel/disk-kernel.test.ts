// Kernels found on disks that mke2fs and sfdisk make: every kind of ext file system and partition table, each file byte by byte as it was
// put there; what cannot be read is named, and no altered disk holds the reader or makes it take what is not there. Runs in: vitest.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type DiskKernel,
  lookForDiskKernel,
  takeDiskKernel,
  withConsole,
} from '../../../../src-engine/image/disk-kernel/disk-kernel'
import { openNodeFile } from '../../../../src-engine/image/node-file'
import type { ImageFormat } from '../../../../src-engine/public/protocol/device'
import { debianMenu, makeDisk, makeExt, type Tree } from '../../../support/boot-disk'
import { missingProgram } from '../../../support/programs'
import { randomFrom } from '../../../support/random'
import { count } from '../../../support/tier'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-disk-kernel-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))
const missing = missingProgram('mke2fs', 'sfdisk', 'debugfs', 'qemu-img')
const at = (name: string): string => path.join(folder, name)

const kernel = randomBytes(3 * 1024 * 1024 + 17)
const ramdisk = randomBytes(1_070_003)
const older = randomBytes(70_001)
const debian: Tree = {
  'boot/vmlinuz-6.1.0-10-amd64': kernel,
  'boot/initrd.img-6.1.0-10-amd64': ramdisk,
  'boot/vmlinuz-6.1.0-9-amd64': older,
  'boot/initrd.img-6.1.0-9-amd64': older,
  'boot/grub/grub.cfg': debianMenu(),
  'etc/fstab': '',
}

const look = (image: string, format: ImageFormat = 'raw') =>
  lookForDiskKernel(image, { format, dev: 'xvda', openFile: openNodeFile })

let number = 0
async function taken(image: string, format: ImageFormat = 'raw') {
  const place = at(`out-${number++}`)
  const to = { kernel: path.join(place, 'kernel'), ramdisk: path.join(place, 'ramdisk') }
  const done = await takeDiskKernel(image, { format, dev: 'xvda', openFile: openNodeFile, ...to })
  const file = (name: string): Buffer | undefined => (fs.existsSync(name) ? fs.readFileSync(name) : undefined)
  return { done, kernel: file(to.kernel), ramdisk: file(to.ramdisk) }
}

async function expectDebian(image: string, format: ImageFormat = 'raw'): Promise<DiskKernel> {
  const out = await taken(image, format)
  if (!out.done.ok || out.done.value === undefined) throw new Error(out.done.ok ? 'nothing found' : out.done.error.message)
  expect(kernel.equals(out.kernel ?? Buffer.of())).toBe(true)
  expect(ramdisk.equals(out.ramdisk ?? Buffer.of())).toBe(true)
  return out.done.value
}

describe.skipIf(missing !== undefined)('the kernel on a disk', () => {
  const systems: Readonly<Record<string, readonly string[]>> = {
    'ext4 as it is by default': ['-t', 'ext4'],
    'ext4 with 64 bits, in blocks of 1 KiB': ['-t', 'ext4', '-b', '1024', '-O', '64bit,metadata_csum,^resize_inode'],
    'ext4 with meta groups': ['-t', 'ext4', '-b', '1024', '-g', '1024', '-O', 'meta_bg,^resize_inode,^64bit'],
    'ext4 with small files within inodes': ['-t', 'ext4', '-I', '512', '-O', 'inline_data'],
    'ext4 without flexible groups': ['-t', 'ext4', '-O', '^flex_bg,^huge_file,^metadata_csum'],
    'ext3, by lists of blocks': ['-t', 'ext3', '-b', '1024'],
    'ext2 with inodes of 128 bytes': ['-t', 'ext2', '-I', '128', '-b', '4096'],
  }
  for (const [name, options] of Object.entries(systems)) {
    it(`is taken whole from ${name}`, async () => {
      makeExt(at('system.img'), debian, options)
      const found = await expectDebian(at('system.img'))
      expect(found).toEqual({
        from: 'grub',
        title: 'Debian GNU/Linux',
        kernel: '/boot/vmlinuz-6.1.0-10-amd64',
        ramdisks: ['/boot/initrd.img-6.1.0-10-amd64'],
        cmdline: 'root=UUID=4711 ro quiet console=tty0 console=hvc0',
        dirty: false,
      })
    })
  }

  it('is found behind symbolic links, in a folder of thousands that is hashed, and not behind links that go round', async () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`boot/other-${i}-${'x'.repeat(100)}`, 'x']))
    makeExt(at('many.img'), {
      ...many,
      'boot/vmlinuz-real': kernel,
      'boot/deep/initrd-real': ramdisk,
      'boot/vmlinuz-6.1.0-10-amd64': '-> vmlinuz-real',
      'boot/initrd.img-6.1.0-10-amd64': `-> ../${'boot/../'.repeat(20)}boot/deep/initrd-real`,
      'boot/grub/grub.cfg': '-> /etc/menu',
      'etc/menu': debianMenu(),
    })
    execFileSync('e2fsck', ['-fyD', at('many.img')], { stdio: 'pipe' })
    expect(execFileSync('debugfs', ['-R', 'stat /boot', at('many.img')], { stdio: 'pipe' }).toString()).toContain('0x81000')
    await expectDebian(at('many.img'))
    makeExt(at('round.img'), { 'boot/grub/grub.cfg': '-> /a', a: '-> /b', b: '-> /a', vmlinuz: '-> vmlinuz' })
    expect(await look(at('round.img'))).toEqual({ ok: true, value: { holds: ['ext'] } })
  })

  it('is found in GUID and DOS partitions, logical ones and a separate /boot, in qcow2 too', async () => {
    makeExt(at('part.img'), debian)
    makeDisk(at('gpt.img'), 80, 'label: gpt\nstart=2048,size=4096\nstart=8192,size=98304\n', { 8192: at('part.img') })
    await expectDebian(at('gpt.img'))
    execFileSync('qemu-img', ['convert', '-O', 'qcow2', at('gpt.img'), at('gpt.qcow2')])
    await expectDebian(at('gpt.qcow2'), 'qcow2')
    const logical = 'label: dos\nstart=2048,size=2048\nstart=6144,type=5\nstart=8192,size=2048\nstart=16384,size=98304\n'
    makeDisk(at('dos.img'), 80, logical, { 16384: at('part.img') })
    await expectDebian(at('dos.img'))
    const bare = Object.entries(debian).map(([name, content]) => [name.replace('boot/', ''), content])
    makeExt(at('boot.img'), { ...Object.fromEntries(bare), 'grub/grub.cfg': debianMenu('0', '') })
    const both = 'label: dos\nstart=2048,size=98304\nstart=104448,size=40960\n'
    makeExt(at('root.img'), { 'etc/fstab': '' }, ['-t', 'ext4', '-U', 'random'], 20)
    makeDisk(at('two.img'), 80, both, { 2048: at('boot.img'), 104448: at('root.img') })
    expect(await expectDebian(at('two.img'))).toMatchObject({ kernel: '/vmlinuz-6.1.0-10-amd64' })
  })

  it('without a menu is the newest that lies there, and its root where a system is', async () => {
    const { 'boot/grub/grub.cfg': _menu, ...plain } = debian
    makeExt(at('plain.img'), plain)
    makeDisk(at('plain-disk.img'), 80, 'label: gpt\nstart=2048,size=98304\n', { 2048: at('plain.img') })
    expect(await expectDebian(at('plain-disk.img'))).toMatchObject({
      from: 'files',
      cmdline: expect.stringMatching(/^root=\/dev\/xvda1 ro /),
    })
    makeExt(at('links.img'), {
      ...plain,
      vmlinuz: '-> boot/vmlinuz-6.1.0-9-amd64',
      'initrd.img': '-> boot/initrd.img-6.1.0-9-amd64',
    })
    const found = await taken(at('links.img'))
    expect(found.done).toMatchObject({
      value: { kernel: '/boot/vmlinuz-6.1.0-9-amd64', cmdline: expect.stringMatching(/^root=\/dev\/xvda ro /) },
    })
    expect(older.equals(found.kernel ?? Buffer.of())).toBe(true)
  })

  it('has its ramdisks one behind the other, each at a multiple of four bytes', async () => {
    makeExt(at('arch.img'), {
      'boot/vmlinuz-linux': kernel,
      'boot/amd-ucode.img': older,
      'boot/initramfs-linux.img': ramdisk,
      'boot/grub/grub.cfg':
        "menuentry 'Arch' {\n linux /boot/vmlinuz-linux root=LABEL=a rw\n initrd /boot/amd-ucode.img /boot/initramfs-linux.img\n}\n",
    })
    const out = await taken(at('arch.img'))
    expect(out.done).toMatchObject({ value: { ramdisks: ['/boot/amd-ucode.img', '/boot/initramfs-linux.img'] } })
    const padded = Buffer.concat([older, Buffer.alloc(3), ramdisk, Buffer.alloc(1)])
    expect(padded.equals(out.ramdisk ?? Buffer.of())).toBe(true)
  })

  it('has holes as zeroes', async () => {
    const holed = Buffer.concat([kernel, Buffer.alloc(2 * 1024 * 1024), older])
    makeExt(at('holes.img'), {
      'boot/vmlinuz-1': holed,
      'boot/initrd.img-1': Buffer.concat([Buffer.alloc(300_000), older, Buffer.alloc(9000)]),
    })
    const out = await taken(at('holes.img'))
    expect(holed.equals(out.kernel ?? Buffer.of())).toBe(true)
    expect(out.ramdisk?.length).toBe(300_000 + older.length + 9000)
  })

  it('that was not taken off in order is said to be so', async () => {
    makeExt(at('dirty.img'), debian)
    execFileSync('debugfs', ['-w', '-R', 'feature needs_recovery', at('dirty.img')], { stdio: 'pipe' })
    expect(await look(at('dirty.img'))).toMatchObject({ value: { found: { dirty: true }, holds: [] } })
  })

  it('is not on an empty disk, and what cannot be read is named', async () => {
    fs.writeFileSync(at('empty.img'), Buffer.alloc(1024 * 1024))
    expect(await look(at('empty.img'))).toEqual({ ok: true, value: { holds: [] } })
    fs.writeFileSync(at('tiny.img'), Buffer.alloc(0))
    expect(await look(at('tiny.img'))).toEqual({ ok: true, value: { holds: [] } })
    makeDisk(at('xfs.img'), 16, 'label: gpt\nstart=2048,size=4096\nstart=8192,size=4096\n', {})
    const disk = fs.openSync(at('xfs.img'), 'r+')
    fs.writeSync(disk, 'XFSB', 2048 * 512)
    fs.writeSync(disk, 'LABELONE', 8192 * 512 + 512)
    fs.closeSync(disk)
    const refused = await look(at('xfs.img'))
    expect(refused).toMatchObject({ ok: false, error: { code: 'unsupported' } })
    expect(refused.ok ? '' : refused.error.message).toContain('XFS (xvda1), LVM (xvda2)')
  })

  it('is not beside an EFI partition alone or what no one knows: those are named, and a partition without a system by its type', async () => {
    const esp = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B'
    const other = '12345678-9abc-def0-1234-56789abcdef0'
    makeDisk(at('esp.img'), 16, `label: gpt\nstart=2048,size=8192,type=${esp}\nstart=12288,size=2048,type=${other}\n`, {})
    const disk = fs.openSync(at('esp.img'), 'r+')
    fs.writeSync(disk, 'FAT32   ', 2048 * 512 + 82)
    fs.closeSync(disk)
    expect(await look(at('esp.img'))).toEqual({ ok: true, value: { holds: ['FAT (xvda1)', `${other} (xvda2)`] } })
    expect((await taken(at('esp.img'))).done).toEqual({ ok: true, value: undefined })
    const dos = 'label: dos\nstart=2048,size=2048,type=a5\nstart=6144,type=5\nstart=8192,size=2048,type=82\n'
    makeDisk(at('bsd.img'), 16, dos, {})
    expect(await look(at('bsd.img'))).toEqual({ ok: true, value: { holds: ['0xa5 (xvda1)', '0x82 (xvda5)'] } })
    fs.writeFileSync(at('fat.img'), Buffer.concat([Buffer.alloc(54), Buffer.from('FAT16   '), Buffer.alloc(65_474)]))
    expect(await look(at('fat.img'))).toEqual({ ok: true, value: { holds: ['FAT'] } })
  })

  it('writes over nothing', async () => {
    makeExt(at('system.img'), debian)
    fs.writeFileSync(at('mine'), 'mine')
    const done = await takeDiskKernel(at('system.img'), {
      ...{ format: 'raw', dev: 'xvda', openFile: openNodeFile },
      ...{ kernel: at('mine'), ramdisk: at('other') },
    })
    expect(done).toMatchObject({ ok: false, error: { code: 'exists' } })
    expect(fs.readFileSync(at('mine'), 'utf8')).toBe('mine')
  })

  describe('altered in any bit of its tables', () => {
    const sizeMiB = 8
    const small: Tree = { ...debian, 'boot/vmlinuz-6.1.0-10-amd64': older, 'boot/initrd.img-6.1.0-10-amd64': older }
    let sound: Buffer
    let places: readonly number[]
    beforeAll(() => {
      makeExt(at('small.img'), small, ['-t', 'ext4', '-b', '1024', '-O', 'inline_data'], sizeMiB)
      makeDisk(at('fuzz.img'), sizeMiB + 2, `label: dos\nstart=2048,size=${sizeMiB * 2048}\n`, { 2048: at('small.img') })
      sound = fs.readFileSync(at('fuzz.img'))
      // Wherever something stands that is not the random bytes of the files.
      const part = 2048 * 512
      const inFiles = (sector: number): boolean => older.includes(sound.subarray(sector, sector + 512))
      places = Array.from({ length: sound.length / 512 }, (_, index) => index * 512).filter(
        (sector) =>
          (sector < 512 || sector >= part) &&
          !sound.subarray(sector, sector + 512).every((byte) => byte === 0) &&
          !inFiles(sector),
      )
    })

    it('gives an error, nothing, or a kernel, and comes to an end', async () => {
      const random = randomFrom(20261127)
      const outcomes = new Set<string>()
      const file = fs.openSync(at('fuzz.img'), 'r+')
      for (let round = 0; round < count(600, 10_000); round++) {
        const changes: [number, number][] = []
        for (let flips = random(6) + 1; flips > 0; flips--) {
          const place = (places[random(places.length)] ?? 0) + random(512)
          const byte = random(3) === 0 ? ([0, 255, 128][random(3)] ?? 0) : (sound[place] ?? 0) ^ (1 << random(8))
          changes.push([place, byte])
          fs.writeSync(file, Buffer.of(byte), 0, 1, place)
        }
        const found = await look(at('fuzz.img'))
        outcomes.add(found.ok ? (found.value.found ? 'found' : 'nothing') : found.error.code)
        for (const [place] of changes) fs.writeSync(file, sound, place, 1, place)
      }
      fs.closeSync(file)
      expect(outcomes).toContain('found')
      for (const outcome of outcomes) expect(['found', 'nothing', 'corrupt', 'unsupported']).toContain(outcome)
      expect(outcomes.size).toBeGreaterThan(1)
    })
  })
})

describe('a console of ours', () => {
  it.each([
    ['', 'console=tty0 console=hvc0'],
    ['root=a', 'root=a console=tty0 console=hvc0'],
    ['console=tty0 console=ttyS0,115200', 'console=tty0 console=ttyS0,115200 console=hvc0'],
    ['a console=hvc0 b', 'a console=hvc0 b'],
    ['netconsole=hvc0', 'netconsole=hvc0 console=tty0 console=hvc0'],
  ])('is added to “%s” as needed', (given, expected) => expect(withConsole(given)).toBe(expected))
})
