// A real Linux as the guest: its TCP, UDP, ICMP, ARP and BusyBox's DHCP and DNS clients against our network, with offloads as a
// guest has them, on a good line and on one that loses, repeats and reorders frames. What tshark thinks of the capture.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import dgram from 'node:dgram'
import { rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../../src-engine/lib/clock'
import { type NetworkPort, VirtualNetwork } from '../../../../src-engine/net/network'
import { NodeHost } from '../../../../src-engine/net/node-host'
import { Capture } from '../../../../src-engine/net/switch/capture'
import type { Frame } from '../../../../src-engine/net/switch/frame'
import { DEFAULT_NETWORK } from '../../../../src-engine/public/protocol/device'
import { cannotPeer, LinuxPeer, serve } from '../../../support/linux-peer'
import { missingProgram } from '../../../support/programs'
import { count } from '../../../support/tier'

const MAC = '00:16:3e:00:00:0f'
const reason = cannotPeer() ?? (missingProgram('busybox') ? 'busybox is not installed' : undefined)
const MEGABYTES = count(8, 200)

describe.skipIf(reason)(`a Linux peer${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let peer: LinuxPeer
  let port: NetworkPort
  let network: VirtualNetwork
  let record: Capture
  let forwarded = 0
  let forwardedUdp = 0
  /** Of a hundred frames, in each direction. */
  let bad = { lost: 0, repeated: 0, late: 0 }
  let gsoFrames = 0
  const capture = path.join(tmpdir(), `ringmaster-${process.pid}.pcap`)
  const closers: (() => void)[] = []

  let seed = 12345
  const chance = (percent: number): boolean => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
    return (seed >>> 8) % 100 < percent
  }
  const unreliable = (pass: (frame: Frame) => void) => (frame: Frame) => {
    if (frame.gsoSize > 0) gsoFrames++
    if (chance(bad.lost)) return
    if (chance(bad.late)) setTimeout(() => pass(frame), 3)
    else pass(frame)
    if (chance(bad.repeated)) pass(frame)
  }

  const listen = async (handle: (socket: net.Socket) => void, options?: net.ServerOpts): Promise<number> => {
    const { port, server } = await serve(handle, options)
    closers.push(() => server.close())
    return port
  }

  beforeAll(async () => {
    network = new VirtualNetwork(DEFAULT_NETWORK, { clock: systemClock, host: new NodeHost(), log: () => {} })
    peer = await LinuxPeer.start(MAC)
    const file = await open(capture, 'w')
    const target = {
      write: async (bytes: Uint8Array) => {
        await file.write(bytes)
      },
      close: () => file.close(),
    }
    record = new Capture(systemClock, target, () => {})
    const attached = network.attach({
      name: 'peer',
      mac: MAC,
      offload: { blankChecksum: true, gso: true },
      forwards: [
        { protocol: 'tcp', hostPort: 0, guestPort: 8080 },
        { protocol: 'udp', hostPort: 0, guestPort: 8081 },
      ],
      forwardReady: ({ protocol }, port) => {
        if (protocol === 'tcp') forwarded = port ?? 0
        else forwardedUdp = port ?? 0
      },
      capture: record,
      deliver: unreliable((frame) => peer.send(frame)),
    })
    if (!attached.ok) throw new Error(attached.error)
    port = attached.value
    peer.deliver = unreliable((frame) => port.send(frame))
  })
  afterAll(() => {
    for (const close of closers) close()
    network?.dispose()
    peer?.dispose()
    rmSync(capture, { force: true })
  })

  it('gets a lease from udhcpc', async () => {
    const script = path.join(tmpdir(), `ringmaster-udhcpc-${process.pid}.sh`)
    const text =
      '#!/bin/sh\nif [ "$1" = bound ]; then ip addr add $ip/$mask dev eth0; ip route add default via $router; echo "dns $dns domain $domain lease $lease"; fi\n'
    writeFileSync(script, text, { mode: 0o755 })
    const run = await peer.run('busybox', 'udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-s', script, '-x', 'hostname:tester')
    rmSync(script)
    expect(run.output).toContain('lease of 10.0.2.15 obtained')
    expect(run.output).toContain('dns 10.0.2.1 domain default.internal lease 43200')
    expect(port.address()).toBe(0x0a00020f)
  })

  it('pings the gateway, with small and with fragmented packets', async () => {
    for (const size of ['56', '4000']) {
      const run = await peer.run('busybox', 'ping', '-c', '2', '-s', size, '10.0.2.1')
      expect(run.output).toContain('2 packets transmitted, 2 packets received')
    }
  })

  it('resolves its own name and asks the host for others', async () => {
    const run = await peer.script(`
      const r = new (require('dns').promises.Resolver)(); r.setServers(['10.0.2.1'])
      Promise.all([r.resolve4('tester'), r.resolve4('tester.default.internal'), r.reverse('10.0.2.15'), r.resolve4('localhost')])
        .then((all) => console.log(JSON.stringify(all)))`)
    expect(JSON.parse(run.output)).toEqual([['10.0.2.15'], ['10.0.2.15'], ['tester.default.internal'], ['127.0.0.1']])
  })

  it('is told at once what is refused, by TCP and by UDP', async () => {
    const closed = await serve(() => {})
    await new Promise((resolve) => closed.server.close(resolve))
    const tcp = await peer.script(`require('net').connect(${closed.port}, '10.0.2.1').on('error', (e) => console.log(e.code))`)
    expect(tcp.output.trim()).toBe('ECONNREFUSED')
    const udp =
      await peer.script(`const s = require('dgram').createSocket('udp4'); s.on('error', (e) => { console.log(e.code); s.close() })
      s.connect(${closed.port}, '10.0.2.1', () => s.send('x'))`)
    expect(udp.output.trim()).toBe('ECONNREFUSED')
  })

  it('exchanges datagrams of every size with the host', async () => {
    const socket = dgram.createSocket('udp4')
    closers.push(() => socket.close())
    socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address))
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    const run =
      await peer.script(`const s = require('dgram').createSocket('udp4'); const sizes = [1, 1472, 1473, 9000, 30000]; let i = 0
      const next = () => i < sizes.length ? s.send(Buffer.alloc(sizes[i], i + 1), ${socket.address().port}, '10.0.2.1') : s.close()
      s.on('message', (b) => { if (b.length !== sizes[i] || b.some((x) => x !== i + 1)) process.exit(1); i++; next() })
      s.on('close', () => console.log('all')); next()`)
    expect(run.output.trim()).toBe('all')
  })

  const lines = [
    ['a good line', { lost: 0, repeated: 0, late: 0 }, MEGABYTES],
    ['a line that reorders and repeats', { lost: 0, repeated: 5, late: 5 }, MEGABYTES / 8],
    ['a line that loses', { lost: 3, repeated: 1, late: 2 }, MEGABYTES / 16],
  ] as const
  describe.each(lines)('over %s', (_name, line, megabytes) => {
    beforeAll(() => {
      bad = { ...line }
    })
    afterAll(() => {
      bad = { lost: 0, repeated: 0, late: 0 }
    })
    const bytes = Math.floor(megabytes * 1024 * 1024)

    it('uploads arrive whole, and the answer after the half close', async () => {
      const at = await listen(
        (socket) => {
          const hash = createHash('sha256')
          socket.on('data', (data) => hash.update(data))
          socket.on('end', () => socket.end(hash.digest('hex')))
        },
        { allowHalfOpen: true },
      )
      const run = await peer.script(`const s = require('net').connect({ port: ${at}, host: '10.0.2.1', allowHalfOpen: true })
        const h = require('crypto').createHash('sha256'); let left = ${bytes}; let answer = ''
        const feed = () => { while (left > 0) { const b = require('crypto').randomBytes(Math.min(left, 65536)); left -= b.length; h.update(b); if (!s.write(b)) { s.once('drain', feed); return } } s.end() }
        s.on('connect', feed); s.on('data', (d) => answer += d); s.on('end', () => console.log(answer === h.digest('hex')))`)
      expect(run.output.trim()).toBe('true')
    })

    it('downloads arrive whole', async () => {
      const data = Buffer.alloc(bytes)
      for (let i = 0; i < bytes; i += 4) data.writeUInt32LE(Math.imul(i, 2654435761) >>> 0, Math.min(i, bytes - 4))
      const at = await listen((socket) => socket.end(data))
      const run = await peer.script(`const h = require('crypto').createHash('sha256')
        require('net').connect(${at}, '10.0.2.1').on('data', (d) => h.update(d)).on('end', () => console.log(h.digest('hex')))`)
      expect(run.output.trim()).toBe(createHash('sha256').update(data).digest('hex'))
    })
  })

  it('a reader that stops and goes on gets everything: windows close and open', async () => {
    const at = await listen((socket) => socket.end(Buffer.alloc(12 * 1024 * 1024, 7)))
    const run = await peer.script(`let n = 0; const s = require('net').connect(${at}, '10.0.2.1')
      s.on('data', (d) => { n += d.length; if (n > 1e6 && !s.stopped) { s.stopped = true; s.pause(); setTimeout(() => s.resume(), 1500) } }); s.on('end', () => console.log(n))`)
    expect(run.output.trim()).toBe(String(12 * 1024 * 1024))
  })

  it('a reset on the host reaches the peer', async () => {
    const at = await listen((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const run = await peer.script(
      `require('net').connect(${at}, '10.0.2.1').on('error', (e) => console.log(e.code)).on('connect', function () { this.write('x') })`,
    )
    expect(run.output.trim()).toBe('ECONNRESET')
  })

  it('serves a forwarded port, TCP and UDP', async () => {
    const server = peer.spawn(process.execPath, [
      '-e',
      `require('net').createServer((s) => { s.end('hello ' + s.remoteAddress); s.resume() }).listen(8080, '0.0.0.0', () => console.log('up'))
       const u = require('dgram').createSocket('udp4'); u.on('message', (b, f) => u.send('udp ' + b + ' ' + f.address, f.port, f.address)); u.bind(8081)`,
    ])
    closers.push(() => server.kill('SIGKILL'))
    await new Promise((resolve) => server.stdout?.once('data', resolve))
    const answer = await new Promise<string>((resolve, reject) => {
      let text = ''
      const socket = net.connect(forwarded, '127.0.0.1')
      socket.on('data', (data) => {
        text += data.toString()
      })
      socket.on('end', () => resolve(text))
      socket.on('error', reject)
    })
    expect(answer).toBe('hello 10.0.2.1')
    const socket = dgram.createSocket('udp4')
    closers.push(() => socket.close())
    const back = new Promise<string>((resolve) => socket.once('message', (bytes) => resolve(bytes.toString())))
    socket.send('x', forwardedUdp, '127.0.0.1')
    expect(await back).toBe('udp x 10.0.2.1')
    server.kill('SIGKILL')
    const refused = await new Promise<boolean>((resolve) => {
      const late = net.connect(forwarded, '127.0.0.1')
      late.on('error', () => resolve(true))
      late.on('end', () => resolve(false))
    })
    expect(refused).toBe(true)
  })

  it.skipIf(missingProgram('tshark'))('tshark finds nothing wrong in the capture but what the bad line did', async () => {
    expect(gsoFrames).toBeGreaterThan(10)
    port.detach()
    await record.close()
    const sums = ['ip.check_checksum', 'tcp.check_checksum', 'udp.check_checksum'].flatMap((name) => ['-o', `${name}:TRUE`])
    const filter = 'ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || _ws.malformed'
    let wrong = 'not read yet'
    await expect
      .poll(() => {
        const args = ['-r', capture, ...sums, '-Y', filter, '-c', '20000']
        wrong = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
        return wrong
      })
      .toBe('')
  })
})
