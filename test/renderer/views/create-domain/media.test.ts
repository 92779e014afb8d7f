// What an ISO image fills in of a new machine, and what stays of what was typed. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { newDisk } from '../../../../src-renderer/features/disks/disk-form'
import type { DevicesForm, Form } from '../../../../src-renderer/views/create-domain/check-form'
import { fieldsOf, type Media, withMedia } from '../../../../src-renderer/views/create-domain/media'

const media = (path: string, label: string, cmdline = ''): Media => ({
  path,
  media: { label, kernel: 'install.amd/vmlinuz', ramdisk: 'install.amd/initrd.gz', cmdline },
  kernel: `/boot/${label}/vmlinuz`,
  ramdisk: `/boot/${label}/initrd.gz`,
})
const form: Form = { name: 'guest-1', os: '', kernel: '', ramdisk: '', cmdline: 'console=hvc0', memoryMiB: 256, vcpus: 1 }
const nothing: DevicesForm = { disks: [], nic: null, display: null }
const debian = media('/cd/debian.iso', 'Debian 12')
const alpine = media('/cd/alpine.iso', 'alpine 3.20.3 x86_64', 'modules=loop')
const filled = (change: Parameters<typeof fieldsOf>[0], before: Form = form, taken: readonly string[] = []) =>
  fieldsOf(change, before, taken, 'guest-1', 4000)

describe('an ISO image', () => {
  it('fills in kernel, ramdisk, name, command line and memory', () => {
    const { kernel, ramdisk } = debian
    expect(filled({ before: null, next: debian })).toEqual({
      ...{ kernel, ramdisk, name: 'Debian 12', os: 'Debian 12', cmdline: '', memoryMiB: 800 },
    })
    expect(filled({ before: null, next: debian }, form, ['Debian 12'])).toMatchObject({ name: 'Debian 12-1' })
    expect(filled({ before: null, next: media('/cd/mini.iso', '') })).toMatchObject({ name: 'mini' })
    expect(filled({ before: null, next: media('/cd/a.iso', 'A/B') })).toMatchObject({ name: 'A-B' })
    expect(fieldsOf({ before: null, next: debian }, form, [], 'guest-1', 512)).toMatchObject({ memoryMiB: 512 })
  })

  it('leaves a name, a command line and more memory that were typed', () => {
    const typed = { ...form, name: 'mine', os: 'of mine', cmdline: 'quiet', memoryMiB: 2048 }
    const after = filled({ before: null, next: debian }, typed)
    expect(after).toEqual({ kernel: debian.kernel, ramdisk: debian.ramdisk, memoryMiB: 2048 })
    expect(filled({ before: debian, next: null }, { ...typed, ...after })).toEqual({ kernel: '', ramdisk: '' })
  })

  it('takes the place of another one, and goes with all it brought', () => {
    const first = { ...form, ...filled({ before: null, next: debian }) }
    const second = { ...first, ...filled({ before: debian, next: alpine }, first) }
    expect(second).toMatchObject({
      kernel: alpine.kernel,
      name: 'alpine 3.20.3 x86_64',
      os: 'Alpine Linux 3.20',
      cmdline: 'modules=loop',
      memoryMiB: 800,
    })
    expect(filled({ before: alpine, next: null }, second)).toEqual({
      ...{ kernel: '', ramdisk: '', name: 'guest-1', os: '', cmdline: 'console=hvc0' },
    })
  })

  it('is in a drive beside a new disk, with a screen; disks that were added stay', () => {
    const first = withMedia(nothing, { before: null, next: debian }, { sizeMiB: 4096 })
    expect(first.disks).toMatchObject([
      { dev: 'xvda', source: 'new', sizeMiB: 4096 },
      { dev: 'xvdb', source: 'file', path: '/cd/debian.iso', fileFormat: 'raw', readonly: true, removable: true },
    ])
    expect(first.display).toMatchObject({ width: 1024, height: 768 })
    const second = withMedia(first, { before: debian, next: alpine }, {})
    expect(second.disks.map(({ dev, path }) => [dev, path])).toEqual([
      ['xvda', ''],
      ['xvdb', '/cd/alpine.iso'],
    ])
    expect(withMedia(second, { before: alpine, next: null }, {}).disks).toEqual([])
    const own = { ...nothing, disks: [{ ...newDisk('xvda'), path: '/mine.qcow2' }] }
    const beside = withMedia(own, { before: null, next: debian }, {})
    expect(beside.disks.map(({ dev }) => dev)).toEqual(['xvda', 'xvdb'])
    expect(withMedia(beside, { before: debian, next: null }, {}).disks).toEqual(own.disks)
  })
})
