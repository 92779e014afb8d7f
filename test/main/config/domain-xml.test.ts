// Domain XML: read → write → read is the same, what we do not know stays, errors name their line, hostile texts end in one
// sentence. Oracles: files written by virsh and virt-install, libvirt's own schema. Runs in: vitest, plain Node.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { properName } from '../../../src-engine/public/name'
import { readDomainXml, writeDomainXml } from '../../../src-main/config/domain-xml'
import { formatXml, parseXml } from '../../../src-main/config/xml-tree'
import { explainNote } from '../../../src-main/public/config-note'
import type { Device, Vnc } from '../../../src-main/public/device'
import { explainError } from '../../../src-main/public/error-code'
import type { DomainConfig } from '../../../src-main/public/types'
import { randomFrom } from '../../support/random'

const UUID = '11111111-2222-4333-8444-555555555555'
const SCHEMA = '/usr/share/libvirt/schemas/domain.rng'
const fixture = (name: string): string => readFileSync(join(import.meta.dirname, '../../fixture/config', name), 'utf8')
const context = { newMac: () => '00:16:3e:00:00:01' }

function read(text: string) {
  const result = readDomainXml(text, context)
  if (!result.ok) throw new Error(explainError(result.error).cause)
  return result.value
}

function refusal(text: string): string {
  const result = readDomainXml(text, context)
  if (result.ok) throw new Error('it was read')
  return explainError(result.error).cause
}

function formatted(text: string): string {
  const document = parseXml(text)
  if (!document.ok) throw new Error(explainError(document.error).cause)
  return formatXml(document.value)
}

function validate(text: string): void {
  if (!existsSync(SCHEMA) || !existsSync('/usr/bin/xmllint')) return
  execFileSync('xmllint', ['--noout', '--relaxng', SCHEMA, '-'], { input: text, stdio: ['pipe', 'pipe', 'pipe'] })
}

const plain: DomainConfig = {
  name: 'guest',
  memoryMiB: 256,
  vcpus: 1,
  kernel: '/boot/vmlinuz',
  ramdisk: null,
  cmdline: '',
  devices: [],
}

const withDevice = (device: string): string =>
  `<domain>\n<name>a</name>\n<memory>262144</memory>\n<devices>\n${device}\n</devices>\n</domain>`

describe('a boot loader', () => {
  const disk: Device = { kind: 'vbd', dev: 'xvda', path: '/a.img', format: 'raw', readonly: false, removable: false }

  it('is libvirt’s <bootloader>, before <os>, with or without kernel files', () => {
    for (const kernel of ['', '/boot/vmlinuz']) {
      const config = { ...plain, bootloader: '/usr/bin/pygrub', kernel, devices: [disk] }
      const text = writeDomainXml(config, UUID)
      expect(text).toMatch(/<bootloader>\/usr\/bin\/pygrub<\/bootloader>\s*<os>/)
      expect(read(text).config).toEqual(config)
      expect(writeDomainXml(config, UUID, text)).toBe(text)
      validate(text)
      expect(writeDomainXml({ ...config, bootloader: undefined }, UUID, text)).not.toContain('bootloader')
    }
  })

  it('is read as the libvirt manual has it, without <os>, its arguments named as without effect', () => {
    const { config, notes } = read(
      `<domain type='xen'>\n<name>fc8</name>\n<bootloader>/usr/bin/pygrub</bootloader>\n<bootloader_args>--append single</bootloader_args>\n<memory>131072</memory>\n</domain>`,
    )
    expect(config).toMatchObject({ bootloader: '/usr/bin/pygrub', kernel: '', ramdisk: null })
    expect(notes.map(explainNote).join(' ')).toContain('bootloader_args')
  })
})

