// The socket that commands reach the app by: whose it is, what it survives, whom it lets go; and one of several connections behind it.
// Runs in: vitest, plain Node.
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeFrame } from '../../../src-engine/public/protocol/frame'
import { Router } from '../../../src-main/connection/router'
import { testUuid } from '../../../src-main/driver/test/test-population'
import { LocalSocket } from '../../../src-main/ipc/local-socket'
import { domainKey, LOCAL_CONNECTION } from '../../../src-main/public/connection'
import { socketPlace } from '../../../src-main/public/xm-socket'
import { makeConnections } from '../../support/connections'
import { randomFrom } from '../../support/random'
import { xmScene } from '../../support/xm-scene'

const scene = xmScene()
const { xm } = scene

describe('the socket', () => {
  it('keeps the app as long as a command is at work, between its calls too', async () => {
    const client = connect(scene.now().place.path)
    await expect.poll(() => scene.underWay.any).toBe(true)
    client.destroy()
    await expect.poll(() => scene.underWay.any).toBe(false)
  })

  it('is not believed in a folder that others may write to', async () => {
    chmodSync(scene.now().place.folder, 0o777)
    expect(await xm('list')).toMatchObject({ code: 1, err: expect.stringContaining('is not yours alone') })
    chmodSync(scene.now().place.folder, 0o700)
    expect(await xm('list')).toMatchObject({ code: 0 })
  })

  it('is the user’s alone, takes the place of one that a cut left, and not that of one that lives', async () => {
    expect(statSync(scene.now().place.path).mode & 0o777).toBe(0o600)
    expect(statSync(scene.now().place.folder).mode & 0o777).toBe(0o700)
    const parts = {
      place: scene.now().place,
      servers: scene.now().made.toolstack.servers(),
      underWay: scene.underWay,
      transport: scene.now().made.channels.transport,
    }
    expect(await new LocalSocket(parts).listen()).toMatchObject({ error: { reason: 'socket-refused' } })
    await scene.now().socket.close()
    writeFileSync(scene.now().place.path, '')
    chmodSync(scene.now().place.folder, 0o755)
    expect(await scene.now().socket.listen()).toMatchObject({ ok: true })
    expect(statSync(scene.now().place.folder).mode & 0o777).toBe(0o700)
    expect(readFileSync(join(scene.now().made.folder, 'kernel'), 'utf8')).toBe('')
  })

  it('survives garbage: the connection ends, the app goes on', async () => {
    const below = randomFrom(7)
    const hello = encodeFrame({ kind: 'hello', version: 1, events: true })
    const send = (...chunks: Uint8Array[]) =>
      new Promise<void>((resolve) => {
        const client = connect(scene.now().place.path, () => {
          for (const chunk of chunks) client.write(chunk)
          setTimeout(() => client.destroy(), 20)
        })
        client.on('error', () => resolve())
        client.on('close', () => resolve())
      })
    const call = (params: unknown, name: unknown = 'domainList') => encodeFrame({ kind: 'call', id: 1, name, params })
    for (let round = 0; round < 40; round++) await send(Uint8Array.from({ length: below(400) }, () => below(256)))
    await send(Uint8Array.from([255, 255, 255, 255, 1]))
    await send(call({}))
    await send(hello, hello)
    await send(hello, encodeFrame({ kind: 'nothing' }), encodeFrame(new Uint8Array(9)))
    await send(
      hello,
      call({}, 7),
      call(null),
      call({ uuid: '../..' }, 'domainInfo'),
      call({}, '__proto__'),
      call({ choice: 'cancel' }, 'quitChoose'),
    )
    await send(
      hello,
      encodeFrame({ kind: 'stream', stream: 99, message: null }),
      encodeFrame({ kind: 'typed', stream: 1, bytes: 'x' }),
    )
    await send(hello, ...Array.from({ length: 200 }, () => call({})))
    expect(await xm('list')).toMatchObject({ code: 0 })
  })

  it('takes sixteen connections and no more', async () => {
    const clients = Array.from({ length: 40 }, () => connect(scene.now().place.path))
    for (const client of clients) client.on('error', () => undefined)
    await expect.poll(() => clients.filter(({ destroyed }) => destroyed).length).toBe(24)
    for (const client of clients) client.destroy()
    await expect.poll(async () => (await xm('list')).code).toBe(0)
  })

  /** Hears events, and after its greeting reads nothing. */
  async function stopped() {
    const client = connect(scene.now().place.path)
    client.on('error', () => undefined)
    client.write(encodeFrame({ kind: 'hello', version: 1, events: true }))
    await new Promise((resolve) => client.once('data', resolve))
    client.pause()
    return client
  }
  const tell = (bytes: number) => {
    const payload = { uuid: testUuid(1), line: { text: 'x'.repeat(bytes) } }
    Reflect.apply(scene.now().socket.broadcast, scene.now().socket, ['logLine', payload])
  }

  it('lets go whom it tells and who does not read: a command that was stopped does not fill its memory', async () => {
    const client = await stopped()
    for (let i = 0; i < 64; i++) tell(1024 * 1024)
    let read = 0
    client.on('data', (chunk) => {
      read += chunk.length
    })
    const ended = new Promise((resolve) => client.once('close', resolve))
    client.resume()
    await ended
    expect(read).toBeLessThan(32 * 1024 * 1024)
    expect((await xm('list')).code).toBe(0)
  })

  it('ends also when somebody who does not read has words to come', async () => {
    const client = await stopped()
    for (let i = 0; i < 8; i++) tell(1024 * 1024)
    await scene.now().socket.close()
    expect(existsSync(scene.now().place.path)).toBe(false)
    client.destroy()
  })
})

