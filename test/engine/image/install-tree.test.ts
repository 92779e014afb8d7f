// Installation trees of the network, from a web server of the test: every layout is found from the addresses people paste, both files come
// down whole, and each thing that a broken or hostile server does ends soon, by its own name, with no file left. Runs in: vitest.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lookForTree, TREE_LIMITS, takeTree, treeAddress } from '../../../src-engine/image/install-tree/install-tree'
import { readTreeInfo } from '../../../src-engine/image/install-tree/treeinfo'
import { DEBIAN_NETBOOT, debianTree, fakeKernel, fakeRamdisk, type Served, TreeServer } from '../../support/tree-server'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-tree-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

let server: TreeServer
let host = ''
beforeEach(async () => {
  server = new TreeServer()
  host = await server.listen()
})
afterEach(() => server.close())

const kernel = fakeKernel(300_000)
const ramdisk = fakeRamdisk(700_001)
const LIMITS = { ...TREE_LIMITS, silenceMs: 500, kernelMost: 400_000, ramdiskMost: 800_000 }

let number = 0
/** What is downloaded, and what is in its folder then. */
async function taken(
  address: string,
  options: { signal?: AbortSignal; progress?: (done: number, total: number) => void } = {},
) {
  const place = path.join(folder, `out-${number++}`)
  const to = { kernel: path.join(place, 'linux'), ramdisk: path.join(place, 'initrd') }
  const done = await takeTree(address, { ...to, limits: LIMITS, ...options })
  const left = fs.existsSync(place) ? fs.readdirSync(place).sort() : []
  const read = (file: string): Buffer | undefined => (fs.existsSync(file) ? fs.readFileSync(file) : undefined)
  return { done, left, kernel: read(to.kernel), ramdisk: read(to.ramdisk) }
}

const pair = (at: string, names: readonly [string, string] = ['linux', 'initrd.gz']): Record<string, Served> => ({
  [`${at}/${names[0]}`]: kernel,
  [`${at}/${names[1]}`]: ramdisk,
})

