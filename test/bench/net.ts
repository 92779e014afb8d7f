// Bulk TCP through the virtual network without a guest's CPU: a synthetic guest, which is a TCP connection of ours behind a
// switch port, sends to and receives from a server in another process through switch and NAT, and exchanges data with a second
// one through the switch alone. Beside it a plain node:net connection to the same server, in turn, so that ratios mean something.
// Runs in: plain Node.
import { spawn } from 'node:child_process'
import net from 'node:net'
import { systemClock } from '../../src-engine/lib/clock'
import { parseIpv4, writeIpv4 } from '../../src-engine/net/ip/ipv4'
import { VirtualNetwork } from '../../src-engine/net/network'
import { NodeHost } from '../../src-engine/net/node-host'
import { parseIp, parseMac, writeMac } from '../../src-engine/net/switch/address'
import { type Frame, set16 } from '../../src-engine/net/switch/frame'
import { TcpConnection, type TcpUser } from '../../src-engine/net/tcp/connection'
import { headerLength, parseTcp, SYN, writeTcp } from '../../src-engine/net/tcp/segment'
import { DEFAULT_NETWORK } from '../../src-engine/public/protocol/device'
import type { BenchOptions, BenchReport } from './main'
import { median, table } from './median'
import { benchNetGuest } from './net-guest'
import { startRing } from './net-ring'

const BYTES = 512 * 1024 * 1024
const CHUNK = Buffer.alloc(64 * 1024, 0x5a)
const SERVER = `
  const net = require('net'); const chunk = Buffer.alloc(65536, 0x5a)
  const sink = net.createServer((s) => { let n = 0; s.on('data', (d) => { n += d.length; if (n >= ${BYTES}) s.end('done') }); s.on('error', () => {}) })
  const source = net.createServer((s) => { let n = 0; s.on('error', () => {}); s.resume()
    const feed = () => { while (n < ${BYTES}) { n += chunk.length; if (!s.write(chunk)) { s.once('drain', feed); return } } s.end() }; feed() })
  sink.listen(0, '127.0.0.1', () => source.listen(0, '127.0.0.1', () => console.log(sink.address().port + ' ' + source.address().port)))
  process.stdin.on('close', () => process.exit()); process.stdin.resume()`

/** What carries a synthetic guest's frames. */
export interface Wire {
  send(frame: Frame): void
  close(): void
}

/** Straight to the switch. */
const onSwitch =
  (network: VirtualNetwork, gso: boolean) =>
  (mac: string, deliver: (frame: Frame) => void): Wire => {
    const attached = network.attach({ name: mac, mac, offload: { blankChecksum: true, gso }, forwards: [], deliver })
    if (!attached.ok) throw new Error(attached.error)
    const port = attached.value
    return { send: (frame) => port.send(frame), close: () => port.detach() }
  }

/** One TCP connection behind a port of the network. */
class SyntheticGuest implements TcpUser {
  connection: TcpConnection | undefined
  got = 0
  done: () => void = () => {}
  private readonly wire: Wire
  private readonly mac: number
  private readonly address: number
  private left: number
  private readonly want: number
  private inbox: Frame[] = []

  constructor(number: number, send: number, want: number, wire: (mac: string, deliver: (frame: Frame) => void) => Wire) {
    this.left = send
    this.want = want
    const mac = `00:16:3e:00:00:0${number}`
    this.mac = parseMac(mac) ?? 0
    this.address = (parseIp('10.0.2.100') ?? 0) + number
    // In batches, as the link brings them.
    this.wire = wire(mac, (frame) => {
      if (this.inbox.push(frame) === 1) queueMicrotask(() => this.drain())
    })
  }

  get ends(): { mac: number; address: number } {
    return { mac: this.mac, address: this.address }
  }

