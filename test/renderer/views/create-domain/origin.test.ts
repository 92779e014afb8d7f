// What configurations and templates fill in, and the command that is shown for it. Runs in: vitest, plain Node.

import { describe, expect, it } from 'vitest'
import type { Device } from '../../../../src-main/public/device'
import type { Template } from '../../../../src-main/public/template'
import type { DomainConfig } from '../../../../src-main/public/types'
import { isKnown } from '../../../../src-renderer/features/disks/disk-form'
import { orderOf } from '../../../../src-renderer/views/create-domain/check-form'
import { fromConfig, fromTemplate, kernelInUse } from '../../../../src-renderer/views/create-domain/origin'
import { commandText, quoted } from '../../../../src-renderer/views/create-domain/shown-command'
import { domainInfo } from '../../../support/domain-info'

const devices: readonly Device[] = [
  { kind: 'vbd', dev: 'xvda', path: '/a.qcow2', format: 'qcow2', readonly: false, removable: false, allowedBacking: ['/b'] },
  { kind: 'vbd', dev: 'xvdb', path: '', format: 'raw', readonly: true, removable: true },
  {
    kind: 'vif',
    index: 0,
    network: 'lab',
    mac: '00:16:3e:00:00:01',
    forwards: [{ protocol: 'tcp', hostPort: 80, guestPort: 80 }],
  },
  { kind: 'vif', index: 1, network: 'default', mac: '00:16:3e:00:00:02', forwards: [] },
  { kind: 'vfb', width: 800, height: 600, vnc: { kind: 'tcp', address: '0.0.0.0', port: 5900 } },
]
const config: DomainConfig = {
  name: 'web',
  title: 'The web',
  memoryMiB: 128,
  vcpus: 2,
  kernel: '/vmlinuz',
  ramdisk: '/initrd',
  cmdline: 'quiet',
  devices: [...devices],
}

describe('a configuration', () => {
  it('comes out as it went in when nothing is changed', () => {
    const { fields, parts, origin } = fromConfig(config, '<domain/>', [])
    const form = { name: '', os: '', kernel: '', ramdisk: '', cmdline: '', memoryMiB: 0, vcpus: 0, ...fields }
    const order = orderOf(form, { ...parts, disks: parts.disks.filter(isKnown) }, () => '', origin)
    expect(order.images).toEqual([])
    const byKind = (list: readonly Device[]) => [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    expect({ ...order.config, devices: byKind(order.config.devices) }).toEqual({ ...config, devices: byKind(devices) })
  })

  it('gets another name when its own is taken, and no network card when it has none', () => {
    const { fields, parts } = fromConfig({ ...config, devices: [] }, '', ['web', 'web-1'])
    expect(fields.name).toBe('web-2')
    expect(parts.nic?.network).toBe('')
  })
})

describe('a template', () => {
  const template: Template = { id: 'x', name: 'Web', savedAt: 0, config, text: '', disks: [{ dev: 'xvda', sizeMiB: 1500 }] }
  it.each([
    [undefined, { source: 'new', path: '', sizeMiB: 1500 }],
    ['/own.qcow2', { source: 'copy', path: '/own.qcow2', sizeMiB: 1500 }],
  ] as const)('shares no disk, address, port or password (%s)', (image, disk) => {
    const disks = [{ dev: 'xvda', sizeMiB: 1500, ...(image !== undefined && { image }) }]
    const { fields, parts, origin } = fromTemplate(
      { ...template, disks },
      ['Web-1'],
      ['00:16:3e:aa:00:01', '00:16:3e:aa:00:02'],
    )
    expect(fields.name).toBe('Web-2')
    expect(parts.disks).toMatchObject([{ ...disk, allowedBacking: [] }, { source: 'empty' }])
    expect(parts.nic).toMatchObject({ network: 'lab', mac: '00:16:3e:aa:00:01', forwards: [] })
    expect(origin.others).toMatchObject([{ mac: '00:16:3e:aa:00:02' }])
    expect(parts.display).toEqual({ kind: 'vfb', width: 800, height: 600 })
  })
})

it('the kernel proposed for a disk is that of the machine started last', () => {
  const of = (kernel: string, startedAt: number | null) =>
    domainInfo({ config: { ...config, kernel, ramdisk: null }, startedAt })
  expect(kernelInUse([of('/a', null), of('/b', 2), of('/c', 1)])).toEqual({ kernel: '/b', ramdisk: '' })
  expect(kernelInUse([domainInfo()])).toBeUndefined()
})

describe('the command', () => {
  const command = { program: 'xm', connection: null, images: [], start: true }

  it('has words a shell takes as they are', () => {
    expect(['/a/b.img', "it's", 'a b', '$x', ''].map(quoted)).toEqual(['/a/b.img', `'it'\\''s'`, "'a b'", "'$x'", "''"])
  })

  it('makes images first, then the machine; domain XML where an xl.cfg does not say all', () => {
    const draft = { xml: '<domain/>', xl: "name = 'a'\n", notes: [] }
    expect(commandText({ ...command, draft })).toBe("xm create /dev/stdin <<'END'\nname = 'a'\nEND\n")
    const images = [
      { path: '/a b.raw', format: 'raw', sizeMiB: 64 },
      { path: '/c.qcow2', format: 'qcow2', sizeMiB: 1, copyOf: { path: '/d', format: 'raw', allowedBacking: ['/e', '/f g'] } },
    ] as const
    const all = commandText({ ...command, draft: { ...draft, notes: [1] }, connection: 'My lab', images, start: false })
    expect(all.split('\n')).toEqual([
      "xm -c 'My lab' image-create -f raw '/a b.raw' 64 &&",
      "xm -c 'My lab' image-copy -f qcow2 /d /c.qcow2 1 --backing /e '/f g' &&",
      "xm -c 'My lab' new /dev/stdin <<'END'",
      '<domain/>',
      'END',
      '',
    ])
  })

  it('ends the text with a line the text does not have', () => {
    const draft = { xml: '', xl: 'END\nEND_\n', notes: [] }
    expect(commandText({ ...command, draft })).toContain("<<'END__'")
  })
})
