// xl.cfg and xmdomain.cfg: read as the real xl reads them, written so that xl could, the same model after both ways.
// Oracle: libxlutil's and libxenlight's own answers (test/fixture/config). Runs in: vitest, plain Node.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anything, fields, list, text } from '../../../src-engine/public/shape'
import { readDomainXml } from '../../../src-main/config/domain-xml'
import { readXl, writeXl } from '../../../src-main/config/xl-config'
import { parseDiskSpec } from '../../../src-main/config/xl-spec'
import { parseXl, xlText } from '../../../src-main/config/xl-text'
import { explainNote } from '../../../src-main/public/config-note'
import type { Device } from '../../../src-main/public/device'
import { explainError } from '../../../src-main/public/error-code'

const fixture = (name: string): string => readFileSync(join(import.meta.dirname, '../../fixture/config', name), 'utf8')
const context = { newMac: () => '00:16:3e:00:00:01', networks: ['default', 'inner'] }

const recordedShape = fields({
  texts: list(fields({ text, settings: anything })),
  disks: list(fields({ spec: text, disk: anything })),
})
const recordedText: unknown = JSON.parse(fixture('xl-parsed.json'))
if (!recordedShape.is(recordedText)) throw new Error('xl-parsed.json')
const recorded = recordedText

function read(text: string) {
  const result = readXl(text, context)
  if (!result.ok) throw new Error(explainError(result.error).cause)
  return result.value
}

function refusal(text: string): string {
  const result = readXl(text, context)
  if (result.ok) throw new Error('it was read')
  return explainError(result.error).cause
}

