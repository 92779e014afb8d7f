// Files of web servers, a part or all of one: plain GET, bytes as they are stored there (no unpacking).
// Invariant: every byte of the server is hostile, so nothing here waits, follows or collects without a limit; only http and https are
// followed, never from https back to http, and no password goes with an address.
// Runs in: the image process.
import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { ok } from '../../public/result'
import { refuse, refuseError, type TreeResult } from './refusal'

export interface HttpLimits {
  /** The server may be silent for so long, before its answer and within it. */
  readonly silenceMs: number
  readonly redirects: number
}

export interface HttpOptions {
  readonly limits: HttpLimits
  readonly signal: AbortSignal
  /** Only the first bytes are wanted; a server may send all the same. */
  readonly first?: number
}

/** An answer whose body nobody has read yet. It must be read or closed. */
export interface HttpAnswer {
  /** Where it came from in the end. */
  readonly url: URL
  readonly status: number
  /** Bytes of the whole file; undefined: the server does not say. */
  readonly size: number | undefined
  readonly chunks: () => AsyncIterable<Uint8Array>
  readonly close: () => void
}

export class Silence extends Error {}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status)

/** Digits alone: what a server says of sizes is text. */
function sizeOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function wholeSize(answer: IncomingMessage): number | undefined {
  if (answer.statusCode !== 206) return sizeOf(answer.headers['content-length'])
  return sizeOf(/^bytes \d{1,15}-\d{1,15}\/(\d{1,15})$/.exec(answer.headers['content-range'] ?? '')?.[1])
}

/** An address that was read from somewhere; undefined: it is none. */
export function readUrl(text: string, base?: URL): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}

interface Asked {
  readonly answer: IncomingMessage
  /** From now on the server is waited for, or not: a slow disk here is none of its silence. */
  readonly wait: (waiting: boolean) => void
  readonly stop: () => void
}

/** One request without following. Rejects with errors of Node's, or `Silence`. */
function ask(url: URL, { limits, signal, first }: HttpOptions): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const headers = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'Ringmaster' }
    const range = first === undefined ? {} : { range: `bytes=0-${first - 1}` }
    const send = url.protocol === 'https:' ? secureRequest : plainRequest
    // A connection of its own each: what was left unread of an answer before cannot be taken for one.
    const asked = send(url, { headers: { ...headers, ...range }, agent: false })
    let answered: IncomingMessage | undefined
    // An answer whose request is ended says that the server cut it off.
    const end = (error: Error): void => void (answered ?? asked).destroy(error)
    let watch: NodeJS.Timeout | undefined
    const wait = (waiting: boolean): void => {
      clearTimeout(watch)
      if (waiting) watch = setTimeout(() => end(new Silence()), limits.silenceMs)
    }
    const abort = (): void => end(new Error('aborted'))
    const stop = (): void => {
      wait(false)
      signal.removeEventListener('abort', abort)
      asked.destroy()
    }
    asked.on('error', (error) => {
      stop()
      reject(error)
    })
    asked.on('response', (answer) => {
      answered = answer
      // Whoever reads it hears of its errors too; nobody may be reading yet.
      answer.on('error', () => undefined)
      wait(true)
      resolve({ answer, wait, stop })
    })
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    wait(true)
    asked.end()
  })
}

/** Where a redirect leads; undefined: to no place that is followed. */
function nextOf(url: URL, location: string | undefined): URL | undefined {
  const next = location === undefined ? undefined : readUrl(location, url)
  if (next === undefined) return undefined
  const isWeb = next.protocol === 'https:' || (next.protocol === 'http:' && url.protocol === 'http:')
  return isWeb && next.username === '' && next.password === '' ? next : undefined
}

/** The refusal that belongs to what was thrown: a signal's abort has none, callers ask that first. */
export function refuseThrown(url: URL, thrown: unknown, { silenceMs }: HttpLimits) {
  return thrown instanceof Silence ? refuse('silent', url, Math.round(silenceMs / 1000)) : refuseError(url, thrown)
}

/** Asks for a file, and for those it is redirected to. Any status but a redirect's is an answer. */
export async function openHttp(from: URL, options: HttpOptions): Promise<TreeResult<HttpAnswer>> {
  let url = from
  for (let followed = 0; ; followed++) {
    try {
      const asked = await ask(url, options)
      const { answer, stop } = asked
      const status = answer.statusCode ?? 0
      if (!isRedirect(status)) {
        const size = wholeSize(answer)
        return ok({ url, status, size, chunks: () => chunksOf(asked), close: stop })
      }
      stop()
      const next = nextOf(url, answer.headers.location)
      if (next === undefined) return refuse('redirect', url, answer.headers.location)
      if (followed === options.limits.redirects) return refuse('redirect', from, next.href)
      url = next
    } catch (thrown) {
      return refuseThrown(url, thrown, options.limits)
    }
  }
}

async function* chunksOf({ answer, wait, stop }: Asked): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of answer) {
      wait(false)
      yield chunk
      wait(true)
    }
  } finally {
    stop()
  }
}

/** The first `most` bytes, and whether there are more. */
export async function readFirst(
  answer: HttpAnswer,
  most: number,
  limits: HttpLimits,
): Promise<TreeResult<{ readonly bytes: Buffer; readonly more: boolean }>> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of answer.chunks()) {
      chunks.push(chunk)
      length += chunk.length
      if (length > most) break
    }
  } catch (thrown) {
    return refuseThrown(answer.url, thrown, limits)
  }
  return ok({ bytes: Buffer.concat(chunks).subarray(0, most), more: length > most })
}
