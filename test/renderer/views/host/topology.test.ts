// The drawing of networks: who is plugged in where, what a changed definition says, and where things stand.

import { describe, expect, it } from 'vitest'
import type { Nic } from '../../../../src-main/public/device'
import type { DomainConfig, DomainInfo } from '../../../../src-main/public/types'
import { layOut, networkAt, plugEnd, topOf } from '../../../../src-renderer/views/host/topology/layout'
import { addressKey, filterMachines, wiredMachines, withNic } from '../../../../src-renderer/views/host/topology/wiring'
import { domainInfo } from '../../../support/domain-info'

const mac = (last: number): string => `00:16:3e:00:00:${last.toString(16).padStart(2, '0')}`
const nic = (index: number, network: string, part: Partial<Nic> = {}): Nic => {
  return { kind: 'vif', index, network, mac: mac(index), forwards: [], ...part }
}
const configOf = (name: string, ...devices: Nic[]): DomainConfig => {
  return { name, memoryMiB: 256, vcpus: 1, kernel: '/k', ramdisk: null, cmdline: '', devices }
}
const domain = (name: string, devices: Nic[], running: Nic[] | null = null, part: Partial<DomainInfo> = {}): DomainInfo =>
  domainInfo({
    uuid: `uuid-${name}`,
    name,
    config: configOf(name, ...devices),
    running: running === null ? null : configOf(name, ...running),
    operations: ['redefine'],
    ...part,
  })

describe('the wiring', () => {
  it('shows what runs, and beside it what the next start brings', () => {
    const [machine] = wiredMachines([domain('a', [nic(0, 'lab')], [nic(0, 'default')])], ['default', 'lab'], 'en')
    expect(machine?.plugs).toMatchObject([{ nic: { network: 'default' }, next: 'lab', live: true, fixed: undefined }])
  })

  it('has no hold of an interface that only runs, or of a machine whose state forbids it', () => {
    const leaving = domain('a', [], [nic(3, 'default')])
    const saving = domain('b', [nic(0, 'default')], null, { operations: [] })
    const plugs = wiredMachines([leaving, saving], ['default'], 'en').flatMap((machine) => machine.plugs)
    expect(plugs.map(({ fixed }) => fixed)).toEqual(['leaving', 'state'])
  })

  it('puts machines beside the network of their first interface, by name as people read it', () => {
    const all = [
      domain('b', [nic(0, 'lab')]),
      domain('a-10', [nic(0, 'default'), nic(1, 'lab')]),
      domain('a-9', [nic(0, 'default')]),
      domain('none', []),
      domain('lost', [nic(0, 'gone')]),
    ]
    expect(wiredMachines(all, ['default', 'lab'], 'en').map(({ name }) => name)).toEqual(['a-9', 'a-10', 'b', 'lost'])
  })

  it('is found by machine, network, card and address', () => {
    const machines = wiredMachines(
      [domain('web', [nic(1, 'lab')]), domain('db', [nic(2, 'default')], [nic(2, 'default')])],
      ['default', 'lab'],
      'en',
    )
    const found = (words: string) =>
      filterMachines(machines, words, new Map([[addressKey('default', mac(2)), '10.0.2.15']])).map(({ name }) => name)
    expect(['WEB', 'lab', mac(1), '2.15', ' ', 'nobody'].map(found)).toEqual([
      ['web'],
      ['web'],
      ['web'],
      ['db'],
      ['db', 'web'],
      [],
    ])
  })

  it('changes the one interface and nothing else of a definition, or says that there is nothing to change', () => {
    const config = configOf('a', nic(0, 'default'), nic(1, 'default', { rateKiB: 7 }))
    expect(withNic(config, 'vif/1', { network: 'lab' })).toEqual(
      configOf('a', nic(0, 'default'), nic(1, 'lab', { rateKiB: 7 })),
    )
    expect(withNic(config, 'vif/1', { network: 'default' })).toBeUndefined()
    expect(withNic(config, 'vif/0', { link: undefined })).toBeUndefined()
    expect(withNic(config, 'vif/5', { network: 'lab' })).toBeUndefined()
  })
})

