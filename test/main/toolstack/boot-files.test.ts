// Kernels and ramdisks from ISO images and installation trees: taken out when a machine is made, kept as long as anything names them, and gone with the last.
// The toolstack on the test driver. Runs in: vitest, plain Node.
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { unfinishedCopyName } from '../../../src-engine/public/unfinished-copy'
import { UNKNOWN_LABEL } from '../../../src-main/driver/test/test-images'
import { makeToolstack, testCaller } from '../../support/toolstack'

let made: Awaited<ReturnType<typeof makeToolstack>>
beforeEach(async () => {
  made = await makeToolstack()
})
afterEach(() => made.close())

function disc(label: string): string {
  const path = join(made.folder, `${label.slice(0, 8).replaceAll('/', '-')}.iso`)
  const image = Buffer.alloc(17 * 2048)
  image.write('\x01CD001\x01', 16 * 2048, 'latin1')
  image.write(label.padEnd(32), 16 * 2048 + 40, 'latin1')
  writeFileSync(path, image)
  return path
}

async function look(path: string) {
  const found = await made.servers.mediaLook({ path }, testCaller())
  if (!found.ok) throw new Error(found.error.reason)
  return found.value
}

const kept = (): string[] => {
  const folder = join(made.folder, 'boot')
  return existsSync(folder) ? readdirSync(folder) : []
}

/** A machine from an image. */
async function define(name: string, media: string, places?: { kernel: string; ramdisk: string }) {
  const { kernel, ramdisk } = places ?? (await look(media))
  const config = { ...made.config(name), kernel, ramdisk }
  return made.servers.domainDefine({ config, images: [], start: false, media }, testCaller())
}

async function defined(name: string, media: string): Promise<string> {
  const result = await define(name, media)
  if (!result.ok) throw new Error(result.error.reason)
  return result.value.uuid
}

async function remove(uuid: string): Promise<void> {
  expect(await made.servers.domainUndefine({ uuid }, testCaller())).toMatchObject({ ok: true })
}

async function emptyTrash(): Promise<void> {
  const list = await made.servers.trashList({}, testCaller())
  if (!list.ok) throw new Error(list.error.reason)
  expect(await made.servers.trashEmpty({ ids: list.value.map(({ id }) => id) }, testCaller())).toMatchObject({ ok: true })
}

describe('an installation tree', () => {
  const address = 'http://example.com/debian/dists/bookworm'

  it('is downloaded by a job, and its address is remembered, the last one first and each once', async () => {
    expect(await made.servers.treeRecent({}, testCaller())).toEqual({ ok: true, value: { addresses: [] } })
    await defined('a', address)
    expect(made.jobs.at(-1)).toMatchObject({
      kind: 'mediaExtract',
      subject: 'example.com',
      step: 'downloading-installer',
      state: 'done',
    })
    expect(readdirSync(join(made.folder, 'boot', kept()[0] ?? '')).sort()).toEqual(['initrd.gz', 'linux'])
    for (let i = 0; i < 12; i++) await defined(`b${i}`, `${address}/${i}`)
    await defined('c', address)
    const recent = await made.servers.treeRecent({}, testCaller())
    expect(recent).toMatchObject({ ok: true })
    const addresses = recent.ok ? recent.value.addresses : []
    expect(addresses).toEqual([address, ...Array.from({ length: 9 }, (_, i) => `${address}/${11 - i}`)])
    const { folder } = made
    await made.close(true)
    made = await makeToolstack({ folder })
    expect(await made.servers.treeRecent({}, testCaller())).toEqual({ ok: true, value: { addresses } })
  })

  it('that is none is refused, makes no machine and is not remembered', async () => {
    for (const [wrong, reason] of [
      ['https://nowhere.invalid/', 'tree-no-host'],
      ['https://empty.example/', 'tree-nothing'],
    ] as const) {
      expect(await made.servers.mediaLook({ path: wrong }, testCaller())).toMatchObject({ ok: false, error: { reason } })
      const places = await look(address)
      expect(await define('a', wrong, places)).toMatchObject({ ok: false, error: { reason } })
    }
    expect(await define('a', address, { kernel: '/etc/k', ramdisk: '/etc/r' })).toMatchObject({
      error: { reason: 'path-not-chosen' },
    })
    expect(kept()).toEqual([])
    expect(made.toolstack.domains.list()).toEqual([])
    expect(await made.servers.treeRecent({}, testCaller())).toEqual({ ok: true, value: { addresses: [] } })
  })

  it('called off leaves no file and no machine', async () => {
    await made.close()
    made = await makeToolstack({ delayMs: 2000 })
    const defining = define('a', address)
    await expect.poll(() => made.jobs.at(-1)?.state).toBe('running')
    expect(await made.servers.jobCancel({ job: made.jobs.at(-1)?.job ?? 0 }, testCaller())).toMatchObject({ ok: true })
    expect(await defining).toMatchObject({ ok: false, error: { reason: 'cancelled' } })
    expect(kept()).toEqual([])
    expect(made.toolstack.domains.list()).toEqual([])
  })
})

