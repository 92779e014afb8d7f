// The runner's words for devices, as far as no whole guest is needed to see what they become. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { parseDevice } from '../../../src-engine/process/guest-devices'

const file = (name: string): string => `/here/${name}`
const disk = (value: string) => parseDevice('--disk', value, [], file)

describe('--disk', () => {
  it('names what its image may refer to, as often as there are files', () => {
    expect(disk('a.qcow2,format=qcow2,backing=one.raw,backing=two.raw')).toMatchObject({
      ok: true,
      value: { path: '/here/a.qcow2', format: 'qcow2', allowedBacking: ['/here/one.raw', '/here/two.raw'] },
    })
    expect(disk('a.raw')).not.toMatchObject({ value: { allowedBacking: [] } })
  })

  it('says how it is cached, and whether the guest may give room back', () => {
    expect(disk('a.raw,cache=unsafe,discard=ignore')).toMatchObject({ ok: true, value: { cache: 'unsafe', discard: 'ignore' } })
    expect(disk('a.raw,cache=none')).toEqual({ ok: false, error: '--disk: cache is one of writeback, writethrough, unsafe' })
    expect(disk('a.raw,discard=yes')).toEqual({ ok: false, error: '--disk: discard is one of unmap, ignore' })
    expect(disk('a.raw')).not.toMatchObject({ value: { cache: expect.anything() } })
  })

  it('says what happens when the host is full, once', () => {
    expect(disk('a.raw,enospace=stop')).toMatchObject({ ok: true, value: { enospace: 'stop' } })
    expect(disk('a.raw,enospace=wait')).toMatchObject({ ok: false })
    expect(disk('a.raw,enospace=stop,enospace=report')).toMatchObject({ ok: false })
  })
})

const DISK = { kind: 'vbd', dev: 'xvda', path: '/here/a', format: 'raw', readonly: false, removable: false }
const NIC = { kind: 'vif', index: 0, network: 'default', forwards: [] }

describe('the words for devices', () => {
  it.each([
    ['--disk', 'a', DISK],
    ['--disk', 'a,format=qcow2', { ...DISK, format: 'qcow2' }],
    ['--disk', 'a,ro', { ...DISK, readonly: true }],
    ['--disk', 'a,format=vmdk,ro,dev=xvdc', { ...DISK, format: 'vmdk', readonly: true, dev: 'xvdc' }],
    ['--disk', ',dev=xvdb', { ...DISK, path: '', dev: 'xvdb', removable: true }],
    ['--vif', 'default', NIC],
    ['--vif', 'lab,mac=00:16:3e:01:02:03', { ...NIC, network: 'lab', mac: '00:16:3e:01:02:03' }],
    [
      '--vif',
      'default,forward=tcp:8080:80,forward=udp:192.0.2.1:53:5353',
      {
        ...NIC,
        forwards: [
          { protocol: 'tcp', hostPort: 8080, guestPort: 80 },
          { protocol: 'udp', hostAddress: '192.0.2.1', hostPort: 53, guestPort: 5353 },
        ],
      },
    ],
    ['--vif', 'default,rate=100,capture=x.pcap', { ...NIC, rateKiB: 100, capture: '/here/x.pcap' }],
    ['--vfb', '1920x1200', { kind: 'vfb', width: 1920, height: 1200 }],
    ['--vfb', '1024x768,keymap=de', { kind: 'vfb', width: 1024, height: 768, keymap: 'de' }],
  ])('%s %s is understood', (word, value, device) => {
    expect(parseDevice(word, value, [], file)).toMatchObject({ ok: true, value: device })
  })

  it('take the next place that is free, and none twice', () => {
    const first = disk('a')
    if (!first.ok) throw new Error(first.error)
    expect(parseDevice('--disk', 'b', [first.value], file)).toMatchObject({ ok: true, value: { dev: 'xvdb' } })
    expect(parseDevice('--disk', 'b,dev=xvda', [first.value], file)).toMatchObject({ ok: false })
    const nic = parseDevice('--vif', 'default', [first.value], file)
    if (!nic.ok) throw new Error(nic.error)
    expect(parseDevice('--vif', 'default', [first.value, nic.value], file)).toMatchObject({ ok: true, value: { index: 1 } })
  })

  it.each([
    ['--disk', 'a,format=qcow'],
    ['--disk', 'a,dev=sda'],
    ['--disk', 'a,rw'],
    ['--vif', 'default,mac=zz:16:3e:01:02:03'],
    ['--vif', 'default,forward=8080:80'],
    ['--vif', 'default,forward=tcp:8080:70000'],
    ['--vif', 'default,rate=fast'],
    ['--vfb', '1024'],
    ['--vfb', '320x200'],
    ['--vfb', '1921x1200'],
    ['--vfb', '1024x768,keymap=xx'],
    ['--usb', 'stick'],
  ])('%s %s is refused in one sentence', (word, value) => {
    const refused = parseDevice(word, value, [], file)
    expect(refused.ok).toBe(false)
    if (!refused.ok) expect(refused.error).toMatch(/^--(disk|vif|vfb|usb)[^\n]{5,300}$/)
  })
})