describe('the operating system', () => {
  const DEBIAN = 'http://debian.org/debian/12'
  const element = (inner: string): string =>
    `<metadata><libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">${inner}</libosinfo:libosinfo></metadata>`
  const withMetadata = (metadata: string): string => withDevice('').replace('<memory>', `${metadata}<memory>`)

  it('is kept as virt-manager keeps it, and goes with its elements', () => {
    const text = writeDomainXml({ ...plain, os: DEBIAN }, UUID)
    expect(text).toContain(`<libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>`)
    expect(text).toContain(`<libosinfo:os id='${DEBIAN}'/>`)
    expect(read(text)).toMatchObject({ config: { os: DEBIAN }, notes: [] })
    validate(text)
    expect(writeDomainXml({ ...plain, os: DEBIAN }, UUID, text)).toBe(text)
    expect(writeDomainXml(plain, UUID, text)).toBe(writeDomainXml(plain, UUID))
  })

  it('may be one that nobody knows, and leaves other metadata as it stands', () => {
    const others = '<libosinfo:note xmlns:x="urn:x" x:y="1">kept</libosinfo:note>'
    const text = withMetadata(
      element(`<libosinfo:os id="http://example.net/none/0"/>${others}`).replace(
        '</metadata>',
        '<app:a xmlns:app="urn:a">1</app:a></metadata>',
      ),
    )
    const { config } = read(text)
    expect(config.os).toBe('http://example.net/none/0')
    const same = writeDomainXml(config, UUID, text)
    expect(read(same).config).toEqual(config)
    expect(same).toContain("<libosinfo:os id='http://example.net/none/0'/>")
    const changed = writeDomainXml({ ...config, os: 'my own & other' }, UUID, text)
    expect(read(changed).config.os).toBe('my own & other')
    expect(changed.match(/xmlns:libosinfo/g)).toHaveLength(1)
    const without = writeDomainXml({ ...config, os: undefined }, UUID, text)
    expect(read(without).config.os).toBeUndefined()
    for (const each of [same, changed, without]) {
      expect(each).toMatch(/<libosinfo:note xmlns:x='urn:x' x:y='1'>kept</)
      expect(each).toContain("<app:a xmlns:app='urn:a'>1</app:a>")
    }
  })

  it('is put beside what we keep there ourselves', () => {
    const text = writeDomainXml({ ...plain, autostart: true }, UUID)
    const both = writeDomainXml({ ...plain, autostart: true, os: DEBIAN }, UUID, text)
    expect(read(both).config).toEqual({ ...plain, autostart: true, os: DEBIAN })
    expect(both.match(/<metadata>/g)).toHaveLength(1)
    expect(writeDomainXml({ ...plain, autostart: true }, UUID, both)).toBe(text)
  })
})