describe('the drawing', () => {
  const networks = ['default', 'lab', 'dmz']
  const many = wiredMachines(
    Array.from({ length: 1000 }, (_, index) => domain(`m-${index}`, [nic(0, networks[index % 3] ?? '')])),
    networks,
    'en',
  )
  const overlaps = (boxes: readonly { y: number; height: number }[]): boolean =>
    [...boxes].sort((a, b) => a.y - b.y).some((box, index, all) => box.y + box.height > (all[index + 1]?.y ?? 1e9))

  it('draws only what is in sight of a thousand machines, whose networks stay there', () => {
    const [width, height] = [900, 500]
    const whole = layOut(networks, many, { width, height, scrolled: 0 })
    for (const scrolled of [0, 20_000, whole.height - height]) {
      const layout = layOut(networks, many, { width, height, scrolled })
      expect(layout.machines.length).toBeGreaterThan(5)
      expect(layout.machines.length).toBeLessThan(30)
      expect(overlaps(layout.machines)).toBe(false)
      for (const box of layout.networks.values()) {
        expect(box.y).toBeGreaterThanOrEqual(scrolled)
        expect(box.y + box.height).toBeLessThanOrEqual(scrolled + height)
      }
    }
  })

  it('brings any interface in sight', () => {
    const last = many.at(-1)?.plugs[0]?.id ?? ''
    const { y, height } = topOf(many, last)
    const layout = layOut(networks, many, { width: 900, height: 500, scrolled: y + height - 500 })
    expect(layout.machines.find(({ machine }) => machine === many.at(-1))?.y).toBe(y)
    expect(y + height).toBeLessThanOrEqual(layout.height)
  })

  it('keeps few networks beside their machines, apart from each other and from the machines', () => {
    const few = wiredMachines(
      [domain('a', [nic(0, 'default')]), domain('b', [nic(0, 'lab'), nic(1, 'default')])],
      networks,
      'en',
    )
    const layout = layOut(networks, few, { width: 900, height: 800, scrolled: 0 })
    const boxes = [...layout.networks.values()]
    expect(boxes).toHaveLength(3)
    expect(overlaps(boxes)).toBe(false)
    const left = Math.min(...layout.machines.map(({ x }) => x))
    for (const { x, width } of boxes) expect(x + width).toBeLessThan(left)
  })

  it('knows over which network a cable is let go, and over none', () => {
    const layout = layOut(networks, many, { width: 900, height: 500, scrolled: 3000 })
    const lab = layout.networks.get('lab')
    const [first] = layout.machines
    expect(networkAt(layout, (lab?.x ?? 0) + 3, (lab?.y ?? 0) + 3)).toBe('lab')
    const end = first === undefined ? { x: 0, y: 0 } : plugEnd(first, 0)
    expect(networkAt(layout, end.x, end.y)).toBeNull()
  })

  it('needs no scrolling sideways down to 380 pixels, with its columns apart; the host itself is there where it has room', () => {
    let before = 0
    for (let width = 380; width <= 1200; width += 10) {
      const layout = layOut(networks, many, { width, height: 500, scrolled: 0 })
      expect(layout.width).toBe(width)
      expect(layout.host !== null).toBe(width >= 740)
      const network = [...layout.networks.values()][0]
      const machine = layout.machines[0]
      if (network === undefined || machine === undefined) throw new Error('nothing is drawn')
      expect(network.x).toBeGreaterThanOrEqual((layout.host?.width ?? 0) + 16)
      expect(machine.x - network.x - network.width).toBeGreaterThan(30)
      expect(machine.x + machine.width).toBeLessThanOrEqual(width - 16)
      if (width < 740) expect(machine.width).toBeGreaterThanOrEqual(before)
      before = machine.width
    }
  })

  it('has room for everything in a window that is too narrow, which scrolls', () => {
    const layout = layOut(networks, many, { width: 200, height: 300, scrolled: 0 })
    const left = Math.min(...layout.machines.map(({ x }) => x))
    for (const { x, width } of layout.networks.values()) expect(x + width).toBeLessThan(left)
  })
})