  /** `to`: where its frames go. */
  open(to: { mac: number; address: number }, port: number, passive: boolean, gso: boolean): void {
    const own = {
      source: this.address,
      sourcePort: passive ? port : 40000,
      target: to.address,
      targetPort: passive ? 40000 : port,
    }
    this.connection = new TcpConnection({
      clock: systemClock,
      iss: 1,
      user: this,
      output: (header, queue, offset, length, mss) => {
        const size = headerLength(header)
        const step = gso ? Math.max(1, length) : mss
        for (let at = 0; at === 0 || at < length; at += step) {
          const part = Math.min(step, length - at)
          const bytes = new Uint8Array(34 + size + part)
          writeMac(bytes, 0, to.mac)
          writeMac(bytes, 6, this.mac)
          set16(bytes, 12, 0x0800)
          writeIpv4(bytes, 14, { source: own.source, target: own.target, protocol: 6, length: size + part })
          writeTcp(
            bytes,
            34,
            own,
            { ...header, sequence: (header.sequence + at) >>> 0 },
            part > 0 ? queue : undefined,
            offset + at,
            part,
          )
          this.wire.send({ bytes, checksum: 'blank', gsoSize: part > mss ? mss : 0 })
        }
      },
    })
    if (!passive) this.connection.open()
  }

  close(): void {
    this.connection?.abort()
    this.wire.close()
  }

  established(): void {
    this.feed()
  }

  drained(): void {
    this.feed()
  }

  received(data: Uint8Array): void {
    this.got += data.length
    this.connection?.consumed(data.length)
    if (this.got >= this.want) this.done()
  }

  finished(): void {}
  closed(): void {}

  private feed(): void {
    while (this.left > 0 && this.connection && this.connection.queued < 2 * 1024 * 1024) {
      this.left -= CHUNK.length
      this.connection.send(CHUNK)
    }
  }

  private drain(): void {
    const frames = this.inbox
    this.inbox = []
    for (const frame of frames) this.take(frame)
  }

  private take(frame: Frame): void {
    const packet = parseIpv4(frame.bytes, 14, true)
    const segment = typeof packet === 'string' ? undefined : parseTcp(packet)
    if (!segment || !this.connection) return
    if (segment.flags === SYN && this.connection.state === 'CLOSED') {
      this.connection.wait(segment)
      this.connection.accept()
    } else this.connection.take(segment)
  }
}

const gigabits = (milliseconds: number): number => (BYTES * 8) / milliseconds / 1e6

/** Speed by the clock, and by the processor time of this process: what a busy machine cannot hide. */
interface Speed {
  readonly clock: number
  readonly processor: number
}

async function timed(work: () => Promise<void>): Promise<Speed> {
  const before = process.cpuUsage()
  const start = performance.now()
  await work()
  const clock = gigabits(performance.now() - start)
  const { user, system } = process.cpuUsage(before)
  return { clock, processor: gigabits((user + system) / 1000) }
}

const newNetwork = (): VirtualNetwork =>
  new VirtualNetwork(DEFAULT_NETWORK, { clock: systemClock, host: new NodeHost(), log: () => {} })

function plainUpload(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1')
    let left = BYTES
    const feed = (): void => {
      while (left > 0) {
        left -= CHUNK.length
        if (!socket.write(CHUNK)) {
          socket.once('drain', feed)
          return
        }
      }
    }
    socket.on('connect', feed)
    socket.on('data', () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
  })
}

function plainDownload(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1')
    let got = 0
    socket.on('data', (data) => {
      got += data.length
      if (got >= BYTES) resolve()
    })
    socket.on('error', reject)
  })
}

/** Through rings, pump, link and a domain 0 that is a process of its own. */
async function ringTransfer(port: number, up: boolean): Promise<Speed> {
  const ring = await startRing('00:16:3e:00:00:01')
  const guest = new SyntheticGuest(1, up ? BYTES : 0, up ? 1 : BYTES, (_mac, deliver) => ring.wire(deliver))
  const over = new Promise<void>((resolve) => {
    guest.done = resolve
  })
  const address = parseIp('10.0.2.1') ?? 0
  const speed = await timed(async () => {
    guest.open({ mac: 0x0252 * 0x1_0000_0000 + address, address }, port, false, true)
    await over
  })
  guest.close()
  return speed
}

async function natTransfer(port: number, up: boolean, gso: boolean): Promise<void> {
  const network = newNetwork()
  const guest = new SyntheticGuest(1, up ? BYTES : 0, up ? 1 : BYTES, onSwitch(network, gso))
  const gateway = { mac: 0x0252 * 0x1_0000_0000 + network.gateway.address, address: network.gateway.address }
  const over = new Promise<void>((resolve) => {
    guest.done = resolve
  })
  guest.open(gateway, port, false, gso)
  await over
  guest.close()
  network.dispose()
}