describe('with several connections', () => {
  it('xm -c NAME is about one of them, without it about the first; xm connections lists them', async () => {
    const several = await makeConnections({ script: { domains: 2, running: 1 } })
    const router = new Router(several.connections, scene.underWay)
    const own = socketPlace({ XDG_RUNTIME_DIR: several.folder }, '/tmp', 0)
    const served = new LocalSocket({
      place: own,
      servers: router.servers(),
      underWay: scene.underWay,
      transport: (port) => scene.now().made.channels.transport(port),
    })
    await served.listen()
    scene.now().place = own
    try {
      const second = await several.added('Second')
      await several.call('connectionDefine', { connection: null, name: 'Off', driver: 'test', autoconnect: false })
      await several.call('domainRename', { uuid: domainKey(second, testUuid(0)), name: 'renamed' })
      expect((await xm('connections')).out.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
        'Name Driver State Domains Running',
        'test test connected 2 1',
        'Second test connected 2 1',
        'Off test disconnected 0 0',
      ])
      const names = async (...line: string[]) => {
        const { out } = await xm(...line, 'list', '-a')
        return out
          .split('\n')
          .slice(1)
          .map((row) => row.split(' ')[0])
      }
      expect(await names()).toEqual(['Domain-0', 'db-01', 'web-01'])
      expect(await names('-c', 'second')).toEqual(['Domain-0', 'db-01', 'renamed'])
      expect(await names('-c', second.slice(0, 8))).toEqual(['Domain-0', 'db-01', 'renamed'])
      // The UUID is the definition's in each, and so is what dumpxml says.
      expect((await xm('-c', 'Second', 'list', '-a', '-v', testUuid(0))).out).toContain(testUuid(0))
      expect((await xm('-c', 'Second', 'dumpxml', 'renamed')).out).toContain(`<uuid>${testUuid(0)}</uuid>`)
      expect(await xm('-c', 'Second', 'pause', 'db-01')).toMatchObject({ code: 0 })
      expect((await several.call('domainInfo', { uuid: testUuid(1) })).state).toBe('running')
      expect((await several.call('domainInfo', { uuid: domainKey(second, testUuid(1)) })).state).toBe('paused')
      // create has a -c of its own.
      writeFileSync(
        join(scene.now().made.folder, 'new.cfg'),
        `name = "new"\ntype = "pvh"\nmemory = 64\nkernel = "${scene.now().made.kernel}"\n`,
      )
      expect(await xm('-c', 'Second', 'create', '-q', join(scene.now().made.folder, 'new.cfg'))).toMatchObject({
        code: 0,
        out: '',
      })
      expect(await several.names(second)).toContain('new')
      expect(await several.names(LOCAL_CONNECTION)).not.toContain('new')
      expect((await xm('-c', 'Second', 'dmesg')).code).toBe(0)
      expect((await xm('-c', 'Second', 'block-list', 'new')).code).toBe(0)
      expect(await xm('-c', 'Third', 'list')).toMatchObject({
        code: 1,
        err: 'There is no connection named Third. There are: test, Second, Off.',
      })
      expect(await xm('-c', 'Off', 'list')).toMatchObject({ code: 1, err: 'Off is not connected.' })
    } finally {
      await served.close()
      await several.close()
    }
  })
})
