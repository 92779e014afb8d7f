// CD images that xorriso packs: files are found under all three kinds of names and come out byte by byte; of images that were cut off,
// altered or made to loop the reader says what is wrong, soon, and writes nothing. Runs in: vitest.
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { extractInstaller, lookForInstaller } from '../../../src-engine/image/install-media'
import { openIso } from '../../../src-engine/image/iso9660'
import { openNodeFile } from '../../../src-engine/image/node-file'
import { ISO_NAMES, makeIso } from '../../support/iso'
import { missingProgram } from '../../support/programs'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-iso9660-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const missing = missingProgram('xorriso')
const kernel = randomBytes(3 * 1024 * 1024 + 17)
const ramdisk = randomBytes(70_001)
const netinst = { 'install.amd/vmlinuz': kernel, 'install.amd/initrd.gz': ramdisk, 'readme.txt': Buffer.from('A disc.\n') }
const at = (name: string): string => path.join(folder, name)

/** Where the root directory stands. */
const rootOf = (image: Buffer): number => image.readUInt32LE(16 * 2048 + 156 + 2) * 2048

let number = 0
/** What comes out of an image, and no other file beside it. */
async function takenOut(image: string) {
  const place = at(`out-${number++}`)
  const to = { kernel: path.join(place, 'kernel'), ramdisk: path.join(place, 'ramdisk') }
  const done = await extractInstaller(image, to)
  const left = fs.existsSync(place) ? fs.readdirSync(place).sort() : []
  if (!done.ok) return { error: done.error, left }
  return { kernel: fs.readFileSync(to.kernel), ramdisk: fs.readFileSync(to.ramdisk), left }
}

describe.skipIf(missing !== undefined)('a CD image', () => {
  for (const [names, options] of Object.entries(ISO_NAMES)) {
    it(`is read by its ${names} names, and kernel and ramdisk come out whole`, async () => {
      const image = at(`${names}.iso`)
      makeIso(image, 'Debian 12.8.0 amd64 n', netinst, options)
      const file = await openNodeFile(image, 'read')
      if (!file.ok) throw new Error(file.error.message)
      const iso = await openIso(file.value)
      expect(iso).toMatchObject({ ok: true, value: { names, label: 'Debian 12.8.0 amd64 n' } })
      await file.value.close()
      const found = await lookForInstaller(image)
      expect(found).toMatchObject({ ok: true, value: { label: 'Debian 12.8.0 amd64 n', cmdline: '' } })
      if (!found.ok || found.value === undefined) return
      expect([found.value.kernel.toLowerCase(), found.value.ramdisk.toLowerCase()]).toEqual([
        'install.amd/vmlinuz',
        'install.amd/initrd.gz',
      ])
      const out = await takenOut(image)
      expect(out.error).toBeUndefined()
      expect(kernel.equals(out.kernel ?? Buffer.of()) && ramdisk.equals(out.ramdisk ?? Buffer.of())).toBe(true)
      expect(out.left).toEqual(['kernel', 'ramdisk'])
    })
  }

  it('with names so long that Rock Ridge continues them elsewhere, in a folder of hundreds, is read too', async () => {
    const image = at('long.iso')
    const others = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`live/${`${i}-`.repeat(40)}x`, Buffer.of(i)]))
    const long = `vmlinuz-${'6.1.0-'.repeat(38)}amd64`
    makeIso(image, 'LIVE', { ...others, [`live/${long}`]: kernel, 'live/initrd.img-6.1': ramdisk })
    expect(await lookForInstaller(image)).toMatchObject({
      value: { kernel: `live/${long}`, ramdisk: 'live/initrd.img-6.1', cmdline: 'boot=live components' },
    })
    expect(kernel.equals((await takenOut(image)).kernel ?? Buffer.of())).toBe(true)
  })

  it('of each system in the table has its kernel, its ramdisk and its boot words', async () => {
    const systems: readonly (readonly [string, string, string, string?])[] = [
      ['install.amd/vmlinuz', 'install.amd/initrd.gz', ''],
      ['live/vmlinuz', 'live/initrd.img', 'boot=live components'],
      ['linux', 'initrd.gz', ''],
      ['casper/vmlinuz', 'casper/initrd', ''],
      ['images/pxeboot/vmlinuz', 'images/pxeboot/initrd.img', 'inst.stage2=hd:LABEL=A\\x20B'],
      ['images/pxeboot/vmlinuz', 'images/pxeboot/initrd.img', 'root=live:CDLABEL=A\\x20B rd.live.image', 'LiveOS/squashfs.img'],
      ['boot/x86_64/loader/linux', 'boot/x86_64/loader/initrd', ''],
      ['boot/vmlinuz-lts', 'boot/initramfs-lts', 'modules=loop,squashfs,sd-mod,usb-storage'],
      ['arch/boot/x86_64/vmlinuz-linux', 'arch/boot/x86_64/initramfs-linux.img', 'archisobasedir=arch archisolabel=A\\x20B'],
    ]
    for (const [index, [kernelAt, ramdiskAt, cmdline, beside]] of systems.entries()) {
      const image = at(`system-${index}.iso`)
      const more = beside === undefined ? {} : { [beside]: Buffer.from('hsqs') }
      makeIso(image, 'A B', { [kernelAt]: Buffer.of(1), [ramdiskAt]: Buffer.of(2), ...more })
      expect(await lookForInstaller(image)).toEqual({
        ok: true,
        value: { label: 'A B', kernel: kernelAt, ramdisk: ramdiskAt, cmdline },
      })
    }
  })

  it('without kernel and ramdisk, or that is none, says so', async () => {
    makeIso(at('films.iso'), 'FILMS', { 'live/film.mkv': kernel })
    expect(await lookForInstaller(at('films.iso'))).toEqual({ ok: true, value: undefined })
    expect((await takenOut(at('films.iso'))).error?.code).toBe('format')
    for (const bytes of [new Uint8Array(0), kernel]) {
      fs.writeFileSync(at('none.iso'), bytes)
      expect(await lookForInstaller(at('none.iso'))).toMatchObject({ ok: false, error: { code: 'format' } })
    }
    expect(await lookForInstaller(at('nowhere.iso'))).toMatchObject({ ok: false, error: { code: 'not-found' } })
  })

  it('writes over nothing, and takes out both files or none', async () => {
    makeIso(at('whole.iso'), 'WHOLE', netinst)
    const to = { kernel: at('kernel-place'), ramdisk: at('ramdisk-place') }
    fs.writeFileSync(to.ramdisk, 'mine')
    expect(await extractInstaller(at('whole.iso'), to)).toMatchObject({ ok: false, error: { code: 'exists' } })
    expect(fs.readFileSync(to.ramdisk, 'utf8')).toBe('mine')
    expect(fs.existsSync(to.kernel)).toBe(false)
    fs.rmSync(to.ramdisk)
    const abort = new AbortController()
    const progress = (done: number): void => {
      if (done > kernel.length) abort.abort()
    }
    const big = { ...netinst, 'install.amd/initrd.gz': randomBytes(2 * 1024 * 1024 + 5) }
    makeIso(at('big.iso'), 'BIG', big)
    expect(await extractInstaller(at('big.iso'), { ...to, progress, signal: abort.signal })).toMatchObject({
      error: { code: 'cancelled' },
    })
    expect(fs.readdirSync(folder).filter((name) => /place|copy/.test(name))).toEqual([])
  })
})

