// A real Linux TCP/IP stack as a guest of a virtual network: test/engine/net/linux/tap.c in a network namespace. Needs root and
// /dev/net/tun; `cannotPeer` says what is missing.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Duplex } from 'node:stream'
import type { Frame } from '../../src-engine/net/switch/frame'
import { missingProgram } from './programs'

const HEADER = 10
const NEEDS_CSUM = 1
const DATA_VALID = 2
const GSO_TCPV4 = 1

/** Why there can be no such peer here. */
export function cannotPeer(): string | undefined {
  if (process.platform !== 'linux') return 'not Linux'
  if (process.getuid?.() !== 0) return 'not root'
  const missing = missingProgram('gcc', 'ip', 'nsenter')
  if (missing) return `${missing} is not installed`
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch {
    return 'no /dev/net/tun'
  }
  const tried = spawnSync('unshare', ['-n', 'sh', '-c', 'ip tuntap add dev eth0 mode tap && ip link set eth0 up'])
  return tried.status === 0 ? undefined : 'network namespaces are not allowed'
}

export class LinuxPeer {
  /** Set before frames are wanted. */
  deliver: (frame: Frame) => void = () => {}
  private readonly child: ChildProcess
  private readonly pipe: Duplex
  private readonly pid: number
  private readonly folder: string
  private got: Buffer = Buffer.alloc(0)

  private constructor(child: ChildProcess, pipe: Duplex, pid: number, folder: string) {
    this.child = child
    this.pipe = pipe
    this.pid = pid
    this.folder = folder
    pipe.on('data', (bytes: Buffer) => this.take(bytes))
    pipe.on('error', () => {})
  }

  static async start(mac: string): Promise<LinuxPeer> {
    const folder = mkdtempSync(path.join(tmpdir(), 'ringmaster-tap-'))
    const program = path.join(folder, 'tap')
    const source = path.join(import.meta.dirname, '../engine/net/linux/tap.c')
    const built = spawnSync('gcc', ['-O2', '-o', program, source], { encoding: 'utf8' })
    if (built.status !== 0) throw new Error(built.stderr)
    const child = spawn(program, [mac], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] })
    const pid = await new Promise<number>((resolve, reject) => {
      child.stdout?.on('data', (text: Buffer) => {
        const match = /ready (\d+)/.exec(text.toString())
        if (match) resolve(Number(match[1]))
      })
      child.on('exit', (code) => reject(new Error(`the tap ended with ${code}`)))
    })
    const pipe = child.stdio[3]
    if (!(pipe instanceof Duplex)) throw new Error('no pipe')
    return new LinuxPeer(child, pipe, pid, folder)
  }

  /** A frame for the peer. */
  send(frame: Frame): void {
    const { bytes } = frame
    const header = Buffer.alloc(4 + HEADER)
    header.writeUInt32BE(HEADER + bytes.length)
    const ip = 14
    const transport = ip + ((bytes[ip] ?? 0) & 15) * 4
    if (frame.checksum === 'blank') {
      header[4] = NEEDS_CSUM
      header.writeUInt16LE(transport, 10)
      header.writeUInt16LE(bytes[ip + 9] === 6 ? 16 : 6, 12)
    } else if (frame.checksum === 'validated') header[4] = DATA_VALID
    if (frame.gsoSize > 0) {
      header[5] = GSO_TCPV4
      header.writeUInt16LE(transport + ((bytes[transport + 12] ?? 0) >> 4) * 4, 6)
      header.writeUInt16LE(frame.gsoSize, 8)
    }
    this.pipe.write(header)
    this.pipe.write(bytes)
  }

  /** Starts a program beside eth0. */
  spawn(command: string, args: readonly string[]): ChildProcess {
    return spawn('nsenter', ['-t', String(this.pid), '-n', command, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  }

  /** Runs a program to its end. */
  run(command: string, ...args: readonly string[]): Promise<{ status: number | null; output: string }> {
    return new Promise((resolve) => {
      const child = this.spawn(command, args)
      let output = ''
      child.stdin?.end()
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (text: Buffer) => {
          output += text.toString()
        })
      }
      child.on('close', (status) => resolve({ status, output }))
    })
  }

  /** Runs a script of Node's; `net` is there. */
  script(text: string): Promise<{ status: number | null; output: string }> {
    return this.run(process.execPath, '-e', text)
  }

  dispose(): void {
    this.pipe.destroy()
    this.child.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }

  private take(bytes: Buffer): void {
    this.got = this.got.length > 0 ? Buffer.concat([this.got, bytes]) : bytes
    let at = 0
    while (this.got.length - at >= 4 + HEADER) {
      const length = this.got.readUInt32BE(at)
      if (this.got.length - at < 4 + length) break
      const header = at + 4
      const flags = this.got[header] ?? 0
      const gso = (this.got[header + 1] ?? 0) & 0x7f
      this.deliver({
        bytes: new Uint8Array(this.got.subarray(header + HEADER, header + length)),
        checksum: flags & NEEDS_CSUM ? 'blank' : 'complete',
        gsoSize: gso === GSO_TCPV4 ? this.got.readUInt16LE(header + 4) : 0,
      })
      at = header + length
    }
    this.got = this.got.subarray(at)
  }
}

/** A server on the host's loopback; returns its port. */
export function serve(
  handle: (socket: net.Socket) => void,
  options: net.ServerOpts = {},
): Promise<{ port: number; server: net.Server }> {
  return new Promise((resolve) => {
    const server = net.createServer(options, handle)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({ port: typeof address === 'object' && address ? address.port : 0, server })
    })
  })
}
