// A new machine that begins with a disk: what of the form is the disk's, and what an installer's machine starts after it.
// Runs in: vitest.
import { describe, expect, it } from 'vitest'
import type { Disk } from '../../../../src-main/public/device'
import { newDisk } from '../../../../src-renderer/features/disks/disk-form'
import { makeTranslator } from '../../../../src-renderer/lib/translate'
import type { Form, Order } from '../../../../src-renderer/views/create-domain/check-form'
import { installing } from '../../../../src-renderer/views/create-domain/media'
import { DISK_CMDLINE } from '../../../../src-renderer/views/create-domain/origin'
import {
  bootDisk,
  fillsOwnKernel,
  insteadOfLook,
  kernelFrom,
  lookedAt,
  startingFiles,
  startingItsDisk,
  withOwnKernel,
} from '../../../../src-renderer/views/create-domain/own-kernel'

const found = { from: 'grub', title: 'a', kernel: '/k', ramdisks: [], cmdline: '', dirty: false } as const
const form: Form = { name: 'a', os: '', kernel: '/k', ramdisk: '/r', cmdline: DISK_CMDLINE, memoryMiB: 64, vcpus: 1 }
const disk: Disk = { kind: 'vbd', dev: 'xvda', path: '/a.img', format: 'raw', readonly: false, removable: false }
const drive: Disk = { ...disk, dev: 'xvdb', path: '/a.iso', readonly: true, removable: true }
const order = (images: Order['images']): Order => ({
  config: { name: 'a', memoryMiB: 64, vcpus: 1, kernel: '/k', ramdisk: '/r', cmdline: '', devices: [disk, drive] },
  images,
})

describe('a disk’s own kernel', () => {
  it('is started when there is one, or when it is wanted', () => {
    expect(kernelFrom(null, undefined, false)).toBe('files')
    expect(kernelFrom(null, { found: null, error: null, holds: [] }, false)).toBe('files')
    expect(kernelFrom(null, { found, error: null, holds: [] }, false)).toBe('disk')
    expect(kernelFrom('files', { found, error: null, holds: [] }, false)).toBe('files')
    expect(kernelFrom('disk', undefined, false)).toBe('disk')
  })

  it('takes no files, and no words that were proposed for them', () => {
    expect(withOwnKernel(form, false)).toMatchObject({ kernel: '', ramdisk: '', cmdline: '' })
    expect(withOwnKernel({ ...form, cmdline: 'single' }, false).cmdline).toBe('single')
  })

  it('stays the one of a configuration or a template that names none, unless files are wanted', () => {
    const config = { ...order([]).config, kernel: '' }
    const filled = (config: Order['config']) => fillsOwnKernel({ config, text: '', others: [] })
    expect([filled(config), filled({ ...config, devices: [] }), filled(order([]).config), fillsOwnKernel(null)]).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect(kernelFrom(null, undefined, true)).toBe('disk')
    expect(kernelFrom('files', undefined, true)).toBe('files')
    expect(withOwnKernel(form, true)).toMatchObject({ kernel: '', ramdisk: '', cmdline: DISK_CMDLINE })
    const made = { ...order([]), config: { ...config, bootloader: '/usr/bin/pygrub' } }
    expect(startingItsDisk(made).config.bootloader).toBe('/usr/bin/pygrub')
    expect(startingFiles(made).config).toEqual(config)
  })

  it('is looked for once the format of the file is known, and not in a drive', () => {
    const known = { ...newDisk('xvda'), source: 'file', path: ' /a.img ', fileFormat: 'qcow2' } as const
    expect(lookedAt(known)).toEqual({ dev: 'xvda', path: '/a.img', format: 'qcow2', allowedBacking: [] })
    for (const change of [{ fileFormat: null }, { path: '' }, { removable: true }, { source: 'new' }] as const)
      expect(lookedAt({ ...known, ...change })).toBeUndefined()
  })

  it('is that of the first disk behind drives; where nobody looks, the page says why', () => {
    const t = makeTranslator('en')
    const own = { ...newDisk('xvdb'), source: 'file', path: '/a.img', fileFormat: 'raw' } as const
    const drives = [{ ...own, removable: true }, { ...own, source: 'empty' } as const]
    expect(bootDisk([...drives, own])).toBe(own)
    expect(bootDisk(drives)).toBeUndefined()
    expect(insteadOfLook(own, undefined, t)).toBeUndefined()
    expect(insteadOfLook({ ...own, fileFormat: null }, undefined, t)).toBeUndefined()
    expect(insteadOfLook({ ...own, fileFormat: null }, 'no such file', t)).toBe('no such file')
    expect(insteadOfLook({ ...own, source: 'new', path: '' }, undefined, t)).toBe('No kernel yet')
    for (const none of [undefined, { ...own, path: '' }]) expect(insteadOfLook(none, undefined, t)).toBe('No disk yet')
  })
})

describe('an installer’s machine', () => {
  it('starts what it installed on a new disk, and over another one stays off when it reboots', () => {
    const made = installing(order([{ path: '/a.img', format: 'raw', sizeMiB: 1 }])).config
    expect([made.bootloader, made.onReboot, made.kernel]).toEqual(['pygrub', undefined, '/k'])
    const over = installing(order([])).config
    expect([over.bootloader, over.onReboot]).toEqual([undefined, 'destroy'])
    const copied = installing(order([{ path: '/a.img', format: 'raw', sizeMiB: 1, copyOf: { path: '/b', format: 'raw' } }]))
    expect(copied.config.bootloader).toBeUndefined()
  })
})
