// Commands of the command line about disk images and installation media: what they make, change and refuse.
// Runs in: vitest, plain Node.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { xmScene } from '../../support/xm-scene'

const scene = xmScene()
const { xm } = scene

describe('xm about images', () => {
  it('makes disk images, empty and as copies', async () => {
    const sizes = async (name: string) => {
      const info = await scene.now().made.driver.images.inspect(join(scene.now().made.folder, name))
      return info.ok ? `${info.value.format} ${info.value.virtualSize / 2 ** 20}` : info.error.reason
    }
    expect(await xm('image-create', '-f', 'raw', 'a.img', '64')).toEqual({ code: 0, out: '', err: '' })
    expect(await xm('image-create', 'b.qcow2', '2g')).toMatchObject({ code: 0 })
    expect(await xm('image-copy', 'a.img', 'c.qcow2')).toMatchObject({ code: 0 })
    expect(await xm('image-copy', 'a.img', 'd.qcow2', '1g')).toMatchObject({ code: 0 })
    expect(await xm('image-copy', 'a.img', 'e.qcow2', '1g', '--backing', 'x.img', '/y.img')).toMatchObject({ code: 0 })
    // One that stands on a file elsewhere: the sentence says what lets it be read.
    const own = (name: string) => join(scene.now().made.folder, name)
    await scene.now().made.driver.images.overlay(own('f.qcow2'), { path: own('a.img'), format: 'raw' }, [])
    expect(await xm('image-copy', 'f.qcow2', 'g.qcow2')).toMatchObject({
      code: 1,
      err: expect.stringContaining(`--backing ${own('a.img')}`),
    })
    expect(await xm('image-copy', 'f.qcow2', 'g.qcow2', '--backing', 'a.img')).toMatchObject({ code: 0 })
    const made4 = await Promise.all(['a.img', 'b.qcow2', 'c.qcow2', 'd.qcow2'].map(sizes))
    expect(made4).toEqual(['raw 64', 'qcow2 2048', 'qcow2 64', 'qcow2 1024'])
    expect(await xm('image-create', 'a.img', '64')).toMatchObject({ code: 1, err: expect.stringContaining('a.img') })
    expect(await xm('image-create', '-f', 'vhd', 'e.vhd', '64')).toMatchObject({
      code: 1,
      err: expect.stringContaining('qcow2, raw'),
    })
  })

  it('makes an image larger, and writes to what it refers to only when that is named', async () => {
    const own = (name: string) => join(scene.now().made.folder, name)
    const size = async (name: string) => {
      const info = await scene.now().made.driver.images.inspect(own(name))
      return info.ok ? info.value.virtualSize / (1 << 20) : info.error.reason
    }
    expect(await xm('image-create', 'large.qcow2', '64')).toMatchObject({ code: 0 })
    expect(await xm('image-resize', 'large.qcow2', '1g')).toEqual({ code: 0, out: '', err: '' })
    expect(await size('large.qcow2')).toBe(1024)
    expect(await xm('image-resize', 'large.qcow2', '64')).toMatchObject({ code: 1, err: expect.stringContaining('1024 MiB') })
    await scene.now().made.driver.images.overlay(own('over.qcow2'), { path: own('large.qcow2'), format: 'qcow2' }, [])
    expect(await xm('image-resize', 'over.qcow2', '2g')).toMatchObject({
      code: 1,
      err: expect.stringContaining(`--backing ${own('large.qcow2')}`),
    })
    expect(await size('over.qcow2')).toBe(1024)
    expect(await xm('image-resize', 'over.qcow2', '2g', '--backing', 'large.qcow2')).toMatchObject({ code: 0 })
    expect(await size('over.qcow2')).toBe(2048)
  })

  it('puts an image of a pool on another one beside it, or on none', async () => {
    const folder = join(scene.now().made.folder, 'disks')
    const own = (name: string) => join(folder, name)
    const standsOn = async (name: string) => {
      const info = await scene.now().made.driver.images.inspect(own(name))
      return info.ok ? info.value.backing : info.error.reason
    }
    for (const name of ['a', 'b', 'c']) expect(await xm('image-create', own(`${name}.qcow2`), '64')).toMatchObject({ code: 0 })
    expect(await xm('image-rebase', 'disks/b.qcow2', own('a.qcow2'))).toEqual({ code: 0, out: '', err: '' })
    expect(await standsOn('b.qcow2')).toBe('a.qcow2')
    expect(await xm('image-rebase', 'disks/b.qcow2', 'disks/c.qcow2')).toMatchObject({ code: 0 })
    expect(await standsOn('b.qcow2')).toBe('c.qcow2')
    const refused = async (...line: string[]) => {
      const { code, err } = await xm('image-rebase', ...line)
      expect([line, code]).toEqual([line, 1])
      return err
    }
    expect(await refused(own('c.qcow2'), own('b.qcow2'))).toMatch(/cannot stand on .*b\.qcow2, which stands on it/)
    expect(await refused(own('b.qcow2'), own('gone.qcow2'))).toContain('gone.qcow2')
    expect(await refused(own('b.qcow2'), 'a.qcow2')).toContain('is not in the folder of')
    expect(await refused('d.qcow2', own('a.qcow2'))).toBe(
      `d.qcow2 is in no pool: ${folder}. Add its folder on the Storage page, or copy it into one of these`,
    )
    expect(await xm('image-create', '-f', 'raw', own('d.raw'), '64')).toMatchObject({ code: 0 })
    expect(await refused(own('d.raw'), own('a.qcow2'))).toContain('Convert it to qcow2 first')
    expect(await standsOn('b.qcow2')).toBe('c.qcow2')
    expect(await xm('image-rebase', own('b.qcow2'))).toMatchObject({ code: 0 })
    expect(await standsOn('b.qcow2')).toBe(undefined)
    // One over a file elsewhere: only when that is named.
    const elsewhere = join(scene.now().made.folder, 'elsewhere.raw')
    expect(await xm('image-create', '-f', 'raw', elsewhere, '64')).toMatchObject({ code: 0 })
    await scene.now().made.driver.images.overlay(own('e.qcow2'), { path: elsewhere, format: 'raw' }, [])
    expect(await refused(own('e.qcow2'))).toContain(`--backing ${elsewhere}`)
    expect(await standsOn('e.qcow2')).toBe(elsewhere)
    expect(await xm('image-rebase', own('e.qcow2'), '--backing', 'elsewhere.raw')).toMatchObject({ code: 0 })
    expect(await standsOn('e.qcow2')).toBe(undefined)
    // So it is where the one it is put on stands there.
    await scene.now().made.driver.images.overlay(own('f.qcow2'), { path: elsewhere, format: 'raw' }, [])
    const sentence = await refused(own('e.qcow2'), own('f.qcow2'))
    expect(sentence).toContain(`${own('f.qcow2')} refers to ${elsewhere}, `)
    expect(sentence).toContain(`--backing ${elsewhere}`)
    expect(await standsOn('e.qcow2')).toBe(undefined)
    expect(await xm('image-rebase', own('e.qcow2'), own('f.qcow2'), '--backing', 'elsewhere.raw')).toMatchObject({ code: 0 })
    expect(await standsOn('e.qcow2')).toBe('f.qcow2')
  })

  it('takes kernel and ramdisk out of an ISO image, to new files anywhere', async () => {
    const iso = Buffer.alloc(17 * 2048)
    iso.write('\x01CD001\x01', 16 * 2048, 'latin1')
    iso.write('Debian 12'.padEnd(32), 16 * 2048 + 40, 'latin1')
    writeFileSync(join(scene.now().made.folder, 'netinst.iso'), iso)
    mkdirSync(join(scene.now().made.folder, 'elsewhere'))
    const line = ['media-extract', 'netinst.iso', 'elsewhere/linux', 'elsewhere/initrd.gz']
    expect(await xm(...line)).toEqual({ code: 0, out: '', err: '' })
    expect(readdirSync(join(scene.now().made.folder, 'elsewhere')).sort()).toEqual(['initrd.gz', 'linux'])
    expect(await xm(...line)).toMatchObject({ code: 1, err: expect.stringContaining('elsewhere/linux') })
    const ofTree = ['media-extract', 'http://example.com/debian/dists/bookworm', 'net/linux', 'net/initrd.gz']
    expect(await xm(...ofTree)).toEqual({ code: 0, out: '', err: '' })
    expect(readdirSync(join(scene.now().made.folder, 'net')).sort()).toEqual(['initrd.gz', 'linux'])
    expect(await xm('media-extract', 'https://nowhere.invalid/x', 'a', 'b')).toMatchObject({
      code: 1,
      err: expect.stringContaining('nowhere.invalid'),
    })
    expect(await xm('media-extract', 'web.cfg', 'a', 'b')).toMatchObject({ code: 1, err: expect.stringContaining('web.cfg') })
  })
})