describe('domain XML', () => {
  it('says all of the model, and is written as it was read', () => {
    const text = fixture('pvh.xml')
    const { config, uuid, notes } = read(text)
    expect({ uuid, notes }).toEqual({ uuid: UUID, notes: [] })
    expect(config).toEqual({
      name: 'web 1',
      title: 'The web server',
      description: 'Two disks,\na network & a screen.',
      os: 'http://debian.org/debian/12',
      autostart: true,
      memoryMiB: 512,
      currentMiB: 384,
      vcpus: 2,
      cpuWeight: 512,
      cpuCap: 50,
      cpuSet: '0-3,^2',
      onPoweroff: 'restart',
      onReboot: 'destroy',
      onCrash: 'restart',
      kernel: '/boot/vmlinuz',
      ramdisk: '/boot/initrd.img',
      cmdline: 'root=/dev/xvda1 console=hvc0 quote="a b"',
      devices: [
        {
          kind: 'vbd',
          dev: 'xvda',
          format: 'qcow2',
          cache: 'writethrough',
          readonly: false,
          removable: false,
          enospace: 'stop',
          discard: 'ignore',
          allowedBacking: ['/images/base.qcow2'],
          path: '/images/web, first.qcow2',
        },
        { kind: 'vbd', dev: 'xvdc', format: 'raw', readonly: true, removable: true, path: '' },
        {
          kind: 'vif',
          index: 0,
          mac: '00:16:3e:12:34:56',
          network: 'default',
          rateKiB: 1000,
          link: 'down',
          capture: '/tmp/web.pcap',
          forwards: [
            { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 2222, guestPort: 22 },
            { protocol: 'udp', hostPort: 5353, guestPort: 53 },
          ],
        },
        {
          ...{ kind: 'vfb', width: 1280, height: 800, keymap: 'de' },
          vnc: { kind: 'tcp', address: '127.0.0.1', port: 5901, password: 'geheim' },
        },
      ],
    })
    expect(writeDomainXml(config, UUID, text)).toBe(text.replaceAll('&quot;', '"'))
    // Without a text from before the same comes out: nothing but the model is in it.
    expect(writeDomainXml(config, UUID)).toBe(text.replaceAll('&quot;', '"'))
  })

  it('is what libvirt’s own schema allows', () => {
    // Two things libvirt has for other guests only: forwards are of its user networks.
    const text = fixture('pvh.xml').replace(/ *<portForward[\s\S]*?<\/portForward>\n/g, '')
    validate(text)
    validate(writeDomainXml(plain, UUID))
    validate(writeDomainXml(read(fixture('foreign.xml').replace(/<future.*\n/, '')).config, UUID))
  })

  it('keeps what it does not know, wherever it stands', () => {
    const text = fixture('foreign.xml')
    const { config, notes } = read(text)
    expect(notes.map(explainNote)).toEqual([
      'Kept in the configuration, but without effect here: boot, controller, hostdev, rng, memballoon, serial (xvda), boot (xvda), cache=none (xvda).',
    ])
    const written = writeDomainXml(config, '99999999-2222-4333-8444-555555555555', text)
    // All that is new is currentMemory, which says what is so.
    const without = (xml: string): string => formatted(xml.replace(/ *<currentMemory.*\n/, ''))
    expect(without(written)).toBe(formatted(text))
    expect(writeDomainXml(read(written).config, '99999999-2222-4333-8444-555555555555', written)).toBe(written)
    const changed = writeDomainXml({ ...config, memoryMiB: 2048, devices: [] }, UUID, text)
    expect(changed).toContain("<memory unit='KiB' dumpCore='off'>2097152</memory>")
    expect(changed).toContain("<vcpu placement='static' cpuset='0-3' current='1'>1</vcpu>")
    expect(changed).toContain('mixed <vendor:b>text</vendor:b> stays')
    expect(changed).toContain('<![CDATA[<&>]]>')
    expect(changed).not.toContain('/a.img')
    expect(changed).toContain('<hostdev')
  })

  it.each(['virsh-test.xml', 'virt-install.xml'])('reads %s of the real tools, once its processor is ours', (name) => {
    const text = fixture(name)
    expect(refusal(text)).toMatch(/^The configuration cannot be used: line \d+: <type arch> is “i686”, but only x86_64/)
    const mended = text.replace('i686', 'x86_64')
    const { config, uuid, notes } = read(mended)
    expect(config.devices.map(({ kind }) => kind)).toContain('vif')
    expect(notes.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['type-changed', 'disk-renamed', 'without-effect']),
    )
    const written = writeDomainXml(config, uuid ?? UUID, mended)
    expect(read(written)).toEqual({ config, uuid: uuid ?? UUID, notes: expect.anything() })
    expect(writeDomainXml(config, uuid ?? UUID, written)).toBe(written)
    // What is left of a PC’s way to boot has no place in the schema for Xen.
    validate(written.replace(/ *<boot .*\n/, ''))
  })

  it('gives disks from elsewhere xvd names, interfaces addresses, bridges the default network, and says so', () => {
    const { config, notes } = read(
      `<domain type='kvm'><name>x</name><memory unit='MiB'>100</memory><os><type>hvm</type></os><devices>
       <disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/></disk>
       <disk type='file'><source file='/b'/><target dev='sda'/></disk>
       <disk type='file'><source file='/c'/><target dev='xvda'/></disk>
       <interface type='bridge'><source bridge='br0'/></interface>
       <interface type='network'><source network='inner'/><alias name='ua-vif0'/></interface>
       <graphics type='spice'/></devices></domain>`,
    )
    expect(config.devices).toMatchObject([
      { path: '/a', dev: 'xvdb' },
      { path: '/b', dev: 'xvdc' },
      { path: '/c', dev: 'xvda' },
      { kind: 'vif', index: 1, network: 'default', mac: '00:16:3e:00:00:01' },
      { kind: 'vif', index: 0, network: 'inner' },
      { kind: 'vfb', width: 1024, height: 768 },
    ])
    expect(config.devices.at(-1)).not.toHaveProperty('vnc')
    expect(notes.map(({ reason }) => reason)).toEqual([
      'type-changed',
      'disk-renamed',
      'disk-renamed',
      'mac-made',
      'network-changed',
      'mac-made',
    ])
  })

  it.each([
    ['', undefined],
    ["<currentMemory unit='MiB'>128</currentMemory>", 128],
    // libvirt makes it all, too.
    ["<currentMemory unit='MiB'>300</currentMemory>", undefined],
    ["<currentMemory unit='MiB'>256</currentMemory>", undefined],
  ])('reads what a domain has when it starts, and says it always: %j', (element, currentMiB) => {
    const text = withDevice('').replace('</memory>', `</memory>${element}`)
    const { config } = read(text)
    expect(config.currentMiB).toBe(currentMiB)
    expect(config.memoryMiB).toBe(256)
    const written = writeDomainXml(config, UUID, text)
    expect(read(written).config).toEqual(config)
    if (element !== '' && currentMiB !== undefined) expect(written).toContain(element)
    else expect(written).toMatch(/<currentMemory unit='(KiB'>262144|MiB'>256)</)
    const all = writeDomainXml({ ...config, currentMiB: undefined }, UUID, written)
    expect(read(all).config.currentMiB).toBeUndefined()
    validate(all)
  })

  it.each([
    ['<vcpu>4</vcpu>', 4, undefined],
    ["<vcpu current='2'>4</vcpu>", 4, 2],
    ["<vcpu placement='static' current='4'>4</vcpu>", 4, undefined],
  ])('reads how many vcpus a domain starts with, and how many it may have: %j', (element, vcpus, currentVcpus) => {
    const text = withDevice('').replace('</memory>', `</memory>${element}`)
    const { config } = read(text)
    expect(config.currentVcpus).toBe(currentVcpus)
    expect(config.vcpus).toBe(vcpus)
    const written = writeDomainXml(config, UUID, text)
    expect(read(written).config).toEqual(config)
    expect(written).toContain(element)
    const less = writeDomainXml({ ...config, currentVcpus: 1 }, UUID, written)
    expect(read(less).config).toEqual({ ...config, currentVcpus: 1 })
    validate(less)
    const all = read(writeDomainXml({ ...config, currentVcpus: undefined }, UUID, less)).config
    expect(all).not.toHaveProperty('currentVcpus')
  })

  it('refuses more vcpus at the start than there may be, with its line', () => {
    const text = withDevice('').replace('</memory>', "</memory><vcpu current='5'>4</vcpu>")
    expect(refusal(text)).toMatch(/line \d+: <vcpu current> is “5”, but a whole number from 1 to 4 is expected/)
  })

  it.each([
    ['', {}, ''],
    ['<on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>', {}, ''],
    ['<on_reboot>destroy</on_reboot><on_crash>restart</on_crash>', { onReboot: 'destroy', onCrash: 'restart' }, ''],
    ['<on_crash>coredump-restart</on_crash>', { onCrash: 'restart' }, 'on_crash=coredump-restart'],
    ['<on_poweroff>preserve</on_poweroff><on_crash>preserve</on_crash>', {}, 'on_poweroff=preserve, on_crash=preserve'],
  ])('reads what follows when a guest ends, and leaves it as it stands: %j', (elements, actions, without) => {
    const text = withDevice('').replace('<devices>', `${elements}<devices>`)
    const { config, notes } = read(text)
    const { onPoweroff, onReboot, onCrash } = config
    expect({ onPoweroff, onReboot, onCrash }).toEqual({
      onPoweroff: undefined,
      onReboot: undefined,
      onCrash: undefined,
      ...actions,
    })
    const said = notes.filter(({ reason }) => reason === 'without-effect').map(({ values }) => values['names'])
    expect(said).toEqual(without === '' ? [] : [without])
    const written = writeDomainXml(config, UUID, text)
    for (const element of elements.match(/<on_.*?<\/on_\w+>/g) ?? []) expect(written).toContain(element)
    expect(written.match(/<on_/g)?.length ?? 0).toBe(elements.match(/<on_/g)?.length ?? 0)
    // Back to what leaving it out means: what was said stays said.
    const plain = writeDomainXml({ ...config, onReboot: undefined, onCrash: undefined }, UUID, text)
    expect(plain).not.toMatch(/restart<\/on_crash|destroy<\/on_reboot/)
    expect(read(plain).config).toEqual({ ...config, onReboot: undefined, onCrash: undefined })
    validate(written)
  })

  it('writes what follows when a guest ends where nothing was said', () => {
    const text = withDevice('')
    const written = writeDomainXml({ ...read(text).config, onCrash: 'restart' }, UUID, text)
    expect(written).toContain('<on_crash>restart</on_crash>')
    expect(written).not.toMatch(/on_reboot|on_poweroff/)
  })

  // As `virsh -c test:///default` 9.0 writes them: attributes in this order, and no cache='default'.
  it.each([
    [
      "cache='writethrough' error_policy='enospace' discard='ignore'",
      { cache: 'writethrough', enospace: 'stop', discard: 'ignore' },
    ],
    ["discard='unmap'", { discard: 'unmap' }],
    ["cache='unsafe'", { cache: 'unsafe' }],
    ["cache='none'", { cache: 'writeback' }],
    ["cache='directsync'", { cache: 'writethrough' }],
    ["cache='default'", { cache: 'writeback' }],
  ])('reads how a disk is cached, and leaves it as it stands: %s', (attributes, modes) => {
    const driver = `<driver name='qemu' type='raw' ${attributes}/>`
    const text = withDevice(`<disk type='file' device='disk'>${driver}<source file='/a'/><target dev='xvda' bus='xen'/></disk>`)
    const { config } = read(text)
    expect(config.devices[0]).toEqual({
      ...{ kind: 'vbd', dev: 'xvda', format: 'raw', path: '/a', readonly: false, removable: false, ...modes },
    })
    const written = writeDomainXml(config, UUID, text)
    expect(written).toContain(driver)
    validate(written.replace(/ cache='default'/, ''))
    const [disk] = config.devices
    if (disk?.kind !== 'vbd') throw new Error('no disk')
    const changed = writeDomainXml({ ...config, devices: [{ ...disk, cache: 'unsafe', discard: undefined }] }, UUID, text)
    expect(changed).toContain("cache='unsafe'")
    expect(changed).not.toContain('discard=')
  })

  it('names what libvirt heeds and nothing here does, each once', () => {
    const { notes } = read(
      `<domain type='xen'><name>a</name><memory>262144</memory><vcpu>2</vcpu><os><type>xenpvh</type><boot dev='hd'/><boot dev='cdrom'/><bootmenu enable='yes'/></os>
       <clock offset='localtime'/><devices>
       <disk type='file'><driver cache='none'/><source file='/a'/><target dev='vda'/><shareable/><serial>1</serial></disk>
       <disk type='file'><driver cache='writeback'/><source file='/b'/><target dev='xvdb'/></disk>
       <sound model='ich6'/><sound model='ac97'/></devices></domain>`,
    )
    expect(notes.filter(({ reason }) => reason === 'without-effect').map(explainNote)).toEqual([
      'Kept in the configuration, but without effect here: boot, bootmenu, clock offset=localtime, sound, shareable (xvda), serial (xvda), cache=none (xvda).',
    ])
  })

  it('refuses a cache mode that nobody knows, with its line', () => {
    const disk = "<disk type='file'><driver name='qemu' cache='fast'/><source file='/a'/><target dev='xvda'/></disk>"
    expect(refusal(withDevice(disk))).toMatch(/driver cache> is “fast”, but one of writeback, writethrough, unsafe is expected/)
  })

  it('takes a screen with all its parts, and puts one in', () => {
    const text = fixture('pvh.xml')
    const { config } = read(text)
    const without = writeDomainXml({ ...config, devices: config.devices.filter(({ kind }) => kind !== 'vfb') }, UUID, text)
    expect(without).not.toMatch(/video|graphics|<input/)
    expect(writeDomainXml(config, UUID, without)).toBe(writeDomainXml(config, UUID, text))
  })

  it.each<[string, Vnc | undefined]>([
    ['<graphics type="vnc" port="-1"/>', { kind: 'tcp', address: '127.0.0.1', port: 0 }],
    ['<graphics type="vnc" port="5907" autoport="no" listen="::1"/>', { kind: 'tcp', address: '::1', port: 5907 }],
    ['<graphics type="vnc"><listen type="socket"/></graphics>', { kind: 'local' }],
    ['<graphics type="vnc"><listen type="none"/></graphics>', undefined],
    ['<graphics type="spice" port="5900"/>', undefined],
  ])('reads and writes where viewers are let in: %s', (graphics, vnc) => {
    const { config } = read(withDevice(graphics))
    const display: Device = { kind: 'vfb', width: 1024, height: 768, ...(vnc && { vnc }) }
    expect(config.devices).toEqual([display])
    expect(read(writeDomainXml(config, UUID)).config.devices).toEqual([display])
    expect(read(writeDomainXml(config, UUID, fixture('pvh.xml'))).config.devices).toEqual([display])
  })

  it('keeps a keymap it does not know, and writes its own', () => {
    const text = withDevice('<graphics type="vnc" keymap="sv"><listen type="none"/></graphics>')
    const { config } = read(text)
    const [display] = config.devices
    expect(display).toEqual({ kind: 'vfb', width: 1024, height: 768 })
    expect(writeDomainXml(config, UUID, text)).toMatch(/keymap=.sv./)
    for (const vnc of [undefined, { kind: 'local' }] as const) {
      const chosen: Device = { kind: 'vfb', width: 1024, height: 768, keymap: 'fr', ...(vnc && { vnc }) }
      const written = writeDomainXml({ ...config, devices: [chosen] }, UUID, text)
      expect(read(written).config.devices).toEqual([chosen])
      expect(writeDomainXml(config, UUID, written)).not.toContain('keymap')
    }
  })

  it.each([
    ['<domain>\n  <memory>1</memory>\n</domain>', 'line 1: <name> is missing'],
    [
      '<domain>\n<name>a</name>\n<memory>much</memory>\n</domain>',
      'line 3: <memory> is “much”, but an amount of memory is expected',
    ],
    ["<domain>\n<name>a</name>\n<memory unit='parsec'>1</memory>\n</domain>", 'line 3: <memory> is “1”'],
    ['<network>\n</network>', 'line 1: <domain> is expected, <network> was found'],
    ['<domain>\n<name>a</nome>\n</domain>', 'line 2: missing end tag for element name'],
    ['<domain>\n&lol;\n</domain>', 'line 2: named entity isn’t defined: &lol;'],
    ['', 'line 1: root element is missing or invalid'],
    ['hello', 'line 1: root element is missing or invalid'],
    ['<domain>\n<name>a\0</name></domain>', 'line 2: invalid character'],
    ['<domain>\n<name>&#0;</name></domain>', 'line 2: character reference resolves to an invalid character'],
  ])('refuses text %# with its line', (text, sentence) => {
    expect(refusal(text).replaceAll("'", '’')).toContain(sentence)
  })

  it.each([
    ["<disk type='network'/>", 'line 5: <disk type> is “network”, but only files can be disks here'],
    ["<disk><target dev='xvdz'/></disk>", 'line 5: <target dev> is “xvdz”, but a disk name from xvda to xvdp is expected'],
    [
      "<disk><driver\n type='qed'/><target dev='xvda'/></disk>",
      'line 5: <driver type> is “qed”, but one of raw, qcow2, vpc, vmdk',
    ],
    ["<disk device='floppy'><target dev='fda'/></disk>", 'line 5: <disk device> is “floppy”, but cdrom or disk is expected'],
    ["<disk><source file='/a'/></disk>", 'line 5: <target dev> is missing'],
    ["<interface>\n<mac address='ff:ff'/></interface>", 'line 6: <mac address> is “ff:ff”, but a MAC address of one station'],
    [
      "<interface><portForward proto='tcp'>\n<range start='1' end='99999'/></portForward></interface>",
      'line 6: <range> is no range of at most 64 ports',
    ],
    ["<interface><portForward proto='icmp'><range start='1'/></portForward></interface>", 'line 5: <portForward>.protocol'],
    [
      "<video><model type='xen'><resolution x='1' y='1'/></model></video>",
      'line 5: <resolution x> is “1”, but a whole number from 640',
    ],
  ])('refuses device %# with its line', (device, sentence) => {
    expect(refusal(withDevice(device))).toContain(sentence)
  })

  const bomb = `<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">${'<!ENTITY b "&a;&a;&a;&a;&a;&a;">'.repeat(9)}]>`
  it.each([
    ['an entity bomb', `${bomb}<domain><name>&b;</name></domain>`, /line 1: named entity/],
    ['a document type', '<!DOCTYPE domain SYSTEM "file:///etc/passwd">\n<domain/>', /line 1: a DOCTYPE is not allowed here/],
    ['10 MB', `<domain>${'x'.repeat(10_000_000)}</domain>`, /line 1: the text is longer than 1 MiB/],
    ['deep nesting', `${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`, /nested more than 64 deep/],
    ['deep nesting that the parser bears', `${'<a>'.repeat(500)}${'</a>'.repeat(500)}`, /nested more than 64 deep/],
    ['open elements without end', '<a>'.repeat(300_000), /nested more than 64 deep/],
    ['50,000 attributes', `<a ${Array.from({ length: 50_000 }, (_, i) => `a${i}='1'`).join(' ')}/>`, /<domain> is expected/],
    ['many disks', withDevice("<disk><target dev='xvda'/></disk>".repeat(5000)), /at most 64 entries expected/],
  ])('survives %s', (_what, text, sentence) => {
    expect(refusal(text)).toMatch(sentence)
  })

  it('carries any text there is: names in all writing systems, quotes, angle brackets, paths with dots', () => {
    const below = randomFrom(11)
    const alphabet = [
      '<',
      '>',
      '&',
      "'",
      '"',
      ']]>',
      '../',
      '/',
      '\n',
      '\t',
      '\r',
      ' ',
      'é',
      'ß',
      '漢',
      '🦊',
      '\u202e',
      '%',
      '\\',
      ';',
      '#',
    ]
    const word = (): string => Array.from({ length: below(12) }, () => alphabet[below(alphabet.length)]).join('')
    for (let round = 0; round < 300; round++) {
      const disk: Device = { kind: 'vbd', dev: 'xvdb', format: 'raw', readonly: false, removable: true, path: word() }
      const config = {
        ...plain,
        name: properName(`n${word()}`),
        kernel: word(),
        cmdline: word(),
        ramdisk: `/${word()}`,
        devices: [disk],
      }
      const text = writeDomainXml(config, UUID)
      expect(read(text).config).toEqual(config)
      expect(writeDomainXml(config, UUID, text)).toBe(text)
    }
  })
})
