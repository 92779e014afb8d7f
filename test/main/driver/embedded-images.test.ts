// Disk images by the image process: made whole or not at all, in a process that can be called off. What it writes is held
// against qemu-img where that is installed. Runs in: vitest, plain Node, on the bundles in out/main.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { RateMeter } from '../../../src-main/driver/embedded/device-rates'
import { EmbeddedImages } from '../../../src-main/driver/embedded/images'
import { NodeChannels, NodeForker } from '../../../src-main/supervisor/node'
import { Supervisor } from '../../../src-main/supervisor/supervisor'
import { debianTree, fakeKernel, fakeRamdisk, TreeServer } from '../../support/tree-server'

const bundleFolder = join(__dirname, '../../../out/main')
const supervisor = new Supervisor({ forker: new NodeForker(), channels: new NodeChannels(), bundleFolder })
const images = new EmbeddedImages(supervisor)
const folder = mkdtempSync(join(tmpdir(), 'ringmaster-images-'))
const at = (name: string): string => join(folder, name)
const hasQemu = spawnSync('qemu-img', ['--version']).status === 0
const quiet = () => ({ report: () => {}, signal: new AbortController().signal })

afterAll(() => {
  supervisor.killAll()
  rmSync(folder, { recursive: true, force: true })
})

describe('the image process', () => {
  it('downloads kernel and ramdisk of a tree into new files, can be called off, and names what the server did', async () => {
    const server = new TreeServer()
    const host = await server.listen()
    const [kernel, ramdisk] = [fakeKernel(200_000), fakeRamdisk(3_000_000)]
    server.files = debianTree(kernel, ramdisk)
    const address = `${host}/debian/dists/bookworm`
    expect(await images.lookTree(address)).toMatchObject({
      ok: true,
      value: { label: 'Debian 12.8', size: kernel.length + ramdisk.length },
    })
    const to = { kernel: at('tree/linux'), ramdisk: at('tree/initrd') }
    const seen: number[] = []
    const progress = { report: (fraction: number) => seen.push(fraction), signal: new AbortController().signal }
    expect(await images.takeTree(address, to, progress)).toEqual({ ok: true, value: null })
    expect(readFileSync(to.kernel).equals(kernel) && readFileSync(to.ramdisk).equals(ramdisk)).toBe(true)
    expect(seen.every((fraction) => fraction > 0 && fraction <= 1)).toBe(true)
    expect(await images.takeTree(address, to, quiet())).toMatchObject({ ok: false, error: { reason: 'file-exists' } })
    expect(await images.lookTree(`${host}/else`)).toMatchObject({
      error: { reason: 'tree-nothing', values: { url: `${host}/else/`, host: host.slice('http://'.length) } },
    })
    expect(await images.lookTree('ftp://x/')).toMatchObject({ error: { reason: 'tree-address', values: { url: 'ftp://x/' } } })
    for (const long of [`${host}/${'x'.repeat(2000)}`, `${host}/${'\u00e4'.repeat(300)}`]) {
      expect(await images.lookTree(long)).toMatchObject({ error: { reason: 'tree-address' } })
      expect(await images.takeTree(long, to, quiet())).toMatchObject({ error: { reason: 'tree-address' } })
    }
    const abort = new AbortController()
    const ramdiskAt = Object.keys(server.files).find((name) => name.endsWith('initrd.gz')) ?? ''
    let ended: Promise<unknown> = Promise.resolve()
    server.files = {
      ...server.files,
      [ramdiskAt]: (request, response) => {
        response.writeHead(200).write(fakeRamdisk(100_000))
        if (request.headers.range !== undefined) return void response.end()
        ended = new Promise((resolve) => response.on('close', resolve))
        abort.abort()
      },
    }
    const other = { kernel: at('off/linux'), ramdisk: at('off/initrd') }
    expect(await images.takeTree(address, other, { report: () => {}, signal: abort.signal })).toMatchObject({
      ok: false,
      error: { reason: 'cancelled' },
    })
    expect(readdirSync(at('off'))).toEqual([])
    // The connection ends with it.
    await ended
    await server.close()
  })

  it('makes images that are sparse, of the size asked for, and overwrites nothing', async () => {
    for (const format of ['qcow2', 'raw'] as const) {
      const path = at(`new.${format}`)
      expect(await images.create({ path, format, sizeMiB: 512 })).toEqual({ ok: true, value: null })
      expect(await images.inspect(path)).toMatchObject({ ok: true, value: { format, virtualSize: 512 << 20 } })
      expect(statSync(path).blocks * 512).toBeLessThan(1 << 20)
      expect(await images.create({ path, format, sizeMiB: 1 })).toMatchObject({ ok: false, error: { reason: 'file-exists' } })
      if (hasQemu) expect(execFileSync('qemu-img', ['info', path], { encoding: 'utf8' })).toContain('512 MiB')
    }
    const over = { path: at('over.qcow2'), format: 'qcow2', sizeMiB: 512 } as const
    expect((await images.create({ ...over, backing: { path: at('new.qcow2'), format: 'qcow2' } })).ok).toBe(true)
    expect(await images.inspect(over.path)).toMatchObject({ ok: true, value: { backing: at('new.qcow2') } })
  })

  it('tells a data file as one to be agreed to, also where it lies beside the image', async ({ skip }) => {
    if (!hasQemu) return skip('qemu-img is not installed')
    const [image, data] = [at('split.qcow2'), at('split.raw')]
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', 'data_file=split.raw', image, '4M'], { cwd: folder })
    const size = { virtualSize: 4 << 20 }
    expect(await images.inspect(image)).toMatchObject({ value: { ...size, refused: { path: data, chain: [image] } } })
    const agreed = await images.inspect(image, [data])
    expect(agreed).toMatchObject({ ok: true, value: size })
    expect(agreed.ok && agreed.value.refused).toBe(undefined)
    // Resizing writes to it: only when that was agreed to.
    const before = statSync(data).size
    expect(await images.resize({ path: image, sizeMiB: 8 }, quiet())).toMatchObject({ error: { reason: 'image-unreadable' } })
    expect(statSync(data).size).toBe(before)
    expect(await images.resize({ path: image, sizeMiB: 8, allowed: [data] }, quiet())).toEqual({ ok: true, value: null })
    expect(execFileSync('qemu-img', ['info', image], { cwd: folder, encoding: 'utf8' })).toContain('8 MiB')
    execFileSync('qemu-img', ['check', image], { cwd: folder })
    expect(await images.check(image, false, quiet())).toEqual({ ok: true, value: null })
  })

  it('enlarges, shrinks only when loss is meant, converts with progress, and finds damage', async () => {
    const [raw, qcow2] = [at('a.raw'), at('a.qcow2')]
    writeFileSync(raw, Buffer.alloc(3 << 20, 'ringmaster'))
    const seen: number[] = []
    const progress = { report: (fraction: number) => seen.push(fraction), signal: new AbortController().signal }
    expect(await images.convert(raw, qcow2, 'qcow2', progress)).toEqual({ ok: true, value: null })
    expect(seen.every((fraction) => fraction > 0 && fraction <= 1)).toBe(true)
    if (hasQemu) execFileSync('qemu-img', ['compare', raw, qcow2])
    expect(await images.check(qcow2, false, quiet())).toEqual({ ok: true, value: null })
    expect(await images.resize({ path: qcow2, sizeMiB: 2 }, quiet())).toMatchObject({
      ok: false,
      error: { reason: 'image-shrink', values: { min: '3' } },
    })
    expect(await images.resize({ path: qcow2, sizeMiB: 64 }, quiet())).toEqual({ ok: true, value: null })
    expect(await images.resize({ path: qcow2, sizeMiB: 3, shrink: true }, quiet())).toEqual({ ok: true, value: null })
    expect(await images.inspect(qcow2)).toMatchObject({ value: { virtualSize: 3 << 20 } })
    expect(await images.resize({ path: qcow2, sizeMiB: 64 }, quiet())).toEqual({ ok: true, value: null })
    expect(await images.inspect(qcow2)).toMatchObject({ ok: true, value: { virtualSize: 64 << 20 } })
    if (hasQemu) execFileSync('qemu-img', ['check', qcow2])

    // A refcount table that counts nothing: every cluster in use is an error.
    const bytes = readFileSync(qcow2)
    const table = Number(bytes.readBigUInt64BE(48))
    bytes.fill(0, Number(bytes.readBigUInt64BE(table)), Number(bytes.readBigUInt64BE(table)) + 64)
    writeFileSync(qcow2, bytes)
    expect(await images.check(qcow2, false, quiet())).toMatchObject({ ok: false, error: { reason: 'image-damaged' } })
    expect(await images.check(qcow2, true, quiet())).toEqual({ ok: true, value: null })
  })

  it('says of a copy that there is no room for it, and leaves nothing of it', async () => {
    const [from, to] = [at('roomy.raw'), at('roomy-copy.raw')]
    writeFileSync(from, Buffer.alloc(8 << 20, 'ringmaster'))
    // No process begun from here on may make a file larger than this: the system then says no more fits.
    const limit = (bytes: string) => execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`])
    limit(String(2 << 20))
    const before = readdirSync(folder)
    const done = await images.convert(from, to, 'raw', quiet()).finally(() => limit('unlimited'))
    expect(done).toMatchObject({ ok: false, error: { reason: 'disk-full', values: { path: to } } })
    expect(readdirSync(folder)).toEqual(before)
  })

  it('leaves nothing of a copy that was called off, and says in one sentence what cannot be used', async () => {
    const big = at('big.raw')
    writeFileSync(big, Buffer.alloc(16 << 20, 1))
    truncateSync(big, 4 * 2 ** 30)
    const abort = new AbortController()
    const done = await images.convert(big, at('big.qcow2'), 'qcow2', { report: () => abort.abort(), signal: abort.signal })
    if (!done.ok) {
      expect(done.error.code).toBe('OPERATION_ABORTED')
      expect(existsSync(at('big.qcow2'))).toBe(false)
    }
    writeFileSync(at('bad.qcow2'), Buffer.concat([Buffer.from([0x51, 0x46, 0x49, 0xfb]), Buffer.alloc(600, 0xff)]))
    expect(await images.inspect(at('bad.qcow2'))).toMatchObject({ ok: false, error: { reason: 'image-unreadable' } })
    expect(await images.inspect(at('none'))).toMatchObject({ ok: false, error: { reason: 'file-unreadable' } })
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

describe('rates of a device', () => {
  const counters = (readBytes: number) => ({
    key: 'vbd/51712',
    state: 4,
    readBytes,
    writtenBytes: 0,
    readRequests: readBytes / 100,
    writeRequests: 0,
    errors: 0,
  })

  it('are what it did since the sample before, and none when it began anew', () => {
    const meter = new RateMeter()
    expect(meter.rates([counters(1000)], 0)[0]?.readBytes).toBe(0)
    expect(meter.rates([counters(5000)], 2000)[0]).toMatchObject({ readBytes: 2000, readRequests: 20 })
    expect(meter.rates([counters(100)], 3000)[0]?.readBytes).toBe(0)
    expect(meter.rates([], 4000)).toEqual([])
    expect(meter.rates([counters(900)], 5000)[0]?.readBytes).toBe(0)
  })
})
