// What differs between a snapshot's configuration and the present one. Runs in: vitest; pure.
import { describe, expect, it } from 'vitest'
import type { Device } from '../../../../src-main/public/device'
import type { DomainConfig } from '../../../../src-main/public/types'
import { makeTranslator } from '../../../../src-renderer/lib/translate'
import { configDifferences } from '../../../../src-renderer/views/domain/snapshots/config-differences'

const disk = { kind: 'vbd', dev: 'xvda', path: '/one', format: 'raw', readonly: false, removable: false } as const
const nic = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] } as const
const screen = { kind: 'vfb', width: 800, height: 600 } as const
const config: DomainConfig = {
  name: 'a',
  memoryMiB: 64,
  vcpus: 1,
  kernel: '/k',
  ramdisk: null,
  cmdline: '',
  devices: [disk, nic, screen],
}

function differences(change: Partial<DomainConfig>, language: 'en' | 'de' = 'en'): string[] {
  return configDifferences(config, { ...config, ...change }, makeTranslator(language)).map(
    ({ what, before, after }) => `${what}: ${before} → ${after}`,
  )
}
const withDevice = (device: Device): Partial<DomainConfig> => ({
  devices: config.devices.map((one) => (one.kind === device.kind ? device : one)),
})

describe('the configuration of a snapshot and of now', () => {
  it('do not differ by the files a snapshot moves, nor by what is written out or left out', () => {
    expect(differences({})).toEqual([])
    expect(differences(withDevice({ ...disk, path: '/two.qcow2', format: 'qcow2', allowedBacking: ['/one'] }))).toEqual([])
    expect(differences({ cpuWeight: 256, cpuCap: 0, autostart: false, title: '', onReboot: 'restart' })).toEqual([])
  })

  it.each<[Partial<DomainConfig>, string]>([
    [{ name: 'b' }, 'Name: a → b'],
    [{ title: 'T' }, 'Title:  → T'],
    [{ description: 'D' }, 'Description:  → D'],
    [{ autostart: true }, 'Autostart: off → on'],
    [{ memoryMiB: 128 }, 'Memory: 64 MiB → 128 MiB'],
    [{ currentMiB: 32 }, 'Current memory:  → 32 MiB'],
    [{ onPoweroff: 'restart' }, 'Powers off: It stays off → It starts again'],
    [{ onReboot: 'destroy' }, 'Reboots: It starts again → It stays off'],
    [{ onCrash: 'restart' }, 'Crashes: It stays off → It starts again'],
    [{ vcpus: 2 }, 'Virtual CPUs: 1 → 2'],
    [{ currentVcpus: 1 }, 'Virtual CPUs at the start:  → 1'],
    [{ cpuWeight: 512 }, 'Weight: 256 → 512'],
    [{ cpuCap: 50 }, 'Cap:  → 50 %'],
    [{ kernel: '/l' }, 'Kernel: /k → /l'],
    [{ ramdisk: '/r' }, 'Ramdisk:  → /r'],
    [{ cmdline: 'ro' }, 'Command line:  → ro'],
    [{ devices: [nic, screen] }, 'Disk xvda: there → '],
    [withDevice({ ...disk, removable: true }), 'Disk xvda: Removable: off → on'],
    [withDevice({ ...disk, enospace: 'stop' }), 'Disk xvda: Host disk full: The guest sees an I/O error → '],
    [
      withDevice({ ...disk, cache: 'unsafe' }),
      'Disk xvda: Cache mode: Safe when flushed (writeback) → Never waited for (unsafe)',
    ],
    [withDevice({ ...disk, discard: 'ignore' }), 'Disk xvda: Discard mode: Give room back (unmap) → Keep it (ignore)'],
    [withDevice({ ...nic, network: 'lab' }), 'Network interface 0: Attached to: default → lab'],
    [withDevice({ ...nic, link: 'down' }), 'Network interface 0: Cable: plugged in → '],
    [withDevice({ ...nic, rateKiB: 9 }), 'Network interface 0: Rate limit:  → 9 KiB/s'],
    [withDevice({ ...nic, capture: '/c' }), 'Network interface 0: Capture:  → /c'],
    [withDevice({ ...screen, width: 640, height: 480 }), 'Screen: Mode: 800 × 600 → 640 × 480'],
    [withDevice({ ...screen, vnc: { kind: 'local' } }), 'Screen: Let in: Nobody → This user'],
    [withDevice({ ...screen, keymap: 'de' }), "Screen: Guest's keyboard:"],
  ])('differ by what a user changed: %j', (change, said) => {
    const [row, ...more] = differences(change)
    expect(row).toContain(said)
    expect(more).toEqual([])
  })

  it('tell that there is a password and not which, in German too', () => {
    const vnc = { kind: 'tcp', address: '0.0.0.0', port: 0, password: 'secret' } as const
    const rows = differences(withDevice({ ...screen, vnc }), 'de')
    expect(rows).toEqual(['Bildschirm: Zugang: Niemand → 0.0.0.0:automatisch', 'Bildschirm: Passwort:  → ••••'])
  })
})
