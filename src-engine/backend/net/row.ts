// Network interfaces in the registry: what the toolstack writes for them, as libxl 4.17 does. Runs in: domain 0.
import type { Networks } from '../../net/networks'
import type { BackendRow } from '../device'
import { NetService } from './service'

export function netRow(networks: Networks): BackendRow {
  return {
    type: 'vif',
    of(device) {
      if (device.kind !== 'vif') return undefined
      const { index, mac, network } = device
      return {
        id: index,
        frontend: { handle: String(index), mac, trusted: '1' },
        backend: { mac, bridge: network, handle: String(index), type: 'vif' },
        make: (setup) => new NetService(device, setup, networks),
      }
    },
  }
}
