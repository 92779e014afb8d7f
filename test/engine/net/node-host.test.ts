// The machine as Node shows it: sockets, listeners, datagrams and names behind the interfaces the network uses, on loopback alone.
import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import type { HostError, HostStream } from '../../../src-engine/net/host'
import { NodeHost } from '../../../src-engine/net/node-host'
import { serve } from '../../support/linux-peer'
import { missingProgram } from '../../support/programs'

const host = new NodeHost()
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A server that says its port and then does nothing, ever. */
const NEVER_ACCEPTS = `
  const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`

interface Seen {
  readonly stream: HostStream
  readonly log: string[]
  bytes: number
}

function connect(port: number): Seen {
  const log: string[] = []
  const seen: Seen = {
    log,
    bytes: 0,
    stream: host.connectTcp(
      { address: '127.0.0.1', port },
      {
        connected: () => log.push('connected'),
        received: (bytes) => {
          seen.bytes += bytes.length
        },
        finished: () => log.push('finished'),
        closed: (error: HostError | undefined) => log.push(`closed ${error ?? ''}`.trim()),
      },
    ),
  }
  return seen
}

async function server(handle: (socket: net.Socket) => void): Promise<number> {
  const { port, server: listening } = await serve(handle, { allowHalfOpen: true })
  closers.push(() => listening.close())
  return port
}

it('a stream carries bytes, half closes, and ends without an error', async () => {
  const port = await server((socket) => {
    let count = 0
    socket.on('data', (data) => {
      count += data.length
    })
    socket.on('end', () => socket.end(Buffer.alloc(count)))
  })
  const seen = connect(port)
  let taken = 0
  for (let i = 0; i < 10; i++) seen.stream.write(new Uint8Array(100_000), () => taken++)
  seen.stream.finish()
  await expect.poll(() => seen.log).toEqual(['connected', 'finished', 'closed'])
  expect([seen.bytes, taken]).toEqual([1_000_000, 10])
})

it('a reset, a refusal and an address nobody has are told apart', async () => {
  const reset = connect(await server((socket) => socket.resetAndDestroy()))
  await expect.poll(() => reset.log.at(-1)).toBe('closed ECONNRESET')
  const { port, server: closed } = await serve(() => {})
  await new Promise((resolve) => closed.close(resolve))
  const refused = connect(port)
  await expect.poll(() => refused.log).toEqual(['closed ECONNREFUSED'])
  // Our reset reaches the other side, and nothing is said of it here but the end.
  let other = ''
  const ours = connect(
    await server((socket) => {
      socket.on('error', (error: NodeJS.ErrnoException) => {
        other = error.code ?? ''
      })
      socket.resume()
    }),
  )
  await expect.poll(() => ours.log).toEqual(['connected'])
  ours.stream.reset()
  await expect.poll(() => [other, ours.log.at(-1)]).toEqual(['ECONNRESET', 'closed'])
})

it('a paused stream reads nothing, and goes on', async () => {
  const port = await server((socket) => socket.end(Buffer.alloc(5_000_000)))
  const seen = connect(port)
  seen.stream.pause()
  await expect.poll(() => seen.log).toContain('connected')
  const before = seen.bytes
  // As long as another takes to read all of it.
  const other = connect(port)
  await expect.poll(() => other.bytes).toBe(5_000_000)
  expect(seen.bytes).toBe(before)
  seen.stream.resume()
  await expect.poll(() => seen.bytes).toBe(5_000_000)
})

it('a stream that is reset before it is up is gone at once, however silent its peer', async () => {
  const child = spawn(process.execPath, ['-e', NEVER_ACCEPTS], { stdio: ['ignore', 'pipe', 'inherit'] })
  closers.push(() => child.kill('SIGKILL'))
  const [line] = await once(child.stdout, 'data')
  // More than its queue holds: the system drops what comes then.
  const seen = Array.from({ length: 8 }, () => connect(Number(line)))
  for (const { stream } of seen) stream.reset()
  await expect.poll(() => seen.map(({ log }) => log)).toEqual(seen.map(() => ['closed']))
})

it('listens where it is told, says the port, and says why not', async () => {
  const answers: [number | undefined, string | undefined][] = []
  const ready = (port: number | undefined, error?: string): void => void answers.push([port, error])
  const idle = { connected: () => {}, received: () => {}, finished: () => {}, closed: () => {} }
  const peers: string[] = []
  const accept = (stream: HostStream, peer: { address: string }) => {
    peers.push(peer.address)
    stream.finish()
    return idle
  }
  const listener = host.listenTcp({ address: '127.0.0.1', port: 0 }, accept, ready)
  closers.push(() => listener.close())
  await expect.poll(() => answers.length).toBe(1)
  const port = answers[0]?.[0] ?? 0
  const second = host.listenTcp({ address: '127.0.0.1', port }, accept, ready)
  closers.push(() => second.close())
  await expect.poll(() => answers.length).toBe(2)
  expect(answers[1]).toEqual([undefined, 'address already in use'])
  const client = net.connect(port, '127.0.0.1')
  client.resume()
  await new Promise((resolve) => client.on('end', resolve))
  expect(peers).toEqual(['127.0.0.1'])
})

