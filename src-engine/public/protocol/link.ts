// Link: domain ⇄ domain 0. Each message is one flat buffer (Uint8Array) of records, batched as they come; the first message
// on a socket is the ticket (a plain message {kind:'ticket', ticket}), which the accepting side checks before the link begins.
// Record: type u16 @0, channel u16 @2 (0 for store and primary console; a backend's device later), length u32 @4 of the body,
// body @8, padded with zeroes to a multiple of 4 (the padding is not in `length`). Little-endian; 64-bit values are u64.
// A message of no records only wakes its receiver: more follows soon.
//
// The domain's process (the pump) owns the truth. It numbers XenStore requests (`sequence`, from 1, u32, never reused) and keeps
// each until its reply is in the guest's ring; domain 0 numbers watch events the same way and keeps them until acknowledged.
// A new link starts with HELLO from both; then the pump sends its unanswered requests again with their old numbers, domain 0
// answers those it has executed from its memory or journal (never twice) and sends unacknowledged events again; the pump drops
// replies and events it has seen. So every request is executed once and every event arrives once, across any death of domain 0.
//
// Split devices: domain 0 connects a device on a channel of its choice (1..65535, free at the time) when its frontend is ready;
// DEV_DATA on that channel is the backend's own affair (backend/README.md). The domain keeps the device's pump when a link is lost;
// on the next one domain 0 connects it again with `fresh` false, and the pump asks again what was not answered. Payloads beyond
// DEV_INLINE_LIMIT go through the link's bounce file: domain 0 makes it before the first DEV_CONNECT, the domain opens it, domain 0
// removes its name. The domain hands out its places, so only the domain knows which are free.
//
// Both sides are hostile to each other: lengths, numbers and order are checked; garbage gets one ERROR record and the link is
// closed. Runs in: main thread of domain and domain-0 processes.
import { dictionary, fields, flag, matching, shortText, type TypeOf } from '../shape'

/** Version of this protocol; HELLO with another one is refused. */
export const LINK_VERSION = 2

export const LINK_RECORD_HEADER = 8
/** Longest body. Store state of a domain (1000 nodes of 2 KiB and their paths) is the largest. */
export const LINK_BODY_LIMIT = 24 * 1024 * 1024

/**
 * The record types. `from`: who sends it ('domain' or 'dom0' or 'both'); `least`: shortest body; `most`: longest body.
 */
