// Who uses a network is told when it changes, and costs nothing when it does not. Runs in: vitest, plain Node.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ok } from '../../../src-engine/public/result'
import { NetworkStore } from '../../../src-main/definition/network-store'
import type { Network } from '../../../src-main/public/device'
import type { DomainConfig, NetworkInfo } from '../../../src-main/public/types'
import { Networks } from '../../../src-main/toolstack/networks'

const DOMAINS = 1000

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function configOf(name: string, network: string | null): DomainConfig {
  const nic = { kind: 'vif', index: 0, network: network ?? '', mac: '00:16:3e:00:00:01', forwards: [] } as const
  const devices = network === null ? [] : [nic]
  return { name, memoryMiB: 64, vcpus: 1, kernel: '/k', ramdisk: null, cmdline: '', devices }
}

function scene(path = '/nowhere/networks.json') {
  const configs = new Map<string, DomainConfig>()
  const told: NetworkInfo[][] = []
  let looks = 0
  const networks = new Networks({
    store: new NetworkStore(path),
    driver: { setNetworks: async () => ok(null), leases: async () => ok([]) },
    configs: () => {
      looks++
      return [...configs.values()]
    },
    changed: (infos) => told.push(infos),
    problem: () => {},
  })
  const change = (uuid: string, config: DomainConfig | null): void => {
    if (config === null) configs.delete(uuid)
    else configs.set(uuid, config)
    networks.domainChanged(uuid, config)
  }
  return { networks, change, told, looks: () => looks }
}

describe('the users of networks', () => {
  it('are told of together when a thousand come, by one look at all', () => {
    const { change, told, looks } = scene()
    for (let index = 0; index < DOMAINS; index++) change(`uuid-${index}`, configOf(`a-${index}`, 'default'))
    vi.advanceTimersByTime(1000)
    expect(told).toHaveLength(1)
    expect(told[0]?.[0]?.usedBy).toHaveLength(DOMAINS)
    expect(looks()).toBe(1)
    // What changes nothing about networks: a state, a domain without an interface.
    for (let index = 0; index < DOMAINS; index++) change(`uuid-${index}`, configOf(`a-${index}`, 'default'))
    change('none', configOf('none', null))
    vi.advanceTimersByTime(1000)
    expect([told.length, looks()]).toEqual([1, 1])
  })

  it('are told of when one is renamed, leaves its network, or is gone', () => {
    const { change, told } = scene()
    const last = () => {
      vi.advanceTimersByTime(1000)
      return told.at(-1)?.[0]?.usedBy
    }
    change('a', configOf('a', 'default'))
    change('b', configOf('b', 'default'))
    expect(last()).toEqual(['a', 'b'])
    change('a', configOf('c', 'default'))
    expect(last()).toEqual(['c', 'b'])
    change('a', configOf('c', 'lab'))
    expect(last()).toEqual(['b'])
    change('b', null)
    expect(last()).toEqual([])
  })
})

describe('a network changed in two windows', () => {
  it('is left as it is by the one that did not see the change', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringmaster-networks-'))
    const { networks } = scene(join(folder, 'networks.json'))
    const lab: Network = { name: 'lab', kind: 'nat', address: '10.9.0.1', prefix: 24, hosts: [], hostLoopback: true }
    const changed = { ...lab, hostLoopback: false }
    expect(await networks.define(lab, null)).toEqual(ok(null))
    expect(await networks.define(changed, 'lab', lab)).toEqual(ok(null))
    const refusal = { ok: false, error: { reason: 'definition-changed', values: { name: 'lab' } } }
    expect(await networks.define({ ...lab, prefix: 25 }, 'lab', lab)).toMatchObject(refusal)
    expect(await networks.undefine('lab', lab)).toMatchObject(refusal)
    expect(networks.list().at(-1)?.network).toEqual(changed)
    expect(await networks.undefine('lab', changed)).toEqual(ok(null))
    rmSync(folder, { recursive: true })
  })
})