it('says once how it began to listen, whatever goes wrong after', async () => {
  const [create, createUdp] = [vi.spyOn(net, 'createServer'), vi.spyOn(dgram, 'createSocket')]
  const answers: [number | undefined, string | undefined][] = []
  const ready = (port: number | undefined, error?: string): void => void answers.push([port, error])
  const idle = { connected: () => {}, received: () => {}, finished: () => {}, closed: () => {} }
  closers.push(
    () => vi.restoreAllMocks(),
    host.listenTcp({ address: '127.0.0.1', port: 0 }, () => idle, ready).close,
    host.listenUdp({ address: '127.0.0.1', port: 0 }, () => {}, ready).close,
  )
  await expect.poll(() => answers.length).toBe(2)
  // What accepting a connection says when there is no file descriptor left for it.
  for (const { value } of [...create.mock.results, ...createUdp.mock.results]) value.emit('error', new Error('accept EMFILE'))
  expect(answers).toEqual([
    [expect.any(Number), undefined],
    [expect.any(Number), undefined],
  ])
})

it('datagrams go to one target and come from it alone; a refusal is told', async () => {
  const echo = dgram.createSocket('udp4')
  closers.push(() => echo.close())
  echo.on('message', (bytes, from) => echo.send(bytes, from.port, from.address))
  await new Promise<void>((resolve) => echo.bind(0, '127.0.0.1', resolve))
  const got: number[] = []
  const errors: HostError[] = []
  const events = {
    received: (bytes: Uint8Array) => void got.push(bytes.length),
    failed: (error: HostError) => void errors.push(error),
  }
  const flow = host.openUdp({ address: '127.0.0.1', port: echo.address().port }, events)
  flow.send(new Uint8Array(3))
  flow.send(new Uint8Array(4))
  await expect.poll(() => got).toEqual([3, 4])
  flow.close()
  flow.close()
  const { port, server: closed } = await serve(() => {})
  await new Promise((resolve) => closed.close(resolve))
  const refused = host.openUdp({ address: '127.0.0.1', port }, events)
  refused.send(new Uint8Array(1))
  await expect.poll(() => errors).toEqual(['ECONNREFUSED'])
  refused.close()
})

it('an address that no socket may talk to is an error, each time a datagram is for it', async () => {
  const errors: HostError[] = []
  // A broadcast address; offline, any address beyond the host is like that.
  const flow = host.openUdp(
    { address: '127.255.255.255', port: 7 },
    { received: () => {}, failed: (error) => void errors.push(error) },
  )
  flow.send(new Uint8Array(1))
  await expect.poll(() => errors).toEqual(['EACCES'])
  flow.send(new Uint8Array(1))
  await expect.poll(() => errors).toEqual(['EACCES', 'EACCES'])
  flow.close()
})

it('a datagram that found no socket is an error, and a later one goes when there are some again', async () => {
  const errors: HostError[] = []
  const got: number[] = []
  const echo = dgram.createSocket('udp4')
  closers.push(
    () => echo.close(),
    () => vi.restoreAllMocks(),
  )
  echo.on('message', (bytes) => void got.push(bytes.length))
  await new Promise<void>((resolve) => echo.bind(0, '127.0.0.1', resolve))
  // As Node has it when the process may open no more files: binding fails.
  const full = vi.spyOn(dgram.Socket.prototype, 'bind').mockImplementation(function (this: dgram.Socket) {
    process.nextTick(() => this.emit('error', Object.assign(new Error('bind EMFILE'), { code: 'EMFILE' })))
    return this
  })
  const target = { address: '127.0.0.1', port: echo.address().port }
  const flow = host.openUdp(target, { received: () => {}, failed: (error) => void errors.push(error) })
  for (let tries = 1; tries <= 2; tries++) {
    flow.send(new Uint8Array(1))
    await expect.poll(() => errors.length).toBe(tries)
  }
  full.mockRestore()
  flow.send(new Uint8Array(5))
  await expect.poll(() => got).toEqual([5])
  flow.close()
})

it('a datagram from port 0 cannot be answered, and nothing comes of it', async () => {
  let port: number | undefined
  const ready = (bound: number | undefined): void => {
    port = bound
  }
  const socket = host.listenUdp({ address: '127.0.0.1', port: 0 }, () => {}, ready)
  closers.push(() => socket.close())
  await expect.poll(() => port).toBeGreaterThan(0)
  expect(() => socket.send(new Uint8Array(1), { address: '127.0.0.1', port: 0 })).not.toThrow()
})

it('a burst of datagrams waits until there is time for it', async () => {
  // The system's own default holds some ninety; 120 fit the least that systems allow to ask for.
  const burst = 120
  const server = dgram.createSocket('udp4')
  closers.push(() => server.close())
  server.on('message', (_bytes, from) => {
    for (let i = 0; i < burst; i++) server.send(new Uint8Array(1400), from.port, from.address)
  })
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
  let got = 0
  const flow = host.openUdp({ address: '127.0.0.1', port: server.address().port }, { received: () => got++, failed: () => {} })
  flow.send(new Uint8Array(1))
  await expect.poll(() => got).toBe(burst)
  flow.close()
})

it('knows names and name servers of the system', async () => {
  expect(await new Promise((resolve) => host.lookup('localhost', 4, resolve))).toEqual(['127.0.0.1'])
  for (const { address, port } of host.resolvers()) expect([net.isIPv4(address), port > 0]).toEqual([true, true])
})

it.skipIf(missingProgram('ping'))('pings', async () => {
  const ping = (address: string) => new Promise((resolve) => host.ping(address, 56, resolve))
  expect(await ping('127.0.0.1')).toBe(true)
  expect(await ping('127.0.0.1; true')).toBe(false)
})
