// Where the command line finds the app, and what goes over that local socket: frames (engine protocol/frame) with these messages.
// One place for both ends: a folder of the user's own, named after the app's folder when that is not the usual one.
// Runs in: main, command line. No platform.
import { anything, count, fields, flag, oneOf, text } from '../../src-engine/public/shape'

export const SOCKET_VERSION = 1

export interface SocketPlace {
  readonly folder: string
  readonly path: string
}

/** Variables of the environment: XDG_RUNTIME_DIR, RINGMASTER_FOLDER, and what the system uses for temporary files. */
export function socketPlace(
  env: { readonly [name: string]: string | undefined },
  temporary: string,
  user: number,
): SocketPlace {
  const runtime = env['XDG_RUNTIME_DIR']
  const base = runtime !== undefined && runtime !== '' ? `${runtime}/ringmaster` : `${temporary}/ringmaster-${user}`
  const own = env['RINGMASTER_FOLDER']
  return { folder: base, path: `${base}/xm${own === undefined || own === '' ? '' : `-${digest(own)}`}.sock` }
}

/** Eight digits that tell folders apart: socket paths are short. */
function digest(path: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < path.length; at++) hash = Math.imul(hash ^ path.charCodeAt(at), 0x01000193) >>> 0
  return hash.toString(16).padStart(8, '0')
}

/** Command line → app. The first is `hello`. */
export const TO_APP = {
  hello: fields({ kind: oneOf('hello'), version: count, /** Whether it wants to hear events. */ events: flag }),
  call: fields({ kind: oneOf('call'), id: count, name: text, params: anything }),
  /** A message of a stream the app opened for a call. */
  stream: fields({ kind: oneOf('stream'), stream: count, message: anything }),
  /** The same for bytes, which stand at the top of a message. */
  typed: fields({ kind: oneOf('typed'), stream: count, bytes: anything }),
  close: fields({ kind: oneOf('close'), stream: count }),
} as const

/** App → command line. */
export const FROM_APP = {
  hello: fields({ kind: oneOf('hello'), version: count }),
  reply: fields({ kind: oneOf('reply'), id: count, reply: anything }),
  event: fields({ kind: oneOf('event'), name: text, payload: anything }),
  /** Fields of a stream's message, bytes among them, beside `stream` and under `said` its kind. */
  stream: fields({ kind: oneOf('stream'), stream: count, said: text }),
  end: fields({ kind: oneOf('end'), stream: count, reason: text }),
} as const
