// What a guest's screen costs the process it is in: from pages of guest memory through framebuffer and RFB server to a viewer in
// another thread, which asks for the next frame when it has one, as the app's window does. Two guests: every pixel of 1024x768 changes
// 30 times a second, and a text console scrolls by a line 30 times a second. What is measured is processor time of this process, the
// viewer's receiving too, less what drawing takes (in life the vcpu's); as a share it is that of 30 frames a second, so that a busy
// machine, which shows fewer, tells the same. `window` is a port with trle; `socket` is a VNC viewer's, with zrle.
// Runs in: plain Node.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { MessageChannel, Worker } from 'node:worker_threads'
import { Framebuffer } from '../../src-engine/backend/fb/framebuffer'
import { fbPumps } from '../../src-engine/backend/fb/pump'
import { writeStruct } from '../../src-engine/lib/struct-layout'
import { workerPortTransport } from '../../src-engine/public/protocol/port-transport'
import { XENFB_PAGE } from '../../src-engine/public/xen/io/fbif'
import { windowChannel } from '../../src-engine/rfb/byte-channel'
import { socketChannel } from '../../src-engine/rfb/listen'
import { RfbServer } from '../../src-engine/rfb/server'
import { plainGuest } from '../support/plain-guest'
import { randomFrom } from '../support/random'
import type { BenchOptions, BenchReport } from './main'
import { median, table } from './median'

const WIDTH = 1024
const HEIGHT = 768
const BYTES = WIDTH * HEIGHT * 4
const FIRST_PIXELS = 16
const RATE = 30
const SECONDS = 4
const CALIBRATION = 60

/** A viewer that reads no pixels: it counts frames and asks for the next. In plain words of the protocol, as it runs alone. */
const VIEWER = `
const { parentPort, workerData } = require('node:worker_threads')
const { connect } = require('node:net')
const request = (incremental) => {
  const bytes = new Uint8Array(10)
  new DataView(bytes.buffer).setUint8(0, 3)
  new DataView(bytes.buffer).setUint8(1, incremental ? 1 : 0)
  new DataView(bytes.buffer).setUint16(6, ${WIDTH})
  new DataView(bytes.buffer).setUint16(8, ${HEIGHT})
  return bytes
}
const encodings = (...list) => {
  const bytes = new Uint8Array(4 + 4 * list.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, 2)
  view.setUint16(2, list.length)
  list.forEach((one, i) => view.setInt32(4 + 4 * i, one))
  return bytes
}
const hello = [Buffer.from('RFB 003.008\\n'), Uint8Array.of(1), Uint8Array.of(1)]
const tell = (frames, bytes) => parentPort.postMessage({ frames, bytes })
if (workerData.port) {
  const { port } = workerData
  let seen = 0
  port.on('message', (message) => {
    // Version, security, result, ServerInit; then each message is one update.
    if (seen < 3) port.postMessage(new Uint8Array(hello[seen]))
    if (seen === 3) {
      port.postMessage(encodings(1, 15))
      port.postMessage(request(false))
    }
    if (seen > 3) {
      port.postMessage(request(true))
      tell(1, message.length)
    }
    seen++
  })
} else {
  const socket = connect(workerData.socket, '127.0.0.1')
  let held = Buffer.alloc(0)
  let stage = 0
  const sizes = [12, 2, 4, 24]
  socket.on('data', (chunk) => {
    held = held.length ? Buffer.concat([held, chunk]) : chunk
    for (;;) {
      if (stage < 4) {
        const size = stage === 3 && held.length >= 24 ? 24 + held.readUInt32BE(20) : sizes[stage]
        if (held.length < size) return
        held = held.subarray(size)
        if (stage < 3) socket.write(hello[stage])
        else {
          socket.write(encodings(1, 16))
          socket.write(request(false))
        }
        stage++
        continue
      }
      if (held.length < 4) return
      let at = 4
      for (let left = held.readUInt16BE(2); left > 0; left--) {
        if (held.length < at + 16) return
        at += held.readInt32BE(at + 8) === 1 ? 16 : 16 + held.readUInt32BE(at + 12)
      }
      if (held.length < at) return
      held = held.subarray(at)
      socket.write(request(true))
      tell(1, at)
    }
  })
}
`

interface Drawn {
  readonly pixels: Uint32Array
  tell(): void
}

/** A frontend's pages with a framebuffer shown from them. */
function guestScreen(): { framebuffer: Framebuffer; drawn: Drawn } {
  const memory = new SharedArrayBuffer(FIRST_PIXELS * 4096 + BYTES)
  const view = new DataView(memory)
  const guest = plainGuest(memory)
  const head = { width: WIDTH, height: HEIGHT, line_length: WIDTH * 4, mem_length: BYTES, depth: 32 }
  writeStruct(XENFB_PAGE, 64, view, 4096, head)
  for (let i = 0; i < BYTES / 4096; i++) {
    view.setBigUint64(2 * 4096 + 8 * i, BigInt(FIRST_PIXELS + i), true)
    if (i % 512 === 0) view.setBigUint64(4096 + 40 + i / 64, BigInt(2 + i / 512), true)
  }
  const framebuffer = new Framebuffer(WIDTH, HEIGHT)
  const pump = fbPumps(framebuffer)({
    guest,
    connect: {
      key: 'vfb/0',
      fresh: true,
      frontend: { 'page-ref': '1', 'event-channel': '1', 'feature-update': '1' },
      backend: {},
    },
    state: undefined,
    failed: (reason) => {
      throw new Error(reason)
    },
  })
  if (!pump.ok) throw new Error(pump.error)
  pump.value.attach({ send() {}, wake() {}, bounce: undefined })
  return {
    framebuffer,
    drawn: {
      pixels: new Uint32Array(memory, FIRST_PIXELS * 4096, WIDTH * HEIGHT),
      tell() {
        framebuffer.damage(0, 0, WIDTH, HEIGHT)
        framebuffer.tell()
      },
    },
  }
}