describe('an installation tree', () => {
  it('of Debian is found from each level of its archive, with the name of its release', async () => {
    server.files = {
      ...debianTree(kernel, ramdisk),
      ...pair(`/mirror/dists/stable/${DEBIAN_NETBOOT}`),
      ...pair('/ubuntu/dists/focal/main/installer-amd64/current/legacy-images/netboot/ubuntu-installer/amd64'),
    }
    const below = DEBIAN_NETBOOT
    const rows: readonly (readonly [string, string, string])[] = [
      ['/debian/dists/bookworm', `${below}/linux`, 'Debian 12.8'],
      ['/debian/dists/bookworm/', `${below}/linux`, 'Debian 12.8'],
      ['/debian/dists/bookworm/?x=1#y', `${below}/linux`, 'Debian 12.8'],
      ['/debian/dists/bookworm/main/installer-amd64', `${below.slice('main/installer-amd64/'.length)}/linux`, 'Debian 12.8'],
      [
        '/debian/dists/bookworm/main/installer-amd64/current/',
        `${below.slice('main/installer-amd64/current/'.length)}/linux`,
        'Debian 12.8',
      ],
      ['/debian/dists/bookworm/main/installer-amd64/current/images', 'netboot/debian-installer/amd64/linux', 'Debian 12.8'],
      ['/debian/dists/bookworm/main/installer-amd64/current/images/netboot', 'debian-installer/amd64/linux', 'Debian 12.8'],
      [`/debian/dists/bookworm/${below}`, 'linux', 'Debian 12.8'],
      ['/mirror', `dists/stable/${below}/linux`, '127.0.0.1'],
      ['/ubuntu/dists/focal', 'main/installer-amd64/current/legacy-images/netboot/ubuntu-installer/amd64/linux', '127.0.0.1'],
    ]
    for (const [address, kernelAt, label] of rows) {
      const found = await lookForTree(host + address, { limits: LIMITS })
      const size = kernel.length + ramdisk.length
      expect(found, address).toEqual({
        ok: true,
        value: { label, kernel: kernelAt, ramdisk: kernelAt.replace(/linux$/, 'initrd.gz'), cmdline: '', size },
      })
    }
    expect(server.requests.every(({ range }) => range !== undefined)).toBe(true)
  })

  it('of other systems is found where the table of layouts says, with the words its kernel needs', async () => {
    const rows: readonly (readonly [string, string, string])[] = [
      ['casper/vmlinuz', 'casper/initrd', ''],
      ['casper/vmlinuz', 'casper/initrd.lz', ''],
      ['images/pxeboot/vmlinuz', 'images/pxeboot/initrd.img', 'inst.repo=URL/tree/'],
      ['boot/x86_64/loader/linux', 'boot/x86_64/loader/initrd', 'install=URL/tree/'],
      ['install.amd/vmlinuz', 'install.amd/initrd.gz', ''],
      ['live/vmlinuz', 'live/initrd.img', 'boot=live components fetch=URL/tree/live/filesystem.squashfs'],
      ['linux', 'initrd.gz', ''],
    ]
    for (const [kernelAt, ramdiskAt, words] of rows) {
      server.files = { [`/tree/${kernelAt}`]: kernel, [`/tree/${ramdiskAt}`]: ramdisk }
      expect(await lookForTree(`${host}/tree`, { limits: LIMITS }), kernelAt).toMatchObject({
        ok: true,
        value: { kernel: kernelAt, ramdisk: ramdiskAt, cmdline: words.replace('URL', host) },
      })
    }
  })

  it('with a .treeinfo is what that says, and a file whose check sum is another is not kept', async () => {
    const sum = createHash('sha256').update(ramdisk).digest('hex')
    const info = (checkSum: string): string =>
      `[checksums]\nimages/pxeboot/initrd.img = sha256:${checkSum}\n[general]\nname = Fedora 40\n[images-x86_64]\n` +
      'kernel = images/pxeboot/vmlinuz\ninitrd = images/pxeboot/initrd.img\n[release]\nname = Fedora\nversion = 40\n'
    server.files = { ...pair('/f/images/pxeboot', ['vmlinuz', 'initrd.img']), '/f/.treeinfo': info(sum) }
    expect(await lookForTree(`${host}/f`, { limits: LIMITS })).toMatchObject({
      value: { label: 'Fedora 40', kernel: 'images/pxeboot/vmlinuz', cmdline: `inst.repo=${host}/f/` },
    })
    expect((await taken(`${host}/f`)).left).toEqual(['initrd', 'linux'])
    server.files = { ...server.files, '/f/.treeinfo': info('0'.repeat(64)) }
    const damaged = await taken(`${host}/f`)
    expect(damaged).toMatchObject({ done: { ok: true, value: { why: 'damaged' } }, left: [] })
    server.files = { '/f/treeinfo': '[general]\narch = aarch64\n[images-aarch64]\nkernel = k\ninitrd = i\n' }
    expect(await lookForTree(`${host}/f`, { limits: LIMITS })).toMatchObject({ ok: false, error: { why: 'arch' } })
  })

  it('is downloaded byte by byte, with progress up to the whole, also where the server sends no sizes and knows no ranges', async () => {
    const unsized =
      (bytes: Buffer): Served =>
      (_request, response) => {
        response.writeHead(200)
        for (let at = 0; at < bytes.length; at += 65_536) response.write(bytes.subarray(at, at + 65_536))
        response.end()
      }
    for (const files of [
      pair('/t'),
      { '/t/linux': unsized(kernel), '/t/initrd.gz': unsized(ramdisk) } satisfies Record<string, Served>,
    ]) {
      server.files = files
      const told: number[] = []
      const out = await taken(`${host}/t`, { progress: (done, total) => told.push(done / total) })
      expect(out.done).toEqual({ ok: true, value: undefined })
      expect(out.kernel?.equals(kernel) && out.ramdisk?.equals(ramdisk)).toBe(true)
      expect(told.at(-1)).toBe(1)
      expect(told.every((fraction) => fraction > 0 && fraction <= 1)).toBe(true)
    }
  })

  it('is followed to where its server sends on, a few times, and never away from the web or from https', async () => {
    const to =
      (location: string): Served =>
      (_request, response) =>
        void response.writeHead(302, { location }).end()
    server.files = { '/a/linux': to('/b/linux'), '/a/initrd.gz': to(`${host}/b/initrd.gz`), ...pair('/b') }
    expect((await taken(`${host}/a`)).done).toEqual({ ok: true, value: undefined })
    for (const location of [
      'file:///etc/passwd',
      'ftp://127.0.0.1/x',
      'http://user:word@127.0.0.1/x',
      'http://[',
      '/a/linux',
    ]) {
      server.files = { '/a/linux': to(location), '/a/initrd.gz': ramdisk }
      expect(await lookForTree(`${host}/a`, { limits: LIMITS }), location).toMatchObject({ error: { why: 'redirect' } })
    }
  })

  it('is written over nothing, and called off at any point leaves nothing', async () => {
    server.files = pair('/t')
    const place = path.join(folder, 'mine')
    fs.mkdirSync(place)
    const to = { kernel: path.join(place, 'linux'), ramdisk: path.join(place, 'initrd') }
    fs.writeFileSync(to.ramdisk, 'mine')
    expect(await takeTree(`${host}/t`, { ...to, limits: LIMITS })).toMatchObject({ ok: false, error: { code: 'exists' } })
    expect(fs.readdirSync(place)).toEqual(['initrd'])
    expect(fs.readFileSync(to.ramdisk, 'utf8')).toBe('mine')
    for (const share of [0.01, 0.5, 0.99]) {
      const abort = new AbortController()
      const out = await taken(`${host}/t`, {
        signal: abort.signal,
        progress: (done, total) => done >= share * total && abort.abort(),
      })
      expect(out).toMatchObject({ done: { ok: false, error: { code: 'cancelled' } }, left: [] })
    }
    expect(await taken(`${host}/t`, { signal: AbortSignal.abort() })).toMatchObject({
      done: { ok: false, error: { code: 'cancelled' } },
      left: [],
    })
  })
})

