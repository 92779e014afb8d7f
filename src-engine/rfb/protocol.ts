// The numbers of RFB, the protocol of VNC. Spec: RFC 6143, and the community's registry for what came later (ExtendedDesktopSize,
// the extended key event). Numbers on the wire are big-endian; pixels are in the order the client asked for.
// Runs in: anything (no platform imports).

export const RFB_VERSION_LENGTH = 12
export const RFB_SERVER_VERSION = 'RFB 003.008\n'

export const RFB_SECURITY = { invalid: 0, none: 1, vncAuthentication: 2 } as const
export const RFB_CHALLENGE_LENGTH = 16

/** client → server: [name, number, bytes of the fixed part, what follows it] */
export const RFB_CLIENT_ROWS = [
  ['SetPixelFormat', 0, 20, ''],
  ['SetEncodings', 2, 4, '4 bytes for each encoding'],
  ['FramebufferUpdateRequest', 3, 10, ''],
  ['KeyEvent', 4, 8, ''],
  ['PointerEvent', 5, 6, ''],
  ['ClientCutText', 6, 8, 'the text: skipped'],
  ['SetDesktopSize', 251, 8, '16 bytes for each screen: refused, the guest chooses its mode'],
  ['QemuExtendedKeyEvent', 255, 12, ''],
] as const
export type RfbClientMessage = (typeof RFB_CLIENT_ROWS)[number][0]

/** server → client */
export const RFB_FRAMEBUFFER_UPDATE = 0
export const RFB_SET_COLOUR_MAP_ENTRIES = 1

/** [name, number, status]. Negative numbers are pseudo-encodings: abilities of the client, or news that are no pixels. */
export const RFB_ENCODING_ROWS = [
  ['raw', 0, 'done'],
  ['copyRect', 1, 'done'],
  ['rre', 2, 'no: hextile is better'],
  ['hextile', 5, 'done'],
  ['trle', 15, 'done'],
  ['tight', 7, 'no: zrle is as small on the content of a console'],
  ['zrle', 16, 'done'],
  ['cursor', -239, 'done'],
  ['desktopSize', -223, 'done'],
  ['extendedDesktopSize', -308, 'done'],
  ['qemuExtendedKeyEvent', -258, 'done'],
] as const
export const RFB_ENCODING = {
  raw: 0,
  copyRect: 1,
  hextile: 5,
  trle: 15,
  zrle: 16,
  cursor: -239,
  desktopSize: -223,
  extendedDesktopSize: -308,
  qemuExtendedKeyEvent: -258,
} as const

/** What a viewer may make us hold or skip. Beyond these it is closed. */
export const RFB_LIMITS = {
  encodings: 1024,
  cutText: 1024 * 1024,
  screens: 64,
  /** Update requests that wait: one frame on its way and one asked for. */
  framesInFlight: 2,
  /** Bytes not yet taken by the system before another frame is begun. */
  backlog: 256 * 1024,
  clients: 32,
  handshakeMs: 30_000,
} as const
