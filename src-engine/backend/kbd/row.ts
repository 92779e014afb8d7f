// Keyboard and pointer in the registry: they come with a framebuffer, one of each. The service says what the frontend reads when
// it is made: absolute positions, and their range. Runs in: domain 0.
import { ok } from '../../public/result'
import type { BackendRow, DeviceService } from '../device'

export const kbdRow: BackendRow = {
  type: 'vkbd',
  of(device) {
    if (device.kind !== 'vfb') return undefined
    const size = { width: String(device.width), height: String(device.height) }
    const service: DeviceService = {
      open: async () => ok({ 'feature-abs-pointer': '1', ...size }),
      connect: () => ok({ pump: size, keys: {} }),
      attach() {},
      detach() {},
      receive: () => 'data from a keyboard',
      settle: async () => {},
      close: async () => {},
      counters: () => ({ readBytes: 0, writtenBytes: 0, readRequests: 0, writeRequests: 0, errors: 0 }),
    }
    return { id: 0, frontend: {}, backend: {}, make: () => service }
  },
}