async function switchTransfer(): Promise<void> {
  const network = newNetwork()
  const sender = new SyntheticGuest(1, BYTES, 1, onSwitch(network, true))
  const receiver = new SyntheticGuest(2, 0, BYTES, onSwitch(network, true))
  const over = new Promise<void>((resolve) => {
    receiver.done = resolve
  })
  receiver.open(sender.ends, 80, true, true)
  sender.open(receiver.ends, 80, false, true)
  await over
  sender.close()
  receiver.close()
  network.dispose()
}

export async function benchNet(options: BenchOptions): Promise<BenchReport> {
  const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ports = await new Promise<string>((resolve) => server.stdout.once('data', (text: Buffer) => resolve(text.toString())))
  const [sink, source] = ports.trim().split(' ').map(Number)
  if (!sink || !source) throw new Error('the server does not start')
  const rows = [
    { name: 'plain node:net, sending', run: () => plainUpload(sink), beside: 0 },
    { name: 'plain node:net, receiving', run: () => plainDownload(source), beside: 1 },
    { name: 'guest to host through NAT, 64 KiB frames', run: () => natTransfer(sink, true, true), beside: 0 },
    { name: 'host to guest through NAT, 64 KiB frames', run: () => natTransfer(source, false, true), beside: 1 },
    { name: 'guest to host through NAT, 1500 byte frames', run: () => natTransfer(sink, true, false), beside: 0 },
    { name: 'host to guest through NAT, 1500 byte frames', run: () => natTransfer(source, false, false), beside: 1 },
    { name: 'guest to guest through the switch', run: switchTransfer, beside: 0 },
  ].map((row) => ({ ...row, speed: () => timed(row.run) }))
  rows.push(
    ...(['guest to host', 'host to guest'] as const).map((name, i) => ({
      name: `${name} through rings, link, domain 0 and NAT`,
      run: async () => {},
      beside: i,
      speed: () => ringTransfer(i === 0 ? sink : source, i === 0),
    })),
  )
  const speeds = rows.map((): Speed[] => [])
  for (let run = 0; run < options.runs; run++) {
    for (const [i, row] of rows.entries()) speeds[i]?.push(await row.speed())
  }
  server.kill()
  const medians = speeds.map((values) => median(values.map(({ clock }) => clock)))
  const results = rows.map(({ name, beside }, i) => ({
    name,
    gigabits: medians[i] ?? Number.NaN,
    perCore: median((speeds[i] ?? []).map(({ processor }) => processor)),
    ratio: (medians[i] ?? Number.NaN) / (medians[beside] ?? Number.NaN),
  }))
  const guests = await benchNetGuest(options.runs)
  const machines = [...new Set(guests.map(({ machine }) => machine))].map((machine) => {
    const own = guests.filter((one) => one.machine === machine)
    return {
      machine,
      first: median(own.map(({ first }) => first)),
      receive: median(own.map(({ receive }) => receive)),
      send: median(own.map(({ send }) => send)),
      firstPing: median(own.map(({ firstPing }) => firstPing)),
      ping: median(own.map(({ ping }) => ping)),
    }
  })
  const [ours, qemu] = machines
  const text = [
    `bulk TCP, ${BYTES >> 20} MiB each, median of ${options.runs} runs`,
    table([
      ['path', 'Gbit/s', 'of plain', 'Gbit/s of a whole core'],
      ...results.map(({ name, gigabits, ratio, perCore }) => [name, gigabits.toFixed(2), ratio.toFixed(2), perCore.toFixed(2)]),
    ]),
    '',
    table([
      ["Debian's cloud kernel, host on the gateway", 'receiving first, Mbit/s', 'again', 'sending', 'ping first, ms', 'again'],
      ...machines.map((one) => [
        one.machine,
        ...[one.first, one.receive, one.send].map((rate) => rate.toFixed(0)),
        ...[one.firstPing, one.ping].map((time) => time.toFixed(2)),
      ]),
      ...(ours && qemu
        ? [
            [
              'ratio',
              ...(['first', 'receive', 'send', 'firstPing', 'ping'] as const).map((what) =>
                (ours[what] / qemu[what]).toFixed(2),
              ),
            ],
          ]
        : []),
    ]),
  ].join('\n')
  return { text, json: { bench: 'net', runs: options.runs, bytes: BYTES, results, guests } }
}
