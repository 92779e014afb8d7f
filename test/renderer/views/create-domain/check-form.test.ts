// The form for a new virtual machine: what is wrong with it, and whose fault a refusal is.

import { describe, expect, it } from 'vitest'
import { errorReport } from '../../../../src-main/public/error-code'
import { checkDisk, diskOf, freeDev, newDisk } from '../../../../src-renderer/features/disks/disk-form'
import { DEFAULT_DISPLAY } from '../../../../src-renderer/features/display/display-form'
import { checkForward, checkMac, newNic } from '../../../../src-renderer/features/nics/nic-form'
import { makeTranslator } from '../../../../src-renderer/lib/translate'
import { checkForm, type Form, fieldOf, freeName, orderOf } from '../../../../src-renderer/views/create-domain/check-form'

const t = makeTranslator('en')
const limits = { minMemoryMiB: 16, maxMemoryMiB: 4000, maxVcpus: 8 }
const good: Form = {
  name: 'guest-1',
  os: '',
  kernel: '/boot/vmlinuz',
  ramdisk: '',
  cmdline: 'console=hvc0',
  memoryMiB: 256,
  vcpus: 2,
}

const wrong = (part: Partial<Form>) => Object.keys(checkForm({ ...good, ...part }, ['taken'], limits, t))