describe('a server that has no tree', () => {
  const why = async (address: string): Promise<string> => {
    const found = await lookForTree(address, { limits: { ...LIMITS, lookMs: 3000 } })
    const out = await taken(address)
    const refused = out.done.ok ? out.done.value?.why : out.done.error.code
    expect(out.left).toEqual([])
    if (!found.ok) expect(refused).toBe(found.error.why)
    return found.ok ? (refused ?? 'nothing refused') : found.error.why
  }

  it('says by one word each what is wrong with it', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const address = closed.address()
    const port = typeof address === 'object' ? address?.port : 0
    await new Promise((resolve) => closed.close(resolve))
    expect(await why(`http://127.0.0.1:${port}/`)).toBe('unreachable')
    expect(await why('http://no-such-host.invalid/')).toBe('no-host')
    expect(await why(host.replace('http:', 'https:'))).toBe('tls')
    expect(await why(`${host}/empty`)).toBe('nothing')
    for (const bad of ['ftp://127.0.0.1/', 'file:///etc', 'http://me:word@127.0.0.1/', 'no address']) {
      expect(await why(bad)).toBe('address')
    }
    server.otherwise = (_request, response) => void response.writeHead(503).end()
    expect(await why(`${host}/`)).toBe('status')
    server.otherwise = (_request, response) => void response.writeHead(200).end(`<html>${'sign in '.repeat(500)}`)
    expect(await why(`${host}/`)).toBe('not-kernel')
    server.otherwise = (_request, response) => void response.socket?.end('no HTTP at all\r\n\r\n')
    expect(await why(`${host}/`)).toBe('cut')
    server.otherwise = (request) => void request.socket.destroy()
    expect(await why(`${host}/`)).toBe('cut')
    server.otherwise = () => undefined
    expect(await why(`${host}/`)).toBe('silent')
  })

  it('cannot send more than there may be, less than it said, or nothing any more', async () => {
    const endless: Served = (_request, response) => {
      response.writeHead(200)
      response.write(fakeKernel(65_536))
      const more = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(65_536), () => setImmediate(more))
      }
      more()
    }
    server.files = { '/t/linux': endless, '/t/initrd.gz': ramdisk }
    expect(await why(`${host}/t`)).toBe('large')
    server.files = { '/t/linux': fakeKernel(LIMITS.kernelMost + 1), '/t/initrd.gz': ramdisk }
    expect(await why(`${host}/t`)).toBe('large')
    const short: Served = (_request, response) => {
      response.writeHead(200, { 'content-length': 100_000 })
      response.write(fakeRamdisk(50_000), () => setTimeout(() => response.destroy(), 50))
    }
    server.files = { '/t/linux': kernel, '/t/initrd.gz': short }
    expect(await why(`${host}/t`)).toBe('cut')
    const stops: Served = (_request, response) => {
      response.writeHead(200, { 'content-length': 100_000 })
      response.write(fakeRamdisk(50_000))
    }
    server.files = { '/t/linux': kernel, '/t/initrd.gz': stops }
    expect(await why(`${host}/t`)).toBe('silent')
    const drips: Served = (_request, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('['), 100)
      response.on('close', () => clearInterval(timer))
    }
    server.files = { '/t/.treeinfo': drips }
    expect(await lookForTree(`${host}/t`, { limits: { ...LIMITS, lookMs: 1000 } })).toMatchObject({ error: { why: 'silent' } })
    server.files = { '/t/.treeinfo': '['.repeat(300_000) }
    expect(await why(`${host}/t`)).toBe('large')
  })

  it('leads nowhere by the paths of its .treeinfo, and its text is words', () => {
    const info = (kernelAt: string) =>
      readTreeInfo(`[general]\nfamily=X\n[images-x86_64]\nkernel = ${kernelAt}\ninitrd = boot/initrd\n`)
    expect(info('boot/linux')?.pair).toEqual({ kernel: 'boot/linux', ramdisk: 'boot/initrd' })
    for (const out of ['../up', 'a/../../up', 'http://elsewhere/k', '//elsewhere/k', 'a b', 'a\\b', '', 'x?y', 'x#y', '..']) {
      const found = info(out)?.pair?.kernel
      expect(found === undefined || found === 'elsewhere/k', out).toBe(true)
    }
    expect(readTreeInfo('<html>')).toBeUndefined()
    expect(treeAddress(`https://a.example/${'x'.repeat(800)}`)?.pathname).toHaveLength(802)
    for (const long of ['x'.repeat(900), '\u00e4'.repeat(200)]) expect(treeAddress(`https://a.example/${long}`)).toBeUndefined()
    expect(treeAddress('https://a.example/x?y#z')?.href).toBe('https://a.example/x/')
  })
})