function fullFrames(): (drawn: Drawn) => void {
  const next = randomFrom(1)
  const pictures = [0, 1].map(() => Uint32Array.from({ length: WIDTH * HEIGHT }, () => next(2 ** 24)))
  let turn = 0
  return ({ pixels }) => pixels.set(pictures[turn++ % 2] ?? [])
}

function scrollingText(): (drawn: Drawn) => void {
  const next = randomFrom(2)
  const lines = Array.from({ length: 64 }, () => {
    const line = new Uint32Array(WIDTH * 16)
    for (let i = 0; i < line.length; i++) if (i % 8 < 7 && next(3) === 0 && i < WIDTH * 14) line[i] = 0xaaaaaa
    return line
  })
  let turn = 0
  return ({ pixels }) => {
    pixels.copyWithin(0, WIDTH * 16)
    pixels.set(lines[turn++ % 64] ?? [], WIDTH * (HEIGHT - 16))
  }
}

const GUESTS = { 'full frames': fullFrames, 'scrolling text': scrollingText }
const VIEWERS = ['window', 'socket'] as const

interface Figures {
  readonly framesPerSecond: number
  readonly cpuMsPerFrame: number
  readonly mbPerSecond: number
}

/** Milliseconds of processor time. */
function cpuOf(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

async function measure(guest: keyof typeof GUESTS, viewer: (typeof VIEWERS)[number]): Promise<Figures> {
  const { framebuffer, drawn } = guestScreen()
  const server = new RfbServer({ source: framebuffer, input: { key() {}, pointer() {} }, name: 'bench' })
  const sockets = createServer((socket: Socket) => server.attach(socketChannel(socket)))
  let worker: Worker
  if (viewer === 'window') {
    const { port1, port2 } = new MessageChannel()
    server.attach(windowChannel(workerPortTransport(port1)))
    worker = new Worker(VIEWER, { eval: true, workerData: { port: port2 }, transferList: [port2] })
  } else {
    sockets.listen(0, '127.0.0.1')
    await once(sockets, 'listening')
    const address = sockets.address()
    worker = new Worker(VIEWER, { eval: true, workerData: { socket: typeof address === 'object' ? address?.port : 0 } })
  }
  let frames = 0
  let bytes = 0
  worker.on('message', (news: { frames: number; bytes: number }) => {
    frames += news.frames
    bytes += news.bytes
  })
  await once(worker, 'message')
  const draw = GUESTS[guest]()
  const drawing = cpuOf(() => {
    for (let i = 0; i < CALIBRATION; i++) draw(drawn)
  })
  let drawnFrames = 0
  const start = performance.now()
  const before = process.cpuUsage()
  ;[frames, bytes] = [0, 0]
  for (let turn = 1; performance.now() < start + SECONDS * 1000; turn++) {
    draw(drawn)
    drawnFrames++
    drawn.tell()
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, start + (turn * 1000) / RATE - performance.now())))
  }
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(before)
  server.dispose('done')
  sockets.close()
  await worker.terminate()
  return {
    framesPerSecond: frames / seconds,
    cpuMsPerFrame: Math.max(0, (user + system) / 1000 - (drawing * drawnFrames) / CALIBRATION) / Math.max(1, frames),
    mbPerSecond: bytes / 1e6 / seconds,
  }
}

export async function benchScreen({ runs }: BenchOptions): Promise<BenchReport> {
  const rows: { guest: string; viewer: string; figures: Figures }[] = []
  for (const guest of ['full frames', 'scrolling text'] as const) {
    for (const viewer of VIEWERS) {
      const all: Figures[] = []
      for (let run = 0; run < runs; run++) all.push(await measure(guest, viewer))
      const of = (key: keyof Figures): number => median(all.map((figures) => figures[key]))
      rows.push({
        guest,
        viewer,
        figures: {
          framesPerSecond: of('framesPerSecond'),
          cpuMsPerFrame: of('cpuMsPerFrame'),
          mbPerSecond: of('mbPerSecond'),
        },
      })
    }
  }
  const text = [
    `screen of ${WIDTH}x${HEIGHT}, drawn ${RATE} times a second, median of ${runs} runs`,
    table([
      ['guest', 'viewer', 'frames/s', 'CPU ms/frame', '% of a core at 30/s', 'MB/s'],
      ...rows.map(({ guest, viewer, figures }) => [
        guest,
        viewer,
        figures.framesPerSecond.toFixed(1),
        figures.cpuMsPerFrame.toFixed(2),
        (figures.cpuMsPerFrame * RATE * 0.1).toFixed(1),
        figures.mbPerSecond.toFixed(2),
      ]),
    ]),
  ].join('\n')
  return { text, json: { bench: 'screen', runs, rows } }
}