describe('the form of a new virtual machine', () => {
  it('is right with a name, a kernel and memory within the limits', () => {
    expect(wrong({})).toEqual([])
  })

  it.each<[string, Partial<Form>, string]>([
    ['an empty name', { name: '  ' }, 'name'],
    ['a name that begins with a dash', { name: '-a' }, 'name'],
    ['a name with a slash', { name: 'a/b' }, 'name'],
    ['a name of 257 bytes', { name: 'a'.repeat(257) }, 'name'],
    ['65 emoji, which take 260 bytes', { name: '🦊'.repeat(65) }, 'name'],
    ['a name that looks like one that is taken', { name: 'taken\u200d' }, 'name'],
    ['a name that is taken', { name: 'taken' }, 'name'],
    ['no kernel', { kernel: '' }, 'kernel'],
    ['a relative kernel path', { kernel: 'vmlinuz' }, 'kernel'],
    ['a relative ramdisk path', { ramdisk: 'initrd' }, 'ramdisk'],
    ['too long a command line', { cmdline: 'x'.repeat(2048) }, 'cmdline'],
    ['no vcpus', { vcpus: Number.NaN }, 'vcpus'],
    ['vcpu 0', { vcpus: 0 }, 'vcpus'],
    ['vcpus beyond the limit', { vcpus: 9 }, 'vcpus'],
    ['no memory', { memoryMiB: Number.NaN }, 'memoryMiB'],
    ['memory 0', { memoryMiB: 0 }, 'memoryMiB'],
    ['memory beyond the limit', { memoryMiB: 4001 }, 'memoryMiB'],
  ])('refuses %s', (_what, part, field) => {
    expect(wrong(part)).toEqual([field])
  })

  it('takes names with umlauts and Windows paths', () => {
    expect(wrong({ name: 'Größe 1', kernel: 'C:\\boot\\vmlinuz' })).toEqual([])
  })

  it('says where the limit of memory comes from', () => {
    expect(checkForm({ ...good, memoryMiB: 9000 }, [], limits, t).memoryMiB).toContain('share 4 GiB')
  })

  it('becomes a definition without blanks around, and without a ramdisk when none is named', () => {
    const { config, images } = orderOf(
      { ...good, name: ' a ', ramdisk: ' ' },
      { disks: [], nic: null, display: null },
      () => '',
    )
    expect(config).toMatchObject({ name: 'a', ramdisk: null, vcpus: 2, devices: [] })
    expect(images).toEqual([])
  })

  it('orders the images of new disks, and names devices as the toolstack does', () => {
    const nic = {
      ...newNic(0, '00-16-3E-00-00-01'),
      forwards: [{ id: 0, protocol: 'tcp', hostPort: 2222, guestPort: 22, anyone: true }],
    } as const
    const disks = [newDisk('xvda'), { ...newDisk('xvdb'), source: 'file', path: '/a.vmdk', fileFormat: 'vmdk' }] as const
    const { config, images } = orderOf(good, { disks, nic, display: DEFAULT_DISPLAY }, ({ dev }) => `/disks/${dev}.qcow2`)
    expect(config.devices).toEqual([
      {
        kind: 'vbd',
        dev: 'xvda',
        path: '/disks/xvda.qcow2',
        format: 'qcow2',
        readonly: false,
        removable: false,
        enospace: 'stop',
      },
      { kind: 'vbd', dev: 'xvdb', path: '/a.vmdk', format: 'vmdk', readonly: true, removable: false },
      {
        kind: 'vif',
        index: 0,
        network: 'default',
        mac: '00:16:3e:00:00:01',
        forwards: [{ protocol: 'tcp', hostPort: 2222, guestPort: 22, hostAddress: '0.0.0.0' }],
      },
      { kind: 'vfb', width: 1024, height: 768 },
    ])
    expect(images).toEqual([{ path: '/disks/xvda.qcow2', format: 'qcow2', sizeMiB: 8192 }])
  })

  it('says how a disk is cached only where that is not what leaving it out means, and it is written to', () => {
    const modes = { cache: 'unsafe', discard: 'ignore' } as const
    const written = diskOf({ ...newDisk('xvda'), ...modes }, '/a.qcow2').disk
    expect(written).toMatchObject(modes)
    const read = diskOf({ ...newDisk('xvda'), source: 'file', path: '/a.iso', readonly: true, ...modes }, '').disk
    for (const disk of [read, diskOf(newDisk('xvda'), '/a.qcow2').disk]) {
      expect(Object.keys(disk)).not.toEqual(expect.arrayContaining(['cache']))
      expect(Object.keys(disk)).not.toEqual(expect.arrayContaining(['discard']))
    }
  })

  it('says what is wrong with a disk or a network interface', () => {
    expect(checkDisk({ ...newDisk('xvda'), sizeMiB: Number.NaN }, t)).toEqual({ sizeMiB: 'A number is needed' })
    expect(checkDisk({ ...newDisk('xvda'), source: 'file' }, t).path).toBeDefined()
    expect(checkDisk({ ...newDisk('xvda'), source: 'file', path: 'a.img' }, t).path).toBeDefined()
    expect(checkDisk({ ...newDisk('xvda'), source: 'empty' }, t)).toEqual({})
    expect(freeDev(['xvda', 'xvdc'])).toBe('xvdb')
    expect(checkMac('00:16:3e:1:2:3', t)).toBeDefined()
    expect(checkMac('01:16:3e:00:00:01', t)).toBeDefined()
    expect(checkMac('00163E000001', t)).toBeUndefined()
    const forward = { id: 0, protocol: 'tcp', hostPort: 80, guestPort: 80, anyone: false } as const
    expect(checkForward(forward, [forward, { ...forward, id: 1 }], t)).toBeDefined()
    expect(checkForward({ ...forward, guestPort: 70000 }, [], t)).toBeDefined()
    expect(checkForward(forward, [forward, { ...forward, id: 1, protocol: 'udp' }], t)).toBeUndefined()
  })

  it('proposes the first free name', () => {
    expect(freeName([])).toBe('guest-1')
    expect(freeName(['guest-1', 'guest-3'])).toBe('guest-2')
  })

  it.each([
    [errorReport('name-exists', { name: 'a' }), 'name'],
    [errorReport('memory-too-large', { asked: 1, max: 1 }), 'memoryMiB'],
    [errorReport('file-unreadable', { path: '/boot/vmlinuz', detail: '' }), 'kernel'],
    [errorReport('file-unreadable', { path: '/initrd', detail: '' }), 'ramdisk'],
    [errorReport('image-unusable', { detail: '' }), undefined],
  ])('shows a refusal beside its field', (error, field) => {
    expect(fieldOf(error, { ...good, ramdisk: '/initrd' })).toBe(field)
  })
})
