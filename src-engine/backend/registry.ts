// The backends domain 0 has, by the device type of their xenstore directories. The primary console needs no xenbus handshake (it
// is served from boot, with the ring page the toolstack made), so its row says so; block and network devices join here.
// Runs in: domain 0.

/** [device type, what it serves, how it is connected, status] */
export const BACKEND_ROWS = [
  ['console', 'primary console: scrollback, streams to windows', 'at introduction', 'done'],
  ['vbd', 'disks', 'xenbus', 'no: next milestone'],
  ['vif', 'network interfaces', 'xenbus', 'no: next milestone'],
  ['vfb', 'framebuffer', 'xenbus', 'no: next milestone'],
  ['vkbd', 'keyboard and pointer', 'xenbus', 'no: next milestone'],
] as const
export type BackendType = (typeof BACKEND_ROWS)[number][0]
