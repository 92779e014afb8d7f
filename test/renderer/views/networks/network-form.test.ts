// The form of a virtual network: what is said beside which field, held against what the toolstack takes; the range that is proposed.
// Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { checkNetwork } from '../../../../src-main/config/network-check'
import { makeTranslator } from '../../../../src-renderer/lib/translate'
import {
  checkNetworkForm,
  formOf,
  type HostForm,
  type NetworkForm,
  networkOf,
  newNetwork,
  rangeFor,
} from '../../../../src-renderer/views/networks/network-form'

const t = makeTranslator('en')
const form = (edits: Partial<NetworkForm>): NetworkForm => ({ ...newNetwork([]), ...edits })

const [MAC, OTHER] = ['00:16:3e:00:00:01', '00:16:3e:00:00:02']
const host = (id: number, mac: string, address: string): HostForm => ({ id, mac, address })

const ROWS: readonly [string, Partial<NetworkForm>, object][] = [
  ['as it is proposed', {}, {}],
  ['a range of another network', { first: '10.0.9.15' }, { first: 'This network has 10.0.3.1 to 10.0.3.254' }],
  ['a range that is longer than the network', { prefix: 25 }, { last: 'This network has 10.0.3.1 to 10.0.3.126' }],
  ['a range up to the broadcast address', { last: '10.0.3.255' }, { last: 'This network has 10.0.3.1 to 10.0.3.254' }],
  ['a range backwards', { first: '10.0.3.20', last: '10.0.3.10' }, { last: 'The range ends before it begins' }],
  ['a range over the gateway', { address: '10.0.3.20' }, { first: 'The range holds the gateway' }],
  ['a gateway that is the network itself', { address: '10.0.3.0' }, { address: 'This network has 10.0.3.1 to 10.0.3.254' }],
  ['no range', { dhcp: false, first: '', last: '' }, {}],
  ['a large network', { prefix: 16, last: '10.0.255.254' }, {}],
  [
    'an address above the middle of them all',
    { address: '192.168.1.1', first: '192.168.1.2', last: '192.168.1.3', prefix: 30 },
    {
      last: 'This network has 192.168.1.1 to 192.168.1.2',
    },
  ],
  ['fixed addresses, in the range and outside it', { hosts: [host(0, MAC, ' 10.0.3.20 '), host(1, OTHER, '10.0.3.5')] }, {}],
  ['a fixed address whose row is still empty', { hosts: [host(0, '', ' ')] }, {}],
  [
    'a fixed address of another network',
    { hosts: [host(0, MAC, '10.0.4.20')] },
    { hosts: 'This network has 10.0.3.1 to 10.0.3.254' },
  ],
  ['a fixed address that is the gateway', { hosts: [host(0, MAC, '10.0.3.1')] }, { hosts: 'The gateway has this address' }],
  [
    'two fixed addresses of one interface',
    { hosts: [host(0, MAC, '10.0.3.20'), host(1, MAC.toUpperCase(), '10.0.3.21')] },
    { hosts: 'This is there already' },
  ],
  [
    'two interfaces with one fixed address',
    { hosts: [host(0, MAC, '10.0.3.20'), host(1, OTHER, '10.0.3.20')] },
    { hosts: 'This is there already' },
  ],
]

describe('the form of a network', () => {
  it.each(ROWS)('says beside the field what is wrong, as the toolstack judges: %s', (_, edits, errors) => {
    const filled = form(edits)
    expect(checkNetworkForm(filled, t)).toEqual(errors)
    expect(checkNetwork(networkOf(filled), []).ok).toBe(Object.keys(errors).length === 0)
  })

  it('keeps fixed addresses and their names as they are stored', () => {
    const stored = { ...networkOf(form({})), hosts: [{ mac: MAC, address: '10.0.3.20', name: 'web' }] }
    expect(networkOf(formOf(stored))).toEqual(stored)
  })

  it('proposes a range that the toolstack takes, for each prefix and a gateway at either end', () => {
    for (let prefix = 16; prefix <= 30; prefix++) {
      for (const address of ['10.0.3.1', '10.0.3.254', '192.168.7.130', '10.0.3.2']) {
        const filled = form({ address, prefix, ...rangeFor(address, prefix) })
        expect([prefix, address, checkNetwork(networkOf(filled), [])]).toMatchObject([prefix, address, { ok: true }])
      }
    }
  })
})
