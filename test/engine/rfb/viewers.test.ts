// Real viewers from Debian against the server, over sockets: their screenshots equal ours, and what is typed into their windows (on
// a virtual display) arrives. And sockets themselves: who may connect, what is refused.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { VncListener, type VncPlace } from '../../../src-engine/rfb/listen'
import { RfbServer } from '../../../src-engine/rfb/server'
import { TestPattern } from '../../../src-engine/rfb/test-pattern'
import { AmericanConsole } from '../../support/american-console'
import { random } from '../../support/pictures'
import { readPng } from '../../support/png'
import { missingProgram } from '../../support/programs'
import { RfbClient } from '../../support/rfb-client'
import { LONG } from '../../support/tier'

const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-vnc-'))
const children: ChildProcess[] = []
const ends: (() => void)[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill()
  for (const end of ends.splice(0)) end()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function serve() {
  const pattern = new TestPattern(640, 480, false)
  const next = random(5)
  for (let i = 0; i < 3000; i++) {
    const size = 1 + Math.floor(next() * 20)
    pattern.fill(Math.floor(next() * 620), 280 + Math.floor(next() * 100), size, 3, Math.floor(next() * 2 ** 24))
  }
  const server = new RfbServer({ source: pattern, input: pattern, name: 'a guest' })
  ends.push(() => server.dispose('the test is over'))
  return { pattern, server }
}

async function listen(server: RfbServer, place: VncPlace): Promise<VncListener> {
  const listener = await VncListener.listen(server, place)
  if (!listener.ok) throw new Error(listener.error)
  ends.push(() => listener.value.close())
  return listener.value
}

/** A port as viewers count: displays from 5900. */
async function display(server: RfbServer, password?: string): Promise<number> {
  const { port } = await listen(server, { address: '127.0.0.1', port: 0, password })
  return (port ?? 0) - 5900
}

function run(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = process.env): ChildProcess {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore'], env: environment })
  children.push(child)
  return child
}

/** Pixels of a binary PPM with 8 bits a channel. */
function readPpm(file: Buffer): Buffer {
  const head = /^P6\s+\d+\s+\d+\s+255\s/.exec(file.toString('latin1', 0, 64))
  return file.subarray(head?.[0].length ?? 0)
}

const finished = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.on('close', resolve))

describe('pictures', () => {
  const missing = missingProgram('gvnccapture')
  it.skipIf(missing)(`gvnccapture's screenshot equals ours${missing ? ' (not installed: gvncviewer)' : ''}`, async () => {
    const { server } = serve()
    const target = path.join(folder, 'theirs.png')
    expect(await finished(run('gvnccapture', ['-q', `127.0.0.1:${await display(server)}`, target]))).toBe(0)
    const theirs = readPng(readFileSync(target))
    const ours = readPng(server.screenshot().png)
    expect([theirs.width, theirs.height]).toEqual([640, 480])
    expect(Buffer.compare(Buffer.from(theirs.pixels.buffer), Buffer.from(ours.pixels.buffer))).toBe(0)
  })

  const noSnapshot = missingProgram('vncsnapshot', 'djpeg')
  it.skipIf(noSnapshot)(
    `vncsnapshot with hextile sees what we see, as far as JPEG goes${noSnapshot ? ` (not installed: ${noSnapshot})` : ''}`,
    async () => {
      const { server } = serve()
      const target = path.join(folder, 'theirs.jpg')
      const words = ['-quiet', '-quality', '100', '-encodings', 'hextile', `127.0.0.1:${await display(server)}`, target]
      expect(await finished(run('vncsnapshot', words))).toBe(0)
      const theirs = readPpm(execFileSync('djpeg', ['-pnm', target], { maxBuffer: 64 * 1024 * 1024 }))
      const ours = readPng(server.screenshot().png)
      expect(theirs.length).toBe(3 * 640 * 480)
      let off = 0
      for (let i = 0; i < ours.pixels.length; i++) {
        for (const [channel, shift] of [16, 8, 0].entries()) {
          off += Math.abs((theirs[3 * i + channel] ?? 0) - (((ours.pixels[i] ?? 0) >>> shift) & 0xff))
        }
      }
      // JPEG blurs colours; a tile at the wrong place or of the wrong colour would be far more.
      expect(off / theirs.length).toBeLessThan(8)
    },
  )
})