describe('an ISO image', () => {
  it('gives new places in the app’s storage, named like its volume and never with a way out of it', async () => {
    for (const label of ['Debian 12.8.0 amd64 n', '../../../etc', '...', 'A/B']) {
      const { kernel, ramdisk, media } = await look(disc(label))
      expect(media.label).toBe(label)
      for (const place of [kernel, ramdisk]) expect(join(place, '..', '..')).toBe(join(made.folder, 'boot'))
    }
    const [first, second] = [await look(disc('A')), await look(disc('A'))]
    expect(first.kernel).not.toBe(second.kernel)
    expect(kept()).toEqual([])
  })

  it('without a kernel that is known is refused by a sentence of its own', async () => {
    const path = disc(UNKNOWN_LABEL)
    const refused = await made.servers.mediaLook({ path }, testCaller())
    expect(refused).toMatchObject({ ok: false, error: { reason: 'media-no-kernel', values: { path } } })
  })

  it('is taken out by a job; places elsewhere are refused', async () => {
    const media = disc('DEBIAN')
    await defined('a', media)
    expect(made.jobs.at(-1)).toMatchObject({
      kind: 'mediaExtract',
      subject: 'DEBIAN.iso',
      step: 'taking-kernel',
      state: 'done',
    })
    const elsewhere = { kernel: join(made.folder, 'elsewhere'), ramdisk: join(made.folder, 'boot', 'x', 'y', 'ramdisk') }
    expect(await define('b', media, elsewhere)).toMatchObject({ ok: false, error: { reason: 'path-not-chosen' } })
    const { kernel } = await look(media)
    const mixed = { kernel, ramdisk: `${made.folder}/boot/x/../../r` }
    expect(await define('b', media, mixed)).toMatchObject({ ok: false, error: { reason: 'path-not-chosen' } })
    expect(existsSync(join(made.folder, 'elsewhere'))).toBe(false)
    expect(kept()).toHaveLength(1)
  })

  it('is taken out elsewhere where the caller chose the places, as the command line has', async () => {
    const at = (name: string) => join(made.folder, 'taken', name)
    const asked = { path: disc('DEBIAN'), kernel: at('vmlinuz'), ramdisk: at('initrd.gz') }
    expect(await made.servers.mediaExtract(asked, testCaller())).toMatchObject({ error: { reason: 'path-not-chosen' } })
    const started = await made.servers.mediaExtract(asked, testCaller([asked.kernel, asked.ramdisk]))
    if (!started.ok) throw new Error(started.error.reason)
    expect(await made.toolstack.jobs.wait(started.value.job)).toMatchObject({ ok: true })
    expect([asked.kernel, asked.ramdisk].every((place) => existsSync(place))).toBe(true)
    expect(kept()).toEqual([])
  })

  it('leaves nothing of a machine that is refused or forgotten', async () => {
    const media = disc('DEBIAN')
    await defined('a', media)
    expect(await define('a', media)).toMatchObject({ ok: false, error: { reason: 'name-exists' } })
    expect(kept()).toHaveLength(1)
    const uuid = await defined('b', media)
    expect(kept()).toHaveLength(2)
    expect(await made.servers.domainUndefine({ uuid, forget: true }, testCaller())).toMatchObject({ ok: true })
    expect(kept()).toHaveLength(1)
  })

  it('is taken out whole or not at all: called off there is no machine and no file, and what a killed app left goes', async () => {
    await made.close()
    made = await makeToolstack({ delayMs: 2000 })
    const media = disc('DEBIAN')
    const places = await look(media)
    const config = { ...made.config('a'), kernel: places.kernel, ramdisk: places.ramdisk }
    const defining = made.servers.domainDefine({ config, images: [], start: false, media }, testCaller())
    await expect.poll(() => made.jobs.at(-1)?.state).toBe('running')
    const { job = 0 } = made.jobs.at(-1) ?? {}
    expect(await made.servers.jobCancel({ job }, testCaller())).toMatchObject({ ok: true })
    expect(await defining).toMatchObject({ ok: false, error: { reason: 'cancelled' } })
    expect(made.toolstack.domains.list()).toEqual([])
    expect(kept()).toEqual([])
    const folder = join(made.folder, 'boot', 'DEBIAN-1')
    mkdirSync(folder, { recursive: true })
    const dead = spawnSync('true').pid
    writeFileSync(join(folder, unfinishedCopyName(dead, randomUUID())), 'half')
    writeFileSync(join(folder, unfinishedCopyName(process.pid, randomUUID())), 'being written')
    await made.toolstack.bootFiles.removeUnfinished()
    expect(readdirSync(folder)).toEqual([expect.stringContaining(`-${process.pid}-`)])
  })

  it('keeps kernel and ramdisk until the last that names them is gone for good', async () => {
    const uuid = await defined('first', disc('DEBIAN'))
    const info = made.toolstack.domains.info(uuid)
    if (!info.ok || !info.value.config) throw new Error('gone')
    const other = { ...made.config('second'), kernel: info.value.config.kernel }
    const second = await made.servers.domainDefine({ config: other, images: [], start: false }, testCaller())
    if (!second.ok) throw new Error(second.error.reason)
    await remove(uuid)
    expect(kept()).toHaveLength(1)
    await emptyTrash()
    const [folder = ''] = kept()
    expect(readdirSync(join(made.folder, 'boot', folder))).toEqual(['vmlinuz'])
    await remove(second.value.uuid)
    await emptyTrash()
    expect(kept()).toEqual([])
  })

  it('takes kernel and ramdisk along too where the definition has named others since', async () => {
    const uuid = await defined('first', disc('DEBIAN'))
    const kernel = made.config('first').kernel
    const changed = await made.servers.domainRedefine(
      { uuid, config: { ...made.config('first'), kernel, ramdisk: null } },
      testCaller(),
    )
    expect(changed).toMatchObject({ ok: true })
    // To go back to.
    expect(kept()).toHaveLength(1)
    await remove(uuid)
    await emptyTrash()
    expect(kept()).toEqual([])
    expect(existsSync(kernel)).toBe(true)
  })

  it('lets them go with the last revision that names them, when there are newer ones enough', async () => {
    const uuid = await defined('first', disc('DEBIAN'))
    const config = made.config('first')
    const change = async (number: number) => {
      const changed = { ...config, title: `Change ${number}` }
      expect(await made.servers.domainRedefine({ uuid, config: changed }, testCaller())).toMatchObject({ ok: true })
    }
    for (let number = 1; number < 200; number++) await change(number)
    // Nothing waits for the files to go: another machine's are gone by then, whose release began later.
    const other = await defined('other', disc('OTHER'))
    await made.servers.domainUndefine({ uuid: other, forget: true }, testCaller())
    expect(kept()).toHaveLength(1)
    await change(200)
    await expect.poll(kept).toEqual([])
    expect(existsSync(config.kernel)).toBe(true)
  })

  it('keeps them for a machine that names others now and can go back to them', async () => {
    const first = await defined('first', disc('DEBIAN'))
    const info = made.toolstack.domains.info(first)
    if (!info.ok || !info.value.config) throw new Error('gone')
    const { kernel, ramdisk } = info.value.config
    const config = { ...made.config('second'), kernel, ramdisk }
    const second = await made.servers.domainDefine({ config, images: [], start: false }, testCaller())
    if (!second.ok) throw new Error(second.error.reason)
    const { uuid } = second.value
    expect(await made.servers.domainRedefine({ uuid, config: made.config('second') }, testCaller())).toMatchObject({ ok: true })
    const whole = () => [kernel, ramdisk ?? ''].every((path) => existsSync(path))
    await remove(first)
    await emptyTrash()
    expect(whole()).toBe(true)
    // In the trash it could come back, with all that it was.
    await remove(uuid)
    const third = await defined('third', disc('OTHER'))
    await made.servers.domainUndefine({ uuid: third, forget: true }, testCaller())
    expect(whole()).toBe(true)
    await emptyTrash()
    expect(kept()).toEqual([])
  })
})

describe('an app that is killed', () => {
  it.each(['disc', 'tree'] as const)(
    'between kernel and ramdisk of a %s leaves neither, and the next start says so',
    async (kind) => {
      const path = kind === 'disc' ? disc('Debian 12') : 'http://example.com/debian'
      const { kernel, ramdisk } = await look(path)
      const killed = new Promise<void>((resolve) => {
        const take = (_: string, to: { readonly kernel: string }): Promise<never> => {
          mkdirSync(dirname(to.kernel), { recursive: true })
          writeFileSync(to.kernel, 'whole')
          resolve()
          return new Promise(() => {})
        }
        Object.assign(made.driver.images, { takeInstaller: take, takeTree: take })
      })
      void made.servers.mediaExtract({ path, kernel, ramdisk }, testCaller())
      await killed
      expect(kept()).toHaveLength(1)
      const again = await makeToolstack({ folder: made.folder })
      expect(kept()).toEqual([])
      expect(again.notices.map(({ error }) => [error.reason, error.values])).toEqual([
        ['making-cut-off', { what: kind === 'disc' ? 'vmlinuz' : 'linux' }],
      ])
      await again.close(true)
    },
  )
})
