// What the doctor asks the operating system: files, space, ports. Behind one interface, so that tests bring machines of their own.
// Runs in: main, plain Node.
import { constants } from 'node:fs'
import { access, chmod, mkdir, readFile, stat, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { freemem, totalmem } from 'node:os'

export interface FileFacts {
  readonly readable: boolean
  readonly writable: boolean
  readonly mode: number
  readonly changedAt: number
  readonly size: number
}

export interface HostProbe {
  /** Undefined when there is none. */
  file(path: string): Promise<FileFacts | undefined>
  /** Of the file system a path is on, bytes; `volatile` when it lives in memory. */
  space(path: string): Promise<{ readonly free: number; readonly volatile: boolean } | undefined>
  /** Whether somebody listens there, or the system refuses: its error code, else undefined. */
  portRefused(address: string, port: number): Promise<string | undefined>
  /** The lowest TCP port that everyone may listen on. */
  lowestPort(): Promise<number>
  memory(): { readonly total: number; readonly free: number }
  setMode(path: string, mode: number): Promise<void>
  makeFolder(path: string): Promise<void>
}

const TMPFS = 0x01021994
const RAMFS = 0x858458f6

async function allowed(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  )
}

/** MemAvailable counts what the system would give back; Node's freemem does not on every version. */
async function availableMemory(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '')
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1]
  return kib === undefined ? freemem() : Number(kib) * 1024
}

export async function hostProbe(): Promise<HostProbe> {
  const free = await availableMemory()
  return {
    file: async (path) => {
      const found = await stat(path).catch(() => undefined)
      if (found === undefined) return undefined
      const [readable, writable] = await Promise.all([allowed(path, constants.R_OK), allowed(path, constants.W_OK)])
      return { readable, writable, mode: found.mode & 0o777, changedAt: found.mtimeMs, size: found.size }
    },
    space: async (path) => {
      const found = await statfs(path).catch(() => undefined)
      if (found === undefined) return undefined
      return { free: found.bavail * found.bsize, volatile: found.type === TMPFS || found.type === RAMFS }
    },
    portRefused: (address, port) =>
      new Promise((resolve) => {
        const server = createServer()
        server.once('error', (error) => resolve('code' in error && typeof error.code === 'string' ? error.code : 'EIO'))
        server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)))
      }),
    lowestPort: async () => {
      if (process.platform !== 'linux') return 0
      const text = await readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8').catch(() => '1024')
      return process.getuid?.() === 0 ? 0 : Number(text.trim()) || 0
    },
    memory: () => ({ total: totalmem(), free }),
    setMode: (path, mode) => chmod(path, mode),
    makeFolder: async (path) => {
      await mkdir(path, { recursive: true, mode: 0o700 })
    },
  }
}