describe.skipIf(missing !== undefined)('a hostile CD image', () => {
  let whole: Buffer
  beforeAll(() => {
    makeIso(at('seed.iso'), 'SEED', { ...netinst, 'install.amd/vmlinuz': kernel.subarray(0, 9000) }, ['-R', '-J'])
    whole = fs.readFileSync(at('seed.iso'))
  })
  const tryOut = async (bytes: Uint8Array) => {
    fs.writeFileSync(at('hostile.iso'), bytes)
    return takenOut(at('hostile.iso'))
  }

  it('cut off anywhere is refused, or all that is taken out is whole', async () => {
    for (let size = 0; size < whole.length; size += 8191) {
      const out = await tryOut(whole.subarray(0, size))
      if (out.error === undefined) expect(ramdisk.equals(out.ramdisk)).toBe(true)
      else expect(out.left).toEqual([])
    }
  })

  it('with bits flipped in its descriptors and directories is read or refused, and no file is larger than it', async () => {
    const [descriptor, root] = [16 * 2048, rootOf(whole)]
    const isThere = (place: number): boolean =>
      (place >= descriptor && place < descriptor + 192) || (place >= root && place < root + 3 * 2048)
    const places = [...whole.keys()].filter((place) => isThere(place) && whole[place] !== 0)
    let refused = 0
    for (let seed = 1; seed <= 400; seed++) {
      let random = seed
      const next = (below: number): number => {
        random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0
        return Math.floor((random / 2 ** 32) * below)
      }
      const bytes = Buffer.from(whole)
      for (let flips = 1 + next(12); flips > 0; flips--) {
        const place = places[next(places.length)] ?? descriptor
        bytes[place] = (bytes[place] ?? 0) ^ (1 << next(8))
      }
      const out = await tryOut(bytes)
      if (out.error === undefined) expect(out.kernel.length + out.ramdisk.length).toBeLessThanOrEqual(2 * whole.length)
      else {
        refused++
        expect(out.left).toEqual([])
        expect(out.error.message).toMatch(/\.$/)
      }
    }
    expect(refused).toBeGreaterThan(10)
  })

  it('whose directories claim gigabytes, or whose names go on in a circle, ends', async () => {
    const pvd = 16 * 2048
    const root = rootOf(whole)
    const huge = Buffer.from(whole)
    huge.writeUInt32LE(0xffff_f800, pvd + 156 + 10)
    expect((await tryOut(huge)).error?.code).toBe('corrupt')
    const circle = Buffer.from(whole)
    // The NM of the third record becomes a CE that names the place where it stands.
    const record = root + (circle[root] ?? 0) + (circle[root + (circle[root] ?? 0)] ?? 0)
    const area = record + 33 + (circle[record + 32] ?? 0)
    const start = area + ((circle[record + 32] ?? 0) % 2 === 0 ? 1 : 0)
    circle.write('CE', start, 'latin1')
    circle[start + 2] = 28
    circle.writeUInt32LE(root / 2048, start + 4)
    circle.writeUInt32LE(start - root, start + 12)
    circle.writeUInt32LE(28, start + 20)
    expect((await tryOut(circle)).error?.code).toMatch(/format|corrupt/)
  })

  it('whose file is in several extents is refused', async () => {
    const several = Buffer.from(whole)
    for (let at = several.indexOf('INITRD.GZ'); at !== -1; at = several.indexOf('INITRD.GZ', at + 1)) {
      several[at - 8] = 0x80
    }
    expect((await tryOut(several)).error?.code).toBe('unsupported')
  })
})