it('has a boot loader as xl.cfg has it, with and without a kernel', () => {
  const { config, notes } = read(
    `name = "a"\nmemory = 128\nbootloader = "pygrub"\ndisk = ['/a.img,raw,xvda,rw']\ntype = "pvh"\n`,
  )
  expect([config.bootloader, config.kernel, notes]).toEqual(['pygrub', '', []])
  for (const kernel of ['', '/k']) {
    const { text } = writeXl({ ...config, kernel }, '11111111-2222-4333-8444-555555555555')
    expect(text).toMatch(/^bootloader = ['"]pygrub['"]$/m)
    expect(/^kernel = /m.test(text)).toBe(kernel !== '')
    expect(read(text).config).toEqual({ ...config, kernel })
  }
})

describe('the text of an xl.cfg', () => {
  /** xl does not read these, people's editors write the first, and its own octal and the like lose characters. */
  const otherwise = ['name = "a"\r\nmemory = 3\r\n', 'extra = "\\101b"\n']
  it.each(recorded.texts.filter(({ text }) => !otherwise.includes(text)))(
    '$text is read as xl reads it',
    ({ text, settings }) => {
      const parsed = parseXl(text)
      if (settings === null) expect(parsed.ok).toBe(false)
      else expect(parsed.ok && Object.fromEntries(parsed.value.map(({ key, value }) => [key, value]))).toEqual(settings)
    },
  )

  it('carries any string', () => {
    for (const text of ['', "it's", '"', `both ' and "`, 'back\\slash', 'a\nb\tc\rd', 'ä漢🦊', '# no comment', ';', '\u202e']) {
      const parsed = parseXl(`key = ${xlText(text)}\nother = 1`)
      expect(parsed.ok && parsed.value[0]?.value).toBe(text)
    }
  })
})

describe('a disk specification', () => {
  it.each(recorded.disks)('$spec is read as xl reads it', ({ spec, disk }) => {
    const parts = parseDiskSpec(spec)
    if (typeof parts === 'string') return expect(disk).toBeNull()
    const cdrom = parts.get('devtype') === 'cdrom'
    // What xl refuses for what is missing is refused by the table: `vdev` is required, a disk needs a file (device-check.ts).
    if (disk === null) return expect(parts.has('vdev') && parts.has('target')).toBe(false)
    const access = parts.get('access') ?? (cdrom ? 'ro' : 'rw')
    expect(disk).toMatchObject({
      pdev_path: parts.get('target') ?? '',
      vdev: parts.get('vdev'),
      ...(parts.has('target') && { format: parts.get('format') ?? 'raw' }),
      ...(['rw', 'w'].includes(access) && { readwrite: 1 }),
      ...(cdrom && { is_cdrom: 1 }),
      ...(parts.has('discard') && { discard_enable: parts.get('discard') === 'discard' ? 'True' : 'False' }),
    })
  })
})

describe('xl.cfg', () => {
  it('says the same domain as the domain XML, but for what it cannot say', () => {
    const xml = readDomainXml(fixture('pvh.xml'), context)
    if (!xml.ok) throw new Error('pvh.xml')
    const { config, uuid } = xml.value
    const written = writeXl(config, uuid ?? '')
    expect(written.text).toBe(fixture('pvh.cfg'))
    expect(written.notes.map(({ reason }) => reason)).toEqual(['not-said'])
    const again = read(written.text)
    expect(again.uuid).toBe(uuid)
    const { title: _title, description: _description, os: _os, autostart: _autostart, ...said } = config
    expect(again.config).toEqual({
      ...said,
      devices: config.devices.map((device) => {
        if (device.kind === 'vfb') return { ...device, width: 1024, height: 768 }
        if (device.kind === 'vif')
          return { kind: 'vif', index: 0, mac: device.mac, network: 'default', rateKiB: 1000, forwards: [] }
        const { allowedBacking: _backing, enospace: _enospace, cache: _cache, ...disk } = device
        return disk
      }),
    })
    expect(writeXl(again.config, again.uuid ?? '').text.replace(/^#.*\n/gm, '')).toBe(written.text.replace(/^#.*\n/gm, ''))
  })

  it.each([
    ['memory = 256', { memoryMiB: 256 }, 'memory = 256'],
    ['memory = 128\nmaxmem = 256', { memoryMiB: 256, currentMiB: 128 }, 'maxmem = 256\nmemory = 128'],
    ['maxmem = 256', { memoryMiB: 256 }, 'memory = 256'],
    ['memory = 256\nmaxmem = 256', { memoryMiB: 256 }, 'memory = 256'],
  ])('reads %j as what it has and may have, and says it so', (lines, memory, written) => {
    const { config, unknown } = read(`name = 'a'\nkernel = '/k'\n${lines}`)
    const { memoryMiB, currentMiB } = config
    expect({ memoryMiB, ...(currentMiB !== undefined && { currentMiB }) }).toEqual(memory)
    expect(unknown).toBe('')
    const { text } = writeXl(config, '11111111-2222-4333-8444-555555555555')
    expect(text).toContain(`\n${written}\n`)
    expect(text.match(/mem/g)).toHaveLength(written.split('\n').length)
  })

  it.each([
    ['', { vcpus: 1 }, 'vcpus = 1'],
    ['vcpus = 4', { vcpus: 4 }, 'vcpus = 4'],
    ['vcpus = 2\nmaxvcpus = 4', { vcpus: 4, currentVcpus: 2 }, 'maxvcpus = 4\nvcpus = 2'],
    ['vcpus = 4\nmaxvcpus = 4', { vcpus: 4 }, 'vcpus = 4'],
    // One starts where only the most is said, as with xl.
    ['maxvcpus = 4', { vcpus: 4, currentVcpus: 1 }, 'maxvcpus = 4\nvcpus = 1'],
  ])('reads %j as the vcpus it starts with and may have, and says it so', (lines, expected, written) => {
    const { config, notes, unknown } = read(`name = 'a'\nkernel = '/k'\nmemory = 64\n${lines}`)
    const { vcpus, currentVcpus } = config
    expect({ vcpus, ...(currentVcpus !== undefined && { currentVcpus }) }).toEqual(expected)
    expect([notes, unknown]).toEqual([[], ''])
    const { text } = writeXl(config, '11111111-2222-4333-8444-555555555555')
    expect(text).toContain(`\n${written}\n`)
    expect(text.match(/vcpus/g)).toHaveLength(written.split('\n').length)
  })

  it('refuses more vcpus at the start than there may be', () => {
    expect(refusal(`name = 'a'\nkernel = '/k'\nmemory = 64\nvcpus = 4\nmaxvcpus = 2`)).toMatch(
      /line 4: vcpus is “4”, but a whole number from 1 to 2 is expected/,
    )
  })

  it('reads what follows when a guest ends, and keeps as lines what is not done here', () => {
    const { config, notes, unknown } = read(
      `name = 'a'\nkernel = '/k'\nmemory = 64\non_poweroff = 'destroy'\non_reboot = 'destroy'\non_crash = 'rename-restart'`,
    )
    expect(config).toMatchObject({ onReboot: 'destroy' })
    expect(config).not.toHaveProperty('onPoweroff')
    expect(config).not.toHaveProperty('onCrash')
    expect(unknown).toBe("on_crash = 'rename-restart'")
    expect(notes.map(explainNote)).toEqual(['Kept in the configuration, but without effect here: on_crash.'])
    expect(writeXl({ ...config, onCrash: 'restart' }, '').text).toMatch(/^on_reboot = 'destroy'\non_crash = 'restart'$/m)
  })

  it('says whether a disk takes discards, and not how it is cached', () => {
    const { config } = read(`name = 'a'\nkernel = '/k'\nmemory = 64
      disk = [ '/a,raw,xvda,rw,no-discard', '/b,raw,xvdb,rw,discard,direct-io-safe', '/c,raw,xvdc,rw' ]`)
    expect(config.devices.map((device) => device.kind === 'vbd' && device.discard)).toEqual(['ignore', 'unmap', undefined])
    const { text, notes } = writeXl(config, '11111111-2222-4333-8444-555555555555')
    expect(text).toMatch(/'vdev=xvda, format=raw, access=rw, no-discard, target=\/a'/)
    expect(text).toMatch(/'vdev=xvdb, format=raw, access=rw, discard, target=\/b'/)
    expect(text).toMatch(/'vdev=xvdc, format=raw, access=rw, target=\/c'/)
    expect(notes).toEqual([])
    const devices = config.devices.map(
      (disk, at): Device => (disk.kind === 'vbd' && at === 0 ? { ...disk, cache: 'unsafe' } : disk),
    )
    expect(writeXl({ ...config, devices }, '').notes.map(explainNote)).toEqual([
      'xl.cfg has no place for: the cache mode of xvda (unsafe).',
    ])
  })

  it('reads an old xmdomain.cfg and says what it changed', () => {
    const { config, notes, unknown } = read(`
      # Configuration of 2009
      kernel = "/boot/vmlinuz-2.6-xen"
      ramdisk = "/boot/initrd-2.6-xen.img"
      memory = 128
      maxmem = 256
      name = "old"
      builder = "linux"
      disk = [ 'file:/images/old.img,sda,w', 'phy:vg/data,hdb,r' ]
      vif = [ '', 'bridge=xenbr0, mac=00:16:3E:00:00:99', 'bridge=inner' ]
      vfb = [ 'type=vnc,vncdisplay=1' ]
      root = "/dev/sda1 ro"
      extra = "4"
      on_crash = 'preserve'
      cpu_weight = 512
      cap = 50
    `)
    expect(config).toMatchObject({
      name: 'old',
      memoryMiB: 256,
      cpuWeight: 512,
      cpuCap: 50,
      cmdline: 'root=/dev/sda1 ro 4',
      devices: [
        { dev: 'xvda', path: '/images/old.img', readonly: false },
        { dev: 'xvdb', path: '/dev/vg/data', readonly: true },
        { index: 0, mac: '00:16:3e:00:00:01', network: 'default' },
        { index: 1, mac: '00:16:3e:00:00:99', network: 'default' },
        { index: 2, network: 'inner' },
        { kind: 'vfb', vnc: { kind: 'tcp', address: '127.0.0.1', port: 5901 } },
      ],
    })
    expect(notes.map(explainNote)).toEqual([
      'The type “linux” becomes a Xen PVH guest, which boots from a kernel and needs Xen’s drivers in the guest.',
      'The disk sda is named xvda here.',
      'The disk hdb is named xvdb here.',
      'A network interface without an address got 00:16:3e:00:00:01.',
      'The network interface 00:16:3E:00:00:99 joins the virtual network “default” instead of “xenbr0”.',
      'A network interface without an address got 00:16:3e:00:00:01.',
      'Kept in the configuration, but without effect here: builder, on_crash.',
    ])
    expect(unknown).toBe(`builder = "linux"\non_crash = 'preserve'`)
    const { text } = writeXl(config, '11111111-2222-4333-8444-555555555555', unknown)
    expect(text).toContain(unknown)
    expect(text).toContain('cpu_weight = 512\ncap = 50\n')
  })

  it('takes processors as far as they are the same for all vcpus, and keeps what xl can say beyond', () => {
    const cpus = (value: string) => {
      const { config, notes, unknown } = read(`name = "a"\nmemory = 64\ncpus = ${value}`)
      return [config.cpuSet, unknown, notes.map(explainNote).join(' ')]
    }
    expect(cpus('"0-3,^1"')).toEqual(['0-3,^1', '', ''])
    const kept = 'Kept in the configuration, but without effect here: cpus.'
    for (const beyond of ['["2", "3"]', '"all"', '"nodes:0"'])
      expect(cpus(beyond)).toEqual([undefined, `cpus = ${beyond}`, kept])
    const { config, unknown } = read('name = "a"\nmemory = 64\ncpus = "all"')
    const again = read(writeXl({ ...config, cpuSet: '1' }, '11111111-2222-4333-8444-555555555555', unknown).text)
    expect(again.config.cpuSet).toBe('1')
  })

  it.each([
    ['memory = 256', 'line 1: name is missing'],
    ['name = "a"', 'line 1: memory is missing'],
    ['name = "a"\nmemory = "much"', 'line 2: memory is “much”, but a whole number is expected'],
    ['name = [ "a" ]\nmemory = 1', 'line 1: name is a list, but text is expected'],
    ['name = "a"\nmemory = 1\ndisk = "/a,raw,xvdz,rw"', 'line 3: disk: vdev is “xvdz”, but a disk name from xvda to xvdp'],
    ['name = "a"\nmemory = 1\ndisk = [ "/a,qed,xvda,rw" ]', 'line 3: disk: format is “qed”'],
    ['name = "a"\nmemory = 1\ndisk = [ "/a" ]', 'line 3: disk: vdev is missing'],
    ['name = "a"\nmemory = 1\ndisk = [ "a,raw,xvda,w,x" ]', 'line 3: disk: “x” is one parameter too many'],
    ['name = "a"\nmemory = 1\nvif = [ "mac=zz" ]', 'line 3: vif: mac is “zz”'],
    ['name = "a"\nmemory = 1\nvif = [ "rate=fast" ]', 'line 3: vif: rate is “fast”, but a rate such as 10Mb/s is expected'],
    ['name = "a"\nmemory = 1\nuuid = "x"', 'line 3: uuid is no UUID'],
    ['import os\nname = "a"', 'line 1: “=” is expected after import'],
    ['name = "a', 'line 1: a string is not closed'],
    ['name = "a"\nmemory = 1\nx = [ 1 2 ]', 'line 3: “,” or “]” is expected in a list'],
    ['name = "\0"', 'line 1: there is a NUL character'],
    ['a = 1 b = 2', 'line 1: the end of the line is expected after a'],
    ['a = 99999999999999999999', 'line 1: the number 99999999999999999999 is too large'],
    [`a = ${'['.repeat(100_000)}`, 'line 1: lists are nested more than 8 deep'],
    ['x'.repeat(10_000_000), 'line 1: the text is longer than 1 MiB'],
  ])('refuses text %# with its line', (text, sentence) => {
    expect(refusal(text)).toContain(sentence)
  })

  it('reads a megabyte of settings without getting slow', () => {
    const many = Array.from({ length: 30_000 }, (_, i) => `key_number_${i} = "${i}"`).join('\n')
    expect(read(`name = "a"\nmemory = 64\n${many}`).config.name).toBe('a')
  })
})