describe('typing', () => {
  const missing = missingProgram('Xvfb', 'xdotool', 'setxkbmap')
  let screen = ''
  let xvfb: ChildProcess | undefined
  beforeAll(async () => {
    if (missing) return
    const number = 100 + (process.pid % 400)
    screen = `:${number}`
    xvfb = spawn('Xvfb', [screen, '-screen', '0', '900x700x24', '-nolisten', 'tcp'], { stdio: 'ignore' })
    await vi.waitFor(() => statSync(`/tmp/.X11-unix/X${number}`), { timeout: 60_000 })
  })
  afterAll(() => void xvfb?.kill())

  for (const [viewer, args] of [
    ['xtigervncviewer', ['-Shared']],
    ['xtightvncviewer', []],
  ] as const) {
    const lacking = missing ?? missingProgram(viewer)
    it.skipIf(lacking).each(LONG ? ['us', 'de', 'fr'] : ['de'])(
      `${viewer} with the layout %s${lacking ? ` (not installed: ${lacking})` : ''}`,
      async (layout) => {
        const { server, pattern } = serve()
        const environment = { ...process.env, DISPLAY: screen }
        await finished(run('setxkbmap', [layout], environment))
        run(viewer, [...args, `127.0.0.1::${(await display(server)) + 5900}`], environment)
        await expect.poll(() => server.viewers, { timeout: 60_000 }).toBe(1)
        const keys = () => pattern.inputs.filter(({ kind, code }) => kind === 'key' && code < 0x100)
        const clicks = () => pattern.inputs.filter(({ code }) => code === 0x110).map(({ pressed }) => pressed)
        // The window must be there and have pointer and keyboard before anything can be typed into it.
        await expect
          .poll(
            async () => {
              await finished(run('xdotool', ['search', '--name', 'a guest', 'windowfocus'], environment))
              await finished(run('xdotool', ['mousemove', '300', '300', 'click', '1', 'key', 'x'], environment))
              return keys().length
            },
            { timeout: 60_000, interval: 300 },
          )
          .toBeGreaterThan(0)
        await expect.poll(() => clicks().slice(0, 2)).toEqual([true, false])
        let before = -1
        await expect
          .poll(
            () => {
              const quiet = before === pattern.inputs.length
              before = pattern.inputs.length
              return quiet
            },
            { interval: 500 },
          )
          .toBe(true)
        pattern.inputs.length = 0
        const typed = 'Zorn & Yak: 7/{8}@~\\|'
        await finished(run('xdotool', ['type', '--delay', '30', typed], environment))
        const console = () => {
          const guest = new AmericanConsole()
          for (const { code, pressed } of keys()) guest.key(code, pressed)
          return guest
        }
        await expect.poll(() => console().text, { timeout: 60_000 }).toBe(typed)
        await expect.poll(() => console().held).toEqual([])
      },
    )
  }
})

describe('sockets', () => {
  const client = (place: { path: string } | { port: number }, password?: string) => {
    const socket = 'path' in place ? connect(place.path) : connect(place.port, '127.0.0.1')
    ends.push(() => socket.destroy())
    const viewer = new RfbClient((bytes) => void socket.write(bytes), { encodings: [16], password })
    socket.on('data', (bytes) => viewer.receive(bytes))
    socket.on('error', () => {})
    return viewer
  }

  it.skipIf(process.platform === 'win32')('a local socket is for this user alone, and a left one is replaced', async () => {
    const { server } = serve()
    const target = path.join(folder, 'vnc.sock')
    const listener = await listen(server, { path: target })
    expect(statSync(target).mode & 0o777).toBe(0o600)
    const viewer = client({ path: target })
    await viewer.start()
    await viewer.frame(false)
    expect(Buffer.from(viewer.pixels.buffer).equals(Buffer.from(readPng(server.screenshot().png).pixels.buffer))).toBe(true)
    const second = await VncListener.listen(server, { path: target })
    expect(second.ok ? '' : second.error).toContain('in use')
    listener.close()
    // What a killed process leaves behind: a socket nobody listens on.
    const left = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(target)},()=>process.kill(process.pid,9))`,
    ])
    await finished(left)
    expect(statSync(target).isSocket()).toBe(true)
    await listen(server, { path: target })
    await client({ path: target }).start()
  })

  it('a file in the way stays, another address wants a password, a taken port is told', async () => {
    const { server } = serve()
    const file = path.join(folder, 'file')
    writeFileSync(file, 'mine')
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.on('listening', resolve))
    ends.push(() => taken.close())
    const address = taken.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    for (const [place, expected] of [
      [{ path: file }, 'there is a file'],
      [{ path: folder }, 'it is a folder'],
      [{ path: path.join(folder, 'l'.repeat(100)) }, 'the path is too long'],
      [{ address: '127.0.0.1', port: 70_000, password: undefined }, 'port 70000 ('],
      [{ address: '0.0.0.0', port: 0, password: undefined }, 'only with a password'],
      [{ address: '::', port: 0, password: '' }, 'only with a password'],
      [{ address: '127.0.0.1', port, password: undefined }, '(address already in use)'],
    ] as const) {
      const listener = await VncListener.listen(server, place)
      expect(listener.ok ? 'listens' : listener.error).toContain(expected)
    }
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  it('a port with a password', async () => {
    const { server } = serve()
    const { port } = await listen(server, { address: '127.0.0.1', port: 0, password: 'geheim' })
    const viewer = client({ port: port ?? 0 }, 'geheim')
    await viewer.start()
    await viewer.frame(false)
    expect(viewer.security).toBe(2)
    await expect(client({ port: port ?? 0 }, 'anders').start()).rejects.toThrow('wrong password')
  })

  it('a viewer that asks and never reads is not fed without end', async () => {
    const { server, pattern } = serve()
    const { port } = await listen(server, { address: '127.0.0.1', port: 0, password: undefined })
    const socket = connect(port ?? 0, '127.0.0.1')
    ends.push(() => socket.destroy())
    socket.pause()
    socket.on('error', () => {})
    socket.write(Buffer.from('RFB 003.008\n\x01\x01', 'latin1'))
    const request = Buffer.from([3, 0, 0, 0, 0, 0, 0x02, 0x80, 0x01, 0xe0])
    const next = random(8)
    for (let i = 0; i < 100; i++) {
      socket.write(request)
      pattern.fill(0, 0, 640, 480, Math.floor(next() * 2 ** 24))
      pattern.tell()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const reader = client({ port: port ?? 0 })
    await reader.start()
    await reader.frame(false)
    // Without back pressure it would be 100 frames of 1.2 MB.
    socket.resume()
    let got = 0
    socket.on('data', (bytes) => {
      got += bytes.length
    })
    await expect.poll(() => got).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(got).toBeLessThan(40 * 1_228_800)
  })
})
