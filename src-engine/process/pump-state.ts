// The state of a domain's pumps and of its part of the store, as bytes for one record of a save file.
// It is one plain frame (protocol/frame.ts): numbers in JSON, the bytes beside it. Lists of byte strings are stored joined, with
// their lengths. Save files are hostile: everything is checked before a pump gets it.
// Order when saving: vcpus stand still, the store's pump is held, `link.saveStore()` resolves with its state, then the others' `save()`.
// Order when restoring: memory, pumps made on it, this, `store.load` and `console.load`, DomainLink with the xenstore bytes.
// Invariant: decodePumpState(encodePumpState(s)) equals s. Runs in: main thread of the domain's process.
import type { ConsolePumpState } from '../backend/console/pump'
import { SCROLLBACK_LIMIT } from '../backend/console/scrollback'
import type { SavedPump } from '../backend/pump-host'
import { concatBytes } from '../lib/bytes'
import { encodeFrame, FrameReader } from '../public/protocol/frame'
import { CONSOLE_INPUT_WINDOW, XS_REQUEST_WINDOW } from '../public/protocol/link'
import { err, ok, type Result } from '../public/result'
import { bytes, count, fields, list, oneOf, optional, shortText, within } from '../public/shape'
import type { RingPumpState } from '../xenstore/ring-pump'

export interface PumpState {
  readonly store: RingPumpState
  readonly console: ConsolePumpState
  readonly devices: readonly SavedPump[]
  /** What DomainLink.saveStore gave. */
  readonly xenstore: Uint8Array
}

const FORM = fields({
  kind: oneOf('pumps'),
  version: oneOf(1),
  sequence: within(0, 0xffffffff),
  events: within(0, 0xffffffff),
  eventsWritten: within(0, 0xffffffff),
  error: within(0, 3),
  unansweredLengths: list(count, XS_REQUEST_WINDOW),
  outgoing: list(fields({ event: within(0, 0xffffffff), length: count }), 4096),
  partial: bytes,
  unanswered: bytes,
  outgoingBytes: bytes,
  consoleStart: count,
  history: bytes,
  inputReceived: count,
  input: bytes,
  xenstore: bytes,
  /** Not in files from before there were devices. */
  devices: optional(list(fields({ connect: shortText(256 * 1024), length: count }), 64)),
  deviceBytes: optional(bytes),
})

export function encodePumpState({ store, console, devices, xenstore }: PumpState): Uint8Array {
  return encodeFrame({
    kind: 'pumps',
    version: 1,
    sequence: store.sequence,
    events: store.events,
    eventsWritten: store.eventsWritten,
    error: store.error,
    unansweredLengths: store.unanswered.map((one) => one.length),
    outgoing: store.outgoing.map((one) => ({ event: one.event, length: one.bytes.length })),
    partial: store.partial,
    unanswered: concatBytes(store.unanswered),
    outgoingBytes: concatBytes(store.outgoing.map((one) => one.bytes)),
    consoleStart: console.start,
    history: console.history,
    inputReceived: console.inputReceived,
    input: console.input,
    xenstore,
    devices: devices.map(({ connect, state }) => ({ connect, length: state.length })),
    deviceBytes: concatBytes(devices.map(({ state }) => state)),
  })
}

/** Cuts joined bytes apart; undefined when the lengths do not add up. */
function cut(joined: Uint8Array, lengths: readonly number[]): Uint8Array[] | undefined {
  let at = 0
  const pieces: Uint8Array[] = []
  for (const length of lengths) {
    pieces.push(joined.slice(at, at + length))
    at += length
  }
  return at === joined.length ? pieces : undefined
}

export function decodePumpState(encoded: Uint8Array): Result<PumpState, string> {
  const messages = new FrameReader().push(encoded)
  if (!messages.ok) return err(`bad state of the rings: ${messages.error}`)
  const [form, ...more] = messages.value
  if (!FORM.is(form) || more.length > 0) return err(`bad state of the rings: ${FORM.explain(form, 'state')}`)
  const unanswered = cut(form.unanswered, form.unansweredLengths)
  const outgoing = cut(
    form.outgoingBytes,
    form.outgoing.map((one) => one.length),
  )
  const devices = form.devices ?? []
  const states = cut(
    form.deviceBytes ?? new Uint8Array(0),
    devices.map((one) => one.length),
  )
  if (!unanswered || !outgoing || !states) return err('bad state of the rings: lengths do not add up')
  if (
    form.history.length > SCROLLBACK_LIMIT ||
    form.input.length > CONSOLE_INPUT_WINDOW ||
    form.input.length > form.inputReceived
  ) {
    return err('bad state of the console')
  }
  const { sequence, events, eventsWritten, error, partial, inputReceived, input, history, xenstore } = form
  return ok({
    store: {
      sequence,
      events,
      eventsWritten,
      error,
      partial,
      unanswered,
      outgoing: outgoing.map((piece, i) => ({ event: form.outgoing[i]?.event ?? 0, bytes: piece })),
    },
    console: { start: form.consoleStart, history, inputReceived, input },
    devices: states.map((state, i) => ({ connect: devices[i]?.connect ?? '', state })),
    xenstore,
  })
}