export const LINK_RECORDS = {
  /** version u32 @0, flags u32 @4 (0), uuid 16 bytes @8 (the domain's handle), replies u32 @24 (domain: highest sequence such that it and all before it are answered in the ring), events u32 @28 (domain: highest event number received), console u64 @32 (domain: offset it will send from; dom0: offset it has and wants from), input u64 @40 (domain: console input bytes received so far) */
  HELLO: { type: 1, from: 'both', least: 48, most: 48 },
  /** UTF-8 text. The link is closed after it. */
  ERROR: { type: 2, from: 'both', least: 0, most: 4096 },

  /** sequence u32 @0, then one XenStore message as the guest wrote it (header and payload, at most 4112 bytes) */
  XS_REQUEST: { type: 16, from: 'domain', least: 20, most: 4116 },
  /** sequence u32 @0 of the request, then the reply message */
  XS_REPLY: { type: 17, from: 'dom0', least: 20, most: 4116 },
  /** number u32 @0, then the XS_WATCH_EVENT message */
  XS_EVENT: { type: 18, from: 'dom0', least: 20, most: 8212 },
  /** replies u32 @0 (all up to it are answered in the ring), events u32 @4 (all up to it are in the ring or in saved state) */
  XS_ACK: { type: 19, from: 'domain', least: 8, most: 8 },
  /** id u32 @0. Asks for the domain's store state as of all requests sent before this. */
  XS_SAVE: { type: 20, from: 'domain', least: 4, most: 4 },
  /** id u32 @0, status u32 @4 (0 good), state bytes. The pump has by then all replies and events that came before it. */
  XS_SAVED: { type: 21, from: 'dom0', least: 8, most: LINK_BODY_LIMIT },
  /** State bytes of XS_SAVED from a save file. Only accepted once, from a domain introduced with `restoring`. */
  XS_RESTORE: { type: 22, from: 'domain', least: 0, most: LINK_BODY_LIMIT },
  /** status u32 @0 (0 good), then UTF-8 text of what is wrong. Requests may follow only a good one. */
  XS_RESTORED: { type: 23, from: 'dom0', least: 4, most: 4096 },

  /** offset u64 @0, then bytes the guest wrote to its console, at most 64 KiB */
  CONSOLE_OUT: { type: 32, from: 'domain', least: 8, most: 65544 },
  /** offset u64 @0: everything before it is in the scrollback. The domain keeps at most CONSOLE_LINK_WINDOW beyond it in flight. */
  CONSOLE_ACK: { type: 33, from: 'dom0', least: 8, most: 8 },
  /** offset u64 @0, then bytes for the guest to read, at most 64 KiB; never beyond the last CONSOLE_CREDIT */
  CONSOLE_IN: { type: 34, from: 'dom0', least: 8, most: 65544 },
  /** limit u64 @0: dom0 may send console input up to this offset. */
  CONSOLE_CREDIT: { type: 35, from: 'domain', least: 8, most: 8 },

  /** On the device's channel: JSON of DEVICE_CONNECT. */
  DEV_CONNECT: { type: 48, from: 'dom0', least: 2, most: 128 * 1024 },
  /** On the device's channel: status u32 @0 (0 good), then UTF-8 text of what is wrong; then the channel is free again. */
  DEV_CONNECTED: { type: 49, from: 'domain', least: 4, most: 4096 },
  /** UTF-8 key of the device: its pump ends now, whatever it has not answered. Without a pump of that key it is answered too. */
  DEV_DISCONNECT: { type: 50, from: 'dom0', least: 1, most: 64 },
  /**
   * The pump is gone: key of the device, NUL, then why in UTF-8; nothing when domain 0 had asked. Not asked for, the guest broke
   * its ring.
   */
  DEV_DISCONNECTED: { type: 51, from: 'domain', least: 2, most: 4096 },
  /** On the device's channel: the backend's own. What comes for a channel that is not connected (any more) is dropped. */
  DEV_DATA: { type: 52, from: 'both', least: 1, most: 160 * 1024 },
  /** size u32 @0 of the bounce file, then its path in UTF-8 */
  BOUNCE: { type: 53, from: 'dom0', least: 5, most: 4096 },
  /** status u32 @0: 0 the domain has it open and uses it, 1 it cannot */
  BOUNCE_OPEN: { type: 54, from: 'domain', least: 4, most: 4 },
} as const satisfies Record<string, { type: number; from: 'domain' | 'dom0' | 'both'; least: number; most: number }>

export type LinkRecordName = keyof typeof LINK_RECORDS

/** Payload of a DEV_DATA record; more goes through the bounce file. */
export const DEV_INLINE_LIMIT = 64 * 1024

/** Device keys as in deviceKey (protocol/device.ts), and `vkbd/0`. */
export const deviceKeyShape = matching('a device key', /^[a-z]{2,8}\/\d{1,9}$/)

/** Body of DEV_CONNECT. */
export const DEVICE_CONNECT = fields({
  key: deviceKeyShape,
  /** True: a new connection of a frontend, an older pump of this key ends. False: go on where it was. */
  fresh: flag,
  /** What the frontend has in its directory, by path below it: ring-ref, event-channel, protocol, queue-0/... */
  frontend: dictionary(shortText(4096)),
  /** What the backend wants its pump to know; the backend's own. */
  backend: dictionary(shortText(4096)),
})
export type DeviceConnect = TypeOf<typeof DEVICE_CONNECT>

/** Console bytes in flight on a link without acknowledgement; the guest's ring then stays full and the guest waits. */
export const CONSOLE_LINK_WINDOW = 256 * 1024
/** Console input bytes a pump holds for the guest. */
export const CONSOLE_INPUT_WINDOW = 8 * 1024
/** XenStore requests of one domain in flight; the guest's ring then stays full and the guest waits. */
export const XS_REQUEST_WINDOW = 32
/** Watch events of one domain in flight. */
export const XS_EVENT_WINDOW = 64
