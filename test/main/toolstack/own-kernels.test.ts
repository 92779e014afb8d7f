// Machines that start what lies on their own disk: the files are taken out at each start, given to the driver and gone; kernel files that
// are named too start while the disk has nothing. The toolstack on the test driver. Runs in: vitest, plain Node.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { err } from '../../../src-engine/public/result'
import { TEST_DISK_KERNEL } from '../../../src-main/driver/test/test-images'
import type { Disk } from '../../../src-main/public/device'
import { errorReport } from '../../../src-main/public/error-code'
import type { DomainConfig } from '../../../src-main/public/types'
import { makeToolstack, testCaller } from '../../support/toolstack'

let made: Awaited<ReturnType<typeof makeToolstack>>
/** What the driver was given, and whether the files were there then. */
let given: { config: DomainConfig; there: boolean }[]
beforeEach(async () => {
  made = await makeToolstack()
  given = []
  const create = made.testDriver.create.bind(made.testDriver)
  vi.spyOn(made.testDriver, 'create').mockImplementation((uuid, config, paused) => {
    given.push({ config, there: [config.kernel, config.ramdisk ?? config.kernel].every(existsSync) })
    return create(uuid, config, paused)
  })
})
afterEach(() => made.close())

/** An ext file system as far as the test driver looks, XFS, FAT, or nothing. */
function disk(content: 'ext' | 'xfs' | 'fat' | 'empty'): Disk {
  const path = join(made.folder, `${content}.img`)
  const image = Buffer.alloc(64 * 1024)
  if (content === 'ext') image.writeUInt16LE(0xef53, 1024 + 56)
  if (content === 'fat') image.write('FAT32   ', 82)
  if (content === 'xfs') image.write('XFSB')
  writeFileSync(path, image)
  return { kind: 'vbd', dev: 'xvda', path, format: 'raw', readonly: true, removable: false }
}

async function defined(change: Partial<DomainConfig>): Promise<string> {
  const config = { ...made.config('own'), kernel: '', ...change }
  const result = await made.servers.domainDefine({ config, images: [], start: false }, testCaller())
  if (!result.ok) throw new Error(result.error.reason)
  return result.value.uuid
}

const start = (uuid: string) => made.servers.domainCreate({ uuid, fresh: false }, testCaller())
const left = (): string[] => {
  const folder = join(made.folder, 'starting')
  return existsSync(folder) ? readdirSync(folder) : []
}

describe('a machine that names no kernel', () => {
  it('starts what its disk has, at each start anew, and leaves no file', async () => {
    const uuid = await defined({ devices: [disk('ext')] })
    expect(await start(uuid)).toMatchObject({ ok: true })
    made.testDriver.powerOff(uuid)
    await expect.poll(() => made.state(uuid)).toBe('shutoff')
    expect(await start(uuid)).toMatchObject({ ok: true })
    expect(given.map(({ config, there }) => [config.cmdline, there])).toEqual([
      [TEST_DISK_KERNEL.cmdline, true],
      [TEST_DISK_KERNEL.cmdline, true],
    ])
    expect(given[0]?.config.kernel).not.toBe(given[1]?.config.kernel)
    expect(left()).toEqual([])
    const info = made.toolstack.domains.info(uuid)
    expect(info).toMatchObject({ value: { config: { kernel: '', ramdisk: null, cmdline: '' } } })
    const log = await made.servers.domainLog({ uuid }, testCaller())
    expect(log.ok && log.value.map(({ text }) => text).join('\n')).toContain(`Debian GNU/Linux (${TEST_DISK_KERNEL.kernel})`)
  })

  it('has its own words after those of the disk', async () => {
    await start(await defined({ devices: [disk('ext')], cmdline: 'single' }))
    expect(given[0]?.config.cmdline).toBe(`${TEST_DISK_KERNEL.cmdline} single`)
  })

  it('is not started from an empty disk, from one that cannot be read, or without one', async () => {
    for (const [devices, reason] of [
      [[disk('empty')], 'disk-no-kernel'],
      [[disk('fat')], 'disk-no-kernel-but'],
      [[disk('xfs')], 'disk-kernel-unread'],
      [[{ ...disk('ext'), removable: true }], 'kernel-missing'],
      [[], 'kernel-missing'],
    ] as const) {
      const uuid = await defined({ name: `${reason} ${devices.length}`, devices: [...devices] })
      // With the name, a button leads to its Details.
      const named = { name: `${reason} ${devices.length}` }
      expect(await start(uuid)).toMatchObject({ ok: false, error: { reason, values: named } })
      expect(made.state(uuid)).toBe('shutoff')
    }
    expect([given, left()]).toEqual([[], []])
  })

  it('leaves no file either when the driver refuses it, and those of an app that was killed go', async () => {
    made.testDriver.failNext('create', errorReport('cancelled'))
    const uuid = await defined({ devices: [disk('ext')] })
    vi.mocked(made.testDriver.create).mockRestore()
    expect(await start(uuid)).toMatchObject({ ok: false })
    expect(left()).toEqual([])
    mkdirSync(join(made.folder, 'starting', 'old'), { recursive: true })
    await made.toolstack.ownKernels.removeLeft()
    expect(left()).toEqual([])
  })

  it('waits for a disk that is let go of in a moment', async () => {
    const take = made.testDriver.images.takeDiskKernel.bind(made.testDriver.images)
    let busy = 3
    vi.spyOn(made.testDriver.images, 'takeDiskKernel').mockImplementation(async (wanted, to, progress) =>
      busy-- > 0 ? err(errorReport('image-busy', { path: wanted.path })) : take(wanted, to, progress),
    )
    expect(await start(await defined({ devices: [disk('ext')] }))).toMatchObject({ ok: true })
    expect(busy).toBe(-1)
  })
})

describe('a machine with a boot loader and kernel files', () => {
  it('starts the files while its disk has nothing, and then its disk', async () => {
    const own = disk('empty')
    const uuid = await defined({ bootloader: 'pygrub', kernel: made.kernel, cmdline: 'of the installer', devices: [own] })
    expect(await start(uuid)).toMatchObject({ ok: true })
    expect(given[0]?.config).toMatchObject({ kernel: made.kernel, cmdline: 'of the installer' })
    made.testDriver.powerOff(uuid)
    await expect.poll(() => made.state(uuid)).toBe('shutoff')
    const image = Buffer.alloc(64 * 1024)
    image.writeUInt16LE(0xef53, 1024 + 56)
    writeFileSync(own.path, image)
    expect(await start(uuid)).toMatchObject({ ok: true })
    expect(given[1]).toMatchObject({ there: true, config: { cmdline: TEST_DISK_KERNEL.cmdline } })
  })

  it('starts the files without one', async () => {
    await start(await defined({ kernel: made.kernel, devices: [disk('ext')] }))
    expect(given[0]?.config.kernel).toBe(made.kernel)
  })
})
