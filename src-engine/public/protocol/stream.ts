// Streams: window ⇄ domain 0 (console) and window ⇄ guest (pixels). The least privileged port: a window that has one can
// read and type on one console and nothing else. Messages are plain, one shape per row; garbage closes the stream.
//
// Console output is a sequence of bytes counted from the domain's start; `offset` is the count before the first byte of a
// message, so a window that reconnects (after domain 0 died) asks for `fromOffset` and sees each byte once. Bytes are what
// the guest wrote (UTF-8 may be cut between messages). Flow: dom0 sends at most CONSOLE_WINDOW bytes beyond the last `ack`,
// coalesced over a few milliseconds, and less than CONSOLE_CHUNK only when all before it is acknowledged; a window acknowledges
// when it has drawn and wants to draw again. A window that is slow loses what falls out of the scrollback: the next `output`
// then has an offset beyond the last one's end.
// Runs in: domain 0, main (which only hands ports out), renderer.
import { bytes, count, fields, oneOf, optional, type TypeOf, text, within } from '../shape'

/** Unacknowledged console bytes a window may have. */
export const CONSOLE_WINDOW = 256 * 1024
/** Output is sent when this many bytes wait, or after COALESCE_MS when nothing is unacknowledged. */
export const CONSOLE_CHUNK = 16 * 1024
export const COALESCE_MS = 4
/** Longest `input` message; longer pastes are cut into several by the sender. */
export const CONSOLE_INPUT_LIMIT = 16 * 1024

/** dom0 → window. */
export const CONSOLE_TO_WINDOW = {
  /** Bytes the guest wrote. */
  output: fields({ kind: oneOf('output'), offset: count, bytes }),
  /**
   * The guest's side came or went: `gone` while its process has no link to this domain 0. `input` comes with `connected`: at
   * which of the guest's input bytes typing goes on. Who counts what it typed sees there what a dead domain 0 took along.
   */
  state: fields({ kind: oneOf('state'), state: oneOf('connected', 'gone'), input: optional(count) }),
  /** The stream ends: the domain was released, or this side sent garbage. */
  end: fields({ kind: oneOf('end'), reason: text }),
} as const

/** window → dom0. */
export const CONSOLE_FROM_WINDOW = {
  /** Bytes typed. At most CONSOLE_INPUT_LIMIT; what the guest does not take waits in order (64 KiB, then it is dropped). */
  input: fields({ kind: oneOf('input'), bytes }),
  /** All output before `offset` has been shown. */
  ack: fields({ kind: oneOf('ack'), offset: count }),
  /** Size of the terminal. The console ring has no way to tell the guest; kept for consoles that do. */
  resize: fields({ kind: oneOf('resize'), columns: count, rows: count, pixels: optional(count) }),
} as const

export type ConsoleToWindow = {
  [K in keyof typeof CONSOLE_TO_WINDOW]: TypeOf<(typeof CONSOLE_TO_WINDOW)[K]>
}[keyof typeof CONSOLE_TO_WINDOW]
export type ConsoleFromWindow = {
  [K in keyof typeof CONSOLE_FROM_WINDOW]: TypeOf<(typeof CONSOLE_FROM_WINDOW)[K]>
}[keyof typeof CONSOLE_FROM_WINDOW]

/**
 * The file of a screen's stream, where one is: two places, each for one piece of the stream at a time. The guest's process writes a
 * piece and tells of it; the place is free again when the window has said that it read it.
 */
export const SCREEN_PLACE_BYTES = 16 * 1024 * 1024
export const SCREEN_PLACES = 2

const place = within(0, SCREEN_PLACES - 1)

/** Guest → window, beside bytes of RFB: the next `length` of them lie in the file, at the beginning of `place`. */
export const SCREEN_TO_WINDOW = {
  filed: fields({ kind: oneOf('filed'), place, length: within(1, SCREEN_PLACE_BYTES) }),
} as const

/** Window → guest, beside bytes of RFB. */
export const SCREEN_FROM_WINDOW = {
  read: fields({ kind: oneOf('read'), place }),
} as const

export type ScreenFromWindow = {
  [K in keyof typeof SCREEN_FROM_WINDOW]: TypeOf<(typeof SCREEN_FROM_WINDOW)[K]>
}[keyof typeof SCREEN_FROM_WINDOW]
