// Disks in the registry: their number, and what the toolstack writes for them. The keys are those of real Xen's libxl 4.17 for a disk
// on a file. Runs in: domain 0.
import { diskNumber } from '../../public/protocol/device'
import type { BackendRow } from '../device'
import type { ImageOpeners } from './open-disk'
import { BlkService, takesDiscards } from './service'

export function blkRow(openers: ImageOpeners): BackendRow {
  return {
    type: 'vbd',
    of(device) {
      if (device.kind !== 'vbd') return undefined
      const { dev, path, readonly, removable } = device
      const id = diskNumber(dev)
      return {
        id,
        frontend: {
          'virtual-device': String(id),
          // Never cdrom: Linux's blkfront leaves those to an emulated drive.
          'device-type': 'disk',
          trusted: '1',
          protocol: 'x86_64-abi',
        },
        backend: {
          params: path,
          removable: removable ? '1' : '0',
          bootable: '1',
          dev,
          type: 'phy',
          mode: readonly ? 'r' : 'w',
          'device-type': 'disk',
          'discard-enable': takesDiscards(device) ? '1' : '0',
          specification: 'xen',
        },
        make: (setup) => new BlkService(device, setup, openers),
      }
    },
  }
}
