// The framebuffer in the registry. Its service only says what the frontend reads before it draws: the size, and that it must tell
// what it draws; pixels never leave the guest's process but to viewers (fb/pump.ts, rfb/). Runs in: domain 0.
import { videoMemoryMiB } from '../../public/protocol/device'
import { ok } from '../../public/result'
import type { BackendRow, DeviceService } from '../device'

export const fbRow: BackendRow = {
  type: 'vfb',
  of(device) {
    if (device.kind !== 'vfb') return undefined
    const { width, height } = device
    const keys = {
      width: String(width),
      height: String(height),
      videoram: String(videoMemoryMiB(device)),
      'request-update': '1',
      'feature-resize': '1',
    }
    const service: DeviceService = {
      open: async () => ok(keys),
      connect: () => ok({ pump: {}, keys: {} }),
      attach() {},
      detach() {},
      receive: () => 'data from a framebuffer',
      settle: async () => {},
      close: async () => {},
      counters: () => ({ readBytes: 0, writtenBytes: 0, readRequests: 0, writeRequests: 0, errors: 0 }),
    }
    return { id: 0, frontend: {}, backend: {}, make: () => service }
  },
}
