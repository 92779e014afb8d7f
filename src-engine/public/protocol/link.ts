// Link: domain ⇄ domain 0. Each message is one flat buffer (Uint8Array) of records, batched as they come; the first message
// on a socket is the ticket (a plain message {kind:'ticket', ticket}), which the accepting side checks before the link begins.
// Record: type u16 @0, channel u16 @2 (0 for store and primary console; a backend's device later), length u32 @4 of the body,
// body @8, padded with zeroes to a multiple of 4 (the padding is not in `length`). Little-endian; 64-bit values are u64.
//
// The domain's process (the pump) owns the truth. It numbers XenStore requests (`sequence`, from 1, u32, never reused) and keeps
// each until its reply is in the guest's ring; domain 0 numbers watch events the same way and keeps them until acknowledged.
// A new link starts with HELLO from both; then the pump sends its unanswered requests again with their old numbers, domain 0
// answers those it has executed from its memory or journal (never twice) and sends unacknowledged events again; the pump drops
// replies and events it has seen. So every request is executed once and every event arrives once, across any death of domain 0.
//
// Both sides are hostile to each other: lengths, numbers and order are checked; garbage gets one ERROR record and the link is
// closed. Runs in: main thread of domain and domain-0 processes.

/** Version of this protocol; HELLO with another one is refused. */
export const LINK_VERSION = 1

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
} as const satisfies Record<string, { type: number; from: 'domain' | 'dom0' | 'both'; least: number; most: number }>

export type LinkRecordName = keyof typeof LINK_RECORDS

/** Console bytes in flight on a link without acknowledgement; the guest's ring then stays full and the guest waits. */
export const CONSOLE_LINK_WINDOW = 256 * 1024
/** Console input bytes a pump holds for the guest. */
export const CONSOLE_INPUT_WINDOW = 8 * 1024
/** XenStore requests of one domain in flight; the guest's ring then stays full and the guest waits. */
export const XS_REQUEST_WINDOW = 32
/** Watch events of one domain in flight. */
export const XS_EVENT_WINDOW = 64
