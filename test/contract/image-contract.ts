// What every driver must do alike with disk images and what they hold: part of the contract, on the driver it is about.
// Runs in: vitest, plain Node.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ImageTool, Progress } from '../../src-main/driver/driver'
import { TEST_DISK_KERNEL } from '../../src-main/driver/test/test-images'
import { debianMenu, makeExt } from '../support/boot-disk'
import { makeIso } from '../support/iso'
import { missingProgram } from '../support/programs'
import { quiet } from './contract-scene'

export interface ImageSubject {
  /** Those of the driver that is open then. */
  images(): ImageTool
  readonly folder: string
  readonly timeout: number
}

export function imageContract(of: ImageSubject): void {
  it('copies, converts, resizes and checks images, over nothing, and leaves nothing of what was cancelled', {
    timeout: of.timeout,
  }, async () => {
    const images = of.images()
    const at = (file: string) => join(of.folder, file)
    const done = { ok: true, value: null }
    const inspected = async (file: string) => {
      const info = await images.inspect(at(file))
      return info.ok ? { format: info.value.format, mib: info.value.virtualSize / 1024 ** 2 } : info.error.reason
    }
    const stopped = (): Progress => ({ report: () => {}, signal: AbortSignal.abort() })
    expect(await images.create({ path: at('work.raw'), format: 'raw', sizeMiB: 2 })).toEqual(done)
    expect(await images.create({ path: at('work.raw'), format: 'raw', sizeMiB: 2 })).toMatchObject({
      ok: false,
      error: { reason: 'file-exists' },
    })

    mkdirSync(at('folder.raw'))
    expect(await inspected('folder.raw')).toMatch(/^(file|image)-unreadable$/)

    expect(await images.convert(at('work.raw'), at('work.qcow2'), 'qcow2', quiet())).toEqual(done)
    expect(await inspected('work.qcow2')).toEqual({ format: 'qcow2', mib: 2 })
    expect(await images.convert(at('work.raw'), at('work.qcow2'), 'qcow2', quiet())).toMatchObject({
      ok: false,
      error: { reason: 'file-exists' },
    })
    expect(await images.convert(at('none.raw'), at('none.qcow2'), 'qcow2', quiet())).toMatchObject({
      ok: false,
      error: { reason: 'file-unreadable' },
    })
    expect(await images.convert(at('work.raw'), at('half.qcow2'), 'qcow2', stopped())).toMatchObject({
      ok: false,
      error: { reason: 'cancelled' },
    })
    expect(await inspected('half.qcow2')).toBe('file-unreadable')

    const copy = { from: at('work.qcow2'), fromFormat: 'qcow2', to: at('copy.raw'), format: 'raw', allowed: [] } as const
    expect(await images.copy(copy, quiet())).toEqual(done)
    expect(await inspected('copy.raw')).toEqual({ format: 'raw', mib: 2 })
    expect(await images.copy(copy, quiet())).toMatchObject({ ok: false, error: { reason: 'file-exists' } })
    expect((await images.copy({ ...copy, to: at('half.raw') }, stopped())).ok).toBe(false)
    expect(await inspected('half.raw')).toBe('file-unreadable')

    for (const file of ['copy.raw', 'work.qcow2']) {
      expect(await images.resize({ path: at(file), sizeMiB: 3 }, quiet())).toEqual(done)
      expect((await images.resize({ path: at(file), sizeMiB: 1 }, quiet())).ok).toBe(false)
      expect(await inspected(file)).toMatchObject({ mib: 3 })
    }
    expect(await images.resize({ path: at('copy.raw'), sizeMiB: 1, shrink: true }, quiet())).toEqual(done)
    expect(await inspected('copy.raw')).toMatchObject({ mib: 1 })
    expect(await images.resize({ path: at('none.raw'), sizeMiB: 1 }, quiet())).toMatchObject({
      ok: false,
      error: { reason: 'file-unreadable' },
    })

    expect(await images.check(at('work.qcow2'), false, quiet())).toEqual(done)
    expect(await images.check(at('none.qcow2'), false, quiet())).toMatchObject({
      ok: false,
      error: { reason: 'file-unreadable' },
    })
    expect(await images.check(at('work.qcow2'), false, stopped())).toMatchObject({
      ok: false,
      error: { reason: 'cancelled' },
    })
  })

  it('takes kernel and ramdisk out of an ISO image, over nothing, and not of one that has none', {
    timeout: of.timeout,
  }, async (context) => {
    if (missingProgram('xorriso')) return context.skip()
    const [iso, other] = [join(of.folder, 'netinst.iso'), join(of.folder, 'other.iso')]
    const files = { 'install.amd/vmlinuz': Buffer.from('HdrS'), 'install.amd/initrd.gz': Buffer.from('070701') }
    makeIso(iso, 'Debian 12 amd64 n', files)
    makeIso(other, 'UNKNOWN', { 'film.mkv': Buffer.of(1) })
    const found = { label: 'Debian 12 amd64 n', kernel: 'install.amd/vmlinuz', ramdisk: 'install.amd/initrd.gz', cmdline: '' }
    expect(await of.images().lookInstaller(iso)).toEqual({ ok: true, value: found })
    expect(await of.images().lookInstaller(other)).toEqual({ ok: true, value: undefined })
    const none = await of.images().lookInstaller(join(of.folder, 'nowhere.iso'))
    expect(none).toMatchObject({ ok: false, error: { reason: 'file-unreadable' } })
    const to = { kernel: join(of.folder, 'taken', 'vmlinuz'), ramdisk: join(of.folder, 'taken', 'initrd.gz') }
    expect(await of.images().takeInstaller(iso, to, quiet())).toEqual({ ok: true, value: null })
    expect(readFileSync(to.kernel, 'utf8') + readFileSync(to.ramdisk, 'utf8')).toBe('HdrS070701')
    expect(await of.images().takeInstaller(iso, to, quiet())).toMatchObject({ error: { reason: 'file-exists' } })
    const refused = await of.images().takeInstaller(other, { ...to, kernel: join(of.folder, 'taken', 'k') }, quiet())
    expect(refused).toMatchObject({ ok: false, error: { reason: 'media-unreadable' } })
    const aborted = { report: () => {}, signal: AbortSignal.abort() }
    const called = await of
      .images()
      .takeInstaller(iso, { kernel: join(of.folder, 'k'), ramdisk: join(of.folder, 'r') }, aborted)
    expect(called).toMatchObject({ ok: false, error: { reason: 'cancelled' } })
    expect(readdirSync(join(of.folder, 'taken')).sort()).toEqual(['initrd.gz', 'vmlinuz'])
  })

  it('takes kernel and ramdisk out of a disk that has them, over nothing, and not of one that is empty or cannot be read', {
    timeout: of.timeout,
  }, async (context) => {
    if (missingProgram('mke2fs')) return context.skip()
    const tree = {
      'boot/grub/grub.cfg': debianMenu(),
      'boot/vmlinuz-6.1.0-10-amd64': Buffer.from('HdrS'),
      'boot/initrd.img-6.1.0-10-amd64': Buffer.from('070701'),
    }
    makeExt(join(of.folder, 'debian.img'), tree, ['-t', 'ext4'], 8)
    writeFileSync(join(of.folder, 'empty.img'), Buffer.alloc(65536))
    writeFileSync(join(of.folder, 'xfs.img'), Buffer.concat([Buffer.from('XFSB'), Buffer.alloc(65532)]))
    writeFileSync(join(of.folder, 'fat.img'), Buffer.concat([Buffer.alloc(82), Buffer.from('FAT32   '), Buffer.alloc(65446)]))
    const disk = (name: string) => ({ dev: 'xvda', path: join(of.folder, name), format: 'raw' }) as const
    expect(await of.images().lookDiskKernel(disk('debian.img'))).toEqual({
      ok: true,
      value: { found: TEST_DISK_KERNEL, holds: [] },
    })
    expect(await of.images().lookDiskKernel(disk('empty.img'))).toEqual({ ok: true, value: { holds: [] } })
    expect(await of.images().lookDiskKernel(disk('fat.img'))).toEqual({ ok: true, value: { holds: ['FAT'] } })
    expect(await of.images().lookDiskKernel(disk('xfs.img'))).toMatchObject({ error: { reason: 'image-unreadable' } })
    expect(await of.images().lookDiskKernel(disk('nowhere.img'))).toMatchObject({ error: { reason: 'file-unreadable' } })
    const to = { kernel: join(of.folder, 'own', 'kernel'), ramdisk: join(of.folder, 'own', 'ramdisk') }
    expect(await of.images().takeDiskKernel(disk('empty.img'), to, quiet())).toEqual({ ok: true, value: undefined })
    expect(await of.images().takeDiskKernel(disk('debian.img'), to, quiet())).toEqual({ ok: true, value: TEST_DISK_KERNEL })
    expect(readFileSync(to.kernel, 'utf8') + readFileSync(to.ramdisk, 'utf8')).toBe('HdrS070701')
    expect(await of.images().takeDiskKernel(disk('debian.img'), to, quiet())).toMatchObject({
      error: { reason: 'file-exists' },
    })
    expect(readdirSync(join(of.folder, 'own')).sort()).toEqual(['kernel', 'ramdisk'])
  })
}
