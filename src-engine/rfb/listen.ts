// Sockets for VNC viewers: a local socket only this user may open, or a TCP port. A password is asked for on TCP when there is
// one, and an address other than the host's own must have one.
// Invariant: a path is replaced only when it is a socket that nobody listens on. Runs in: the server's process (Node).
import { chmod, lstat, unlink } from 'node:fs/promises'
import { connect, createServer, isIP, type ListenOptions, type Server, type Socket } from 'node:net'
import { systemWords } from '../lib/system-error'
import { err, ok, type Result } from '../public/result'
import type { ByteChannel } from './byte-channel'
import type { RfbServer } from './server'

export type VncPlace =
  | { readonly path: string }
  | { readonly address: string; readonly port: number; readonly password: string | undefined }

/** A local socket's path that is longer is cut off by the system: it would be another one. Bytes, without the 0 behind them. */
const PATH_MOST = process.platform === 'linux' ? 107 : 103

/** What a viewer that does not read may have waiting before it is dropped: several of the largest frames. */
const DEAF_BYTES = 64 * 1024 * 1024

export function socketChannel(socket: Socket): ByteChannel {
  socket.setNoDelay(true)
  let closed: string | undefined
  const listeners: ((reason: string) => void)[] = []
  const ended = (reason: string): void => {
    if (closed !== undefined) return
    closed = reason
    for (const listener of listeners) listener(reason)
  }
  socket.on('error', (error) => ended(`the connection broke: ${error.message}`))
  socket.on('close', () => ended('the viewer went'))
  return {
    wide: false,
    get backlog() {
      return socket.writableLength
    },
    send(bytes) {
      if (closed !== undefined) return
      socket.write(bytes)
      if (socket.writableLength > DEAF_BYTES) socket.destroy()
    },
    onBytes: (listener) => void socket.on('data', (chunk: Uint8Array) => listener(chunk)),
    onClose(listener) {
      if (closed !== undefined) listener(closed)
      else listeners.push(listener)
    },
    close(reason) {
      // What was written, a refusal for one, goes out; a viewer that never reads does not hold us.
      socket.end()
      const timer = setTimeout(() => socket.destroy(), 2000)
      timer.unref()
      ended(reason)
    },
    onDrain: (listener) => void socket.on('drain', listener),
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address === 'localhost' || (isIP(address) === 4 && address.startsWith('127.'))
}

/** A listening socket; the error is one sentence for people. */
export class VncListener {
  private readonly server: Server
  /** The port that was asked for, or the one the system chose for 0; undefined for a local socket. */
  readonly port: number | undefined

  private constructor(server: Server) {
    this.server = server
    const address = server.address()
    this.port = typeof address === 'object' && address !== null ? address.port : undefined
  }

  static async listen(rfb: RfbServer, place: VncPlace): Promise<Result<VncListener, string>> {
    if (!('path' in place)) {
      const { address, port, password } = place
      if (!password && !isLoopback(address)) return err('A screen is opened to other hosts only with a password.')
      return open(rfb, { host: address, port }, `${address}, port ${port}`, password)
    }
    const free = await clearPath(place.path)
    if (!free.ok) return free
    // Made for this user alone from the start; the mode is set again where a system does not heed the mask.
    const mask = process.umask(0o177)
    const opening = open(rfb, { path: place.path }, place.path, undefined)
    process.umask(mask)
    const listener = await opening
    if (!listener.ok || process.platform === 'win32') return listener
    try {
      await chmod(place.path, 0o600)
      return listener
    } catch (error) {
      listener.value.close()
      return cannot(place.path, error)
    }
  }

  /** Stops listening; viewers that are there stay. The path of a local socket is removed. */
  close(): void {
    this.server.close()
  }

  /** For `listen`. */
  static of(server: Server): VncListener {
    return new VncListener(server)
  }
}

function open(
  rfb: RfbServer,
  options: ListenOptions,
  shown: string,
  password: string | undefined,
): Promise<Result<VncListener, string>> {
  return new Promise((resolve) => {
    const server = createServer((socket) => rfb.attach(socketChannel(socket), password))
    server.once('error', (error) => resolve(cannot(shown, error)))
    try {
      server.listen(options, () => {
        server.removeAllListeners('error')
        // A failing accept (no file descriptors) is the viewer's to try again.
        server.on('error', () => {})
        resolve(ok(VncListener.of(server)))
      })
    } catch (error) {
      // A place that cannot be one, a port beyond the last.
      resolve(cannot(shown, error))
    }
  })
}

function cannot(shown: string, error: unknown): Result<never, string> {
  return err(`VNC cannot listen on ${shown} (${error instanceof Error ? systemWords(error) : String(error)}).`)
}

async function clearPath(path: string): Promise<Result<undefined, string>> {
  if (process.platform !== 'win32' && Buffer.byteLength(path) > PATH_MOST)
    return err(`VNC cannot listen on ${path}: the path is too long.`)
  const state = await lstat(path).catch(() => undefined)
  if (!state) return ok(undefined)
  if (state.isDirectory()) return err(`VNC cannot listen on ${path}: it is a folder.`)
  if (!state.isSocket()) return err(`VNC cannot listen on ${path}: there is a file.`)
  if (await answers(path)) return err(`VNC cannot listen on ${path}: it is in use.`)
  await unlink(path).catch(() => undefined)
  return ok(undefined)
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
