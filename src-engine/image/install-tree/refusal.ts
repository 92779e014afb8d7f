// What a server of the network can do wrong, as one word each and where it was: a sentence is made of it in the user's language.
// Invariant: `detail` is the system's or the server's and may be empty; it is shown, never compared.
// Runs in: the image process.
import type { TreeRefusal, TreeRefusalWhy } from '../../public/protocol/image-control'
import { err, type Result } from '../../public/result'

export type { TreeRefusal, TreeRefusalWhy } from '../../public/protocol/image-control'
export type TreeResult<T> = Result<T, TreeRefusal>

const SHOWN_MOST = 300

/** One line of what can be shown. */
function shown(text: string, most: number): string {
  return text.replace(/[^\x20-\x7e\u00a0-\u024f]+/g, ' ').slice(0, most)
}

export function refuse(
  why: TreeRefusalWhy,
  url: URL,
  detail: string | number = '',
): { readonly ok: false; readonly error: TreeRefusal } {
  return err({ why, url: shown(url.href, 2000), detail: shown(String(detail), SHOWN_MOST) })
}

const NO_HOST = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME'])
const CUT = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'])
const TLS = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH|INVALID_CA|CRL_)/

/** An error of Node's network calls. */
export function refuseError(url: URL, thrown: unknown): { readonly ok: false; readonly error: TreeRefusal } {
  if (!(thrown instanceof Error)) return refuse('unreachable', url, String(thrown))
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''
  if (NO_HOST.has(code)) return refuse('no-host', url)
  if (TLS.test(code)) return refuse('tls', url, thrown.message.replace(/^.*routines:[^:]*:/s, '').split('\n')[0])
  if (CUT.has(code)) return refuse('cut', url)
  if (code.startsWith('HPE_')) return refuse('cut', url, thrown.message)
  return refuse('unreachable', url, code === '' ? thrown.message : code)
}
